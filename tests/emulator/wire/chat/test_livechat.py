"""The Chat REST API over sockets, as a plain client of HTTP meets it."""

from typing import Any

import pytest
import requests

from chatlift.emulator.chat import Visitor
from chatlift.emulator.wire.livechat.wire import NOUNS, POSTS

from .conftest import Meanwhile, Office

VERSION = {"X-LIVEAGENT-API-VERSION": "42"}


class Plain:
    """A visitor's client of headers and bodies alone."""

    def __init__(self, office: Office, **headers: str) -> None:
        self.session = office.live.session()
        self.session.headers.update(headers)
        self.base = f"{office.live.https}/chat/rest/"
        self.key: dict[str, str] = {}
        self.id = ""

    def send(self, method: str, path: str, **options: Any) -> requests.Response:
        headers = {**VERSION, **self.key, **options.pop("headers", {})}
        return self.session.request(method, self.base + path, headers=headers, timeout=60, **options)

    def begin(self) -> dict[str, Any]:
        found: dict[str, Any] = self.send("GET", "System/SessionId", headers={"X-LIVEAGENT-AFFINITY": "null"}).json()
        self.key = {"X-LIVEAGENT-AFFINITY": found["affinityToken"], "X-LIVEAGENT-SESSION-KEY": found["key"]}
        self.id = found["id"]
        return found

    def post(self, noun: str, sequence: int, body: Any = None) -> requests.Response:
        return self.send("POST", noun, json=body or {}, headers={"X-LIVEAGENT-SEQUENCE": str(sequence)})

    def ask(self, office: Office, **more: Any) -> requests.Response:
        body = {
            "organizationId": "00D000000000001",
            "deploymentId": office.ids["web"],
            "buttonId": office.ids["shop"],
            "sessionId": self.id,
            "isPost": True,
            "receiveQueueUpdates": True,
        }
        return self.post("Chasitor/ChasitorInit", 1, {**body, **more})

    def messages(self, ack: int = -1) -> requests.Response:
        return self.send("GET", f"System/Messages?ack={ack}")


@pytest.fixture
def plain(office: Office) -> Plain:
    made = Plain(office)
    made.begin()
    return made


def types(answer: requests.Response) -> list[str]:
    return [one["type"] for one in answer.json()["messages"]]


# --- the front door -----------------------------------------------------------------------------------------------------


def test_a_session_has_its_four_keys(office: Office) -> None:
    found = Plain(office).begin()
    assert found.keys() == {"key", "id", "clientPollTimeout", "affinityToken"}
    assert found["clientPollTimeout"] == 40
    assert found["key"].split("!")[0] == found["id"]
    assert found["key"].endswith("=")


@pytest.mark.parametrize("noun", list(NOUNS))
def test_every_noun_asks_for_the_version_before_anything_else(office: Office, noun: str) -> None:
    for method in NOUNS[noun]:
        answer = office.live.session().request(method, f"{office.live.https}/chat/rest/{noun}", timeout=10)
        assert (answer.status_code, answer.text) == (400, "No version header found")
        assert answer.headers["Content-Type"].startswith("text/plain")


@pytest.mark.parametrize("noun", list(NOUNS))
def test_every_noun_takes_its_own_methods_alone(plain: Plain, noun: str) -> None:
    for method in {"GET", "POST", "PUT", "DELETE", "PATCH"} - NOUNS[noun].keys():
        assert plain.send(method, noun).status_code == 405


@pytest.mark.parametrize("noun", ["", "System", "System/None", "system/SessionId", "Chasitor/chatMessage", "Agent/X"])
def test_an_unknown_noun_is_not_found_and_names_are_case_sensitive(plain: Plain, noun: str) -> None:
    assert plain.send("GET", noun).status_code == 404


NEED_SESSION = ["System/Messages", "System/MultiNoun", *POSTS]


@pytest.mark.parametrize("noun", NEED_SESSION)
def test_a_key_of_no_session_is_forbidden(plain: Plain, noun: str) -> None:
    method = "GET" if noun == "System/Messages" else "POST"
    for key in ("", "no-such-key", "\xff", "k" * 5000):
        plain.key["X-LIVEAGENT-SESSION-KEY"] = key
        answer = plain.send(method, noun, json={"nouns": []})
        assert (answer.status_code, answer.text) == (403, "Session required but was invalid or not found")


