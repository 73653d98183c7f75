"""report.html: the report of a migration for people who have to sign it off."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape
from typing import Any

from .cells import chat_parts, closed, listed
from .html import Html, esc, folded, line, more, over, page, shown, table, tiles
from .sides import sides

_COUNTS = ("read", "migrated", "skipped", "rejected")
_DIFFERING = (
    "agent lines",
    "OperatorMessageCount",
    "visitor lines",
    "VisitorMessageCount",
    "bot lines",
    "difference",
)
_EXAMPLES = 5
_IN_TARGET = "The month is that of the time by which the session starts, in UTC. In target counts the sessions of the target itself."


def report_page(report: Mapping[str, Any]) -> str:
    """Return the report as a page."""
    title = _title(report)
    verdict = report["verdict"]
    parts = [
        f"<header><h1>{esc(title)}</h1>",
        f'<p class="verdict {escape(verdict["level"])}">{esc(verdict["text"])}</p>',
        *_summary(report),
        "</header>",
        *_findings(report),
        *_masks(report),
        "<h2>Accounts</h2>",
        "<p>Each row that was read is migrated, skipped on purpose, or rejected. An account is closed when these three are as many as were read.</p>",
        _accounts(report),
        *chat_parts(
            report["chats"],
            _IN_TARGET if report["verification"] else f"{_IN_TARGET} It is counted by the verification.",
        ),
        *_messages(report),
        *_orphans(report),
        "<h2>Why rows were skipped or rejected</h2>",
        "<p>They stand whole in <code>skipped.jsonl</code> and <code>rejected.jsonl</code>, each with its reason and remedy, and a restore gives them back.</p>",
        table(
            ("outcome", "object", "reason", "rows"),
            [tuple(reason[key] for key in ("outcome", "object", "reason", "rows")) for reason in report["reasons"]],
        ),
        *_looks(report),
        *_samples(report),
        *_files(report),
        *_sign_off(),
    ]
    return page(title, parts)


def _title(report: Mapping[str, Any]) -> str:
    name = f"Migration of {report['source']}"
    return name if report["lossless"] else f"{name}, personal data masked: not lossless"


def _summary(report: Mapping[str, Any]) -> list[str]:
    rows, messages, verification = report["rows"], report["messages"], report["verification"]
    state, kind = ("not yet", "warn") if verification is None else ("passed", "good")
    if verification is not None and not verification["passed"]:
        state, kind = "failed", "bad"
    found: list[tuple[str, Any, str]] = [
        ("rows read", rows["read"], ""),
        ("migrated", rows["migrated"], ""),
        ("skipped on purpose", rows["skipped"], ""),
        ("rejected", rows["rejected"], "warn" if rows["rejected"] else "good"),
        ("messages migrated", messages["migrated"], ""),
        ("accounts", "closed" if report["closed"] else "not closed", "good" if report["closed"] else "bad"),
        ("verification", state, kind),
    ]
    lines = [tiles(found)]
    lines.append(
        line("good", "The accounts are closed.") if report["closed"] else line("bad", "The accounts are not closed.")
    )
    number = report["rejected"]
    lines.append(
        line("warn", f"{shown(number)} rows were rejected.") if number else line("good", "No row was rejected.")
    )
    if verification is None:
        lines.append(line("warn", "Not verified: run chatlift migrate verify on this folder."))
    elif verification["passed"]:
        against = ", and the source itself" if verification["comparedWithSource"] else ""
        lines.append(line("good", f"Verified: rows, references, counts and the restored source{against}."))
    return lines


def _findings(report: Mapping[str, Any]) -> list[str]:
    found = report["verification"]["findings"] if report["verification"] else []
    if not found:
        return []
    return ["<h2>What the verification found</h2>", *(line("bad", finding) for finding in found)]


def _masks(report: Mapping[str, Any]) -> list[str]:
    """Return the part that tells what was masked, nothing for a lossless migration."""
    if report["lossless"]:
        return []
    rows = [(item["field"], item["how"], item["cells"], item["plan"]) for item in report["masked"]]
    left_out = [f"<p>Left out, because they are no tables: {esc(', '.join(report['leftOut']))}.</p>"]
    return [
        "<h2>What was masked</h2>",
        "<p>Nothing of it is written anywhere in its raw form. A restore gives the masked source.</p>",
        table(("field", "how", "cells", "key of the plan"), rows),
        *(left_out if report["leftOut"] else []),
    ]


def _accounts(report: Mapping[str, Any]) -> str:
    rows = [
        (name, *(account[key] for key in _COUNTS), closed(account["closed"]))
        for name, account in [*report["accounts"].items(), ("messages", report["messages"])]
    ]
    return table(("", *_COUNTS, ""), rows)


# --- messages and keys ------------------------------------------------------------------------------------------------


def _messages(report: Mapping[str, Any]) -> list[str]:
    counts, differing = report["counts"], report["deviations"]
    if not counts or not differing:
        return []
    rows = [
        ("by agents", counts["agentLines"], "OperatorMessageCount", counts["operatorMessageCount"]),
        ("by visitors", counts["visitorLines"], "VisitorMessageCount", counts["visitorMessageCount"]),
        (
            "together",
            counts["agentLines"] + counts["visitorLines"],
            "both",
            counts["operatorMessageCount"] + counts["visitorMessageCount"],
        ),
    ]
    first = [
        (
            over(item["transcript"], f"{item['file']}, row {item['row']}"),
            *(item[key] for key in _DIFFERING),
            item["likely cause"],
        )
        for item in differing["first"]
    ]
    heads = ("transcript", "agent lines", "counted", "visitor lines", "counted", "bot lines", "difference")
    fitting = counts["compared"] - counts["differ"]
    return [
        "<h2>Messages against their counts</h2>",
        f"<p>The transcripts' own fields say how many messages there were. Of {shown(counts['chats'])} migrated chats {shown(counts['compared'])} "
        f"have both counts: in {shown(fitting)} the lines of the body are as many, in {shown(counts['differ'])} they are not. A difference is one of the source: "
        f"nothing of a body is lost, as the restore shows. Lines by bots ({shown(counts['botLines'])}) are not counted in.</p>",
        table(("lines found", "number", "field", "says"), [(*row[:2], row[2], row[3]) for row in rows]),
        "<h3>Likely causes</h3>",
        table(
            ("cause", "chats"),
            sorted(counts["causes"].items(), key=lambda pair: (-pair[1], pair[0])),
            "All that were compared fit.",
        ),
        *(
            [
                folded(
                    f"Chats that differ most ({shown(len(first))} of {shown(differing['lines'])})",
                    table((*heads, "likely cause"), first) + more(differing["lines"], len(first), differing["file"]),
                )
            ]
            if first
            else []
        ),
    ]


def _orphans(report: Mapping[str, Any]) -> list[str]:
    orphans = report["orphans"]
    if not orphans:
        return []
    parents = orphans["parents"]
    rows = [
        (
            over(item["object"], item["id"]),
            item["outcome"],
            item["rows"],
            over(item["byObject"], item["field"]),
            over(item["byId"], f"{item['byFile']}, row {item['byRow']}"),
        )
        for item in parents["first"]
    ]
    heads = ("missing record", "its rows were", "rows", "named by", "first of them")
    return [
        "<h2>Records that are named and missing</h2>",
        "<p>Rows that name a record which the source does not hold. Those that cannot live without it were rejected; the others were migrated and keep the id. "
        "A row is counted from the first one below the header. Only objects of which the source has a table are looked for, and transcripts.</p>",
        listed(
            f"{shown(len(rows))} missing records", table(heads, rows, "None: each record that is named is there."), rows
        ),
        more(parents["missing"], len(rows), orphans["file"])
        or (f'<p class="dim">Each row: <code>{escape(orphans["file"])}</code></p>' if rows else ""),
    ]


def _looks(report: Mapping[str, Any]) -> Iterable[str]:
    share = [
        (name, part["total"], part["fromStructure"], part["fromResidue"], f"{part['residuePercent']} %")
        for name, part in report["share"].items()
    ]
    yield "<h2>Worth a look</h2>"
    yield table(
        ("what", "records", "examples"),
        [(item["warning"], item["records"], ", ".join(item["examples"][:_EXAMPLES])) for item in report["warnings"]],
    )
    yield "<h2>How roles were decided</h2>"
    yield table(("ground", "entries"), sorted(report["roles"].items(), key=lambda pair: (-pair[1], pair[0])))
    yield "<h2>What the restore takes from where</h2>"
    yield table(("", "total", "from structures", "from residue", "share of residue"), share)


def _samples(report: Mapping[str, Any]) -> list[str]:
    samples = report["samples"]
    heading = "<h2>Chats side by side</h2>"
    if not samples:
        return [
            heading,
            "<p>None. <code>chatlift migrate verify FOLDER --sample 20 --seed 1</code> puts twenty here: they hold what people wrote, so mind "
            "who gets this page then.</p>",
        ]
    chosen = report["verification"]["sample"]
    return [
        heading,
        f"<p>{shown(chosen['chats'])} chats, chosen by the seed {chosen['seed']}. On the left the body as legacy chat wrote it, on the right what became of it. "
        "This page holds what people wrote: mind who gets it.</p>",
        *(sides(sample) for sample in samples),
    ]


def _files(report: Mapping[str, Any]) -> list[str]:
    written = [(item["name"], item["rows"], item["bytes"], _hash(item["sha256"])) for item in report["files"]]
    read = [
        (
            item["name"],
            item["object"] or "",
            "–" if item["rows"] is None else item["rows"],
            item["bytes"],
            _hash(item["sha256"]),
        )
        for item in report["sourceFiles"]
    ]
    return [
        "<h2>Files and digests</h2>",
        folded("What was written", table(("file", "rows", "bytes", "SHA-256"), written)),
        folded("What was read", table(("file", "object", "rows", "bytes", "SHA-256"), read)),
    ]


def _hash(digest: str) -> Html:
    return Html(f"<code>{escape(digest)}</code>")


def _sign_off() -> list[str]:
    return [
        "<h2>Before you sign</h2>",
        "<ol><li>Each account above is closed, and the verification passed against the source itself (<code>verify --source</code>).</li>"
        "<li>What was skipped was meant to be, and what was rejected is mended or accepted.</li>"
        "<li>Records that are named and missing are missing in the org, too, not in the export alone.</li>"
        "<li>Some chats were looked at side by side (<code>verify --sample</code>).</li>"
        "<li>The folder is kept as long as the records would have been: a restore gives the source back from it.</li></ol>",
    ]
