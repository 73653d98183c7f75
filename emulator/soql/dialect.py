"""Where SQLite and PostgreSQL differ in what a query needs.

Text columns compare by code points in both (SQLite's BINARY, PostgreSQL's ``COLLATE "C"``), so that order is the same.
Case is folded in one of two ways: ASCII letters by the database's own means, which indexes serve, when the other side is
ASCII; all letters by ``chatlift_fold``, a function that the store gives the database. Both agree: no other letter folds
into ASCII.
"""

import json
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, Final, Literal

from ...schemas.folding import fold

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

    def contains(self, value: str) -> str:
        return f"strpos({value}, %s) > 0"


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