@pytest.mark.parametrize("path", ["System/SessionId/%00", "System/SessionId/none", "System/SessionId/%C3%A9"])
def test_only_a_session_that_is_there_can_be_ended(plain: Plain, path: str) -> None:
    plain.key = {}
    assert plain.send("DELETE", path).status_code == 403


@pytest.mark.parametrize("noun", NEED_SESSION)
def test_another_affinity_token_is_503_and_none_is_400(plain: Plain, noun: str) -> None:
    method = "GET" if noun == "System/Messages" else "POST"
    plain.key["X-LIVEAGENT-AFFINITY"] = "0badc0de"
    assert plain.send(method, noun, json={"nouns": []}).status_code == 503
    del plain.key["X-LIVEAGENT-AFFINITY"]
    assert plain.send(method, noun, json={"nouns": []}).status_code == 400


def test_a_session_that_was_deleted_is_no_longer_known(office: Office, plain: Plain) -> None:
    office.desk.login(office.ids["ann"])
    plain.ask(office)
    key = plain.key["X-LIVEAGENT-SESSION-KEY"]
    assert plain.send("DELETE", f"System/SessionId/{key}").status_code == 200
    assert plain.messages().status_code == 403
    assert office.rows("SELECT Status, EndedBy FROM LiveChatTranscript")[0]["Status"] == "Missed"


# --- asking for a chat --------------------------------------------------------------------------------------------------


def test_a_chat_from_the_request_to_the_end(office: Office, plain: Plain) -> None:
    ann = office.ids["ann"]
    office.desk.login(ann)
    answer = plain.ask(office, visitorName="Maya")
    assert (answer.status_code, answer.text) == (200, "OK")
    found = plain.messages().json()
    assert (found["sequence"], found["messages"][0]["type"]) == (1, "ChatRequestSuccess")
    success = found["messages"][0]["message"]
    assert (success["connectionTimeout"], success["queuePosition"], success["customDetails"]) == (150000, 1, [])
    (offer,) = office.desk.agent(ann).requests
    assert (offer.kind, offer.visitor_name, offer.deployment_name) == ("chat", "Maya", "Web shop")
    office.desk.accept(offer.request_id, ann)
    found = plain.messages(1).json()
    assert [one["type"] for one in found["messages"]] == ["QueueUpdate", "ChatEstablished"]
    assert found["messages"][0]["message"] == {"estimatedWaitTime": 0, "position": 0}
    assert found["messages"][1]["message"] == {
        "name": "Ann A",
        "userId": ann,
        "items": [],
        "sneakPeekEnabled": True,
        "chasitorIdleTimeout": {"isEnabled": False},
    }
    assert plain.post("Chasitor/ChatMessage", 2, {"text": "Hello"}).text == "OK"
    office.desk.typing(plain.id, ann)
    office.desk.say(plain.id, ann, "Hi!")
    office.desk.typing(plain.id, ann, is_typing=False)
    found = plain.messages(3).json()
    assert [one["type"] for one in found["messages"]] == ["AgentTyping", "ChatMessage", "AgentNotTyping"]
    assert found["messages"][1]["message"] == {
        "text": "Hi!",
        "name": "Ann A",
        "schedule": {"responseDelayMilliseconds": 0},
        "agentId": ann,
    }
    assert [(line.role, line.text) for line in office.desk.agent(ann).chat(plain.id).messages] == [
        ("Visitor", "Hello"),
        ("Agent", "Hi!"),
    ]
    assert plain.post("Chasitor/ChatEnd", 3, {"reason": "client"}).text == "OK"
    found = plain.messages(6).json()
    assert found["messages"] == [{"type": "ChatEnded", "message": {"reason": "client", "attachedRecords": []}}]
    assert plain.messages(found["sequence"]).status_code == 403
    office.desk.close(plain.id, ann)
    (row,) = office.rows("SELECT Status, EndedBy, ChatKey FROM LiveChatTranscript")
    assert (row["Status"], row["EndedBy"], row["ChatKey"]) == ("Completed", "Visitor", plain.id)


