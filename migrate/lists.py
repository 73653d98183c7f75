"""Lists for people, as CSV files that spreadsheets open: orphans.csv and deviations.csv.

A cell that a spreadsheet would take for a formula gets an apostrophe in front (OWASP, CSV Injection). What is listed is kept in a
work file until the list is written in order, so that memory does not grow with it.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from hashlib import file_digest
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from .layout import DEVIATIONS, LISTS, ORPHANS, RUN_DATABASE, WORK, list_name
from .scratch import scratch_database

COLUMNS = {
    ORPHANS: ("missing object", "missing id", "named by field", "of object", "of id", "file", "row", "outcome"),
    DEVIATIONS: (
        "transcript", "session", "file", "row", "agent lines", "visitor lines", "bot lines",
        "OperatorMessageCount", "VisitorMessageCount", "difference", "likely cause",
    ),
}  # fmt: skip
_ORDER = {
    ORPHANS: '"missing object", "missing id", position',
    # Those that differ most come first: they are what somebody should look at.
    DEVIATIONS: 'abs("difference") DESC, position',
}
_SHOWN = 50
"""So many lines of a list stand in the report; the file has all."""

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def safe_cell(value: Any) -> Any:
    """Return a cell that no spreadsheet takes for a formula. Numbers stay what they are."""
    if isinstance(value, str) and value.lstrip(" ").startswith(_FORMULA):
        return f"'{value}"
    return value


def write_list(path: Path, columns: Sequence[str], lines: Iterable[Sequence[Any]]) -> None:
    """Write a list as CSV. The byte order mark tells spreadsheets that it is UTF-8."""
    with path.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(columns)
        writer.writerows([safe_cell(cell) for cell in line] for line in lines)


def _table(name: str) -> str:
    columns = ", ".join(f'"{column}"' for column in COLUMNS[name])
    return f"CREATE TABLE {name} (position INTEGER PRIMARY KEY, {columns});"


class Lists:
    """Both lists of a run. Not shared between threads."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / WORK / f"lists-{RUN_DATABASE}"
        self._database = scratch_database(self.path, "".join(_table(name) for name in LISTS))
        self._digests: dict[str, str] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._database.close()
        self.path.unlink(missing_ok=True)

    def add(self, name: str, lines: Iterable[Sequence[Any]]) -> None:
        """Append lines, cells in the order of the columns."""
        marks = ", ".join("?" * len(COLUMNS[name]))
        self._database.executemany(f"INSERT INTO {name} VALUES (NULL, {marks})", lines)

    def write(self) -> None:
        """Write the files. One of nothing is written too: it says that nothing is to be listed."""
        for name in LISTS:
            draft = self.folder / WORK / f"{name}.part"
            columns = ", ".join(f'"{column}"' for column in COLUMNS[name])
            lines = self._database.execute(f"SELECT {columns} FROM {name} ORDER BY {_ORDER[name]}")
            write_list(draft, COLUMNS[name], lines)
            with draft.open("rb") as stream:
                self._digests[name] = file_digest(stream, "sha256").hexdigest()
            draft.replace(self.folder / list_name(name))

    def summary(self) -> dict[str, Any]:
        """Return how long the lists that were written are, and what stands in front."""
        return {
            ORPHANS: {**self._head(ORPHANS), "parents": self._parents()},
            DEVIATIONS: self._head(DEVIATIONS),
        }

    def _head(self, name: str) -> dict[str, Any]:
        (number,) = self._database.execute(f"SELECT count(*) FROM {name}").fetchone()
        columns = ", ".join(f'"{column}"' for column in COLUMNS[name])
        found = self._database.execute(f"SELECT {columns} FROM {name} ORDER BY {_ORDER[name]} LIMIT {_SHOWN}")
        first = [dict(zip(COLUMNS[name], line, strict=True)) for line in found]
        return {"lines": number, "file": list_name(name), "sha256": self._digests[name], "first": first}

    def _parents(self) -> dict[str, Any]:
        """Return the records that are missing, those whom most rows name first."""
        grouped = (
            'SELECT "missing object" AS kind, "missing id" AS id, outcome, count(*) AS rows, '
            "min(position) AS first FROM orphans GROUP BY kind, id, outcome"
        )
        (number,) = self._database.execute(
            'SELECT count(*) FROM (SELECT DISTINCT "missing object", "missing id" FROM orphans)'
        ).fetchone()
        most = self._database.execute(
            f'SELECT kind, id, groups.outcome, rows, "named by field", "of object", "of id", file, row FROM ({grouped}) AS groups '
            f"JOIN orphans ON orphans.position = groups.first ORDER BY groups.outcome = 'rejected' DESC, rows DESC, kind, id "
            f"LIMIT {_SHOWN}"
        )
        names = ("object", "id", "outcome", "rows", "field", "byObject", "byId", "byFile", "byRow")
        outcomes = self._database.execute("SELECT outcome, count(*) FROM orphans GROUP BY outcome ORDER BY outcome")
        return {
            "missing": number,
            "outcomes": dict(outcomes.fetchall()),
            "first": [dict(zip(names, line, strict=True)) for line in most],
        }
