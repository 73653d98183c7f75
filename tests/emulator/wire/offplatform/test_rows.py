"""The rows that enhanced chat leaves in the org, as SOQL shows them while it runs and when it is over."""

from typing import Any

from chatlift.emulator.messaging import EndUser

from .conftest import Office

T0, T15, T37 = (f"2026-06-15T09:00:{second}.000+0000" for second in ("00", "15", "37"))


def session(office: Office, fields: str, conversation: str) -> dict[str, Any]:
    return office.row(
        f"SELECT {fields} FROM MessagingSession WHERE Conversation.ConversationIdentifier = '{conversation}'"
    )


def statuses(office: Office) -> list[tuple[str, str]]:
    """Whose work there was, and how it ended, in the order of its offers."""
    found = office.rows("SELECT UserId, Status FROM AgentWork ORDER BY Id")
    names = {office.kim: "kim", office.leo: "leo"}
    return [(names[one["UserId"]], one["Status"]) for one in found]


def test_a_session_waits_as_its_queues_and_is_its_reps_when_he_has_it(office: Office) -> None:
    maya = office.begun()
    fields = "Status, OwnerId, Owner.Type, Origin, AgentType, StartTime, AcceptTime, EndTime, EndedByType, ChannelType"
    waiting = session(office, fields, maya.conversation_id)
    assert waiting["Owner"]["Type"] == "Queue" and waiting["OwnerId"] == office.ids["web_queue"]
    assert (waiting["Status"], waiting["Origin"], waiting["StartTime"]) == ("Waiting", "InboundInitiated", T0)
    assert waiting["AcceptTime"] is waiting["EndTime"] is waiting["EndedByType"] is waiting["AgentType"] is None
    assert waiting["ChannelType"] == "EmbeddedMessaging"
    office.reps.login(office.kim)
    office.later(15)
    office.reps.accept_next(office.kim)
    taken = session(office, fields, maya.conversation_id)
    assert (taken["Status"], taken["OwnerId"], taken["AcceptTime"], taken["AgentType"]) == (
        "Active",
        office.kim,
        T15,
        "Agent",
    )


def test_a_session_that_is_over_says_when_and_who_ended_it(office: Office) -> None:
    maya, id_ = office.chatted()
    found = session(
        office, "Id, Status, EndTime, EndedByType, PreviewDetails, SessionKey, OwnerId", maya.conversation_id
    )
    assert found["Id"] == id_ and found["OwnerId"] == office.kim
    assert (found["Status"], found["EndTime"], found["EndedByType"]) == ("Ended", T37, "Agent")
    assert found["PreviewDetails"] == "Thanks" and len(found["SessionKey"]) == 36


def test_a_sessions_preview_is_what_was_said_last_while_it_runs(office: Office) -> None:
    maya, id_ = office.served()
    maya.say("first")
    assert session(office, "PreviewDetails", maya.conversation_id)["PreviewDetails"] == "first"
    office.reps.say(id_, office.kim, "x" * 300)
    assert session(office, "PreviewDetails", maya.conversation_id)["PreviewDetails"] == "x" * 255


def test_each_status_has_its_row(office: Office) -> None:
    maya, id_ = office.served()

    def status() -> Any:
        return session(office, "Status", maya.conversation_id)["Status"]

    office.reps.mark_inactive(id_, office.kim)
    assert status() == "Inactive"
    maya.say("back again")
    assert status() == "Waiting"
    office.reps.accept_next(office.kim)
    office.reps.pause(id_, office.kim)
    assert status() == "Paused"
    office.reps.resume(id_, office.kim)
    assert status() == "Active"
    office.reps.fail(id_)
    found = session(office, "Status, EndedByType", maya.conversation_id)
    assert (found["Status"], found["EndedByType"]) == ("Error", "System")


def test_a_rep_begins_a_session_that_is_new_until_it_is_answered(office: Office) -> None:
    maya, _ = office.chatted()
    office.reps.start(office.kim, "One more thing", conversation=maya.conversation_id)
    of = f"WHERE Conversation.ConversationIdentifier = '{maya.conversation_id}' ORDER BY Id DESC LIMIT 1"
    found = office.row(f"SELECT Status, Origin, OwnerId, AgentType FROM MessagingSession {of}")
    assert found == {"Status": "New", "Origin": "AgentInitiated", "OwnerId": office.kim, "AgentType": "Agent"}
    assert statuses(office) == [("kim", "Closed"), ("kim", "Opened")]


