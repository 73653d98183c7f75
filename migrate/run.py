"""The run: read the source twice, once to learn what belongs together, once to write the target.

Children, visitors and users wait in the work file; transcripts are never held. Memory does not grow with the source.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .accounts import Books
from .carryover import Carryover
from .errors import UsageError
from .extract.members import Members
from .extract.org import pull
from .extract.source import Source
from .intake import Intake, Progress
from .layout import MANIFEST, OBJECTS, PULLED, RUN_DATABASE, WORK
from .ledger import Ledger
from .load.folder import FolderTarget, prepare, write_document
from .manifest import manifest_document
from .plan import Plan
from .port import Org
from .residue import Share
from .staging import Staging
from .transform.documents import object_documents


def _no_progress(step: str, done: int, total: int) -> None:
    return None


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


def run(source_path: Path, target: Path, plan: Plan, progress: Progress = _no_progress, origin: str = "") -> Outcome:
    """Migrate a zip or folder into a folder. `origin` names the source in the manifest where it is not the path's name."""
    _check_apart(source_path, target)
    with Members(source_path) as members:
        source = Source.survey(members)
        prepare(target)
        return _run(source, target, plan, progress, origin or source_path.name)


def run_org(org: Org, target: Path, plan: Plan, progress: Progress = _no_progress) -> Outcome:
    """Migrate an org into a folder. What is read waits in the work folder and is removed at the end."""
    prepare(target)
    pulled = target / WORK / PULLED
    try:
        pull(org, pulled, progress)
        with Members(pulled) as members:
            return _run(Source.survey(members), target, plan, progress, org.url)
    finally:
        shutil.rmtree(pulled, ignore_errors=True)


def _run(source: Source, target: Path, plan: Plan, progress: Progress, origin: str) -> Outcome:
    with Staging(target / WORK / RUN_DATABASE) as staging, _writing(target) as writer:
        ledger = Ledger(source, writer, plan)
        Intake(source, staging, ledger, plan, progress).take_in()
        passage = Carryover(source, staging, writer, ledger, plan, progress)
        passage.carry()
        passage.finish()
        files = writer.finish()
        manifest = manifest_document(source, origin, plan, files, ledger.books, ledger.share)
    write_document(target / OBJECTS, object_documents(ledger.own_fields))
    write_document(target / MANIFEST, manifest)
    return Outcome(ledger.books, ledger.share, manifest)


@contextmanager
def _writing(target: Path) -> Iterator[FolderTarget]:
    writer = FolderTarget(target)
    try:
        yield writer
    except BaseException:
        writer.discard()
        raise


def _check_apart(source: Path, target: Path) -> None:
    here, there = source.resolve(), target.resolve()
    if here == there or here in there.parents or there in here.parents:
        raise UsageError("source and target lie within each other:", "name a target outside the source")
