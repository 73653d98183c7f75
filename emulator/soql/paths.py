"""Resolve field paths of one query: aliases, parents, polymorphic parents, formula fields."""

from typing import Final

from ...schemas.catalog import Catalog
from ...schemas.field import DOUBLE_TYPES, Field, SObject
from ..errors import OrgError
from .errors import malformed, no_such_column, no_such_entity, no_such_relationship
from .resolved import Column, Join, Kind, Place
from .tree import Path, Source

MAXIMUM_LEVELS: Final = 5
"""Child-to-parent relationships in one path (guide, "Understanding relationship query limitations")."""
MAXIMUM_PARENTS: Final = 55
"""Child-to-parent relationships in one query (same page)."""

NAME_FIELDS: Final = frozenset(
    "Id Name Type FirstName LastName Email Alias Username Phone Title IsActive ProfileId UserRoleId LastViewedDate "
    "LastReferencedDate".lower().split()
)
NAME_RELATIONSHIPS: Final = frozenset({"profile", "userrole"})
"""What the Name object shows of a polymorphic parent (Object reference, "Name")."""

TYPE_OF_RECORD: Final = Field("Type", "Type", "string", nillable=False, groupable=True)

_KINDS: Final = {
    "id": Kind.ID,
    "reference": Kind.ID,
    "boolean": Kind.BOOLEAN,
    "int": Kind.NUMBER,
    "date": Kind.DATE,
    "datetime": Kind.DATETIME,
    "time": Kind.TIME,
    "multipicklist": Kind.MULTIPICKLIST,
    "base64": Kind.BINARY,
    "complexvalue": Kind.COMPLEX,
    "address": Kind.ADDRESS,
    "location": Kind.ADDRESS,
}


def kind_of(field: Field) -> Kind:
    """Tell how values of a field compare."""
    return Kind.NUMBER if field.type in DOUBLE_TYPES else _KINDS.get(field.type, Kind.TEXT)


