"""An end user's event stream, over HTTP: what a web page's client reads, and goes on reading when the line breaks.

It has no thread of its own: events are read when they are asked for. A stream that was cut off, or given up for lack of patience, is opened
again behind the last event that came, so that nothing is lost or doubled.
"""

import json
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import requests

SILENCE_SECONDS: Final = 90.0
"""After which the platform's own client gives a stream up and opens another."""
PAUSE_SECONDS: Final = 0.05
"""Between streams that end at once, as those of an org in a test's own process do."""
SECONDS: Final = 60.0
FRAME: Final = b"\n\n"
Open = Callable[[str, float], requests.Response]
"""Opens a stream behind an event, with the seconds that it may be silent."""


@dataclass(frozen=True, slots=True)
class Happened:
    """An event. data: its JSON; `payload` is the entry's, read."""

    id: str
    event: str
    data: Mapping[str, Any]

    @property
    def conversation_id(self) -> str:
        return str(self.data["conversationId"])

    @property
    def entry(self) -> Mapping[str, Any]:
        entry: Mapping[str, Any] = self.data["conversationEntry"]
        return entry

    @property
    def payload(self) -> Mapping[str, Any]:
        payload: Mapping[str, Any] = json.loads(self.entry["entryPayload"])
        return payload

    @property
    def role(self) -> str:
        """Who did it: ``EndUser``, ``Agent``, ``Chatbot``, ``System`` …"""
        return str(self.entry["sender"]["role"])

    @property
    def text(self) -> str:
        """The words of a message of static content; empty for what has none."""
        content = self.payload.get("abstractMessage", {}).get("staticContent") or {}
        return str(content.get("text") or content.get("linkItem", {}).get("url") or "")


class EventStream:
    """What happens to one end user, in order. last_event_id: of the last event that came."""

    def __init__(self, open_: Open, last_event_id: str) -> None:
        self._open = open_
        self.last_event_id = last_event_id
        self._response: requests.Response | None = None
        self._chunks: Iterator[bytes] = iter(())
        self._patience = 0.0
        self._rest = b""
        self._waiting: deque[Happened] = deque()

    def __enter__(self) -> "EventStream":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __iter__(self) -> Iterator[Happened]:
        """Yield what happens, for as long as somebody asks."""
        while True:
            found = self.next(SILENCE_SECONDS)
            if found is not None:
                yield found

    def connect(self, seconds: float = SECONDS) -> None:
        """Open the stream now; it is opened by itself when an event is asked for."""
        self.close()
        self._response = self._open(self.last_event_id, seconds)
        self._chunks = self._response.iter_content(None)
        self._patience, self._rest = seconds, b""

    def close(self) -> None:
        """Hang up. What is asked for next opens the stream again."""
        if self._response is not None:
            self._response.close()
            self._response = None

    def next(self, seconds: float = SECONDS) -> Happened | None:
        """Return the next event, None when none comes within about so many seconds."""
        end = time.monotonic() + seconds
        while not self._waiting:
            left = end - time.monotonic()
            if left <= 0:
                return None
            self._read(left)
        return self._waiting.popleft()

    def until(self, event: str, seconds: float = SECONDS) -> list[Happened]:
        """Return what happens up to an event of a name, such as ``CONVERSATION_MESSAGE``. Raises `TimeoutError`."""
        found: list[Happened] = []
        end = time.monotonic() + seconds
        while not found or found[-1].event != event:
            one = self.next(end - time.monotonic())
            if one is None:
                raise TimeoutError(f"no {event} came in {seconds} seconds, but {[one.event for one in found]}")
            found.append(one)
        return found

    def _read(self, seconds: float) -> None:
        """Take in what comes next, or wait for about so long."""
        try:
            is_impatient = self._patience > 2 * seconds + 1 and self.last_event_id
            if self._response is None or is_impatient:  # which costs nothing where there is an event to go on behind
                self.connect(seconds)
            self._take(next(self._chunks))
        except StopIteration:  # the org has ended the stream
            self.close()
            if not self._waiting:
                time.sleep(min(PAUSE_SECONDS, seconds))
        except (requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError):
            self.close()  # silence, or the line broke
            time.sleep(min(PAUSE_SECONDS, seconds))

    def _take(self, chunk: bytes) -> None:
        *frames, self._rest = (self._rest + chunk).split(FRAME)
        for frame in frames:
            fields = dict(line.split(": ", 1) for line in frame.decode().split("\n") if ": " in line)
            if "id" in fields:
                self.last_event_id = fields["id"]
                self._waiting.append(Happened(fields["id"], fields["event"], json.loads(fields["data"])))
