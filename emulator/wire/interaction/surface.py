"""What the Interaction Service API and the Conversation Data API offer, for the coverage page."""

from ..coverage.surface import Resource, Surface
from .wire import CALLS, DATA, SERVICE


def surfaces() -> tuple[Surface, ...]:
    return tuple(
        Surface(name, base, tuple(Resource(path, tuple(methods)) for path, methods in CALLS[base].items()))
        for name, base in (("Interaction Service", SERVICE), ("Conversation Data", DATA))
    )
