"""The package that an admin deploys before a load: SFDX source of the custom fields, the custom objects and a permission set.

`sf project deploy start --source-dir FOLDER` brings it into an org; `chatlift serve --objects FOLDER` into an emulated one.
Elements: Metadata API Developer Guide, "CustomObject", "CustomField", "PermissionSet".
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from ..transform.names import AGENT_SESSION, SOURCE_ROW
from .carriers import ENTRY_ID, MESSAGE, OF_SESSION
from .target import Target

PERMISSION_SET = "ChatLift_Migration"
BODY_FIELD = "Legacy_Body__c"
API_VERSION = "64.0"
_NAMESPACE = "http://soap.sforce.com/2006/04/metadata"
_TEXT: Mapping[str, Any] = {"type": "string", "length": 18}
_TIME: Mapping[str, Any] = {"type": "datetime"}
_AUDIT: Mapping[str, Mapping[str, Any]] = {
    "Legacy_Created_Date__c": _TIME,
    "Legacy_Created_By_Id__c": _TEXT,
    "Legacy_Last_Modified_Date__c": _TIME,
    "Legacy_Last_Modified_By_Id__c": _TEXT,
}
"""Where audit fields go that the org does not let be set."""
_BESIDES: Mapping[str, Mapping[str, Mapping[str, Any]]] = {
    "MessagingSession": {
        **_AUDIT,
        "Legacy_Case_Id__c": _TEXT,
        "Legacy_Lead_Id__c": _TEXT,
        "Legacy_Owner_Id__c": _TEXT,
    },
    "MessagingEndUser": {
        **_AUDIT,
        "Legacy_Account_Id__c": _TEXT,
        "Legacy_Contact_Id__c": _TEXT,
        "Legacy_Lead_Id__c": _TEXT,
    },
    AGENT_SESSION: {**_AUDIT, "Legacy_Owner_Id__c": _TEXT, "Legacy_Agent_Id__c": _TEXT},
}
_UNNEEDED = frozenset({SOURCE_ROW})
_OBJECTS = ("MessagingEndUser", "MessagingSession", AGENT_SESSION, MESSAGE)
_MESSAGE_FIELDS: Mapping[str, Mapping[str, Any]] = {
    ENTRY_ID: {"type": "string", "length": 18, "unique": True, "externalId": True},
    OF_SESSION: {"type": "reference", "referenceTo": ["MessagingSession"], "children": "Legacy_Chat_Messages"},
    "Sequence__c": {"type": "int", "digits": 9},
    "Entry_Time__c": _TIME,
    "Entry_Type__c": {"type": "string", "length": 40},
    "Actor_Type__c": {"type": "string", "length": 40},
    "Actor_Name__c": {"type": "textarea", "length": 650},
    "Text__c": {"type": "textarea", "length": 131072},
}
_LABELS = {
    AGENT_SESSION: ("Legacy Agent Session", "Legacy Agent Sessions"),
    MESSAGE: ("Legacy Chat Message", "Legacy Chat Messages"),
}


@dataclass(frozen=True, slots=True)
class Package:
    """Custom fields by object, each with its type."""

    fields: Mapping[str, Mapping[str, Mapping[str, Any]]]

    def missing(self, target: Target, needed: Iterable[str]) -> list[str]:
        """Return what of some objects the target has not: objects, and fields as `Object.Field`."""
        lacking: list[str] = []
        for name in needed:
            told = target.described(name)
            if told is None:
                lacking.append(name)
                continue
            found = {column.lower() for column in told.columns}
            lacking += [f"{name}.{field}" for field in self.fields.get(name, {}) if field.lower() not in found]
        return lacking

    def unwritable(self, target: Target, needed: Iterable[str]) -> list[str]:
        """Return the fields that the target has and that the token's user may not write."""
        return [
            f"{name}.{field}"
            for name in needed
            if (told := target.described(name)) is not None
            for field in self.fields.get(name, {})
            if field in told.columns and not told.columns[field].is_createable
        ]


def package_of(documents: Sequence[Mapping[str, Any]], carriers: Sequence[str]) -> Package:
    """Return the package for the custom fields that a migration writes (`objects.json`) and its carriers of text."""
    fields: dict[str, dict[str, Mapping[str, Any]]] = {name: {} for name in _OBJECTS}
    for document in documents:
        held = fields.get(document["name"])
        if held is not None:
            for field in document["fields"]:
                if field["name"].endswith("__c") and field["name"] not in _UNNEEDED:
                    held[field["name"]] = field
    for name, besides in _BESIDES.items():
        for field_name, form in besides.items():
            fields[name].setdefault(field_name, form)
    if "field" in carriers:
        fields["MessagingSession"][BODY_FIELD] = {"type": "textarea", "length": 131072}
    fields[MESSAGE] = dict(_MESSAGE_FIELDS)
    return Package(fields)


