"""The agent API, through its typed client and as plain JSON."""

from collections.abc import Callable
from typing import Any

import pytest

from chatlift.emulator.chat import ChatError, NotThere, RuleBroken
from chatlift.emulator.wire.agents.wire import CALLS

from .conftest import Office

# --- who may call, and what is sent -------------------------------------------------------------------------------------


def raw(office: Office, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
    answer = office.live.session().request(
        method, f"{office.live.https}/_chatlift/chat/{path}", json=body, headers=headers, timeout=10
    )
    return answer.status_code, answer.json()


@pytest.mark.parametrize("call", [f"{method} {path}" for path, methods in CALLS.items() for method in methods])
def test_no_call_is_open_to_pages_of_other_sites(office: Office, call: str) -> None:
    method, path = call.split(" ")
    status, found = raw(office, method, path, {}, Origin="https://evil.test")
    assert (status, found[0]["errorCode"]) == (403, "FORBIDDEN")


@pytest.mark.parametrize("path", list(CALLS))
def test_each_path_takes_its_own_methods_alone(office: Office, path: str) -> None:
    for method in {"GET", "POST", "PUT", "DELETE"} - CALLS[path].keys():
        status, found = raw(office, method, path, {})
        assert (status, found[0]["errorCode"]) == (405, "METHOD_NOT_ALLOWED")


@pytest.mark.parametrize(
    "path", ["", "agents", "chats/x", "chats/x/unknown", "chats//end", "supervisor/x", "agents/a/b/c"]
)
def test_an_unknown_call_is_not_found(office: Office, path: str) -> None:
    status, found = raw(office, "GET", path)
    assert (status, found[0]["errorCode"]) == (404, "NOT_FOUND")


def body_of(office: Office) -> dict[str, Any]:
    """A body with every key that the calls know."""
    ids = office.ids
    return {
        "agentId": ids["ann"], "supervisorId": ids["sue"], "by": ids["ann"], "status": "Online", "text": "x", "type": "x",
        "quickTextId": ids["hello"], "articleId": ids["hello"], "to": {"agentId": ids["bob"]}, "recordId": ids["acme"],
        "message": "x", "comment": "x", "data": "x", "name": "x",
    }  # fmt: skip


NAMED = [(path, method) for path, methods in CALLS.items() for method in methods if "{" in path]


@pytest.mark.parametrize(("path", "method"), NAMED)
def test_what_is_not_there_is_not_found(office: Office, path: str, method: str) -> None:
    office.desk.login(office.ids["ann"])
    office.desk.login(office.ids["bob"])
    for id_ in ("none", "{chatKey}", "005000000000000", "005000000000000AAA", "%00", "%F0%9F%90%88"):
        filled = path.replace("{userId}", id_).replace("{requestId}", id_).replace("{chatKey}", id_)
        filled = filled.replace("{buttonId}", id_)
        if "records" in path:
            filled += "?object=Account"
        status, found = raw(office, method, filled, body_of(office) if method != "GET" else None)
        assert (status, found[0]["errorCode"]) == (404, "NOT_FOUND"), (id_, found)


ODD: tuple[Any, ...] = (None, 7, 1.5, True, [], {}, [{}], {"a": []}, "", "\x00", "x" * 200_000, "\ud83d")


@pytest.mark.parametrize("path", [path for path, methods in CALLS.items() if methods.keys() - {"GET"}])
def test_nothing_that_is_sent_is_an_error_of_the_server(office: Office, path: str) -> None:
    visitor = office.talking()
    good = body_of(office)
    filled = path.replace("{userId}", office.ids["bob"]).replace("{chatKey}", visitor.id).replace("{requestId}", "r1")
    filled = filled.replace("{buttonId}", "573000000000001AAA")
    session = office.live.session()
    url = f"{office.live.https}/_chatlift/chat/{filled}"
    for method in CALLS[path].keys() - {"GET"}:
        for key in good:
            for odd in ODD:
                answer = session.request(method, url, json={**good, key: odd}, timeout=10)
                assert answer.status_code in (200, 400, 404, 409), (key, odd, answer.text)
        for text in ("[]", "7", "{", '{"a":' * 2000, "[" * 100_000, '{"agentId": "\\ud800"}'):
            answer = session.request(method, url, data=text, headers={"Content-Type": "application/json"}, timeout=10)
            assert answer.status_code == 400, text[:20]


# --- presence -----------------------------------------------------------------------------------------------------------


def test_an_agent_logs_in_once_changes_status_and_logs_out(office: Office) -> None:
    ann, desk = office.ids["ann"], office.desk
    with pytest.raises(ChatError, match="Online or Away"):
        desk.login(ann, "Offline")
    session_id = desk.login(ann[:15], "Away")
    assert session_id.startswith("0HK")
    console = desk.agent(ann)
    assert (console.status, console.session_id, console.capacity) == ("Away", session_id, 2)
    with pytest.raises(RuleBroken) as refused:
        desk.login(ann)
    assert (refused.value.status, refused.value.code, refused.value.rule) == (409, "CHAT_RULE", "R3")
    desk.set_status(ann, "Online")
    assert desk.agent(ann).status == "Online"
    with pytest.raises(ChatError, match="status is Online, Away or Offline, not 'Busy'"):
        desk.set_status(ann, "Busy")
    desk.logout(ann)
    with pytest.raises(NotThere, match="is not logged in to Chat"):
        desk.agent(ann)
    (row,) = office.rows("SELECT AgentId, LoginTime, LogoutTime FROM LiveAgentSession")
    assert row["AgentId"] == ann


def test_a_user_who_is_not_active_cannot_log_in(office: Office) -> None:
    fields = {"Username": "old@x.test", "LastName": "Old", "IsActive": False}
    old = office.live.org.seed({"records": [{"object": "User", "ref": "old", "fields": fields}]})["old"]
    with pytest.raises(RuleBroken, match=r"R1: the user old@x\.test is not active"):
        office.desk.login(old)


def test_chats_end_when_their_agent_leaves(office: Office) -> None:
    visitor = office.talking()
    office.desk.logout(office.ids["ann"])
    assert visitor.until("ChatEnded")[-1].message["reason"] == "agentsUnavailable"
    (row,) = office.rows("SELECT EndedBy, ChatKey FROM LiveChatTranscript")
    assert (row["EndedBy"], row["ChatKey"]) == ("System", visitor.id)


# --- requests -----------------------------------------------------------------------------------------------------------


def test_a_request_is_declined_or_taken_once(office: Office) -> None:
    ann, bob, desk = office.ids["ann"], office.ids["bob"], office.desk
    desk.login(ann)
    desk.login(bob)
    first, second = office.asked(), office.asked()
    offers = desk.agent(ann).requests
    assert [offer.chat_key for offer in offers] == [first.id, second.id]
    desk.decline(offers[0].request_id, ann)
    assert first.until("ChatRequestFail")[-1].message["reason"] == "Unavailable"
    with pytest.raises(NotThere):
        desk.accept(offers[1].request_id, bob)
    assert desk.accept(offers[1].request_id, ann) == second.id
    with pytest.raises(NotThere):
        desk.accept(offers[1].request_id, ann)


def test_an_agent_sees_who_asks_and_what_the_form_says(office: Office) -> None:
    details = [
        {"label": "Email", "value": "maya@example.com", "displayToAgent": True},
        {"label": "Secret", "value": "42", "displayToAgent": False},
    ]
    visitor = office.talking(address="192.0.2.7", details=details, language="nb-NO", userAgent="Lynx")
    chat = office.desk.agent(office.ids["ann"]).chat(visitor.id)
    assert [(answer.label, answer.value) for answer in chat.visitor.prechat] == [("Email", "maya@example.com")]
    assert (chat.visitor.ip_address, chat.visitor.language, chat.visitor.user_agent) == ("192.0.2.7", "nb-NO", "Lynx")
    assert (chat.state, chat.deployment_name, chat.button_id) == ("engaged", "Web shop", office.ids["shop"])
    assert [(one.agent_id, one.name) for one in chat.participants] == [(office.ids["ann"], "Ann A")]


# --- help with answers --------------------------------------------------------------------------------------------------


def test_quick_texts_are_found_sent_and_then_come_first(office: Office) -> None:
    visitor = office.talking()
    ann, desk = office.ids["ann"], office.desk
    assert [text.name for text in desk.quick_texts(ann)] == ["Bye", "Hello"]
    assert [text.name for text in desk.quick_texts(ann, "our SHOP")] == ["Hello"]
    assert desk.quick_texts(ann, "100%") == ()
    assert desk.send_quick_text(visitor.id, ann, office.ids["hello"][:15]) == "Welcome to our shop"
    assert visitor.until("ChatMessage")[-1].message["text"] == "Welcome to our shop"
    assert [text.name for text in desk.quick_texts(ann)] == ["Hello", "Bye"]


def test_an_article_without_a_chat_answer_can_be_read_not_sent(office: Office) -> None:
    field = {"name": "Chat_Answer__c", "type": "textarea", "length": 32000, "custom": True}
    articles = [
        {
            "object": "Knowledge__kav",
            "ref": ref,
            "fields": {"Title": title, "UrlName": ref, "PublishStatus": "Online"} | more,
        }
        for ref, title, more in (("a", "Sizes", {"Chat_Answer__c": "We have all sizes"}), ("b", "Sizes, long", {}))
    ]
    ids = office.live.org.seed({"objects": [{"name": "Knowledge__kav", "fields": [field]}], "records": articles})
    visitor = office.talking()
    ann, desk = office.ids["ann"], office.desk
    assert [(one.title, one.can_send) for one in desk.articles(ann, "size")] == [
        ("Sizes", True),
        ("Sizes, long", False),
    ]
    assert desk.send_article(visitor.id, ann, ids["a"]) == "We have all sizes"
    assert visitor.until("ChatMessage")[-1].message["text"] == "We have all sizes"
    with pytest.raises(RuleBroken, match="can be read, not sent"):
        desk.send_article(visitor.id, ann, ids["b"])


def test_records_are_searched_attached_created_and_detached(office: Office) -> None:
    visitor = office.talking()
    ann, desk, key = office.ids["ann"], office.desk, visitor.id
    assert [(one.name, one.object) for one in desk.records(ann, "account", "cm")] == [("Acme", "Account")]
    desk.attach(key, ann, office.ids["acme"][:15])
    with pytest.raises(RuleBroken, match="R39"):
        desk.create(key, ann, "Account", Name="Other")
    assert office.rows("SELECT Id FROM Account WHERE Name = 'Other'") == []
    case = desk.create(key, ann, "Case", Subject="Broken")
    assert [(one.object, one.transcript_field) for one in desk.agent(ann).chat(key).attached] == [
        ("Account", "AccountId"),
        ("Case", "CaseId"),
    ]
    with pytest.raises(ChatError) as refused:
        desk.create(key, ann, "Contact", FirstName="No last name")
    assert (refused.value.status, refused.value.code) == (400, "REQUIRED_FIELD_MISSING")
    desk.detach(key, ann, office.ids["acme"])
    visitor.end()
    desk.close(key, ann)
    (row,) = office.rows("SELECT CaseId, AccountId FROM LiveChatTranscript")
    assert (row["CaseId"], row["AccountId"]) == (case, None)


def test_an_agent_without_the_rights_cannot_attach(office: Office) -> None:
    office.live.org.seed(
        {
            "permissions": [
                {
                    "profile": "Chat Agent",
                    "users": ["ann@x.test"],
                    "objects": {"LiveChatTranscript": "CRE", "LiveChatVisitor": "CR", "Case": "R", "Contact": ""},
                }
            ]
        }
    )
    visitor = office.talking()
    ann, desk = office.ids["ann"], office.desk
    for act in (
        lambda: desk.create(visitor.id, ann, "Case", Subject="x"),
        lambda: desk.attach(visitor.id, ann, office.ids["maya"]),
        lambda: desk.records(ann, "Contact"),
    ):
        with pytest.raises(ChatError):
            act()
    assert desk.agent(ann).chat(visitor.id).attached == ()


# --- transfers and conferences ------------------------------------------------------------------------------------------


def test_a_chat_goes_to_an_agent_who_takes_it(office: Office) -> None:
    visitor = office.talking()
    ann, bob, desk = office.ids["ann"], office.ids["bob"], office.desk
    with pytest.raises(RuleBroken, match="R44"):
        desk.transfer(visitor.id, ann, to_agent=bob)
    desk.login(bob)
    desk.transfer(visitor.id, ann, to_agent=bob[:15], message="he knows repairs")
    desk.cancel_transfer(visitor.id, ann)
    desk.transfer(visitor.id, ann, to_agent=bob, message="he knows repairs")
    (offer,) = desk.agent(bob).requests
    assert (offer.kind, offer.message, offer.from_agent_id) == ("transfer", "he knows repairs", ann)
    desk.decline(offer.request_id, bob)
    assert "Bob B declined the transfer." in desk.agent(ann).chat(visitor.id).notices
    desk.transfer(visitor.id, ann, to_skill=office.ids["repair"])
    desk.accept(desk.agent(bob).requests[0].request_id, bob)
    assert visitor.until("ChatTransferred")[-1].message["userId"] == bob
    assert desk.agent(ann).chats == ()
    assert len(desk.agent(bob).chats) == 1


def test_a_chat_goes_to_a_button_or_comes_back(office: Office) -> None:
    visitor = office.talking()
    ann, bob, desk = office.ids["ann"], office.ids["bob"], office.desk
    desk.transfer(visitor.id, ann, to_button=office.ids["help"])
    assert [told.type for told in visitor.poll()] == ["TransferToButtonInitiated", "ChatResumedAfterTransfer"]
    desk.login(bob)
    desk.transfer(visitor.id, ann, to_button=office.ids["help"])
    visitor.say("is anybody there?")
    desk.accept(desk.agent(bob).requests[0].request_id, bob)
    assert [line.text for line in desk.agent(bob).chat(visitor.id).messages] == ["is anybody there?"]
    assert visitor.until("ChatTransferred")[-1].message["name"] == "Bob B"


@pytest.mark.parametrize("to", [{}, {"agentId": "x", "skillId": "x"}, {"agentId": 7}, {"queueId": "x"}, []])
def test_a_transfer_and_an_invitation_go_to_one_place(office: Office, to: Any) -> None:
    visitor = office.talking()
    body = {"agentId": office.ids["ann"], "to": to}
    for noun in ("transfer", "conference"):
        assert raw(office, "POST", f"chats/{visitor.id}/{noun}", body)[0] in (400, 404, 409)


def test_a_conference_joins_speaks_and_is_left(office: Office) -> None:
    visitor = office.talking()
    ann, bob, desk, key = office.ids["ann"], office.ids["bob"], office.desk, visitor.id
    desk.login(bob)
    visitor.say("before")
    desk.invite(key, ann, to_agent=bob)
    desk.cancel_invitation(key, ann)
    desk.invite(key, ann, to_skill=office.ids["repair"], message="help me")
    (offer,) = desk.agent(bob).requests
    assert (offer.kind, offer.message) == ("conference", "help me")
    desk.accept(offer.request_id, bob)
    assert visitor.until("AgentJoinedConference")[-1].message == {"name": "Bob B"}
    assert [line.text for line in desk.agent(bob).chat(key).messages] == ["before"]
    with pytest.raises(RuleBroken, match="R52"):
        desk.end(key, ann)
    with pytest.raises(RuleBroken, match="R53"):
        desk.attach(key, bob, office.ids["acme"])
    desk.say(key, bob, "Hello from Bob")
    desk.leave(key, bob)
    assert visitor.until("AgentLeftConference")[-1].message == {"name": "Bob B"}
    with pytest.raises(RuleBroken, match="R52"):
        desk.leave(key, ann)
    desk.end(key, ann)
    assert desk.close(key, ann)


def test_who_joins_sees_earlier_chats_and_how_many_are_hidden(office: Office) -> None:
    ann, bob, desk = office.ids["ann"], office.ids["bob"], office.desk
    key = office.visitor().visitor_id()
    first = office.talking(trackingId=key)
    first.end()
    desk.close(first.id, ann)
    again = office.talking(trackingId=key)
    (earlier,) = desk.agent(ann).chat(again.id).earlier
    assert (earlier.status, desk.agent(ann).chat(again.id).hidden) == ("Completed", 0)
    office.live.org.seed({"permissions": [{"profile": "Blind", "users": ["bob@x.test"], "objects": {}}]})
    desk.login(bob)
    desk.invite(again.id, ann, to_agent=bob)
    desk.accept(desk.agent(bob).requests[0].request_id, bob)
    chat = desk.agent(bob).chat(again.id)
    assert (chat.earlier, chat.hidden) == ((), 1)
    assert chat.notices[0] == "Your permissions hide earlier conversations with this visitor: 1."


# --- ends ---------------------------------------------------------------------------------------------------------------


def test_the_transcript_is_there_once_the_window_is_closed(office: Office) -> None:
    visitor = office.talking()
    ann, desk = office.ids["ann"], office.desk
    with pytest.raises(RuleBroken, match="R9"):
        desk.close(visitor.id, ann)
    desk.end(visitor.id, ann)
    assert visitor.until("ChatEnded")[-1].message["reason"] == "agent"
    assert office.rows("SELECT Id FROM LiveChatTranscript") == []
    assert desk.agent(ann).chat(visitor.id).state == "ended"
    transcript = desk.close(visitor.id, ann)
    (row,) = office.rows("SELECT Id, Status, EndedBy, OwnerId FROM LiveChatTranscript")
    assert (row["Id"], row["Status"], row["EndedBy"], row["OwnerId"]) == (transcript, "Completed", "Agent", ann)
    with pytest.raises(NotThere):
        desk.say(visitor.id, ann, "too late")


def test_a_blocked_visitor_is_gone_and_does_not_come_back(office: Office) -> None:
    visitor = office.talking(address="198.51.100.7")
    office.desk.block(visitor.id, office.ids["ann"], "spam <b>")
    assert visitor.until("ChatEnded")[-1].message["reason"] == "agent"
    (row,) = office.rows("SELECT FromIpAddress, ToIpAddress, Description, OwnerType FROM LiveChatBlockingRule")
    assert (row["FromIpAddress"], row["Description"], row["OwnerType"]) == ("198.51.100.7", "spam <b>", "Agent")
    assert office.asked("198.51.100.7").poll()[0].message["reason"] == "Blocked"
    assert office.asked("198.51.100.8").poll()[0].type == "ChatRequestSuccess"


@pytest.mark.parametrize("text", ["", "  \n", "x" * 131_073])
def test_a_message_says_something_and_has_a_length(office: Office, text: str) -> None:
    visitor = office.talking()
    with pytest.raises(ChatError) as refused:
        office.desk.say(visitor.id, office.ids["ann"], text)
    assert refused.value.status == 400


SWITCHES: list[tuple[str, str, Callable[[Office, str], object]]] = [
    ("R43", "OptionsHasChatTransferToAgent", lambda at, key: at.desk.transfer(key, at.ids["ann"], to_agent=at.ids["bob"])),
    ("R43", "OptionsHasChatTransferToSkill", lambda at, key: at.desk.transfer(key, at.ids["ann"], to_skill=at.ids["repair"])),
    ("R43", "OptionsHasChatTransferToButton", lambda at, key: at.desk.transfer(key, at.ids["ann"], to_button=at.ids["help"])),
    ("R50", "OptionsHasChatConferencing", lambda at, key: at.desk.invite(key, at.ids["ann"], to_agent=at.ids["bob"])),
    ("R36", "OptionsHasAssistanceFlag", lambda at, key: at.desk.raise_flag(key, at.ids["ann"])),
    ("R37", "OptionsHasWhisperMessage", lambda at, key: at.desk.whisper(key, at.ids["sue"], "psst")),
    ("R41", "OptionsHasVisitorBlocking", lambda at, key: at.desk.block(key, at.ids["ann"])),
    ("R40", "OptionsHasAgentFileTransfer", lambda at, key: at.desk.request_file(key, at.ids["ann"], at.ids["acme"])),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "switch", "act"), SWITCHES)
def test_what_the_configuration_switches_off_is_refused(
    office: Office, rule: str, switch: str, act: Callable[[Office, str], object]
) -> None:
    visitor = office.talking()
    office.desk.login(office.ids["bob"])
    office.desk.attach(visitor.id, office.ids["ann"], office.ids["acme"])
    session = office.live.session()
    session.headers["Authorization"] = f"Bearer {office.live.org.token()}"
    url = f"{office.live.https}/services/data/v60.0/sobjects/LiveChatUserConfig/{office.ids['desk_config2' if rule == 'R37' else 'desk_config0']}"
    assert session.patch(url, json={switch: False}, timeout=10).status_code == 204
    with pytest.raises(RuleBroken) as refused:
        act(office, visitor.id)
    assert refused.value.rule == rule
    assert session.patch(url, json={switch: True}, timeout=10).status_code == 204
    act(office, visitor.id)