def test_the_conversation_ends_with_its_session_only_where_the_channel_says_so(office: Office) -> None:
    plain, _ = office.chatted("Web_Chat")
    bound, _ = office.chatted("Session_Chat")

    def ends(end_user: EndUser) -> tuple[Any, Any]:
        of = f"WHERE ConversationIdentifier = '{end_user.conversation_id}'"
        row = office.row(f"SELECT EndTime, ConversationChannelId FROM Conversation {of}")
        return row["EndTime"], row["ConversationChannelId"]

    assert ends(plain) == (None, office.ids["web"])
    assert ends(bound) == (session(office, "EndTime", bound.conversation_id)["EndTime"], office.ids["session"])


def test_whoever_takes_part_has_a_row_for_each_time_he_comes(office: Office) -> None:
    maya, id_ = office.served()
    office.reps.login(office.leo)
    office.later(15)
    office.reps.transfer(id_, office.kim, to_rep=office.leo)
    office.reps.accept_next(office.leo)
    office.reps.transfer(id_, office.leo, to_rep=office.kim)
    office.reps.accept_next(office.kim)
    fields = "ParticipantRole, ParticipantEntityId, ParticipantKey, AppType, JoinedTime, LeftTime, ConversationId"
    rows = office.rows(f"SELECT {fields} FROM ConversationParticipant ORDER BY Name")
    assert [(one["ParticipantRole"], one["JoinedTime"], one["LeftTime"]) for one in rows] == [
        ("EndUser", T0, None), ("Agent", T0, T15), ("Agent", T15, T15), ("Agent", T15, None),
    ]  # fmt: skip
    assert [one["ParticipantEntityId"] for one in rows[1:]] == [office.kim, office.leo, office.kim]
    end_user = office.row("SELECT Id, MessagingPlatformKey FROM MessagingEndUser")
    assert (rows[0]["ParticipantEntityId"], rows[0]["ParticipantKey"]) == (end_user["Id"], maya.subject)


def test_a_session_is_measured_when_it_ends(office: Office) -> None:
    _, id_ = office.chatted()
    found = office.rows(
        "SELECT MessagingSessionId, MessagingSessionMetricType, MessagingSessionMetricValue FROM MessagingSessionMetrics"
    )
    assert {one["MessagingSessionId"] for one in found} == {id_}
    assert {one["MessagingSessionMetricType"]: one["MessagingSessionMetricValue"] for one in found} == {
        "AgentMessageCount": 1, "EndUserMessageCount": 2, "AverageAgentResponseTime": 10,
        "AverageEndUserResponseTime": 20, "MaxAgentResponseTime": 10, "MaxEndUserResponseTime": 20,
    }  # fmt: skip


def test_a_session_nobody_answered_has_its_measures_too(office: Office) -> None:
    maya = office.begun()
    maya.end_session()
    rows = office.rows("SELECT MessagingSessionMetricType, MessagingSessionMetricValue FROM MessagingSessionMetrics")
    assert len(rows) == 6 and {one["MessagingSessionMetricValue"] for one in rows} == {0}
    assert session(office, "EndedByType", maya.conversation_id)["EndedByType"] == "EndUser"


def test_what_is_routed_is_there_until_it_is_accepted(office: Office) -> None:
    maya = office.begun()
    fields = "WorkItemId, GroupId, QueueId, IsPushed, IsPushAttempted, IsTransfer, IsReadyForRouting, RoutingType, PushTimeout, Serial"
    (waiting,) = office.rows(f"SELECT {fields} FROM PendingServiceRouting")
    queue = office.ids["web_queue"]
    assert waiting == {
        "WorkItemId": session(office, "Id", maya.conversation_id)["Id"], "GroupId": queue, "QueueId": queue,
        "IsPushed": False, "IsPushAttempted": False, "IsTransfer": False, "IsReadyForRouting": True,
        "RoutingType": "QueueBased", "PushTimeout": 30, "Serial": 1,
    }  # fmt: skip
    office.reps.login(office.kim)
    (pushed,) = office.rows(f"SELECT {fields} FROM PendingServiceRouting")
    assert (pushed["IsPushed"], pushed["IsPushAttempted"], pushed["Serial"]) == (True, True, 2)
    offered = office.row("SELECT Status, PendingServiceRoutingId, RequestDateTime, AcceptDateTime FROM AgentWork")
    assert offered["Status"] == "Assigned" and offered["PendingServiceRoutingId"] and offered["AcceptDateTime"] is None
    office.reps.accept_next(office.kim)
    assert office.rows("SELECT Id FROM PendingServiceRouting WHERE IsDeleted = false") == []


