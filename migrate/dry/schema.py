"""What a target says of itself, as the schema of a private org: descriptor documents, rights, and what could not be taken over.

A describe is one user's: fields that he may not read are not in it, those that he may not write are not createable. So the documents hold
his field-level security, and `rights` what he may do with objects. Of fields that ship here and are not in the target's describe
nobody can write any.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from ...schemas.catalog import shipped
from ...schemas.describes import document_of
from ...schemas.descriptor import DescriptorError, field_document
from ...schemas.field import COMPOUND_TYPES, SObject
from ..describes import without_formulas
from ..errors import TerminalError
from ..load.target import Described
from ..port import Org

LANES: Final = (
    "MessagingChannel", "Conversation", "MessagingEndUser", "MessagingSession", "ConversationParticipant", "MessagingSessionMetrics",
    "ConversationEntry", "ContentVersion",
)  # fmt: skip
"""Objects of the platform that a load writes, where the target has them."""
LOOKED_UP: Final = ("User", "Group", "Account", "Contact", "Case", "Lead", "Opportunity")
_CALLS: Final = {"queryable": ("R", "query"), "createable": ("C", "create"), "updateable": ("E", "update"),
                 "deletable": ("D", "delete")}  # fmt: skip
_CLOSED: Final = {"createable": False, "updateable": False, "nillable": True}
_OPENED: Final = {"createable": True, "updateable": True}
_PLACE: Final = re.compile(r"(\w+)\.(\w+)")
_MOST_REPAIRS: Final = 500
AUDITED: Final = "CreateAuditFields"


@dataclass(slots=True)
class Schema:
    """The schema of a private org. unchecked: object, field and why a rule of the target is not in it."""

    documents: list[dict[str, Any]] = field(default_factory=list)
    rights: dict[str, str] = field(default_factory=dict)
    system: list[str] = field(default_factory=list)
    is_permissive: bool = False
    unchecked: list[tuple[str, str, str]] = field(default_factory=list)


def schema_of(org: Org, own: Sequence[str], opened: Collection[str]) -> Schema:
    """Return the schema of an org, as far as a load touches it.

    own: custom objects that are loaded. opened: objects and fields (`Object.Field`) for which rights are assumed.
    """
    schema = Schema()
    held = {name: org.describe(name) for name in (*LANES, *own, *LOOKED_UP)}
    conversation = held["Conversation"]
    schema.is_permissive = conversation is not None and bool(conversation.get("createable"))
    stubs: dict[str, dict[str, Any]] = {}
    for name, described in held.items():
        known = shipped().find(name)
        if described is None:
            if known is not None:
                schema.rights[name] = ""
            continue
        if name not in opened and (letters := _letters(described, known, is_open=schema.is_permissive)) is not None:
            schema.rights[name] = letters
        if name not in LOOKED_UP:
            document = _document(described, known, opened, schema)
            _resolve(document, org, {*held}, stubs, schema)
            schema.documents.append(document)
            if any(one["name"] == "CreatedDate" and one["createable"] for one in described["fields"]):
                schema.system = [AUDITED]
    schema.documents[:0] = stubs.values()
    _mend(schema)
    return schema


def _letters(described: Mapping[str, Any], known: SObject | None, *, is_open: bool) -> str | None:
    """Return what the user may do with an object, None where that is what everybody may do here."""
    allowed = {letter for key, (letter, _) in _CALLS.items() if described.get(key)}
    usual = {letter for letter, call in _CALLS.values() if known is None or is_open or known.supports(call)}
    if usual <= allowed:
        return None
    # Who may not edit may not delete (Salesforce Help, "Object Permissions").
    return "".join(sorted(allowed if "E" in allowed else allowed - {"D"}))


def _document(
    described: Mapping[str, Any], known: SObject | None, opened: Collection[str], schema: Schema
) -> dict[str, Any]:
    name = str(described["name"])
    plain, computed = without_formulas(dict(described))
    formulas = {one["name"] for one in described["fields"] if one.get("calculated")}
    for place in computed:
        sobject, _, rest = place.partition(".")
        if rest not in formulas:
            schema.unchecked.append((sobject, rest.partition(" ")[0], "its default value is a formula"))
            for one in plain["fields"]:  # what a formula fills in is not asked for
                if one["name"] == rest.partition(" ")[0]:
                    one["nillable"] = True
    document = document_of(plain) | {"childRelationships": []}
    fields = [one | (_OPENED if f"{name}.{one['name']}" in opened else {}) for one in document["fields"]]
    for one in fields:  # a field that nobody writes is filled by the platform
        if not one.get("createable") and (known is None or known.field(one["name"]) is None):
            one["nillable"] = True
    there = {str(one["name"]).lower() for one in fields}
    for one in known.fields if known is not None else ():
        if one.name.lower() not in there and one.is_stored and one.type != "id" and one.name != "IsDeleted":
            fields.append(field_document(one) | _CLOSED)
    return document | {"fields": fields}


def _resolve(
    document: dict[str, Any], org: Org, held: set[str], stubs: dict[str, dict[str, Any]], schema: Schema
) -> None:
    """Leave out objects that references name and that are not here; those of the org's own lookups are made, with a name alone."""
    kept = []
    for one in document["fields"]:
        if one.get("type") == "reference":
            targets = list(one.get("referenceTo") or ())
            if one.get("custom") or not one.get("nillable", True):
                for target in targets[:20]:
                    if target not in held and target not in stubs and shipped().find(target) is None:
                        _add_stub(target, org, stubs)
            known = [name for name in targets if name in held or name in stubs or shipped().find(name) is not None]
            if targets and not known:
                if one.get("custom") or not one.get("nillable", True):
                    schema.unchecked.append((document["name"], one["name"], f"it refers to {', '.join(targets[:3])}"))
                continue
            one = {**one, "referenceTo": known}
        kept.append(one)
    document["fields"] = kept


