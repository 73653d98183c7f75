"""Reading an org again: what was read before is kept, and only what changed since is asked for.

Rows are found by SystemModstamp from some minutes before the last one that was seen on (a transaction may be seen after a later
one), deleted ones by queryAll; then the numbers are compared, and an object of which rows went unseen, or left the recycle bin,
is read whole.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

from ..cells import plain
from ..errors import UsageError
from ..port import Org
from .org import BULK_FROM, NAMERS, _all, _count, _groups, _joined, is_user, named_users, pull
from .writing import _SPELLING, NAMES, write_object

OVERLAP = timedelta(minutes=10)
_STAMP = "SystemModstamp"
_MOST = 200_000
"""From how many changed rows of an object on it is read whole: the changed ones are held in memory."""
_IDS = 100

Progress = Callable[[str, int, int], None]
Marks = dict[str, str]


def refresh(org: Org, base: Path, marks: Mapping[str, str], progress: Progress) -> Marks:
    """Bring the files of an org up to date, and return the last change that was seen, by object."""
    if not marks or not base.is_dir():
        for path in base.glob("*") if base.is_dir() else ():
            path.unlink()
        pull(org, base, progress)
    else:
        for path in sorted(base.glob("*.csv")):
            _refresh(org, path, marks.get(path.stem, ""), progress)
    return {path.stem: mark for path in sorted(base.glob("*.csv")) if (mark := _last_change(path))}


def checked_mark(text: str) -> str:
    """Return a time that a user gave as SOQL writes it. UsageError for another text."""
    try:
        moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        raise UsageError(f"--since {text!r} is not a time:", "write 2026-03-02T08:00:00Z, or `last`") from None
    return _soql(moment if moment.tzinfo else moment.replace(tzinfo=UTC))


def _soql(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _refresh(org: Org, path: Path, mark: str, progress: Progress) -> None:
    name = path.stem
    fields = _header(path)
    now = _wanted_fields(org, name)
    changed: dict[str, list[str]] | None = None
    if mark and now == fields:
        changed = _changed(org, name, fields, mark)
    if changed is None:
        _read_whole(org, path, progress)
        return
    progress(f"reading {name}", len(changed), 0)
    if changed:
        _merge(path, fields, changed)
    if sum(1 for _ in _rows(path)) - 1 != _count(org, name, "IsDeleted" in fields):
        _read_whole(org, path, progress)


def _wanted_fields(org: Org, name: str) -> list[str] | None:
    known = org.fields(name)
    return known if known is None or name not in NAMES else [field for field in known if field in NAMES[name]]


def _read_whole(org: Org, path: Path, progress: Progress) -> None:
    fields = _wanted_fields(org, path.stem)
    if fields is None:
        path.unlink()
        return
    draft = _drafts(path) / path.name
    is_of_users = path.stem == "User" and "Id" in fields
    records = named_users(org, fields, _users(path.parent)) if is_of_users else _all(org, path.stem, fields, BULK_FROM)
    write_object(draft.parent, path.stem, fields, records, progress, None)
    draft.replace(path)


def _users(base: Path) -> set[str]:
    """Return the users whom the rows that were read name. Their file comes last by its name, so these are up to date."""
    found: set[str] = set()
    for name, field in NAMERS.items():
        path = base / f"{name}.csv"
        if path.exists() and field in _header(path):
            place = _header(path).index(field)
            found.update(row[place] for row in _rows(path) if is_user(row[place]))
    return found


def _changed(org: Org, name: str, fields: list[str], mark: str) -> dict[str, list[str]] | None:
    """Return the cells of the rows that changed since, by id; None when there are too many, or no stamps."""
    if _STAMP not in fields:
        return None
    found = org.query(f"SELECT Id FROM {name} WHERE {_STAMP} >= {mark} ORDER BY {_STAMP}, Id", "IsDeleted" in fields)
    ids = [str(record["Id"]) for record in islice(found, _MOST + 1)]
    if len(ids) > _MOST:
        return None
    changed: dict[str, list[str]] = {}
    for first in range(0, len(ids), _IDS):
        for record in _joined(org, name, _groups(fields), ids[first : first + _IDS], "IsDeleted" in fields):
            changed[record["Id"]] = [plain(record.get(field)) for field in fields]
    return changed


def _drafts(path: Path) -> Path:
    """Return the folder beside that of a file where its next state is written."""
    folder = path.parent.with_name(f"{path.parent.name}.part")
    folder.mkdir(exist_ok=True)
    return folder


def _rows(path: Path) -> Iterator[list[str]]:
    csv.field_size_limit(1 << 28)
    with path.open(encoding="utf-8", newline="") as stream:
        yield from csv.reader(stream)


def _header(path: Path) -> list[str]:
    return next(_rows(path), [])


def _merge(path: Path, fields: list[str], changed: dict[str, list[str]]) -> None:
    """Put changed rows in the place of the former ones; new ones follow by Id, so that no row changes its number."""
    place = fields.index("Id")
    rows = _rows(path)
    draft = _drafts(path) / path.name
    with draft.open("w", encoding="utf-8", newline="") as stream:
        stream.write(_SPELLING.write(next(rows)))
        for row in rows:
            stream.write(_SPELLING.write(changed.pop(row[place], row)))
        for _, row in sorted(changed.items()):
            stream.write(_SPELLING.write(row))
    draft.replace(path)


def _last_change(path: Path) -> str:
    """Return the time from which on the next reading asks, empty for an object without stamps or rows."""
    fields = _header(path)
    if _STAMP not in fields:
        return ""
    place = fields.index(_STAMP)
    last = max((row[place] for row in islice(_rows(path), 1, None)), default="")
    return _soql(datetime.fromisoformat(last.replace("+0000", "+00:00")) - OVERLAP) if last else ""
