"""One transcript: the mapping to sessions, participants and entries."""

from typing import Any

import pytest

from chatlift.migrate import Person, Plan, RecordError, migrate_transcript
from chatlift.migrate.transform.inverse import transcript_values
from chatlift.migrate.transform.reading import typed
from chatlift.schemas.catalog import shipped

PEOPLE = [Person("005000000000001AAA", "Dana", "Kern", "Dana Kern")]


def test_completed_chat_is_a_complete_session(export: Any) -> None:
    made = migrate_transcript(export.transcript(1), export.usual_events(1), people=PEOPLE)
    session = made.session
    assert session["Status"] == "Ended"
    assert session["Legacy_Status__c"] == "Completed"
    assert session["EndedByType"] == "Agent"
    assert session["StartTime"] == "2026-03-02T08:05:00.000Z"
    assert session["AcceptTime"] == "2026-03-02T08:05:07.000Z"
    assert session["EndTime"] == "2026-03-02T09:06:00.000Z"
    assert session["SessionKey"] == "f0a1b2c3-0000-4000-8000-000000000001"
    assert session["Origin"] == "InboundInitiated"
    assert session["AgentType"] == "Agent"
    assert session["Legacy_Transcript_Id__c"] == "570000000000001AAA"
    assert session["Legacy_Ip_Address__c"] == "192.0.2.7"
    assert session["EndUserLanguage"] == "en_US"
    assert session["Rating__c"] == "5"


def test_conversation_ends_with_its_session(export: Any) -> None:
    made = migrate_transcript(export.transcript(1))
    assert made.conversation["StartTime"] == made.session["StartTime"]
    assert made.conversation["EndTime"] == made.session["EndTime"]
    assert made.session["ConversationId"] == made.conversation["Id"]
    assert len(made.conversation["ConversationIdentifier"]) == 36


def test_lines_are_entries_with_author_role_and_time(export: Any) -> None:
    made = migrate_transcript(export.transcript(1), export.usual_events(1), people=PEOPLE)
    told = [(e["Seq"], e["ActorType"], e["ActorName"], e["EntryTime"], e["Message"]) for e in made.entries]
    assert told == [
        (1, "Agent", "Dana K", "2026-03-02T08:05:11.000Z", "Hello, how can I help?"),
        (2, "EndUser", "Visitor", "2026-03-02T08:06:17.000Z", 'It\'s my "order"\nline two'),
        (3, "Agent", "Dana K", "2026-03-02T09:05:10.000Z", "Bye"),
    ]
    assert {e["EntryType"] for e in made.entries} == {"Text"}
    assert {e["EntryTimeMilliSecs"] for e in made.entries} == {0}
    assert len({e["MessageIdentifier"] for e in made.entries}) == 3
    assert all(e["ConversationId"] == made.conversation["Id"] for e in made.entries)


def test_same_record_and_plan_give_the_same_structures(export: Any) -> None:
    first = migrate_transcript(export.transcript(1), export.usual_events(1), people=PEOPLE)
    second = migrate_transcript(export.transcript(1), export.usual_events(1), people=PEOPLE)
    assert first == second


def test_record_of_rest_gives_the_same_structures_as_cells_of_a_file(export: Any) -> None:
    cells = export.transcript(1)
    record = {name: value or None for name, value in cells.items()} | {"IsDeleted": False, "IsChatbotSession": False}
    for name in (
        "WaitTime",
        "ChatDuration",
        "AverageResponseTimeVisitor",
        "OperatorMessageCount",
        "VisitorMessageCount",
    ):
        record[name] = int(cells[name])
    for name in ("RequestTime", "StartTime", "EndTime", "CreatedDate", "LastModifiedDate", "SystemModstamp"):
        record[name] = cells[name].replace(" ", "T") + ".000+0000"
    assert migrate_transcript(record) == migrate_transcript(cells)