def test_without_an_agent_the_request_fails(office: Office, plain: Plain) -> None:
    plain.ask(office)
    found = plain.messages().json()
    assert found["messages"] == [
        {"type": "ChatRequestFail", "message": {"reason": "Unavailable", "attachedRecords": []}}
    ]
    assert plain.messages(found["sequence"]).status_code == 403
    assert plain.post("Chasitor/ChatMessage", 2, {"text": "x"}).status_code == 403
    left = office.live.org.org.store.select('SELECT COUNT(*) FROM "_chat_mail"')
    assert left == [(0,)]  # nothing is kept of a session whose client has read all


def test_a_blocked_address_is_told_so(office: Office) -> None:
    office.live.org.seed(
        {
            "records": [
                {
                    "object": "LiveChatBlockingRule",
                    "fields": {
                        "DeveloperName": "Range", "MasterLabel": "Range", "Language": "en_US",
                        "FromIpAddress": "203.0.113.1", "ToIpAddress": "203.0.113.9", "OwnerType": "Admin",
                    },
                }
            ]
        }
    )  # fmt: skip
    office.desk.login(office.ids["ann"])
    for address, told in (
        ("203.0.113.9", "ChatRequestFail"),
        ("203.0.113.10", "ChatRequestSuccess"),
        ("203.0.113.1, 192.0.2.1", "ChatRequestFail"),
        ("not an address", "ChatRequestSuccess"),
    ):
        plain = Plain(office, **{"X-Forwarded-For": address})
        plain.begin()
        plain.ask(office)
        assert types(plain.messages())[0] == told, address


@pytest.mark.parametrize("is_post", [False, None, "true", 1])
def test_a_request_that_is_no_post_fails(office: Office, plain: Plain, is_post: Any) -> None:
    plain.ask(office, isPost=is_post)
    (found,) = plain.messages().json()["messages"]
    assert found == {"type": "ChatRequestFail", "message": {"reason": "NoPost", "attachedRecords": []}}


def test_ids_may_have_15_characters_and_a_malformed_one_is_unavailable(office: Office) -> None:
    office.desk.login(office.ids["ann"])
    for deployment, button, told in (
        (office.ids["web"][:15], office.ids["shop"][:15], "ChatRequestSuccess"),
        (office.ids["web"], "573", "ChatRequestFail"),
        ("572000000000000AAA", office.ids["shop"], "ChatRequestFail"),
        (office.ids["shop"], office.ids["web"], "ChatRequestFail"),
        ("", "", "ChatRequestFail"),
    ):
        plain = Plain(office)
        plain.begin()
        assert plain.ask(office, deploymentId=deployment, buttonId=button).status_code == 200
        assert types(plain.messages())[0] == told


def test_the_way_to_an_agent_may_be_overridden_in_order(office: Office) -> None:
    ann, bob = office.ids["ann"], office.ids["bob"]
    office.desk.login(ann)
    office.desk.login(bob)
    for overrides, asked in (
        ([office.ids["help"]], bob),
        ([f"{bob}_{office.ids['shop']}"], bob),
        ([office.ids["sue"], office.ids["shop"]], ann),
        ([f"{office.ids['sue'][:15]}_{office.ids['shop'][:15]}"], ann),
    ):
        plain = Plain(office)
        plain.begin()
        plain.ask(office, buttonOverrides=overrides)
        assert [offer.chat_key for offer in office.desk.agent(asked).requests] == [plain.id]
        plain.post("Chasitor/ChatEnd", 2, {"reason": "client"})


def test_a_chat_may_be_asked_of_an_agent_with_and_without_fallback(office: Office) -> None:
    office.desk.login(office.ids["ann"])
    for agent, fallback, told in (
        ("ann", False, "ChatRequestSuccess"),
        ("bob", True, "ChatRequestSuccess"),
        ("sue", False, "ChatRequestFail"),
    ):
        plain = Plain(office)
        plain.begin()
        plain.ask(office, agentId=office.ids[agent][:15], doFallback=fallback)
        assert types(plain.messages())[0] == told


def test_a_session_asks_for_one_chat(office: Office, plain: Plain) -> None:
    plain.ask(office)
    answer = plain.post("Chasitor/ChasitorInit", 2, {"isPost": True})
    assert (answer.status_code, answer.text) == (400, "the session has asked for a chat already")


