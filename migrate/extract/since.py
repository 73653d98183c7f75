"""Reading an org again: what was read before is kept, and only what changed since is asked for.

Rows are found by SystemModstamp from some minutes before the last one that was seen on (a transaction may be seen after a later
one), deleted ones by queryAll; then the numbers are compared, and an object of which rows went unseen, or left the recycle bin,
is read whole.
"""

from __future__ import annotations

import csv
import shutil
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

from ..cells import plain
from ..errors import UsageError
from ..port import Org, Refused
from .late import PARENT, TRANSCRIPT
from .named import NAMERS, Named
from .org import BULK_FROM, Reader, _count, _groups, _joined, pull, wanted_fields
from .tables import CHAT_OBJECTS
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
        shutil.rmtree(base, ignore_errors=True)
        pull(org, base, progress)
    else:
        order = [*CHAT_OBJECTS, *NAMES]
        paths = (base / f"{name}.csv" for name in order)
        with Named(base.with_name(f"{base.name}-named.part")) as named:
            reader = Reader(org, BULK_FROM, named)
            for path in paths:
                if path.exists():
                    _refresh(reader, path, marks.get(path.stem, ""), progress)
                    _note(reader, path)
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


def _refresh(reader: Reader, path: Path, mark: str, progress: Progress) -> None:
    org, name = reader.org, path.stem
    fields = _header(path)
    now = wanted_fields(org, name)
    changed: dict[str, list[str]] | None = None
    if mark and now == fields:
        changed = _changed(org, name, fields, mark)
    if changed is None:
        _read_whole(reader, path, progress)
        return
    if PARENT.get(name) in fields:
        _leave_late(reader, name, fields, changed)
    progress(f"reading {name}", len(changed), 0)
    if changed:
        _merge(path, fields, changed)
    left_out = reader.arrivals.left_out[name]
    if sum(1 for _ in _rows(path)) - 1 + left_out != _count(org, name, "IsDeleted" in fields):
        reader.arrivals.left_out[name] = 0
        _read_whole(reader, path, progress)


def _leave_late(reader: Reader, name: str, fields: list[str], changed: dict[str, list[str]]) -> None:
    """Take out the rows whose chats arrived after the transcripts were read: the next reading finds them."""
    place = fields.index(PARENT[name])
    unknown = sorted({row[place] for row in changed.values() if not reader.arrivals.is_known(row[place])})
    late: set[str] = set()
    for first in range(0, len(unknown), _IDS):
        late |= reader.arrivals.late(reader.org, unknown[first : first + _IDS])
    for id_ in [id_ for id_, row in changed.items() if row[place] in late]:
        del changed[id_]
        reader.arrivals.left_out[name] += 1


def _note(reader: Reader, path: Path) -> None:
    """Note what the rows of an object name, and transcripts as read."""
    name = path.stem
    if name not in NAMERS or not path.exists():
        return
    rows = _rows(path)
    columns = next(rows, [])
    for row in rows:
        record = dict(zip(columns, row, strict=False))
        reader.named.take(name, record)
        if name == TRANSCRIPT and "Id" in record:
            reader.arrivals.note(record["Id"], record.get("CreatedDate"))
    if name == TRANSCRIPT:
        reader.arrivals.all_noted()


def _read_whole(reader: Reader, path: Path, progress: Progress) -> None:
    fields = wanted_fields(reader.org, path.stem)
    if fields is None:
        path.unlink()
        return
    draft = _drafts(path) / path.name
    write_object(draft.parent, path.stem, fields, reader.records(path.stem, fields), progress, None)
    draft.replace(path)


def _changed(org: Org, name: str, fields: list[str], mark: str) -> dict[str, list[str]] | None:
    """Return the cells of the rows that changed since, by id; None when there are too many, or no stamps."""
    if _STAMP not in fields:
        return None
    ids = list(dict.fromkeys(islice(_changed_ids(org, name, mark, "IsDeleted" in fields), _MOST + 1)))
    if len(ids) > _MOST:
        return None
    changed: dict[str, list[str]] = {}
    for first in range(0, len(ids), _IDS):
        for record in _joined(org, name, _groups(fields), ids[first : first + _IDS], "IsDeleted" in fields):
            changed[record["Id"]] = [plain(record.get(field)) for field in fields]
    return changed


def _changed_ids(org: Org, name: str, mark: str, with_deleted: bool) -> Iterator[str]:
    """Yield the rows that changed since, by the time of their change and Id; a query that the org gives up goes on behind the last."""
    where = f"{_STAMP} >= {mark}"
    while True:
        last: tuple[str, str] | None = None
        try:
            for record in org.query(
                f"SELECT Id, {_STAMP} FROM {name} WHERE {where} ORDER BY {_STAMP}, Id", with_deleted
            ):
                last = str(record[_STAMP]), str(record["Id"])
                yield last[1]
            return
        except Refused as error:
            if error.code != "INVALID_QUERY_LOCATOR" or last is None or not last[1].isalnum():
                raise
            moment = _soql(datetime.fromisoformat(last[0].replace("+0000", "+00:00")))
            where = f"({_STAMP} > {moment} OR ({_STAMP} = {moment} AND Id > '{last[1]}'))"


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