def _add_stub(name: str, org: Org, stubs: dict[str, dict[str, Any]]) -> None:
    described = org.describe(name)
    if described is not None:
        field_name = {"name": "Name", "type": "string", "length": 255, "nillable": True}
        stubs[name] = {"name": name, "keyPrefix": described.get("keyPrefix"), "fields": [field_name]}


def _mend(schema: Schema) -> None:
    """Leave out fields that cannot be as they are there, each with its reason. Raises TerminalError for what cannot be left out."""
    for _ in range(_MOST_REPAIRS):
        try:
            shipped().extended(schema.documents)
        except DescriptorError as error:
            if not _left_out(schema, str(error)):
                raise TerminalError(
                    f"the target's schema cannot be served here ({error}):", "run without --dry-run into a sandbox"
                ) from None
        else:
            return
    raise TerminalError("the target's schema cannot be served here:", "run without --dry-run into a sandbox")


def _left_out(schema: Schema, problem: str) -> bool:
    found = _PLACE.search(problem)
    for document in schema.documents if found else ():
        assert found is not None
        fields = [one for one in document["fields"] if str(one["name"]).lower() != found[2].lower()]
        if document["name"] == found[1] and len(fields) < len(document["fields"]):
            document["fields"] = fields
            schema.unchecked.append((document["name"], found[2], problem))
            return True
    for document in schema.documents:
        if document.get("recordTypes") and document["name"] in problem:
            document["recordTypes"] = []
            schema.unchecked.append((document["name"], "RecordTypeId", problem))
            return True
    return False


def differences(there: Described, here: Described, opened: Collection[str]) -> Iterator[tuple[str, str]]:
    """Yield what of an object is otherwise here than the target describes it: the object or a field, and how."""
    for call in ("is_createable", "is_updateable", "is_deletable"):
        if there.name not in opened and getattr(there, call) != getattr(here, call):
            yield there.name, f"{call[3:]} there is {getattr(there, call)}, here {getattr(here, call)}"
    for name, column in there.columns.items():
        found = here.columns.get(name)
        if found is None or f"{there.name}.{name}" in opened:
            continue
        for key in ("type", "is_createable", "is_updateable"):
            if getattr(column, key) != getattr(found, key):
                yield name, f"{key.removeprefix('is_')} there is {getattr(column, key)}, here {getattr(found, key)}"


def columns_to_bring(described: Mapping[str, Any], there: Collection[str]) -> tuple[str, ...]:
    """Return the fields of an existing record that a load may compare: what can be written here, and keys."""
    return tuple(
        one["name"]
        for one in described["fields"]
        if one["name"] in there
        and not one.get("calculated")
        and not one.get("autoNumber")
        and one["type"] not in (*COMPOUND_TYPES, "base64", "id")
        and (one["createable"] or one["updateable"])
        and one["name"] not in ("CreatedById", "LastModifiedById", "CreatedDate", "LastModifiedDate", "RecordTypeId")
    )
