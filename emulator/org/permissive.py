"""The records of enhanced chat opened for test set-up: what only the platform writes on a real org, API callers may write too.

An org is strict unless it is opened so: the describes are the platform's. Opened, the types below take create, update and delete, and all
their stored fields take values, but ids, auto-numbers and stamps.
"""

from dataclasses import replace
from typing import Final

from ...schemas.catalog import Catalog
from ...schemas.field import Field, SObject

OPENED: Final = (
    "AgentWork",
    "Conversation",
    "ConversationEntry",
    "ConversationParticipant",
    "MessagingChannel",
    "MessagingEndUser",
    "MessagingSession",
    "MessagingSessionMetrics",
    "PendingServiceRouting",
    "UserServicePresence",
)
CALLS: Final = frozenset({"create", "update", "upsert", "delete"})
SYSTEM: Final = frozenset(
    "Id IsDeleted CreatedDate CreatedById LastModifiedDate LastModifiedById SystemModstamp LastViewedDate LastReferencedDate".split()
)
"""Fields that nobody writes, here as there."""


def opened(catalog: Catalog) -> Catalog:
    """Return a catalog in which callers may write the records of enhanced chat."""
    return catalog.replacing(_opened(catalog.get(name)) for name in OPENED)


def _opened(sobject: SObject) -> SObject:
    return replace(sobject, calls=sobject.calls | CALLS, fields=tuple(map(_writable, sobject.fields)))


def _writable(field: Field) -> Field:
    if field.name in SYSTEM or field.auto_number or not field.is_stored:
        return field
    return replace(field, createable=True, updateable=True)
