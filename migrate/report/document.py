"""report.json: the numbers of a migration for programs. docs/migration.md describes its keys; the page says the same."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from ..accounts import BY
from ..folder import read_rows
from ..layout import REPORT_HTML, REPORT_JSON
from ..load.folder import write_document
from ..manifest import name_of
from ..plan import from_mapping
from ..transform.channel import channel_id, developer_name
from .cells import cells_of
from .page import report_page

if TYPE_CHECKING:
    from ..verify import Verified

FORMAT = 2
_CHANNELS = 2000
"""So many channels are read for the names of buttons."""


def write_report(folder: Path, manifest: dict[str, Any], verified: Verified | None = None) -> dict[str, Any]:
    """Write report.json and report.html. `verified` is what a verification found, None when there was none."""
    manifest = orjson.loads(orjson.dumps(manifest, option=orjson.OPT_SORT_KEYS))  # as it reads when it is read again
    report = report_document(manifest, verified, labels_of(folder, manifest))
    write_document(folder / REPORT_JSON, report)
    (folder / REPORT_HTML).write_text(report_page(report), "utf-8")
    return report


def report_document(
    manifest: Mapping[str, Any], verified: Verified | None = None, labels: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Return the report as plain values. labels: names of the buttons' channels."""
    accounts = manifest["accounts"]
    targets = verified.audit.targets if verified and verified.audit else {}
    chats = cells_of(manifest.get("chats", {}), targets, labels or {})
    cells = [cell for name in BY for cell in chats[name]]
    closed = manifest["messages"]["closed"] and all(one["closed"] for one in [*accounts.values(), *cells])
    counts = ("read", "migrated", "skipped", "rejected")
    rows = {name: sum(account[name] for account in accounts.values()) for name in counts}
    report = {
        "tool": "chatlift",
        "format": FORMAT,
        "source": manifest["source"]["name"],
        "lossless": manifest["lossless"],
        "masked": manifest.get("masked", []),
        "leftOut": manifest.get("leftOut", []),
        "closed": closed,
        "rejected": rows["rejected"],
        "rows": rows,
        "accounts": accounts,
        "messages": manifest["messages"],
        "chats": chats,
        "counts": manifest.get("counts"),
        "deviations": manifest.get("deviations"),
        "orphans": manifest.get("orphans"),
        "share": manifest["share"],
        "reasons": manifest["reasons"],
        "roles": manifest["roles"],
        "statuses": manifest["statuses"],
        "warnings": manifest["warnings"],
        "files": manifest["files"],
        "sourceFiles": _source_files(manifest),
        "verification": None if verified is None else _verification(verified),
        "samples": [] if verified is None else [sample.to_json() for sample in verified.samples],
    }
    return report | {"verdict": _verdict(report)}


def labels_of(folder: Path, manifest: Mapping[str, Any]) -> dict[str, str]:
    """Return the label of the channel of each button."""
    plan = from_mapping(manifest["plan"], "manifest.json")
    rows = islice(read_rows(folder, "MessagingChannel"), _CHANNELS)
    channels = {row["Id"]: str(row.get("MasterLabel") or row.get("DeveloperName") or "") for row in rows}
    buttons = manifest.get("chats", {}).get("buttons", {})
    found = {key: channels.get(channel_id(developer_name(key or None, plan, None)), "") for key in buttons}
    return {key: label for key, label in found.items() if label}


def _source_files(manifest: Mapping[str, Any]) -> list[dict[str, Any]]:
    source = manifest["source"]
    return [
        {
            "name": name_of(item),
            "object": item.get("object"),
            "rows": item.get("rows"),
            "bytes": item["bytes"],
            "sha256": item["sha256"],
        }
        for item in (*source["tables"], *source["others"])
    ]


def _verification(verified: Verified) -> dict[str, Any]:
    sampling = verified.sampling
    return {
        "passed": not verified.findings,
        "findings": list(verified.findings),
        "comparedWithSource": verified.is_compared,
        "sample": {"chats": len(verified.samples), "seed": sampling.seed} if sampling.number else None,
    }


def _verdict(report: Mapping[str, Any]) -> dict[str, str]:
    """Return the answer to the question whether anything was lost: level good, warn or bad, and a sentence."""
    verification = report["verification"]
    if not report["closed"]:
        return {"level": "bad", "text": "Something is missing: the accounts do not close."}
    if verification is not None and not verification["passed"]:
        return {"level": "bad", "text": "Something is wrong: the verification found what is told below."}
    if not report["accounts"].get("LiveChatTranscript", {}).get("read"):
        return {"level": "warn", "text": "No chats were in the source: see whether it is the right one."}
    if report["rejected"]:
        rows = f"{report['rejected']:,} row{'s' * (report['rejected'] != 1)}"
        return {"level": "warn", "text": f"{rows} could not be carried over. Nothing else was lost."}
    if verification is None:
        return {"level": "warn", "text": "Nothing was lost by the run's own books. It is not verified yet."}
    if not report["lossless"]:
        return {"level": "good", "text": "Nothing was lost but the personal data that was to be masked."}
    return {"level": "good", "text": "Nothing was lost."}
