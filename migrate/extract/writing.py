"""CSV files of ours: what is read from somewhere else than files is written so, and those are the source from then on.

They have one line of field names, all cells quoted, UTF-8, line feeds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ..cells import plain
from ..dialect import Dialect
from ..masking import RowMask

Progress = Callable[[str, int, int], None]

NAMES: Mapping[str, tuple[str, ...]] = {
    "User": ("Id", "FirstName", "LastName", "Name", "IsActive"),
    "LiveChatButton": ("Id", "DeveloperName", "MasterLabel"),
    "LiveChatDeployment": ("Id", "DeveloperName", "MasterLabel"),
    "Skill": ("Id", "DeveloperName", "MasterLabel"),
    "Contact": ("Id", "IsDeleted", "AccountId", "LastName", "FirstName", "Name"),
    "Lead": ("Id", "IsDeleted", "LastName", "FirstName", "Name"),
    "Account": ("Id", "IsDeleted", "Name"),
    "Case": ("Id", "IsDeleted", "CaseNumber"),
}
"""Objects that are read for names, labels and checks only, with the fields that serve."""

_SPELLING = Dialect(line_end="\n", quoting="a")


def write_object(
    folder: Path,
    name: str,
    fields: Sequence[str],
    records: Iterable[Mapping[str, Any]],
    progress: Progress,
    mask: RowMask | None,
) -> None:
    """Write the records of an object, masked where the plan says so."""
    columns = tuple(fields)
    with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as stream:
        stream.write(_SPELLING.write(columns))
        for count, record in enumerate(records, 1):
            cells = [plain(record.get(field)) for field in columns]
            masked = mask.cells(name, columns, cells) if mask is not None else None
            stream.write(_SPELLING.write(cells if masked is None else masked))
            if count % 200 == 0:
                progress(f"reading {name}", count, 0)


def learn_object(mask: RowMask, name: str, fields: Sequence[str], records: Iterable[Mapping[str, Any]]) -> None:
    """Let a mask learn the names that the records of an object hold."""
    columns = tuple(fields)
    for record in records:
        mask.learn(name, columns, [plain(record.get(field)) for field in columns])
