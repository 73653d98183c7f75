"""The audit: the chats of a folder counted again from its files, and held against what the run counted while it wrote.

Sessions and what belongs to them are read side by side, so memory does not grow with them; what was not migrated is read from
skipped.jsonl and rejected.jsonl. On its way the audit picks the conversations that are to be looked at.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from filecmp import cmp
from hashlib import file_digest
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ..schemas.ids import InvalidId, normalize
from .accounts import BY, ONE, OTHERS
from .counting import TOLD, Lines, Tally, deviation, month, shown_status, traits_of_row
from .errors import TerminalError, UsageError
from .extract.tables import Table
from .folder import read_rows
from .layout import DEVIATIONS, LISTS, ORPHANS, REJECTED, RUN_DATABASE, SKIPPED, WORK, list_name
from .lists import Lists
from .load.bundles import Bundle, bundles
from .manifest import tables_of
from .plan import Plan
from .staging import Staging
from .transform.names import METRICS, SOURCE_ROW, TRANSCRIPT_ID, naming_of

TRANSCRIPT = "LiveChatTranscript"
_FINDINGS = 100
Progress = Callable[[str, int, int], None]


@dataclass(slots=True)
class Audit:
    """What was counted. targets: sessions by month, status and button; None for what sessions do not say, by the plan.

    picked: the conversations that were asked for, by the place of their session.
    """

    targets: dict[str, Counter[str] | None] = field(default_factory=dict)
    tally: Tally | None = None
    findings: list[str] = field(default_factory=list)
    picked: dict[int, Bundle] = field(default_factory=dict)


def audit(
    folder: Path, manifest: Mapping[str, Any], plan: Plan, progress: Progress, places: frozenset[int] = frozenset()
) -> Audit:
    """Count a folder's chats again. places: of the sessions whose conversations are wanted, from 0."""
    found = Audit()
    if "chats" not in manifest:
        raise UsageError(f"{folder} was made by an older version:", "run the migration again")
    with Staging(folder / WORK / f"audit-{RUN_DATABASE}") as staging:
        _Audit(folder, manifest, plan, staging, progress, places, found).run()
    return found