# --- sequence numbers ---------------------------------------------------------------------------------------------------


def said(office: Office, key: str) -> list[str]:
    return [line.text for line in office.desk.agent(office.ids["ann"]).chat(key).messages]


def test_a_number_that_came_before_is_acknowledged_and_does_nothing(office: Office) -> None:
    visitor = office.talking()
    for number, text in ((2, "one"), (2, "again"), (1, "old"), (9, "after a gap"), (8, "late"), (10, "two")):
        answer = visitor.call("POST", "Chasitor/ChatMessage", {"text": text}, sequence=number)
        assert (answer.status_code, answer.text) == (200, "OK")
    assert said(office, visitor.id) == ["one", "after a gap", "two"]


@pytest.mark.parametrize("sequence", ["x", "-1", "1.5", "9" * 12])
def test_a_sequence_is_a_number(plain: Plain, sequence: str) -> None:
    answer = plain.send("POST", "Chasitor/ChasitorTyping", headers={"X-LIVEAGENT-SEQUENCE": sequence})
    assert answer.status_code == 400


def test_many_posts_in_one_happen_in_order_under_one_number(office: Office) -> None:
    visitor = office.talking()
    nouns = [
        {"prefix": "Chasitor", "noun": "ChatMessage", "object": {"text": "one"}},
        {"prefix": "Chasitor", "noun": "ChatMessage", "data": {"text": "two"}},
        {"prefix": "Chasitor", "noun": "ChatMessage", "object": {"text": "three"}, "data": {"text": "not this"}},
        {"prefix": "Chasitor", "noun": "ChatEnd", "object": {}},
    ]
    for _ in range(2):
        assert visitor.call("POST", "System/MultiNoun", {"nouns": nouns}, sequence=2).text == "OK"
    assert said(office, visitor.id) == ["one", "two", "three"]
    assert [told.type for told in visitor.poll()] == ["ChatEnded"]


@pytest.mark.parametrize(
    ("bad", "status"),
    [
        ({"prefix": "Chasitor", "noun": "ChatMessage", "object": {}}, 400),
        ({"prefix": "Chasitor", "noun": "ChatMessage", "object": "text"}, 400),
        ({"prefix": "Chasitor", "noun": "Unknown", "object": {}}, 404),
        ({"prefix": "System", "noun": "MultiNoun", "object": {"nouns": []}}, 404),
        ({"noun": {}}, 404),
        ("ChatMessage", 400),
    ],
)
def test_of_many_posts_all_happen_or_none(office: Office, bad: Any, status: int) -> None:
    visitor = office.talking()
    nouns = [{"prefix": "Chasitor", "noun": "ChatMessage", "object": {"text": "one"}}, bad]
    body = {"nouns": nouns}
    headers = {**VERSION, "X-LIVEAGENT-AFFINITY": visitor.affinity, "X-LIVEAGENT-SESSION-KEY": visitor.key}
    url = f"{office.live.https}/chat/rest/System/MultiNoun"
    answer = office.live.session().post(url, json=body, headers=headers | {"X-LIVEAGENT-SEQUENCE": "2"}, timeout=10)
    assert answer.status_code == status
    assert said(office, visitor.id) == []
    visitor.say("still number 2")
    assert said(office, visitor.id) == ["still number 2"]


# --- polls --------------------------------------------------------------------------------------------------------------


def test_nothing_new_is_204_without_a_body(hasty_office: Office) -> None:
    plain = Plain(hasty_office)
    assert plain.begin()["clientPollTimeout"] == 1
    answer = plain.messages()
    assert (answer.status_code, answer.content) == (204, b"")


def test_what_is_not_acknowledged_is_sent_again(office: Office, plain: Plain) -> None:
    office.desk.login(office.ids["ann"])
    plain.ask(office)
    first, again = plain.messages().json(), plain.messages().json()
    assert first["messages"] == again["messages"]
    assert (first["sequence"], again["sequence"]) == (1, 1)
    office.desk.accept(office.desk.agent(office.ids["ann"]).requests[0].request_id, office.ids["ann"])
    assert types(plain.messages()) == ["ChatRequestSuccess", "QueueUpdate", "ChatEstablished"]
    assert types(plain.messages(2)) == ["ChatEstablished"]


