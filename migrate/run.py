"""The run: read the source twice, once to learn what belongs together, once to write the target.

The work is done block by block, by one process or several; see `stages`. Memory does not grow with the source.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .accounts import Books
from .bonds import Bonds
from .crew import crew
from .errors import UsageError
from .extract.cutting import SIZE
from .extract.files import OrgFiles, pull_files
from .extract.members import Members
from .extract.org import pull
from .extract.snapshot import is_snapshot
from .extract.snapshot import pull as pull_snapshot
from .extract.source import Source
from .extract.work import pull_work
from .layout import JSONL, MANIFEST, OBJECTS, PARTS, PULLED, RUN_DATABASE, WORK
from .lists import Lists
from .load.folder import FolderTarget, prepare, write_document
from .manifest import manifest_document
from .masked import copy_masked
from .masking import Key, RowMask
from .plan import Plan
from .port import Org
from .residue import Share
from .stages import Progress, Stages
from .transform.documents import object_documents
from .transform.names import naming_of


def _no_progress(step: str, done: int, total: int) -> None:
    return None


@dataclass(frozen=True, slots=True)
class Hands:
    """Who does the work: so many processes of this machine, or the workers of a dask scheduler. block_size: bytes of a block."""

    workers: int = 1
    scheduler: str = ""
    block_size: int = SIZE


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run ended."""

    books: Books
    share: Share
    manifest: dict[str, Any]

    @property
    def exit_code(self) -> int:
        """Return 0 when the accounts are closed and nothing was rejected, 3 with rejects, 1 when they are not closed."""
        if not self.books.is_closed:
            return 1
        return 3 if self.books.rejected else 0


def run(
    source_path: Path,
    target: Path,
    plan: Plan,
    progress: Progress = _no_progress,
    origin: str = "",
    hands: Hands = Hands(),
    key: Key | None = None,
    form: str = JSONL,
) -> Outcome:
    """Migrate a zip, a folder or a snapshot into a folder. `origin` names the source in the manifest where it is not the path's name.

    key is that of the plan's privacy switches: where one is on, a masked copy of the source is migrated in its place. form is
    that of the files of structures: jsonl, csv or parquet.
    """
    _check_apart(source_path, target)
    mask = RowMask.of(plan, key)
    name = origin or source_path.name
    if is_snapshot(source_path):
        prepare(target, form)
        with _pulled(target) as pulled:
            pull_snapshot(source_path, pulled, progress, mask, plan)
            with Members(pulled) as members:
                source = Source.survey(members, hands.block_size)
                return _run(source, target, plan, progress, name, hands, mask.account() if mask else None, form)
    with Members(source_path) as members:
        source = Source.survey(members, hands.block_size)
        prepare(target, form)
        if mask is None:
            return _run(source, target, plan, progress, name, hands, form=form)
        with _pulled(target) as pulled:
            copy, left_out = copy_masked(source, pulled, mask, progress)
            with Members(copy) as masked:
                found = Source.survey(masked, hands.block_size)
                told = {**mask.account(), "leftOut": left_out}
                return _run(found, target, plan, progress, name, hands, told, form)


def run_org(
    org: Org,
    target: Path,
    plan: Plan,
    progress: Progress = _no_progress,
    hands: Hands = Hands(),
    key: Key | None = None,
    form: str = JSONL,
) -> Outcome:
    """Migrate an org into a folder. What is read waits in the work folder, masked if the plan says so, and is removed at the end."""
    mask = RowMask.of(plan, key)
    prepare(target, form)
    with _pulled(target) as pulled:
        late = pull(org, pulled, progress, mask)
        if plan.agent_work:
            pull_work(OrgFiles(org, pulled), pulled, progress, mask)
        if plan.carries_files:
            pull_files(OrgFiles(org, pulled), pulled, progress, mask)
        with Members(pulled) as members:
            source = Source.survey(members, hands.block_size)
            told = {**(mask.account() if mask else {}), **({"arrivedMeanwhile": dict(late)} if late else {})}
            return _run(source, target, plan, progress, org.url, hands, told, form)


@contextmanager
def _pulled(target: Path) -> Iterator[Path]:
    pulled = target / WORK / PULLED
    try:
        yield pulled
    finally:
        shutil.rmtree(pulled, ignore_errors=True)


def _run(
    source: Source,
    target: Path,
    plan: Plan,
    progress: Progress,
    origin: str,
    hands: Hands,
    masked: dict[str, Any] | None = None,
    form: str = JSONL,
) -> Outcome:
    with (
        Bonds(target / WORK / RUN_DATABASE) as bonds,
        _writing(target, form) as writer,
        crew(target / WORK / PARTS, min(hands.workers, source.blocks), hands.scheduler) as workers,
        Lists(target) as lists,
    ):
        ledger = Stages(source, writer, bonds, workers, plan, progress, lists).run()
        lists.write()
        objects = object_documents(ledger.own_fields, naming_of(plan))
        files = writer.finish(objects, progress)
        manifest = manifest_document(source, origin, plan, files, ledger.books, ledger.share)
        manifest |= lists.summary() | (masked or {}) | {"form": form}
    write_document(target / OBJECTS, objects)
    write_document(target / MANIFEST, manifest)
    return Outcome(ledger.books, ledger.share, manifest)


@contextmanager
def _writing(target: Path, form: str) -> Iterator[FolderTarget]:
    writer = FolderTarget(target, form)
    try:
        yield writer
    except BaseException:
        writer.discard()
        raise


def _check_apart(source: Path, target: Path) -> None:
    here, there = source.resolve(), target.resolve()
    if here == there or here in there.parents or there in here.parents:
        raise UsageError("source and target lie within each other:", "name a target outside the source")
