"""What supervisors see and do, and who may block addresses (R36, R37, R42)."""

from typing import Any

import pytest
import requests

from chatlift.emulator.chat import NotThere, RuleBroken

from .conftest import Office


def test_a_supervisor_sees_who_is_online_and_who_waits(office: Office) -> None:
    ann, bob, desk = office.ids["ann"], office.ids["bob"], office.desk
    office.live.org.clock.freeze()
    desk.login(ann)
    desk.login(bob, "Away")
    visitors = [office.asked() for _ in range(3)]
    office.live.org.clock.advance(seconds=20)
    desk.accept(desk.agent(ann).requests[0].request_id, ann)
    panel = desk.supervisor()
    assert [(one.name, one.status, one.capacity, one.chats, one.requests) for one in panel.agents] == [
        ("Ann A", "Online", 2, 1, 1),
        ("Bob B", "Away", 2, 0, 0),
    ]
    assert panel.agents[0].skills == (office.ids["sales"],)
    shop = next(queue for queue in panel.queues if queue.button_id == office.ids["shop"])
    assert (shop.name, shop.length, shop.longest_wait_seconds) == ("Shop", 2, 20)
    assert [one.chat_key for one in shop.waiting] == [visitor.id for visitor in visitors[1:]]
    assert [one.estimated_wait_seconds for one in shop.waiting] == [0, 0]
    office.live.org.clock.advance(seconds=5)
    (chat,) = desk.supervisor().chats
    assert (chat.chat_key, chat.visitor_name, chat.agent_ids, chat.duration_seconds) == (
        visitors[0].id,
        "Maya",
        (ann,),
        5,
    )


def test_a_supervisor_whispers_to_the_agent_alone(office: Office) -> None:
    visitor = office.talking()
    ann, sue, desk = office.ids["ann"], office.ids["sue"], office.desk
    visitor.say("too expensive")
    desk.whisper(visitor.id, sue, "offer <5%>")
    desk.say(visitor.id, ann, "what about 5 % off?")
    assert [told.message.get("text") for told in visitor.poll()] == ["what about 5 % off?"]
    assert [(line.role, line.name) for line in desk.agent(ann).chat(visitor.id).messages] == [
        ("Visitor", "Maya"),
        ("Supervisor", "Sue S"),
        ("Agent", "Ann A"),
    ]
    visitor.end()
    desk.close(visitor.id, ann)
    (row,) = office.rows("SELECT Body, SupervisorTranscriptBody FROM LiveChatTranscript")
    assert "offer" not in row["Body"]
    assert "offer &lt;5%&gt;" in row["SupervisorTranscriptBody"]


def test_flags_are_seen_and_lowered(office: Office) -> None:
    visitor = office.talking()
    ann, sue, desk = office.ids["ann"], office.ids["sue"], office.desk
    desk.raise_flag(visitor.id, ann, "help")
    (flag,) = desk.supervisor().flags
    assert (flag.chat_key, flag.agent_id, flag.message) == (visitor.id, ann, "help")
    with pytest.raises(RuleBroken, match="R36"):
        desk.raise_flag(visitor.id, ann)
    desk.lower_flag(visitor.id, sue)
    assert desk.supervisor().flags == ()
    with pytest.raises(RuleBroken, match="R36"):
        desk.lower_flag(visitor.id, sue)
    desk.raise_flag(visitor.id, ann)
    desk.lower_flag(visitor.id, ann)
    (row,) = office.rows("SELECT NumFlagRaised, NumFlagLoweredAgent, NumFlagLoweredSupervisor FROM LiveAgentSession")
    assert (row["NumFlagRaised"], row["NumFlagLoweredAgent"], row["NumFlagLoweredSupervisor"]) == (2, 1, 1)


def test_a_supervisor_sees_what_both_sides_are_typing(office: Office) -> None:
    visitor = office.talking()
    ann, desk = office.ids["ann"], office.desk
    visitor.typing("I wan")
    desk.typing(visitor.id, ann, text="Of cou")
    (chat,) = desk.supervisor().chats
    assert (chat.sneak_peek, [(one.agent_id, one.text) for one in chat.agent_typing]) == ("I wan", [(ann, "Of cou")])
    desk.say(visitor.id, ann, "Of course")
    assert desk.supervisor().chats[0].agent_typing == ()
    desk.typing(visitor.id, ann, text="mo")
    desk.typing(visitor.id, ann, is_typing=False)
    assert desk.supervisor().chats[0].agent_typing == ()
    desk.typing(visitor.id, ann, text="more")
    assert desk.supervisor(office.ids["sue"]).chats[0].agent_typing[0].text == "more"
    change(office, "LiveChatUserConfig", office.ids["desk_config2"], {"OptionsHasAgentSneakPeek": False})
    (chat,) = desk.supervisor(office.ids["sue"]).chats
    assert (chat.sneak_peek, chat.agent_typing) == ("I wan", ())


