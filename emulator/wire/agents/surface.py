"""What the agent API of legacy chat offers, for the coverage page."""

from ..coverage.surface import Resource, Surface
from .wire import CALLS, PREFIX, UPLOADS


def surfaces() -> tuple[Surface, ...]:
    calls = [Resource(name, tuple(methods)) for name, methods in CALLS.items()]
    calls.append(Resource(f"chats/{{chatKey}}/{UPLOADS}", ("POST",)))
    return (Surface("Agents", PREFIX, tuple(sorted(calls, key=lambda call: call.name))),)