@pytest.mark.parametrize("ack", ["x", "", "1.5", "9" * 30, "--1"])
def test_an_acknowledgement_is_a_number(plain: Plain, ack: str) -> None:
    assert plain.send("GET", "System/Messages", params={"ack": ack}).status_code == 400


def test_a_held_poll_is_answered_as_soon_as_something_is_said(office: Office) -> None:
    visitor = office.talking()
    poll = Meanwhile(visitor.poll)
    office.desk.say(visitor.id, office.ids["ann"], "There you are")
    (told,) = poll.result()
    assert (told.type, told.message["text"]) == ("ChatMessage", "There you are")


def test_of_two_polls_at_a_time_one_is_409_and_the_chat_is_over(office: Office) -> None:
    visitor = office.talking()
    headers = {**VERSION, "X-LIVEAGENT-AFFINITY": visitor.affinity, "X-LIVEAGENT-SESSION-KEY": visitor.key}
    url = f"{office.live.https}/chat/rest/System/Messages?ack=4"
    polls = [Meanwhile(lambda: office.live.session().get(url, headers=headers, timeout=60)) for _ in range(2)]
    statuses = sorted(poll.result().status_code for poll in polls)
    assert statuses[1] == 409
    assert statuses[0] in (200, 204)
    assert office.live.session().get(url, headers=headers, timeout=10).status_code == 403
    assert office.desk.agent(office.ids["ann"]).chat(visitor.id).state == "ended"


@pytest.mark.parametrize("scheme", ["https", "http"])
def test_a_client_that_hangs_up_and_comes_back_does_not_poll_twice(office: Office, scheme: str) -> None:
    visitor = office.talking()
    headers = {**VERSION, "X-LIVEAGENT-AFFINITY": visitor.affinity, "X-LIVEAGENT-SESSION-KEY": visitor.key}
    url = f"{getattr(office.live, scheme)}/chat/rest/System/Messages?ack=3"
    for _ in range(3):
        with pytest.raises(requests.ReadTimeout):
            office.live.session().get(url, headers=headers, timeout=(5, 0.3))
    poll = Meanwhile(lambda: office.live.session().get(url, headers=headers, timeout=60))
    office.desk.say(visitor.id, office.ids["ann"], "Welcome back")
    answer = poll.result()
    assert (answer.status_code, types(answer)) == (200, ["ChatMessage"])


def test_a_second_poll_before_any_chat_lets_the_first_go(office: Office) -> None:
    plain = Plain(office)
    plain.begin()
    polls = [Meanwhile(Plain.messages.__get__(twin)) for twin in (plain, twin_of(office, plain))]
    assert sorted(poll.result().status_code for poll in polls) == [204, 409]


def twin_of(office: Office, plain: Plain) -> Plain:
    made = Plain(office)
    made.key = plain.key
    return made


# --- reconnecting -------------------------------------------------------------------------------------------------------


def test_a_session_that_was_moved_gets_503_until_it_reconnects(office: Office) -> None:
    ann = office.ids["ann"]
    visitor = office.talking()
    visitor.say("one")
    office.desk.say(visitor.id, ann, "two")
    visitor.poll()
    poll = Meanwhile(lambda: visitor.call("GET", "System/Messages", query={"ack": "5"}).status_code)
    office.desk.reroute(visitor.id)
    with pytest.raises(Exception, match="503 Invalid Affinity Token"):
        poll.result()
    with pytest.raises(Exception, match="503"):
        visitor.say("lost")
    answer = visitor.call("GET", "System/ReconnectSession", query={"ReconnectSession.offset": "1"}, affinity="null")
    (found,) = answer.json()["messages"]
    assert found["type"] == "ReconnectSession"
    assert found["message"]["resetSequence"] is True
    visitor.affinity = found["message"]["affinityToken"]
    visitor.call("POST", "Chasitor/ChasitorResyncState", {"organizationId": "00D000000000001"})
    data = visitor.call("GET", "System/Messages", query={"ack": "-1"}).json()["messages"]
    assert [one["type"] for one in data] == ["ChasitorSessionData"]
    assert [(one["type"], one["content"]) for one in data[0]["message"]["chatMessages"]] == [
        ("Chasitor", "one"),
        ("Agent", "two"),
    ]
    visitor.call("POST", "Chasitor/ChatMessage", {"text": "sent again"}, sequence=1)
    assert said(office, visitor.id) == ["one", "two", "sent again"]