class Paths:
    """The rows that one query reads, found as its paths are resolved."""

    def __init__(self, query: str, catalog: Catalog, version: float, sobject: SObject) -> None:
        """Start with the main row; ``query`` is the text, for the place of errors."""
        self._query = query
        self._catalog = catalog
        self._version = version
        self._sobject = sobject
        self._aliases: dict[str, tuple[str, ...]] = {sobject.name.lower(): ()}
        self._joins: dict[Place, Join] = {}

    @property
    def joins(self) -> tuple[Join, ...]:
        """The parent rows found so far, parents before their own parents."""
        return tuple(self._joins.values())

    def name_source(self, source: Source) -> None:
        """Take note of an alias of FROM: of the object, or of a path from an alias before it."""
        names = self._stripped(source.path.names)
        self._place(source.path, names)
        self._aliases[(source.alias or names[-1]).lower()] = names

    def name_main(self, alias: str | None) -> None:
        """Take note of the alias of the main object."""
        if alias:
            self._aliases[alias.lower()] = ()

    def relative(self, path: Path) -> tuple[str, ...]:
        """Return the names of a path without the alias or object name it begins with."""
        return self._stripped(path.names)

    def column(self, path: Path, origin: Place = ()) -> Column:
        """Return the column that a path means, from the main row or from another. Raises INVALID_FIELD."""
        return self._column(self.place_of(path, origin), path.names[-1], path)

    def place_of(self, path: Path, origin: Place = ()) -> Place:
        """Return the parent row that a path reads, as the text says it: a formula field stands in its own row."""
        names = path.names if origin else self._stripped(path.names)
        return self._place(path, names[:-1], origin)

    def relationship(self, path: Path) -> Place:
        """Return the parent row that a path of relationships leads to. Raises INVALID_FIELD."""
        return self._place(path, self._stripped(path.names))

    def as_type(self, place: Place, type_path: Path) -> Place:
        """Return the parent row at a place as a record of one of its types. Raises INVALID_TYPE for another one."""
        join = self._joins[place]
        for number, target in enumerate(join.targets):
            if target.name.lower() == type_path.text.lower():
                view = (*place[:-1], f"{place[-1]}:{target.name}")
                self._joins.setdefault(view, Join(view, join.reference, (target,), False, view_of=(place, number)))
                return view
        raise no_such_entity(self._query, type_path.at, type_path.text)

    def column_at(self, place: Place, name: str) -> Column:
        """Return a column, known to exist, of the row at a place."""
        return self._column(place, name, Path((*place, name), 0))

    def parts(self, place: Place, field: Field) -> dict[str, Column]:
        """Return the columns of a compound field by their keys: ``MailingPostalCode`` is ``postalCode`` of its address,
        ``Spot__Latitude__s`` is ``latitude`` of ``Spot__c``.
        """
        prefix = field.name.removesuffix("Address") if field.type == "address" else field.name.removesuffix("c")
        parts = {}
        for part in self.types_at(place)[0].fields:
            if part.compound_field_name == field.name:
                key = part.name.removeprefix(prefix).removesuffix("__s")
                parts[key[0].lower() + key[1:]] = self.column_at(place, part.name)
        return parts

    def id_column(self, place: Place) -> Column:
        """Return the id of the row at a place."""
        return self.column_at(place, "Id")

    def type_column(self, place: Place) -> Column:
        """Return the column that tells the type of a polymorphic parent."""
        return Column(place, TYPE_OF_RECORD, ())

    def referred(self, column: Column) -> frozenset[str]:
        """Return the names of the objects that an id column may point to."""
        if column.field.type == "id":
            return frozenset(sobject.name for sobject in self.types_at(column.place))
        return frozenset(column.field.reference_to)

    def types_at(self, place: Place) -> tuple[SObject, ...]:
        """Return the types that the row at a place may have."""
        return self._joins[place].targets if place else (self._sobject,)

    def is_polymorphic(self, place: Place) -> bool:
        """Tell whether only the Name object's fields can be read at a place."""
        return bool(place) and self._joins[place].polymorphic

    def _stripped(self, names: tuple[str, ...]) -> tuple[str, ...]:
        """Replace the alias or object name that a path begins with; a single name is a field or a relationship."""
        prefix = self._aliases.get(names[0].lower()) if len(names) > 1 else None
        return names if prefix is None else prefix + names[1:]

    def _place(self, path: Path, relationships: tuple[str, ...], origin: Place = ()) -> Place:
        if len(origin) + len(relationships) > MAXIMUM_LEVELS:
            raise malformed(
                self._query,
                path.at,
                f"Relationship path '{path.text}' has more than {MAXIMUM_LEVELS} levels of parents",
            )
        place = origin
        for name in relationships:
            place = self._step(place, name, path)
        return place

    def _hidden_step(self, place: Place, name: str) -> Place:
        """Return the parent row that a step of a formula leads to, whatever the user may see of it.

        It is a row of its own, so that no path of the query reads through it.
        """
        field = next(found for type_ in self.types_at(place) if (found := type_.whole.relationship(name)))
        reached = (*place, f"={field.relationship_name}")
        if reached not in self._joins:
            whole = self._catalog.whole
            targets = tuple(
                parent for known in field.reference_to if (parent := whole.find(known, self._version)) is not None
            )
            self._joins[reached] = Join(reached, Column(place, field, (field,)), targets, field.is_polymorphic)
        return reached

    def _step(self, place: Place, name: str, path: Path) -> Place:
        stored: list[Field | None] = []
        for target in self.types_at(place):
            field = target.relationship(name)
            if field is not None and self.is_polymorphic(place) and name.lower() not in NAME_RELATIONSHIPS:
                field = None
            stored.append(field)
        found = next((field for field in stored if field), None)
        if found is None or found.relationship_name is None:
            raise no_such_relationship(self._query, path.at, name)
        reached = (*place, found.relationship_name)
        if reached not in self._joins:
            targets = tuple(
                parent for known in found.reference_to if (parent := self._catalog.find(known, self._version))
            )
            if not targets:
                raise no_such_relationship(self._query, path.at, name)
            reference = self._column(place, found.name, path)
            if len(self._joins) >= MAXIMUM_PARENTS:
                raise malformed(
                    self._query, path.at, f"Maximum {MAXIMUM_PARENTS} child-to-parent relationships are allowed"
                )
            self._joins[reached] = Join(reached, reference, targets, found.is_polymorphic)
        return reached

    def _column(self, place: Place, name: str, path: Path) -> Column:
        types = self.types_at(place)
        if self.is_polymorphic(place):
            return self._name_column(place, types, name, path)
        field = types[0].field(name)
        if field is None:
            raise no_such_column(self._query, path.at, name, types[0].name)
        if field.formula is None:
            return Column(place, field, (field,))
        # A formula is a path from the same row.
        *relationships, last = field.formula.split(".")
        origin = place
        for relationship in relationships:
            if self._catalog is self._catalog.whole:
                origin = self._step(origin, relationship, path)
            else:
                origin = self._hidden_step(origin, relationship)
        target = self._column(origin, last, path)
        return Column(target.place, field, target.stored)

    def _name_column(self, place: Place, types: tuple[SObject, ...], name: str, path: Path) -> Column:
        """Return a field of the Name object: each type of parent gives what it has."""
        if name.lower() not in NAME_FIELDS:
            raise no_such_column(self._query, path.at, name, "Name")
        if name.lower() == "type":
            return self.type_column(place)
        stored = tuple(_name_field(sobject, name) for sobject in types)
        found = next((field for field in stored if field), None)
        if found is None:
            raise no_such_column(self._query, path.at, name, "Name")
        return Column(place, found, stored)


def _name_field(sobject: SObject, name: str) -> Field | None:
    field = sobject.name_field if name.lower() == "name" and not sobject.field("Name") else sobject.field(name)
    return field if field is not None and field.is_stored else None


def find_object(query: str, catalog: Catalog, version: float, path: Path) -> SObject:
    """Return the object that FROM names. Raises INVALID_TYPE, and INVALID_TYPE_FOR_OPERATION for one without query()."""
    found = catalog.find(path.text, version) if len(path.names) == 1 else None
    if found is None:
        raise no_such_entity(query, path.at, path.text)
    if not found.supports("query"):
        # The words are those of the same refusal of merge() (StevenMMortimer/salesforcer#102).
        raise OrgError("INVALID_TYPE_FOR_OPERATION", f"entity type {found.name} does not support query")
    return found
