"""The sections of a page layout, computed from the fields of a type.

A section has rows, a row has items, an item has components: fields, and what stands between them (SOAP API Developer Guide,
"DescribeLayoutResult"; a recorded section is in wso2/docs-ei, Salesforce REST Connector). In a detail layout the parts of an address or a
name are one item and the date of a change stands beside its user; in an edit layout each part is an item of its own.
An org's own layouts are not known, so each type has one, with all its fields in the order of its describe; a guess: which
section a field is in.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from itertools import count
from typing import Any, Final

from ...schemas.field import COMPOUND_TYPES, Field, SObject
from ...schemas.ids import derive

SECTION_PREFIX: Final = "01B"
"""Key prefix of layout sections, as the User Interface API shows it."""
INFORMATION: Final = "Information"
ADDRESSES: Final = "Address Information"
DESCRIPTION: Final = "Description Information"
SYSTEM: Final = "System Information"
OWNER: Final = "OwnerId"
FIRST_EDITABLE_FOR: Final = 31.0
"""The first version with ``editableForNew`` and ``editableForUpdate`` in place of ``editable``; between the guide's 29.0 and a recorded 32.0."""
DISPLAY_LINES: Final = {"multipicklist": 4, "textarea": 6}
"""Lines of a field that takes more than one; a guess."""
_NOT_SHOWN: Final = frozenset(
    {"Id", "IsDeleted", "SystemModstamp", "LastViewedDate", "LastReferencedDate", "MasterRecordId"}
)
_AUDIT: Final = (("CreatedById", "CreatedDate"), ("LastModifiedById", "LastModifiedDate"))

Details = Callable[[Field], dict[str, Any]]
"""Describes a field."""


@dataclass(frozen=True, slots=True)
class Item:
    """What one place of a layout shows: a field, or several beside each other.

    parts: the fields that a compound field is made of.
    """

    label: str
    fields: tuple[Field, ...]
    parts: tuple[Field, ...] = ()
    is_editable: bool = True


@dataclass(frozen=True, slots=True)
class Section:
    """Items under a heading."""

    heading: str
    items: tuple[Item, ...]
    columns: int = 2


