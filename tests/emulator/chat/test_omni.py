"""Chats that Omni-Channel routes, in an org: their transcript from the request on, and the work of each agent (R5, R49, R57)."""

from collections.abc import Callable

import pytest

from chatlift.emulator.chat import events
from chatlift.emulator.chat.state import Presence

from .conftest import ChatOrg

OMNI = {
    "records": [
        {"object": "Group", "ref": "queue", "fields": {"Name": "Web", "Type": "Queue"}},
        {"object": "GroupMember", "fields": {"GroupId": "@queue", "UserOrGroupId": "{u_ada}"}},
        {"object": "GroupMember", "fields": {"GroupId": "@queue", "UserOrGroupId": "{u_ben}"}},
    ],
    "chat": {
        "buttons": [
            {"ref": "omni", "name": "Omni", "routing": "Omni", "QueueId": "@queue", "queue": True, "PushTimeout": 30},
            {"ref": "both", "name": "Both", "routing": "OmniSkills", "skills": ["{sales}", "{technics}"]},
        ]
    },
}


@pytest.fixture
def omni(opened: Callable[..., ChatOrg]) -> ChatOrg:
    org = opened(OMNI)
    org.log_in("ada", "ben")
    return org


def works(org: ChatOrg) -> list[tuple[str, str]]:
    names = {org.id(name): name for name in ("ada", "ben", "cleo")}
    rows = org.rows("SELECT UserId, Status FROM AgentWork ORDER BY Id")
    return [(names[row["UserId"]], row["Status"]) for row in rows]


def test_r5_r57_a_chat_of_omni_channel_has_its_transcript_from_the_request_on(omni: ChatOrg) -> None:
    omni.ask(button="omni")
    assert omni.transcript("Status, StartTime, EndTime") == {"Status": "Waiting", "StartTime": None, "EndTime": None}
    assert works(omni) == [("ada", "Assigned")]
    omni.later(10)
    omni.accept("ada")
    omni.do(events.VisitorSeen("c", is_polling=True))
    assert omni.transcript("Status, OwnerId") == {"Status": "InProgress", "OwnerId": omni.id("ada")}
    omni.later(60)
    omni.do(events.VisitorEnds("c"))
    assert omni.transcript("Status, EndedBy, ChatDuration") == {
        "Status": "Completed",
        "EndedBy": "Visitor",
        "ChatDuration": 60,
    }
    assert works(omni) == [("ada", "Opened")]
    omni.later(30)
    [found] = omni.rows("SELECT Id FROM LiveChatTranscript")
    assert omni.console.close("c", omni.id("ada")) == {"transcriptId": found["Id"]}
    assert omni.steps() == ["ChatRequest", "PushAssignment", "Accept", "EndVisitor"]
    fields = (
        "Status, WorkItemId, OriginalQueueId, RoutingType, PushTimeout, SpeedToAnswer, HandleTime, RequestDateTime,"
        " AssignedDateTime, AcceptDateTime, CloseDateTime, ServiceChannel.DeveloperName"
    )
    [work] = omni.rows(f"SELECT {fields} FROM AgentWork")
    assert work.pop("ServiceChannel")["DeveloperName"] == "sfdc_liveagent"
    assert work == {
        "Status": "Closed",
        "WorkItemId": found["Id"],
        "OriginalQueueId": omni.id("queue"),
        "RoutingType": "QueueBased",
        "PushTimeout": 30,
        "SpeedToAnswer": 10,
        "HandleTime": 90,
        "RequestDateTime": "2026-06-15T09:00:00.000+0000",
        "AssignedDateTime": "2026-06-15T09:00:00.000+0000",
        "AcceptDateTime": "2026-06-15T09:00:10.000+0000",
        "CloseDateTime": "2026-06-15T09:01:40.000+0000",
    }
    [session] = omni.rows(
        f"SELECT ChatReqAssigned, ChatReqEngaged FROM LiveAgentSession WHERE AgentId = '{omni.id('ada')}'"
    )
    assert session == {"ChatReqAssigned": 0, "ChatReqEngaged": 0}


def test_r57_a_missed_one_was_waiting_before(omni: ChatOrg) -> None:
    omni.ask(button="omni")
    omni.later(30)
    omni.later(30)
    assert omni.transcript("Status, EndedBy") == {"Status": "Missed", "EndedBy": "System"}
    assert works(omni) == [("ada", "DeclinedOnPushTimeout"), ("ben", "DeclinedOnPushTimeout")]
    assert omni.steps()[-1] == "CancelNoAgent"
    [work, _] = omni.rows("SELECT PushTimeoutDateTime FROM AgentWork ORDER BY Id")
    assert work["PushTimeoutDateTime"] == "2026-06-15T09:00:30.000+0000"


@pytest.mark.parametrize("end", ["decline", "away", "cancel"])
def test_r57_the_ways_in_which_work_is_not_taken(omni: ChatOrg, end: str) -> None:
    omni.ask(button="omni")
    ada = omni.id("ada")
    if end == "decline":
        omni.console.decline(omni.console.agent(ada)["requests"][0]["requestId"], ada)
    elif end == "away":
        omni.console.set_status(ada, str(Presence.AWAY))
    else:
        omni.do(events.VisitorEnds("c"))
    expected = {"decline": "Declined", "away": "Unavailable", "cancel": "Canceled"}
    assert works(omni)[0] == ("ada", expected[end])
    assert len(omni.rows("SELECT Id FROM LiveChatTranscript")) == 1


def test_r49_r57_transfers_and_conferences_make_work_of_their_own(omni: ChatOrg) -> None:
    ada, ben = omni.id("ada"), omni.id("ben")
    omni.ask(button="omni")
    omni.accept("ada")
    omni.do(events.VisitorSeen("c", is_polling=True))
    omni.console.transfer("c", ada, {"agentId": ben}, "")
    assert works(omni) == [("ada", "Opened"), ("ben", "Assigned")]
    omni.accept("ben")
    assert works(omni) == [("ada", "Transferred"), ("ben", "Opened")]
    omni.console.invite("c", ben, {"agentId": ada}, "")
    omni.accept("ada")
    omni.console.leave("c", ben)
    assert works(omni) == [("ada", "Transferred"), ("ben", "Closed"), ("ada", "Opened")]
    omni.over("ada")
    assert works(omni)[-1] == ("ada", "Closed")
    assert omni.steps()[-1] == "EndAgent"
    assert len(omni.rows("SELECT Id FROM LiveChatTranscript")) == 1


def test_r5_r57_skills_based_work_names_its_skills(omni: ChatOrg) -> None:
    omni.ask(button="both")
    assert works(omni) == [("ben", "Assigned")]
    assert omni.rows("SELECT RoutingType FROM AgentWork") == [{"RoutingType": "SkillsBased"}]
    assert len(omni.rows("SELECT Id FROM LiveChatTranscriptSkill")) == 2


def test_r2_r57_the_work_of_an_agent_whose_connection_breaks_is_closed_and_another_one_goes_on(omni: ChatOrg) -> None:
    omni.ask(button="omni")
    omni.accept("ada")
    omni.do(events.VisitorSeen("c", is_polling=True))
    omni.console.disconnect(omni.id("ada"))
    assert works(omni) == [("ada", "Closed"), ("ben", "Assigned")]
    omni.accept("ben")
    omni.over("ben")
    assert works(omni) == [("ada", "Closed"), ("ben", "Closed")]
    assert omni.transcript("Status, OwnerId") == {"Status": "Completed", "OwnerId": omni.id("ben")}
    assert omni.steps()[-4:] == ["Unassigned", "PushAssignment", "Accept", "EndAgent"]
