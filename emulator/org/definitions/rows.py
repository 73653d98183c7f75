"""The rows that describe a catalog: one for each type, field, element of a field and picklist value.

The one place where definitions are read from a catalog. Given the catalog of what a user sees, the rows are what he sees.
What nobody can set in this org (field history, compliance groups, help pages) is false or null.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from ....schemas.catalog import Catalog
from ....schemas.field import COMPOUND_TYPES, Field, SObject
from ..describe_field import describe_field
from .names import (
    custom_field_id,
    custom_object_id,
    data_type,
    developer_name,
    entity_id,
    field_id,
)

Row = dict[str, Any]
SYSTEM: Final = "System"
LOCAL: Final = "<local>"
"""Publishers: of standard types and fields, and of the org's own (SalesforceLabs/OrgCheck#238)."""
OWNED_SHARING: Final = "ReadWrite"
"""There are no sharing rules here: whoever may edit a type may edit every record of it."""
_DATES: Final = frozenset({"CreatedDate", "LastModifiedDate", "SystemModstamp"})


@dataclass(frozen=True, slots=True)
class Described:
    """What definitions describe: the types of a catalog that an API version knows."""

    catalog: Catalog
    version: float

    def sobjects(self) -> Iterator[SObject]:
        return map(self.catalog.get, self.catalog.names(self.version))

    def fields(self) -> Iterator[tuple[SObject, Field, Row]]:
        """Yield every field with its describe."""
        for sobject in self.sobjects():
            for field in sobject.fields:
                yield sobject, field, describe_field(sobject, field, self.catalog)


def rows_of(described: Described, type_name: str) -> Iterator[Row]:
    """Yield the rows of one of the types of definitions; none where this org can have none (packages)."""
    source = _SOURCES.get(type_name)
    return source(described) if source else iter(())


def _entities(described: Described) -> Iterator[Row]:
    for sobject in described.sobjects():
        durable = entity_id(sobject)
        has_pages = sobject.supports("describeLayout")
        owned = sobject.field("OwnerId") is not None
        yield {
            "Id": durable,
            "DurableId": durable,
            "QualifiedApiName": sobject.name,
            "DeveloperName": developer_name(sobject.name),
            "MasterLabel": sobject.label,
            "Label": sobject.label,
            "PluralLabel": sobject.label_plural,
            "KeyPrefix": sobject.key_prefix,
            "PublisherId": LOCAL if sobject.custom else SYSTEM,
            "DeploymentStatus": "Deployed" if sobject.custom else None,
            "IsCustomizable": has_pages,
            "IsApexTriggerable": _is_triggerable(sobject),
            "IsWorkflowEnabled": _is_triggerable(sobject),
            "IsProcessEnabled": _is_triggerable(sobject),
            "IsCompactLayoutable": has_pages,
            "IsReplicateable": sobject.supports("getUpdated"),
            "IsRetrieveable": sobject.supports("retrieve"),
            "IsSearchLayoutable": sobject.supports("search"),
            "IsSearchable": sobject.supports("search"),
            "IsTriggerable": _is_triggerable(sobject),
            "IsIdEnabled": sobject.field("Id") is not None,
            "IsEverCreatable": sobject.supports("create"),
            "IsEverUpdatable": sobject.supports("update"),
            "IsEverDeletable": sobject.supports("delete"),
            "IsFeedEnabled": any(child.relationship_name == "Feeds" for child in sobject.child_relationships),
            "IsQueryable": sobject.supports("query"),
            "IsMruEnabled": sobject.field("LastViewedDate") is not None,
            "IsLayoutable": has_pages,
            "DetailUrl": "/{ID}" if has_pages else None,
            "EditUrl": "/{ID}/e" if has_pages else None,
            "NewUrl": f"/{sobject.key_prefix}/e" if has_pages else None,
            "InternalSharingModel": OWNED_SHARING if owned else None,
            "ExternalSharingModel": OWNED_SHARING if owned else None,
        }


def _is_triggerable(sobject: SObject) -> bool:
    return sobject.supports("create") and sobject.supports("undelete")


def _field_definitions(source: Described) -> Iterator[Row]:
    """Yield the fields of the Metadata API's field type: a compound field is one, its parts are none of their own."""
    for sobject, field, described in source.fields():
        if _holder(sobject, field) is not field:
            continue
        controller = sobject.field(described["controllerName"] or "")
        yield _common(sobject, field, described) | {
            "DataType": data_type(sobject, field, described["referenceTo"]),
            "IsIndexed": field.type in ("id", "reference") or field.unique or field.id_lookup or field.name in _DATES,
            "IsListFilterable": field.filterable,
            "IsListSortable": field.sortable,
            "PublisherId": LOCAL if field.custom else SYSTEM,
            "ControllingFieldDefinitionId": field_id(sobject, controller) if controller else None,
            "IsPolymorphicForeignKey": described["polymorphicForeignKey"],
        }


