"""A query whose names are known: every path is a column, every value has its field's type.

Between resolve, which asks the catalog, and compile, which writes SQL. A ``Place`` names a row that a query reads: the
relationship names that lead to it from the main row, ``()`` for the main row itself.
"""

from dataclasses import dataclass
from enum import Enum
from typing import Any

from ...schemas.field import Field, SObject

Place = tuple[str, ...]


class Kind(Enum):
    """How values of a type compare."""

    TEXT = "string"
    MULTIPICKLIST = "multipicklist"
    ID = "id"
    BOOLEAN = "boolean"
    NUMBER = "double"
    DATE = "date"
    DATETIME = "dateTime"
    TIME = "time"
    BINARY = "base64"
    COMPLEX = "complexvalue"
    ADDRESS = "address"


@dataclass(frozen=True, slots=True)
class Column:
    """A value of a row: a field of the row at a place, or the type of a polymorphic parent."""

    place: Place
    field: Field
    """The field as the reader of the query knows it: for a formula the formula field."""
    stored: tuple[Field | None, ...]
    """The stored field in each type of record that the place may hold; None where that type has no such field.

    Empty for the type of a polymorphic parent.
    """

    @property
    def is_type_name(self) -> bool:
        """Tell whether this is ``Owner.Type``: the name of the parent's type."""
        return not self.stored

    @property
    def is_long(self) -> bool:
        """Tell whether the value is long text or binary content."""
        return any(field is not None and field.is_long for field in self.stored)


@dataclass(frozen=True, slots=True)
class Function:
    """A function of a row's value: a date function, the change of zone within one, TOLABEL. The name is in upper case."""

    name: str
    argument: "Column | Function"
    field: Field
    """The result as a field: its type, and the name of the function."""


@dataclass(frozen=True, slots=True)
class Aggregate:
    """A value of a group of rows: COUNT, COUNT_DISTINCT, SUM, AVG, MIN or MAX."""

    name: str
    argument: "Column | Function"
    field: Field
    """The result as a field; of MIN and MAX it is the argument's."""


@dataclass(frozen=True, slots=True)
class Grouping:
    """``GROUPING(field)``: 1 in a row that sums over the field, else 0."""

    argument: "Column | Function"
    field: Field


@dataclass(frozen=True, slots=True)
class Distance:
    """The great-circle distance of a row's location from a point given in degrees."""

    latitude: Column
    longitude: Column
    point: tuple[float, float]
    radius: float
    """The radius of the earth in the unit asked for."""
    field: Field


@dataclass(frozen=True, slots=True)
class Formatted:
    """FORMAT of a value of a row or a group: written for the user's locale after the database has answered."""

    argument: "Column | Aggregate"
    field: Field
    """The argument's, or what a sum of it is: its type and scale decide the form."""


Expression = Column | Function | Aggregate | Grouping | Distance | Formatted


@dataclass(frozen=True, slots=True)
class Join:
    """A parent row: the record that a reference column points to, of one of several types."""

    place: Place
    reference: Column
    targets: tuple[SObject, ...]
    polymorphic: bool
    view_of: tuple[Place, int] | None = None
    """For a polymorphic parent seen as one of its types, its place and the number of the type there."""


# --- what comes out -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Value:
    """A field of the answer, or a function of one."""

    key: str
    expression: "Column | Function | Distance | Formatted"
    always: str | None = None
    """What every record shows in place of its own value."""


@dataclass(frozen=True, slots=True)
class Address:
    """A compound address: an object of its parts, null when all of them are."""

    key: str
    parts: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Parent:
    """A parent record within a record."""

    key: str
    shape: "Shape"


@dataclass(frozen=True, slots=True)
class ChildRows:
    """The rows of a child subquery within a record; ``index`` counts the query's subqueries."""

    key: str
    index: int


@dataclass(frozen=True, slots=True)
class ParentByType:
    """A polymorphic parent within a record, shown by what it is (TYPEOF)."""

    key: str
    branches: tuple["Shape", ...]
    otherwise: "Shape"


