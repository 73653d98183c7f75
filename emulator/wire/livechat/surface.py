"""What the visitor's side of legacy chat offers, for the coverage page."""

from ..coverage.surface import Resource, Surface
from .wire import NOUNS, REST, UPLOAD


def surfaces() -> tuple[Surface, ...]:
    nouns = tuple(Resource(name, tuple(methods)) for name, methods in NOUNS.items())
    return (Surface("Chat REST", REST, (*nouns, Resource(UPLOAD, ("POST",)))),)
