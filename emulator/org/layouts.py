"""Page layouts of types (REST guide, "sObject Layouts"; SOAP API Developer Guide, "DescribeLayoutResult").

`Layouts.result` and `Layouts.whole` return ::

    {"layouts": [layout] or None,
     "recordTypeMappings": [{"active", "available", "defaultRecordTypeMapping", "developerName", "layoutId", "master", "name",
                             "picklistsForRecordType": [{"picklistName", "picklistValues": [as in a describe]}],
                             "recordTypeId", "urls": {"layout"}}],
     "recordTypeSelectorRequired": [bool]}

and `Layouts.layout` one layout ::

    {"buttonLayoutSection": {"detailButtons": [button]} or None, "detailLayoutSections": [section],
     "editLayoutSections": [section], "feedView": None, "highlightsPanelLayoutSection": None, "id": "00h…",
     "multirowEditLayoutSections": [], "offlineLinks": [], "quickActionList": {"quickActionListItems": [item]},
     "relatedContent": None, "relatedLists": [related list], "saveOptions": []}

    section: {"collapsed", "columns", "heading", "layoutRows": [{"layoutItems": [item], "numItems"}], "layoutSectionId",
              "parentLayoutId", "rows", "tabOrder", "useCollapsibleSection", "useHeading"}
    item: {"editableForNew", "editableForUpdate", "label", "layoutComponents": [component], "placeholder", "required"};
          "editable" in place of the first two before 31.0
    component: {"details": a field's describe or None, "displayLines", "tabOrder", "type": "Field" or "Separator", "value"};
               a compound field has "components" and "fieldType" besides
    related list: {"accessLevelRequiredForCreate", "buttons", "columns": [{"field", "fieldApiName", "format", "label",
                   "lookupId", "name", "sortable"}], "custom", "field", "label", "limitRows", "name", "sobject", "sort"}

All record types of a type share its one layout: which layout a profile has for which record type is not known. Ids depend on the
type's name alone.
"""

from typing import Any, Final

from ...schemas.field import ChildRelationship, Field, SObject
from ...schemas.ids import InvalidId, derive, normalize
from ..errors import OrgError, not_found
from .caller import Caller
from .describe import MASTER, NAMED_LAYOUTS, Describe
from .describe_field import picklist_entries
from .layout_sections import Section, Sections, detail_sections, edit_sections, item_of
from .quick_actions import QuickActions
from .records import Records
from .visible import visible

LAYOUT_PREFIX: Final = "00h"
GLOBAL: Final = "Global"
"""What stands for a type in the address of the layouts of pages that belong to none."""
ROWS_OF_RELATED_LISTS: Final = 5
_PICKLISTS: Final = frozenset({"picklist", "multipicklist"})
_USER_SECTIONS: Final = (
    ("About", ("Name", "Title", "CompanyName", "ManagerId", "AboutMe", "Address")),
    ("Contact", ("Email", "Phone", "MobilePhone", "Extension", "Fax")),
)
"""Sections of ``UserAlt``; the first heading is recorded, the rest is a guess."""
_FORMATS: Final = frozenset({"date", "datetime", "currency", "percent", "phone"})
_BUTTONS: Final = (("Edit", "Edit", "update"), ("Delete", "Delete", "delete"), ("Clone", "Clone", "create"))
"""Buttons of a detail page, and the call that the type must support."""

_UNSET: Final = "behavior colors content contentSource encoding height icons url width windowPosition".split()
_NO: Final = "custom menubar overridden resizeable scrollbars showsLocation showsStatus toolbar".split()
"""Keys of a button that only an org's own buttons fill."""


