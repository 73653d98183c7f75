"""What no friendly client sends: the Chat REST API says no, and what it takes can be kept."""

from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import Any

import pytest

from chatlift.emulator.chat import Visitor, VisitorRefused
from chatlift.emulator.wire.livechat.wire import POSTS

from .conftest import Office

ODD: tuple[Any, ...] = (
    None, 7, -1, 10**30, 1.5, True, [], [[]], [{}], [None], {}, {"a": {"b": []}}, "", "x", "\x00\x01", "x" * 40_000,
    "\u202eevil\ufffe", "'; DROP TABLE x; --", "<script>", "%s%n{0}${x}", "005000000000000AAA",
)  # fmt: skip
FULL = 1000
WHOLE: Mapping[str, Any] = {
    "organizationId": "00D000000000001",
    "agentId": "",
    "doFallback": True,
    "sessionId": "x",
    "trackingId": "",
    "userAgent": "x",
    "language": "en",
    "screenResolution": "1x1",
    "visitorName": "x",
    "prechatDetails": [
        {
            "label": "L", "value": "V", "entityMaps": [{"entityName": "Contact", "fieldName": "Email"}],
            "transcriptFields": ["c__X"], "displayToAgent": True, "doKnowledgeSearch": False,
        }
    ],
    "prechatEntities": [
        {
            "entityName": "Contact", "showOnCreate": True, "linkToEntityName": "Case", "linkToEntityField": "ContactId",
            "saveToTranscript": "ContactId",
            "entityFieldsMaps": [{"fieldName": "Email", "label": "L", "doFind": True, "isExactMatch": True, "doCreate": True}],
        }
    ],
    "buttonOverrides": [],
    "receiveQueueUpdates": True,
}  # fmt: skip


def with_odd(document: Any) -> Iterator[Any]:
    """Yield a document once for each place in it and each odd value there."""
    if isinstance(document, Mapping):
        for key, value in document.items():
            yield from ({**document, key: odd} for odd in ODD)
            yield from ({**document, key: changed} for changed in with_odd(value))
    elif isinstance(document, list):
        for place, value in enumerate(document):
            yield from ([*document[:place], changed, *document[place + 1 :]] for changed in with_odd(value))


@pytest.mark.proof
def test_whatever_asks_for_a_chat_it_can_be_had_and_kept_or_is_refused(
    office: Office, sized: Callable[[int], int]
) -> None:
    """Each odd request is a 400, or a chat that is accepted, closed and leaves its transcript."""
    step = 1 if sized(FULL) == FULL else 5  # no divisor of the number of odd values: each comes in its turn
    ann, desk = office.ids["ann"], office.desk
    desk.login(ann)
    session = office.live.session()
    taken = 0
    for body in islice(with_odd(WHOLE), 0, None, step):
        visitor = Visitor(office.live.https, session)
        visitor.begin()
        try:
            visitor.post(
                "ChasitorInit", **body, deploymentId=office.ids["web"], buttonId=office.ids["shop"], isPost=True
            )
        except VisitorRefused as refused:
            assert refused.status == 400, (refused, body)  # noqa: PT017  # others pass
            continue
        for offer in desk.agent(ann).requests:
            desk.accept(offer.request_id, ann)
            visitor.end()
            assert desk.close(visitor.id, ann), body
            taken += 1
    assert taken > 200 / step
    assert len(office.rows("SELECT Id FROM LiveChatTranscript WHERE Status = 'Completed'")) == taken


@pytest.mark.parametrize("noun", [noun for noun in POSTS if noun != "Chasitor/ChasitorInit"])
def test_whatever_is_posted_the_chat_can_be_kept(office: Office, noun: str) -> None:
    visitor = office.talking()
    number = 100
    for key in ("text", "type", "data", "reason", "position", "location", "rules", "idleTimeoutWarningEvent"):
        for odd in ODD:
            number += 1
            try:
                visitor.call("POST", noun, {"text": "x", "type": "x", "data": "x", key: odd}, sequence=number)
            except VisitorRefused as refused:
                assert refused.status == 400, (key, odd)  # noqa: PT017  # others pass
            if noun == "Chasitor/ChatEnd":
                break
        else:
            continue
        break
    if noun != "Chasitor/ChatEnd":
        office.desk.end(visitor.id, office.ids["ann"])
    assert office.desk.close(visitor.id, office.ids["ann"])


