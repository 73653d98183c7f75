"""A migration into an org: the folder form into a work folder, then the load of it, by the journal.

The work folder holds `folder` (the folder form, with its report), `package` (SFDX source to deploy first), `journal.db`,
the report of the load (`load.json`, `load.html`) and `problems.jsonl`. A run that was broken off goes on with the next call of the same command.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import orjson

from .errors import UsageError
from .extract.files import OrgFiles, pull_files
from .extract.since import checked_mark, refresh
from .extract.work import pull_work
from .folder import read_manifest, rows_by_kind
from .journal import Journal
from .layout import JSONL, MANIFEST, OBJECTS
from .lists import write_list
from .load.archive import write_archive
from .load.census import sessions_by
from .load.claim import check_claim, claim, claimed
from .load.folder import write_document
from .load.history import HistoryLane
from .load.itinerary import archive_lane, in_folder_only, lanes
from .load.lanes import Lane
from .load.loader import Loader, Options, Progress
from .load.package import PERMISSION_SET, Package, package_of, write_package
from .load.reclaim import documents_of
from .load.rollback import Undone, roll_back
from .load.stale import delete_stale, delete_unmet
from .load.target import Target
from .load.wanted import NO_REFERENCE, Wants
from .plan import Plan
from .port import Org
from .report.cells import cells_of
from .report.document import labels_of
from .report.load import load_page, load_verdict
from .samples import read_back
from .transform.names import AGENT_SESSION, TRANSCRIPT_ID
from .verify import Verified

FOLDER = "folder"
PACKAGE = "package"
JOURNAL = "journal.db"
EVERY_RUN = "all"
"""In the place of a run to take back: each of the work folder."""
ROLLED_BACK = "rolled back"
LOAD = "load.json"
PAGE = "load.html"
PROBLEMS = "problems.jsonl"
NOTES = "notes.csv"
_NOTED = ("what", "object", "id", "detail")
KEPT = "source"
MARKS = "source.json"
_ARCHIVE = "archive.zip"
_FINDINGS = 50
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
        run, document = _open_run(journal, fingerprint)
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
    with _journal_of(work) as journal:
        check_claim(journal, org, work)
        last = _last_run(journal)
        if last[1] == ROLLED_BACK:
            raise UsageError(f"the last run of {work} was taken back:", "give the command of the load again")
        run = last[0] if last[1] == "open" else new_run(journal, _of_retry(journal, last[0]))
        return _load(run, 0, journal, org, work, plan, options, progress, deletes=False, checks=False)


def runs_to_undo(work: Path) -> list[str]:
    """Return the runs of a work folder that are not taken back, the last first."""
    return [id_ for id_, state in reversed(runs_of(work)) if state != ROLLED_BACK]


def rollback(run: str, org: Org, work: Path, plan: Plan, progress: Progress) -> Undone:
    """Take a run back."""
    with _journal_of(work) as journal:
        check_claim(journal, org, work)
        known = [id_ for id_, _, _ in journal.runs()]
        if run not in known:
            raise UsageError(f"there is no run {run} in {work}:", f"name one of {', '.join(known) or 'none'}")
        target = _target(org, journal, run)
        loader = loader_for(run, target, journal, plan, Options(), progress)
        if (work / FOLDER / MANIFEST).is_file():
            if journal.has_sent():
                org.pause(_UNDER_WAY_SECONDS)
            for lane in _lanes(work, loader.wants, plan):
                loader.adopt(lane)
        undone = roll_back(run, journal, target, progress)
        if not undone.left:
            journal.close_run(run, ROLLED_BACK)
        return undone


def is_work(folder: Path) -> bool:
    """Tell whether a folder is the work folder of loads."""
    return (folder / JOURNAL).is_file()


def sampled(org: Org, work: Path, plan: Plan, verified: Verified) -> list[str]:
    """Read the chats of a sample back from an org, and return what is not as it should be."""
    if "file" not in plan.carriers:
        raise UsageError(
            "the load left no files to read chats from:", "leave --sample out, or load with the carrier `file`"
        )
    manifest = read_manifest(work / FOLDER)
    transcripts = [sample.bundle.session[TRANSCRIPT_ID] for sample in verified.samples]
    documents = documents_of(Target(org), migration_key(manifest), transcripts)
    return read_back(verified.samples, verified.rebuilt, documents) if verified.rebuilt else []


def report(org: Org, work: Path, plan: Plan, findings: list[str], verified: Verified) -> None:
    """Write load.json and load.html again with what a verification found, if a load came to its end here."""
    try:
        document = orjson.loads((work / LOAD).read_bytes())
    except (OSError, orjson.JSONDecodeError):
        return
    document["chats"] = _chats(Target(org), work / FOLDER, read_manifest(work / FOLDER), plan)
    document["samples"] = [sample.to_json() for sample in verified.samples]
    document["seed"] = verified.sampling.seed
    _report(work, document, findings)


def rewrite(work: Path) -> Path:
    """Write load.html again from load.json, and return its path. UsageError when no load came to its end here."""
    try:
        document = orjson.loads((work / LOAD).read_bytes())
    except (OSError, orjson.JSONDecodeError):
        raise UsageError(f"{work} holds no {LOAD}:", "run the load to its end") from None
    (work / PAGE).write_text(load_page(document), "utf-8")
    return work / PAGE


def _chats(target: Target, folder: Path, manifest: dict[str, Any], plan: Plan) -> dict[str, Any]:
    """Return the chats by month, status and button, with the sessions that the org holds beside them."""
    return cells_of(manifest["chats"], sessions_by(target, plan), labels_of(folder, manifest), others=True)


def _report(work: Path, document: dict[str, Any], findings: list[str]) -> None:
    document["findings"] = findings[:_FINDINGS]
    if len(findings) > _FINDINGS:
        document["findings"].append(f"and {len(findings) - _FINDINGS} more findings: see `chatlift migrate verify`")
    document["verdict"] = load_verdict(document)
    write_document(work / LOAD, document)
    (work / PAGE).write_text(load_page(document), "utf-8")


def check(org: Org, work: Path, plan: Plan, progress: Progress) -> list[str]:
    """Compare what an org holds with the folder form that was to be loaded, and return what differs or is not there."""
    with _journal_of(work) as journal:
        check_claim(journal, org, work)
        run, state = _last_run(journal)
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


def target_of(work: Path) -> str:
    """Return the URL of the org that a work folder's runs load. UsageError when there is none."""
    with _journal_of(work) as journal:
        url = claimed(journal)
    if not url:
        raise UsageError(f"{work} holds no run:", "name the work folder of a load")
    return url


