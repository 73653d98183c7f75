"""The syntax tree of a query: what the text says, before anyone asks whether it makes sense.

Every node that can be refused later knows its place: ``at`` is an offset into the text, from 0.
"""

from dataclasses import dataclass

# --- values on the right of a comparison ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Text:
    """A quoted string; ``raw`` is what stands between the quotes, escapes included."""

    raw: str
    at: int


@dataclass(frozen=True, slots=True)
class Number:
    """A number as written, with its sign and without blanks."""

    text: str
    at: int


@dataclass(frozen=True, slots=True)
class Boolean:
    """``true`` or ``false``."""

    value: bool
    at: int


@dataclass(frozen=True, slots=True)
class Null:
    """``null``."""

    at: int


@dataclass(frozen=True, slots=True)
class Date:
    """A calendar day such as ``2026-06-15``."""

    text: str
    at: int


@dataclass(frozen=True, slots=True)
class DateTime:
    """A moment such as ``2026-06-15T10:00:00Z``."""

    text: str
    at: int


@dataclass(frozen=True, slots=True)
class Time:
    """A time of day such as ``10:00:00.000Z``."""

    text: str
    at: int


@dataclass(frozen=True, slots=True)
class NamedDate:
    """``TODAY``, ``LAST_N_DAYS:30``: the name in upper case, and the number if one is written."""

    name: str
    count: int | None
    at: int


@dataclass(frozen=True, slots=True)
class Currency:
    """An amount in a currency, ``USD5000``."""

    text: str
    at: int


Literal = Text | Number | Boolean | Null | Date | DateTime | Time | NamedDate | Currency

# --- expressions ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Path:
    """A field or relationship path; a segment is empty where the text has two dots in a row."""

    names: tuple[str, ...]
    at: int

    @property
    def text(self) -> str:
        """The path as written."""
        return ".".join(self.names)


@dataclass(frozen=True, slots=True)
class Call:
    """A function of one field or of one other function; ``COUNT()`` has no argument. The name is as written."""

    name: str
    argument: "Expression | None"
    at: int


@dataclass(frozen=True, slots=True)
class Distance:
    """``DISTANCE(field, GEOLOCATION(latitude, longitude), 'mi')``."""

    path: Path
    latitude: Number
    longitude: Number
    unit: Text
    at: int


Expression = Path | Call | Distance

# --- conditions -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Comparison:
    """``left operator value``; the operator in upper case, ``<>`` as ``!=``; a list only with the list operators."""

    left: Expression
    operator: str
    value: "Literal | tuple[Literal, ...] | Query"
    at: int


@dataclass(frozen=True, slots=True)
class And:
    """All parts hold."""

    parts: tuple["Condition", ...]


@dataclass(frozen=True, slots=True)
class Or:
    """One part holds."""

    parts: tuple["Condition", ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The part does not hold."""

    part: "Condition"


Condition = Comparison | And | Or | Not

# --- the SELECT list --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Item:
    """A path or function of the SELECT list with its alias."""

    expression: Expression
    alias: str | None

    @property
    def at(self) -> int:
        """The place of the expression."""
        return self.expression.at


@dataclass(frozen=True, slots=True)
class Branch:
    """``WHEN type THEN paths`` of a TYPEOF."""

    type: Path
    paths: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class TypeOf:
    """``TYPEOF relationship WHEN ... ELSE ... END``."""

    path: Path
    branches: tuple[Branch, ...]
    otherwise: tuple[Path, ...]
    alias: str | None
    at: int


@dataclass(frozen=True, slots=True)
class Children:
    """A child subquery of the SELECT list."""

    query: "Query"
    alias: str | None
    at: int


SelectItem = Item | TypeOf | Children

# --- clauses ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Source:
    """One entry of FROM."""

    path: Path
    alias: str | None


@dataclass(frozen=True, slots=True)
class With:
    """A WITH clause by its first words in upper case: ``USER_MODE``, ``DATA CATEGORY``."""

    words: str
    at: int
    groups: tuple[Path, ...] = ()
    """The data category groups that are named."""


@dataclass(frozen=True, slots=True)
class GroupBy:
    """GROUP BY; ``kind`` is empty, ``ROLLUP`` or ``CUBE``."""

    kind: str
    expressions: tuple[Expression, ...]
    having: Condition | None
    at: int


@dataclass(frozen=True, slots=True)
class OrderItem:
    """One key of ORDER BY; nulls come first unless NULLS LAST is written, whatever the direction."""

    expression: Expression
    descending: bool
    nulls_last: bool


@dataclass(frozen=True, slots=True)
class Word:
    """A word and its place: the scope of USING SCOPE, VIEW of FOR VIEW."""

    text: str
    at: int


@dataclass(frozen=True, slots=True)
class Query:
    """A whole statement, or one in parentheses."""

    items: tuple[SelectItem, ...]
    sources: tuple[Source, ...]
    scope: Word | None = None
    where: Condition | None = None
    withs: tuple[With, ...] = ()
    group_by: GroupBy | None = None
    order_by: tuple[OrderItem, ...] = ()
    limit: Number | None = None
    offset: Number | None = None
    purposes: tuple[Word, ...] = ()
    """FOR VIEW, FOR REFERENCE, FOR UPDATE, UPDATE TRACKING, UPDATE VIEWSTAT, in upper case."""
