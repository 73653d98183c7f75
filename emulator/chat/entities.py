"""Records that the pre-chat form names: found, made and linked when an agent accepts (Chat REST API guide, "Entity")."""

import logging
from collections.abc import Iterator
from typing import Any, Final

from ...schemas.field import SObject
from ..errors import OrgError
from ..org.caller import Caller
from ..org.org import Org
from .state import Attached, EntityField, PrechatEntity, Visitor

LOG: Final = logging.getLogger(__name__)
VERSION: Final = "60.0"


def find_or_create(org: Org, visitor: Visitor, agent_id: str) -> list[Attached]:
    """Return the records that go onto the chat; what cannot be found, made or linked is logged, and the chat goes on."""
    caller = Caller(agent_id, VERSION)
    answers = {detail.label: detail.value for detail in visitor.details}
    found: dict[str, tuple[str, PrechatEntity]] = {}
    attached = []
    for entity in visitor.entities:
        try:
            record = _record(org, caller, entity, answers)
        except OrgError as error:
            LOG.info("the pre-chat form's %s: %s", entity.sobject, error.message)
            continue
        if record is None:
            continue
        id_, is_new = record
        found[entity.sobject.lower()] = id_, entity
        if entity.save_to_transcript:
            attached.append(described(org, caller, id_, entity.save_to_transcript, created_here=is_new))
    for id_, entity in found.values():
        target = found.get(entity.link_to_sobject.lower())
        if target is not None and entity.link_to_field:
            _link(org, caller, entity, target[0], id_)
    return attached


def _record(org: Org, caller: Caller, entity: PrechatEntity, answers: dict[str, str]) -> tuple[str, bool] | None:
    """Return the one record that an entity finds, or the one it makes and True; None for neither, and for several finds."""
    sobject = org.records.sobject(caller, entity.sobject)
    hits = _found(org, caller, sobject, entity, answers)
    if len(hits) == 1:
        return hits[0], False
    values = {
        field.field_name: answers[field.label] for field in entity.fields if field.creates and field.label in answers
    }
    if hits or not values:
        return None
    return org.records.create(caller, sobject.name, values), True


def _found(org: Org, caller: Caller, sobject: SObject, entity: PrechatEntity, answers: dict[str, str]) -> list[str]:
    """Return up to two records that fit all fields which find."""
    conditions = list(_conditions(sobject, entity.fields, answers))
    if not conditions:
        return []
    soql = f"SELECT Id FROM {sobject.name} WHERE {' AND '.join(conditions)} ORDER BY Id LIMIT 2"
    rows: list[dict[str, Any]] = org.query.run(caller, soql).records
    return [row["Id"] for row in rows]


def _conditions(sobject: SObject, fields: tuple[EntityField, ...], answers: dict[str, str]) -> Iterator[str]:
    for wanted in fields:
        field = sobject.field(wanted.field_name)
        value = answers.get(wanted.label)
        if not wanted.finds or not value or field is None:
            continue
        if wanted.is_exact:
            yield f"{field.name} = '{_quoted(value)}'"
        else:
            yield f"{field.name} LIKE '%{_quoted(value, wildcards=True)}%'"


def _quoted(value: str, wildcards: bool = False) -> str:
    text = value.replace("\\", "\\\\").replace("'", "\\'")
    for letter, escaped in (("\n", "\\n"), ("\r", "\\r"), ("\t", "\\t")):
        text = text.replace(letter, escaped)
    return text.replace("%", "\\%").replace("_", "\\_") if wildcards else text


def _link(org: Org, caller: Caller, entity: PrechatEntity, target_id: str, id_: str) -> None:
    """Let the field of another found or made record point to this one."""
    try:
        org.records.update(caller, entity.link_to_sobject, target_id, {entity.link_to_field: id_})
    except OrgError as error:
        LOG.info("the pre-chat form links %s by %s: %s", entity.link_to_sobject, entity.link_to_field, error.message)


def described(
    org: Org, caller: Caller, id_: str, transcript_field: str | None = None, created_here: bool = False
) -> Attached:
    """Return a record as a chat shows it. Raises `OrgError` for one that the caller cannot read.

    Where no field of the transcript is named, it is the transcript's first lookup to that type.
    """
    sobject = org.catalog.by_prefix(id_[:3])
    if sobject is None:
        raise OrgError("NOT_FOUND", "The requested resource does not exist")
    name_field = sobject.name_field
    record = org.records.retrieve(caller, sobject.name, id_, [name_field.name] if name_field else [])
    name = str(record.get(name_field.name) or id_) if name_field else id_
    field = transcript_field or transcript_lookup(org, sobject)
    return Attached(record["Id"], sobject.name, name, field, created_here)


def transcript_lookup(org: Org, sobject: SObject) -> str | None:
    """Return the transcript's lookup field to a type of record, a standard one first; None when it has none."""
    fields = [
        field.name
        for field in org.catalog.get("LiveChatTranscript").fields
        if field.type == "reference" and field.createable and sobject.name in field.reference_to
    ]
    return min(fields, key=lambda name: name.endswith("__c"), default=None)