@pytest.mark.parametrize(
    ("status", "ended_by", "expected"),
    [
        ("Completed", "Visitor", ("Ended", "EndUser")),
        ("Completed", "System", ("Ended", "System")),
        ("Missed", "System", ("Ended", "System")),
        ("Dropped", "Visitor", ("Ended", "System")),
        ("Blocked", "Agent", ("Ended", "System")),
    ],
)
def test_statuses_and_who_ended(export: Any, status: str, ended_by: str, expected: tuple[str, str]) -> None:
    session = migrate_transcript(export.transcript(1, Status=status, EndedBy=ended_by)).session
    assert (session["Status"], session["EndedByType"]) == expected


def test_missed_chat_was_never_accepted(export: Any) -> None:
    made = migrate_transcript(export.transcript(1, Status="Missed", StartTime="", Body="", EndedBy="Visitor"))
    assert made.session["AcceptTime"] is None
    assert made.entries == ()


def test_dropped_chat_can_be_an_error_by_plan(export: Any) -> None:
    made = migrate_transcript(export.transcript(1, Status="Dropped"), plan=Plan(dropped_status="Error"))
    assert made.session["Status"] == "Error"


def test_who_ended_comes_from_events_when_the_field_is_empty(export: Any) -> None:
    row = export.transcript(1, EndedBy="")
    assert migrate_transcript(row, [export.event(1, 1, "EndVisitor", 9)]).session["EndedByType"] == "EndUser"
    assert migrate_transcript(row).session["EndedByType"] == "System"


@pytest.mark.parametrize(
    ("values", "kinds", "end", "basis"),
    [
        ({}, ["ChatRequest"], "2026-03-02T08:05:00.000Z", "last event"),
        ({}, [], "2026-03-02T09:06:00.000Z", "StartTime + ChatDuration"),
        ({"ChatDuration": ""}, [], "2026-03-02T09:05:10.000Z", "last entry"),
        ({"ChatDuration": "", "Body": ""}, [], "2026-03-02T08:05:00.000Z", "start"),
    ],
)
def test_end_time_falls_back(export: Any, values: dict[str, str], kinds: list[str], end: str, basis: str) -> None:
    events = [export.event(number, 1, kind) for number, kind in enumerate(kinds)]
    session = migrate_transcript(export.transcript(1, EndTime="", **values), events).session
    assert (session["EndTime"], session["Legacy_End_Time_Basis__c"]) == (end, basis)


def test_bot_hand_over(export: Any) -> None:
    tables = export.tables()
    events = [row for row in tables["LiveChatTranscriptEvent"] if row["LiveChatTranscriptId"] == "570000000000002AAA"]
    made = migrate_transcript(tables["LiveChatTranscript"][1], events)
    assert made.session["AgentType"] == "BotToAgent"
    told = [(e["EntryType"], e["ActorType"], e["ActorName"], e["EntryTime"][11:19]) for e in made.entries]
    assert told == [
        ("ChatbotEstablished", "System", None, "10:00:01"),
        ("Text", "Bot", "Helper Bot", "10:00:02"),
        ("Text", "EndUser", "Visitor", "10:00:09"),
        ("BotEscalated", "System", None, "10:00:09"),
        ("Text", "Agent", "Dana K", "10:00:42"),
    ]
    assert [e["Seq"] for e in made.entries] == [1, 2, 3, 4, 5]
    people = [(p["ParticipantRole"], p["ParticipantDisplayName"], p["JoinedTime"][11:19]) for p in made.participants]
    assert people == [
        ("EndUser", "Visitor 00000002", "08:05:00"),
        ("Agent", "Dana K", "10:00:30"),
        ("Bot", "Helper Bot", "10:00:01"),
    ]
    assert made.participants[0]["LeftTime"] == "2026-03-02T10:02:00.000Z"


