"""An org as a source: its chat records are read over REST into CSV files, and those are the source from then on.

The files have one line of field names in describe order, all cells quoted, rows by Id, UTF-8, line feeds; datetimes and
booleans as REST gives them. A restore of such a migration gives these files.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ..cells import plain
from ..dialect import Dialect
from ..errors import UsageError
from ..port import Org
from .source import CHAT_OBJECTS

_NAMES = {
    "User": ("Id", "FirstName", "LastName", "Name", "IsActive"),
    "LiveChatButton": ("Id", "DeveloperName", "MasterLabel"),
}
"""Objects that are read for names and labels only, with the fields that serve."""

_SPELLING = Dialect(line_end="\n", quoting="a")


def pull(org: Org, folder: Path, progress: Callable[[str, int, int], None]) -> None:
    """Write the CSV files of an org into a folder. UsageError when it has no chat transcripts and no agent sessions."""
    folder.mkdir(parents=True, exist_ok=True)
    found = False
    for name in (*CHAT_OBJECTS, *_NAMES):
        known = org.fields(name)
        if known is None:
            continue
        found = found or name in CHAT_OBJECTS
        wanted = [field for field in known if field in _NAMES[name]] if name in _NAMES else known
        _pull_object(org, name, wanted, folder / f"{name}.csv", progress)
    if not found:
        raise UsageError(f"{org.url} has no legacy chat objects:", "use an org where Chat was set up")


def _pull_object(org: Org, name: str, fields: list[str], path: Path, progress: Callable[[str, int, int], None]) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        stream.write(_SPELLING.write(fields))
        for count, record in enumerate(org.query(f"SELECT {', '.join(fields)} FROM {name} ORDER BY Id"), 1):
            stream.write(_SPELLING.write([plain(record.get(field)) for field in fields]))
            if count % 200 == 0:
                progress(f"reading {name}", count, 0)