def test_a_transfer_is_routed_anew_for_whom_it_is_meant(office: Office) -> None:
    _, id_ = office.served()
    office.reps.login(office.leo)
    office.reps.transfer(id_, office.kim, to_rep=office.leo)
    fields = "IsTransfer, TransferRequesterId, PreferredUserId, IsPreferredUserRequired, QueueId"
    assert office.row(f"SELECT {fields} FROM PendingServiceRouting WHERE IsDeleted = false") == {
        "IsTransfer": True, "TransferRequesterId": office.kim, "PreferredUserId": office.leo,
        "IsPreferredUserRequired": True, "QueueId": None,
    }  # fmt: skip
    assert statuses(office) == [("kim", "Transferred"), ("leo", "Assigned")]


def test_work_says_when_it_was_offered_taken_and_closed(office: Office) -> None:
    office.begun()
    office.later(5)
    office.reps.login(office.kim)
    office.later(10)
    id_ = office.reps.accept_next(office.kim)
    office.later(20)
    office.reps.end(id_, office.kim)
    office.later(2)
    office.reps.close(id_, office.kim)
    fields = "Status, RequestDateTime, AssignedDateTime, AcceptDateTime, CloseDateTime, SpeedToAnswer, HandleTime, CapacityWeight"
    assert office.row(f"SELECT {fields} FROM AgentWork") == {
        "Status": "Closed", "RequestDateTime": T0, "AssignedDateTime": "2026-06-15T09:00:05.000+0000",
        "AcceptDateTime": T15, "CloseDateTime": T37, "SpeedToAnswer": 15, "HandleTime": 22, "CapacityWeight": 1.0,
    }  # fmt: skip


def test_work_that_is_not_taken_says_why(office: Office) -> None:
    office.reps.login(office.kim)
    office.reps.login(office.leo)
    maya = office.begun()
    (first,) = office.reps.rep(office.kim).work
    office.reps.decline(first.agent_work_id, office.kim, "Lunch")
    office.later(31)
    of = "FROM AgentWork ORDER BY Id LIMIT"
    assert statuses(office)[:2] == [("kim", "Declined"), ("leo", "DeclinedOnPushTimeout")]
    declined = office.row(f"SELECT DeclineReason, DeclineDateTime {of} 1")
    assert declined == {"DeclineReason": "Lunch", "DeclineDateTime": T0}
    assert office.rows(f"SELECT PushTimeoutDateTime {of} 2")[1]["PushTimeoutDateTime"] == "2026-06-15T09:00:30.000+0000"
    office.reps.set_status(office.kim, "Busy")
    office.reps.set_status(office.kim, "Online")
    maya.end_session()
    assert statuses(office)[2] == ("kim", "Canceled")


def test_a_rep_who_goes_leaves_what_he_was_offered(office: Office) -> None:
    office.reps.login(office.kim)
    office.begun()
    office.reps.logout(office.kim)
    assert statuses(office) == [("kim", "Unavailable")]


def test_skills_route_instead_of_a_queue(office: Office) -> None:
    office.reps.login(office.leo)
    office.begun("Skill_Chat")
    assert office.row("SELECT RoutingType, QueueId FROM PendingServiceRouting") == {
        "RoutingType": "SkillsBased",
        "QueueId": None,
    }
    assert office.row("SELECT RoutingType, OriginalQueueId FROM AgentWork") == {
        "RoutingType": "SkillsBased",
        "OriginalQueueId": None,
    }


def test_a_presence_has_its_durations_when_it_is_over(office: Office) -> None:
    office.reps.login(office.leo)
    office.later(10)
    for _ in range(2):
        office.begun("Skill_Chat")
    ids = [office.reps.accept_next(office.leo) for _ in range(2)]
    office.later(20)
    office.reps.end(ids[0], office.leo)
    office.reps.close(ids[0], office.leo)
    office.later(30)
    office.reps.set_status(office.leo, "Busy")
    fields = (
        "ServicePresenceStatus.MasterLabel, IsCurrentState, IsAway, StatusStartDate, StatusEndDate, StatusDuration, IdleDuration,"
        " AtCapacityDuration, AverageCapacity, ConfiguredCapacity, Name"
    )
    over, now = office.rows(f"SELECT {fields} FROM UserServicePresence ORDER BY Id")
    assert {name: over[name] for name in ("StatusDuration", "IdleDuration", "AtCapacityDuration", "ConfiguredCapacity")} == {
        "StatusDuration": 60, "IdleDuration": 10, "AtCapacityDuration": 20, "ConfiguredCapacity": 2,
    }  # fmt: skip
    assert abs(over["AverageCapacity"] - 70 / 60) < 0.001
    assert (over["IsCurrentState"], over["IsAway"], over["StatusStartDate"]) == (False, False, T0)
    assert (now["IsCurrentState"], now["IsAway"], now["StatusEndDate"]) == (True, True, None)
    assert over["Name"] and now["Name"] and over["Name"] != now["Name"]
    assert now["ServicePresenceStatus"]["MasterLabel"] == "Busy"


