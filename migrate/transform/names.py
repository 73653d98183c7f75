"""Where fields without a counterpart go: the names of the `Legacy_*__c` fields."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from ..plan import Plan
from ..plan.decisions import LOG_IN_FIELDS

PREFIX = "Legacy_"
OWN = "Own_"
_OURS = (PREFIX.lower(), OWN.lower())
_PACKAGE = "_pkg_"
"""What stands for the two underscores behind the namespace of a managed package: only the package may make fields with these."""

# LiveChatTranscript field -> field of MessagingSession that holds it as it is.
SESSION_SAME = {
    "IsDeleted": "IsDeleted",
    "CreatedDate": "CreatedDate",
    "CreatedById": "CreatedById",
    "LastModifiedDate": "LastModifiedDate",
    "LastModifiedById": "LastModifiedById",
    "CaseId": "CaseId",
    "Name": "Legacy_Name__c",
    "SystemModstamp": "Legacy_System_Modstamp__c",
    "LastViewedDate": "Legacy_Last_Viewed_Date__c",
    "LastReferencedDate": "Legacy_Last_Referenced_Date__c",
    "LiveChatDeploymentId": "Legacy_Deployment_Id__c",
    "LiveChatButtonId": "Legacy_Button_Id__c",
    "SkillId": "Legacy_Skill__c",
    "Location": "Legacy_Location__c",
    "IpAddress": "Legacy_Ip_Address__c",
    "UserAgent": "Legacy_User_Agent__c",
    "Browser": "Legacy_Browser__c",
    "Platform": "Legacy_Platform__c",
    "ScreenResolution": "Legacy_Screen_Resolution__c",
    "ReferrerUri": "Legacy_Referrer_Uri__c",
    "VisitorNetwork": "Legacy_Visitor_Network__c",
    "WaitTime": "Legacy_Wait_Time__c",
    "ChatDuration": "Legacy_Chat_Duration__c",
    "Abandoned": "Legacy_Abandoned__c",
    "Status": "Legacy_Status__c",
    "IsChatbotSession": "Legacy_Is_Chatbot_Session__c",
}

# LiveChatTranscript field -> field of MessagingSession that is written only where the mapped field implies another value.
SESSION_NOTED = {
    "OwnerId": "Legacy_Owner_Id__c",
    "EndedBy": "Legacy_Ended_By__c",
    "RequestTime": "Legacy_Request_Time__c",
    "StartTime": "Legacy_Start_Time__c",
    "EndTime": "Legacy_End_Time__c",
    "AccountId": "Legacy_Account_Id__c",
    "ContactId": "Legacy_Contact_Id__c",
    "LeadId": "Legacy_Lead_Id__c",
    "ChatKey": "Legacy_Chat_Key__c",
    "BrowserLanguage": "Legacy_Browser_Language__c",
}

# LiveChatTranscript field -> MessagingSessionMetrics.MessagingSessionMetricType
METRICS = {
    "OperatorMessageCount": "AgentMessageCount",
    "VisitorMessageCount": "EndUserMessageCount",
    "AverageResponseTimeOperator": "AverageAgentResponseTime",
    "AverageResponseTimeVisitor": "AverageEndUserResponseTime",
    "MaxResponseTimeOperator": "MaxAgentResponseTime",
    "MaxResponseTimeVisitor": "MaxEndUserResponseTime",
}

# LiveChatVisitor field -> MessagingEndUser field
VISITOR_SAME = {
    "Id": "Legacy_Visitor_Id__c",
    "Name": "Legacy_Visitor_Name__c",
    "IsDeleted": "IsDeleted",
    "CreatedDate": "CreatedDate",
    "CreatedById": "CreatedById",
    "LastModifiedDate": "LastModifiedDate",
    "LastModifiedById": "LastModifiedById",
    "SystemModstamp": "Legacy_System_Modstamp__c",
    "LastViewedDate": "Legacy_Last_Viewed_Date__c",
    "LastReferencedDate": "Legacy_Last_Referenced_Date__c",
}

# LiveAgentSession field -> field of Legacy_Agent_Session__c, where it is not the same name
AGENT_SESSION_SAME = {name: f"{name}__c" for name in (*LOG_IN_FIELDS, "AgentId")}

# LiveChatTranscript field -> field of MessagingSession that tells what the record is called: the ids mean nothing one day.
LABEL_FIELDS = {
    "LiveChatButtonId": "Legacy_Button_Label__c",
    "LiveChatDeploymentId": "Legacy_Deployment_Label__c",
    "SkillId": "Legacy_Skill_Label__c",
}

FILE_ID = "Legacy_File_Id__c"
FILE_PATH = "Legacy_File_Path__c"
FILE_BASIS = "Legacy_File_Basis__c"
FILE_RECORD = "Legacy_Linked_Record_Id__c"
SOURCE_ROW = "Legacy_Source_Row__c"
TRANSCRIPT_ID = "Legacy_Transcript_Id__c"
BODY_STYLE = "Legacy_Body_Style__c"
BODY_TRUNCATED = "Legacy_Body_Truncated__c"
WHISPER_STYLE = "Legacy_Supervisor_Body_Style__c"
END_TIME_BASIS = "Legacy_End_Time_Basis__c"
START_TIME_BASIS = "Legacy_Start_Time_Basis__c"
ENDED_BY_BASIS = "Legacy_Ended_By_Basis__c"
WARNINGS = "Legacy_Warnings__c"
ROLE_BASIS = "Legacy_Role_Basis__c"
CHAT_SEQ = "Legacy_Seq__c"
SESSION_KEY = "Legacy_Session_Key__c"
SESSION = "LiveAgentSession"
AGENT_SESSION = "Legacy_Agent_Session__c"
AGENT_SESSION_ID = "Legacy_Session_Id__c"


@dataclass(frozen=True, slots=True)
class Naming:
    """What the fields of the source are called in the target.

    session, visitor and agent_session give the field that holds a field of LiveChatTranscript, LiveChatVisitor and LiveAgentSession,
    None where the plan leaves it out; custom gives other names for custom fields of the source, by object of the target and name.
    """

    session: Mapping[str, str | None]
    visitor: Mapping[str, str | None]
    agent_session: Mapping[str, str | None]
    custom: Mapping[tuple[str, str], str] = field(default_factory=dict)
    taken: frozenset[str] = frozenset()
    """Names that a plan gives, in small letters: a name in other letters is the same field to the platform."""

    def custom_field(self, kind: str, name: str) -> str:
        """Return the field of the target for a custom field of the source: the same, unless it would meet one of ours or is a package's."""
        if (kind, name) in self.custom:
            return self.custom[kind, name]
        plain = without_namespace(name)
        return (
            f"{OWN}{name}"
            if plain.lower().startswith(_OURS) or plain.lower() in self.taken or with_namespace(plain) != name
            else plain
        )

    def source_field(self, kind: str, name: str) -> str | None:
        """Return the custom field of the source that a field of the target carries, None when it carries none."""
        if not self.taken:
            return _source_field(name)
        for (of, source), target in self.custom.items():
            if of == kind and target == name:
                return source
        return None if name.lower() in self.taken else _source_field(name)

    def source_fields(self, kind: str, row: Mapping[str, object]) -> Iterable[tuple[str, str]]:
        """Return the fields of a row that carry custom fields of the source, each with the field it carries."""
        if not self.taken:
            return _own_fields(tuple(row))
        found = ((name, self.source_field(kind, name)) for name in row)
        return [(name, source) for name, source in found if source is not None]


