"""A migration into an org: the folder form into a work folder, then the load of it, by the journal.

The work folder holds `folder` (the folder form, with its report), `package` (SFDX source to deploy first), `journal.db`,
the report of the load (`load.json`, `load.html`) and `problems.jsonl`. A run that was broken off goes on with the next call of the same command.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from .errors import UsageError
from .folder import read_manifest
from .journal import Journal
from .layout import MANIFEST, OBJECTS
from .lists import write_list
from .load.archive import write_archive
from .load.claim import check_claim, claim
from .load.history import HistoryLane
from .load.itinerary import archive_lane, lanes
from .load.lanes import Lane
from .load.loader import Loader, Options, Progress
from .load.package import PERMISSION_SET, Package, package_of, write_package
from .load.rollback import Undone, roll_back
from .load.stale import delete_stale, delete_unmet
from .load.target import Target
from .load.wanted import NO_REFERENCE, Wants
from .load_report import NOTED, bytes_of_files, chats, document_of, rows_of, write_load_report, write_problems
from .plan import Plan
from .port import Org
from .transform.names import AGENT_SESSION
from .work_folder import (
    FOLDER,
    JOURNAL,
    NOTES,
    PACKAGE,
    PROBLEMS,
    ROLLED_BACK,
    journal_of,
    last_run,
    migration_key,
    new_run,
    open_run,
)

_ARCHIVE = "archive.zip"
_UNDOING = "undoing "
_UNDER_WAY_SECONDS = 3.0
"""How long a run waits behind one that was killed: the org may still be at work on its last call. A choice of ours."""
_BATCH = 500
FolderRun = Callable[[Path], int]
"""Writes the folder form and returns its exit code."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a load ended: `document` is load.json, `folder_code` the exit code of the folder form."""

    run: str
    document: dict[str, Any]
    folder_code: int = 0
    findings: list[str] = field(default_factory=list)

    @property
    def exit_code(self) -> int:
        """Return 1 when accounts are not closed or the check found something, 3 with rows that were not loaded, else 0."""
        if not self.document["closed"] or self.findings or self.folder_code == 1:
            return 1
        return 3 if self.document["failed"] or self.folder_code == 3 else 0


def load(
    fingerprint: str,
    make_folder: FolderRun,
    org: Org,
    work: Path,
    plan: Plan,
    options: Options,
    progress: Progress,
    *,
    deletes: bool = False,
    checks: bool = True,
) -> Outcome:
    """Migrate into an org. `fingerprint` names source and plan: a run of the same ones that was broken off goes on.

    deletes: records of earlier runs whose rows are no longer in the source are deleted.
    """
    with Journal(work / JOURNAL) as journal:
        check_claim(journal, org, work)
        for name in ("MessagingEndUser", "MessagingSession"):
            Target(org).needed(name)
        run, document = open_run(journal, fingerprint)
        folder = work / FOLDER
        if document is None or not (folder / MANIFEST).is_file():
            code = make_folder(folder)
            if run is None:
                source = migration_key(read_manifest(folder))
                run = new_run(journal, {"fingerprint": fingerprint, "code": code, "deletes": deletes, "source": source})
        else:
            code = int(document["code"])
        assert run is not None
        return _load(run, code, journal, org, work, plan, options, progress, deletes=deletes, checks=checks)


def retry(org: Org, work: Path, plan: Plan, options: Options, progress: Progress) -> Outcome:
    """Load what the last run could not settle, and nothing else."""
    with journal_of(work) as journal:
        check_claim(journal, org, work)
        last = last_run(journal)
        if last[1] == ROLLED_BACK:
            raise UsageError(f"the last run of {work} was taken back:", "give the command of the load again")
        run = last[0] if last[1] == "open" else new_run(journal, _of_retry(journal, last[0]))
        return _load(run, 0, journal, org, work, plan, options, progress, deletes=False, checks=False)


def rollback(run: str, org: Org, work: Path, plan: Plan, progress: Progress) -> Undone:
    """Take a run back."""
    with journal_of(work) as journal:
        check_claim(journal, org, work)
        known = [id_ for id_, _, _ in journal.runs()]
        if run not in known:
            raise UsageError(f"there is no run {run} in {work}:", f"name one of {', '.join(known) or 'none'}")
        target = _target(org, journal, run)
        loader = loader_for(run, target, journal, plan, Options(), progress)
        if (work / FOLDER / MANIFEST).is_file() and journal.get(_UNDOING + run) is None:
            if journal.has_sent():
                org.pause(_UNDER_WAY_SECONDS)
            for lane in _lanes(work, loader.wants, plan):
                loader.adopt(lane)
            journal.put(_UNDOING + run, True)  # what is restored from now on is not the run's own
        undone = roll_back(run, journal, target, progress)
        if not undone.left:
            journal.close_run(run, ROLLED_BACK)
        return undone


def check(org: Org, work: Path, plan: Plan, progress: Progress) -> list[str]:
    """Compare what an org holds with the folder form that was to be loaded, and return what differs or is not there."""
    with journal_of(work) as journal:
        check_claim(journal, org, work)
        run, state = last_run(journal)
        loader = loader_for(run, _target(org, journal, ""), journal, plan, Options(), progress)
        findings = []
        if state == "open":
            findings.append(f"run {run} did not come to its end: give the command of the load again")
        for lane in _lanes(work, loader.wants, plan):
            progress(f"comparing {lane.name}", 0, 0)
            findings += loader.check(lane, wholly=True)
        return findings


