"""Whether a text comes a second time among tens of millions: digests of eight bytes in files, sorted piece by piece."""

from __future__ import annotations

from array import array
from hashlib import blake2b
from itertools import pairwise
from pathlib import Path

_PIECES = 256
_WAITING = 4096
"""Digests of a piece that wait in memory: 8 MB of all pieces together."""


def digest_of(text: str) -> int:
    """Return the number that stands for a text."""
    return int.from_bytes(blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big")


class Digests:
    """The digests of texts, in a new folder. Two of some 30 million texts have the same one once in 40,000 times: look at those again."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True)
        self._files = [folder / f"{number:03}" for number in range(_PIECES)]
        self._waiting = [array("Q") for _ in range(_PIECES)]

    def add(self, text: str) -> None:
        """Take a text."""
        digest = digest_of(text)
        piece = digest >> 56
        waiting = self._waiting[piece]
        waiting.append(digest)
        if len(waiting) >= _WAITING:
            self._write(piece)

    def doubles(self, most: int) -> set[int]:
        """Return the digests that came more than once, of many not much more than `most`."""
        found: set[int] = set()
        for piece, path in enumerate(self._files):
            if self._waiting[piece]:
                self._write(piece)
            if path.exists():
                digests = array("Q", path.read_bytes())
                found.update(one for one, other in pairwise(sorted(digests)) if one == other)
            if len(found) >= most:
                break
        return found

    def _write(self, piece: int) -> None:
        with self._files[piece].open("ab") as stream:
            self._waiting[piece].tofile(stream)
        self._waiting[piece] = array("Q")
