"""What end users send: every type and format, links, what is sent twice, and what is refused."""

from typing import Any
from uuid import uuid4

import pytest

from chatlift.emulator.messaging import EndUser

from .conftest import Office, refusal

LINK = {"formatType": "RichLink", "linkItem": {"titleItem": {"title": "Box"}, "url": "https://x.test/box"}}
FILE = {"name": "box.png", "url": "https://x.test/box.png", "id": "1", "mimeType": "image/png"}
WELL: dict[str, dict[str, Any]] = {
    "text": {"messageType": "StaticContentMessage", "staticContent": {"formatType": "Text", "text": "Hello"}},
    "link": {"messageType": "StaticContentMessage", "staticContent": LINK},
    "page": {
        "messageType": "StaticContentMessage",
        "staticContent": {"formatType": "WebView", "title": {"title": "Sign"}, "url": "https://x.test/sign"},
    },
    "attachments": {
        "messageType": "StaticContentMessage",
        "staticContent": {"formatType": "Attachments", "text": "see", "attachments": [FILE]},
    },
    "external": {
        "messageType": "StaticContentMessage",
        "staticContent": {"formatType": "ExternalAttachments", "attachments": [FILE]},
    },
    "choices": {
        "messageType": "ChoicesResponseMessage",
        "choicesResponse": {
            "formatType": "Selections",
            "selectedOptions": [{"optionIdentifier": "o1", "titleItem": {"title": "Red"}}, {"optionIdentifier": "o2"}],
        },
    },
    "short choice": {"messageType": "ChoicesResponseMessage", "choicesResponse": {"optionIdentifier": "o1"}},
    "form": {
        "messageType": "FormResponseMessage",
        "formResponse": {"formatType": "Inputs", "inputs": [{"id": "size", "value": "XL"}]},
    },
}
READ = {
    "text": "Hello", "link": "Box", "page": "Sign", "attachments": "see", "external": "", "choices": "Red, o2",
    "short choice": "o1", "form": "XL",
}  # fmt: skip


def last(who: EndUser, limit: int = 1) -> list[dict[str, Any]]:
    """What was said last, in order."""
    found = who.entries(entryTypeFilter="Message", limit=limit)
    return [one["entryPayload"]["abstractMessage"] for one in reversed(found)]


@pytest.mark.parametrize("kind", WELL)
def test_a_message_of_each_type_and_format_is_taken_whole(office: Office, kind: str) -> None:
    maya = office.begun()
    answered = str(uuid4())
    id_ = maya.send({**WELL[kind], "inReplyToMessageId": answered})
    (said,) = last(maya)
    assert (said["id"], said["messageType"], said["inReplyToMessageId"]) == (id_, WELL[kind]["messageType"], answered)
    key = {"StaticContentMessage": "staticContent", "ChoicesResponseMessage": "choicesResponse"}.get(
        said["messageType"], "formResponse"
    )
    given = WELL[kind][key]
    if kind == "short choice":
        given = {"formatType": "Selections", "selectedOptions": [{"optionIdentifier": "o1"}]}
    assert given.items() <= said[key].items()


@pytest.mark.parametrize("kind", [kind for kind in WELL if READ[kind]])
def test_the_rep_reads_what_there_is_to_read(office: Office, kind: str) -> None:
    maya, _ = office.served()
    maya.send(WELL[kind])
    (row,) = office.rows("SELECT PreviewDetails FROM MessagingSession")
    assert row["PreviewDetails"] == READ[kind]


def static(**content: Any) -> dict[str, Any]:
    return {"messageType": "StaticContentMessage", "staticContent": content}


def chosen(**content: Any) -> dict[str, Any]:
    return {"messageType": "ChoicesResponseMessage", "choicesResponse": content}


def filled(**content: Any) -> dict[str, Any]:
    return {"messageType": "FormResponseMessage", "formResponse": content}


def deep(levels: int) -> Any:
    value: Any = "x"
    for _ in range(levels):
        value = [value]
    return value


