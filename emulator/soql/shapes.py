"""Gather the SELECT list into records: paths into one parent merge at the place of the first."""

from collections.abc import Iterable
from typing import Final

from ...schemas.field import Field
from .errors import malformed, refused
from .paths import Paths, kind_of
from .resolved import (
    Address,
    ChildRows,
    Distance,
    Entry,
    Formatted,
    Function,
    Kind,
    Parent,
    ParentByType,
    Place,
    Shape,
    Value,
)
from .tree import Path, TypeOf

DEFINITIONS: Final = "definitions"
"""The group of the types whose rows describe the org, and are told apart by their DurableId."""
NO_ID: Final = "000000000000000AAA"
"""What such a row shows as its Id (recorded answers)."""
NAME_OBJECT = "Name"
"""The type shown for a polymorphic parent that is read by dots; its URL has the real type (recorded answers)."""


class ShapeBuilder:
    """A record of the answer as it grows, for the row at one place."""

    def __init__(self, query: str, paths: Paths, place: Place = (), origin: Place = ()) -> None:
        """Start an empty record; ``query`` is the text, for the place of errors, ``origin`` where paths begin."""
        self._query = query
        self._paths = paths
        self._place = place
        self._origin = origin
        self._entries: list[Entry | ShapeBuilder] = []
        self._parents: dict[str, ShapeBuilder] = {}
        self._seen: set[str] = set()
        self._unnamed = 0

    def add(self, path: Path) -> None:
        """Add the field that a path names. Raises INVALID_FIELD for an unknown or doubled one."""
        column = self._paths.column(path, self._origin)
        holder = self._holder(self._paths.place_of(path, self._origin), path)
        if column.is_type_name:
            holder._put("Type", Value("Type", column), path)
        elif kind_of(column.field) is Kind.ADDRESS:
            holder._put(column.field.name, holder._address(column.field), path)
        else:
            name = column.field.name if len(column.stored) == 1 else _shown_name(path, column.field)
            types = self._paths.types_at(column.place)
            without_id = column.field.type == "id" and types[0].group == DEFINITIONS
            holder._put(name, Value(name, column, NO_ID if without_id else None), path)

    def add_function(self, path: Path, function: Function | Formatted, alias: str | None) -> None:
        """Add toLabel or FORMAT of a field, under the field's name unless it has an alias."""
        holder = self if alias else self._holder(self._paths.place_of(path, self._origin), path)
        key = alias or function.field.name
        holder._put(key, Value(key, function), path)

    def add_distance(self, path: Path, distance: Distance, alias: str | None) -> None:
        """Add a distance; without an alias it is ``expr0``, ``expr1`` and so on, as in aggregate queries (a guess)."""
        key = alias
        if key is None:
            key, self._unnamed = f"expr{self._unnamed}", self._unnamed + 1
        self._put(key, Value(key, distance), path)

    def add_by_type(self, type_of: TypeOf) -> None:
        """Add a polymorphic parent shown by what it is. Raises INVALID_FIELD and INVALID_TYPE."""
        place = self._paths.relationship(type_of.path)
        if not self._paths.is_polymorphic(place):
            sentence = f"TYPEOF takes a relationship to several objects, cannot use: '{type_of.path.text}'"
            raise malformed(self._query, type_of.path.at, sentence)
        holder = self._holder(place[:-1], type_of.path)
        if place[-1] in holder._parents:
            raise refused("INVALID_FIELD", self._query, type_of.at, f"duplicate field selected: {type_of.path.text}")
        branches = []
        for number, branch in enumerate(type_of.branches):
            if any(earlier.type.text.lower() == branch.type.text.lower() for earlier in type_of.branches[:number]):
                sentence = f"TYPEOF has more than one branch for {branch.type.text}"
                raise malformed(self._query, branch.type.at, sentence)
            view = self._paths.as_type(place, branch.type)
            branches.append(self._branch(view, branch.paths).built())
        otherwise = self._branch(place, type_of.otherwise)
        holder._put(place[-1], ParentByType(place[-1], tuple(branches), otherwise.built(True)), type_of.path)

    def _branch(self, place: Place, paths: tuple[Path, ...]) -> "ShapeBuilder":
        builder = ShapeBuilder(self._query, self._paths, place, place)
        for path in paths:
            builder.add(path)
        return builder

    def add_children(self, relationship: str, index: int, at: int) -> None:
        """Add the rows of a child subquery."""
        self._put(relationship, ChildRows(relationship, index), Path((relationship,), at))

    def built(self, shows_real_type: bool = False) -> Shape:
        """Return the record."""
        polymorphic = self._paths.is_polymorphic(self._place)
        entries: Iterable[Entry] = (
            Parent(entry._place[-1], entry.built()) if isinstance(entry, ShapeBuilder) else entry
            for entry in self._entries
        )
        type_name = NAME_OBJECT if polymorphic else self._paths.types_at(self._place)[0].name
        return Shape(type_name, self._paths.id_column(self._place), tuple(entries), polymorphic, shows_real_type)

    def _holder(self, place: Place, path: Path) -> "ShapeBuilder":
        """Return the record within this one that stands for the row at a place."""
        holder = self
        for step in range(len(self._place), len(place)):
            holder = holder._parent(place[: step + 1], path)
        return holder

    def _parent(self, place: Place, path: Path) -> "ShapeBuilder":
        name = place[-1]
        if name not in self._parents:
            if name in self._seen:
                raise refused("INVALID_FIELD", self._query, path.at, f"duplicate field selected: {path.text}")
            self._parents[name] = ShapeBuilder(self._query, self._paths, place)
            self._entries.append(self._parents[name])
        return self._parents[name]

    def _put(self, name: str, entry: Entry, path: Path) -> None:
        if name in self._seen:
            raise refused("INVALID_FIELD", self._query, path.at, f"duplicate field selected: {path.text}")
        self._seen.add(name)
        self._entries.append(entry)

    def _address(self, field: Field) -> Address:
        """Return an address, or a location, of the fields that belong to it."""
        parts = sorted(self._paths.parts(self._place, field).items())
        return Address(field.name, tuple(Value(key, column) for key, column in parts))


def _shown_name(path: Path, field: Field) -> str:
    """Return the key of a Name object's field: the name of the record is ``Name`` whatever its type calls it."""
    return "Name" if path.names[-1].lower() == "name" else field.name
