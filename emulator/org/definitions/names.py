"""What a type or a field is called where it is a record: its DurableId, its developer name, the words of its data type."""

from typing import Final

from ....schemas.field import Field, SObject
from ....schemas.ids import derive

ENTITY_PREFIX: Final = "01I"
FIELD_PREFIX: Final = "00N"
_PLAIN: Final = {
    "boolean": "Checkbox",
    "date": "Date",
    "datetime": "Date/Time",
    "time": "Time",
    "email": "Email",
    "phone": "Phone",
    "picklist": "Picklist",
    "multipicklist": "Picklist (Multi-Select)",
    "address": "Address",
    "location": "Geolocation",
    "base64": "Base64",
    "id": "ID",
    "combobox": "Combobox",
    "anyType": "Any Type",
    "complexvalue": "Complex Value",
}
_WITH_LENGTH: Final = {"string": "Text", "textarea": "Text Area", "url": "URL", "encryptedstring": "Text (Encrypted)"}
_NUMBERS: Final = {"double": "Number", "currency": "Currency", "percent": "Percent"}
_LONG_AREA: Final = 255
"""A text area of more characters is a long one (Salesforce Help, "Custom Field Types")."""


def custom_object_id(sobject: SObject) -> str:
    """Return the 18 character id of a custom object's definition: the same for the same name, in every org (a guess)."""
    return derive(ENTITY_PREFIX, sobject.name)


def custom_field_id(sobject: SObject, field: Field) -> str:
    """Return the 18 character id of a custom field's definition."""
    return derive(FIELD_PREFIX, sobject.name, field.name)


def entity_id(sobject: SObject) -> str:
    """Return the DurableId of a type: the name of a standard object, 15 characters of a custom object's id."""
    return custom_object_id(sobject)[:15] if sobject.custom else sobject.name


def field_id(sobject: SObject, field: Field) -> str:
    """Return the DurableId of a field: ``Contact.Account`` for AccountId (recorded), ``Contact.00N…`` for a custom field."""
    if field.custom:
        return f"{entity_id(sobject)}.{custom_field_id(sobject, field)[:15]}"
    name = field.name.removesuffix("Id") if field.type == "reference" else field.name
    return f"{entity_id(sobject)}.{field.name if sobject.field(name) else name}"


def developer_name(name: str) -> str:
    """Return a name without the ending that marks it as custom."""
    return name.removesuffix("__c")


def data_type(sobject: SObject, field: Field, targets: list[str]) -> str:
    """Return a data type in the words of Setup: ``Text(255)``, ``Lookup(Account)`` (Tooling API, "FieldDefinition")."""
    words = _words(sobject, field, targets)
    return f"Formula ({words.partition('(')[0].strip()})" if field.formula is not None else words


def _words(sobject: SObject, field: Field, targets: list[str]) -> str:
    if field.auto_number:
        return "Auto Number"
    if field is sobject.name_field and field.type == "string" and field.name == "Name":
        return "Name" if field.compound_field_name or not field.createable else f"Text({field.length})"
    if field.type == "reference":
        return f"Lookup({','.join(targets)})"
    if field.type == "int":
        return f"Number({field.digits}, 0)"
    if field.type in _NUMBERS:
        return f"{_NUMBERS[field.type]}({field.precision - field.scale}, {field.scale})"
    if field.type == "textarea" and field.length > _LONG_AREA:
        kind = "Rich Text Area" if field.html_formatted else "Long Text Area"
        return f"{kind}({field.length})"
    if field.type in _WITH_LENGTH:
        return f"{_WITH_LENGTH[field.type]}({field.length})"
    return _PLAIN[field.type]
