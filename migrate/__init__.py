"""From the records of legacy chat to those of enhanced chat, and back.

`from chatlift.migrate import migrate_transcript, Plan` is the pure transform: rows in, rows out, no files and no network.
Whole migrations are `chatlift.migrate.run.run`, `chatlift.migrate.verify.verify` and `chatlift.migrate.restore.restore_to`.
Names are loaded when they are asked for, so that importing this package costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .errors import MigrationError, RecordError, TerminalError, TransientError, UsageError
    from .plan import Plan
    from .transform.structures import Links, Person, Structures
    from .transform.transcript import migrate_transcript

_HOMES = {
    "MigrationError": ".errors",
    "RecordError": ".errors",
    "TerminalError": ".errors",
    "TransientError": ".errors",
    "UsageError": ".errors",
    "Plan": ".plan",
    "Links": ".transform.structures",
    "Person": ".transform.structures",
    "Structures": ".transform.structures",
    "migrate_transcript": ".transform.transcript",
}

__all__ = [
    "Links",
    "MigrationError",
    "Person",
    "Plan",
    "RecordError",
    "Structures",
    "TerminalError",
    "TransientError",
    "UsageError",
    "migrate_transcript",
]


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(home, __name__), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