class _Audit:
    """One audit on its way."""

    def __init__(
        self,
        folder: Path,
        manifest: Mapping[str, Any],
        plan: Plan,
        staging: Staging,
        progress: Progress,
        places: frozenset[int],
        found: Audit,
    ) -> None:
        self.folder = folder
        self.manifest = manifest
        self.plan = plan
        self.staging = staging
        self.progress = progress
        self.places = places
        self.found = found
        naming = naming_of(plan)
        self.fields = ("StartTime", naming.session["Status"], naming.session["LiveChatButtonId"])
        self.tables = [table for table in tables_of(dict(manifest)) if table.object == TRANSCRIPT]
        self.known = {name: manifest["chats"][name] for name in BY}
        self.counts_by = {name: {kind: Counter[str]() for kind in ("migrated", SKIPPED, REJECTED)} for name in BY}
        self.kinds = [METRICS[name] for name in TOLD]
        self.missing = 0

    def run(self) -> None:
        """Count, and compare."""
        for kind in (SKIPPED, REJECTED):
            self.left_out(kind)
        for name, target in zip(BY, self.fields, strict=True):
            self.found.targets[name] = Counter() if target else None
        compares = all(kind in self.plan.metrics for kind in self.kinds)
        if compares:
            self.found.tally = Tally()
        with TemporaryDirectory(dir=self.folder / WORK) as place:
            with Lists(Path(place)) as lists:
                try:
                    self.sessions(lists)
                except TerminalError as error:
                    self.say(str(error))
                lists.write()
            self.compare_lists(Path(place) if compares else None)
        self.compare()

    def say(self, finding: str) -> None:
        """Note a finding; beyond so many they would say nothing new."""
        if len(self.found.findings) < _FINDINGS:
            self.found.findings.append(finding)

    def left_out(self, kind: str) -> None:
        """Count the chats that were not migrated, and note which transcripts rows were rejected for."""
        for row in read_rows(self.folder, kind):
            if row["object"] == TRANSCRIPT:
                for name, key in zip(BY, traits_of_row(row, self.plan.start_times), strict=True):
                    self.counts_by[name][kind][self.key(name, key)] += 1
            missing = row.get("missing")
            if missing:
                self.missing += 1
                self.staging.add_record("missing", f"{missing['object']}/{missing['id']}", 0, None)

    def key(self, name: str, key: str) -> str:
        """Return the account that a month, status or button has."""
        return OTHERS if key not in self.known[name] and OTHERS in self.known[name] else key

    def sessions(self, lists: Lists) -> None:
        """Count the sessions, and compare their lines with their metrics."""
        checks_missing = self.missing > 0
        for place, bundle in enumerate(bundles(self.folder)):
            session = bundle.session
            start, status, button = (session.get(target) if target else "" for target in self.fields)
            for name, key in zip(BY, (month(start or ""), shown_status(status or ""), button or ""), strict=True):
                counts = self.found.targets[name]
                if counts is not None:
                    counts[self.key(name, key)] += 1
            if place in self.places:
                self.found.picked[place] = bundle
            if place % 1000 == 0:
                self.progress("counting", place, 0)
            if self.found.tally is not None:
                self.lines(bundle, lists, self.found.tally)
            if checks_missing and self.is_missing(str(session[TRANSCRIPT_ID])):
                self.say(f"transcript {session[TRANSCRIPT_ID]} is there, but rows were rejected for want of it")
        if checks_missing:
            for kind in (SKIPPED, REJECTED):
                for row in read_rows(self.folder, kind):
                    if row["object"] == TRANSCRIPT and self.is_missing(_id(row.get("id"))):
                        self.say(f"transcript {row['id']} was {kind}, but rows say that it is missing")

    def lines(self, bundle: Bundle, lists: Lists, tally: Tally) -> None:
        """Compare the lines of a conversation with its metrics."""
        values = {row["MessagingSessionMetricType"]: row["MessagingSessionMetricValue"] for row in bundle.metrics}
        lines = Lines.of(bundle.session, bundle.entries, [values.get(kind) for kind in self.kinds])
        cause = tally.enter(lines)
        if cause:
            file, row = self.place(int(bundle.session.get(SOURCE_ROW) or 0))
            lists.add(DEVIATIONS, [deviation(bundle.session, file, row, lines, cause)])

    def place(self, number: int) -> tuple[str, int]:
        """Return the file of a row of the source, and its number there."""
        for table in self.tables:
            if table.first_row <= number < table.first_row + table.rows:
                return place_in(table, number)
        return "", number

    def is_missing(self, id_: str) -> bool:
        """Tell whether rows were rejected for want of a transcript."""
        key = f"{TRANSCRIPT}/{id_}"
        return any(self.staging.execute("SELECT 1 FROM record WHERE kind = 'missing' AND id = ?", (key,)))

    def compare(self) -> None:
        """Hold what was counted against what the run counted."""
        for name in BY:
            targets = self.found.targets[name]
            counts: dict[str, Mapping[str, int]] = dict(self.counts_by[name])
            if targets is None:
                del counts["migrated"]
            else:
                counts["migrated"] = targets
            for key in dict.fromkeys((*self.known[name], *(key for found in counts.values() for key in found))):
                told = self.known[name].get(key, {})
                for kind, found in counts.items():
                    if told.get(kind, 0) != found.get(key, 0):
                        self.say(
                            f"chats by {ONE[name]} {key or 'none'}: {found.get(key, 0)} {kind}, "
                            f"the accounts say {told.get(kind, 0)}"
                        )
        if self.found.tally is not None and self.found.tally.to_json() != self.manifest["counts"]:
            self.say(
                f"messages against their counts: {self.found.tally.to_json()}, the manifest says {self.manifest['counts']}"
            )
        told_missing = self.manifest[ORPHANS]["parents"]["outcomes"].get(REJECTED, 0)
        if told_missing != self.missing:
            self.say(f"{self.missing} rows were rejected for want of a record, the list has {told_missing}")

    def compare_lists(self, place: Path | None) -> None:
        """Hold the lists against their digests, that of deviations against one that is made anew, too."""
        for kind in LISTS:
            name = list_name(kind)
            try:
                with (self.folder / name).open("rb") as stream:
                    digest = file_digest(stream, "sha256").hexdigest()
            except OSError:
                self.say(f"{name} is missing")
                continue
            if digest != self.manifest[kind]["sha256"]:
                self.say(f"{name}: changed since it was written")
            elif place is not None and kind == DEVIATIONS and not cmp(self.folder / name, place / name, shallow=False):
                self.say(f"{name}: the chats of the folder give another list")


def place_in(table: Table, number: int) -> tuple[str, int]:
    """Return the file of a table and the number of a row among the file's rows."""
    return table.member.name, number - table.first_row + 1


def _id(text: Any) -> str:
    try:
        return normalize(str(text))
    except InvalidId:
        return str(text)
