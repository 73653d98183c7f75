"""Read a descriptor document (JSON) into an `SObject`, and write one back.

A document has the keys ``name``, ``label``, ``labelPlural``, ``keyPrefix``, ``since``, ``calls``, ``fields`` and
``childRelationships``, and at will ``recordTypes`` and ``owned`` (false for the detail of a master, which has no
owner); a field has the keys of a REST describe. What is left out has the default that `FIELD_DEFAULTS`
and `_type_defaults` give, so that an ordinary field is its name, its type and what is particular to it.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Final

from .autonumber import InvalidFormat, check_format
from .field import (
    COMPOUND_TYPES,
    DOUBLE_TYPES,
    LONG_TEXT_LENGTH,
    TEXT_TYPES,
    ChildRelationship,
    Field,
    PicklistValue,
    SObject,
)
from .ids import DIGITS
from .rules import Refused, rule_for

ALL_CALLS: Final = (
    "create delete describeLayout describeSObjects getDeleted getUpdated query retrieve search undelete update upsert"
).split()
FIELD_TYPES: Final = (
    TEXT_TYPES
    | DOUBLE_TYPES
    | {"id", "reference", "boolean", "int", "date", "datetime", "time", "base64", "address", "location", "complexvalue"}
)
MOST_FIELDS: Final = 1500
"""Fields of one object, all told: PostgreSQL keeps 1,600 columns. The platform itself stops at about 900."""
_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,56}\Z")
"""57 characters, so that a name and ``__long`` still are one identifier of PostgreSQL's 63."""
_RESERVED: Final = frozenset({"attributes", "meta"})
"""Names of no field: the first is a key of every record, the second belongs to marshmallow."""
_PATH: Final = re.compile(r"\w+(\.\w+)+\Z", re.ASCII)
_MOST: Final = {"digits": 18, "precision": 18, "scale": 18}
"""Whole digits that a number field may have (Salesforce Help, "Custom Field Types"), and a column of ours can keep."""
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
    "displayFormat": "display_format",
    "startingNumber": "starting_number",
    "htmlFormatted": "html_formatted",
    "inlineHelpText": "inline_help_text",
    "controllerName": "controller_name",
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
        "createable": type_ not in ("id", *COMPOUND_TYPES),
        "updateable": type_ not in ("id", *COMPOUND_TYPES),
        "nillable": type_ not in ("id", "boolean"),
        "filterable": not long and type_ not in COMPOUND_TYPES,
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


def field_from(document: Any, sobject: str) -> Field:
    """Read one field document. Raises `DescriptorError`."""
    if not isinstance(document, Mapping):
        raise DescriptorError(f"{sobject}: a field is an object with a name and a type, not {document!r}")
    name, type_ = document.get("name"), document.get("type")
    if not isinstance(name, str) or not _NAME.match(name) or name.lower() in _RESERVED:
        raise DescriptorError(f"{sobject}: a field needs a name of letters, digits and underscores, not {name!r}")
    place = f"{sobject}.{name}"
    if not isinstance(type_, str) or type_ not in FIELD_TYPES:
        raise DescriptorError(f"{place}: there is no field type {type_!r}")
    given = {attribute: document[key] for key, attribute in KEYS.items() if document.get(key) is not None}
    for attribute, value in given.items():
        if not _fits(attribute, value):
            raise DescriptorError(f"{place}: {attribute} cannot be {value!r}")
    length = given.setdefault("length", _LENGTHS.get(type_, 0))
    values = _type_defaults(type_, length) | {"custom": name.endswith("__c")} | given
    if type_ == "reference" and "relationship_name" not in values and name.endswith("__c"):
        values["relationship_name"] = name[:-1] + "r"
    if values.get("external_id"):
        values["id_lookup"] = True
    if values.get("formula") or type_ in COMPOUND_TYPES:  # nobody writes what is not stored
        values |= {"createable": False, "updateable": False, "nillable": True}
    field = Field(
        name=name,
        label=_text(document, "label", place) or name.removesuffix("__c").replace("_", " "),
        type=type_,
        picklist_values=tuple(_picklist_value(entry, place) for entry in _list(document, "picklistValues", place)),
        reference_to=_names(document, "referenceTo", place),
        inferred=_names(document, "inferred", place),
        **values,
    )
    return _with_sound_default(_sound(field, place), place)


