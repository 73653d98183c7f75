"""The stages of a run: all rows are looked at, what belongs together is found out, the parts are carried over, the rest is settled."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import orjson

from . import carryover, intake, settling
from .accounts import Chats
from .bonds import Bonds
from .carryover import is_named
from .crew import Crew
from .errors import UsageError
from .extract.blocks import Block, blocks, recut
from .extract.source import Source
from .extract.tables import CHAT_OBJECTS, Table
from .file_rows import DOCUMENTS, LINK, SHARED, look_for_files
from .filing import NOT_FOUND, Filing
from .intake import (
    BUTTON,
    FILE_OBJECTS,
    LABELLED,
    NAMED,
    PARENTS,
    ROUTED,
    SESSION,
    TRANSCRIPT,
    USER,
    VISITOR,
    Look,
    Sheet,
)
from .layout import LISTS, RUN_DATABASE
from .ledger import Ledger
from .lists import Lists
from .load.folder import FolderTarget
from .numbering import Numbering
from .parts import Made, Part, Setting
from .pieces import Piece
from .plan import Plan
from .routing import NOWHERE, Router, RouterDraft, number_of
from .staging import Staging
from .transform.entries import EVENTS
from .transform.merging import merged, one_end_user
from .transform.reading import fields_of
from .transform.structures import Filed, Person
from .transform.work import WORK

_GUESSED = {"iso-8859-1": "ISO-8859-1", "cp1252": "windows-1252"}
_FALSE = ("0", "false", "False", "FALSE")

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how far it is, and the whole (0 while that is unknown)."""


@dataclass(slots=True)
class _Seen:
    """What the looks at the blocks of a table come to. first_rows: by block, the number of its first row."""

    first_rows: list[int] = field(default_factory=list)
    pieces: dict[int, list[Piece]] = field(default_factory=dict)