def test_notice_of_a_hand_over_that_failed_tells_of_a_bot(export: Any) -> None:
    body = (
        '<p align="center">Chat Started: Monday, March 02, 2026, 10:00:00 (+0000)</p>( 2s ) Helper Bot: Hi<br>( 5s ) Visitor: agent<br>'
        '<p align="center">Agent Chatbot failed to transfer the chat to button ButtonId 573000000000001</p>'
    )
    made = migrate_transcript(export.transcript(1, Body=body))
    assert made.session["AgentType"] == "Bot"
    told = [(e["EntryType"], e["ActorType"]) for e in made.entries]
    assert told == [("Text", "Bot"), ("Text", "EndUser"), ("Text", "System")]


def test_bot_that_never_wrote_is_a_participant_all_the_same(export: Any) -> None:
    made = migrate_transcript(export.transcript(1), [export.event(1, 1, "ChatbotEstablished", 1)])
    assert [p["ParticipantRole"] for p in made.participants] == ["EndUser", "Agent", "Bot"]


def test_chat_that_a_bot_ended_alone(export: Any) -> None:
    body = '<p align="center">Chat Started: Monday, March 02, 2026, 10:00:00 (+0000)</p>( 2s ) Helper Bot: Hi<br>( 5s ) Visitor: no<br>'
    events = [export.event(1, 1, "ChatbotEstablished", 1), export.event(2, 1, "ChatbotEndChat", 9)]
    session = migrate_transcript(export.transcript(1, Body=body, IsChatbotSession="1"), events).session
    assert (session["AgentType"], session["EndedByType"]) == ("Bot", "Bot")


def test_metrics_of_counts_and_times(export: Any) -> None:
    made = migrate_transcript(export.transcript(1, MaxResponseTimeOperator="0"))
    told = {m["MessagingSessionMetricType"]: m["MessagingSessionMetricValue"] for m in made.metrics}
    assert told == {
        "AgentMessageCount": 2,
        "EndUserMessageCount": 1,
        "AverageEndUserResponseTime": 66,
        "MaxAgentResponseTime": 0,
    }


def test_events_go_off_platform_and_shape_participants(export: Any) -> None:
    events = [*export.usual_events(1), export.event(9, 1, "FlagRaised", 5), export.event(8, 1, "SensitiveDataAgent", 6)]
    made = migrate_transcript(export.transcript(1), events, people=PEOPLE)
    of_events = [row for row in made.off_platform if row["Source"] == "LiveChatTranscriptEvent"]
    assert [row["EntryType"] for row in of_events] == [
        "ROUTING_RESULT",
        "ROUTING_WORK_RESULT",
        "PARTICIPANT_CHANGED",
        "SESSION_STATUS_CHANGED",
        "FLAG_RAISE",
        "NOTE",
    ]
    agent = next(p for p in made.participants if p["ParticipantRole"] == "Agent")
    assert agent["ParticipantEntityId"] == export.DANA
    assert agent["ParticipantDisplayName"] == "Dana K"
    assert (agent["JoinedTime"], agent["LeftTime"]) == ("2026-03-02T08:05:02.000Z", "2026-03-02T08:05:03.000Z")
    assert made.entries[0]["ActorId"] == agent["Id"]


def test_whispers_never_stand_among_the_conversation_entries(export: Any) -> None:
    made = migrate_transcript(export.transcript(1, SupervisorTranscriptBody=export.HEAD + "( 8s ) Sue: refund him<br>"))
    assert all("refund" not in (e["Message"] or "") for e in made.entries)
    notes = [row for row in made.off_platform if row["Source"] == "SupervisorTranscriptBody"]
    assert {row["EntryType"] for row in notes} == {"NOTE"}
    assert {row["Payload"]["visibility"] for row in notes} == {"Internal"}
    assert [p["ParticipantDisplayName"] for p in made.participants if p["ParticipantRole"] == "Supervisor"] == ["Sue"]


