"""Events in the form of an event stream: ``id``, ``event`` and ``data``, each on a line (HTML standard, "Server-sent events")."""

from collections.abc import Iterable, Iterator
from typing import Final

from ...messaging.streams import StreamEvent

EVENT_STREAM: Final = "text/event-stream"
PING: Final = b"event: ping\ndata: 0\n\n"
"""The sign of life (recorded)."""


def frames(pages: Iterable[list[StreamEvent]]) -> Iterator[bytes]:
    """Yield pages of events as they are sent; an empty one is a ping."""
    for page in pages:
        yield b"".join(frame(event) for event in page) if page else PING


def frame(event: StreamEvent) -> bytes:
    return f"id: {event.number}\nevent: {event.event}\ndata: {event.data}\n\n".encode()
