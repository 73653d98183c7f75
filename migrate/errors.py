"""The errors of a migration.

MigrationError
 ├─ UsageError       the command line, the plan or the source cannot be used as given: exit 2, one line
 ├─ TransientError   the same call may succeed later (a time-out, a 503): tried again, then terminal
 ├─ TerminalError    the run stops: exit 1
 └─ RecordError      about one source row: it is rejected with a reason and a remedy, the run goes on
"""

from __future__ import annotations


class MigrationError(Exception):
    """What went wrong (`message`) and how to mend it (`remedy`), each one line of plain text."""

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(f"{message} {remedy}".strip())
        self.message = message
        self.remedy = remedy


class UsageError(MigrationError):
    """What the user gave cannot be used."""


class TransientError(MigrationError):
    """A failure that a later attempt may not meet."""


class TerminalError(MigrationError):
    """A failure that ends the run."""


class RecordError(MigrationError):
    """One source row cannot be migrated."""
