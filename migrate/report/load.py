"""load.html: the report of a load into an org, in the look of the migration's."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

from .cells import chat_parts
from .charts import stacked
from .html import esc, line, more, page, shown, table, tiles
from .sides import sides

_COUNTS = (
    "rows",
    "inserted",
    "updated",
    "same",
    "standing",
    "replaced",
    "failed",
    "blocked",
    "needsReplace",
    "deleted",
    "stale",
)
_HEADS = (
    "rows",
    "inserted",
    "updated",
    "same",
    "loaded before",
    "replaced",
    "failed",
    "blocked",
    "needs replace",
    "deleted",
    "stale",
)
_EXAMPLES = 5
_IN_ORG = (
    "What was read, and what became of it. In target are the sessions that the org holds, counted there; those of other migrations are "
    "among them. The month is that of the time by which the session starts, in UTC."
)
_REJECTED = "rows of the source were rejected before the load: see folder/report.html and folder/rejected.jsonl."
_NOT_RESTORABLE = "The org alone does not give the source back, because the carrier file is not among the plan's carriers: keep the folder."


def load_verdict(document: Mapping[str, Any]) -> dict[str, str]:
    """Return the answer to the question whether anything was lost: level good, warn or bad, and a sentence."""
    if document.get("dryRun"):
        return _dry_verdict(document)
    if not document["closed"]:
        return {"level": "bad", "text": "Something is missing: the accounts of the load do not close."}
    if document["findings"]:
        return {"level": "bad", "text": "The org does not hold what was to be written: see below."}
    if document["failed"]:
        rows = f"{document['failed']:,} row{'s' * (document['failed'] != 1)}"
        return {"level": "warn", "text": f"{rows} were not loaded. Each is named; nothing else was lost."}
    if document.get("rejected"):
        rows = f"{document['rejected']:,} row{'s' * (document['rejected'] != 1)}"
        return {
            "level": "warn",
            "text": f"Each row was loaded but for {rows} of the source that could not be carried over.",
        }
    return {"level": "good", "text": "Each row was loaded."}


def load_page(document: Mapping[str, Any]) -> str:
    """Return the page of a load's document."""
    accounts = [
        (name, *(account.get(key, 0) for key in _COUNTS), "closed" if account["closed"] else "not closed")
        for name, account in document["accounts"].items()
    ]
    notes = [
        (
            note["note"],
            note["object"],
            note["records"],
            "; ".join(f"{one['id']}: {one['detail']}" for one in note["examples"][:_EXAMPLES]),
        )
        for note in document["notes"]
    ]
    is_dry = bool(document.get("dryRun"))
    title = f"{'Dry run of a load' if is_dry else 'Load'} into {document['target']}"
    if not document.get("lossless", True):
        title += ", personal data masked: not lossless"
    verdict = load_verdict(document)
    totals = {key: sum(account.get(key, 0) for account in document["accounts"].values()) for key in _COUNTS}
    bad = "warn" if document["failed"] else "good"
    parts = [
        f"<header><h1>{esc(title)}</h1>",
        f'<p class="verdict {escape(verdict["level"])}">{esc(verdict["text"])}</p>',
        tiles(
            [
                ("rows", totals["rows"], ""),
                ("inserted", totals["inserted"], ""),
                ("updated", totals["updated"], ""),
                ("there already", totals["same"] + totals["standing"], ""),
                ("not loaded", document["failed"], bad),
                ("need a replace", document["needsReplace"], "warn" if document["needsReplace"] else ""),
            ]
        ),
        line("good", "The accounts are closed: each row is loaded, or named below.")
        if document["closed"]
        else line("bad", "The accounts are not closed."),
        line("warn", f"{shown(document['failed'])} rows were not loaded: see problems.jsonl.")
        if document["failed"]
        else line("good", "Each row was loaded."),
        *(_dry_run(document) if is_dry else [_run(str(document["run"]))]),
        *([] if document.get("restorable", True) else [line("warn", _NOT_RESTORABLE)]),
        *([line("warn", f"{shown(document['rejected'])} {_REJECTED}")] if document.get("rejected") else []),
        "</header>",
        *(["<h2>What the comparison found</h2>"] if document["findings"] else []),
        *(line("bad", str(finding)) for finding in document["findings"]),
        "<h2>Accounts</h2>",
        "<p>What became of each row of the folder form in the org. <em>Same</em> are records that were there as they were to be; a retry passes over those that were <em>loaded before</em>.</p>",
        _chart(document["accounts"]),
        table(("", *_HEADS, ""), accounts),
        *(chat_parts(document["chats"], _IN_ORG) if "chats" in document else []),
        *_missing(document),
        "<h2>What lives in the folder alone</h2>",
        "<p>The org lets no API call make these records; the texts travel by the carriers.</p>",
        table(("structure",), [(name,) for name in document["folderOnly"]]),
        "<h2>Worth a look</h2>",
        table(("what", "object", "records", "examples"), notes),
        *_samples(document),
    ]
    return page(title, parts)


