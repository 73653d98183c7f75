"""The event streams of end users: what has happened since, and then what happens, until the client goes."""

import threading
from collections import Counter
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from typing import Final

from ..org.org import Org
from .runtime import MessagingRuntime
from .streams import StreamEvent
from .tokens import Token, TokenRefused, Tokens

PING_SECONDS: Final = 25.0
"""Real seconds of silence after which a stream says that it is alive. A guess: clients give a stream up after 90 seconds."""
PAGE: Final = 100
"""Events that are sent at a time."""
Events = list[StreamEvent]


class Listening:
    """The open streams of one org; `org.room(Listening)` is the org's one. An end user has as many as he opens."""

    def __init__(self, org: Org) -> None:
        self._org = org
        self._runtime = org.room(MessagingRuntime)
        self._tokens = Tokens(org)
        self._lock = threading.Lock()
        self._open: Counter[str] = Counter()
        self._past = 0
        """How often the rows were replaced: streams from before end."""
        self._is_closed = False

    # --- what an org asks of its rooms --------------------------------------------------------------------------------

    def forget(self) -> None:
        """The rows were replaced: the numbers that streams have come to mean nothing any longer, and their clients begin anew."""
        self._past += 1
        self._runtime.waiters.wake_all()

    def catch_up(self) -> None:
        """Streams live in real time; but tokens may be over now."""
        self._runtime.waiters.wake_all()

    def close(self) -> None:
        """Let all streams end, and no more begin."""
        self._is_closed = True
        self._runtime.waiters.wake_all()

    # --- streams --------------------------------------------------------------------------------------------------------

    def is_listening(self, subject: str) -> bool:
        """Tell whether an end user has a stream open in this process."""
        return self._open[subject] > 0

    def start_of(self, last_seen: int | None) -> int:
        """Return the number behind which a stream goes on: what the client saw last, or from now on.

        A number that no event has had yet is from before a reset, and means from now on too.
        """
        with self._org.store.read() as rows:
            last = self._runtime.streams.last_number(rows)
        return last if last_seen is None else min(last_seen, last)

    def told(self, who: Token, after: int) -> Iterator[Events]:
        """Yield all that has happened to an end user behind a number, in pages, and end."""
        while page := self._next(who, after):
            yield page
            after = page[-1].number

    def stream(self, who: Token, after: int, is_gone: Callable[[], bool]) -> Generator[Events, None, None]:
        """Yield what has happened behind a number and goes on to happen, in pages; an empty page is a sign of life.

        It begins with one, and ends when the client is gone, the token over, the org reset or the server about to stop. `is_gone`
        tells of a client that has hung up.
        """
        place = _Place(who, after, self._past, is_gone)
        self._begin(who.subject)
        try:
            yield []
            while True:
                page = self._runtime.waiters.wait(who.subject, PING_SECONDS, lambda: self._news(place))
                if page is None and not self._is_over(place):
                    yield []
                elif page:
                    yield page
                    place.number = page[-1].number
                else:
                    return
        finally:
            with self._lock:
                self._open[who.subject] -= 1
                if not self._open[who.subject]:
                    del self._open[who.subject]

    def _begin(self, subject: str) -> None:
        with self._lock:
            others = self._open[subject]
            self._open[subject] += 1
        if others:  # a client that comes back: its former stream may end now
            self._runtime.waiters.wake(subject)

    def _news(self, place: "_Place") -> Events | None:
        """Return the next events, nothing at all when the stream is over, None while there are none."""
        if self._is_over(place):
            return []
        return self._next(place.who, place.number) or None

    def _next(self, who: Token, after: int) -> Events:
        with self._org.store.read() as rows:
            return self._runtime.streams.after(rows, who.subject, after, PAGE)

    def _is_over(self, place: "_Place") -> bool:
        if self._is_closed or self._past != place.begun_in or place.is_gone():
            return True
        try:
            self._tokens.check_time(place.who)
        except TokenRefused:
            return True
        return False


@dataclass(slots=True)
class _Place:
    """How far a stream has come. begun_in: how often the rows had been replaced when it began."""

    who: Token
    number: int
    begun_in: int
    is_gone: Callable[[], bool]
