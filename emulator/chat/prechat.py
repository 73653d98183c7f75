"""Reads what a visitor's client sends to ask for a chat: the body of ChasitorInit (Chat REST API guide, "ChasitorInit").

Clients spell the keys of entities in three ways; all are taken.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from ...schemas.ids import InvalidId, normalize
from ...schemas.rules import storable
from ..errors import OrgError
from .state import Attempt, EntityField, PrechatDetail, PrechatEntity, Visitor

MOST_ENTRIES: Final = 200
"""Details, entities, or fields of an entity. A guess: the platform's bound is not documented."""
LONGEST_VALUE: Final = 32_000
LONGEST_NAME: Final = 255
LONGEST_ORIGIN: Final = 200
"""Characters of a transcript's fields about where the visitor comes from, and of LiveChatVisitor.SessionKey; more is cut off."""
DEFAULT_NAME: Final = "Visitor"


class BadBody(OrgError):
    """A body that cannot be read; the message is answered as plain text."""

    def __init__(self, message: str) -> None:
        super().__init__("BAD_REQUEST", message)


def visitor_of(
    body: Mapping[str, Any], session_key: str, ip_address: str | None, headers: Mapping[str, str]
) -> Visitor:
    """Return who asks for a chat. headers: ``User-Agent``, ``Referer`` and ``Accept-Language`` where the body is silent."""
    return Visitor(
        session_key=session_key,
        name=_text(body, "visitorName")[:LONGEST_NAME] or DEFAULT_NAME,
        ip_address=ip_address.partition("%")[0] if ip_address else None,  # a scope means nothing elsewhere
        user_agent=(_text(body, "userAgent") or headers.get("User-Agent", ""))[:LONGEST_ORIGIN] or None,
        language=_text(body, "language")[:LONGEST_ORIGIN] or None,
        screen_resolution=_text(body, "screenResolution")[:LONGEST_ORIGIN] or None,
        referrer=headers.get("Referer", "")[:LONGEST_ORIGIN] or None,
        details=tuple(_details(body)),
        entities=tuple(_entities(body)),
        receives_queue_updates=body.get("receiveQueueUpdates") is not False,
    )


def is_key(text: Any) -> bool:
    """Tell whether a text of a client's, a cookie or a tracking id, can be a visitor's session key."""
    return isinstance(text, str) and 0 < len(text) <= LONGEST_ORIGIN and text.isprintable()


def attempts_of(body: Mapping[str, Any]) -> tuple[Attempt, ...]:
    """Return the ways to find an agent, in order: the button overrides, else agent and button (R28)."""
    overrides = body.get("buttonOverrides")
    if isinstance(overrides, list) and overrides:
        return tuple(attempt for override in overrides[:MOST_ENTRIES] for attempt in _override(override))
    agent_id, button_id = _id(body.get("agentId")), _id(body.get("buttonId"))
    if agent_id is None:
        return (Attempt(button_id=button_id),) if button_id else ()
    if body.get("doFallback") and button_id:
        return Attempt(agent_id=agent_id), Attempt(button_id=button_id)
    return (Attempt(agent_id=agent_id),)


def _override(override: Any) -> Iterator[Attempt]:
    """Yield what ``buttonId``, ``agentId`` or ``agentId_buttonId`` means: the agent alone, or before the button."""
    if not isinstance(override, str):
        raise BadBody("buttonOverrides is a list of ids")
    for part in override.split("_"):
        id_ = _id(part)
        if id_ is None:
            continue
        yield Attempt(agent_id=id_) if id_.startswith("005") else Attempt(button_id=id_)


def _id(value: Any) -> str | None:
    if not isinstance(value, str) or not value:
        return None
    try:
        return normalize(value)
    except InvalidId:
        return None


def record_id(body: Mapping[str, Any], name: str) -> str | None:
    """Return an id of a body in its long form, None where there is none or it is malformed."""
    return _id(body.get(name))


def _details(body: Mapping[str, Any]) -> Iterator[PrechatDetail]:
    for detail in _list(body, "prechatDetails"):
        fields = detail.get("transcriptFields")
        yield PrechatDetail(
            label=_text(detail, "label"),
            value=_text(detail, "value")[:LONGEST_VALUE],
            transcript_fields=tuple(str(name) for name in fields[:MOST_ENTRIES]) if isinstance(fields, list) else (),
            display_to_agent=detail.get("displayToAgent") is not False,
            entity_maps=tuple(
                (_text(one, "entityName"), _text(one, "fieldName"))
                for key in ("entityMaps", "entityFieldMaps", "entityFieldsMaps")
                for one in _list(detail, key)
            ),
            knowledge_search=detail.get("doKnowledgeSearch") is True,
        )


def _entities(body: Mapping[str, Any]) -> Iterator[PrechatEntity]:
    for entity in _list(body, "prechatEntities"):
        yield PrechatEntity(
            sobject=_text(entity, "entityName"),
            fields=tuple(
                EntityField(
                    field_name=_text(one, "fieldName"),
                    label=_text(one, "label"),
                    finds=one.get("doFind") is True,
                    is_exact=one.get("isExactMatch") is True,
                    creates=one.get("doCreate") is True,
                )
                for key in ("entityFieldsMaps", "entityFieldMaps", "entityMaps")
                for one in _list(entity, key)
            ),
            save_to_transcript=_text(entity, "saveToTranscript"),
            show_on_create=entity.get("showOnCreate") is True,
            link_to_sobject=_text(entity, "linkToEntityName"),
            link_to_field=_text(entity, "linkToEntityField"),
        )


def _list(holder: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    found = holder.get(name)
    if found is None:
        return []
    if not isinstance(found, list) or not all(isinstance(one, Mapping) for one in found):
        raise BadBody(f"{name} is a list of objects")
    if len(found) > MOST_ENTRIES:
        raise BadBody(f"{name} has {len(found)} entries; {MOST_ENTRIES} are allowed")
    return found


def _text(holder: Mapping[str, Any], name: str) -> str:
    """Return a value as text: numbers and truth values as JSON writes them, anything else as nothing."""
    value = holder.get(name)
    if isinstance(value, bool):
        return "true" if value else "false"
    return storable(str(value)) if isinstance(value, str | int | float) else ""