def runs_of(work: Path) -> list[tuple[str, str]]:
    """Return id and state of the runs of a work folder."""
    with _journal_of(work) as journal:
        return [(id_, state) for id_, state, _ in journal.runs()]


def plan_of(work: Path) -> dict[str, Any]:
    """Return the plan that the folder form was made with, as plain values."""
    return dict(read_manifest(work / FOLDER)["plan"])


def fingerprint_of(source: str | Path, plan: Plan, form: str = JSONL) -> str:
    """Return what names a source, a plan and a form: an org's URL, or the files with their sizes and times."""
    parts: list[Any] = [plan.to_json(), *([form] if form != JSONL else [])]
    if isinstance(source, str):
        parts.append(source)
    else:
        files = (
            source.rglob("*") if source.is_dir() else source.parent.glob("*.[zZ][iI][pP]") if source.is_file() else ()
        )
        told = ((str(file), file.stat()) for file in sorted({*files, source}) if file.is_file())
        parts += [[name, found.st_size, found.st_mtime_ns] for name, found in told]
    return sha256(orjson.dumps(parts, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS, default=str)).hexdigest()


# --- the run -------------------------------------------------------------------------------------------------------------


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
    write_list(work / NOTES, _NOTED, journal.noted(run))
    if checks:
        document["chats"] = _chats(target, work / FOLDER, manifest, plan)
    _report(work, document, findings)
    write_problems(work / PROBLEMS, run, journal, planned)
    journal.close_run(run, "done")
    return Outcome(run, document, code, findings)


