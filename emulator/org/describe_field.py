"""The describe of one field: the 57 keys of a recorded describe, always all of them."""

from typing import Any, Final

from ...schemas.catalog import Catalog
from ...schemas.dependencies import bitmap, controlling_values
from ...schemas.field import DOUBLE_TYPES, ID_TYPES, ChildRelationship, Field, SObject
from ...schemas.literals import formula_of

_SOAP_TYPES: Final = {
    "id": "tns:ID",
    "reference": "tns:ID",
    "boolean": "xsd:boolean",
    "int": "xsd:int",
    "double": "xsd:double",
    "currency": "xsd:double",
    "percent": "xsd:double",
    "date": "xsd:date",
    "datetime": "xsd:dateTime",
    "time": "xsd:time",
    "base64": "xsd:base64Binary",
    "address": "urn:address",
    "location": "urn:location",
    "anyType": "xsd:anyType",
}
_NOT_AGGREGATABLE: Final = frozenset({"boolean", "multipicklist", "address", "location", "base64"})
_ONE_BYTE_TYPES: Final = ID_TYPES | {"multipicklist"}


def describe_field(sobject: SObject, field: Field, catalog: Catalog) -> dict[str, Any]:
    """Return the describe of a field."""
    targets = [target for target in field.reference_to if catalog.find(target)] or list(field.reference_to)
    described = _described_by_parents(sobject, field, catalog) if field.custom else []
    return {
        "aggregatable": field.type not in _NOT_AGGREGATABLE and not field.is_long,
        "aiPredictionField": False,
        "autoNumber": field.auto_number,
        "byteLength": field.length * (1 if field.type in _ONE_BYTE_TYPES else 3) if _has_length(field) else 0,
        "calculated": field.formula is not None,
        "calculatedFormula": None,
        "cascadeDelete": not field.nillable and any(child.cascade_delete for child in described),
        "caseSensitive": field.case_sensitive,
        "compoundFieldName": field.compound_field_name,
        "controllerName": field.controller_name,
        "createable": field.createable,
        "custom": field.custom,
        "defaultValue": field.default_value if field.type == "boolean" else None,
        "defaultValueFormula": formula_of(field),
        "defaultedOnCreate": field.defaulted_on_create,
        "dependentPicklist": field.controller_name is not None,
        "deprecatedAndHidden": False,
        "digits": field.digits,
        "displayLocationInDecimal": False,
        "encrypted": field.type == "encryptedstring",
        "externalId": field.external_id,
        "extraTypeInfo": field.extra_type_info,
        "filterable": field.filterable,
        "filteredLookupInfo": None,
        "formulaTreatNullNumberAsZero": False,
        "groupable": field.groupable,
        "highScaleNumber": False,
        "htmlFormatted": field.html_formatted,
        "idLookup": field.id_lookup,
        "inlineHelpText": field.inline_help_text,
        "label": field.label,
        "length": field.length if _has_length(field) else 0,
        "mask": None,
        "maskType": None,
        "name": field.name,
        "nameField": sobject.name_field is field,
        "namePointing": field.is_polymorphic,
        "nillable": field.nillable,
        "permissionable": is_permissionable(field),
        "picklistValues": picklist_entries(sobject, field),
        "polymorphicForeignKey": field.is_polymorphic,
        "precision": field.precision,
        "queryByDistance": field.type in ("address", "location"),
        "referenceTargetField": None,
        "referenceTo": targets,
        "relationshipName": field.relationship_name,
        "relationshipOrder": None,
        "restrictedDelete": any(child.restricted_delete for child in described),
        "restrictedPicklist": field.restricted_picklist,
        "scale": field.scale,
        "searchPrefilterable": False,
        "soapType": _SOAP_TYPES.get(field.type, "xsd:string"),
        "sortable": field.sortable,
        "type": field.type,
        "unique": field.unique,
        "updateable": field.updateable,
        "writeRequiresMasterRead": False,
    }


def picklist_entries(sobject: SObject, field: Field) -> list[dict[str, Any]]:
    """Return the describes of a picklist's values."""
    controller = sobject.field(field.controller_name) if field.controller_name else None
    controlling = controlling_values(controller) if controller else ()
    return [
        {
            "active": value.active,
            "defaultValue": value.default or value.value == field.default_value,
            "label": value.label,
            "validFor": bitmap(value.valid_for or (), controlling) if field.controller_name else None,
            "value": value.value,
        }
        for value in field.picklist_values
    ]


def _described_by_parents(sobject: SObject, field: Field, catalog: Catalog) -> list[ChildRelationship]:
    """Return how parents describe a custom reference.

    Fields of the platform say nothing of it: recorded for OpportunityContactRole.OpportunityId, which goes with its parent
    (SFDO-Tooling/CumulusCI, GET_sobjects_OpportunityContactRole_describe).
    """
    parents = [parent for name in field.reference_to if (parent := catalog.find(name))]
    here = (sobject.name, field.name)
    return [
        child
        for parent in parents
        for child in parent.child_relationships
        if (child.child_sobject, child.field) == here
    ]


def _has_length(field: Field) -> bool:
    return field.is_text or field.type in ID_TYPES


def is_permissionable(field: Field) -> bool:
    """Tell whether field-level security can hide the field. A guess: required, system and name fields it cannot."""
    if field.auto_number or field.type in ("id", "address") or field.name == "RecordTypeId":
        return False
    if field.formula is not None:
        return field.custom
    is_optional = field.nillable or field.type == "boolean"
    return is_optional and (field.createable or field.updateable or field.type in DOUBLE_TYPES)
