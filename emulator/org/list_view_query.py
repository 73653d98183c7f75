"""What a list view shows: its columns and its SOQL, from how it was described and the types that the caller knows."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from ...schemas.field import Field, ListView, SObject
from .list_conditions import NONE, Condition, NotSoql, combined, leaf, together

Find = Callable[[str], SObject | None]
MOST_STEPS: Final = 5
HIDDEN: Final = ("Id", "CreatedDate", "LastModifiedDate", "SystemModstamp")
"""What every view reads besides its columns (REST guide, "List View Describe")."""
SCOPES: Final = {"everything": "everything", "mine": "mine", "mru": "mru"}
DIRECTIONS: Final = {
    "phone": ("9-0", "0-9"),
    "picklist": ("Low to High", "High to Low"),
    "boolean": ("Low to High", "High to Low"),
    "date": ("New to Old", "Old to New"),
    "datetime": ("New to Old", "Old to New"),
    "int": ("9-0", "0-9"),
    "double": ("9-0", "0-9"),
    "currency": ("9-0", "0-9"),
    "percent": ("9-0", "0-9"),
}
"""``ascendingLabel`` and ``descendingLabel`` by type; recorded for text, phone and picklist, guesses for the others."""
TEXT_DIRECTION: Final = ("Z-A", "A-Z")
_SPECIAL: Final = {
    "NAME": "Name",
    "FULL_NAME": "Name",
    "OBJECT_ID": "Id",
    "LAST_UPDATE": "LastModifiedDate",
    "CREATEDBY_USER": "CreatedBy.Name",
    "UPDATEDBY_USER": "LastModifiedBy.Name",
    "RECORDTYPE": "RecordType.Name",
}
"""Metadata's own names of columns that are no name of a field (seen in public SFDX projects)."""
_PREFIXES: Final = {
    "CORE.USERS.": "Owner.",
    "CREATEDBY_USER.": "CreatedBy.",
    "UPDATEDBY_USER.": "LastModifiedBy.",
}


@dataclass(frozen=True, slots=True)
class Step:
    """A field that a column shows, and the way to it."""

    path: str
    field: Field
    reference: Field | None = None
    """The reference that leads there, where the field is a parent's."""
    names_parent: bool = False
    """Whether a reference was asked for, and this is the field that names what it leads to."""

    @property
    def relationship(self) -> str:
        return self.path.rpartition(".")[0]


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a view, as a describe shows it."""

    step: Step
    label: str
    hidden: bool = False
    sort_index: int | None = None

    @property
    def select(self) -> str:
        return f"toLabel({self.step.path})" if self.step.field.type == "picklist" else self.step.path

    def shown(self) -> dict[str, Any]:
        field = self.step.field
        sortable = field.sortable and not self.hidden
        ascending, descending = DIRECTIONS.get(field.type, TEXT_DIRECTION) if sortable else (None, None)
        return {
            "ascendingLabel": ascending,
            "descendingLabel": descending,
            "fieldNameOrPath": self.step.path,
            "hidden": self.hidden,
            "label": self.label,
            "selectListItem": self.select,
            "sortDirection": None if self.sort_index is None else "ascending",
            "sortIndex": self.sort_index,
            "sortable": sortable,
            "type": field.type,
        }


class ListViewQuery:
    """The query of a view. Raises `NotSoql` where it has none.

    leaves_out: columns that are not known are left out; so a view that can be run lacks, for a user, what he may not see.
    """

    def __init__(self, sobject: SObject, view: ListView, find: Find, *, leaves_out: bool = False) -> None:
        self._sobject = sobject
        self._view = view
        self._find = find
        self._leaves_out = leaves_out
        if view.scope not in SCOPES:
            raise NotSoql(f"the scope {view.scope} has no SOQL")
        self.scope = SCOPES[view.scope]

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        """The columns of the view, then the hidden ones."""
        shown = list(dict.fromkeys(filter(None, map(self._step, self._view.columns))))
        if not shown:
            raise NotSoql("the view has no columns")
        first = next((step for step in shown if step.field.sortable), None)
        columns = [Column(step, self._label(step), sort_index=0 if step is first else None) for step in shown]
        paths = {step.path for step in shown}
        for path in (*HIDDEN, *_lookups(shown)):
            if path not in paths and (found := _hidden(self._sobject, path, self._find)):
                paths.add(path)
                columns.append(Column(found, found.field.label, hidden=True))
        return tuple(columns)

    @cached_property
    def condition(self) -> Condition | None:
        """What the records must fulfil; None where there are no filters."""
        if not self._view.filters:
            return None
        leaves = []
        for one in self._view.filters:
            step = step_to(self._sobject, one.field, self._find)
            leaves.append(leaf(step.path, step.field, one))
        return together(leaves, "and") if self._view.boolean_filter is None else combined(
            self._view.boolean_filter, leaves
        )  # fmt: skip

    @property
    def order(self) -> list[str]:
        first = [column.step.path for column in self.columns if column.sort_index == 0]
        return list(dict.fromkeys([*first, "Id"]))

    def soql(self, also: str = "", scope: str = "") -> str:
        """Return the view's query; ``also`` is one more condition, ``scope`` stands in place of the view's own."""
        scope = scope or self.scope
        parts = [part for part in (self.condition.soql if self.condition else "", also) if part]
        selected = ", ".join(column.select for column in self.columns)
        ordered = ", ".join(f"{path} ASC NULLS FIRST" for path in self.order)
        using = "" if scope == "everything" else f" USING SCOPE {scope}"
        where = f" WHERE {' AND '.join(parts)}" if parts else ""
        return f"SELECT {selected} FROM {self._sobject.name}{using}{where} ORDER BY {ordered}"

    def describe(self, id_: str) -> dict[str, Any]:
        """Return what ``describe`` of a view answers (recorded for v43.0, jamesward and others; scope was null before)."""
        return {
            "columns": [column.shown() for column in self.columns],
            "id": id_[:15],
            "orderBy": [
                {"fieldNameOrPath": path, "nullsPosition": "first", "sortDirection": "ascending"} for path in self.order
            ],
            "query": self.soql(),
            "scope": self.scope,
            "sobjectType": self._sobject.name,
            "whereCondition": self.condition.shown if self.condition else NONE,
        }

    def _step(self, column: str) -> Step | None:
        try:
            return step_to(self._sobject, column, self._find)
        except NotSoql:
            if self._leaves_out:
                return None
            raise

    def _label(self, step: Step) -> str:
        """Return the heading of a column; for parents' fields a guess after ``Account Owner Alias``."""
        if step.reference is None:
            return step.field.label
        leading = step.reference.label.removesuffix(" ID")
        if step.reference.name == "OwnerId":
            leading = f"{self._sobject.label} Owner"
        return leading if step.names_parent else f"{leading} {step.field.label}"