def write_package(package: Package, folder: Path) -> None:
    """Write the SFDX source anew."""
    if folder.exists():
        shutil.rmtree(folder)
    base = folder / "force-app" / "main" / "default"
    for name, fields in package.fields.items():
        place = base / "objects" / name / "fields"
        place.mkdir(parents=True)
        if name.endswith("__c"):
            _write(base / "objects" / name / f"{name}.object-meta.xml", "CustomObject", _object(name))
        for field, form in fields.items():
            _write(place / f"{field}.field-meta.xml", "CustomField", _field(field, form))
    sets = base / "permissionsets"
    sets.mkdir(parents=True)
    _write(sets / f"{PERMISSION_SET}.permissionset-meta.xml", "PermissionSet", _permission_set(package))
    project = {"packageDirectories": [{"path": "force-app", "default": True}], "sourceApiVersion": API_VERSION}
    (folder / "sfdx-project.json").write_text(json.dumps(project, indent=2) + "\n", "utf-8")


def _object(name: str) -> list[str]:
    label, plural = _LABELS[name]
    number = "LAS" if name == AGENT_SESSION else "LCM"
    name_field = (
        [_tag("label", "Name"), _tag("type", "Text")]
        if name == AGENT_SESSION
        else [_tag("displayFormat", f"{number}-{{00000000}}"), _tag("label", "Number"), _tag("type", "AutoNumber")]
    )
    return [
        _tag("deploymentStatus", "Deployed"),
        _tag("label", label),
        f"<nameField>{''.join(name_field)}</nameField>",
        _tag("pluralLabel", plural),
        _tag("sharingModel", "ReadWrite"),
    ]


def _field(name: str, form: Mapping[str, Any]) -> list[str]:
    label = name.removesuffix("__c").replace("_", " ")[:40]
    lines = [_tag("fullName", name)]
    kind, length = form["type"], int(form.get("length") or 0)
    if kind == "boolean":
        return [*lines, _tag("defaultValue", "false"), _tag("label", label), _tag("type", "Checkbox")]
    if kind == "reference":
        children = form.get("children") or f"Legacy_{name.removesuffix('__c')}_Rows"
        lines += [
            _tag("deleteConstraint", "SetNull"),
            _tag("label", label),
            _tag("referenceTo", form["referenceTo"][0]),
        ]
        return [
            *lines,
            _tag("relationshipLabel", children.replace("_", " ")),
            _tag("relationshipName", children),
            _tag("type", "Lookup"),
        ]
    if form.get("externalId"):
        lines += [_tag("caseSensitive", "true"), _tag("externalId", "true")]
    lines.append(_tag("label", label))
    if kind == "int":
        return [*lines, _tag("precision", "18"), _tag("scale", "0"), _tag("type", "Number")]
    if kind == "datetime":
        return [*lines, _tag("type", "DateTime")]
    if length > 255:
        return [*lines, _tag("length", str(length)), _tag("type", "LongTextArea"), _tag("visibleLines", "3")]
    lines.append(_tag("length", str(length or 255)))
    lines.append(_tag("type", "Text"))
    return [*lines, _tag("unique", "true")] if form.get("unique") else lines


def _permission_set(package: Package) -> list[str]:
    """Rights on all fields and objects; fields that are required or universal need none and there are none of these."""
    lines = [_tag("description", "What the user who loads legacy chats needs"), _tag("hasActivationRequired", "false")]
    lines += [
        f"<fieldPermissions>{_tag('editable', 'true')}{_tag('field', f'{name}.{field}')}{_tag('readable', 'true')}</fieldPermissions>"
        for name, fields in package.fields.items()
        for field in fields
    ]
    lines.append(_tag("label", PERMISSION_SET.replace("_", " ")))
    for name in package.fields:
        calls = "".join(_tag(f"allow{call}", "true") for call in ("Create", "Delete", "Edit", "Read"))
        all_records = _tag("modifyAllRecords", "true") + _tag("object", name) + _tag("viewAllRecords", "true")
        lines.append(f"<objectPermissions>{calls}{all_records}</objectPermissions>")
    return lines


def _tag(name: str, text: str) -> str:
    return f"<{name}>{escape(text)}</{name}>"


def _write(path: Path, root: str, lines: Sequence[str]) -> None:
    body = "\n".join(f"    {line}" for line in lines)
    path.write_text(
        f'<?xml version="1.0" encoding="UTF-8"?>\n<{root} xmlns="{_NAMESPACE}">\n{body}\n</{root}>\n', "utf-8"
    )
