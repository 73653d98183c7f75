"""What the rep API of enhanced chat offers, for the coverage page."""

from ..coverage.surface import Resource, Surface
from .wire import CALLS, PREFIX


def surfaces() -> tuple[Surface, ...]:
    calls = [Resource(name, tuple(methods)) for name, methods in CALLS.items()]
    return (Surface("Reps", PREFIX, tuple(sorted(calls, key=lambda call: call.name))),)