def test_a_chat_that_ended_meanwhile_is_told_after_the_reconnect(office: Office) -> None:
    visitor = office.talking()
    office.desk.reroute(visitor.id)
    office.desk.end(visitor.id, office.ids["ann"])
    office.desk.close(visitor.id, office.ids["ann"])
    assert [told.type for told in visitor.reconnect()] == ["ChatEnded"]


def test_the_older_resync_tells_whether_the_session_is_valid(office: Office, plain: Plain) -> None:
    key = plain.key["X-LIVEAGENT-SESSION-KEY"]
    found = plain.send("GET", "System/ResyncSession", params={"SessionId": key}).json()
    assert (found["isValid"], found["key"]) == (True, key)
    assert found["affinityToken"] != plain.key["X-LIVEAGENT-AFFINITY"]
    assert plain.send("GET", "System/ResyncSession", params={"SessionId": "\0"}).json() == {"isValid": False}
    assert plain.send("GET", "System/ResyncSession").json() == {"isValid": False}


# --- before a chat ------------------------------------------------------------------------------------------------------


def wrapped(answer: requests.Response, type_: str) -> Any:
    assert answer.status_code == 200
    (found,) = answer.json()["messages"]
    assert found["type"] == type_
    return found["message"]


def test_availability_is_left_out_where_there_is_none(office: Office, plain: Plain) -> None:
    shop, help_, ann = office.ids["shop"], office.ids["help"], office.ids["ann"]
    office.desk.login(ann)
    asked = f"[{shop[:15]},{help_},{ann},{office.ids['bob'][:15]},573x,]"
    query = {"org_id": "00D000000000001", "deployment_id": office.ids["web"][:15], "Availability.ids": asked}
    found = wrapped(plain.send("GET", "Visitor/Availability", params=query), "Availability")
    assert found["results"] == [
        {"id": shop[:15], "isAvailable": True},
        {"id": help_},
        {"id": ann, "isAvailable": True},
        {"id": office.ids["bob"][:15]},
        {"id": "573x"},
    ]


def test_the_estimated_wait_follows_the_waits_so_far(office: Office, plain: Plain) -> None:
    ann, shop = office.ids["ann"], office.ids["shop"]
    office.live.org.clock.freeze()
    office.desk.login(ann)
    query = {"Availability.ids": shop, "Availability.needEstimatedWaitTime": "1"}
    found = wrapped(plain.send("GET", "Visitor/Availability", params=query), "Availability")
    assert found["results"] == [{"id": shop, "isAvailable": True, "estimatedWaitTime": -1}]
    for wait in (10, 30):  # 10, then 0.9 * 10 + 0.1 * 30
        visitor = office.asked()
        office.live.org.clock.advance(seconds=wait)
        visitor.poll()
        office.desk.accept(office.desk.agent(ann).requests[0].request_id, ann)
    office.desk.end(visitor.id, ann)
    found = wrapped(plain.send("GET", "Visitor/Availability", params=query), "Availability")
    assert found["results"][0]["estimatedWaitTime"] == 12
    assert "estimatedWaitTime" in office.visitor().settings(shop, with_wait=True)["buttons"][0]


def test_settings_tell_of_each_button(office: Office, plain: Plain) -> None:
    office.desk.login(office.ids["bob"])
    asked = f"[{office.ids['shop'][:15]},{office.ids['help'][:15]}]"
    found = wrapped(plain.send("GET", "Visitor/Settings", params={"Settings.buttonIds": asked}), "Settings")
    assert isinstance(found["pingRate"], int)
    assert found["contentServerUrl"] == f"{office.live.https}/chat"
    proxied = {"X-Forwarded-Host": "org.example.test", "X-Forwarded-Proto": "https"}
    answer = plain.send("GET", "Visitor/Settings", headers=proxied)
    assert wrapped(answer, "Settings")["contentServerUrl"] == "https://org.example.test/chat"
    assert [(one["id"], one["type"], one.get("isAvailable")) for one in found["buttons"]] == [
        (office.ids["shop"][:15], "Standard", None),
        (office.ids["help"][:15], "Standard", True),
    ]


