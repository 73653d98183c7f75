"""From the records of legacy chat to those of enhanced chat, and back.

`from chatlift.migrate import migrate_transcript, Plan` is the pure transform: rows in, rows out, no files and no network.
Names are loaded when they are asked for, so that importing this package costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .errors import MigrationError, RecordError, TerminalError, TransientError, UsageError
    from .plan import Plan
    from .restore import restore_to
    from .run import Outcome, run
    from .transform.structures import Links, Person, Structures
    from .transform.transcript import migrate_transcript
    from .verify import verify

_HOMES = {
    "MigrationError": ".errors",
    "RecordError": ".errors",
    "TerminalError": ".errors",
    "TransientError": ".errors",
    "UsageError": ".errors",
    "Plan": ".plan",
    "restore_to": ".restore",
    "Outcome": ".run",
    "run": ".run",
    "Links": ".transform.structures",
    "Person": ".transform.structures",
    "Structures": ".transform.structures",
    "migrate_transcript": ".transform.transcript",
    "verify": ".verify",
}

__all__ = [
    "Links",
    "MigrationError",
    "Outcome",
    "Person",
    "Plan",
    "RecordError",
    "Structures",
    "TerminalError",
    "TransientError",
    "UsageError",
    "migrate_transcript",
    "restore_to",
    "run",
    "verify",
]


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(home, __name__), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
