"""What carries the text of a chat into an org: a page for people and a JSON document for programs, both files on the session.

The JSON document holds the rows of the folder form whole, so that a restore from the org has what no record can hold; what
was written into the records otherwise stands beside it, and an edit of a record shows in the restore.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

import orjson

from ..transform.entries import WHISPERS
from .bundles import Bundle, bundles
from .lanes import File
from .wanted import NOT_LOADED, Row, Wants

FORMAT = 1
MESSAGE = "Legacy_Chat_Message__c"
ENTRY_ID = "Legacy_Entry_Id__c"
OF_SESSION = "Session__c"
_SIDES = {"EndUser": "visitor", "Agent": "agent", "Bot": "agent", "Supervisor": "agent"}
_STYLE = (
    "body{font:15px/1.5 system-ui,sans-serif;max-width:46rem;margin:2rem auto;padding:0 1rem;color:#1a1a1a}"
    "p{margin:.4rem 0;padding:.4rem .7rem;border-radius:.5rem;white-space:pre-wrap;overflow-wrap:anywhere}"
    ".visitor{background:#eef3fb;margin-right:4rem}.agent{background:#eef8ee;margin-left:4rem}"
    ".notice{color:#666;text-align:center}small{color:#666}"
)


def page_files(rows: Sequence[Row], wants: Wants) -> list[File]:
    """Return the pages of conversations."""
    return [_file(bundle, "html", _page(bundle)) for bundle in _checked(rows)]


def document_files(migration: str, rows: Sequence[Row], wants: Wants) -> list[File]:
    """Return the documents of conversations; `migration` is the one whose archive has the rest."""
    found = _checked(rows)
    wanted = wants.of("MessagingSession", [bundle.session for bundle in found])
    return [
        _file(bundle, "json", _document(bundle, migration, differences(bundle.session, one.values)))
        for bundle, one in zip(found, wanted, strict=True)
    ]


def _checked(rows: Sequence[Any]) -> list[Bundle]:
    return [row for row in rows if isinstance(row, Bundle)]


def _file(bundle: Bundle, suffix: str, content: bytes) -> File:
    session = bundle.session
    name = str(session.get("Legacy_Name__c") or session["Legacy_Transcript_Id__c"])
    title = f"Legacy chat {name}"[:255]
    path = f"legacy-chat-{session['Legacy_Transcript_Id__c']}.{suffix}"
    return File(str(session["Id"]), title, path, str(session["Id"]), content)


def differences(row: Row, written: Mapping[str, Any]) -> dict[str, Any]:
    """Return how a record differs from its row: values that were written otherwise, and fields that were not written."""
    return {
        "written": {name: value for name, value in written.items() if name in row and row[name] != value},
        "unwritten": sorted(name for name in row if name not in written and name not in NOT_LOADED),
    }


def _document(bundle: Bundle, migration: str, record: Mapping[str, Any]) -> bytes:
    return orjson.dumps(
        {
            "tool": "chatlift",
            "format": FORMAT,
            "migration": migration,
            "session": bundle.session,
            "record": record,
            "metrics": bundle.metrics,
            "conversation": bundle.conversation,
            "participants": bundle.participants,
            "entries": bundle.entries,
            "offPlatform": bundle.off_platform,
        },
        option=orjson.OPT_SORT_KEYS,
    )


def _page(bundle: Bundle) -> bytes:
    """Return a conversation as a page; all that comes from data is escaped."""
    session = bundle.session
    title = escape(f"Legacy chat {session.get('Legacy_Name__c') or session['Legacy_Transcript_Id__c']}")
    heads = {
        "Transcript": session["Legacy_Transcript_Id__c"],
        "Started": session.get("StartTime"),
        "Accepted": session.get("AcceptTime"),
        "Ended": session.get("EndTime"),
        "Ended by": session.get("EndedByType"),
        "Status": session.get("Legacy_Status__c"),
    }
    lines = [
        "<!doctype html><html><meta charset=utf-8>",
        "<meta http-equiv=Content-Security-Policy content=\"default-src 'none'; style-src 'unsafe-inline'\">",
        f"<title>{title}</title><style>{_STYLE}</style><h1>{title}</h1>",
        *(f"<div>{name}: {escape(str(value))}</div>" for name, value in heads.items() if value),
        *(_line(entry) for entry in bundle.entries),
    ]
    whispers = [
        row["Payload"] for row in bundle.off_platform if row["Source"] == WHISPERS and "author" in row["Payload"]
    ]
    if whispers:
        lines.append("<h2>Whispers of supervisors</h2>")
        lines += [
            f"<p class=agent>{escape(str(one['author']))}: {escape(str(one.get('text') or ''))}</p>" for one in whispers
        ]
    return "\n".join([*lines, "</html>\n"]).encode()


def _line(entry: Row) -> str:
    time, text = escape(str(entry.get("EntryTime") or "")), escape(str(entry.get("Message") or ""))
    side = _SIDES.get(str(entry.get("ActorType")))
    if side is None:
        return f"<p class=notice>{text} <small>{time}</small></p>"
    name = escape(str(entry.get("ActorName") or entry["ActorType"]))
    return f"<p class={side}><small>{time} {name}</small><br>{text}</p>"


# --- rows of records that carry text -----------------------------------------------------------------------------------


def messages(folder: Path) -> Iterator[dict[str, Any]]:
    """Yield Legacy_Chat_Message__c rows: one for each entry, with a lookup to its session."""
    for bundle in bundles(folder):
        for entry in bundle.entries:
            yield {
                "Id": entry["Id"],
                ENTRY_ID: entry["Id"],
                OF_SESSION: bundle.session["Id"],
                "Sequence__c": entry["Seq"],
                "Entry_Time__c": entry["EntryTime"],
                "Entry_Type__c": entry["EntryType"],
                "Actor_Type__c": entry["ActorType"],
                "Actor_Name__c": entry.get("ActorName"),
                "Text__c": entry.get("Message"),
            }


def entries_of_sessions(folder: Path) -> Iterator[dict[str, Any]]:
    """Yield ConversationEntry rows that hang on the session: what an org without creatable conversations takes."""
    for bundle in bundles(folder):
        for entry in bundle.entries:
            yield entry | {"ConversationId": bundle.session["Id"]}