def test_pre_chat_details_are_session_context_and_name_the_end_user(export: Any) -> None:
    tables = export.tables()
    made = migrate_transcript(tables["LiveChatTranscript"][2], context=tables["ConversationContextEntry"])
    context = [row["Payload"] for row in made.off_platform if row["EntryType"] == "SESSION_CONTEXT"]
    assert context[2] == {"key": "Topic", "value": "a, b\nc"}
    assert made.end_user["Name"] == "Eve Olin"


def test_end_user_of_a_visitor(export: Any) -> None:
    visitor = {"Id": "571000000000001AAA", "Name": "00042", "SessionKey": "key-of-the-device"}
    made = migrate_transcript(export.transcript(1, ContactId="003000000000001AAA"), visitor=visitor)
    assert made.end_user["MessagingPlatformKey"] == "key-of-the-device"
    assert made.end_user["Legacy_Visitor_Id__c"] == "571000000000001AAA"
    assert made.end_user["Name"] == "Visitor 00042"
    assert made.end_user["ContactId"] == "003000000000001AAA"
    assert made.end_user["MessageType"] == made.channel["MessageType"] == "EmbeddedMessaging"


def test_end_user_without_a_visitor_is_known_by_the_chat_key(export: Any) -> None:
    row = export.transcript(1, LiveChatVisitorId="")
    assert migrate_transcript(row).end_user["MessagingPlatformKey"] == row["ChatKey"]


def test_long_chat_key_becomes_a_guid_and_is_noted(export: Any) -> None:
    session = migrate_transcript(export.transcript(1, ChatKey="k" * 200)).session
    assert len(session["SessionKey"]) == 36
    assert session["Legacy_Chat_Key__c"] == "k" * 200


def test_channel_by_plan_by_button_and_by_default(export: Any) -> None:
    row = export.transcript(1)
    named = Plan(channels={"573000000000001": "Shop_EN"})
    assert migrate_transcript(row, plan=named).channel["DeveloperName"] == "Shop_EN"
    assert migrate_transcript(row).channel["DeveloperName"] == "Legacy_Chat_573000000000001AAA"
    assert migrate_transcript(export.transcript(1, LiveChatButtonId="")).channel["DeveloperName"] == "Legacy_Chat"


def test_inactive_owner_gives_way_to_the_default_owner(export: Any) -> None:
    plan = Plan(default_owner="005000000000009AAA")
    gone = [Person(export.DANA, "Dana", "Kern", "Dana Kern", is_active=False)]
    session = migrate_transcript(export.transcript(1), people=gone, plan=plan).session
    assert session["OwnerId"] == "005000000000009AAA"
    assert session["Legacy_Owner_Id__c"] == export.DANA
    assert migrate_transcript(export.transcript(1), people=gone).session["OwnerId"] == export.DANA


def test_heading_far_from_the_record_is_warned_of(export: Any) -> None:
    body = export.BODY.replace("March 02", "March 05")
    made = migrate_transcript(export.transcript(1, Body=body))
    assert any(warning.startswith("heading date") for warning in made.warnings)
    assert made.entries[0]["EntryTime"] == "2026-03-05T08:05:11.000Z"
    assert made.session["StartTime"] == "2026-03-02T08:05:00.000Z"
    assert migrate_transcript(export.transcript(1)).warnings == ()


EVENT_TYPES = {
    "ROUTING_RESULT": "ChatRequest Enqueue ChoiceRoute",
    "ROUTING_WORK_RESULT": "PushAssignment",
    "PARTICIPANT_CHANGED": "Accept OperatorJoinedConference OperatorLeftConference LeaveAgent LeaveVisitor ChatbotEstablished "
    "ChatbotNotEstablished",
    "SESSION_OWNER_CHANGED": "Transfer TransferredToButton TransferredToSbrSkill TransferredToQueue TransferredToBot "
    "ChatResumedAfterTransfer",
    "FLAG_RAISE": "FlagRaised",
    "FLAG_LOWER": "FlagLoweredAgent FlagLoweredSupervisor",
    "SESSION_STATUS_CHANGED": "EndAgent EndVisitor ChatbotEndChat ChatbotEndedChatByAction",
}


