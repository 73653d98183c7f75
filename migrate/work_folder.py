"""The work folder of loads: what lies where, and what its journal tells of runs, sources and orgs."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import orjson

from .errors import UsageError
from .extract.files import OrgFiles, pull_files
from .extract.since import checked_mark, refresh
from .extract.work import pull_work
from .folder import read_manifest
from .journal import Journal
from .layout import JSONL
from .load.claim import claimed
from .load.folder import write_document
from .load.loader import Progress
from .plan import Plan
from .port import Org

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
KEPT = "source"
MARKS = "source.json"


def runs_to_undo(work: Path) -> list[str]:
    """Return the runs of a work folder that are not taken back, the last first."""
    return [id_ for id_, state in reversed(runs_of(work)) if state != ROLLED_BACK]


def is_work(folder: Path) -> bool:
    """Tell whether a folder is the work folder of loads."""
    return (folder / JOURNAL).is_file()


def target_of(work: Path) -> str:
    """Return the URL of the org that a work folder's runs load. UsageError when there is none."""
    with journal_of(work) as journal:
        url = claimed(journal)
    if not url:
        raise UsageError(f"{work} holds no run:", "name the work folder of a load")
    return url


def runs_of(work: Path) -> list[tuple[str, str]]:
    """Return id and state of the runs of a work folder."""
    with journal_of(work) as journal:
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


def migration_key(manifest: Mapping[str, Any]) -> str:
    """Return what tells the archives of several migrations in one org apart."""
    return sha256(str(manifest["source"]["name"]).encode()).hexdigest()[:12]


def open_run(journal: Journal, fingerprint: str) -> tuple[str | None, dict[str, Any] | None]:
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


def last_run(journal: Journal) -> tuple[str, str]:
    runs = journal.runs()
    if not runs:
        raise UsageError(f"{journal.path.parent} holds no run:", "name the work folder of a load")
    return runs[-1][0], runs[-1][1]


def journal_of(work: Path) -> Journal:
    if not (work / JOURNAL).is_file():
        raise UsageError(f"{work} is no work folder of a load:", "name the folder that --work named")
    return Journal(work / JOURNAL)


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
