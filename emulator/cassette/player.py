"""Find the recorded answer to a request: the first of its kind that was not given yet, and at the end the last one again."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from threading import Condition
from typing import Final
from urllib.parse import unquote

from .file import Cassette
from .form import Asked, Call
from .matching import UUID, Shape, shape, unlike

MOST_TOLD: Final = 3
"""Recorded calls that an explanation names."""
_STAND_IN_TOKEN: Final = re.compile(rb"\b00D[0-9A-Za-z]{12,15}!scrubbed\.[0-9]+")
_POSTS: Final = frozenset({"POST", "PUT", "PATCH", "DELETE"})


@dataclass(frozen=True, slots=True)
class Played:
    """A recorded call that answers a request. again: whether it has answered one before."""

    call: Call
    again: bool


class Player:
    """Answers from one cassette. Safe to use from several threads."""

    def __init__(self, cassette: Cassette) -> None:
        self.cassette = cassette
        self._hides_emails = cassette.heading.emails_scrubbed
        self._changed = Condition()
        self._shapes = {call.number: self._shape(call.asked) for call in cassette.calls}
        self._alike: dict[tuple[str, str, str], list[Call]] = {}
        for call in cassette.calls:
            self._alike.setdefault(self._shapes[call.number].loose, []).append(call)
        self._addresses = {one.loose[:2] for one in self._shapes.values()}
        self._played: set[int] = set()
        self._renamed: dict[str, str] = {}

    def rewind(self) -> None:
        """Begin anew."""
        with self._changed:
            self._played.clear()
            self._renamed.clear()
            self._changed.notify_all()

    def play(self, asked: Asked) -> Played | None:
        """Return the call that answers a request, or None when none does."""
        wanted = self._shape(asked)
        with self._changed:
            fitting = [call for call in self._alike.get(wanted.loose, ()) if self._fits(wanted, call)]
            if not fitting:
                return None
            fresh = next((call for call in fitting if call.number not in self._played), None)
            found = fresh or fitting[-1]
            self._played.add(found.number)
            self._renamed.update(zip(self._shapes[found.number].uuids, wanted.uuids, strict=True))
            self._changed.notify_all()
        return Played(found, fresh is None)

    def _fits(self, wanted: Shape, call: Call) -> bool:
        """Tell whether the ids that clients make stand for the same ones all through."""
        recorded = self._shapes[call.number].uuids
        if len(recorded) != len(wanted.uuids):
            return False
        taken = set(self._renamed.values())
        return all(
            self._renamed[old] == new if old in self._renamed else old == new or new not in taken
            for old, new in zip(recorded, wanted.uuids, strict=True)
        )

    @property
    def renamed(self) -> Mapping[str, str]:
        """Recorded ids of clients' making, and those that stand for them now."""
        with self._changed:
            return {old: new for old, new in self._renamed.items() if old != new}

    def knows(self, asked: Asked) -> bool:
        """Tell whether a call of that method and path was recorded, with whatever query and body."""
        return self._shape(asked).loose[:2] in self._addresses

    def explain(self, asked: Asked) -> list[str]:
        """Return the recorded calls that come nearest to a request that has none, each with what is other about it."""
        wanted = self._shape(asked)
        near = [call for call in self.cassette.calls if self._shapes[call.number].loose[:2] == wanted.loose[:2]]
        if not near:
            paths = {self._shapes[call.number].path: call for call in reversed(self.cassette.calls)}
            like = get_close_matches(wanted.path[:300], paths, MOST_TOLD, 0.75)
            near = [paths[path] for path in like]
        told = ((call, unlike(wanted, self._shapes[call.number])) for call in near)
        nearest = sorted(told, key=lambda one: len(one[1]))[:MOST_TOLD]
        return [
            f"#{call.number} {call.asked.method} {unquote(call.asked.path)}: {why or 'it goes with other ids of the client'}"
            for call, why in nearest
        ]

    def wait_for_others(self, family: str, after: int, seconds: float, own: int) -> bool:
        """Wait until the calls of a family of paths were made that came before an answer; False when time ran out.

        What a client is told by a poll or a stream was, more often than not, brought about by its own calls.
        """
        needed = {
            call.number
            for call in self.cassette.calls
            if call.number <= after
            and call.number != own
            and call.asked.method in _POSTS
            and call.asked.path.startswith(family)
        }
        with self._changed:
            return self._changed.wait_for(lambda: needed <= self._played, seconds)

    def tokens(self) -> set[str]:
        """Return the stand-ins for session ids in the cassette."""
        found: set[str] = set()
        for call in self.cassette.calls:
            values = [value for _, value in (*call.asked.headers, *call.answered.headers)]
            for text in (call.asked.body, call.answered.body, *(value.encode() for value in values)):
                found.update(one.decode() for one in _STAND_IN_TOKEN.findall(text))
        return found

    def unplayed(self) -> list[str]:
        """Return the calls that nobody has made yet, each as a line."""
        with self._changed:
            calls = [call for call in self.cassette.calls if call.number not in self._played]
        return [f"#{call.number} {call.asked.method} {unquote(call.asked.path)}" for call in calls]

    def _shape(self, asked: Asked) -> Shape:
        return shape(asked, hide_emails=self._hides_emails)


def with_ids(text: str, renamed: Mapping[str, str]) -> str:
    """Return a recorded text with the ids that a client has made this time."""
    return UUID.sub(lambda found: renamed.get(found[0], found[0]), text) if renamed else text