def test_messaging_sessions_have_a_service_channel_made_when_it_is_missing(office: Office) -> None:
    (made,) = office.rows("SELECT Id, DeveloperName FROM ServiceChannel WHERE RelatedEntity = 'MessagingSession'")
    assert made["DeveloperName"] == "sfdc_livemessage"
    assert office.call("DELETE", f"/services/data/v62.0/sobjects/ServiceChannel/{made['Id']}").status_code == 204
    office.begun()
    again = office.row("SELECT ServiceChannelId, ServiceChannel.DeveloperName FROM PendingServiceRouting")
    assert again["ServiceChannel"]["DeveloperName"] == "sfdc_livemessage" and again["ServiceChannelId"] != made["Id"]


def test_an_end_user_who_opts_out_is_marked_so(office: Office) -> None:
    maya = office.begun("Stop_Chat")
    fields = "SELECT MessagingConsentStatus, IsFullyOptedIn FROM MessagingEndUser"
    assert office.row(fields) == {"MessagingConsentStatus": "ImplicitlyOptedIn", "IsFullyOptedIn": True}
    maya.say("STOP")
    assert office.row(fields) == {"MessagingConsentStatus": "OptedOut", "IsFullyOptedIn": False}


def test_a_chat_goes_on_whose_end_user_somebody_has_deleted(office: Office) -> None:
    maya, id_ = office.served()
    end_user = office.row("SELECT Id FROM MessagingEndUser")["Id"]
    assert office.call("DELETE", f"/services/data/v62.0/sobjects/MessagingEndUser/{end_user}").status_code == 204
    maya.say("Still here?")
    office.reps.say(id_, office.kim, "Yes")
    office.reps.end(id_, office.kim)
    office.reps.close(id_, office.kim)
    maya.say("And again")
    assert office.rows("SELECT IsDeleted FROM MessagingSession") == [{"IsDeleted": True}]
    assert office.rows("SELECT Id FROM MessagingSessionMetrics") == []


# --- ConversationEntry ------------------------------------------------------------------------------------------------


def test_entries_have_rows_without_words_once_the_session_is_over_and_its_tab_closed(office: Office) -> None:
    maya, id_ = office.served()
    maya.say("My number is 4111")
    office.reps.end(id_, office.kim)
    assert office.rows("SELECT Id FROM ConversationEntry") == []
    office.reps.close(id_, office.kim)
    fields = "EntryType, ActorType, ActorName, Message, MessageStatus, HasAttachments, EntryTimeMilliSecs"
    assert office.rows(f"SELECT {fields} FROM ConversationEntry") == [
        {
            "EntryType": "Text", "ActorType": "EndUser", "ActorName": "Maya Moss", "Message": None, "MessageStatus": "Sent",
            "HasAttachments": False,
            "EntryTimeMilliSecs": 0,
        }
    ]  # fmt: skip


def test_entries_on_platform_have_their_words(office: Office) -> None:
    office.chatted("Kept_Chat")
    rows = office.rows("SELECT Seq, ActorType, Message FROM ConversationEntry ORDER BY Seq")
    assert [(one["Seq"], one["ActorType"], one["Message"]) for one in rows] == [
        (1, "EndUser", "Hello"), (2, "Agent", "It's <b>Kim</b>"), (3, "EndUser", "Thanks"),
    ]  # fmt: skip


def test_a_bots_coming_and_handing_over_are_entries(office: Office) -> None:
    maya = office.begun("Bot_Chat")
    assert session(office, "AgentType", maya.conversation_id)["AgentType"] == "Bot"
    maya.say("a person please")
    office.reps.login(office.kim)
    id_ = office.reps.accept_next(office.kim)
    assert session(office, "AgentType", maya.conversation_id)["AgentType"] == "BotToAgent"
    office.reps.end(id_, office.kim)
    office.reps.close(id_, office.kim)
    rows = office.rows("SELECT EntryType, ActorType FROM ConversationEntry ORDER BY Seq")
    assert [(one["EntryType"], one["ActorType"]) for one in rows] == [
        ("ChatbotEstablished", "System"), ("Text", "Bot"), ("Text", "EndUser"), ("BotEscalated", "System"),
    ]  # fmt: skip


def test_a_chat_that_the_bot_ends_says_so(office: Office) -> None:
    maya = office.begun("Bot_Chat")
    maya.say("bye")
    assert session(office, "EndedByType", maya.conversation_id)["EndedByType"] == "Bot"
    kinds = [one["EntryType"] for one in office.rows("SELECT EntryType FROM ConversationEntry ORDER BY Seq")]
    assert kinds == ["ChatbotEstablished", "Text", "Text", "ChatbotEndedChatByAction"]
