"""Pieces of SQL with their parameters in the order of the text."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

from ..errors import OrgError
from .dates import Calendar, named_range
from .resolved import DateRange

ZONE: Final = "\x00zone\x00"
FISCAL_START: Final = "\x00start\x00"
FISCAL_BEFORE: Final = "\x00before\x00"
FISCAL_FROM: Final = "\x00from\x00"
"""Marks in the text of a statement where a constant of the running user's calendar is written when the query runs: the
name of his time zone, the first month of the fiscal year, and what is added to the calendar year for the fiscal year's
name before and from that month on.

They are no parameters because GROUP BY and SELECT must be the same text (PostgreSQL compares expressions, not values).
"""
_MARKS: Final = (ZONE, FISCAL_START, FISCAL_BEFORE, FISCAL_FROM)

MAXIMUM_PARAMETERS: Final = 32_000
"""Parameters of one statement (SQLite takes 32,766)."""
MAXIMUM_COLUMNS: Final = 1600
"""Columns of one result (PostgreSQL gives 1,664, SQLite 2,000)."""

FLAT: Final = 100
"""Parts joined in one row; more are joined in halves, for databases bound the depth of an expression (SQLite: 1,000)."""


@dataclass(frozen=True, slots=True)
class RangeEdge:
    """A parameter known when the query runs: where a named date begins, or where the time after it begins."""

    range: DateRange
    end: bool
    as_moment: bool

    def value(self, calendar: Calendar) -> str:
        """Return the day, or the moment at which it begins for the user."""
        start, end = named_range(self.range.name, self.range.count, calendar)
        day = end if self.end else start
        return calendar.midnight(day) if self.as_moment else day.isoformat()


@dataclass(frozen=True, slots=True)
class RunningUser:
    """A parameter known when the query runs: the id of the user who runs it."""


class Form(Enum):
    """How a literal of the text becomes a parameter."""

    TEXT = "text"
    FOLDED = "folded"
    PATTERN = "pattern"
    ID = "id"
    DATE = "date"
    DATETIME = "datetime"


@dataclass(frozen=True, slots=True)
class Lifted:
    """A parameter that is one literal of the text; in a query that differs in such literals alone another one stands there."""

    value: Any
    """The parameter that this text has."""
    at: int
    """The place of the literal in the text."""
    form: Form


Literals = Mapping[int, Any]
"""Parameters by the place of the literal that they stand for in the text that was planned."""


@dataclass(frozen=True, slots=True)
class FoundRows:
    """A parameter known when the query runs: the list of what a search found."""


@dataclass(frozen=True, slots=True)
class Sql:
    """A piece of SQL."""

    text: str
    parameters: tuple[Any, ...] = ()

    def wrapped(self, before: str, after: str) -> "Sql":
        """Return the piece between two texts."""
        return Sql(f"{before}{self.text}{after}", self.parameters)


def joined(parts: Sequence[Sql], connective: str) -> Sql:
    """Join conditions with AND or OR; several come out in parentheses."""
    if len(parts) == 1:
        return parts[0]
    if len(parts) > FLAT:
        half = len(parts) // 2
        parts = (joined(parts[:half], connective), joined(parts[half:], connective))
    text = f" {connective} ".join(part.text for part in parts)
    return Sql(f"({text})", tuple(parameter for part in parts for parameter in part.parameters))


def check_columns(count: int) -> None:
    """Raise QUERY_TOO_COMPLICATED for more columns than databases give."""
    if count > MAXIMUM_COLUMNS:
        raise OrgError("QUERY_TOO_COMPLICATED", "Query is too complicated")


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement to be run, whose parameters may wait for the time and the user."""

    text: str
    parameters: tuple[Any, ...]
    needs_calendar: bool
    needs_binding: bool
    lifts: tuple[tuple[int, Lifted], ...] = ()
    """The places of the parameters that are literals of the text."""

    @classmethod
    def of(cls, sql: Sql) -> "Statement":
        """Make a statement of a piece of SQL. Raises QUERY_TOO_COMPLICATED for more parameters than databases take."""
        if len(sql.parameters) > MAXIMUM_PARAMETERS:
            raise OrgError("QUERY_TOO_COMPLICATED", "Query is too complicated")
        calendar = "\x00" in sql.text or any(isinstance(parameter, RangeEdge) for parameter in sql.parameters)
        user = any(isinstance(parameter, RunningUser) for parameter in sql.parameters)
        lifts = tuple((place, one) for place, one in enumerate(sql.parameters) if isinstance(one, Lifted))
        parameters = tuple(one.value if isinstance(one, Lifted) else one for one in sql.parameters)
        return cls(sql.text, parameters, calendar, calendar or user, lifts)

    def text_for(self, calendar: Calendar | None) -> str:
        """Return the text for one run; ``calendar`` is given if `needs_calendar`."""
        if calendar is None or "\x00" not in self.text:
            return self.text
        month = calendar.fiscal_start_month
        before, after = (0, 0) if month == 1 else (-1, 0) if calendar.fiscal_year_named_by_start else (0, 1)
        text = self.text
        for mark, value in zip(_MARKS, (_zone_name(calendar), month, before, after), strict=True):
            text = text.replace(mark, str(value))
        return text

    def bound(self, calendar: Calendar | None, user_id: str, literals: Literals | None = None) -> Sequence[Any]:
        """Return the parameters for one run; ``calendar`` is given if `needs_calendar`, ``literals`` if they are others."""
        if literals is None and not self.needs_binding:
            return self.parameters
        parameters = list(self.parameters)
        if self.needs_binding:
            parameters = [_bound(parameter, calendar, user_id) for parameter in parameters]
        if literals:
            for place, lifted in self.lifts:
                parameters[place] = literals[lifted.at]
        return parameters


def _bound(parameter: Any, calendar: Calendar | None, user_id: str) -> Any:
    if isinstance(parameter, RangeEdge) and calendar is not None:
        return parameter.value(calendar)
    return user_id if isinstance(parameter, RunningUser) else parameter


def _zone_name(calendar: Calendar) -> str:
    """Return the name of the zone; names of the time zone database hold no quotes."""
    name = str(calendar.timezone)
    return name if all(character.isalnum() or character in "_+-/" for character in name) else "UTC"