@pytest.mark.parametrize("by", ["trackingId", "cookie"])
def test_a_visitor_is_known_again(office: Office, by: str) -> None:
    plain = Plain(office)
    answer = plain.send("GET", "Visitor/VisitorId")
    key = wrapped(answer, "VisitorId")["sessionId"]
    assert answer.cookies["liveagent_vc"] == key
    assert wrapped(plain.send("GET", "Visitor/VisitorId"), "VisitorId")["sessionId"] == key
    if by == "trackingId":
        plain.session.cookies.clear()
    for _ in range(2):
        plain.begin()
        plain.ask(office, trackingId=key if by == "trackingId" else "")
    stranger = Plain(office)
    stranger.begin()
    stranger.ask(office)
    rows = office.rows(
        "SELECT SessionKey, (SELECT Id FROM LiveChatTranscripts) FROM LiveChatVisitor ORDER BY CreatedDate, Id"
    )
    assert [len(row["LiveChatTranscripts"]["records"]) for row in rows] == [2, 1]
    assert rows[0]["SessionKey"] == key
    assert rows[1]["SessionKey"] != key


# --- what passes between the two sides ----------------------------------------------------------------------------------


def test_an_agent_with_sneak_peek_sees_what_is_typed(office: Office) -> None:
    visitor = office.talking()
    ann = office.ids["ann"]
    visitor.typing()
    visitor.typing("I wan")
    assert office.desk.agent(ann).chat(visitor.id).sneak_peek == "I wan"
    visitor.say("I want to buy")
    assert office.desk.agent(ann).chat(visitor.id).sneak_peek == ""
    visitor.typing("no")
    visitor.stop_typing()
    chat = office.desk.agent(ann).chat(visitor.id)
    assert (chat.sneak_peek, [line.text for line in chat.messages]) == ("", ["I want to buy"])


def test_custom_events_go_both_ways(office: Office) -> None:
    visitor = office.talking()
    ann = office.ids["ann"]
    visitor.signal("cart", '{"items": 2}')
    assert office.desk.agent(ann).chat(visitor.id).notices == ('Custom event cart: {"items": 2}',)
    office.desk.signal(visitor.id, ann, "coupon", "TEN")
    (told,) = visitor.poll()
    assert (told.type, told.message) == ("CustomEvent", {"type": "coupon", "data": "TEN"})


def test_the_agent_sees_the_pages_that_the_visitor_looks_at(office: Office) -> None:
    visitor = office.talking()
    visitor.browse("https://shop.example/a")
    visitor.browse("https://shop.example/b")
    seen = office.desk.agent(office.ids["ann"]).chat(visitor.id).visitor.breadcrumbs
    assert seen == ("https://shop.example/a", "https://shop.example/b")
    for number in range(60):
        visitor.browse(f"https://shop.example/{number}")
    seen = office.desk.agent(office.ids["ann"]).chat(visitor.id).visitor.breadcrumbs
    assert (len(seen), seen[-1]) == (50, "https://shop.example/59")


def test_what_a_client_reports_of_its_own_timers_and_rules_is_taken(office: Office) -> None:
    visitor = office.talking()
    for event in ("triggered", "cleared"):
        visitor.post("ChasitorIdleTimeoutWarningEvent", idleTimeoutWarningEvent=event)
    visitor.post("SensitiveDataRuleTriggered", rules=[{"id": "0GO000000000001", "name": "Cards"}])
    assert said(office, visitor.id) == []


def test_html_comes_to_the_other_side_as_it_was_typed_and_is_stored_escaped(office: Office) -> None:
    visitor = office.talking()
    ann = office.ids["ann"]
    visitor.say("<script>alert('1')</script> & \"you\"")
    office.desk.say(visitor.id, ann, "<b>bold</b>")
    assert said(office, visitor.id) == ["<script>alert('1')</script> & \"you\"", "<b>bold</b>"]
    assert visitor.poll()[0].message["text"] == "<b>bold</b>"
    visitor.end()
    office.desk.close(visitor.id, ann)
    body = office.rows("SELECT Body FROM LiveChatTranscript")[0]["Body"]
    assert "&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt; &amp; &quot;you&quot;<br>" in body
    assert "&lt;b&gt;bold&lt;/b&gt;<br>" in body