def _particles(source: Described) -> Iterator[Row]:
    """Yield the elements of fields, which are those that a describe has (Tooling API, "EntityParticle")."""
    for sobject, field, described in source.fields():
        yield _common(sobject, field, described) | {
            "FieldDefinitionId": field_id(sobject, _holder(sobject, field)),
            "Name": field.name,
            "DataType": field.type,
            "IsAutonumber": described["autoNumber"],
            "ByteLength": described["byteLength"],
            "IsCaseSensitive": described["caseSensitive"],
            "IsUnique": described["unique"],
            "IsCreatable": described["createable"],
            "IsUpdatable": described["updateable"],
            "IsDefaultedOnCreate": described["defaultedOnCreate"],
            "IsPermissionable": described["permissionable"],
            "IsEncrypted": described["encrypted"],
            "Digits": described["digits"],
            "InlineHelpText": described["inlineHelpText"],
            "IsDependentPicklist": described["dependentPicklist"],
            "IsNamePointing": described["namePointing"],
            "IsLayoutable": sobject.supports("describeLayout"),
            "IsComponent": field.compound_field_name is not None,
            "IsIdLookup": described["idLookup"],
            "DefaultValueFormula": described["defaultValueFormula"],
        }


def _common(sobject: SObject, field: Field, described: Row) -> Row:
    durable = field_id(sobject, field)
    return {
        "Id": durable,
        "DurableId": durable,
        "QualifiedApiName": field.name,
        "EntityDefinitionId": entity_id(sobject),
        "DeveloperName": developer_name(field.name),
        "MasterLabel": field.label,
        "Label": field.label,
        "Length": described["length"],
        "ValueTypeId": "id" if field.type == "reference" else field.type,
        "ExtraTypeInfo": field.extra_type_info,
        "IsCalculated": described["calculated"],
        "IsHtmlFormatted": field.html_formatted,
        "IsNameField": described["nameField"],
        "IsNillable": field.nillable,
        "IsWorkflowFilterable": field.filterable,
        "IsCompactLayoutable": field.type != "base64" and not field.is_long,
        "Precision": field.precision,
        "Scale": field.scale,
        "IsApiFilterable": field.filterable,
        "IsApiSortable": field.sortable,
        "IsApiGroupable": field.groupable,
        "IsListVisible": field.type not in ("base64", *COMPOUND_TYPES),
        "RelationshipName": field.relationship_name,
        "ReferenceTo": json.dumps({"referenceTo": described["referenceTo"] or None}),
        "IsCompound": field.type in COMPOUND_TYPES
        or any(one.compound_field_name == field.name for one in sobject.fields),
    }


def _holder(sobject: SObject, field: Field) -> Field:
    """Return the field that a field is a part of, or itself."""
    held = sobject.field(field.compound_field_name) if field.compound_field_name else None
    return held or field


def _picklist_values(source: Described) -> Iterator[Row]:
    for sobject, field, described in source.fields():
        particle = field_id(sobject, field)
        for value in described["picklistValues"]:
            durable = f"{particle}.{value['value']}"
            yield {
                "Id": durable,
                "DurableId": durable,
                "Value": value["value"],
                "Label": value["label"],
                "IsDefaultValue": value["defaultValue"],
                "IsActive": value["active"],
                "ValidFor": value["validFor"],
                "EntityParticleId": particle,
            }


def _custom_objects(described: Described) -> Iterator[Row]:
    for sobject in filter(lambda one: one.custom, described.sobjects()):
        yield {
            "Id": custom_object_id(sobject),
            "DeveloperName": developer_name(sobject.name),
            "SharingModel": OWNED_SHARING,
            "Language": "en_US",
            "ManageableState": "unmanaged",
        }


def _custom_fields(described: Described) -> Iterator[Row]:
    for sobject in described.sobjects():
        for field in filter(lambda one: one.custom, sobject.fields):
            yield {
                "Id": custom_field_id(sobject, field),
                "EntityDefinitionId": entity_id(sobject),
                "TableEnumOrId": custom_object_id(sobject) if sobject.custom else sobject.name,
                "DeveloperName": developer_name(field.name),
                "Length": field.length,
                "Precision": field.precision,
                "Scale": field.scale,
                "InlineHelpText": field.inline_help_text,
                "ManageableState": "unmanaged",
            }


_SOURCES: Final[dict[str, Callable[[Described], Iterator[Row]]]] = {
    "EntityDefinition": _entities,
    "FieldDefinition": _field_definitions,
    "EntityParticle": _particles,
    "PicklistValueInfo": _picklist_values,
    "CustomObject": _custom_objects,
    "CustomField": _custom_fields,
}
