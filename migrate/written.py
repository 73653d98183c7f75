"""Rows that are written already: JSON lines, for the rows of which a migration makes most.

A dictionary for each row and its way through a JSON writer cost more than all other work on a line of a chat; a template that has
what all lines of a chat share needs only what each line has of its own. Who wants the rows as dictionaries has them read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson

_BETWEEN = "\x7f"


@dataclass(frozen=True, slots=True)
class Written:
    """So many JSON lines, each with its line end."""

    text: bytes = b""
    count: int = 0

    def __add__(self, other: Written) -> Written:
        return Written(self.text + other.text, self.count + other.count)

    @classmethod
    def of(cls, lines: Sequence[str]) -> Written:
        """Return lines that are made."""
        return cls("".join(lines).encode(), len(lines))

    def rows(self) -> tuple[dict[str, Any], ...]:
        """Return the rows as dictionaries."""
        return tuple(map(orjson.loads, self.text.splitlines()))


def quoted(value: object) -> str:
    """Return a value as JSON."""
    return orjson.dumps(value).decode()


def escaped(texts: Sequence[str]) -> list[str]:
    """Return texts as JSON has them between the quotes: all in one go, unless one of them has the character that parts them."""
    found = orjson.dumps(_BETWEEN.join(texts)).decode()[1:-1].split(_BETWEEN)
    return found if len(found) == len(texts) else [quoted(text)[1:-1] for text in texts]
