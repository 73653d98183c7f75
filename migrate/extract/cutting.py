"""Where a file may be cut into blocks of whole rows, guessed while its bytes pass; see `blocks`."""

from __future__ import annotations

SIZE = 2 << 20
"""Bytes of a block: a worker holds one, and some seven times as much that is made of it.

The blocks depend on the source alone, so that the result does not depend on the number of workers.
"""


class Cutter:
    """Finds the ends of blocks while the bytes of a file pass. is_quoted: line ends within quotes end no row."""

    def __init__(self, size: int, is_quoted: bool = True) -> None:
        self.size = size
        self.is_quoted = is_quoted
        self.cuts: list[int] = []
        self._passed = 0
        self._from = 0
        self._quotes = 0

    def take(self, chunk: bytes) -> None:
        """Look at the next bytes."""
        if self._passed + len(chunk) - self._from < self.size:
            self._quotes += chunk.count(b'"')
            self._passed += len(chunk)
            return
        position = 0
        mark = b"\n" if b"\n" in chunk else b"\r"
        while True:
            wanted = max(position, self._from + self.size - self._passed)
            found = self._even(chunk, position, wanted, mark)
            if found < 0:
                break
            position = found
            self._from = self._passed + found
            self.cuts.append(self._from)
        self._passed += len(chunk)

    def _even(self, chunk: bytes, position: int, wanted: int, mark: bytes) -> int:
        """Return where the first row behind `wanted` begins, -1 when none does; the quotes are counted up to there."""
        start = position
        while True:
            found = chunk.find(mark, wanted)
            if found < 0 or found + 1 >= len(chunk):
                self._quotes += chunk.count(b'"', start)
                return -1
            self._quotes += chunk.count(b'"', start, found)
            start, wanted = found, found + 1
            if (self._quotes % 2 == 0 or not self.is_quoted) and chunk[wanted] not in b"\r\n":
                return wanted
