"""A whole chat over HTTPS, on plain HTTP on both sides: what the records say is what each side saw."""

import html
import re

import pytest

from chatlift.emulator.chat import AgentDesk, NotThere, Visitor
from chatlift.emulator.chat.runtime import ChatRuntime
from chatlift.emulator.config import OrgConfig
from chatlift.emulator.live import live_org

from .conftest import SCENARIO, Meanwhile, Office

LINE = re.compile(r"\( ((?:\d+h )?(?:\d+m )?\d+s) \) (.*?): (.*?)<br>", re.DOTALL)


def test_two_hundred_messages_a_transfer_a_conference_a_file_and_a_block(office: Office) -> None:
    ann, bob, desk, clock = office.ids["ann"], office.ids["bob"], office.desk, office.live.org.clock
    clock.freeze()
    clock.set("2026-06-15T09:00:00Z")
    desk.login(ann)
    desk.login(bob)
    visitor = office.visitor("198.51.100.20")
    visitor.visitor_id()
    key = visitor.ask(office.ids["web"], office.ids["shop"], name="Maya")
    clock.advance(seconds=10)
    desk.accept(desk.agent(ann).requests[0].request_id, ann)
    visitor.until("ChatEstablished")
    said: list[tuple[str, str]] = []

    def talk(agent: str, name: str, rounds: int) -> None:
        for number in range(rounds):
            text = f"question {len(said)} <b>&'\"{number}"
            visitor.say(text)
            said.append(("Maya", text))
            clock.advance(seconds=2)
            text = f"answer {len(said)} \u00e5\u00df\U0001f408"
            poll = Meanwhile(visitor.poll)
            desk.say(key, agent, text)
            assert [one.message["text"] for one in poll.result()] == [text]
            said.append((name, text))
            clock.advance(seconds=3)

    talk(ann, "Ann A", 40)
    desk.attach(key, ann, office.ids["acme"])
    desk.request_file(key, ann, office.ids["acme"])
    request = visitor.until("FileTransfer")[-1]
    file = visitor.upload(request, "photo.png", b"\x89PNG", "image/png")
    assert visitor.until("FileTransfer")[-1].message["type"] == "Success"
    desk.transfer(key, ann, to_agent=bob, message="yours")
    desk.accept(desk.agent(bob).requests[0].request_id, bob)
    assert visitor.until("ChatTransferred")[-1].message["name"] == "Bob B"
    talk(bob, "Bob B", 40)
    desk.invite(key, bob, to_agent=ann)
    desk.accept(desk.agent(ann).requests[0].request_id, ann)
    visitor.until("AgentJoinedConference")
    talk(ann, "Ann A", 10)
    talk(bob, "Bob B", 10)
    assert len(said) == 200
    agents_log = [(line.name, line.text) for line in desk.agent(bob).chat(key).messages]
    assert agents_log == said
    assert [one.message["text"] for one in visitor.told if one.type == "ChatMessage"] == [
        text for name, text in said if name != "Maya"
    ]
    desk.block(key, bob, "rude")
    assert visitor.until("ChatEnded")[-1].message["reason"] == "agent"
    for agent in (ann, bob):
        assert desk.agent(agent).chat(key).state == "ended"
    closed = {agent: desk.close(key, agent) for agent in (ann, bob)}
    desk.logout(ann)
    desk.logout(bob)

    (row,) = office.rows(
        "SELECT Id, Body, Status, EndedBy, OwnerId, OperatorMessageCount, VisitorMessageCount, WaitTime, ChatDuration,"
        " AccountId, IpAddress, AverageResponseTimeOperator, MaxResponseTimeVisitor FROM LiveChatTranscript"
    )
    assert row["Id"] in closed.values()
    lines = [(name, html.unescape(text)) for _, name, text in LINE.findall(re.sub(r"<p.*?</p>", "", row["Body"]))]
    assert lines == said
    assert (row["OperatorMessageCount"], row["VisitorMessageCount"]) == (100, 100)
    assert (row["WaitTime"], row["ChatDuration"]) == (10, 500)
    assert (row["AverageResponseTimeOperator"], row["MaxResponseTimeVisitor"]) == (2, 3)
    assert (row["EndedBy"], row["AccountId"], row["IpAddress"]) == ("Agent", office.ids["acme"], "198.51.100.20")
    events = office.rows("SELECT Type, AgentId FROM LiveChatTranscriptEvent ORDER BY Name")
    assert [(event["Type"], event["AgentId"]) for event in events] == [
        ("ChatRequest", None),
        ("PushAssignment", ann),
        ("Accept", ann),
        ("FileTransferRequested", ann),
        ("FileTransferSuccess", None),
        ("TransferRequest", ann),
        ("Transfer", bob),
        ("ConferenceRequest", bob),
        ("OperatorJoinedConference", ann),
        ("AgentBlocked", bob),
    ]
    sessions = office.rows(
        "SELECT AgentId, ChatReqAssigned, ChatReqEngaged, TimeInChats, TimeIdle, TimeInOnlineStatus FROM LiveAgentSession"
        " ORDER BY Name"
    )
    assert [
        tuple(one[name] for name in ("AgentId", "ChatReqAssigned", "ChatReqEngaged", "TimeInChats", "TimeIdle"))
        for one in sessions
    ] == [(ann, 2, 2, 300, 210), (bob, 1, 1, 300, 210)]
    assert {one["TimeInOnlineStatus"] for one in sessions} == {510}
    (attachment,) = office.rows("SELECT Id, ParentId FROM Attachment")
    assert (attachment["Id"], attachment["ParentId"]) == (file["id"], office.ids["acme"])
    again = Visitor(office.live.https, office.live.session(), address="198.51.100.20")
    again.ask(office.ids["web"], office.ids["shop"])
    assert again.poll()[0].message["reason"] == "Blocked"


def test_a_poll_is_woken_by_its_own_visitors_post_on_every_store(store_url: str) -> None:
    """A post is one transaction of several steps: a poll that is woken before its end would see nothing."""
    with live_org(OrgConfig(database=store_url)) as live:
        office = Office(live, live.org.seed(SCENARIO), AgentDesk(live.https, live.session()))
        for odd in ("\x00", "\u00e5", "none"):
            with pytest.raises(NotThere):
                office.desk.reroute(odd)
        runtime = live.org.org.room(ChatRuntime)
        for _ in range(3):
            visitor = office.talking()
            poll = Meanwhile(visitor.poll)
            while not runtime.look(lambda desk, state, now, key=visitor.id: state.chats[key].is_polling):  # type: ignore[misc]
                pass
            visitor.many(("ChatMessage", {"text": "one"}), ("ChatEnd", {"reason": "client"}), ("ChasitorTyping", {}))
            assert [told.type for told in poll.result()] == ["ChatEnded"]
            office.desk.close(visitor.id, office.ids["ann"])
