"""The report of a migration, as JSON for programs and as HTML for people. Everything that comes from data is escaped."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path
from typing import Any

from .layout import REPORT_HTML, REPORT_JSON
from .load.folder import write_document

_STYLE = """
body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:60rem;padding:0 1rem;color:#1a1a1a}
table{border-collapse:collapse;margin:.5rem 0 1.5rem;width:100%}
th,td{border-bottom:1px solid #ddd;padding:.3rem .6rem;text-align:left;vertical-align:top}
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}
.good{color:#146c2e}.bad{color:#b3261e}
"""


def write_report(folder: Path, manifest: dict[str, Any], findings: Sequence[str] | None = None) -> dict[str, Any]:
    """Write report.json and report.html. `findings` are those of a verification, None when there was none."""
    report = report_document(manifest, findings)
    write_document(folder / REPORT_JSON, report)
    (folder / REPORT_HTML).write_text(report_page(report), "utf-8")
    return report


def report_document(manifest: dict[str, Any], findings: Sequence[str] | None) -> dict[str, Any]:
    """Return the report as plain values."""
    accounts = manifest["accounts"]
    closed = manifest["messages"]["closed"] and all(account["closed"] for account in accounts.values())
    return {
        "source": manifest["source"]["name"],
        "lossless": manifest["lossless"],
        "masked": manifest.get("masked", []),
        "leftOut": manifest.get("leftOut", []),
        "closed": closed,
        "rejected": sum(account["rejected"] for account in accounts.values()),
        "accounts": accounts,
        "messages": manifest["messages"],
        "share": manifest["share"],
        "reasons": manifest["reasons"],
        "roles": manifest["roles"],
        "statuses": manifest["statuses"],
        "warnings": manifest["warnings"],
        "files": manifest["files"],
        "verification": None if findings is None else {"passed": not findings, "findings": list(findings)},
    }


def report_page(report: dict[str, Any]) -> str:
    """Return the report as a page."""
    counts = ("read", "migrated", "skipped", "rejected")
    rows = [(name, *(account[key] for key in counts)) for name, account in report["accounts"].items()]
    rows.append(("messages", *(report["messages"][key] for key in counts)))
    share = [
        (name, part["total"], part["fromStructure"], part["fromResidue"], f"{part['residuePercent']} %")
        for name, part in report["share"].items()
    ]
    parts = [
        "<!doctype html><html lang=en><meta charset=utf-8><title>Migration report</title>",
        f"<style>{_STYLE}</style><h1>{_headline(report)}</h1>",
        _verdict(report),
        *_masks(report),
        "<h2>Accounts</h2>",
        _table(("", *counts), rows),
        "<h2>What the restore takes from where</h2>",
        _table(("", "total", "from structures", "from residue", "share of residue"), share),
        "<h2>Why rows were skipped or rejected</h2>",
        _table(("outcome", "object", "reason", "rows"), [tuple(reason.values()) for reason in report["reasons"]]),
        "<h2>How roles were decided</h2>",
        _table(("ground", "entries"), report["roles"].items()),
        "<h2>Statuses</h2>",
        _table(("legacy status", "sessions"), report["statuses"].items()),
        "<h2>Worth a look</h2>",
        _table(
            ("what", "records", "examples"),
            [(item["warning"], item["records"], ", ".join(item["examples"][:5])) for item in report["warnings"]],
        ),
        "<h2>Files</h2>",
        _table(("file", "rows", "bytes"), [(item["name"], item["rows"], item["bytes"]) for item in report["files"]]),
    ]
    return "\n".join(parts) + "\n"


def _headline(report: dict[str, Any]) -> str:
    name = escape(str(report["source"]))
    return f"Migration of {name}" if report["lossless"] else f"Migration of {name}, personal data masked: not lossless"


def _masks(report: dict[str, Any]) -> list[str]:
    """Return the part that tells what was masked, nothing for a lossless migration."""
    if report["lossless"]:
        return []
    rows = [(item["field"], item["how"], item["cells"], item["plan"]) for item in report["masked"]]
    left_out = [f"<p>Left out, because they are no tables: {escape(', '.join(report['leftOut']))}.</p>"]
    return [
        "<h2>What was masked</h2>",
        "<p>Nothing of it is written anywhere in its raw form. A restore gives the masked source.</p>",
        _table(("field", "how", "cells", "key of the plan"), rows),
        *(left_out if report["leftOut"] else []),
    ]


def _verdict(report: dict[str, Any]) -> str:
    lines = [
        ("good", "The accounts are closed.") if report["closed"] else ("bad", "The accounts are not closed."),
        ("bad", f"{report['rejected']} rows were rejected.")
        if report["rejected"]
        else ("good", "No row was rejected."),
    ]
    verification = report["verification"]
    if verification is not None:
        if verification["passed"]:
            lines.append(("good", "Verified: rows, references, counts and the restored source."))
        lines += [("bad", finding) for finding in verification["findings"]]
    return "".join(f'<p class="{kind}">{escape(text)}</p>' for kind, text in lines)


def _table(heads: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    found = list(rows)
    if not found:
        return "<p>None.</p>"
    head = "".join(f"<th>{escape(text)}</th>" for text in heads)
    body = "".join("<tr>" + "".join(_cell(value) for value in row) + "</tr>" for row in found)
    return f"<table><tr>{head}</tr>{body}</table>"


def _cell(value: Any) -> str:
    return f'<td class="n">{value}</td>' if isinstance(value, int) else f"<td>{escape(str(value))}</td>"
