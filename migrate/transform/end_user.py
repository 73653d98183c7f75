"""MessagingEndUser: one for each visitor and channel, split where a visitor's chats name several contacts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...schemas.ids import derive
from ..cells import Value
from ..plan import Plan
from .names import SESSION_KEY, SOURCE_ROW, naming_of
from .reading import fields_of
from .session import language_code
from .structures import Links, Row, linked

_REQUIRED = ("IsDeleted", "CreatedDate", "CreatedById", "LastModifiedDate", "LastModifiedById")
_FIRST = frozenset({"firstname", "first name", "first_name", "given name"})
_LAST = frozenset({"lastname", "last name", "last_name", "surname", "family name"})
_WHOLE = frozenset({"name", "full name", "fullname", "visitor name"})


def is_name_key(key: str) -> bool:
    """Tell whether a pre-chat detail of this key is a name, or a part of one."""
    return key.strip().lower() in _FIRST | _LAST | _WHOLE


def pre_chat_name(context: Sequence[Mapping[str, Value]]) -> str:
    """Return the name that a visitor gave in the pre-chat form, empty when he gave none."""
    first = last = whole = ""
    for entry in context:
        key = str(entry.get("CustomDetailContextKey") or "").strip().lower()
        value = str(entry.get("CustomDetailContextValue") or "").strip()
        if key in _FIRST:
            first = first or value
        elif key in _LAST:
            last = last or value
        elif key in _WHOLE:
            whole = whole or value
    return f"{first} {last}".strip() or whole


def identity(values: Mapping[str, Value]) -> str:
    """Return what tells one visitor from another: the visitor record, else the chat itself."""
    return str(values.get("LiveChatVisitorId") or values.get("ChatKey") or values["Id"])


def end_user_id(channel: str, who: str, variant: str) -> str:
    """Return the id of a messaging user."""
    return derive("0PA", channel, who, variant)


def platform_key(
    values: Mapping[str, Value],
    visitor: Mapping[str, Value] | None,
    channel: str,
    links: Links,
    source: str = "SessionKey",
) -> str:
    """Return MessagingEndUser.MessagingPlatformKey: what the plan says, else what tells him apart.

    A messaging user is unique by its platform key on a channel (object reference, MessagingEndUser). So one that has its
    visitor's key only second has its contact behind it, and one whose key is another's has its own id.
    """
    who = identity(values)
    key = str(((visitor or {}).get("SessionKey") if source == "SessionKey" else values.get(source)) or who)
    if links.variant:
        key = f"{key[:200]}:{links.variant}"
    return f"{key[:230]}:{end_user_id(channel, who, links.variant)}" if links.has_taken_key else key


def end_user_row(
    values: Mapping[str, Value],
    visitor: Mapping[str, Value] | None,
    visitor_number: int,
    channel: str,
    name: str,
    links: Links,
    plan: Plan,
) -> Row:
    """Return the messaging user of a chat."""
    visitor_key = visitor.get("SessionKey") if visitor else None
    account, contact, lead = linked(links, plan)
    row: Row = {
        "Id": end_user_id(channel, identity(values), links.variant),
        "Name": (name or plan.visitor_name.format(number=_number_of(visitor, values)))[:255],
        "MessagingChannelId": channel,
        "MessageType": "EmbeddedMessaging",
        "MessagingPlatformKey": platform_key(values, visitor, channel, links, plan.platform_key),
        "MessagingConsentStatus": plan.consent_status,
        "HasInitialResponseSent": False,
        "IsFullyOptedIn": False,
        "AccountId": account,
        "ContactId": contact,
        "LeadId": lead,
        "Language": language_code(values.get("BrowserLanguage"), plan.languages),
        "Legacy_Visitor_Id__c": values.get("LiveChatVisitorId"),
    }
    if visitor is None:
        return row
    row[SOURCE_ROW] = visitor_number or None
    known = fields_of("LiveChatVisitor")
    naming = naming_of(plan)
    for source, value in visitor.items():
        is_own = source not in known
        target = naming.custom_field("MessagingEndUser", source) if is_own else naming.visitor.get(source)
        if target is not None and not (value is None and source in _REQUIRED):
            row[target] = value
    if "SessionKey" in visitor and visitor_key != row["MessagingPlatformKey"]:
        row[SESSION_KEY] = visitor_key
    return row


def _number_of(visitor: Mapping[str, Any] | None, values: Mapping[str, Value]) -> str:
    stated = (visitor or {}).get("Name") or values.get("Name") or values["Id"]
    return str(stated)
