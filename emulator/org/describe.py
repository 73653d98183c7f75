"""Describes: what the org's types and fields are, in the words of the REST API.

The keys are those of recorded describes of v48 to v59 (SFDO-Tooling/CumulusCI cassettes).
"""

from typing import Any, Final

from ...schemas.field import Field, SObject
from ...schemas.ids import MASTER_RECORD_TYPE
from .caller import Caller
from .catalog import OrgCatalog
from .describe_field import describe_field
from .record_types import RecordTypeRow, default_of
from .records import Records

MAX_BATCH: Final = 200
MASTER: Final = RecordTypeRow(MASTER_RECORD_TYPE, "Master", "Master", True)
_SCOPES: Final = (
    ("everything", "All {}"),
    ("mine", "My {}"),
    ("queue_owned", "Queue owned {}"),
    ("scopingRule", "Filter by scope"),
    ("user_owned", "User owned {}"),
)
"""Name and label, in their order (recorded for Case, SFDO-Tooling/CumulusCI); some are only for what queues own."""
_QUEUE_SCOPES: Final = frozenset({"queue_owned", "user_owned"})
NAMED_LAYOUTS: Final = {"User": ("UserAlt",)}
"""Layouts that are asked for by name; recorded for User alone (wso2/docs-ei, "sObjectNamedLayouts")."""
NAMED_LAYOUTS_SINCE: Final = 31.0
_PAGE_URLS: Final = (
    ("layouts", "describe/layouts", 28.0),
    ("compactLayouts", "describe/compactLayouts", 29.0),
    ("approvalLayouts", "describe/approvalLayouts", 30.0),
    ("quickActions", "quickActions", 28.0),
    ("listviews", "listviews", 32.0),
)
"""What a type with pages has besides, where, and since which version (REST guide, the pages of these resources)."""
_MERGEABLE: Final = frozenset({"Account", "Contact", "Lead"})


