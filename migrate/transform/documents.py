"""Descriptors of the custom objects and fields that a migration writes, in the form that `chatlift serve --objects` reads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...schemas.field import Field
from . import names
from .agent_session import ID_PREFIX, target_field
from .reading import fields_of

_TEXT = {"type": "string", "length": 255}
_LONG = {"type": "textarea", "length": 131072}
_FLAGS = {"createable": True, "updateable": True, "nillable": True}


def object_documents(
    own: Mapping[str, set[str]] | None = None, naming: names.Naming = names.NAMING
) -> list[dict[str, Any]]:
    """Return the documents; `own` has the custom fields of the source by object of the target, naming is that of the plan."""
    fields: dict[str, dict[str, dict[str, Any]]] = {
        "MessagingChannel": {"Legacy_Button_Id__c": _TEXT},
        "MessagingSession": _session_fields(naming),
        "MessagingEndUser": _end_user_fields(naming),
        "ConversationEntry": {
            names.ROLE_BASIS: _TEXT,
            names.TRANSCRIPT_ID: {**_TEXT, "length": 18},
            names.CHAT_SEQ: {"type": "int", "digits": 9},
        },
        "ContentVersion": {
            names.FILE_ID: {**_TEXT, "length": 18},
            names.FILE_PATH: _TEXT,
            names.FILE_BASIS: _TEXT,
            names.FILE_RECORD: {**_TEXT, "length": 18},
            names.TRANSCRIPT_ID: {**_TEXT, "length": 18},
        },
    }
    for kind, added in (own or {}).items():
        if kind in fields:
            fields[kind].update({name: _LONG for name in sorted(added) if name not in fields[kind]})
    documents = [
        {"name": kind, "fields": [{"name": name, **_FLAGS, **form} for name, form in found.items()]}
        for kind, found in fields.items()
    ]
    documents.append(_agent_session((own or {}).get(names.AGENT_SESSION, set()), naming))
    return documents


def own_fields(kind: str, row: Mapping[str, Any]) -> set[str]:
    """Return the fields of a row that carry custom fields of the source."""
    return {name for name in row if name.endswith("__c") and not name.startswith(names.PREFIX)}


def _form(field: Field) -> dict[str, Any]:
    """Return the type that holds a legacy field's value as it is: ids and picklists become text."""
    if field.type in ("datetime", "boolean"):
        return {"type": field.type}
    if field.type == "int":
        return {"type": "int", "digits": field.digits or 9}
    return {"type": "string", "length": field.length if 0 < field.length <= 255 else 255}


def _session_fields(naming: names.Naming) -> dict[str, dict[str, Any]]:
    known = fields_of("LiveChatTranscript")
    moved = {**naming.session, **names.SESSION_NOTED}
    fields = {target: _form(known[source]) for source, target in moved.items() if target and target.endswith("__c")}
    fields[names.TRANSCRIPT_ID] = {**_TEXT, "length": 18, "unique": True, "externalId": True, "idLookup": True}
    fields[names.SOURCE_ROW] = {"type": "int", "digits": 9}
    fields[names.BODY_TRUNCATED] = {"type": "boolean"}
    for name in (
        names.START_TIME_BASIS,
        names.END_TIME_BASIS,
        names.ENDED_BY_BASIS,
        names.BODY_STYLE,
        names.WHISPER_STYLE,
        names.WARNINGS,
        *names.LABEL_FIELDS.values(),
    ):
        fields[name] = _TEXT
    return fields


def _end_user_fields(naming: names.Naming) -> dict[str, dict[str, Any]]:
    known = fields_of("LiveChatVisitor")
    moved = naming.visitor.items()
    fields = {target: _form(known[source]) for source, target in moved if target and target.endswith("__c")}
    fields[names.SOURCE_ROW] = {"type": "int", "digits": 9}
    fields[names.SESSION_KEY] = _TEXT
    return fields


def _agent_session(own: set[str], naming: names.Naming) -> dict[str, Any]:
    fields: list[dict[str, Any]] = [
        {"name": "Id", "type": "id"},
        {"name": "OwnerId", "type": "reference", "referenceTo": ["Group", "User"], **_FLAGS},
        {"name": "IsDeleted", "type": "boolean"},
        {"name": "Name", "type": "string", "length": 80, **_FLAGS},
        {"name": "CreatedDate", "type": "datetime"},
        {"name": "CreatedById", "type": "reference", "referenceTo": ["User"]},
        {"name": "LastModifiedDate", "type": "datetime"},
        {"name": "LastModifiedById", "type": "reference", "referenceTo": ["User"]},
        {"name": names.AGENT_SESSION_ID, **_TEXT, "length": 18, "unique": True, "externalId": True, **_FLAGS},
        {"name": names.SOURCE_ROW, "type": "int", "digits": 9, **_FLAGS},
    ]
    standard = {field["name"] for field in fields}
    for name, field in fields_of("LiveAgentSession").items():
        target = None if name == "Id" else target_field(name, naming)
        if target is not None and target not in standard:
            form = {"type": "reference", "referenceTo": ["User"]} if name == "AgentId" else _form(field)
            fields.append({"name": target, **form, **_FLAGS})
            standard.add(target)
    fields += [{"name": name, **_LONG, **_FLAGS} for name in sorted(own - standard)]
    return {
        "name": names.AGENT_SESSION,
        "label": "Legacy Agent Session",
        "labelPlural": "Legacy Agent Sessions",
        "keyPrefix": ID_PREFIX,
        "calls": ["create", "delete", "describeSObjects", "query", "retrieve", "update", "upsert"],
        "fields": fields,
    }
