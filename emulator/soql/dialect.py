"""Where SQLite and PostgreSQL differ in what a query needs.

Text columns compare by code points in both (SQLite's BINARY, PostgreSQL's ``COLLATE "C"``), so that order is the same.
Case is folded in one of two ways: ASCII letters by the database's own means, which indexes serve, when the other side is
ASCII; all letters by ``chatlift_fold``, a function that the store gives the database. Both agree: no other letter folds
into ASCII.
"""

import json
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from typing import Any, Final, Literal

from ...schemas.folding import fold
from .sql import FISCAL_BEFORE, FISCAL_FROM, FISCAL_START, ZONE

DialectName = Literal["sqlite", "postgresql"]


class Dialect(ABC):
    """What the writer of SQL asks of a database."""

    name: DialectName
    placeholder: str

    @abstractmethod
    def live(self, row: str) -> str:
        """Return the condition that a row is not deleted, in the words of the partial indexes."""

    @abstractmethod
    def without_case(self, value: str, ascii_only: bool) -> str:
        """Return a text value ready to be compared with `text_without_case`; ``ascii_only`` tells of that other side."""

    @abstractmethod
    def text_without_case(self, text: str) -> str:
        """Return the parameter that `without_case` is compared with."""

    @abstractmethod
    def like(self, value: str, pattern: str, case_sensitive: bool) -> tuple[str, str]:
        """Return the condition that a value matches a pattern, and the parameter for it."""

    @abstractmethod
    def among(self, value: str) -> str:
        """Return the condition that a value is in a list of any length, given as one parameter."""

    @abstractmethod
    def list_parameter(self, values: Sequence[Any]) -> Any:
        """Return the parameter for `among`."""

    @abstractmethod
    def contains(self, value: str) -> str:
        """Return the condition that text contains another, given as a parameter."""

    def folded(self, value: str) -> str:
        """Return a text value with all its letters folded."""
        return f"chatlift_fold({value})"

    def literal(self, text: str) -> str:
        """Return text as it stands in a statement."""
        return "'" + text.replace("'", "''") + "'"

    def translated(self, value: str, pairs: Iterable[tuple[str, str]]) -> str:
        """Return the second of the pair whose first is the value, and the value itself if there is none."""
        cases = " ".join(f"WHEN {self.literal(old)} THEN {self.literal(new)}" for old, new in pairs if old != new)
        return f"CASE {value} {cases} ELSE {value} END" if cases else value

    def distance(self, latitude: str, longitude: str, point: tuple[float, float], radius: float) -> str:
        """Return the great-circle distance of a place, in degrees, from a point (haversine formula)."""
        to_latitude, to_longitude = (repr(degrees) for degrees in point)
        half = [
            f"sin(radians({here} - ({there})) / 2)"
            for here, there in ((latitude, to_latitude), (longitude, to_longitude))
        ]
        chord = (
            f"{half[0]} * {half[0]} + cos(radians({latitude})) * cos(radians({to_latitude})) * {half[1]} * {half[1]}"
        )
        return f"({2 * radius!r} * asin(CASE WHEN {chord} > 1 THEN 1 ELSE sqrt({chord}) END))"

    # --- dates: text such as 2026-06-17 or 2026-06-17T12:00:00.000+0000 ---------------------------------------------------

    @abstractmethod
    def local(self, moment: str) -> str:
        """Return a moment as date and time in the running user's zone."""

    @abstractmethod
    def day_of_week(self, day: str) -> str:
        """Return the number of a day's place in the week, Sunday is 1."""

    @abstractmethod
    def day_of_year(self, day: str) -> str:
        """Return the number of a day's place in the year, from 1."""

    def date_function(self, name: str, value: str) -> str:
        """Return the value of a date function. Moments are read in UTC unless CONVERTTIMEZONE is within."""
        if name == "CONVERTTIMEZONE":
            return self.local(value)
        if name == "DAY_ONLY":
            return f"substr({value}, 1, 10)"
        year, month, day, hour = (_number(value, first, length) for first, length in ((1, 4), (6, 2), (9, 2), (12, 2)))
        fiscal_month = f"({month} - {FISCAL_START} + CASE WHEN {month} < {FISCAL_START} THEN 13 ELSE 1 END)"
        if name == "FISCAL_YEAR":
            return f"({year} + CASE WHEN {month} < {FISCAL_START} THEN {FISCAL_BEFORE} ELSE {FISCAL_FROM} END)"
        if name in ("DAY_IN_WEEK", "DAY_IN_YEAR", "WEEK_IN_YEAR"):
            date = f"substr({value}, 1, 10)"
            place = self.day_of_week(date) if name == "DAY_IN_WEEK" else self.day_of_year(date)
            return f"(({place} - 1) / 7 + 1)" if name == "WEEK_IN_YEAR" else place
        return {
            "CALENDAR_YEAR": year,
            "CALENDAR_QUARTER": f"(({month} + 2) / 3)",
            "CALENDAR_MONTH": month,
            "FISCAL_QUARTER": f"(({fiscal_month} + 2) / 3)",
            "FISCAL_MONTH": fiscal_month,
            "DAY_IN_MONTH": day,
            "WEEK_IN_MONTH": f"(({day} - 1) / 7 + 1)",
            "HOUR_IN_DAY": hour,
        }[name]


