"""Read a descriptor document (JSON) into an `SObject`, and write one back.

A document has the keys ``name``, ``label``, ``labelPlural``, ``keyPrefix``, ``since``, ``calls``, ``fields`` and
``childRelationships``; a field has the keys of a REST describe. What is left out has the default that `FIELD_DEFAULTS`
and `_type_defaults` give, so that an ordinary field is its name, its type and what is particular to it.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from .field import DOUBLE_TYPES, LONG_TEXT_LENGTH, TEXT_TYPES, ChildRelationship, Field, PicklistValue, SObject

ALL_CALLS: Final = (
    "create delete describeLayout describeSObjects getDeleted getUpdated query retrieve search undelete update upsert"
).split()
FIELD_TYPES: Final = (
    TEXT_TYPES
    | DOUBLE_TYPES
    | {"id", "reference", "boolean", "int", "date", "datetime", "time", "base64", "address", "location", "long"}
)
KEYS: Final = {
    "length": "length",
    "digits": "digits",
    "precision": "precision",
    "scale": "scale",
    "createable": "createable",
    "updateable": "updateable",
    "nillable": "nillable",
    "filterable": "filterable",
    "groupable": "groupable",
    "sortable": "sortable",
    "idLookup": "id_lookup",
    "autoNumber": "auto_number",
    "defaultedOnCreate": "defaulted_on_create",
    "restrictedPicklist": "restricted_picklist",
    "relationshipName": "relationship_name",
    "defaultValue": "default_value",
    "extraTypeInfo": "extra_type_info",
    "custom": "custom",
    "unique": "unique",
    "externalId": "external_id",
    "caseSensitive": "case_sensitive",
    "compoundFieldName": "compound_field_name",
    "formula": "formula",
}
"""Plain keys of a field document and the attributes of `Field` that they become."""

_GROUPABLE: Final = frozenset(
    {"id", "reference", "string", "boolean", "int", "date", "picklist", "phone", "email", "url"}
)
_NOT_SORTABLE: Final = frozenset({"multipicklist", "address", "location", "base64"})
_LENGTHS: Final = {"id": 18, "reference": 18, "phone": 40, "email": 80, "url": 255, "picklist": 255, "string": 255,
                   "textarea": 255, "multipicklist": 4099, "combobox": 255, "anyType": 255}  # fmt: skip


class DescriptorError(ValueError):
    """A descriptor document does not describe an sObject; the message names the place."""


def _type_defaults(type_: str, length: int) -> dict[str, Any]:
    """Return what a field of this type is like unless its document says otherwise."""
    long = type_ == "base64" or (type_ in TEXT_TYPES - {"multipicklist"} and length > LONG_TEXT_LENGTH)
    defaults: dict[str, Any] = {
        "createable": type_ not in ("id", "address"),
        "updateable": type_ not in ("id", "address"),
        "nillable": type_ not in ("id", "boolean"),
        "filterable": not long and type_ != "address",
        "groupable": not long and (type_ in _GROUPABLE or type_ == "textarea"),
        "sortable": not long and type_ not in _NOT_SORTABLE,
        "id_lookup": type_ == "id",
        "defaulted_on_create": type_ in ("id", "boolean"),
    }
    if type_ == "boolean":
        defaults["default_value"] = False
    if type_ == "int":
        defaults["digits"] = 9
    if type_ in DOUBLE_TYPES:
        defaults |= {"precision": 18, "scale": 2 if type_ == "currency" else 0}
    return defaults


def field_from(document: Mapping[str, Any], sobject: str) -> Field:
    """Read one field document. Raises `DescriptorError`."""
    name, type_ = document.get("name"), document.get("type")
    if not isinstance(name, str) or not name.replace("_", "a").isalnum() or not name.isascii():
        raise DescriptorError(f"{sobject}: a field needs a name of letters, digits and underscores, not {name!r}")
    if type_ not in FIELD_TYPES:
        raise DescriptorError(f"{sobject}.{name}: there is no field type {type_!r}")
    given = {attribute: document[key] for key, attribute in KEYS.items() if document.get(key) is not None}
    for attribute, value in given.items():
        if not _fits(attribute, value):
            raise DescriptorError(f"{sobject}.{name}: {attribute} cannot be {value!r}")
    length = given.setdefault("length", _LENGTHS.get(type_, 0))
    values = _type_defaults(type_, length) | {"custom": name.endswith("__c")} | given
    if type_ == "reference" and "relationship_name" not in values and name.endswith("__c"):
        values["relationship_name"] = name[:-1] + "r"
    targets = document.get("referenceTo") or []
    if not isinstance(targets, list) or not all(isinstance(target, str) for target in targets):
        raise DescriptorError(f"{sobject}.{name}: referenceTo must be a list of object names")
    choices = document.get("picklistValues") or []
    if not isinstance(choices, list):
        raise DescriptorError(f"{sobject}.{name}: picklistValues must be a list")
    return Field(
        name=name,
        label=document.get("label") or name.removesuffix("__c").replace("_", " "),
        type=type_,
        picklist_values=tuple(_picklist_value(entry, f"{sobject}.{name}") for entry in choices),
        reference_to=tuple(targets),
        inferred=tuple(document.get("inferred") or ()),
        **values,
    )


def _fits(attribute: str, value: Any) -> bool:
    expected = Field.__dataclass_fields__[attribute].type
    if expected is bool:
        return isinstance(value, bool)
    if expected is int:
        return type(value) is int and 0 <= value < 2**31
    return attribute == "default_value" or isinstance(value, str)


def _picklist_value(entry: Any, place: str) -> PicklistValue:
    if isinstance(entry, str):
        return PicklistValue(entry, entry)
    if not isinstance(entry, Mapping) or not isinstance(entry.get("value"), str):
        raise DescriptorError(f"{place}: a picklist value is text, or an object with a value, not {entry!r}")
    default = bool(entry.get("default") or entry.get("defaultValue"))
    label = str(entry.get("label") or entry["value"])
    return PicklistValue(entry["value"], label, entry.get("active") is not False, default)


SYSTEM_FIELDS: Final[tuple[Mapping[str, Any], ...]] = (
    {"name": "Id", "type": "id", "label": "Record ID"},
    {"name": "OwnerId", "type": "reference", "label": "Owner ID", "referenceTo": ["Group", "User"],
     "relationshipName": "Owner", "nillable": False, "defaultedOnCreate": True},
    {"name": "IsDeleted", "type": "boolean", "label": "Deleted", "createable": False, "updateable": False},
    {"name": "Name", "type": "string", "length": 80, "label": "Name", "idLookup": True},
    {"name": "CreatedDate", "type": "datetime", "label": "Created Date", "createable": False, "updateable": False,
     "nillable": False, "defaultedOnCreate": True},
    {"name": "CreatedById", "type": "reference", "label": "Created By ID", "referenceTo": ["User"],
     "relationshipName": "CreatedBy", "createable": False, "updateable": False, "nillable": False,
     "defaultedOnCreate": True},
    {"name": "LastModifiedDate", "type": "datetime", "label": "Last Modified Date", "createable": False,
     "updateable": False, "nillable": False, "defaultedOnCreate": True},
    {"name": "LastModifiedById", "type": "reference", "label": "Last Modified By ID", "referenceTo": ["User"],
     "relationshipName": "LastModifiedBy", "createable": False, "updateable": False, "nillable": False,
     "defaultedOnCreate": True},
    {"name": "SystemModstamp", "type": "datetime", "label": "System Modstamp", "createable": False,
     "updateable": False, "nillable": False, "defaultedOnCreate": True},
)  # fmt: skip
"""The fields that every custom object has whether its document names them or not."""


def sobject_from(document: Mapping[str, Any], group: str = "custom", key_prefix: str | None = None) -> SObject:
    """Read an object document; a custom object gets the system fields that it does not name. Raises `DescriptorError`."""
    name = document.get("name")
    if not isinstance(name, str) or not name.isascii() or not name.replace("_", "a").isalnum():
        raise DescriptorError(f"an object needs a name of letters, digits and underscores, not {name!r}")
    documents: list[Mapping[str, Any]] = list(document.get("fields") or ())
    if group == "custom":
        named = {str(field.get("name")).lower() for field in documents}
        documents[:0] = [field for field in SYSTEM_FIELDS if field["name"].lower() not in named]
    label = document.get("label") or name.removesuffix("__c").replace("_", " ")
    return SObject(
        name=name,
        label=label,
        label_plural=document.get("labelPlural") or label + "s",
        key_prefix=document.get("keyPrefix") or key_prefix,
        since=document.get("since"),
        calls=frozenset(document.get("calls") or ALL_CALLS),
        fields=_without_doubles([field_from(field, name) for field in documents], name),
        child_relationships=tuple(_child(entry) for entry in document.get("childRelationships") or ()),
        group=group,
        key_prefix_chosen=bool(document.get("keyPrefixChosen")) or not document.get("keyPrefix"),
    )


def _without_doubles(fields: Iterable[Field], sobject: str) -> tuple[Field, ...]:
    seen: dict[str, Field] = {}
    for field in fields:
        if field.name.lower() in seen:
            raise DescriptorError(f"{sobject}: the field {field.name} is named twice")
        seen[field.name.lower()] = field
    return tuple(seen.values())


def _child(entry: Mapping[str, Any]) -> ChildRelationship:
    return ChildRelationship(
        entry["childSObject"],
        entry["field"],
        entry.get("relationshipName"),
        bool(entry.get("cascadeDelete")),
        bool(entry.get("restrictedDelete")),
    )


def field_document(field: Field) -> dict[str, Any]:
    """Return the shortest document that `field_from` reads as this field."""
    document: dict[str, Any] = {"name": field.name, "label": field.label, "type": field.type}
    if field.length != _LENGTHS.get(field.type, 0):
        document["length"] = field.length
    defaults = _type_defaults(field.type, field.length) | {"custom": field.name.endswith("__c")}
    for key, attribute in KEYS.items():
        value = getattr(field, attribute)
        if key != "length" and value != defaults.get(attribute, Field.__dataclass_fields__[attribute].default):
            document[key] = value
    if field.picklist_values:
        document["picklistValues"] = [_value_document(value) for value in field.picklist_values]
    if field.reference_to:
        document["referenceTo"] = list(field.reference_to)
    if field.inferred:
        document["inferred"] = list(field.inferred)
    return document


def _value_document(value: PicklistValue) -> dict[str, Any] | str:
    if value == PicklistValue(value.value, value.value):
        return value.value
    document: dict[str, Any] = {"value": value.value, "label": value.label}
    if not value.active:
        document["active"] = False
    if value.default:
        document["default"] = True
    return document