def rows_of(manifest: Mapping[str, Any]) -> dict[str, int]:
    """Return how many rows each file of a folder form has, by its kind."""
    return rows_by_kind(manifest)


def bytes_of_files(manifest: Mapping[str, Any]) -> int:
    """Return about how many bytes the files of a load have: the page and the document hold the texts once each."""
    return 2 * sum(int(item.get("asLines", item["bytes"])) for item in manifest["files"])


def archived(work: Path, loader: Loader, manifest: Mapping[str, Any]) -> Lane:
    """Write the migration's own files, and return their lane."""
    path = work / _ARCHIVE
    write_archive(work / FOLDER, path, loader.wants)
    return archive_lane(path, migration_key(manifest))


def migration_key(manifest: Mapping[str, Any]) -> str:
    """Return what tells the archives of several migrations in one org apart."""
    return sha256(str(manifest["source"]["name"]).encode()).hexdigest()[:12]


def _lanes(work: Path, wants: Wants, plan: Plan) -> list[Lane]:
    manifest = read_manifest(work / FOLDER)
    rows = rows_of(manifest)
    planned = lanes(work / FOLDER, wants, plan.carriers, rows, migration_key(manifest))
    if (work / _ARCHIVE).is_file():
        planned.append(archive_lane(work / _ARCHIVE, migration_key(manifest)))
    return planned


def document_of(
    run: str,
    url: str,
    journal: Journal,
    loader: Loader,
    planned: list[Lane],
    rows: Mapping[str, int],
    removed: Mapping[str, int],
    options: Options,
) -> dict[str, Any]:
    """Return the report of a load."""
    counts = journal.counts(run)
    accounts: dict[str, dict[str, Any]] = {}
    for lane in planned:
        found = dict(counts.get(lane.name, {}))
        needs = found.pop("needs replace", 0)
        settled = sum(found.values())
        read = loader.read.get(lane.name, 0)
        accounts[lane.name] = {
            "rows": read,
            **{what: found.get(what, 0) for what in ("inserted", "updated", "same", "replaced", "failed", "blocked")},
            "needsReplace": needs,
            "standing": read - settled if options.only_open else 0,
            "deleted": removed.get(lane.name, 0),
            "closed": settled == read or options.only_open,
            "stale": journal.stale_count(run, lane.name) if not options.only_open else 0,
        }
    return {
        "run": run,
        "target": url,
        "closed": all(account["closed"] for account in accounts.values()),
        "failed": sum(account["failed"] + account["blocked"] for account in accounts.values()),
        "needsReplace": sum(account["needsReplace"] for account in accounts.values()),
        "accounts": accounts,
        "folderOnly": in_folder_only(planned, {kind: count for kind, count in rows.items() if kind[:1].isupper()}),
        "notes": journal.notes(run),
        "unclosed": [name for name, account in accounts.items() if not account["closed"]],
    }


def write_problems(
    path: Path, run: str, journal: Journal, planned: list[Lane], remedies: Mapping[str, str] | None = None
) -> None:
    """Write the rows that are not as they should be, whole, each with its reason and what mends it."""
    wanted: dict[str, dict[str, tuple[str, str]]] = {}
    for name, id_, state, reason in journal.problems(run):
        wanted.setdefault(name, {})[id_] = (state, reason)
    with path.open("wb") as stream:
        for lane in planned:
            problems = wanted.get(lane.name, {})
            for row in lane.rows() if problems else ():
                state, reason = problems.get(lane.id_of(row), ("", ""))
                if state:
                    line: dict[str, Any] = {
                        "object": lane.name,
                        "id": lane.id_of(row),
                        "state": state,
                        "reason": reason,
                        "remedy": (remedies or REMEDIES)[state],
                    }
                    if isinstance(row, dict):
                        line["row"] = row
                    stream.write(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE))


