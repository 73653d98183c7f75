"""The report of a load as a page: one file, no scripts, and all that comes from data is escaped."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

_STYLE = (
    "body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:64rem;padding:0 1rem;color:#1a1a1a}"
    "table{border-collapse:collapse;margin:.5rem 0 1.5rem;width:100%}"
    "th,td{border-bottom:1px solid #ddd;padding:.3rem .6rem;text-align:left;vertical-align:top;overflow-wrap:anywhere}"
    "td.n{text-align:right;font-variant-numeric:tabular-nums}.good{color:#146c2e}.bad{color:#b3261e}"
)
_COUNTS = ("rows", "inserted", "updated", "same", "replaced", "failed", "blocked", "needsReplace", "deleted", "stale")


def load_page(document: Mapping[str, Any]) -> str:
    """Return the page of a load's document."""
    accounts = [(name, *(account[key] for key in _COUNTS)) for name, account in document["accounts"].items()]
    notes = [
        (
            note["note"],
            note["object"],
            note["records"],
            "; ".join(f"{one['id']}: {one['detail']}" for one in note["examples"][:5]),
        )
        for note in document["notes"]
    ]
    is_dry = bool(document.get("dryRun"))
    title = f"{'Dry run of a load' if is_dry else 'Load'} into {document['target']}"
    if not document.get("lossless", True):
        title += ", personal data masked: not lossless"
    parts = [
        "<!doctype html><html lang=en><meta charset=utf-8>",
        f"<title>{escape(title)}</title><style>{_STYLE}</style><h1>{escape(title)}</h1>",
        _dry_run(document) if is_dry else _run(document["run"]),
        _line(
            document["closed"],
            "The accounts are closed: each row is loaded, or named below.",
            "The accounts are not closed.",
        ),
        _line(
            not document["failed"],
            "Each row was loaded.",
            f"{document['failed']} rows were not loaded: see problems.jsonl.",
        ),
        *(_line(False, "", str(finding)) for finding in document["findings"]),
        "<h2>Accounts</h2>",
        _table(("", *_COUNTS), accounts),
        "<h2>What lives in the folder alone</h2>",
        "<p>The org lets no API call make these records; the texts travel by the carriers.</p>",
        _table(("structure",), [(name,) for name in document["folderOnly"]]),
        "<h2>Worth a look</h2>",
        _table(("what", "object", "records", "examples"), notes),
    ]
    return "\n".join(parts) + "\n"


def _run(run: str) -> str:
    return f"<p>Run {escape(run)}. To take it back: <code>chatlift migrate rollback {escape(run)}</code></p>"


def _dry_run(document: Mapping[str, Any]) -> str:
    """Return what a dry run says besides: what it assumed, and what a load would use."""
    parts = [
        "<p>Nothing was written to the org. What stands here happened in a private org built from its describes.</p>"
    ]
    if document["assumedPackage"]:
        parts.append(_line(False, "", f"As if the package were deployed. {document['assumedPackage']}"))
    used = [
        (name, one["needed"], "not told" if one["left"] is None else one["left"], "" if one["fits"] else "not enough")
        for name, one in document["allowances"].items()
        if isinstance(one, Mapping)
    ]
    parts += ["<h2>What a load would use</h2>", _table(("allowance", "needed, about", "left in the org", ""), used)]
    parts.append(f"<p>{document['allowances']['bulkUploads']} Bulk API 2.0 uploads.</p>")
    return "\n".join(parts)


def _line(is_good: bool, good: str, bad: str) -> str:
    return f'<p class="{"good" if is_good else "bad"}">{escape(good if is_good else bad)}</p>'


def _table(heads: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    found = list(rows)
    if not found:
        return "<p>None.</p>"
    head = "".join(f"<th>{escape(text)}</th>" for text in heads)
    cells = ("".join(_cell(value) for value in row) for row in found)
    return f"<table><tr>{head}</tr>{''.join(f'<tr>{row}</tr>' for row in cells)}</table>"


def _cell(value: Any) -> str:
    return f'<td class="n">{value}</td>' if isinstance(value, int) else f"<td>{escape(str(value))}</td>"