def _dry_verdict(document: Mapping[str, Any]) -> dict[str, str]:
    if document["findings"] or not document["closed"]:
        return {
            "level": "bad",
            "text": "A load would not come to a good end: see below. Nothing was written to the org.",
        }
    if document["failed"]:
        rows = f"{document['failed']:,} row{'s' * (document['failed'] != 1)}"
        return {"level": "warn", "text": f"{rows} would not be loaded. Nothing was written to the org."}
    return {"level": "good", "text": "Each row would be loaded. Nothing was written to the org."}


def _run(run: str) -> str:
    return f"<p>Run {esc(run)}. To take it back: <code>chatlift migrate rollback {esc(run)}</code></p>"


def _dry_run(document: Mapping[str, Any]) -> list[str]:
    """Return what a dry run says besides: what it assumed, and what a load would use."""
    used = [
        (name, one["needed"], "not told" if one["left"] is None else one["left"], "" if one["fits"] else "not enough")
        for name, one in document["allowances"].items()
        if isinstance(one, Mapping)
    ]
    parts = ["<p>What stands here happened in a private org that was built from the org's own describes.</p>"]
    if document["assumedPackage"]:
        parts.append(line("warn", f"As if the package were deployed. {document['assumedPackage']}"))
    parts += ["<h2>What a load would use</h2>", table(("allowance", "needed, about", "left in the org", ""), used)]
    return [*parts, f"<p>{shown(document['allowances']['bulkUploads'])} uploads by Bulk API 2.0.</p>"]


def _chart(accounts: Mapping[str, Mapping[str, Any]]) -> str:
    names = [name for name in reversed(list(accounts)) if accounts[name]["rows"]]
    series = {
        "inserted or updated": [
            sum(accounts[name][key] for key in ("inserted", "updated", "replaced")) for name in names
        ],
        "there already": [accounts[name]["same"] + accounts[name].get("standing", 0) for name in names],
        "not loaded": [accounts[name]["failed"] + accounts[name]["blocked"] for name in names],
    }
    return stacked("Rows by object", names, series, lies=True)


def _missing(document: Mapping[str, Any]) -> list[str]:
    missing = document.get("missing")
    if not missing:
        return []
    rows = [(item["key"], item["object"], item["rows"], item["byId"]) for item in missing["first"]]
    return [
        "<h2>Records that are named and not in the org</h2>",
        "<p>The field is left out, and the id stands in a <code>Legacy_…_Id__c</code> field of the record.</p>",
        table(("field and missing id", "named by", "records", "first of them"), rows, "None: each is there."),
        more(missing["keys"], len(rows), missing["file"])
        or (f'<p class="dim">Each record: <code>{escape(missing["file"])}</code></p>' if rows else ""),
    ]


def _samples(document: Mapping[str, Any]) -> list[str]:
    samples = document.get("samples", [])
    if not samples:
        return []
    return [
        "<h2>Chats side by side</h2>",
        f"<p>{shown(len(samples))} chats, chosen by the seed {document['seed']}, read back from the org. This page holds what people wrote: mind who gets it.</p>",
        *(sides(sample) for sample in samples),
    ]
