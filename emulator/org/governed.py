"""What governs the access to each type, besides the rows of ObjectPermissions.

Types with object permissions of their own are those that the picklist ObjectPermissions.SobjectType of a real org lists, and an
org's own. What a closed profile may do with the others is stated nowhere in one place: the tables here are guesses after the
object reference's "Special Access Rules" and what each type is for.
"""

from dataclasses import dataclass
from typing import Final

from ...schemas.field import SObject

OWN_PERMISSIONS: Final = frozenset(
    {
        "Account", "Case", "Contact", "Knowledge__kav", "Lead", "LiveAgentSession", "LiveChatTranscript", "LiveChatVisitor",
        "MessagingEndUser", "MessagingSession", "Opportunity", "QuickText",
    }
)  # fmt: skip
"""Shipped types in the picklist ObjectPermissions.SobjectType (sf-explorer/sf-doc-to-json, ObjectPermissions.json)."""
PARENTS: Final = {
    "CaseComment": "Case",
    "LiveAgentSessionHistory": "LiveAgentSession",
    "LiveAgentSessionShare": "LiveAgentSession",
    "LiveChatTranscriptEvent": "LiveChatTranscript",
    "LiveChatTranscriptHistory": "LiveChatTranscript",
    "LiveChatTranscriptShare": "LiveChatTranscript",
    "LiveChatTranscriptSkill": "LiveChatTranscript",
    "MessagingSessionMetrics": "MessagingSession",
}
"""Types whose records are details of another: who reads that reads them, who edits that writes them."""
FOR_EVERYBODY: Final = frozenset(
    {
        "AgentWork", "Attachment", "ContentDocument", "ContentDocumentLink", "ContentVersion", "Conversation",
        "ConversationContextEntry", "ConversationEntry", "ConversationParticipant", "Event", "PendingServiceRouting", "Task",
        "UserServicePresence",
    }
)  # fmt: skip
"""Types that every user writes."""
WRITTEN_BY_MANAGERS: Final = frozenset({"Group", "GroupMember", "QueueSobject", "User", "UserRole"})
MANAGE_USERS: Final = "ManageUsers"
CUSTOMIZE: Final = "CustomizeApplication"
"""The permission that writes every type that is not named here: the settings of the org."""
ALWAYS_READ: Final = frozenset({"Organization", "User"})
"""Types that no row hides: a session reads who and where it is."""


@dataclass(frozen=True, slots=True)
class Gate:
    """Permissions without which a type is out of reach, whatever else the user may do; one of each set is enough.

    since: the API version from which on they are asked for; earlier ones pass.
    """

    reading: frozenset[str]
    writing: frozenset[str] = frozenset()
    since: float = 0.0


GATES: Final = {
    # Object reference, "ConversationEntry": "available in API version 50.0 and later. Earlier versions do not require permissions."
    "ConversationEntry": Gate(frozenset({"CanAccessCE"}), since=50.0),
    # The same, "Special Access Rules" of each: who reads them. Who writes them: Salesforce Help, "User Permissions and Access".
    "FieldPermissions": Gate(frozenset({"ViewSetup"}), frozenset({"ManageProfilesPermissionsets"})),
    "ObjectPermissions": Gate(frozenset({"ViewSetup"}), frozenset({"ManageProfilesPermissionsets"})),
    "PermissionSet": Gate(
        frozenset({"ViewSetup", "AssignPermissionSets", "ManageProfilesPermissionsets"}),
        frozenset({"ManageProfilesPermissionsets"}),
    ),
    "PermissionSetAssignment": Gate(
        frozenset({"ViewSetup", "AssignPermissionSets", MANAGE_USERS}), frozenset({"AssignPermissionSets"})
    ),
}
YOUNGEST_GATE: Final = max(gate.since for gate in GATES.values())
"""The API version from which on every gate is there."""

AUDITED: Final = frozenset(
    {
        "Account", "Attachment", "Case", "CaseComment", "Contact", "ContentVersion", "Event", "Knowledge__kav", "Lead",
        "Opportunity", "Task",
    }
)  # fmt: skip
"""Shipped types whose audit fields a create may set, besides all custom objects (Salesforce Help, "Considerations and Activation of
'Create Audit Fields'", and the release notes of Winter '16, "Set Audit Fields and Update Records with Inactive Owners")."""
AUDIT_FIELDS: Final = frozenset({"CreatedDate", "CreatedById", "LastModifiedDate", "LastModifiedById"})


def has_own_permissions(sobject: SObject) -> bool:
    """Tell whether a closed profile needs rows of ObjectPermissions and FieldPermissions for a type."""
    return sobject.name in OWN_PERMISSIONS or sobject.group == "custom"


def is_audited(sobject: SObject) -> bool:
    """Tell whether audit fields of a new record may be given, by who is permitted to."""
    return sobject.name in AUDITED or sobject.custom