REMEDIES: Mapping[str, str] = {
    "failed": "mend the cause in the target or in the source, then `chatlift migrate retry`",
    "blocked": "mend what the row waits for, then `chatlift migrate retry`",
    "sent": "run the same command again: it looks whether the row arrived",
    "needs replace": "leave it, or run with --replace: the record is deleted and inserted anew",
}


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


# --- the journal's runs ----------------------------------------------------------------------------------------------------


def _open_run(journal: Journal, fingerprint: str) -> tuple[str | None, dict[str, Any] | None]:
    """Return the last run when it was broken off and is of the same source and plan; an older one is left."""
    runs = journal.runs()
    if runs and runs[-1][1] == "open" and runs[-1][2].get("fingerprint") == fingerprint:
        return runs[-1][0], runs[-1][2]
    return None, None


def new_run(journal: Journal, document: dict[str, Any]) -> str:
    """Enter a new run, and return its name."""
    run = f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{secrets.token_hex(2)}"
    journal.begin(run, document)
    return run


def _of_retry(journal: Journal, retried: str) -> dict[str, Any]:
    [source] = [document.get("source") for id_, _, document in journal.runs() if id_ == retried]
    return {"fingerprint": "", "code": 0, "retries": retried, "source": source}


def _last_run(journal: Journal) -> tuple[str, str]:
    runs = journal.runs()
    if not runs:
        raise UsageError(f"{journal.path.parent} holds no run:", "name the work folder of a load")
    return runs[-1][0], runs[-1][1]


def _journal_of(work: Path) -> Journal:
    if not (work / JOURNAL).is_file():
        raise UsageError(f"{work} is no work folder of a load:", "name the folder that --work named")
    return Journal(work / JOURNAL)


def _target(org: Org, journal: Journal, run: str) -> Target:
    return Target(org, lambda job: journal.open_job(run, job), journal.settle_job)


def loader_for(run: str, target: Target, journal: Journal, plan: Plan, options: Options, progress: Progress) -> Loader:
    """Return the loader of a run."""
    return Loader(run, target, journal, Wants(target, journal, plan), options, progress)


# --- the source, read again ------------------------------------------------------------------------------------------------


def usual_work(url: str) -> Path:
    """Return the work folder of loads into an org: it stands where the command runs."""
    host = url.partition("://")[2]
    return Path("chatlift-" + "".join(letter if letter.isalnum() or letter in ".-" else "-" for letter in host))


def work_of(run: str, place: Path) -> Path:
    """Return the work folder below a folder that tells of a run. UsageError when none does."""
    for journal in sorted(place.glob(f"chatlift-*/{JOURNAL}")):
        if any(id_ == run for id_, _ in runs_of(journal.parent)):
            return journal.parent
    raise UsageError(f"no folder chatlift-* here tells of a run {run}:", "name its work folder with --work")


def refreshed(org: Org, work: Path, plan: Plan, since: str, progress: Progress) -> Path:
    """Bring the kept copy of a source org up to date, and return its folder. `since` is a time, or `last`."""
    if plan.privacy.is_on:
        raise UsageError("--since keeps what was read, which the plan's privacy switches forbid:", "leave it out")
    place, noted = work / KEPT, work / MARKS
    marks = orjson.loads(noted.read_bytes()) if noted.is_file() else {}
    if since != "last":
        asked = checked_mark(since)
        marks = {name: min(mark, asked) for name, mark in marks.items()}
    marks = refresh(org, place, marks, progress)
    if plan.agent_work:
        pull_work(OrgFiles(org, place), place, progress)
    if plan.carries_files:
        pull_files(OrgFiles(org, place), place, progress)
    write_document(noted, marks)
    return place