def _sound(field: Field, place: str) -> Field:
    """Return a field whose properties go together."""
    if (field.type == "id") != (field.name == "Id"):
        raise DescriptorError(f"{place}: the field Id, and no other, is of type id")
    system = _SYSTEM_TYPES.get(field.name.lower(), (field.name, field.type))
    if system != (field.name, field.type):
        raise DescriptorError(f"{place}: the system field {system[0]} is of type {system[1]}")
    if field.scale > field.precision:
        raise DescriptorError(f"{place}: scale {field.scale} is more than precision {field.precision}")
    if (field.unique or field.external_id or field.id_lookup) and (field.is_long or not field.is_stored):
        raise DescriptorError(f"{place}: records cannot be looked up by a {field.type} of length {field.length}")
    if field.formula is not None and not _PATH.match(field.formula):
        raise DescriptorError(f"{place}: a formula is a path such as Owner.Name, not {field.formula!r}")
    if field.display_format is not None:
        try:
            check_format(field.display_format)
        except InvalidFormat as error:
            raise DescriptorError(f"{place}: {error}") from None
    return field


def _with_sound_default(field: Field, place: str) -> Field:
    """Return the field with its default value in the canonical form, and marked among the values of its picklist."""
    if field.default_value is None:
        return field
    try:
        default = rule_for(field, frozenset())(field.default_value)
    except Refused:
        raise DescriptorError(f"{place}: the default value cannot be {field.default_value!r}") from None
    values = tuple(replace(one, default=one.default or one.value == default) for one in field.picklist_values)
    return replace(field, default_value=default, picklist_values=values)


def _text(document: Mapping[str, Any], key: str, place: str) -> str | None:
    value = document.get(key)
    if value is not None and not isinstance(value, str):
        raise DescriptorError(f"{place}: {key} is text, not {value!r}")
    return value


def _list(document: Mapping[str, Any], key: str, place: str) -> list[Any]:
    value = document.get(key)
    if value is not None and not isinstance(value, list):
        raise DescriptorError(f"{place}: {key} must be a list")
    return value or []


def _names(document: Mapping[str, Any], key: str, place: str) -> tuple[str, ...]:
    names = _list(document, key, place)
    if not all(isinstance(name, str) for name in names):
        raise DescriptorError(f"{place}: {key} must be a list of names")
    return tuple(names)


def _fits(attribute: str, value: Any) -> bool:
    expected = Field.__dataclass_fields__[attribute].type
    if expected is bool:
        return isinstance(value, bool)
    if expected is int:
        return type(value) is int and 0 <= value <= _MOST.get(attribute, 2**31 - 1)
    return attribute == "default_value" or isinstance(value, str)


def _picklist_value(entry: Any, place: str) -> PicklistValue:
    if isinstance(entry, str):
        return PicklistValue(entry, entry)
    if not isinstance(entry, Mapping) or not isinstance(entry.get("value"), str):
        raise DescriptorError(f"{place}: a picklist value is text, or an object with a value, not {entry!r}")
    default = bool(entry.get("default") or entry.get("defaultValue"))
    label = str(entry.get("label") or entry["value"])
    valid_for = entry.get("validFor")
    if valid_for is not None and not (isinstance(valid_for, list) and all(isinstance(one, str) for one in valid_for)):
        raise DescriptorError(f"{place}: validFor of {entry['value']} is a list of values, not {valid_for!r}")
    valid = None if valid_for is None else tuple(valid_for)
    return PicklistValue(entry["value"], label, entry.get("active") is not False, default, valid)


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