def package_from(folder: Path, destination: Path, carriers: tuple[str, ...]) -> None:
    """Write the package for a folder form (or for the one of a work folder) into a new or empty folder."""
    held = folder / FOLDER if (folder / FOLDER / MANIFEST).is_file() else folder
    read_manifest(held)
    if destination.exists() and (not destination.is_dir() or any(destination.iterdir())):
        raise UsageError(f"{destination} exists and is not an empty folder:", "name a new folder")
    write_package(package_of(orjson.loads((held / OBJECTS).read_bytes()), carriers), destination)


def _load(
    run: str,
    code: int,
    journal: Journal,
    org: Org,
    work: Path,
    plan: Plan,
    options: Options,
    progress: Progress,
    *,
    deletes: bool,
    checks: bool,
) -> Outcome:
    folder = work / FOLDER
    manifest = read_manifest(folder)
    rows = rows_of(manifest)
    _refuse_without_package(org, plan, orjson.loads((folder / OBJECTS).read_bytes()), rows, work)
    target = _target(org, journal, run)
    loader = loader_for(run, target, journal, plan, options, progress)
    planned = lanes(folder, loader.wants, plan.carriers, rows, migration_key(manifest))
    claim(journal, org)
    for detail in target.lack_of_room(sum(rows.get(lane.object, 0) for lane in planned), bytes_of_files(manifest)):
        journal.note(run, "room that may not suffice", "Organization", org.url, detail)
    if journal.has_sent():
        org.pause(_UNDER_WAY_SECONDS)
    # What is not sure to come to an end comes last.
    late = [lane for lane in planned if isinstance(lane, HistoryLane)]
    for lane in planned:
        if lane not in late:
            loader.load(lane, rows.get(lane.object, rows.get("MessagingSession", 0)))
    if "file" in plan.carriers:
        planned.append(archived(work, loader, manifest))
        loader.load(planned[-1], 1)
    for lane in late:
        loader.load(lane, 0)
    removed, findings = delete_stale(run, journal, target, [lane.name for lane in planned]) if deletes else ({}, [])
    if "file" in plan.carriers and not options.only_open:  # an archive that is cut otherwise now has other parts
        delete_unmet(run, planned[-1].name, journal, target, findings)
    if checks:
        findings += [finding for lane in planned for finding in loader.check(lane)]
    document = document_of(run, org.url, journal, loader, planned, rows, removed, options)
    document["lossless"] = manifest["lossless"]
    document["rejected"] = sum(account["rejected"] for account in manifest["accounts"].values())
    document["restorable"] = manifest.get("restorableFromOrg", True)
    document["missing"] = journal.missing(run, NO_REFERENCE) | {"file": NOTES}
    write_list(work / NOTES, NOTED, journal.noted(run))
    if checks:
        document["chats"] = chats(target, work / FOLDER, manifest, plan)
    write_load_report(work, document, findings)
    write_problems(work / PROBLEMS, run, journal, planned)
    journal.close_run(run, "done")
    return Outcome(run, document, code, findings)


def archived(work: Path, loader: Loader, manifest: Mapping[str, Any]) -> Lane:
    """Write the migration's own files, and return their lane."""
    path = work / _ARCHIVE
    write_archive(work / FOLDER, path, loader.wants)
    return archive_lane(path, migration_key(manifest))


def _lanes(work: Path, wants: Wants, plan: Plan) -> list[Lane]:
    manifest = read_manifest(work / FOLDER)
    rows = rows_of(manifest)
    planned = lanes(work / FOLDER, wants, plan.carriers, rows, migration_key(manifest))
    if (work / _ARCHIVE).is_file():
        planned.append(archive_lane(work / _ARCHIVE, migration_key(manifest)))
    return planned


def _refuse_without_package(
    org: Org, plan: Plan, documents: list[dict[str, Any]], rows: Mapping[str, int], work: Path
) -> None:
    """Write the package, and refuse a target that has not what it holds."""
    package, place = package_of(documents, plan.carriers), work / PACKAGE
    write_package(package, place)
    if problem := lack_of_package(package, Target(org), needed_objects(rows, plan.carriers), place):
        raise problem


def needed_objects(rows: Mapping[str, int], carriers: Sequence[str]) -> list[str]:
    """Return the objects with fields of the package that a load writes."""
    needed = ["MessagingEndUser", "MessagingSession"]
    if rows.get(AGENT_SESSION):
        needed.append(AGENT_SESSION)
    if "object" in carriers:
        needed.append("Legacy_Chat_Message__c")
    return needed


def lack_of_package(package: Package, target: Target, needed: Sequence[str], place: Path) -> UsageError | None:
    """Return what to say of a target that lacks what the package at a place holds, None when nothing is lacking."""
    url = target.org.url
    if missing := package.missing(target, needed):
        some = ", ".join(missing[:3]) + (f" and {len(missing) - 3} more" if len(missing) > 3 else "")
        return UsageError(
            f"{url} lacks {some}:",
            f"deploy the package {place} first (`sf project deploy start --source-dir {place}/force-app`, "
            f"or `chatlift serve --objects {place}`)",
        )
    if hidden := package.unwritable(target, needed):
        return UsageError(
            f"{url}: the token's user may not write {hidden[0]} and {len(hidden) - 1} more fields:",
            f"assign him the permission set {PERMISSION_SET}",
        )
    return None


def _of_retry(journal: Journal, retried: str) -> dict[str, Any]:
    [source] = [document.get("source") for id_, _, document in journal.runs() if id_ == retried]
    return {"fingerprint": "", "code": 0, "retries": retried, "source": source}


def _target(org: Org, journal: Journal, run: str) -> Target:
    return Target(org, lambda job: journal.open_job(run, job), journal.settle_job)


def loader_for(run: str, target: Target, journal: Journal, plan: Plan, options: Options, progress: Progress) -> Loader:
    """Return the loader of a run."""
    return Loader(run, target, journal, Wants(target, journal, plan), options, progress)