def test_each_event_type_has_its_entry_type(export: Any) -> None:
    field = shipped().get("LiveChatTranscriptEvent").field("Type")
    assert field
    expected = {kind: entry for entry, kinds in EVENT_TYPES.items() for kind in kinds.split()}
    kinds = [value.value for value in field.picklist_values]
    assert set(expected) <= set(kinds)
    events = [export.event(number, 1, kind, number % 60) for number, kind in enumerate(kinds)]
    made = migrate_transcript(export.transcript(1), events)
    told = {
        row["Payload"]["type"]: row["EntryType"]
        for row in made.off_platform
        if row["Source"] == "LiveChatTranscriptEvent"
    }
    assert told == {kind: expected.get(kind, "NOTE") for kind in kinds}


def test_each_field_of_a_transcript_has_a_place(export: Any) -> None:
    values = {
        "datetime": "2026-03-02 08:05:07",
        "boolean": "1",
        "int": "7",
        "reference": "003000000000001AAA",
        "id": "003000000000001AAA",
    }
    special = {"Status": "Completed", "EndedBy": "Visitor", "ChatKey": "key-of-the-chat", "BrowserLanguage": "de"}
    row = {
        field.name: special.get(field.name) or values.get(field.type) or f"text of {field.name}"
        for field in shipped().get("LiveChatTranscript").fields
    }
    made = migrate_transcript(row)
    back = transcript_values(made.session, made.end_user, made.metrics, made.entries, made.off_platform, made.residue)
    assert back == typed("LiveChatTranscript", row)


def test_each_record_carries_its_warnings(export: Any) -> None:
    body = '<p align="center">Chat Started: some day</p>loose<br>( 4s ) Ada: Hi<br>( 5s ) Bob: Ho<br>( 3m 32s ) '
    made = migrate_transcript(export.transcript(1, Body=body, OperatorMessageCount="", VisitorMessageCount=""))
    assert made.session["Legacy_Warnings__c"] == "truncated; heading date; role; unparsed"
    assert {entry["Legacy_Role_Basis__c"] for entry in made.entries} == {"guess", "unparsed"}
    assert migrate_transcript(export.transcript(1)).session["Legacy_Warnings__c"] is None


def test_empty_body_is_a_session_without_entries(export: Any) -> None:
    assert migrate_transcript(export.transcript(1, Body="")).entries == ()


def test_cut_body_is_marked(export: Any) -> None:
    made = migrate_transcript(export.transcript(1, Body=export.HEAD + "( 4s ) Dana K: Hi<br>( 3m 32s ) "))
    assert made.session["Legacy_Body_Truncated__c"] is True
    assert [e["Message"] for e in made.entries] == ["Hi"]


@pytest.mark.parametrize(
    ("values", "part"),
    [
        ({"Id": ""}, "no Id"),
        ({"RequestTime": "yesterday"}, "RequestTime 'yesterday' is not a date and time"),
        ({"RequestTime": "2026-02-30 08:00:00"}, "RequestTime"),
        ({"OwnerId": "nobody"}, "OwnerId 'nobody' is not a record id"),
        ({"WaitTime": "1234567890"}, "WaitTime has more than"),
        ({"WaitTime": "long"}, "WaitTime 'long' is not a whole number"),
        ({"IsChatbotSession": "maybe"}, "IsChatbotSession"),
        ({"Status": "Odd"}, "Status 'Odd' is not a value of this field"),
        ({"Browser": "x" * 201}, "Browser has 201 characters"),
        ({"RequestTime": "", "StartTime": "", "CreatedDate": ""}, "no RequestTime"),
    ],
)
def test_record_that_cannot_be_carried_over_says_why(export: Any, values: dict[str, str], part: str) -> None:
    with pytest.raises(RecordError, match=part) as refused:
        migrate_transcript(export.transcript(1, **values))
    assert refused.value.remedy
