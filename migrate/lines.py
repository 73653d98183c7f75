"""JSON lines as a table: one object a line, its keys are the columns, its values the cells.

How a file is spelt (spaces, escapes, which keys hold numbers and truth values) is found from all its lines; a line that deviates
keeps its own spelling as a delta, as lines of CSV do.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import orjson

from .cells import plain
from .dialect import Dialect

_SAMPLES = 50


class Spellings:
    """Collects the keys of a file and how its lines are spelt."""

    def __init__(self) -> None:
        self.literal: dict[str, bool] = {}
        self.lines: list[str] = []
        self.type = ""
        self.is_table = True

    def take(self, line: str) -> None:
        """Look at one line; one that is no object is no row, and a file that begins with such a line is no table."""
        if not line.strip():
            return
        document = _object(line)
        if document is None:
            self.is_table = bool(self.lines)
            return
        if len(self.lines) < _SAMPLES:
            self.lines.append(line)
            attributes = document.get("attributes")
            if not self.type and isinstance(attributes, dict) and isinstance(attributes.get("type"), str):
                self.type = attributes["type"]
        for key, value in document.items():
            if value is not None and not self.literal.get(key, False):
                self.literal[key] = not isinstance(value, str)
            elif key not in self.literal:
                self.literal[key] = False

    def dialect(self, encoding: str, bom: bool) -> Dialect:
        """Return the dialect that fits most of the first lines."""
        names = tuple(self.literal)
        quoting = "".join("n" if is_literal else "s" for is_literal in self.literal.values())
        ends = [line[len(line.rstrip("\r\n")) :] for line in self.lines]
        end = max(set(ends) - {""} or {"\n"}, key=ends.count)
        forms = [
            Dialect(encoding, bom, delimiter, end, quoting, form=form, names=names)
            for delimiter in (",", ", ")
            for form in ("jsonl", "jsonl ascii")
        ]
        rows = [(cells(line, names), line) for line in self.lines]
        return max(forms, key=lambda form: sum(form.write(row) == line for row, line in rows))

    def cells(self) -> list[tuple[list[str], str]]:
        """Return the first rows: cells and line."""
        names = tuple(self.literal)
        return [(cells(line, names), line) for line in self.lines]


def _object(line: str) -> dict[str, Any] | None:
    try:
        document = orjson.loads(line)
    except orjson.JSONDecodeError:
        return None
    return document if isinstance(document, dict) else None


def cells(line: str, names: Sequence[str]) -> list[str]:
    """Return the cells of a line under these keys; a line that is no object, or has a key twice, is one cell."""
    document = _object(line)
    if document is None:
        return [line]
    return [_cell(document.get(name)) for name in names]


def _cell(value: Any) -> str:
    if isinstance(value, dict | list):
        return orjson.dumps(value).decode()
    return plain(value)


def records(lines: Iterable[str], dialect: Dialect) -> Iterator[tuple[list[str], str]]:
    """Yield each row as its cells and its raw text; empty lines belong to the row before them, the first ones to the first row."""
    held: tuple[list[str], str] | None = None
    lead = ""
    for line in lines:
        if not line.strip():
            if held:
                held = (held[0], held[1] + line)
            else:
                lead += line
            continue
        if held:
            yield held
        found = cells(line, dialect.names)
        if dialect.write(found) != line and _has_double_key(line):
            found = [line]  # what stands under the first of the keys must not pass unseen
        held = (found, lead + line)
        lead = ""
    if held:
        yield held


def _has_double_key(line: str) -> bool:
    doubles = []

    def look(pairs: list[tuple[str, Any]]) -> None:
        if len({key for key, _ in pairs}) < len(pairs):
            doubles.append(pairs)

    try:
        json.loads(line, object_pairs_hook=look)
    except (ValueError, RecursionError):
        return False
    return bool(doubles)