Entry = Value | Address | Parent | ParentByType | ChildRows


@dataclass(frozen=True, slots=True)
class Shape:
    """A record of the answer: its type, where its id is, and its entries in order."""

    type_name: str
    id: Column
    entries: tuple[Entry, ...]
    polymorphic: bool = False
    """The row may be of several types; its URL has the real one."""
    shows_real_type: bool = False
    """Whether the attributes of a polymorphic row have the real type too, and not ``Name``."""


# --- conditions ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Constant:
    """A value in its canonical form; None is null."""

    value: Any
    at: int | None = None
    """The place of the literal in the text, if another literal of its kind could stand there in the same statement."""


@dataclass(frozen=True, slots=True)
class DateRange:
    """A named date, which is a range of days only when the query runs."""

    name: str
    count: int | None


@dataclass(frozen=True, slots=True)
class Pattern:
    """A LIKE pattern; a backslash makes the next character literal."""

    text: str
    at: int | None = None
    """As in `Constant`."""


Operand = Constant | DateRange | Pattern


@dataclass(frozen=True, slots=True)
class Test:
    """A comparison. The operator is one of ``= != < <= > >= LIKE IN NOT IN INCLUDES EXCLUDES``."""

    left: Expression
    operator: str
    operands: tuple[Operand, ...]


@dataclass(frozen=True, slots=True)
class Membership:
    """A semi- or anti-join: the id is, or is not, among those that a sub-select gives."""

    column: Column
    negated: bool
    query: "ResolvedQuery"
    selected: Column


@dataclass(frozen=True, slots=True)
class OwnedByUser:
    """The record belongs to the running user (USING SCOPE mine), or to a group he is in (mine_and_my_groups)."""

    column: Column
    members: SObject | None = None
    """GroupMember where the user's groups and queues count too."""


@dataclass(frozen=True, slots=True)
class Found:
    """The record is among those that a search found; which they are is known when the statement runs."""

    column: Column


@dataclass(frozen=True, slots=True)
class AllOf:
    """Every part holds."""

    parts: tuple["Filter", ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """One part holds."""

    parts: tuple["Filter", ...]


@dataclass(frozen=True, slots=True)
class Inverse:
    """The part does not hold; what is unknown to SQL does not hold, so it is in the inverse."""

    part: "Filter"


Filter = Test | Membership | OwnedByUser | Found | AllOf | AnyOf | Inverse


@dataclass(frozen=True, slots=True)
class SortKey:
    """One key of the order."""

    expression: Expression
    descending: bool
    nulls_last: bool


@dataclass(frozen=True, slots=True)
class Children:
    """A child subquery: a query of the child object, and the column that points to the parent."""

    query: "ResolvedQuery"
    reference: Column


@dataclass(frozen=True, slots=True)
class Output:
    """A value of an AggregateResult."""

    key: str
    expression: Expression


@dataclass(frozen=True, slots=True)
class Groups:
    """How rows are grouped, and what comes out of each group."""

    kind: str
    """Empty, ``ROLLUP`` or ``CUBE``."""
    keys: tuple[Column | Function, ...]
    """None where all rows are one group."""
    outputs: tuple[Output, ...]
    having: Filter | None


@dataclass(frozen=True, slots=True)
class ResolvedQuery:
    """A query ready to be written in SQL."""

    sobject: SObject
    joins: tuple[Join, ...]
    """Every parent row that some part of the query reads, parents before their own parents."""
    shape: Shape | None
    """None for COUNT(), for groups and in a sub-select."""
    filter: Filter | None
    order: tuple[SortKey, ...]
    limit: int | None
    offset: int
    children: tuple[Children, ...] = ()
    groups: Groups | None = None
    seen: tuple[str, ...] = ()
    """Datetime fields that the query sets to the time of reading (FOR VIEW, FOR REFERENCE)."""
    counted: tuple[str, ...] = ()
    """Numbers that the query adds one to (UPDATE VIEWSTAT)."""
