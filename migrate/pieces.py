"""Pieces of results on their way between processes: bytes at hand, or a stretch of a work file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from .written import Written

_TOGETHER = 256
"""Rows that are written in one go. They must not be changed once they were added."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Bytes, or where they lie: `size` bytes of a file at `start`."""

    data: bytes = b""
    path: str = ""
    start: int = 0
    size: int = 0

    def read(self) -> bytes:
        """Return the bytes."""
        if not self.path:
            return self.data
        with open(self.path, "rb") as stream:  # noqa: PTH123 - a text, because it goes to other processes by the thousand
            stream.seek(self.start)
            return stream.read(self.size)

    def loaded(self) -> Piece:
        """Return the piece with its bytes at hand."""
        return Piece(self.read()) if self.path else self


def stowed(pieces: Mapping[Any, Piece], path: Path) -> dict[Any, Piece]:
    """Write pieces into one new file and return them as stretches of it."""
    found = {}
    start = 0
    with path.open("wb") as stream:
        for key, piece in pieces.items():
            stream.write(piece.data)
            found[key] = Piece(path=str(path), start=start, size=len(piece.data))
            start += len(piece.data)
    return found


class Draft:
    """Rows of a result by kind, as JSON lines in memory."""

    def __init__(self) -> None:
        self.rows: Counter[str] = Counter()
        self._waiting: dict[str, list[Any]] = {}
        self._lines: dict[str, list[bytes]] = {}

    def add(self, kind: str, rows: Iterable[Any]) -> None:
        """Append rows."""
        waiting = self._waiting.get(kind)
        if waiting is None:
            waiting = self._waiting[kind] = []
        waiting += rows
        if len(waiting) >= _TOGETHER:
            self._write(kind, waiting)

    def append(self, kind: str, rows: Written) -> None:
        """Append rows that are written already."""
        if rows.count:
            waiting = self._waiting.get(kind)
            if waiting:
                self._write(kind, waiting)
            self.rows[kind] += rows.count
            self._lines.setdefault(kind, []).append(rows.text)

    def _write(self, kind: str, waiting: list[Any]) -> None:
        self.rows[kind] += len(waiting)
        lines = [orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE) for row in waiting]
        self._lines.setdefault(kind, []).append(b"".join(lines))
        waiting.clear()

    def pieces(self) -> dict[str, Piece]:
        """Return the lines by kind."""
        for kind, waiting in self._waiting.items():
            if waiting:
                self._write(kind, waiting)
        kinds = list(self._lines)
        return {
            kind: Piece(b"".join(self._lines.pop(kind))) for kind in kinds
        }  # so that they are held twice one by one
