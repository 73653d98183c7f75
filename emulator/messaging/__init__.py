"""Enhanced chat: messaging channels, sessions and conversations, their rules and their records; and clients of both sides,
`RepDesk` and `EndUser`."""

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from .client import MessagingError, NotThere, RepDesk, RuleBroken
    from .enduser_client import EndUser, EndUserRefused
    from .enduser_stream import EventStream, Happened

__all__ = [
    "EndUser",
    "EndUserRefused",
    "EventStream",
    "Happened",
    "MessagingError",
    "NotThere",
    "RepDesk",
    "RuleBroken",
]
_MODULES: Final = dict.fromkeys(__all__, ".client") | {
    "EndUser": ".enduser_client",
    "EndUserRefused": ".enduser_client",
    "EventStream": ".enduser_stream",
    "Happened": ".enduser_stream",
}


def __getattr__(name: str) -> Any:
    """Load the clients when they are first asked for: the org itself needs neither, nor `requests`."""
    if name in _MODULES:
        from importlib import import_module  # noqa: PLC0415

        return getattr(import_module(_MODULES[name], __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