def step_to(sobject: SObject, name: str, find: Find) -> Step:
    """Return the field that a column or a filter names; a lookup shows its parent's name. Raises `NotSoql`."""
    text = _SPECIAL.get(name.upper(), name)
    for prefix, path in _PREFIXES.items():
        if text.upper().startswith(prefix):
            text = path + text[len(prefix) :]
    found = _walk(sobject, text, find)
    if found is None and "." in text:  # the first word may be the object's own name
        found = _walk(sobject, text.partition(".")[2], find)
    if found is None:
        raise NotSoql(f"there is no field {name}")
    if found.field.type == "reference" and (named := _named_by(found, find)) is not None:
        return named
    return found


def _walk(sobject: SObject, text: str, find: Find) -> Step | None:
    *between, last = text.split(".")
    if len(between) > MOST_STEPS:
        return None
    place, names, reference = sobject, [], None
    for name in between:
        reference = place.relationship(name)
        parent = find(_target(reference)) if reference is not None else None
        if reference is None or parent is None:
            return None
        names.append(reference.relationship_name or name)
        place = parent
    field = place.field(last) or place.field(last.replace("_", ""))
    if field is None and last == "Name":
        field = place.name_field
    return None if field is None else Step(".".join([*names, field.name]), field, reference)


def _target(reference: Field) -> str:
    """Return the type that paths over a reference are read in: of an owner's, the user (recorded: ``Owner.Alias``)."""
    return "User" if "User" in reference.reference_to else (*reference.reference_to, "")[0]


def _named_by(step: Step, find: Find) -> Step | None:
    reference = step.field
    parent = find(_target(reference))
    if parent is None or reference.relationship_name is None:
        return None
    field = parent.name_field
    if len(reference.reference_to) > 1 and field is not None and field.name != "Name":
        return None  # a polymorphic reference has the fields of Name alone
    path = [*filter(None, [step.relationship]), reference.relationship_name]
    return None if field is None else Step(".".join([*path, field.name]), field, reference, names_parent=True)


def _lookups(steps: list[Step]) -> list[str]:
    """Return the ids of the parents that columns show, and the references to them (recorded: ``Owner.Id``, ``OwnerId``)."""
    found: dict[str, None] = {}
    for step in steps:
        if step.reference is not None:
            found[f"{step.relationship}.Id"] = None
            found[".".join([*step.relationship.split(".")[:-1], step.reference.name])] = None
    return list(found)


def _hidden(sobject: SObject, path: str, find: Find) -> Step | None:
    return _walk(sobject, path, find)
