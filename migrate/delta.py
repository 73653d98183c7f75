"""Text deltas: how a rebuilt text differs from the original, and how to get the original back.

A delta carries a guard over the rebuilt text it was taken from. When that text has been edited since, the delta no longer
fits and is left out: the edited text stands as the rebuild gives it.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from dataclasses import dataclass

Splice = tuple[int, int, str]


def guard(text: str) -> int:
    """Return a 16-bit check number of the text."""
    return zlib.crc32(text.encode("utf-8", "surrogatepass")) & 0xFFFF


@dataclass(frozen=True, slots=True)
class Delta:
    """Replacements `(start, end, text)` in ascending order over a text whose guard is known."""

    guard: int
    splices: tuple[Splice, ...]

    def apply(self, rebuilt: str) -> str:
        """Return the original, or the rebuilt text itself where it is not the one that the delta was taken from."""
        if guard(rebuilt) != self.guard:
            return rebuilt
        return splice(rebuilt, self.splices)

    def to_json(self) -> list[object]:
        """Return the delta as `[guard, start, end, text, start, end, text ...]`."""
        flat: list[object] = [self.guard]
        for item in self.splices:
            flat.extend(item)
        return flat

    @classmethod
    def from_json(cls, flat: list[object]) -> Delta:
        """Return the delta written by `to_json`; ValueError for any other shape."""
        if len(flat) % 3 != 1 or not isinstance(flat[0], int):
            raise ValueError("not a delta")
        splices: list[Splice] = []
        for position in range(1, len(flat), 3):
            start, end, text = flat[position : position + 3]
            if not (isinstance(start, int) and isinstance(end, int) and isinstance(text, str)):
                raise ValueError("not a delta")
            splices.append((start, end, text))
        return cls(flat[0], tuple(splices))


def splice(text: str, splices: Iterable[Splice]) -> str:
    """Return the text with each `(start, end, replacement)` done; the splices are in ascending order."""
    parts: list[str] = []
    position = 0
    for start, end, replacement in splices:
        parts.append(text[position:start])
        parts.append(replacement)
        position = end
    parts.append(text[position:])
    return "".join(parts)


def difference(rebuilt: str, original: str, splices: tuple[Splice, ...] = ()) -> Delta | None:
    """Return the delta from rebuilt to original, None when they are equal.

    `splices` are replacements that the caller believes to be right; when they are not, one replacement of all that
    stands between the common beginning and the common end takes their place.
    """
    if rebuilt == original:
        return None
    if splices and splice(rebuilt, splices) == original:
        return Delta(guard(rebuilt), splices)
    shorter = min(len(rebuilt), len(original))
    start = _common_prefix(rebuilt, original, shorter)
    end = 0
    while end < shorter - start and rebuilt[-1 - end] == original[-1 - end]:
        end += 1
    return Delta(guard(rebuilt), ((start, len(rebuilt) - end, original[start : len(original) - end]),))


def _common_prefix(left: str, right: str, limit: int) -> int:
    low, high = 0, limit
    while low < high:
        middle = (low + high + 1) // 2
        if left[:middle] == right[:middle]:
            low = middle
        else:
            high = middle - 1
    return low
