"""What a load came to: its report, its check against the org, chats of a sample read back."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson

from .errors import UsageError
from .folder import read_manifest, rows_by_kind
from .journal import Journal
from .load.census import sessions_by
from .load.folder import write_document
from .load.itinerary import in_folder_only
from .load.lanes import Lane
from .load.loader import Loader, Options
from .load.reclaim import documents_of
from .load.target import Target
from .plan import Plan
from .port import Org
from .report.cells import cells_of
from .report.document import labels_of
from .report.load import load_page, load_verdict
from .samples import read_back
from .transform.names import TRANSCRIPT_ID
from .verify import Verified
from .work_folder import FOLDER, LOAD, PAGE, migration_key

NOTED = ("what", "object", "id", "detail")
FINDINGS = 50
REMEDIES: Mapping[str, str] = {
    "failed": "mend the cause in the target or in the source, then `chatlift migrate retry`",
    "blocked": "mend what the row waits for, then `chatlift migrate retry`",
    "sent": "run the same command again: it looks whether the row arrived",
    "needs replace": "leave it, or run with --replace: the record is deleted and inserted anew",
}


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
    document["chats"] = chats(Target(org), work / FOLDER, read_manifest(work / FOLDER), plan)
    document["samples"] = [sample.to_json() for sample in verified.samples]
    document["seed"] = verified.sampling.seed
    write_load_report(work, document, findings)


def rewrite(work: Path) -> Path:
    """Write load.html again from load.json, and return its path. UsageError when no load came to its end here."""
    try:
        document = orjson.loads((work / LOAD).read_bytes())
    except (OSError, orjson.JSONDecodeError):
        raise UsageError(f"{work} holds no {LOAD}:", "run the load to its end") from None
    (work / PAGE).write_text(load_page(document), "utf-8")
    return work / PAGE


def chats(target: Target, folder: Path, manifest: dict[str, Any], plan: Plan) -> dict[str, Any]:
    """Return the chats by month, status and button, with the sessions that the org holds beside them."""
    return cells_of(manifest["chats"], sessions_by(target, plan), labels_of(folder, manifest), others=True)


def write_load_report(work: Path, document: dict[str, Any], findings: list[str]) -> None:
    document["findings"] = findings[:FINDINGS]
    if len(findings) > FINDINGS:
        document["findings"].append(f"and {len(findings) - FINDINGS} more findings: see `chatlift migrate verify`")
    document["verdict"] = load_verdict(document)
    write_document(work / LOAD, document)
    (work / PAGE).write_text(load_page(document), "utf-8")


def rows_of(manifest: Mapping[str, Any]) -> dict[str, int]:
    """Return how many rows each file of a folder form has, by its kind."""
    return rows_by_kind(manifest)


def bytes_of_files(manifest: Mapping[str, Any]) -> int:
    """Return about how many bytes the files of a load have: the page and the document hold the texts once each."""
    return 2 * sum(int(item.get("asLines", item["bytes"])) for item in manifest["files"])


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