class Layouts:
    """Describe the pages of types to a caller. Raises NOT_FOUND for a type that he does not see."""

    def __init__(self, describe: Describe, records: Records, quick_actions: QuickActions) -> None:
        self._describe = describe
        self._records = records
        self._actions = quick_actions

    def result(self, caller: Caller, sobject_name: str, origin: str = "") -> dict[str, Any]:
        """Return layouts and record types; where there are several record types, each has its layout at its own address.

        A guess: that the master counts, so that one record type besides it makes several.
        """
        found = self.whole(caller, sobject_name, origin)
        if len(found["recordTypeMappings"]) > 1:
            found["layouts"] = None
        return found

    def whole(
        self, caller: Caller, sobject_name: str, origin: str = "", record_type_ids: tuple[str, ...] = ()
    ) -> dict[str, Any]:
        """Return layouts and record types, with the layouts in any case; of all record types, or of those with an id."""
        sobject = self._paged(caller, sobject_name)
        mappings = self._mappings(caller, sobject)
        choices = [one for one in mappings if one["available"] and not one["master"]]
        if record_type_ids:
            wanted = {_record_type_id(id_) for id_ in record_type_ids}
            mappings = [one for one in mappings if one["recordTypeId"] in wanted]
        return {
            "layouts": [self._layout(caller, sobject, origin)],
            "recordTypeMappings": mappings,
            "recordTypeSelectorRequired": [len(choices) > 1],
        }

    def layout(self, caller: Caller, sobject_name: str, record_type_id: str, origin: str = "") -> dict[str, Any]:
        """Return the layout of one record type."""
        sobject = self._paged(caller, sobject_name)
        id18 = _record_type_id(record_type_id)
        if all(one["recordTypeId"] != id18 for one in self._describe.record_types(caller, sobject)):
            raise not_found()
        return self._layout(caller, sobject, origin)

    def named(self, caller: Caller, sobject_name: str, layout_name: str, origin: str = "") -> dict[str, Any]:
        """Return the layouts of a name."""
        sobject = self._paged(caller, sobject_name)
        known = {name.lower(): name for name in NAMED_LAYOUTS.get(sobject.name, ())}
        name = known.get(layout_name.lower())
        if name is None:
            raise not_found()
        sections = [
            Section(heading, tuple(item for field in fields if (item := item_of(sobject, field))))
            for heading, fields in _USER_SECTIONS
        ]
        return {
            "layouts": [self._layout(caller, sobject, origin, name, sections)],
            "recordTypeMappings": self._mappings(caller, sobject, name),
            "recordTypeSelectorRequired": [False],
        }

    def global_publisher(self, caller: Caller, origin: str = "") -> dict[str, Any]:
        """Return the layout of pages that belong to no type: its quick actions."""
        layout = _empty(derive(LAYOUT_PREFIX, GLOBAL)) | {"quickActionList": self._action_list(caller, origin)}
        return {"layouts": [layout], "recordTypeMappings": [], "recordTypeSelectorRequired": [False]}

    def _paged(self, caller: Caller, sobject_name: str) -> SObject:
        sobject = self._records.sobject(caller, sobject_name)
        if not sobject.supports("describeLayout"):
            # Chrome-Salesforce-inspector#61
            raise OrgError("INVALID_ARGUMENT_TYPE", "Cannot get layout for non-layoutable entity")
        return sobject

    def _layout(
        self, caller: Caller, sobject: SObject, origin: str, name: str = "", sections: list[Section] | None = None
    ) -> dict[str, Any]:
        id_ = _layout_id(sobject, name)
        pages = Sections(id_, lambda field: self._describe.field(sobject, field), caller.number)
        detail = detail_sections(sobject) if sections is None else sections
        edit = edit_sections(sobject) if sections is None else []
        return _empty(id_) | {
            "buttonLayoutSection": {
                "detailButtons": [button(name, label) for name, label, call in _BUTTONS if sobject.supports(call)]
            },
            "detailLayoutSections": pages.written(detail, is_detail=True),
            "editLayoutSections": pages.written(edit, is_detail=False),
            "quickActionList": self._action_list(caller, origin),
            "relatedLists": [] if name else self._related_lists(caller, sobject),
        }

    def _action_list(self, caller: Caller, origin: str) -> dict[str, Any]:
        return {"quickActionListItems": self._actions.items(caller, origin)}

    def _mappings(self, caller: Caller, sobject: SObject, layout_name: str = "") -> list[dict[str, Any]]:
        rows = {row.id: row for row in self._records.record_types.rows(sobject)}
        mappings = []
        for info in self._describe.record_types(caller, sobject):
            row = rows.get(info["recordTypeId"], MASTER)
            narrowed = self._records.record_types.picklists(sobject, row)
            picklists = [
                {
                    "picklistName": field.name,
                    "picklistValues": _values(sobject, field, narrowed.get(field.name.lower())),
                }
                for field in sobject.fields
                if field.type in _PICKLISTS
            ]
            mapping = {**info, "layoutId": _layout_id(sobject, layout_name), "picklistsForRecordType": picklists}
            mappings.append(dict(sorted(mapping.items())))
        return mappings

    def _related_lists(self, caller: Caller, sobject: SObject) -> list[dict[str, Any]]:
        """Return a list for each child relationship with a name whose records have pages themselves."""
        found = (
            (child, visible(self._records, caller, child.child_sobject))
            for child in sobject.child_relationships
            if child.relationship_name
        )
        return [
            _related_list(child, records)
            for child, records in found
            if records and records.supports("describeLayout") and records.field(child.field)
        ]