class Sections:
    """Writes the sections of one layout; fields are numbered in tab order, down the columns."""

    def __init__(self, layout_id: str | None, details: Details, version: float) -> None:
        self._layout_id = layout_id
        self._details = details
        self._version = version
        self._tabs = count(1)

    def written(self, sections: Iterable[Section], *, is_detail: bool) -> list[dict[str, Any]]:
        """Return sections as a describe has them; one without items is left out."""
        found = [section for section in sections if section.items]
        return [
            self.section(section, use_heading=not is_detail or number > 0, is_detail=is_detail)
            for number, section in enumerate(found)
        ]

    def section(self, section: Section, *, use_heading: bool, is_detail: bool) -> dict[str, Any]:
        """Return one section as a describe has it."""
        rows = -(-len(section.items) // section.columns)
        columns = [
            [self.item(item) for item in section.items[rows * number : rows * (number + 1)]]
            for number in range(section.columns)
        ]
        layout_rows = [
            {
                "layoutItems": [column[row] if row < len(column) else self._item("", [], None) for column in columns],
                "numItems": section.columns,
            }
            for row in range(rows)
        ]
        kind = "detail" if is_detail else "edit"
        identified = self._layout_id and derive(SECTION_PREFIX, self._layout_id, kind, section.heading)
        return {
            "collapsed": False,
            "columns": section.columns,
            "heading": section.heading or None,
            "layoutRows": layout_rows,
            "layoutSectionId": identified,
            "parentLayoutId": self._layout_id,
            "rows": rows,
            "tabOrder": "TopToBottom",
            "useCollapsibleSection": False,
            "useHeading": use_heading,
        }

    def item(self, item: Item, *, editable: bool = True) -> dict[str, Any]:
        """Return an item as a describe has it."""
        components: list[dict[str, Any]] = []
        for field in item.fields:
            if components:
                components.append(self._component("Separator", ", ", None, 1))
            components.append(self.field(field, item.parts))
        return self._item(item.label, components, item if editable and item.is_editable else None)

    def field(self, field: Field, parts: tuple[Field, ...] = ()) -> dict[str, Any]:
        """Return the component that shows a field, a compound one with the components of its parts."""
        component = self._component("Field", field.name, self._details(field), _lines(field))
        if not parts:
            return component
        below = [self._component("Field", part.name, self._details(part), _lines(part)) for part in parts]
        return {**component, "components": below, "fieldType": "personname" if field.name == "Name" else field.type}

    def _component(self, type_: str, value: str, details: dict[str, Any] | None, lines: int) -> dict[str, Any]:
        return {"details": details, "displayLines": lines, "tabOrder": next(self._tabs), "type": type_, "value": value}

    def _item(self, label: str, components: list[dict[str, Any]], editable: Item | None) -> dict[str, Any]:
        fields = () if editable is None else editable.parts or editable.fields
        new, update = any(field.createable for field in fields), any(field.updateable for field in fields)
        flags = {"editableForNew": new, "editableForUpdate": update}
        if self._version < FIRST_EDITABLE_FOR:
            flags = {"editable": new or update}
        return flags | {
            "label": label,
            "layoutComponents": components,
            "placeholder": not components,
            "required": any(is_required(field) for field in fields),
        }


def is_required(field: Field) -> bool:
    """Tell whether a page asks for a value: the field cannot be empty, and nobody fills it in."""
    return not field.nillable and field.createable and not field.defaulted_on_create and field.type != "boolean"


def detail_sections(sobject: SObject) -> list[Section]:
    """Return what the detail page of a type shows."""
    grouped: dict[str, list[Item]] = {heading: [] for heading in (INFORMATION, ADDRESSES, DESCRIPTION)}
    audit = {name for pair in _AUDIT for name in pair}
    for field in sobject.fields:
        if field.name in audit or field.name in _NOT_SHOWN or field.type == "base64" or is_part(sobject, field):
            continue
        grouped[_group(field)].append(_item(sobject, field))
    system = [
        Item(_label(sobject, found[0]), tuple(found), is_editable=False)
        for pair in _AUDIT
        if (found := [one for name in pair if (one := sobject.field(name))])
    ]
    first = INFORMATION if sobject.custom else f"{sobject.label} {INFORMATION}"
    return [
        Section(first, tuple(grouped[INFORMATION])),
        Section(ADDRESSES, tuple(grouped[ADDRESSES])),
        Section(DESCRIPTION, tuple(grouped[DESCRIPTION]), columns=1),
        Section(SYSTEM, tuple(system)),
    ]


def edit_sections(sobject: SObject) -> list[Section]:
    """Return what the edit page of a type shows: what somebody can write."""
    return [
        replace(section, items=tuple(one for item in section.items for one in _apart(sobject, item)))
        for section in detail_sections(sobject)
        if section.heading != SYSTEM
    ]


def is_part(sobject: SObject, field: Field) -> bool:
    """Tell whether a field is shown within a compound one."""
    return (
        field.compound_field_name not in (None, field.name)
        and sobject.field(field.compound_field_name or "") is not None
    )


def item_of(sobject: SObject, name: str) -> Item | None:
    """Return the item of one field, if the type has it."""
    field = sobject.field(name)
    return _item(sobject, field) if field else None


def _item(sobject: SObject, field: Field) -> Item:
    parts = tuple(part for part in sobject.fields if part.compound_field_name == field.name and part is not field)
    # The owner is changed on a page of its own; recorded: neither new nor updated records let him be edited.
    return Item(_label(sobject, field), (field,), parts, is_editable=field.name != OWNER)


def _apart(sobject: SObject, item: Item) -> list[Item]:
    written = item.parts or item.fields
    return [
        Item(_label(sobject, field), (field,))
        for field in written
        if item.is_editable and (field.createable or field.updateable)
    ]


def _group(field: Field) -> str:
    if field.type == "address":
        return ADDRESSES
    return DESCRIPTION if field.is_long and field.type not in COMPOUND_TYPES else INFORMATION


def _label(sobject: SObject, field: Field) -> str:
    """Return the label of a field on a page. A guess: that of a reference without its ``ID``, the owner with the type's name."""
    if field.name == OWNER:
        return f"{sobject.label} Owner"
    if field.type == "reference" and field.label.endswith(" ID"):
        return field.label.removesuffix(" ID")
    return field.label


def _lines(field: Field) -> int:
    if field.type == "multipicklist" and field.precision:
        return field.precision
    return DISPLAY_LINES.get(field.type, 1)
