"""SFDX source as descriptor documents: ``objects/<Name>/…`` and ``globalValueSets/…``."""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote

from ..errors import UsageError
from .fields import ValueSets, field_documents_of, picklist_values
from .xml import Element, parse

SOURCE_SUFFIX: Final = "-meta.xml"
KINDS: Final = {
    ".object-meta.xml": "CustomObject",
    ".field-meta.xml": "CustomField",
    ".recordType-meta.xml": "RecordType",
    ".validationRule-meta.xml": "ValidationRule",
    ".listView-meta.xml": "ListView",
    ".globalValueSet-meta.xml": "GlobalValueSet",
}
"""Kinds of file that are read; layouts, web links and all else of a project are not schema."""
_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,79}\Z")
_CUSTOM: Final = "__c"
_OTHER_KINDS: Final = {
    "__e": "platform events",
    "__mdt": "custom metadata types",
    "__x": "external objects",
    "__b": "big objects",
}
_HARMLESS: Final = frozenset(
    "actionOverrides allowInChatterGroups articleTypeChannelDisplay businessProcesses compactLayoutAssignment"
    " compactLayouts deploymentStatus deprecated description enableActivities enableBulkApi enableChangeDataCapture"
    " enableDataLoss enableEnhancedLookup enableFeeds enableHistory enableLicensing enableReports enableSearch"
    " enableSharing enableStreamingApi externalSharingModel fieldSets gender household historyRetentionPolicy indexes"
    " label listViews nameField pluralLabel profileSearchLayouts recordTypeTrackFeedHistory recordTypeTrackHistory"
    " searchLayouts sharingModel sharingReasons sharingRecalculations startsWith visibility webLinks".split()
)  # fmt: skip
_NAME_FIELD: Final = frozenset({"displayFormat", "label", "type", "startingNumber", "trackFeedHistory", "trackHistory"})
_RECORD_TYPE: Final = frozenset(
    {"fullName", "active", "label", "description", "picklistValues", "businessProcess", "compactLayoutAssignment"}
)


@dataclass(slots=True)
class _Source:
    """What the files of one object say."""

    name: str
    whole: Element | None = None
    fields: list[dict[str, Any]] = field(default_factory=list)
    record_types: list[dict[str, Any]] = field(default_factory=list)
    list_views: list[dict[str, Any]] = field(default_factory=list)


def source_documents(files: list[tuple[Path, bytes]]) -> list[dict[str, Any]]:
    """Return the documents of the objects that metadata files describe, by name. Raises `UsageError`."""
    parsed: list[tuple[str, str, Element]] = []
    for path, raw in files:
        kind = next((suffix for suffix in KINDS if path.name.endswith(suffix)), None)
        if kind is not None:
            name = path.name.removesuffix(kind)
            if not _NAME.match(name):
                raise UsageError(f"objects: {path}: {name!r} is no name of a {KINDS[kind]}")
            parsed.append((kind, name, parse(raw, path, KINDS[kind])))
    value_sets: ValueSets = {
        name.removesuffix("__gvs").lower(): picklist_values(element, "customValue")
        for kind, name, element in parsed
        if kind == ".globalValueSet-meta.xml"
    }
    sources: dict[str, _Source] = {}
    for kind, name, element in parsed:
        if kind != ".globalValueSet-meta.xml":
            _take(sources, kind, name, element, value_sets)
    return [_document(source) for _, source in sorted(sources.items())]


