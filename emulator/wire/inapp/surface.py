"""What the end-user API of enhanced chat offers, for the coverage page."""

from typing import Final

from ..coverage.surface import Resource, Surface
from .wire import CALLS, STREAM, V1, V2

NAMES: Final = {
    V2: "Messaging for In-App and Web",
    V1: "Messaging for In-App and Web v1",
    STREAM: "Messaging for In-App and Web, events",
}


def surfaces() -> tuple[Surface, ...]:
    return tuple(
        Surface(NAMES[base], base, tuple(Resource(name, tuple(methods)) for name, methods in sorted(calls.items())))
        for base, calls in CALLS.items()
    )