@pytest.mark.parametrize(
    "sent",
    [b"{", b"[]", b"7", b"null", b'"x"', b'{"a":' * 5000, b"[" * 100_000, b'{"text": "\\ud800"}', b"\xff\xfe{}", b"{text: 1}"],
)  # fmt: skip
@pytest.mark.parametrize(
    "noun", ["Chasitor/ChasitorInit", "Chasitor/ChatMessage", "System/MultiNoun", "Visitor/Breadcrumb"]
)
def test_what_is_no_json_object_is_400(office: Office, noun: str, sent: bytes) -> None:
    visitor = office.visitor()
    visitor.begin()
    headers = {
        "X-LIVEAGENT-API-VERSION": "42",
        "X-LIVEAGENT-AFFINITY": visitor.affinity,
        "X-LIVEAGENT-SESSION-KEY": visitor.key,
    }
    answer = office.live.session().post(f"{office.live.https}/chat/rest/{noun}", sent, headers=headers, timeout=10)
    assert answer.status_code == 400
    assert answer.headers["Content-Type"].startswith("text/plain")


def test_a_body_has_a_largest_size(office: Office) -> None:
    visitor = office.talking()
    with pytest.raises(VisitorRefused) as refused:
        visitor.say("x" * 1_100_000)
    assert refused.value.status == 413
    with pytest.raises(VisitorRefused, match=r"400 text has 131073 characters; 131072 are allowed"):
        visitor.say("x" * 131_073)
    with pytest.raises(VisitorRefused, match=r"400 nouns is a list of up to 100"):
        visitor.many(*[("ChasitorTyping", {})] * 101)


@pytest.mark.parametrize("noun", ["Availability", "Settings", "VisitorId"])
def test_odd_questions_before_a_chat_are_answered(office: Office, noun: str) -> None:
    session = office.live.session()
    for odd in ("", "[", "]", "[,,]", "\x00", "x" * 5000, "[573\u00e9]", ",".join(["573000000000001"] * 300)):
        answer = session.get(
            f"{office.live.https}/chat/rest/Visitor/{noun}",
            params={"org_id": odd, "deployment_id": odd, f"{noun}.ids": odd, f"{noun}.buttonIds": odd},
            headers={"X-LIVEAGENT-API-VERSION": "42"},
            timeout=10,
        )
        assert answer.status_code == 200, (odd, answer.text)


@pytest.mark.parametrize("cookie", ["x" * 3000, "a\u0001b", '"quoted"', "%00", "<b>"])
def test_an_odd_cookie_becomes_a_visitor_or_is_left_out(office: Office, cookie: str) -> None:
    visitor = office.visitor()
    visitor.begin()
    session = office.live.session()
    headers = {
        "X-LIVEAGENT-API-VERSION": "42",
        "X-LIVEAGENT-AFFINITY": visitor.affinity,
        "X-LIVEAGENT-SESSION-KEY": visitor.key,
        "X-LIVEAGENT-SEQUENCE": "1",
        "X-Forwarded-For": f"fe80::1%{'x' * 100}",
        "Referer": f"https://shop.example/{'x' * 500}",
        "User-Agent": "Mozilla/5.0 " * 40,
        "Cookie": f"liveagent_vc={cookie}",
    }
    url = f"{office.live.https}/chat/rest/"
    assert session.get(f"{url}Visitor/VisitorId", headers=headers, timeout=10).status_code == 200
    body = {"deploymentId": office.ids["web"], "buttonId": office.ids["shop"], "isPost": True}
    assert session.post(f"{url}Chasitor/ChasitorInit", json=body, headers=headers, timeout=10).status_code == 200
    (row,) = office.rows("SELECT LiveChatVisitor.SessionKey, IpAddress, UserAgent, ReferrerUri FROM LiveChatTranscript")
    assert row["LiveChatVisitor"]["SessionKey"]
    assert (row["IpAddress"], len(row["UserAgent"]), len(row["ReferrerUri"])) == ("fe80::1", 200, 200)