def _take(sources: dict[str, _Source], kind: str, name: str, element: Element, value_sets: ValueSets) -> None:
    folder = element.file.parent
    owner = name if kind == ".object-meta.xml" else folder.parent.name
    for ending, what in _OTHER_KINDS.items():
        if owner.endswith(ending):
            raise element.wrong(f"{what} are not emulated; leave {owner} out")
    source = sources.setdefault(owner.lower(), _Source(owner))
    if kind == ".object-meta.xml":
        source.whole = element
    elif kind == ".recordType-meta.xml":
        source.record_types.append(_record_type(element, name))
    elif kind == ".listView-meta.xml":
        source.list_views.append(_list_view(element, name))
    elif kind == ".validationRule-meta.xml":
        if element.flag("active"):
            raise element.wrong(f"the validation rule {name} would not be checked; deactivate it or leave it out")
    elif name.endswith(_CUSTOM):
        given = element.text("fullName")
        if given is not None and given != name:
            raise element.wrong(f"fullName is {given!r}, and the file's name says {name!r}")
        source.fields += field_documents_of(element, name, value_sets)
    # A standard field's file says again what the platform says: its history, its label.


def _document(source: _Source) -> dict[str, Any]:
    document: dict[str, Any] = {"name": source.name, "fields": source.fields, "recordTypes": source.record_types}
    views = source.list_views
    if source.whole is not None:
        source.whole.only(_HARMLESS)
        views = [*(_list_view(one, one.text("fullName") or "") for one in source.whole.all("listViews")), *views]
    if views:
        document["listViews"] = views
    if not source.name.endswith(_CUSTOM):
        return document | {"extends": True}
    if source.whole is None:
        return document | {"extends": True}
    whole = source.whole
    if label := whole.text("label"):
        document["label"] = label
    if plural := whole.text("pluralLabel"):
        document["labelPlural"] = plural
    if whole.text("sharingModel") == "ControlledByParent" or any(_is_master(one) for one in source.fields):
        document["owned"] = False
    document["fields"] = [_name_field(whole), *source.fields]
    return document


def _is_master(document: dict[str, Any]) -> bool:
    return document.get("cascadeDelete") is True and document.get("nillable") is False


def _name_field(whole: Element) -> dict[str, Any]:
    element = whole.first("nameField")
    if element is None:
        raise whole.wrong("nameField is missing: a custom object has one")
    element.only(_NAME_FIELD, "nameField: ")
    type_ = element.text("type")
    document: dict[str, Any] = {
        "name": "Name", "label": element.text("label") or "Name", "type": "string", "length": 80, "idLookup": True,
    }  # fmt: skip
    if type_ == "AutoNumber":
        return document | {
            "autoNumber": True,
            "createable": False,
            "updateable": False,
            "nillable": False,
            "defaultedOnCreate": True,
            "displayFormat": element.text("displayFormat") or "{0}",
            "startingNumber": element.number("startingNumber") or 0,
        }
    if type_ != "Text":
        raise whole.wrong(f"nameField is of type Text or AutoNumber, not {type_}")
    return document


def _list_view(element: Element, name: str) -> dict[str, Any]:
    """Return a list view; who shares it and in which language it was written is passed over."""
    filters = [
        {"field": one.text("field") or "", "operation": one.text("operation") or "", "value": one.text("value")}
        for one in element.all("filters")
    ]
    columns = [value for one in element.all("columns") if (value := one.value())]
    return {
        "developerName": name,
        "label": element.text("label") or name,
        "columns": columns,
        "filterScope": element.text("filterScope"),
        "filters": filters,
        "booleanFilter": element.text("booleanFilter"),
    }


def _record_type(element: Element, name: str) -> dict[str, Any]:
    element.only(_RECORD_TYPE, f"the record type {name}: ")
    picklists: dict[str, list[dict[str, Any]]] = {}
    for entry in element.all("picklistValues"):
        picklist = entry.text("picklist")
        if picklist is None or picklist in picklists:
            raise element.wrong(f"the record type {name}: picklistValues has a picklist of its own, not {picklist!r}")
        picklists[picklist] = [
            {"value": unquote(value.text("fullName") or ""), "default": value.flag("default")}
            for value in entry.all("values")
        ]
    return {
        "developerName": name,
        "name": element.text("label") or name,
        "active": element.flag("active"),
        "description": element.text("description"),
        "picklistValues": picklists,
    }