@lru_cache(maxsize=256)  # the rows of a table have the same fields
def _own_fields(names: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    found = ((name, _source_field(name)) for name in names)
    return tuple((name, source) for name, source in found if source is not None)


@lru_cache(maxsize=4096)
def _source_field(name: str) -> str | None:
    if name.startswith(OWN):
        return name[len(OWN) :]
    return with_namespace(name) if name.endswith("__c") and not name.startswith(PREFIX) else None


def without_namespace(name: str) -> str:
    """Return a custom field's name as an org takes it that has not the managed package: `acme__Flag__c` as `acme_pkg_Flag__c`."""
    namespace, found, rest = name.removesuffix("__c").partition("__")
    return f"{namespace}{_PACKAGE}{rest}__c" if found and name.endswith("__c") else name


def with_namespace(name: str) -> str:
    """Undo `without_namespace`."""
    return name.replace(_PACKAGE, "__", 1)


NAMING = Naming(SESSION_SAME, VISITOR_SAME, AGENT_SESSION_SAME)
"""The names that stand where a plan says nothing."""

CASE_NOTE = "Legacy_Case_Id__c"
_FIXED = frozenset({"LiveChatButtonId", "Id", "AgentId"})


def naming_of(plan: Plan) -> Naming:
    """Return the names of a plan."""
    if not plan.fields and plan.field_prefix == PREFIX and "CaseId" in plan.links:
        return NAMING
    return _naming(plan.field_prefix, tuple(plan.fields.items()), "CaseId" in plan.links)


@lru_cache(maxsize=16)
def _naming(prefix: str, fields: tuple[tuple[str, str], ...], has_cases: bool) -> Naming:
    asked = dict(fields)
    taken: set[str] = set()

    def named(sobject: str, same: Mapping[str, str]) -> dict[str, str | None]:
        found: dict[str, str | None] = {}
        for source, target in same.items():
            found[source] = target
            if target.startswith(PREFIX) and source not in _FIXED:
                plain = prefix + target[len(PREFIX) :]
                found[source] = asked.pop(f"{sobject}.{source}", plain) or None
                taken.add((found[source] or target).lower())
        return found

    session = named("LiveChatTranscript", SESSION_SAME)
    if not has_cases:
        session["CaseId"] = CASE_NOTE  # where a load puts what CaseId cannot take
    visitor = named("LiveChatVisitor", VISITOR_SAME)
    agent_session: dict[str, str | None] = {**AGENT_SESSION_SAME}
    for source in AGENT_SESSION_SAME:
        if (target := asked.pop(f"{SESSION}.{source}", None)) is not None:
            agent_session[source] = target or None
    kinds = {"LiveChatTranscript": "MessagingSession", "LiveChatVisitor": "MessagingEndUser", SESSION: AGENT_SESSION}
    custom = {}
    for place, target in asked.items():
        sobject, _, name = place.partition(".")
        custom[kinds[sobject], name] = target
        if sobject != SESSION:
            taken.add(target.lower())
    return Naming(session, visitor, agent_session, custom, frozenset(taken))
