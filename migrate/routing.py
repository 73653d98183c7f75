"""Which part of the transcripts a record belongs to, by the id that it names: sorted numbers instead of a table of ids.

A million ids take eight megabytes, in a file that the processes of a run share. A number is 48 bits of the id's digest and 16 bits of the part. An id that
is not there may lead to a part that does not know it: parts look at the id itself.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from io import SEEK_END
from itertools import pairwise
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import Any

PARTS = 1 << 16
NOWHERE = PARTS - 1
"""The part of records that name no transcript of the source."""

_BUCKETS = 64
_SHIFT = 58


def number_of(id_: str, part: int = 0) -> int:
    """Return the number of an id in a part."""
    return int.from_bytes(blake2b(id_.encode(), digest_size=6).digest(), "big") << 16 | part


@dataclass(frozen=True, slots=True)
class Router:
    """The numbers of all ids, in order. exact: the parts of ids whose numbers do not tell them apart, where each has one.

    path: the file that the numbers are read from, by every process that is given the router; empty when they travel with it.
    """

    numbers: array[int] | memoryview[int]
    exact: Mapping[str, int] | None = None
    path: str = ""

    def __reduce__(self) -> tuple[Any, ...]:
        return (_of_file, (self.path, self.exact)) if self.path else (Router, (self.numbers, self.exact))

    def loaded(self) -> Router:
        """Return the router with its numbers at hand."""
        return Router(array("Q", self.numbers.tobytes()), self.exact)

    def parts(self, id_: str) -> list[int]:
        """Return the parts that an id may belong to."""
        numbers = self.numbers
        first = number_of(id_)
        at = bisect_left(numbers, first)
        found = []
        while at < len(numbers) and numbers[at] >> 16 == first >> 16:
            found.append(numbers[at] & 0xFFFF)
            at += 1
        if len(found) > 1 and self.exact is not None:
            return [self.exact[id_]] if id_ in self.exact else []
        return found

    def ambiguous(self) -> set[int]:
        """Return the digests that lead to several parts."""
        return {one >> 16 for one, other in pairwise(self.numbers) if one >> 16 == other >> 16}


def _of_file(path: str, exact: Mapping[str, int] | None) -> Router:
    with Path(path).open("rb") as stream:
        if not stream.seek(0, SEEK_END):
            return Router(array("Q"), exact, path)
        return Router(memoryview(mmap(stream.fileno(), 0, access=ACCESS_READ)).cast("Q"), exact, path)


class RouterDraft:
    """Collects numbers for a router."""

    def __init__(self) -> None:
        self._buckets = [array("Q") for _ in range(_BUCKETS)]

    def add(self, numbers: Iterable[int]) -> None:
        """Take numbers."""
        buckets = self._buckets
        for number in numbers:
            buckets[number >> _SHIFT].append(number)

    def router(self) -> Router:
        """Return the router; the draft is empty then. A number that came more than once is in it once."""
        numbers = array("Q")
        for some in self._sorted():
            numbers.extend(some)
        return Router(numbers)

    def router_in(self, path: Path) -> Router:
        """Return the router with its numbers in a new file."""
        with path.open("wb") as stream:
            for some in self._sorted():
                some.tofile(stream)
        return _of_file(str(path), None)

    def _sorted(self) -> Iterator[array[int]]:
        for place, bucket in enumerate(self._buckets):
            self._buckets[place] = array("Q")
            yield array("Q", sorted(set(bucket)))