class Stages:
    """One run, from the tables of a source to the files of a folder."""

    def __init__(
        self,
        source: Source,
        target: FolderTarget,
        bonds: Bonds,
        crew: Crew,
        plan: Plan,
        progress: Progress,
        lists: Lists,
    ) -> None:
        self.source = source
        self.target = target
        self.bonds = bonds
        self.crew = crew
        self.plan = plan
        self.progress = progress
        self.lists = lists
        self.ledger = Ledger(source.tables, target, plan)
        self.seen = [_Seen() for _ in source.tables]
        self.routers: dict[str, Router] = {}
        self.people: set[str] = set()
        self.ascending: dict[str, bool] = {}
        self.numbering: Numbering | None = None
        self.filing = Filing(source, bonds)
        self.files: dict[int, tuple[Filed, ...]] = {}

    def run(self) -> Ledger:
        """Write the rows of all files; return the ledger with all accounts."""
        for plain in self.source.others:
            self.target.carry(plain.digest, self.source.members.chunks(plain.member))
        for table in self.source.tables:
            self._warn_of(table)
        self._look_at_transcripts()
        self._look_at_others()
        self._look_at_files()
        self._find_doubles()
        self.bonds.settle(self.plan.split_by_contact)
        with ExitStack() as stack:
            if not self.plan.session_based:
                self.numbering = stack.enter_context(Numbering(self.target.folder_of_work))
            self.ledger = self._carry()
        return self.ledger

    def _warn_of(self, table: Table) -> None:
        """Warn of what the structures cannot show as the file means it: text of a guessed encoding, columns without a field."""
        if table.object not in CHAT_OBJECTS:
            return
        books = self.ledger.books
        if table.dialect.encoding in _GUESSED:
            books.warn(f"encoding: not UTF-8, read as {_GUESSED[table.dialect.encoding]}", table.member.name)
        known = fields_of(table.object)
        for column in table.columns:
            if column not in known and not column.endswith("__c"):
                books.warn(f"column: {table.object} has no such field, kept for the restore alone", column)

    # --- the first look ---------------------------------------------------------------------------------------------

    def _tables(self, *names: str) -> list[int]:
        return [index for index, table in enumerate(self.source.tables) if table.object in names]

    def _sheet(self) -> Sheet:
        parts = 0
        first_parts = {}
        for index in self._tables(TRANSCRIPT):
            first_parts[index] = parts
            parts += len(self.source.tables[index].cuts) + 1
        if parts >= NOWHERE:
            raise UsageError(f"the source has {parts} blocks of transcripts:", "migrate it in several runs")
        return Sheet(tuple(self.source.tables), self.plan, first_parts, self.routers, self.filing.times)

    def _look_at_transcripts(self) -> None:
        indexes = self._tables(TRANSCRIPT)
        while True:
            draft, visitors, parents = RouterDraft(), RouterDraft(), RouterDraft()
            chats = Chats()
            torn = None
            before: Look | None = None
            self.ascending[TRANSCRIPT] = True
            row = 1
            for look in self._looks(intake.note, indexes):
                if not look.is_whole:
                    torn = look.table
                    break
                self._count(look, row)
                for traits, number in look.traits.items():
                    chats.count(traits, "read", number)
                self.bonds.note((row + chat[0], *chat[1:]) for chat in look.noted)
                self.bonds.note_records((row + number, id_, named) for number, id_, named in look.records)
                draft.add(look.id_numbers)
                visitors.add(look.who_numbers)
                parents.add(look.parent_numbers)
                self._follow(TRANSCRIPT, look, before)
                before = look if look.rows else before
                row += look.rows
            if torn is None:
                break
            self._recut(torn)
            self.bonds.forget("transcript")
            self.bonds.forget("sharer")
        self.ledger.books.chats = chats
        if not self.ascending[TRANSCRIPT]:
            self.bonds.drop_double_transcripts()
            draft = RouterDraft()
            draft.add(number_of(id_, part) for id_, part in self.bonds.parts())
        router = self._kept(TRANSCRIPT, draft)
        ambiguous = router.ambiguous()
        if ambiguous:
            exact = {id_: part for id_, part in self.bonds.parts() if number_of(id_) >> 16 in ambiguous}
            router = replace(router, exact=exact)
        self.routers = {
            TRANSCRIPT: router, VISITOR: self._kept(VISITOR, visitors), PARENTS: self._kept(PARENTS, parents)
        }  # fmt: skip

    def _kept(self, name: str, draft: RouterDraft) -> Router:
        return draft.router_in(self.crew.folder / f"{name}.numbers")

    def _look_at_others(self) -> None:
        for name in dict.fromkeys(table.object for table in self.source.tables):
            if name == TRANSCRIPT or (name in FILE_OBJECTS and self.plan.carries_files):
                continue
            function = intake.route if name in ROUTED else intake.acquaint if name in NAMED.values() else intake.count
            if name == WORK and self.plan.agent_work:
                function = intake.enlist
            indexes = self._tables(name)
            while (torn := self._look_at(name, function, indexes)) is not None:
                self._recut(torn)
                if name == VISITOR:
                    self.bonds.forget("visitor")
                elif name == EVENTS:
                    self.bonds.forget("transfer")

    def _look_at_files(self) -> None:
        """Find the files of chats, and whose they are."""
        if not self._sheet().has_files:
            for id_ in self.bonds.with_transfers():
                self.ledger.books.warn(NOT_FOUND, id_)
            return
        self.routers |= {SHARED: self.filing.prepare(), DOCUMENTS: RouterDraft().router()}
        for name in FILE_OBJECTS:
            indexes = self._tables(name)
            while (torn := self._look_at(name, look_for_files, indexes)) is not None:
                self._recut(torn)
            if name == LINK:
                self.routers[DOCUMENTS] = self.filing.documents(self.routers[TRANSCRIPT])
        self.files, nobodys = self.filing.judged(self.target)
        self.target.add("ContentVersion", nobodys)
        for warning, id_ in self.filing.warnings:
            self.ledger.books.warn(warning, id_)

    def _look_at(self, name: str, function: Callable[[Sheet, Block], Look], indexes: list[int]) -> int | None:
        """Look at the tables of an object; return the table whose blocks are not whole rows, None when all are."""
        row = 1
        before: Look | None = None
        self.ascending[name] = True
        for index in indexes:
            self.seen[index].pieces.clear()
        self.filing.forget(name)
        for look in self._looks(function, indexes):
            if not look.is_whole:
                return look.table
            self._count(look, row)
            for part, piece in look.pieces.items():
                self.seen[look.table].pieces.setdefault(part, []).append(piece)
            self.filing.take(name, look.files)
            self.bonds.note_transfers(look.transfers)
            if look.visitors and self.plan.platform_key == "SessionKey":
                self.bonds.note_visitors((id_, row + number, key) for id_, number, key in look.visitors)
            self._follow(name, look, before)
            before = look if look.rows else before
            row += look.rows
        return None

    def _looks(self, function: Callable[[Sheet, Block], Look], indexes: list[int]) -> Iterator[Look]:
        yield from self.crew.work(function, self._sheet(), self._blocks(indexes), is_kept=True)

    def _blocks(self, indexes: list[int]) -> Iterator[Block]:
        for index in indexes:
            yield from blocks(self.source.members, index, self.source.tables[index])

    def _count(self, look: Look, row: int) -> None:
        """Note how many rows a block has, and the table's once it is read to its end."""
        seen = self.seen[look.table]
        table = self.source.tables[look.table]
        if look.number == 0:
            seen.first_rows.clear()
        seen.first_rows.append(row)
        self.people |= look.people
        first = seen.first_rows[0]
        self.source.tables[look.table] = table.with_rows(first, row + look.rows - first, look.final_line_end)
        self.source.read[table.object] = row + look.rows - 1
        self.progress(f"reading {table.object}", row + look.rows - 1, 0)

    def _follow(self, name: str, look: Look, before: Look | None) -> None:
        if look.rows and not (look.is_ascending if before is None else look.follows(before)):
            self.ascending[name] = False

    def _recut(self, index: int) -> None:
        self.source.tables[index] = recut(self.source.members, self.source.tables[index])

    def _find_doubles(self) -> None:
        """Find the rows whose id came before, where the ids of an object do not ascend."""
        for name in (*ROUTED, SESSION):
            if self.ascending.get(name, True):
                continue
            firsts = {
                (index, number): row
                for index in self._tables(name)
                for number, row in enumerate(self.seen[index].first_rows)
            }
            for look in self._looks(intake.census, self._tables(name)):
                first = firsts[look.table, look.number]
                self.bonds.note_ids(name, ((id_, first + number, part) for id_, number, part in look.ids))
            self.bonds.find_doubles(name)

    # --- the second look --------------------------------------------------------------------------------------------

    def _carry(self) -> Ledger:
        """Carry all parts over and settle what several of them have to do with."""
        tables = tuple(self.source.tables)
        ledger = Ledger(tables, self.target, self.plan)
        ledger.books = self.ledger.books
        for table in tables:
            ledger.books.of(table.object).read += table.rows
        first_rows = tuple(tuple(seen.first_rows) for seen in self.seen)
        setting = Setting(tables, self.plan, first_rows, self._persons(), self._buttons(), self._labels())
        with Staging(self.target.folder_of_work / f"shared-{RUN_DATABASE}") as staging:
            channels: dict[str, Any] = {}
            done, total = 0, self.source.read.get(TRANSCRIPT, 0)
            for made in self.crew.work(settling.settle, setting, self._settled()):
                self._take(made, ledger)
            for made in self.crew.work(carryover.carry, setting, self._parts()):
                self._take(made, ledger)
                for id_, channel in made.channels.items():
                    channels.setdefault(id_, channel)
                self._keep(made, staging, ledger)
                account = made.books.objects.get(TRANSCRIPT)
                done += account.migrated + account.skipped + account.rejected if account else 0
                self.progress("migrating", done, total)
            self._finish(staging, ledger)
            if self.numbering is not None:
                for text, rows in self.numbering.numbered():
                    self.target.append("ConversationEntry", text, rows)
            self.target.add("MessagingChannel", channels.values())
        return ledger

    def _settled(self) -> Iterator[Part]:
        """Yield the blocks of tables that belong to no transcript."""
        doubles = self.bonds.doubles(NOWHERE)
        names = dict.fromkeys(table.object for table in self.source.tables)
        indexes = [index for name in names if name not in (TRANSCRIPT, *ROUTED) for index in self._tables(name)]
        for block in self._blocks(indexes):
            yield Part(block, doubles=doubles)

    def _parts(self) -> Iterator[Part]:
        """Yield the blocks of transcripts with what belongs to them, then what belongs to none."""
        rows = {index: (*self.seen[index].first_rows, self._end(index)) for index in self._tables(TRANSCRIPT)}
        for part, block in enumerate(self._blocks(self._tables(TRANSCRIPT))):
            first, after = rows[block.table][block.number : block.number + 2]
            yield Part(
                block,
                tuple(self._pieces(part)),
                self.bonds.links(first, after - 1),
                self.bonds.doubles(part),
                self.bonds.crossing(part),
                {row: self.files[row] for row in range(first, after) if row in self.files} if self.files else {},
            )
        doubles = self.bonds.doubles(NOWHERE)
        for piece in self._pieces(NOWHERE):
            yield Part(None, (piece,), doubles=doubles)

    def _end(self, index: int) -> int:
        table = self.source.tables[index]
        return table.first_row + table.rows

    def _pieces(self, part: int) -> Iterator[Piece]:
        for seen in self.seen:
            yield from seen.pieces.get(part, ())

    def _take(self, made: Made, ledger: Ledger) -> None:
        """Take the rows and the books of a part."""
        for kind, piece in made.pieces.items():
            if kind in LISTS:
                self.lists.add(kind, map(orjson.loads, piece.read().splitlines()))
                continue
            self._append(kind, piece.read(), made.rows[kind])
        self.crew.clear(made.pieces.values())
        ledger.books.add(made.books)
        ledger.share.add(made.share)
        for kind, names in made.own_fields.items():
            ledger.own_fields.setdefault(kind, set()).update(names)

    def _append(self, kind: str, text: bytes, rows: int) -> None:
        if self.numbering is not None and kind == "ConversationEntry":
            self.numbering.take(text)
        else:
            self.target.append(kind, text, rows)

    def _keep(self, made: Made, staging: Staging, ledger: Ledger) -> None:
        """Keep what other parts have to do with, too; the first one that migrates a visitor enters him."""
        for shared in made.shared:
            if shared.end_user is not None:
                end_user = shared.end_user
                known = staging.kept_end_user(end_user["Id"])
                named = partial(is_named, self.plan)
                staging.keep_end_user(end_user["Id"], one_end_user(known, end_user, named) if known else end_user)
            if shared.together is not None:
                kind, start, one = shared.together
                before = staging.kept_together(one["Id"])
                latest, one = merged(kind, before[1], before[0], one, start) if before else (start, one)
                staging.keep_together(kind, one["Id"], latest, one)
            waiting = shared.waiting
            if waiting is None:
                continue
            if shared.error is not None:
                if staging.use_visitor(waiting.row.number):
                    ledger.rejected(waiting.table, waiting.row, *shared.error)
            elif shared.rebuilt is None:
                row = waiting.row
                staging.add_record(VISITOR, str(row.number), row.number, [waiting.table, row.cells, row.raw])
            elif staging.use_visitor(waiting.row.number):
                ledger.migrated(waiting.table, waiting.row, shared.rebuilt)

    def _finish(self, staging: Staging, ledger: Ledger) -> None:
        for (document,) in staging.execute("SELECT document FROM end_user ORDER BY position"):
            self.target.add("MessagingEndUser", [orjson.loads(document)])
        for kind, row in staging.together():
            self.target.add(kind, [row])
        for number, (index, cells, raw) in staging.unused_visitors(VISITOR):
            carryover.skip_visitor(ledger, index, number, cells, raw)

    def _persons(self) -> dict[str, Person]:
        """Return the users whom chats and events name, as far as the source has their rows."""
        people: dict[str, Person] = {}
        for id_, record in self._records(USER):
            if id_ in self.people and id_ not in people:
                first, last, name = (record.get(key, "") for key in ("FirstName", "LastName", "Name"))
                people[id_] = Person(id_, first, last, name, record.get("IsActive", "1") not in _FALSE)
        return people

    def _buttons(self) -> dict[str, dict[str, str]]:
        buttons: dict[str, dict[str, str]] = {}
        for id_, record in self._records(BUTTON):
            buttons.setdefault(id_, record)
        return buttons

    def _labels(self) -> dict[str, str]:
        """Return what deployments and skills are called."""
        labels: dict[str, str] = {}
        for name in LABELLED.values():
            for id_, record in self._records(name):
                labels.setdefault(id_, record.get("MasterLabel") or record.get("DeveloperName") or "")
        return labels

    def _records(self, name: str) -> Iterator[tuple[str, dict[str, str]]]:
        for index in self._tables(name):
            table = self.source.tables[index]
            if "Id" not in table.columns:
                continue
            for row in self.source.rows(table):
                if len(row.cells) == len(table.columns):
                    record = row.record(table)
                    id_ = intake.read_id(record["Id"])
                    if id_:
                        yield id_, record