_SYSTEM_TYPES: Final = {
    field["name"].lower(): (field["name"], field["type"]) for field in SYSTEM_FIELDS if field["name"] != "Name"
}
"""Name and type of the fields that the platform keeps itself, by name in lower case."""


def sobject_from(document: Mapping[str, Any], group: str = "custom", key_prefix: str | None = None) -> SObject:
    """Read an object document; a custom object gets the system fields that it does not name. Raises `DescriptorError`."""
    name = document.get("name")
    if (
        not isinstance(name, str)
        or not _NAME.match(name)
        or name.lower().startswith("sqlite_")
        or name.endswith("__long")
    ):
        raise DescriptorError(f"an object needs a name of letters, digits and underscores, not {name!r}")
    documents = field_documents(document)
    if group == "custom" and not document.get("described"):
        named = {str(field.get("name")).lower() for field in documents if isinstance(field, Mapping)}
        if document.get("owned") is False:  # the detail of a master has no owner of its own
            named.add("ownerid")
        documents[:0] = [field for field in SYSTEM_FIELDS if field["name"].lower() not in named]
    label = _text(document, "label", name) or name.removesuffix("__c").replace("_", " ")
    return SObject(
        name=name,
        label=label,
        label_plural=_text(document, "labelPlural", name) or label + "s",
        key_prefix=_key_prefix(document, name) or key_prefix,
        since=_since(document, name),
        calls=frozenset(_names(document, "calls", name) or ALL_CALLS),
        fields=distinct([field_from(field, name) for field in documents], name),
        child_relationships=tuple(child_from(entry, name) for entry in _list(document, "childRelationships", name)),
        group=group,
        key_prefix_chosen=bool(document.get("keyPrefixChosen")) or not document.get("keyPrefix"),
    )


def field_documents(document: Mapping[str, Any]) -> list[Any]:
    """Return the field documents of an object document. Raises `DescriptorError`."""
    return list(_list(document, "fields", str(document.get("name"))))


def _key_prefix(document: Mapping[str, Any], place: str) -> str | None:
    prefix = _text(document, "keyPrefix", place)
    if prefix and (len(prefix) != 3 or not set(prefix) <= set(DIGITS)):
        raise DescriptorError(f"{place}: a key prefix is three letters or digits, not {prefix!r}")
    return prefix


def _since(document: Mapping[str, Any], place: str) -> float | None:
    since = document.get("since")
    if since is not None and (isinstance(since, bool) or not isinstance(since, (int, float))):
        raise DescriptorError(f"{place}: since is the number of an API version, not {since!r}")
    return since


def distinct(fields: Iterable[Field], sobject: str) -> tuple[Field, ...]:
    """Return the fields of an object, none of them twice and not too many. Raises `DescriptorError`."""
    seen: dict[str, Field] = {}
    for field in fields:
        if field.name.lower() in seen:
            raise DescriptorError(f"{sobject}: the field {field.name} is named twice")
        seen[field.name.lower()] = field
    if len(seen) > MOST_FIELDS:
        raise DescriptorError(f"{sobject}: more than {MOST_FIELDS} fields")
    return tuple(seen.values())


def child_from(entry: Any, place: str) -> ChildRelationship:
    """Read a child relationship of a document. Raises `DescriptorError`."""
    if not isinstance(entry, Mapping):
        raise DescriptorError(f"{place}: a child relationship is an object, not {entry!r}")
    child, field = _text(entry, "childSObject", place), _text(entry, "field", place)
    if not child or not field:
        raise DescriptorError(f"{place}: a child relationship needs a childSObject and a field")
    return ChildRelationship(
        child,
        field,
        _text(entry, "relationshipName", place),
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
    if value.valid_for is not None:
        document["validFor"] = list(value.valid_for)
    return document
