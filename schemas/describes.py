"""Describes as descriptor documents: what the REST API or ``sf sobject describe --json`` prints, read back.

A document made here says ``described``: it holds every field of its object, so that none is added to it; and over an
object that is known already it lays what the describe says, while what no describe says stays as it was.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from .descriptor import KEYS, DescriptorError, field_document, field_documents, field_from
from .field import SObject
from .ids import MASTER_RECORD_TYPE
from .literals import NotLiteral, literal

_CALLS: Final = {
    "createable": ("create",),
    "updateable": ("update",),
    "deletable": ("delete",),
    "undeletable": ("undelete",),
    "queryable": ("query",),
    "retrieveable": ("retrieve",),
    "searchable": ("search",),
    "layoutable": ("describeLayout",),
    "replicateable": ("getUpdated", "getDeleted"),
}
"""Keys of a describe, and the calls that they tell of."""
_PLAIN: Final = tuple(
    key for key in [*KEYS, "label", "type", "name", "picklistValues", "referenceTo"] if key not in ("formula", "length")
)
_KEPT: Final = frozenset({"id", "isdeleted"})
_MOST_NAMED: Final = 20


def documents_of(loaded: Any) -> list[Any]:
    """Return the descriptor documents that JSON holds: a descriptor, a describe, its envelope, or a list of them."""
    if isinstance(loaded, list):
        return [document for entry in loaded for document in documents_of(entry)]
    if isinstance(loaded, Mapping) and "status" in loaded and "result" in loaded and "fields" not in loaded:
        return documents_of(loaded["result"])
    return [document_of(loaded) if is_describe(loaded) else loaded]


def is_describe(loaded: Any) -> bool:
    """Tell whether JSON is the describe of an object."""
    return isinstance(loaded, Mapping) and "queryable" in loaded and isinstance(loaded.get("fields"), list)


def document_of(describe: Mapping[str, Any]) -> dict[str, Any]:
    """Return the descriptor document of a describe. What is wrong in it shows when the document is read."""
    calls = [call for key, named in _CALLS.items() if describe.get(key) is True for call in named]
    if "create" in calls and "update" in calls:
        calls.append("upsert")
    types = describe.get("recordTypeInfos")
    return {
        "name": describe.get("name"),
        "label": describe.get("label"),
        "labelPlural": describe.get("labelPlural"),
        "keyPrefix": describe.get("keyPrefix"),
        "calls": [*calls, "describeSObjects"],
        "described": True,
        "fields": [_field(field) for field in describe["fields"]],
        "childRelationships": describe.get("childRelationships") or [],
        "recordTypes": [_record_type(one) for one in types if not _is_master(one)] if isinstance(types, list) else [],
    }


def _is_master(info: Any) -> bool:
    return isinstance(info, Mapping) and (info.get("master") is True or info.get("recordTypeId") == MASTER_RECORD_TYPE)


def _record_type(info: Any) -> Any:
    if not isinstance(info, Mapping):
        return info
    return {
        "developerName": info.get("developerName"),
        "name": info.get("name"),
        "active": info.get("active"),
        "id": info.get("recordTypeId"),
        "default": info.get("defaultRecordTypeMapping"),
    }


def _field(described: Any) -> Any:
    if not isinstance(described, Mapping):
        return described
    field = {key: described[key] for key in _PLAIN if described.get(key) is not None}
    custom = described.get("custom") is True
    if described.get("length"):
        field["length"] = described["length"]
    if described.get("type") == "reference":
        if custom:
            field |= {key: described.get(key) is True for key in ("cascadeDelete", "restrictedDelete")}
        else:
            field["childRelationship"] = False
    if described.get("calculated") is True:
        field["calculated"] = True
    formula = described.get("defaultValueFormula")
    if custom and isinstance(formula, str) and described.get("defaultValue") is None:
        try:
            field["defaultValue"] = literal(formula, str(described.get("type")))
        except NotLiteral:
            field["defaultValueFormula"] = formula
    return field


def refuse_computed(documents: Iterable[Mapping[str, Any]], find: Any) -> None:
    """Refuse formulas, roll-ups and computed defaults of described objects, naming them all. Raises `DescriptorError`."""
    named: list[str] = []
    for document in documents:
        if not document.get("described"):
            continue
        known: SObject | None = find(str(document.get("name")))
        for field in field_documents(document):
            if not isinstance(field, Mapping):
                continue
            before = known.field(str(field.get("name"))) if known else None
            computed = field.get("calculated") and not (before and (before.formula or not before.custom))
            if computed or "defaultValueFormula" in field:
                named.append(f"{document.get('name')}.{field.get('name')}")
    if named:
        more = f" and {len(named) - _MOST_NAMED} more" if len(named) > _MOST_NAMED else ""
        raise DescriptorError(
            "formulas, roll-up summaries and computed default values are not emulated; leave these fields out: "
            f"{', '.join(named[:_MOST_NAMED])}{more}"
        )


def laid_over(document: Mapping[str, Any], known: SObject) -> dict[str, Any]:
    """Return a described document with only what differs from the known object. Raises `DescriptorError`."""
    changed: list[Any] = []
    for field in field_documents(document):
        name = str(field.get("name")) if isinstance(field, Mapping) else ""
        before = known.field(name)
        if name.lower() in _KEPT or (before is not None and before.formula is not None):
            continue
        if before is None:
            changed.append(field)
            continue
        over = field_document(before) | field
        if targets := field.get("referenceTo"):
            if not isinstance(targets, list):
                raise DescriptorError(f"{known.name}.{name}: referenceTo must be a list of names")
            over["referenceTo"] = list(dict.fromkeys([*before.reference_to, *targets]))
        if before.default_value is not None and field.get("picklistValues"):  # a describe says it of the value alone
            values = [one for one in field["picklistValues"] if isinstance(one, Mapping) and one.get("defaultValue")]
            over["defaultValue"] = values[0].get("value") if values else None
        if before.custom or field_from(over, known.name) != before:
            changed.append(over)
    return {**document, "fields": changed}