BAD: dict[str, dict[str, Any]] = {
    "no type": {"staticContent": {"formatType": "Text", "text": "a"}},
    "a type of reps": {"messageType": "ChoicesMessage", "choices": {"formatType": "Buttons"}},
    "a form of reps": {"messageType": "FormMessage", "form": {"formatType": "Inputs"}},
    "a type that is no text": {"messageType": ["StaticContentMessage"]},
    "no content": {"messageType": "StaticContentMessage"},
    "no format": static(text="a"),
    "an unknown format": static(formatType="Carousel", text="a"),
    "no text": static(formatType="Text"),
    "an empty text": static(formatType="Text", text="  "),
    "a text that is none": static(formatType="Text", text=7),
    "a long text": static(formatType="Text", text="a" * 131_073),
    "a link without an address": static(formatType="RichLink", linkItem={"titleItem": {"title": "a"}}),
    "a link to a script": static(
        formatType="RichLink", linkItem={"titleItem": {"title": "a"}, "url": "javascript:alert(1)"}
    ),
    "a link without a title": static(formatType="RichLink", linkItem={"url": "https://x.test"}),
    "a page without a title": static(formatType="WebView", url="https://x.test"),
    "no attachments": static(formatType="Attachments", attachments=[]),
    "many attachments": static(formatType="Attachments", attachments=[FILE] * 101),
    "an attachment that is none": static(formatType="Attachments", attachments=["a"]),
    "an attachment from a folder": static(
        formatType="ExternalAttachments", attachments=[{"name": "a", "url": "file:///etc"}]
    ),
    "no choice": chosen(formatType="Selections", selectedOptions=[]),
    "a choice of nothing": chosen(formatType="Selections", selectedOptions=[{}]),
    "choices of another format": chosen(formatType="Buttons", selectedOptions=[{"optionIdentifier": "a"}]),
    "no inputs": filled(formatType="Inputs"),
    "a form of another format": filled(formatType="Text", inputs=[{}]),
    "inputs that are none": filled(formatType="Inputs", inputs=["a"]),
    "a deep message": filled(formatType="Inputs", inputs=[{"value": deep(300)}]),
    "references that are none": {**WELL["text"], "references": "a"},
    "an answer to nothing": {**WELL["text"], "inReplyToMessageId": 7},
}


@pytest.mark.parametrize("kind", BAD)
def test_a_message_that_is_not_whole_is_refused(office: Office, kind: str) -> None:
    maya = office.begun()
    status, message = refusal(lambda: maya.send(BAD[kind]))
    assert status == 400 and message
    assert last(maya) == []


def test_reps_types_are_refused_in_the_platforms_words(office: Office) -> None:
    _, message = refusal(lambda: office.begun().send(BAD["a type of reps"]))
    assert message.startswith(
        "Invalid message type. Only StaticContentMessage, ChoicesResponseMessage, and FormResponse"
    )


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"message": "text"},
        {"message": {**WELL["text"], "id": "not-a-uuid"}},
        {"message": WELL["text"]},
        {"message": {**WELL["text"], "id": "6f1c6f0e-5c0e-4d8e-9d0a-3b1f8c1d2e3f"}, "isNewMessagingSession": "yes"},
        {"message": {**WELL["text"], "id": "6f1c6f0e-5c0e-4d8e-9d0a-3b1f8c1d2e3f"}, "routingAttributes": {"a": 1}},
        {"message": {**WELL["text"], "id": "6f1c6f0e-5c0e-4d8e-9d0a-3b1f8c1d2e3f"}, "routingAttributes": ["a"]},
        {"message": {**WELL["text"], "id": "6f1c6f0e-5c0e-4d8e-9d0a-3b1f8c1d2e3f"}, "language": 7},
        {"message": {**WELL["text"], "id": "6f1c6f0e-5c0e-4d8e-9d0a-3b1f8c1d2e3f"}, "esDeveloperName": "Other"},
    ],
)
def test_a_body_that_is_not_whole_is_refused(office: Office, body: dict[str, Any]) -> None:
    maya = office.begun()
    assert refusal(lambda: maya.call("POST", f"conversation/{maya.conversation_id}/message", body))[0] == 400


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b'"a"', b"\xff", b'{"a":' * 5000])
def test_a_body_that_is_no_json_object_is_refused(office: Office, raw: bytes) -> None:
    maya = office.begun()
    answer = office.live.session().post(
        f"{office.live.https}/iamessage/api/v2/conversation/{maya.conversation_id}/message",
        data=raw,
        headers={"Authorization": f"Bearer {maya.access_token}", "Content-Type": "application/json"},
        timeout=10,
    )
    assert answer.status_code == 400
    assert answer.json()["error"] == "Bad Request"


def test_a_body_that_is_too_large_is_refused(office: Office) -> None:
    maya = office.begun()
    assert refusal(lambda: maya.send(WELL["text"] | {"references": ["a" * 2_000_000]}))[0] == 413


def test_a_message_that_is_sent_twice_is_kept_once(office: Office) -> None:
    maya = office.begun()
    body = {"message": {**WELL["text"], "id": str(uuid4())}}
    where = f"conversation/{maya.conversation_id}/message"
    first, second = (maya.call("POST", where, body) for _ in range(2))
    assert (first.status_code, first.json()) == (second.status_code, second.json()) and first.status_code == 202
    assert len(last(maya, 50)) == 1
    maya.close()
    assert maya.call("POST", where, body).json() == first.json()


