"""One instance has a database file at a time: it holds a lock in a file beside it, which the system lets go of when it dies.

The lock is SQLite's own, so that it works wherever SQLite does. The file holds nothing.
"""

import os
import sqlite3
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ..errors import UsageError

SUFFIX: Final = "-owner"
TRIES: Final = 3


@dataclass(frozen=True, slots=True)
class Claim:
    """A database file that is ours."""

    file: Path
    connection: sqlite3.Connection

    def let_go(self) -> None:
        with suppress(OSError):  # a file that cannot go now is taken over by the next owner
            self.file.unlink()
        self.connection.close()


def claimed(path: str) -> Claim:
    """Claim a database file. Raises `UsageError` when another instance has it, and `sqlite3.Error` when nothing can be written there."""
    file = Path(f"{os.path.realpath(path)}{SUFFIX}")  # a link to the file is no other file
    for _ in range(TRIES):
        connection = sqlite3.connect(file, timeout=0, isolation_level=None, check_same_thread=False)
        try:
            connection.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            connection.close()
            if "locked" not in str(error):
                raise
            raise UsageError(
                f"the database {path} is in use by another ChatLift; stop that one, or give this one another file"
            ) from None
        if file.exists():  # else its last owner has just removed it, and the next would see no lock
            return Claim(file, connection)
        connection.close()
    raise UsageError(f"the database {path} is in use by another ChatLift that comes and goes; try again")