def test_a_visitor_who_does_not_answer_is_ended_by_the_clock(office: Office) -> None:
    office.live.org.seed(
        {
            "chat": {
                "buttons": [
                    {
                        "ref": "idle", "name": "Idle", "skills": [office.ids["sales"]], "OptionsHasChasitorIdleTimeout": True,
                        "ChasitorIdleTimeout": 60, "ChasitorIdleTimeoutWarning": 40,
                    }
                ]
            }
        }
    )  # fmt: skip
    (button,) = office.rows("SELECT Id FROM LiveChatButton WHERE DeveloperName = 'Idle'")
    office.live.org.clock.freeze()
    ann = office.ids["ann"]
    office.desk.login(ann)
    visitor = office.visitor()
    visitor.ask(office.ids["web"], button["Id"])
    office.desk.accept(office.desk.agent(ann).requests[0].request_id, ann)
    (told,) = [one for one in visitor.until("ChatEstablished") if one.type == "ChatEstablished"]
    assert told.message["chasitorIdleTimeout"] == {"isEnabled": True, "warningTime": 40, "timeout": 60}
    office.desk.say(visitor.id, ann, "Are you there?")
    visitor.until("ChatMessage")
    poll = Meanwhile(visitor.poll)
    office.live.org.clock.advance(seconds=61)
    (told,) = poll.result()
    assert (told.type, told.message["reason"]) == ("ChatEnded", "clientIdleTimeout")


# --- waiting ------------------------------------------------------------------------------------------------------------


def places(visitor: Visitor) -> list[int]:
    """The places in the queue that a visitor has been told since he last looked."""
    return [told.message["position"] for told in visitor.poll() if told.type == "QueueUpdate"]


def test_who_waits_is_told_how_he_comes_nearer(hasty_office: Office) -> None:
    office = hasty_office
    ann, desk = office.ids["ann"], office.desk
    desk.login(ann)
    visitors = [office.asked() for _ in range(4)]
    silent = office.asked(receiveQueueUpdates=False)
    assert [visitor.poll()[0].message["queuePosition"] for visitor in (*visitors, silent)] == [1, 2, 3, 4, 5]
    desk.accept(desk.agent(ann).requests[0].request_id, ann)
    assert [places(visitor) for visitor in visitors] == [[0], [1], [2], [3]]
    visitors[2].end()
    assert [places(visitor) for visitor in visitors] == [[], [], [], [2]]
    desk.accept(desk.agent(ann).requests[0].request_id, ann)
    assert [places(visitor) for visitor in (visitors[1], visitors[3])] == [[0], [1]]
    assert silent.poll() == []


def test_a_visitor_who_gives_up_is_a_missed_chat(office: Office) -> None:
    office.live.org.clock.freeze()
    office.desk.login(office.ids["ann"])
    visitor = office.asked()
    office.live.org.clock.advance(seconds=12)
    visitor.end()
    assert visitor.until("ChatEnded")[-1].message["reason"] == "client"
    (row,) = office.rows("SELECT Status, EndedBy, WaitTime, Abandoned FROM LiveChatTranscript")
    assert (row["Status"], row["EndedBy"], row["WaitTime"], row["Abandoned"]) == ("Missed", "Visitor", None, 12)
    assert office.desk.agent(office.ids["ann"]).requests == ()


def test_a_post_chat_page_is_told_and_gets_the_records_of_the_chat(office: Office) -> None:
    page = "https://shop.example/thanks"
    button = {"ref": "post", "name": "Post", "skills": [office.ids["sales"]], "PostchatUrl": page}
    ids = office.live.org.seed({"chat": {"buttons": [button]}})
    ann = office.ids["ann"]
    office.desk.login(ann)
    visitor = office.visitor()
    visitor.ask(office.ids["web"], ids["post"])
    assert visitor.poll()[0].message["postChatUrl"] == page
    office.desk.accept(office.desk.agent(ann).requests[0].request_id, ann)
    case = office.desk.create(visitor.id, ann, "Case", Subject="Broken")
    visitor.end()
    ended = visitor.until("ChatEnded")[-1].message
    assert (ended["reason"], ended["attachedRecords"]) == ("client", {case: "CaseId"})
