"""Databases of a run's own working: made anew, never read again after a crash, so nothing is done to make them survive one."""

from __future__ import annotations

import sqlite3
from pathlib import Path


def scratch_database(path: Path, tables: str, cache_kib: int = 2000) -> sqlite3.Connection:
    """Return an empty database with these tables, in a transaction that is open; a file that is there gives way."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    database = sqlite3.connect(path, isolation_level=None)
    database.executescript(
        f"PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA temp_store=FILE; PRAGMA cache_size=-{cache_kib};{tables}"
    )
    database.execute("BEGIN")
    return database