def test_the_id_of_another_entry_is_refused(office: Office) -> None:
    maya = office.begun()
    (routed,) = maya.entries(entryTypeFilter="RoutingResult")
    others = [entry["identifier"] for entry in maya.entries(limit=50)]
    assert routed["identifier"] in others
    maya2, session = office.served()
    said = office.reps.say(session, office.kim, "Hi")
    assert refusal(lambda: maya2.say("mine", message_id=said))[0] == 400


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("https://x.test/a is it", ["https://x.test/a", "is it"]),
        ("look at https://x.test/a", ["look at", "https://x.test/a"]),
        ("https://x.test/a and https://x.test/b", ["https://x.test/a", "and", "https://x.test/b"]),
        ("https://x.test/a", ["https://x.test/a"]),
        ("see https://x.test/a there", ["see https://x.test/a there"]),
        ("see https://x.test/a.", ["see https://x.test/a."]),
        ("no link here", ["no link here"]),
    ],
)
def test_a_link_at_the_beginning_or_end_is_a_message_of_its_own(office: Office, text: str, parts: list[str]) -> None:
    maya = office.begun()
    answer = maya.call(
        "POST",
        f"conversation/{maya.conversation_id}/message",
        {"message": {"id": str(uuid4()), **static(formatType="Text", text=text)}},
    )
    said = [one["staticContent"] for one in last(maya, 50)]
    assert [one.get("text") or one["linkItem"]["url"] for one in said] == parts
    kinds = ["RichLink" if part.startswith("http") else "Text" for part in parts]
    assert [one["formatType"] for one in said] == kinds
    assert [one["id"] for one in answer.json()["conversationEntries"]] == [one["id"] for one in last(maya, 50)]


def test_typing_and_acknowledgements_reach_the_rep(office: Office) -> None:
    maya, session = office.served()
    said = office.reps.say(session, office.kim, "Hi")
    assert not office.reps.rep(office.kim).sessions[0].is_typing
    maya.typing()
    assert office.reps.rep(office.kim).sessions[0].is_typing
    maya.typing(is_typing=False)
    assert not office.reps.rep(office.kim).sessions[0].is_typing
    for kind, long in (("Delivery", "DeliveryAcknowledgement"), ("Read", "ReadAcknowledgement")):
        for name in (kind, long):
            said = office.reps.say(session, office.kim, name)
            maya.acknowledge(said, name)
            (seen,) = office.reps.rep(office.kim).sessions
            assert said == (seen.read_message_id if kind == "Read" else seen.delivered_message_id)
    assert refusal(lambda: maya.acknowledge(str(uuid4())))[0] == 404


def test_the_end_user_sees_that_the_rep_types_and_has_read(office: Office) -> None:
    maya, session = office.served()
    said = maya.say("Hello")
    with maya.listen() as stream:
        office.reps.typing(session, office.kim)
        (typing,) = stream.until("CONVERSATION_TYPING_STARTED_INDICATOR")[-1:]
        office.reps.acknowledge(session, office.kim, said)
        (read,) = stream.until("CONVERSATION_READ_ACKNOWLEDGEMENT")[-1:]
    assert (typing.role, typing.payload["entryType"]) == ("Agent", "TypingStartedIndicator")
    assert read.entry["relatedRecords"] == [said]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("entry", {"entryType": "Message", "id": str(uuid4())}),
        ("entry", {"entryType": "TypingStartedIndicator", "id": "a"}),
        ("acknowledge-entries", {}),
        ("acknowledge-entries", {"acks": []}),
        ("acknowledge-entries", {"acks": ["a"]}),
        (
            "acknowledge-entries",
            {"acks": [{"id": str(uuid4()), "entryType": "Seen", "conversationEntryId": str(uuid4())}]},
        ),
        ("acknowledge-entries", {"acks": [{"id": str(uuid4()), "entryType": "Read", "conversationEntryId": "a"}]}),
        (
            "acknowledge-entries",
            {"acks": [{"id": str(uuid4()), "entryType": "Read", "conversationEntryId": str(uuid4())}] * 101},
        ),
    ],
)
def test_a_sign_that_is_not_whole_is_refused(office: Office, path: str, body: dict[str, Any]) -> None:
    maya = office.begun()
    assert refusal(lambda: maya.call("POST", f"conversation/{maya.conversation_id}/{path}", body))[0] == 400
