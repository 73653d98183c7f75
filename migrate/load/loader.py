"""The load: lane by lane, batch by batch. Look up, insert what is missing, update what may be updated.

A batch is settled in rounds: what is there is found by key, what is missing is noted and sent, and what failed in passing goes
into the next round after a wait. As each round looks first, a call that was carried out without an answer does no harm, and
neither does a kill: the next run finds the records and, by the journal, knows them as its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import islice
from typing import Any, TypeVar

import orjson

from ..errors import TerminalError, TransientError
from ..journal import Journal, Made
from .cascade import AGAIN, bring_along, keep_belongings, note_links
from .history import Carrying, HistoryLane
from .lanes import FILES, FileLane, Found, Item, Lane
from .target import COLLECTION, Described, Result, Target
from .wanted import Row, Wants, differing

Progress = Callable[[str, int, int], None]
Batch = list[tuple[Item, Found]]
_T = TypeVar("_T")

_ROUNDS = 6
_FIRST_WAIT_SECONDS = 1.0
_BULK_ROWS = 2_000
"""From how many records on Bulk API 2.0 is the better way: ten calls of sObject Collections."""
_BULK_BATCH = 10_000
_TWICE = frozenset({"DUPLICATE_VALUE", "DUPLICATES_DETECTED"})
_UNSETTLED = b""
"""The digest of a record that is not as wanted: the next run looks at it again."""
_DIFFERS_IN = "differs in fields that can be set on insert only: "


@dataclass(frozen=True, slots=True)
class Options:
    """How a run loads.

    replace: records whose insert-only fields changed are deleted and inserted anew. only_open: rows that stand are passed over
    (a retry). trusts_journal: rows that did not change since the journal last saw them are passed over without a look.
    bulk_rows: from how many rows of an object on Bulk API 2.0 is used.
    """

    replace: bool = False
    only_open: bool = False
    trusts_journal: bool = False
    bulk_rows: int = _BULK_ROWS


@dataclass(slots=True)
class Loader:
    """One run's load of lanes into a target."""

    run: str
    target: Target
    journal: Journal
    wants: Wants
    options: Options
    progress: Progress
    read: dict[str, int] = field(default_factory=dict)

    def load(self, lane: Lane, total: int) -> None:
        """Load the rows of a lane; `total` is how many there are, as far as is known."""
        if isinstance(lane, HistoryLane):
            carrying = Carrying(
                self.run, self.journal, self.target.org, self.wants.plan, self.options.only_open, self.progress
            )
            self.read[lane.name] = carrying.carry(lane)
            return
        is_bulk = total >= self.options.bulk_rows and not isinstance(lane, FileLane)
        size = max(lane.batch, _BULK_BATCH if is_bulk else 0)
        done = 0
        if lane.object == "MessagingSession":  # what a load left undone that was broken off
            self._bring_along()
        for rows in _batches(lane.rows(), size):
            self.progress(f"loading {lane.name}", done, total)
            self._batch(lane, rows)
            done += len(rows)
        if lane.object == "MessagingSession":
            self._bring_along()
        self.read[lane.name] = done
        self.progress(f"loading {lane.name}", done, done)

    def _bring_along(self) -> None:
        """See to the files of sessions that were made anew, by this load or by one that was broken off."""
        self.target.org.patiently(lambda: bring_along(self.run, self.journal, self.target))

    def _batch(self, lane: Lane, rows: Sequence[Row]) -> None:
        known = self.journal.known(lane.name, [lane.id_of(row) for row in rows])
        open_rows = [row for row in rows if self._is_open(known.get(lane.id_of(row)))]
        if not open_rows:
            return
        self.target.see_to_limits()
        items = lane.items(open_rows, self.wants)
        waiting = [item for item in items if item.wanted.waits_for]
        with self.journal.together():
            reasons = ((item.id, f"{item.wanted.waits_for} was not loaded") for item in waiting)
            self.journal.failed(self.run, lane.name, reasons, "blocked")
            for item in items:
                for kind, detail in item.wanted.notes:
                    self.journal.note(self.run, kind, lane.object, item.legacy or item.id, detail)
        self._settle(lane, [item for item in items if not item.wanted.waits_for], known)

    def _is_open(self, made: Made | None) -> bool:
        """Tell whether a row is still to be settled by this run."""
        if made is None or made.state == "sent":
            return True
        if self.options.only_open and made.state == "done":
            return False
        return made.seen != self.run

    def _settle(self, lane: Lane, items: list[Item], known: dict[str, Made]) -> None:
        """Settle items in rounds."""
        if self.options.trusts_journal:
            items = self._pass_over(lane, items, known)
        wait = _FIRST_WAIT_SECONDS
        reasons: dict[str, Result] = {}
        for number in range(_ROUNDS):
            if not items:
                return
            if number:
                self.target.org.pause(wait)
                wait *= 2
            try:
                for job in self.journal.open_jobs():
                    self.target.settle(job)
                    self.journal.settle_job(job)
                reasons = self._round(lane, items, known)
            except TransientError as error:
                if number == _ROUNDS - 1:
                    raise TerminalError(f"{error.message} {_ROUNDS} times,", AGAIN) from None
                continue
            items = [item for item in items if item.id in reasons]
            if number:  # a double that a second look does not find is another record's
                items = self._give_up(lane, [item for item in items if reasons[item.id].code in _TWICE], reasons, items)
        self._give_up(lane, items, reasons, items)

    def _give_up(self, lane: Lane, lost: list[Item], reasons: dict[str, Result], items: list[Item]) -> list[Item]:
        """Enter items as failed, and return the others."""
        with self.journal.together():
            self.journal.failed(self.run, lane.name, ((item.id, reasons[item.id].reason) for item in lost))
        left = {item.id for item in lost}
        return [item for item in items if item.id not in left]

    def _pass_over(self, lane: Lane, items: list[Item], known: dict[str, Made]) -> list[Item]:
        """Note items that did not change since they were last settled, and return the others."""
        changed, same = [], []
        for item in items:
            made = known.get(item.id)
            if made is not None and made.target and made.state == "done" and made.digest == digest(item):
                same.append((item.id, made.target, "same", made.digest, None))
            else:
                changed.append(item)
        with self.journal.together():
            self.journal.done(self.run, lane.name, same)
        return changed

    def _round(self, lane: Lane, items: list[Item], known: dict[str, Made]) -> dict[str, Result]:
        """Look, and send what is missing or changed. Returns what failed in passing, by item."""
        found = lane.find(items, self.target)
        missing = [item for item in items if item.id not in found]
        there = [(item, found[item.id]) for item in items if item.id in found]
        again = self._insert(lane, missing) if missing else {}
        if there:
            again |= self._compare(lane, there, known)
        return again

    # --- looking only ---------------------------------------------------------------------------------------------------

    def adopt(self, lane: Lane) -> None:
        """Note which rows that were sent without an answer stand in the target."""
        if isinstance(lane, HistoryLane):  # nothing tells that
            return
        for rows in _batches(lane.rows(), lane.batch):
            known = self.journal.known(lane.name, [lane.id_of(row) for row in rows])
            sent = [row for row in rows if (made := known.get(lane.id_of(row))) and made.state == "sent"]
            items = [item for item in lane.items(sent, self.wants) if not item.wanted.waits_for] if sent else []
            found = lane.find(items, self.target) if items else {}
            with self.journal.together():
                self.journal.done(
                    self.run, lane.name, [_same(item, found[item.id]) for item in items if item.id in found]
                )

    def check(self, lane: Lane, wholly: bool = False) -> Iterator[str]:
        """Compare the records of the target with what is wanted, and yield what differs. wholly: and what was not loaded."""
        if isinstance(lane, HistoryLane):
            return
        told = self.target.needed(lane.object)
        missing = 0
        for rows in _batches(lane.rows(), lane.batch):
            all_items = lane.items(rows, self.wants)
            known = self.journal.known(lane.name, [item.id for item in all_items])
            items = [
                item
                for item in all_items
                if not item.wanted.waits_for and (made := known.get(item.id)) and made.state == "done"
            ]
            missing += len(all_items) - len(items)
            found = lane.find(items, self.target)
            yield from (f"{lane.object} {item.id} is not in the target" for item in items if item.id not in found)
            there = [item for item in items if item.id in found]
            if isinstance(lane, FileLane):
                changed = [item for item in there if found[item.id].checksum != item.key[2]]
                yield from (f"{item.key[1]} differs in the target" for item in changed)
            elif there and not lane.is_fixed:
                names = list(dict.fromkeys(name for item in there for name in item.wanted.values))
                values = self.target.values(lane.object, [found[item.id].id for item in there], ["Id", *names])
                for item in there:
                    held = values.get(found[item.id].id, {})
                    if fields := differing(told, item.wanted.values, held, clears=False):
                        yield f"{lane.object} {found[item.id].id} differs in {', '.join(fields)}"
        if missing and wholly:
            yield f"{missing} rows of {lane.name} are not loaded"

    # --- inserting ------------------------------------------------------------------------------------------------------

    def _insert(self, lane: Lane, items: list[Item], action: str = "inserted") -> dict[str, Result]:
        with self.journal.together():
            self.journal.sent(self.run, lane.name, [item.id for item in items])
        records = [_filled(item.wanted.values) for item in items]
        if self._is_for_bulk(lane, records):
            results = self.target.bulk("insert", lane.object, records, lane.keys)
        else:
            results = self.target.insert(lane.object, records)
        return self._enter(lane, items, results, action)

    def _is_for_bulk(self, lane: Lane, records: Sequence[dict[str, Any]]) -> bool:
        if isinstance(lane, FileLane) or len(records) < self.options.bulk_rows:
            return False
        # A cell that holds #N/A means null there.
        return not any(value == "#N/A" for record in records for value in record.values())

    def _enter(self, lane: Lane, items: list[Item], results: list[Result], action: str) -> dict[str, Result]:
        """Enter what became of records. Returns those that failed in passing."""
        again: dict[str, Result] = {}
        done, failed = [], []
        for item, result in zip(items, results, strict=True):
            if result.id is not None:
                done.append((item.id, result.id, action, digest(item), None))
            elif result.is_transient or result.code in _TWICE:
                again[item.id] = result
            else:
                failed.append((item.id, result.reason))
        with self.journal.together():
            self.journal.done(self.run, lane.name, done)
            self.journal.failed(self.run, lane.name, failed)
        return again

    # --- what is there already --------------------------------------------------------------------------------------------

    def _compare(self, lane: Lane, there: Batch, known: dict[str, Made]) -> dict[str, Result]:
        """Update records that are not as wanted. What the journal knows as unchanged at the source is left as it is."""
        same = [
            pair for pair in there
            if lane.is_fixed or ((made := known.get(pair[0].id)) and made.digest == digest(pair[0]) and made.target == pair[1].id)
        ]  # fmt: skip
        left = {id(pair[0]) for pair in same}
        changed = [pair for pair in there if id(pair[0]) not in left]
        with self.journal.together():
            self.journal.done(self.run, lane.name, [_same(item, found) for item, found in same])
        if not changed:
            return {}
        if isinstance(lane, FileLane):
            return self._new_versions(lane, changed)
        return self._update(lane, changed, known)

    def _update(self, lane: Lane, changed: Batch, known: dict[str, Made]) -> dict[str, Result]:
        told = self.target.needed(lane.object)
        names = list(dict.fromkeys(name for item, _ in changed for name in item.wanted.values))
        values = self.target.values(lane.object, [found.id for _, found in changed], ["Id", *names])
        same: list[tuple[str, str, str, bytes, str | None]] = []
        updates: list[tuple[Item, Found, dict[str, Any], list[str]]] = []
        replaced: Batch = []
        for item, found in changed:
            held = values.get(found.id, {})
            made = known.get(item.id)
            names = differing(told, item.wanted.values, held, clears=made is not None and made.digest is not None)
            loose = [name for name in names if told.is_updateable and told.columns[name].is_updateable]
            stuck = [name for name in names if name not in loose]
            if stuck and self.options.replace and told.is_deletable:
                replaced.append((item, found))
            elif loose:
                updates.append((item, found, {name: held.get(name) for name in loose}, stuck))
            else:
                same.append(_same(item, found, stuck))
        with self.journal.together():
            self.journal.done(self.run, lane.name, same)
        again = self._send_updates(lane, updates) if updates else {}
        if replaced:
            again |= self._replace(lane, told, replaced, values, known)
        return again

    def _send_updates(
        self, lane: Lane, updates: list[tuple[Item, Found, dict[str, Any], list[str]]]
    ) -> dict[str, Result]:
        with self.journal.together():
            before = ((item.id, found.id, "update", held) for item, found, held, _ in updates)
            self.journal.changed(self.run, lane.name, before)
        records = [
            {"Id": found.id, **{name: item.wanted.values[name] for name in held}} for item, found, held, _ in updates
        ]
        if self._is_for_bulk(lane, records):
            results = self.target.bulk("update", lane.object, records, ("Id",))
        else:
            results = self.target.update(lane.object, records)
        again = self._enter(lane, [item for item, *_ in updates], results, "updated")
        with self.journal.together():
            stuck_ones = [
                (item.id, found.id, "updated", _UNSETTLED, _needs(stuck))
                for (item, found, _, stuck), result in zip(updates, results, strict=True)
                if stuck and result.id is not None
            ]
            self.journal.done(self.run, lane.name, stuck_ones)
        return again

    def _replace(
        self,
        lane: Lane,
        told: Described,
        pairs: Batch,
        values: dict[str, dict[str, Any]],
        known: dict[str, Made],
    ) -> dict[str, Result]:
        """Delete records and insert them anew; what hung on them is found missing by the lanes that follow."""
        held = {
            found.id: {
                name: value
                for name, value in values.get(found.id, {}).items()
                if name in told.columns and told.columns[name].is_createable
            }
            for _, found in pairs
        }
        makers = {item.id: known[item.id].run if item.id in known else None for item, _ in pairs}
        if lane.object == "MessagingSession":
            with_entries = "entries" in self.wants.plan.carriers
            for some in _batches(iter(pairs), COLLECTION):
                there = {item.id: found.id for item, found in some}
                keep_belongings(self.run, there, self.journal, self.target, with_entries)
                note_links(there, self.journal, self.target)
        with self.journal.together():
            rows = (
                (item.id, found.id, "replace", {"values": held[found.id], "run": makers[item.id]})
                for item, found in pairs
            )
            self.journal.changed(self.run, lane.name, rows)
        results = self.target.delete([found.id for _, found in pairs])
        kept = {item.id: result for (item, _), result in zip(pairs, results, strict=True) if result.id is None}
        again = {id_: result for id_, result in kept.items() if result.is_transient}
        with self.journal.together():
            refused = ((id_, result.reason) for id_, result in kept.items() if id_ not in again)
            self.journal.failed(self.run, lane.name, refused)
        return again | self._insert(lane, [item for item, _ in pairs if item.id not in kept], "replaced")

    def _new_versions(self, lane: FileLane, changed: Batch) -> dict[str, Result]:
        """Upload the new content of files whose checksum differs as the next version of their documents."""
        with self.journal.together():
            same = [_same(item, found) for item, found in changed if found.checksum == item.key[2]]
            self.journal.done(self.run, lane.name, same)
        stale = [(item, found) for item, found in changed if found.checksum != item.key[2]]
        if not stale:
            return {}
        with self.journal.together():
            before = ((item.id, found.id, "version", {"document": found.document}) for item, found in stale)
            self.journal.changed(self.run, lane.name, before)
        records = [
            {
                "ContentDocumentId": found.document,
                **{name: item.wanted.values[name] for name in ("Title", "PathOnClient", "VersionData")},
            }
            for item, found in stale
        ]
        return self._enter(lane, [item for item, _ in stale], self.target.insert(FILES, records), "updated")


def digest(item: Item) -> bytes:
    """Return what tells one state of a row from another."""
    values = (
        {**item.wanted.values, "VersionData": item.key[2]}
        if "VersionData" in item.wanted.values
        else item.wanted.values
    )
    return sha256(orjson.dumps(values, option=orjson.OPT_SORT_KEYS)).digest()[:16]


def _same(item: Item, found: Found, stuck: Sequence[str] = ()) -> tuple[str, str, str, bytes, str | None]:
    return item.id, found.id, "same", _UNSETTLED if stuck else digest(item), _needs(stuck)


def _needs(stuck: Iterable[str]) -> str | None:
    named = ", ".join(stuck)
    return _DIFFERS_IN + named if named else None


def _filled(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None and value != ""}


def _batches(rows: Iterator[_T], size: int) -> Iterator[list[_T]]:
    while batch := list(islice(rows, size)):
        yield batch