def test_what_a_supervisor_sees_is_decided_by_his_own_configuration(office: Office) -> None:
    visitor = office.talking()
    ann, sue, desk = office.ids["ann"], office.ids["sue"], office.desk
    desk.raise_flag(visitor.id, ann, "help")
    change(office, "LiveChatUserConfig", office.ids["desk_config0"], {"OptionsHasChatMonitoring": False})
    assert [chat.chat_key for chat in desk.supervisor(sue).chats] == [visitor.id]
    change(office, "LiveChatUserConfig", office.ids["desk_config2"], {"OptionsHasChatMonitoring": False})
    panel = desk.supervisor(sue)
    assert (panel.chats, [one.agent_id for one in panel.agents], len(panel.flags)) == ((), [ann], 1)
    assert [chat.chat_key for chat in desk.supervisor().chats] == [visitor.id]
    with pytest.raises(NotThere):
        desk.supervisor("005000000000000AAA")


def test_who_has_no_configuration_neither_monitors_nor_whispers(office: Office) -> None:
    visitor = office.talking()
    stranger = {"object": "User", "ref": "new", "fields": {"Username": "new@x.test", "LastName": "New"}}
    new = office.live.org.seed({"records": [stranger]})["new"]
    assert office.desk.supervisor(new).chats == ()
    with pytest.raises(RuleBroken, match="R37"):
        office.desk.whisper(visitor.id, new, "psst")


def api(office: Office, username: str | None = None) -> requests.Session:
    session = office.live.session()
    session.headers["Authorization"] = f"Bearer {office.live.org.token(username)}"
    return session


def change(office: Office, sobject: str, id_: str, values: dict[str, Any]) -> None:
    url = f"{office.live.https}/services/data/v60.0/sobjects/{sobject}/{id_}"
    assert api(office).patch(url, json=values, timeout=10).status_code == 204


def test_only_an_administrator_blocks_and_unblocks_ranges(office: Office) -> None:
    office.live.org.seed(
        {
            "permissions": [
                {
                    "profile": "Chat Agent",
                    "users": ["ann@x.test"],
                    "objects": {"LiveChatTranscript": "CRE", "LiveChatVisitor": "CR"},
                }
            ]
        }
    )
    office.desk.login(office.ids["ann"])
    url = f"{office.live.https}/services/data/v60.0/sobjects/LiveChatBlockingRule"
    rule = {
        "DeveloperName": "Night", "MasterLabel": "Night", "Language": "en_US", "OwnerType": "Admin",
        "FromIpAddress": "203.0.113.0", "ToIpAddress": "203.0.113.255",
    }  # fmt: skip
    refused = api(office, "ann@x.test").post(url, json=rule, timeout=10)
    assert refused.status_code in (400, 403, 404), refused.text
    made = api(office).post(url, json=rule, timeout=10)
    assert made.status_code == 201, made.text
    assert office.asked("203.0.113.77").poll()[0].message["reason"] == "Blocked"
    assert api(office, "ann@x.test").delete(f"{url}/{made.json()['id']}", timeout=10).status_code in (400, 403, 404)
    assert api(office).delete(f"{url}/{made.json()['id']}", timeout=10).status_code == 204
    assert office.asked("203.0.113.77").poll()[0].type == "ChatRequestSuccess"


def test_a_chat_goes_on_when_its_address_is_blocked_meanwhile(office: Office) -> None:
    visitor = office.talking(address="203.0.113.5")
    fields = {
        "DeveloperName": "Late", "MasterLabel": "Late", "Language": "en_US", "OwnerType": "Admin", "FromIpAddress": "203.0.113.5",
    }  # fmt: skip
    office.live.org.seed({"records": [{"object": "LiveChatBlockingRule", "fields": fields}]})
    visitor.say("still here")
    assert office.desk.agent(office.ids["ann"]).chat(visitor.id).messages[-1].text == "still here"
