"""Legacy Chat: the desk, its rules and its records; and clients of both sides, `AgentDesk` and `Visitor`."""

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from .browser import Told, Visitor, VisitorRefused
    from .client import AgentDesk, ChatError, NotThere, RuleBroken

__all__ = ["AgentDesk", "ChatError", "NotThere", "RuleBroken", "Told", "Visitor", "VisitorRefused"]
_BROWSER: Final = frozenset({"Told", "Visitor", "VisitorRefused"})


def __getattr__(name: str) -> Any:
    """Load the clients when they are first asked for: the org itself needs neither, nor `requests`."""
    if name in __all__:
        from importlib import import_module  # noqa: PLC0415

        return getattr(import_module(".browser" if name in _BROWSER else ".client", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