def button(name: str, label: str) -> dict[str, Any]:
    """Return a standard button of a page as a describe has it."""
    unset = dict.fromkeys(_UNSET)
    no = dict.fromkeys(_NO, False)
    return dict(sorted((unset | no | {"label": label, "name": name}).items()))


def _empty(id_: str) -> dict[str, Any]:
    return {
        "buttonLayoutSection": None,
        "detailLayoutSections": [],
        "editLayoutSections": [],
        "feedView": None,
        "highlightsPanelLayoutSection": None,
        "id": id_,
        "multirowEditLayoutSections": [],
        "offlineLinks": [],
        "quickActionList": None,
        "relatedContent": None,
        "relatedLists": [],
        "saveOptions": [],
    }


def _layout_id(sobject: SObject, name: str) -> str:
    return derive(LAYOUT_PREFIX, sobject.name, name)


def _record_type_id(given: str) -> str:
    try:
        return normalize(given)
    except InvalidId:
        raise not_found() from None


def _values(sobject: SObject, field: Field, narrowed: tuple[Any, ...] | None) -> list[dict[str, Any]]:
    """Return the active values of a picklist, those that a record type leaves of them with its default."""
    entries = [entry for entry in picklist_entries(sobject, field) if entry["active"]]
    if narrowed is None:
        return entries
    left = {one.value: one.default for one in narrowed}
    return [{**entry, "defaultValue": left[entry["value"]]} for entry in entries if entry["value"] in left]


def _related_list(child: ChildRelationship, records: SObject) -> dict[str, Any]:
    name = records.name_field
    created = records.field("CreatedDate")
    return {
        "accessLevelRequiredForCreate": None,
        "buttons": [button("New", "New")] if records.supports("create") else [],
        "columns": [_column(records, field) for field in (name, created) if field],
        "custom": records.custom,
        "field": child.field,
        "label": records.label_plural,
        "limitRows": ROWS_OF_RELATED_LISTS,
        "name": child.relationship_name,
        "sobject": records.name,
        "sort": [{"ascending": True, "column": f"{records.name}.{name.name}"}] if name else [],
    }


def _column(records: SObject, field: Field) -> dict[str, Any]:
    is_name = field is records.name_field
    return {
        "field": f"{records.name}.{field.name}",
        "fieldApiName": field.name,
        "format": field.type if field.type in _FORMATS else None,
        "label": field.label,
        "lookupId": f"{records.name}.Id" if is_name else None,
        "name": field.name,
        "sortable": field.sortable,
    }
