"""An org as a source: its chat records are read into CSV files, and those are the source from then on.

The files (see `writing`) have the fields in describe order, datetimes and booleans as the API gives them. Rows come by Id over REST; objects of many rows are read by Bulk API 2.0, in the order in which it gives them.
Deleted rows are read with the others (queryAll), so that the accounts tell of them. Of users, contacts, buttons and so on those alone are read that chats name (`named`). A restore of such a migration gives these files.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from ..errors import TerminalError, UsageError
from ..masking import RowMask
from ..port import Missing, Org, Refused
from .bulk import bulk_object
from .late import PARENT, TRANSCRIPT, Arrivals
from .named import NAMERS, Named
from .tables import CHAT_OBJECTS
from .writing import NAMES, Progress, learn_object, write_object

BULK_FROM = 10_000
"""Rows from which a bulk query is worth its waiting: fifty pages of REST."""

_FIELD_CHARACTERS = 4500
"""Field names of one query: a URL takes 16,384 characters, and a machine on the way may take 8,192."""
_IDS = 100
_NAMED_IDS = 200
"""Ids in one query for a few fields; they take 27 characters of a URL each."""
_WORTH = 20
"""An object is read whole for those that are named when it has so many times as many rows at most."""
_ATTEMPTS = 5


def pull(
    org: Org,
    folder: Path,
    progress: Progress,
    mask: RowMask | None = None,
    bulk_from: int = BULK_FROM,
) -> Counter[str]:
    """Write the CSV files of an org into a folder. UsageError when it has no chat transcripts and no agent sessions.

    Returns how many rows were left out, by object, because their chats arrived while the org was read. With a mask the files hold
    masked rows; where it has to learn names, the org is read once more before.
    """
    folder.mkdir(parents=True, exist_ok=True)
    wanted: dict[str, list[str]] = {}
    for name in (*CHAT_OBJECTS, *NAMES):
        known = wanted_fields(org, name)
        if known is not None:
            wanted[name] = known
    if not any(name in wanted for name in CHAT_OBJECTS):
        raise UsageError(f"{org.url} has no legacy chat objects:", "use an org where Chat was set up")
    with Named(folder.with_name(f"{folder.name}-named.part")) as named:
        reader = Reader(org, bulk_from, named)
        if mask is not None and mask.learns:
            for name, fields in wanted.items():
                learn_object(mask, name, fields, reader.records(name, fields))
            reader.arrivals.left_out.clear()
        for name, fields in wanted.items():
            write_object(folder, name, fields, reader.records(name, fields), progress, mask)
    return reader.arrivals.left_out


def wanted_fields(org: Org, name: str) -> list[str] | None:
    """Return the fields of an object that are read, None when the org does not have it."""
    known = org.fields(name)
    return known if known is None or name not in NAMES else [field for field in known if field in NAMES[name]]


class Reader:
    """Reads the objects of an org: transcripts first, then what belongs to them, last what they name."""

    def __init__(self, org: Org, bulk_from: int, named: Named, arrivals: Arrivals | None = None) -> None:
        self.org = org
        self.bulk_from = bulk_from
        self.named = named
        self.arrivals = arrivals or Arrivals()

    def records(self, name: str, fields: list[str]) -> Iterator[dict[str, Any]]:
        """Yield the records of an object; of `NAMES` those that were named so far."""
        if name in NAMES:
            yield from named_records(self.org, name, fields, self.named, self.bulk_from)
            return
        rows = _all(self.org, name, fields, self.bulk_from)
        if PARENT.get(name) in fields:
            rows = self.arrivals.on_time(self.org, name, rows)
        for record in rows:
            if name in NAMERS:
                self.named.take(name, record)
            if name == TRANSCRIPT and "Id" in record:
                self.arrivals.note(str(record["Id"]), record.get("CreatedDate"))
            yield record
        if name == TRANSCRIPT:
            self.arrivals.all_noted()


def named_records(org: Org, name: str, fields: list[str], named: Named, bulk_from: int) -> Iterator[dict[str, Any]]:
    """Yield the rows of an object that are named: by their ids, or out of all where the most are."""
    if "Id" not in fields:
        return
    with_deleted = "IsDeleted" in fields
    count = named.count(name)
    if count >= bulk_from and _count(org, name, with_deleted) <= _WORTH * count:
        for record in _all(org, name, fields, bulk_from):
            if named.holds(name, str(record["Id"])):
                yield record
        return
    for ids in named.groups(name, _NAMED_IDS):
        yield from _query(org, _of_ids(name, fields, ", ".join(f"'{id_}'" for id_ in ids)), with_deleted)


def _all(org: Org, name: str, fields: list[str], bulk_from: int) -> Iterator[dict[str, Any]]:
    """Yield the records of an object, deleted ones too: by Bulk API 2.0 where there are many and the org offers it."""
    with_deleted = "IsDeleted" in fields
    if "Id" in fields and (count := _count(org, name, with_deleted)) >= bulk_from:
        rows = bulk_object(org, name, fields, with_deleted, count)
        try:
            first = next(rows, None)
        except (Refused, Missing):  # the user may not, or the edition has no bulk queries
            pass
        else:
            if first is not None:
                yield first
                yield from rows
            return
    yield from _records(org, name, fields, with_deleted)


def _count(org: Org, name: str, with_deleted: bool) -> int:
    kind = "queryAll" if with_deleted else "query"
    found = org.patiently(lambda: org.send("GET", f"{org.version_path}/{kind}?q=SELECT+COUNT()+FROM+{name}"))
    return int(found.get("totalSize", 0))


def _records(org: Org, name: str, fields: list[str], with_deleted: bool = False) -> Iterator[dict[str, Any]]:
    """Yield the records of an object by Id. Where one query does not take all fields, several bring them for the same ids."""
    groups = _groups(fields)
    if len(groups) == 1:
        yield from _by_id(org, f"SELECT {', '.join(fields)} FROM {name}", with_deleted)
        return
    found = _by_id(org, f"SELECT Id FROM {name}", with_deleted)
    while ids := [record["Id"] for record in islice(found, _IDS)]:
        yield from _joined(org, name, groups, ids, with_deleted)


def _by_id(org: Org, soql: str, with_deleted: bool) -> Iterator[dict[str, Any]]:
    """Yield the rows of a query by Id. Where the org has given up the query meanwhile, it goes on behind the last row."""
    where = ""
    while True:
        last = ""
        try:
            for record in _query(org, f"{soql}{where} ORDER BY Id", with_deleted):
                last = str(record["Id"])
                yield record
            return
        except Refused as error:
            if error.code != "INVALID_QUERY_LOCATOR" or not last.isalnum():
                raise
            where = f" WHERE Id > '{last}'"


def _query(org: Org, soql: str, with_deleted: bool) -> Iterator[dict[str, Any]]:
    return org.query(soql, with_deleted=True) if with_deleted else org.query(soql)


def _groups(fields: list[str]) -> list[list[str]]:
    """Return the fields in groups that a query takes, each with the Id and the time of the last change."""
    common = [name for name in ("Id", "SystemModstamp") if name in fields]
    groups: list[list[str]] = [[]]
    size = 0
    for name in fields:
        if name in common:
            continue
        size += len(name) + 6  # comma and space take six characters of a URL
        if size > _FIELD_CHARACTERS:
            groups.append([])
            size = 0
        groups[-1].append(name)
    return [common + group for group in groups]


def _joined(
    org: Org, name: str, groups: list[list[str]], ids: list[str], with_deleted: bool
) -> Iterator[dict[str, Any]]:
    """Yield the records of these ids, each as it was at one moment; those that were deleted meanwhile are left out."""
    named = ", ".join(f"'{id_}'" for id_ in ids)
    for _ in range(_ATTEMPTS):
        parts = [
            {record["Id"]: record for record in _query(org, _of_ids(name, group, named), with_deleted)}
            for group in groups
        ]
        stamps = [{id_: record.get("SystemModstamp") for id_, record in part.items()} for part in parts]
        if all(stamp == stamps[0] for stamp in stamps):
            for id_ in ids:
                if id_ in parts[0]:
                    yield {key: value for part in parts for key, value in part[id_].items()}
            return
    raise TerminalError(f"{name} of {org.url} changes while it is read:", "run the migration when nobody writes to it")


def _of_ids(name: str, fields: list[str], ids: str) -> str:
    return f"SELECT {', '.join(fields)} FROM {name} WHERE Id IN ({ids}) ORDER BY Id"
