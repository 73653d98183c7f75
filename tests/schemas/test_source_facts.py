"""The descriptors say what the published documents say of the chat records."""

import pytest

from chatlift.schemas.catalog import shipped
from chatlift.schemas.field import Field

COUNTERS = (
    "ChatReqAssigned ChatReqDeclined ChatReqEngaged ChatReqTimedOut NumFlagLoweredAgent NumFlagLoweredSupervisor"
    " NumFlagRaised TimeAtCapacity TimeIdle TimeInAwayStatus TimeInChats TimeInOnlineStatus"
)
# Object reference, "LiveAgentSession": the fields with their types and properties.
SESSION_FIELDS = {
    "AgentId": ("reference", "create filter group sort update"),
    "LastReferencedDate": ("datetime", "filter nillable sort"),
    "LastViewedDate": ("datetime", "filter nillable sort"),
    "LoginTime": ("datetime", "create filter sort update"),
    "LogoutTime": ("datetime", "create filter sort update"),
    "Name": ("string", "autonumber defaulted filter idlookup sort"),
    "OwnerId": ("reference", "create defaulted filter group sort update"),
    **dict.fromkeys(COUNTERS.split(), ("int", "create filter group nillable sort update")),
}
SESSION_CALLS = (
    "create delete describeLayout describeSObjects getDeleted getUpdated query retrieve search undelete update"
)

# "Chat for Support Agents", the list of transcript fields: label there, field, type.
TRANSCRIPT_FIELDS = """
Abandoned After|Abandoned|int
Account Name|AccountId|reference
Agent Average Response Time|AverageResponseTimeOperator|int
Agent Maximum Response Time|MaxResponseTimeOperator|int
Agent Message Count|OperatorMessageCount|int
Agent Skill|SkillId|reference
Body|Body|textarea
Browser|Browser|string
Browser Language|BrowserLanguage|string
Case|CaseId|reference
Chat Button|LiveChatButtonId|reference
Chat Duration|ChatDuration|int
Contact Name|ContactId|reference
Created By|CreatedById|reference
Created Date|CreatedDate|datetime
Deployment|LiveChatDeploymentId|reference
End Time|EndTime|datetime
Ended By|EndedBy|picklist
Last Modified By|LastModifiedById|reference
Last Modified Date|LastModifiedDate|datetime
Lead|LeadId|reference
Live Chat Transcript|Name|string
Live Chat Visitor|LiveChatVisitorId|reference
Location|Location|string
Network|VisitorNetwork|string
Owner|OwnerId|reference
Platform|Platform|string
Referring Site|ReferrerUri|string
Request Time|RequestTime|datetime
Screen Resolution|ScreenResolution|string
Start Time|StartTime|datetime
Status|Status|picklist
Supervisor Transcript Body|SupervisorTranscriptBody|textarea
User Agent|UserAgent|string
Visitor Average Response Time|AverageResponseTimeVisitor|int
Visitor Maximum Response Time|MaxResponseTimeVisitor|int
Visitor IP Address|IpAddress|string
Visitor Message Count|VisitorMessageCount|int
Wait Time|WaitTime|int
"""

