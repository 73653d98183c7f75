"""A migrated folder held against its source itself: rows, chats and the bytes of each file."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from .accounts import BY, ONE, Account, Chats
from .counting import Traits
from .errors import UsageError
from .extract.members import Members
from .extract.snapshot import is_snapshot
from .extract.snapshot import pull as pull_snapshot
from .extract.source import Source
from .extract.tables import SourceRow, Table
from .findings import Findings
from .manifest import name_of, tables_of
from .masked import copy_masked
from .masking import Key, RowMask
from .plan import from_mapping
from .restore import RestoredFile

Progress = Callable[[str, int, int], None]


@dataclass(slots=True)
class Seen:
    """What a look at the source itself shows of its transcripts. rows: those with the wanted numbers, by column."""

    start_times: tuple[str, ...]
    wanted: set[int]
    chats: Chats = field(default_factory=Chats)
    rows: dict[int, dict[str, str]] = field(default_factory=dict)

    def look(self, table: Table, rows: Iterable[SourceRow]) -> None:
        """Look at all rows of a table."""
        traits = Traits(table.columns, self.start_times)
        for row in rows:
            self.chats.count(traits.of(row.cells), "read")
            if row.number in self.wanted and len(row.cells) == len(table.columns):
                self.rows[row.number] = row.record(table)


def source_digests(
    source: Path, findings: Findings, manifest: dict[str, Any], key: Key | None, progress: Progress, seen: Seen
) -> dict[str, str]:
    """Return the digests of the files of a source, masked as the migration masked them. What the accounts say otherwise is a finding."""
    plan = from_mapping(manifest["plan"], "manifest.json")
    mask = RowMask.of(plan, key)
    if mask is not None and mask.key is not None and mask.key.check != manifest.get("keyCheck"):
        raise UsageError("the privacy key is not that of the migration:", "give the same key")
    with TemporaryDirectory(prefix="chatlift-") as name:
        place = Path(name) / "source"
        if is_snapshot(source):
            pull_snapshot(source, place, progress, mask, plan)
        elif mask is not None:
            with Members(source) as members:
                place, _ = copy_masked(Source.survey(members), place, mask, progress)
        else:
            place = source
        with Members(place) as members:
            return _digests_of(members, findings, manifest, seen)


def _digests_of(members: Members, findings: Findings, manifest: dict[str, Any], seen: Seen) -> dict[str, str]:
    found = Source.survey(members)
    for index, table in enumerate(found.tables):
        reading = found.first_pass(index)
        if table.object == "LiveChatTranscript":
            seen.look(table, reading)
        else:
            deque(reading, maxlen=0)
    for name in BY:
        told = manifest.get("chats", {}).get(name, {})
        for what in dict.fromkeys((*told, *seen.chats.by[name])):
            number = seen.chats.by[name].get(what, Account()).read
            if told.get(what, {}).get("read", 0) != number:
                findings.add(
                    f"chats by {ONE[name]} {what or 'none'}: the source has {number}, the accounts say otherwise"
                )
    accounts = manifest["accounts"]
    for name, rows in found.read.items():
        told = accounts.get(name, {}).get("read", 0)
        if told != rows:
            findings.add(f"{name}: the source has {rows} rows, the accounts say {told}")
    digests = {table.member.name: table.digest for table in found.tables}
    digests |= {plain.member.name: plain.digest for plain in found.others}
    read = _read_digests(manifest)
    names = {**read, **digests}
    if others := sum(read.get(name) != digests.get(name) for name in names):
        findings.first(
            f"the source is not as it was read: {others} of {len(names)} files are others; see whether it is the right one"
        )
    return digests


def _read_digests(manifest: dict[str, Any]) -> dict[str, str]:
    """Return the digest of each file of the source, as it was read."""
    read = {table.member.name: table.digest for table in tables_of(manifest)}
    for item in manifest["source"]["others"]:
        read[name_of(item)] = item["sha256"]
    return read


def compare_restored(restored: list[RestoredFile] | None, expected: dict[str, str] | None, findings: Findings) -> None:
    """Hold the files that were rebuilt against the digests of the source's, or without them against what was read."""
    if restored is None:
        return
    if expected is None:
        for file in restored:
            if not file.is_equal:
                findings.add(f"{file.source}: what is restored is not what was read")
        return
    for file in restored:
        if expected.pop(file.source, None) != file.digest:
            findings.add(f"{file.source}: what is restored is not what the source holds")
    for name in expected:
        findings.add(f"{name}: the source has this file, the restored one does not")
