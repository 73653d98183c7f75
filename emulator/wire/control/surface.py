"""What the control API offers, for the coverage page."""

from ..coverage.surface import Resource, Surface
from .wire import CALLS, UPLOADS


def surfaces() -> tuple[Surface, ...]:
    calls = tuple(Resource(name, tuple(methods)) for name, methods in sorted([*CALLS.items(), *UPLOADS.items()]))
    return (Surface("Control", "/_chatlift", calls),)