class Describe:
    """Describe types to a caller. Raises NOT_FOUND for a type that the caller's API version does not know."""

    def __init__(self, catalog: OrgCatalog, records: Records) -> None:
        self._catalog = catalog
        self._records = records

    def global_(self, caller: Caller) -> dict[str, Any]:
        """Return ``encoding``, ``maxBatchSize`` and an entry for each type, by name."""
        catalog = self._catalog.seen_by(caller)
        entries = [self._entry(caller, catalog.get(name)) for name in catalog.names(caller.number)]
        return {"encoding": "UTF-8", "maxBatchSize": MAX_BATCH, "sobjects": entries}

    def basic(self, caller: Caller, sobject_name: str) -> dict[str, Any]:
        """Return the entry of one type and the records that the caller looked at last."""
        return {"objectDescribe": self._entry(caller, self._records.sobject(caller, sobject_name)), "recentItems": []}

    def sobject(self, caller: Caller, sobject_name: str, base_url: str = "") -> dict[str, Any]:
        """Return the whole describe of a type; ``base_url`` is the scheme and host that its pages are under."""
        sobject = self._records.sobject(caller, sobject_name)
        catalog = self._catalog.current
        described = self._entry(caller, sobject)
        if sobject.key_prefix is not None and not caller.api:  # what has none has no records, and so no pages (a guess)
            described["urls"] |= {
                "uiDetailTemplate": f"{base_url}/{{ID}}",
                "uiEditTemplate": f"{base_url}/{{ID}}/e",
                "uiNewRecord": f"{base_url}/{sobject.key_prefix}/e",
                "defaultValues": f"{caller.base}/sobjects/{sobject.name}/defaultValues?recordTypeId&fields",
            }
        described |= {
            "actionOverrides": [],
            "childRelationships": [
                {
                    "cascadeDelete": child.cascade_delete,
                    "childSObject": child.child_sobject,
                    "deprecatedAndHidden": False,
                    "field": child.field,
                    "junctionIdListNames": [],
                    "junctionReferenceTo": [],
                    "relationshipName": child.relationship_name,
                    "restrictedDelete": child.restricted_delete,
                }
                for child in sorted(sobject.child_relationships, key=lambda child: (child.child_sobject, child.field))
            ],
            "compactLayoutable": sobject.supports("describeLayout"),
            "defaultImplementation": None,
            "extendedBy": None,
            "extendsInterfaces": None,
            "fields": [describe_field(sobject, field, catalog) for field in sobject.fields],
            "implementedBy": None,
            "implementsInterfaces": None,
            "listviewable": None,
            "lookupLayoutable": None,
            "namedLayoutInfos": [
                {"name": layout, "urls": {"layout": f"{described['urls']['describe']}/namedLayouts/{layout}"}}
                for layout in _named_layouts(caller, sobject)
            ],
            "networkScopeFieldName": None,
            "recordTypeInfos": self.record_types(caller, sobject),
            "searchLayoutable": sobject.supports("search"),
            "sobjectDescribeOption": "FULL",
            "supportedScopes": _scopes(sobject),
        }
        return dict(sorted(described.items()))

    def field(self, sobject: SObject, field: Field) -> dict[str, Any]:
        """Return the describe of one field of a type."""
        return describe_field(sobject, field, self._catalog.current)

    def record_types(self, caller: Caller, sobject: SObject) -> list[dict[str, Any]]:
        """Return the ``recordTypeInfos`` of a type that has pages, the master last; it is the default where it is alone."""
        return self._record_types(caller, sobject) if sobject.supports("describeLayout") else []

    def _record_types(self, caller: Caller, sobject: SObject) -> list[dict[str, Any]]:
        found = self._records.record_types.rows(sobject)
        chosen = default_of(sobject, found) or MASTER
        return [_record_type_info(caller, sobject, row, default=row.id == chosen.id) for row in (*found, MASTER)]

    def _entry(self, caller: Caller, sobject: SObject) -> dict[str, Any]:
        base = f"{caller.base}/sobjects/{sobject.name}"
        urls = {"rowTemplate": f"{base}/{{ID}}", "describe": f"{base}/describe", "sobject": base}
        has_pages = sobject.supports("describeLayout")
        if has_pages:
            urls |= {name: f"{base}/{path}" for name, path, since in _PAGE_URLS if caller.number >= since}
        if _named_layouts(caller, sobject):
            urls["namedLayouts"] = f"{base}/describe/namedLayouts/{{LayoutName}}"
        if has_pages and sobject.name == "User":
            urls["passwordUtilities"] = f"{base}/{{ID}}/password"
        return {
            "activateable": False,
            "associateEntityType": None,
            "associateParentEntity": None,
            "createable": sobject.supports("create"),
            "custom": sobject.custom,
            "customSetting": False,
            "deepCloneable": False,
            "deletable": sobject.supports("delete"),
            "deprecatedAndHidden": False,
            "feedEnabled": any(child.relationship_name == "Feeds" for child in sobject.child_relationships),
            "hasSubtypes": False,
            "isInterface": False,
            "isSubtype": False,
            "keyPrefix": sobject.key_prefix,
            "label": sobject.label,
            "labelPlural": sobject.label_plural,
            "layoutable": has_pages,
            "mergeable": sobject.name in _MERGEABLE,
            "mruEnabled": sobject.field("LastViewedDate") is not None,
            "name": sobject.name,
            "queryable": sobject.supports("query"),
            "replicateable": sobject.supports("getUpdated"),
            "retrieveable": sobject.supports("retrieve"),
            "searchable": sobject.supports("search"),
            "triggerable": sobject.whole.supports("create") and sobject.whole.supports("undelete"),
            "undeletable": sobject.supports("undelete"),
            "updateable": sobject.supports("update"),
            "urls": urls,
        }


def _named_layouts(caller: Caller, sobject: SObject) -> tuple[str, ...]:
    known = sobject.supports("describeLayout") and caller.number >= NAMED_LAYOUTS_SINCE
    return NAMED_LAYOUTS.get(sobject.name, ()) if known else ()


def _record_type_info(caller: Caller, sobject: SObject, row: RecordTypeRow, *, default: bool) -> dict[str, Any]:
    layout = f"{caller.base}/sobjects/{sobject.name}/describe/layouts/{row.id}"
    return {
        "active": row.active,
        "available": row.active,
        "defaultRecordTypeMapping": default,
        "developerName": row.developer_name,
        "master": row.id == MASTER_RECORD_TYPE,
        "name": row.name,
        "recordTypeId": row.id,
        "urls": {"layout": layout},
    }


def _scopes(sobject: SObject) -> list[dict[str, str]]:
    owner = sobject.field("OwnerId")
    if owner is None:
        return []
    plural = sobject.label_plural.lower()
    return [
        {"label": label.format(plural), "name": name}
        for name, label in _SCOPES
        if name not in _QUEUE_SCOPES or "Group" in owner.reference_to
    ]