def _number(value: str, first: int, length: int) -> str:
    return f"CAST(substr({value}, {first}, {length}) AS integer)"


class Sqlite(Dialect):
    """SQLite: NOCASE folds ASCII, LIKE ignores the case of ASCII by itself."""

    name = "sqlite"
    placeholder = "?"

    def live(self, row: str) -> str:
        return f'{row}."IsDeleted" = 0'

    def without_case(self, value: str, ascii_only: bool) -> str:
        return f"{value} COLLATE NOCASE" if ascii_only else f"chatlift_fold({value})"

    def text_without_case(self, text: str) -> str:
        return text if text.isascii() else fold(text)

    def like(self, value: str, pattern: str, case_sensitive: bool) -> tuple[str, str]:
        if case_sensitive:
            return f"{value} GLOB ?", _glob(pattern)
        if pattern.isascii():
            return f"{value} LIKE ? ESCAPE '\\'", pattern
        return f"chatlift_fold({value}) LIKE ? ESCAPE '\\'", fold(pattern)

    def among(self, value: str) -> str:
        return f"{value} IN (SELECT value FROM json_each(?))"

    def list_parameter(self, values: Sequence[Any]) -> Any:
        return json.dumps(list(values))

    def contains(self, value: str) -> str:
        return f"instr({value}, ?) > 0"

    def distance(self, latitude: str, longitude: str, point: tuple[float, float], radius: float) -> str:
        return f"chatlift_distance({latitude}, {longitude}, {point[0]!r}, {point[1]!r}, {radius!r})"

    def local(self, moment: str) -> str:
        return f"chatlift_local({moment}, '{ZONE}')"

    def day_of_week(self, day: str) -> str:
        return f"(CAST(strftime('%w', {day}) AS integer) + 1)"

    def day_of_year(self, day: str) -> str:
        return f"CAST(strftime('%j', {day}) AS integer)"


class Postgresql(Dialect):
    """PostgreSQL: lower() folds ASCII under the C collation, and the indexes are on it."""

    name = "postgresql"
    placeholder = "%s"

    def live(self, row: str) -> str:
        return f'NOT {row}."IsDeleted"'

    def without_case(self, value: str, ascii_only: bool) -> str:
        return f"lower({value})" if ascii_only else f"chatlift_fold({value})"

    def text_without_case(self, text: str) -> str:
        return fold(text)

    def like(self, value: str, pattern: str, case_sensitive: bool) -> tuple[str, str]:
        if case_sensitive:
            return f"{value} LIKE %s ESCAPE '\\'", pattern
        return f"{self.without_case(value, pattern.isascii())} LIKE %s ESCAPE '\\'", fold(pattern)

    def among(self, value: str) -> str:
        return f"{value} = ANY(%s)"

    def list_parameter(self, values: Sequence[Any]) -> Any:
        return list(values)

    def literal(self, text: str) -> str:
        return super().literal(text).replace("%", "%%")  # in psycopg's statements % begins a placeholder

    def contains(self, value: str) -> str:
        return f"strpos({value}, %s) > 0"

    def local(self, moment: str) -> str:
        return f"""to_char(CAST({moment} AS timestamptz) AT TIME ZONE '{ZONE}', 'YYYY-MM-DD"T"HH24:MI:SS')"""

    def day_of_week(self, day: str) -> str:
        return f"(CAST(EXTRACT(dow FROM CAST({day} AS date)) AS integer) + 1)"

    def day_of_year(self, day: str) -> str:
        return f"CAST(EXTRACT(doy FROM CAST({day} AS date)) AS integer)"


DIALECTS: Final[dict[DialectName, Dialect]] = {"sqlite": Sqlite(), "postgresql": Postgresql()}


def _glob(pattern: str) -> str:
    """Return the GLOB pattern that matches what a LIKE pattern matches, case counted."""
    parts: list[str] = []
    characters = iter(pattern)
    for character in characters:
        if character == "\\":
            character = next(characters, "\\")
        elif character in "%_":
            parts.append("*" if character == "%" else "?")
            continue
        parts.append(f"[{character}]" if character in "*?[" else character)
    return "".join(parts)