# The same guide, the list of events: label there, value, and the label in today's object reference where it differs.
EVENTS = """
Chat Requested|ChatRequest
Queued|Enqueue
Routed (Push)|PushAssignment
Routed (Choice)|ChoiceRoute
Accepted|Accept
Critical Wait Alert Time Reached|AlertCriticalWaitChat
Critical Wait Alert Cleared|ClearCriticalWaitChat
Transfer Requested|TransferRequest
Transfer Accepted|Transfer
Transfer Request Canceled|TransferCancelled
Transfer Request Declined|TransferDeclined
Transferred to Button|TransferredToButton|Transferred to button
Transfer to Button Failed|TransferToButtonFailed|Transfer to button failed
Chat Conference Requested|ConferenceRequest
Chat Conference Canceled|ConferenceRequestCanceled
Chat Conference Declined|ConferenceRequestDeclined
Agent Joined Conference|OperatorJoinedConference
Agent Left Conference|OperatorLeftConference
File Transfer Requested|FileTransferRequested|File Transfer Requested by Agent
File Transfer Canceled by Agent|FileCanceledAgent
File Transfer Canceled by Visitor|FileCanceledChasitor
File Transfer Succeeded|FileTransferSuccess|File Transfer Success
File Transfer Failed|FileTransferFailure|File Transfer Failure
Canceled (Blocked)|CancelBlocked|Cancel (Blocked)
Blocked by Agent|AgentBlocked
Declined (Manual)|DeclineManual|Decline (Manual)
Declined (Time-Out)|DeclineTimeout|Decline (Timeout)
Canceled (No Agent)|CancelNoAgent|Cancel (No Agent)
Canceled (No Queue)|CancelNoQueue|Cancel (No Queue)
Canceled by Visitor|CancelVisitor
Agent Left|LeaveAgent
Visitor Left|LeaveVisitor
Ended by Agent|EndAgent
Ended by Visitor|EndVisitor
Other|Other
"""


def lines(table: str) -> list[list[str]]:
    return [line.split("|") for line in table.strip().splitlines()]


def properties(field: Field) -> set[str]:
    said = {
        "create": field.createable,
        "update": field.updateable,
        "filter": field.filterable,
        "group": field.groupable,
        "sort": field.sortable,
        "nillable": field.nillable,
        "idlookup": field.id_lookup,
        "autonumber": field.auto_number,
        "defaulted": field.defaulted_on_create,
    }
    return {name for name, holds in said.items() if holds}


@pytest.mark.parametrize("name", SESSION_FIELDS)
def test_a_field_of_the_chat_session_has_the_documented_properties(name: str) -> None:
    type_, documented = SESSION_FIELDS[name]
    field = shipped().get("LiveAgentSession").field(name)
    assert field is not None
    assert field.type == type_
    assert properties(field) == set(documented.split())


def test_the_chat_session_supports_the_eleven_documented_calls() -> None:
    assert shipped().get("LiveAgentSession").calls == set(SESSION_CALLS.split())
    assert len(SESSION_CALLS.split()) == 11


@pytest.mark.parametrize(("label", "name", "type_"), lines(TRANSCRIPT_FIELDS))
def test_a_documented_field_of_the_transcript_exists(label: str, name: str, type_: str) -> None:
    field = shipped().get("LiveChatTranscript").field(name)
    assert field is not None, label
    assert field.type == type_


def test_the_35_documented_events_have_their_values_and_labels() -> None:
    type_ = shipped().get("LiveChatTranscriptEvent").field("Type")
    assert type_ is not None
    labels = {value.value: value.label for value in type_.picklist_values}
    events = lines(EVENTS)
    assert len(events) == 35
    for label, value, *todays in events:
        assert labels[value] == (todays[0] if todays else label)
    assert len(labels) == 59


def test_73_objects_with_records_ship_and_every_one_has_a_key_prefix_of_its_own() -> None:
    catalog = shipped()
    of_others = ("AggregateResult", "RecentlyViewed")  # rows without ids, and with the ids of other objects' records
    named = [name for name in catalog.names() if name not in of_others]
    sobjects = [sobject for name in named if (sobject := catalog.get(name)).group != "definitions"]
    assert len(sobjects) == 73
    assert len({sobject.key_prefix for sobject in sobjects}) == 73
    assert {sobject.name for sobject in sobjects if sobject.key_prefix_chosen} == {
        "EmbeddedServiceConfig",
        "LiveAgentSessionHistory",
        "LiveAgentSessionShare",
        "LiveChatTranscriptEvent",
        "LiveChatTranscriptHistory",
        "LiveChatTranscriptShare",
        "MessagingChannelUsage",
        "MessagingSessionMetrics",
    }
