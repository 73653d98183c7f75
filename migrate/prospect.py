"""A look at a source before its migration: what a plan has to decide about."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from time import perf_counter

from .cells import read
from .errors import RecordError
from .extract.members import Members
from .extract.snapshot import readable
from .extract.source import Source
from .extract.tables import CHAT_OBJECTS
from .plan import Plan, Sight
from .port import Org
from .transform.attachments import TRANSFERS
from .transform.body import Kind, parse
from .transform.body.parse import LIMIT
from .transform.reading import fields_of
from .transform.session import language_code
from .transform.transcript import migrate_transcript

_PERSONAL = (
    "IpAddress", "Location", "UserAgent", "Browser", "Platform", "ScreenResolution", "VisitorNetwork", "ReferrerUri", "ChatKey",
)  # fmt: skip
_SAMPLED = 2000
"""Bodies that are parsed, spread over the source; the forms of the others are not looked into."""

_PARAGRAPH = re.compile(r"<(?:p|div)\b[^<>]*>([^<]*)", re.IGNORECASE)
_DIGIT = re.compile(r"[:：,]|\d")
_NAME = 40  # characters of the first words of a body that are shown


@dataclass(slots=True)
class _Counts:
    """What is counted while rows pass by."""

    objects: Counter[str] = field(default_factory=Counter)
    months: Counter[str] = field(default_factory=Counter)
    statuses: Counter[str] = field(default_factory=Counter)
    languages: Counter[str] = field(default_factory=Counter)
    beginnings: Counter[str] = field(default_factory=Counter)
    odd: Counter[str] = field(default_factory=Counter)
    personal: Counter[str] = field(default_factory=Counter)
    events: Counter[str] = field(default_factory=Counter)
    context: Counter[str] = field(default_factory=Counter)
    owners: Counter[str] = field(default_factory=Counter)
    buttons: Counter[str] = field(default_factory=Counter)
    deployments: Counter[str] = field(default_factory=Counter)
    labels: dict[str, str] = field(default_factory=dict)
    inactive: set[str] = field(default_factory=set)
    body_bytes: int = 0
    largest: int = 0
    transfers: int = 0
    files: int = 0
    file_bytes: int = 0
    sampled: int = 0
    sampled_seconds: float = 0.0


def look(path: Path) -> Sight:
    """Return what a look at the files of a source shows. Nothing is written; every row is read once."""
    counts = _Counts()
    started = perf_counter()
    with readable(path) as files, Members(files) as members:
        source = Source.survey(members)
        custom = {
            f"{table.object}.{column}"
            for table in source.tables
            for column in table.columns
            if column.endswith("__c") and table.object.startswith(("LiveChat", "LiveAgent", "Conversation"))
        }
        counts.files = len(source.others)
        counts.file_bytes = sum(plain.member.size for plain in source.others)
        for index, table in enumerate(source.tables):
            for row in source.first_pass(index):
                counts.objects[table.object] += 1
                if len(row.cells) == len(table.columns):
                    _count(table.object, row.record(table), counts)
    return _sight(counts, custom, perf_counter() - started)


def look_org(org: Org) -> Sight:
    """Return what a look at an org shows: its buttons, deployments, volumes and languages, by counting queries."""
    counts = _Counts()
    for name in ("LiveChatButton", "LiveChatDeployment"):
        if org.fields(name) is not None:
            for row in org.query(f"SELECT Id, DeveloperName FROM {name} ORDER BY Id"):
                counts.labels[row["Id"]] = row["DeveloperName"] or ""
                (counts.buttons if name == "LiveChatButton" else counts.deployments)[row["Id"]] += 0
    known = org.fields("LiveChatTranscript") or []
    if not known:
        return _sight(counts, set(), None)
    for name, grouped in (
        ("LiveChatButtonId", counts.buttons),
        ("LiveChatDeploymentId", counts.deployments),
        ("Status", counts.statuses),
        ("BrowserLanguage", counts.languages),
    ):
        if name in known:
            for row in org.query(f"SELECT {name} value, COUNT(Id) rows FROM LiveChatTranscript GROUP BY {name}"):
                if row["value"]:
                    grouped[str(row["value"])] += int(row["rows"])
    for name in ("LiveChatTranscript", "LiveChatTranscriptEvent", "LiveChatVisitor", "LiveAgentSession"):
        if org.fields(name) is not None:
            counts.objects[name] = sum(int(row["rows"]) for row in org.query(f"SELECT COUNT(Id) rows FROM {name}"))
    if org.fields("LiveChatTranscriptEvent") is not None:
        kinds = ", ".join(f"'{kind}'" for kind in sorted(TRANSFERS))
        told = org.query(f"SELECT COUNT(Id) rows FROM LiveChatTranscriptEvent WHERE Type IN ({kinds})")
        counts.transfers = sum(int(row["rows"]) for row in told)
    custom = {
        f"{name}.{field}"
        for name in CHAT_OBJECTS
        for field in (known if name == "LiveChatTranscript" else org.fields(name) or [])
        if field.endswith("__c")
    }
    for name in _PERSONAL:
        if name in known and name != "ChatKey":
            found = org.query(f"SELECT COUNT({name}) rows FROM LiveChatTranscript")
            counts.personal[f"LiveChatTranscript.{name}"] = sum(int(row["rows"]) for row in found)
    return _sight(counts, custom, None)


def _count(name: str, record: Mapping[str, str], counts: _Counts) -> None:
    if name == "LiveChatTranscript":
        _count_chat(record, counts)
    elif name == "LiveChatTranscriptEvent":
        kind = record.get("Type", "")
        counts.transfers += kind in TRANSFERS
        if kind and kind not in known_types():
            counts.events[kind] += 1
    elif name == "ConversationContextEntry":
        if record.get("CustomDetailContextKey"):
            counts.context[record["CustomDetailContextKey"]] += 1
    elif name == "LiveChatVisitor":
        counts.personal["LiveChatVisitor.SessionKey"] += bool(record.get("SessionKey"))
    elif name in ("LiveChatButton", "LiveChatDeployment"):
        id_ = _id(record.get("Id", ""))
        counts.labels[id_] = record.get("DeveloperName") or record.get("MasterLabel") or ""
    elif name == "User" and record.get("IsActive") in ("0", "false", "False", "FALSE"):
        counts.inactive.add(_id(record.get("Id", "")))


def _count_chat(record: Mapping[str, str], counts: _Counts) -> None:
    if record.get("LiveChatButtonId"):
        counts.buttons[_id(record["LiveChatButtonId"])] += 1
    elif record.get("LiveChatDeploymentId"):
        counts.deployments[_id(record["LiveChatDeploymentId"])] += 1
    if record.get("OwnerId"):
        counts.owners[_id(record["OwnerId"])] += 1
    month = (record.get("RequestTime") or record.get("StartTime") or record.get("CreatedDate") or "")[:7]
    counts.months[month or "without a time"] += 1
    counts.statuses[record.get("Status") or "without a status"] += 1
    if record.get("BrowserLanguage"):
        counts.languages[record["BrowserLanguage"]] += 1
    for name in _PERSONAL:
        if record.get(name):
            counts.personal[f"LiveChatTranscript.{name}"] += 1
    body = record.get("Body", "")
    counts.body_bytes += len(body.encode())
    counts.largest = max(counts.largest, len(body))
    if not body:
        counts.odd["without a body"] += 1
        return
    if len(body) >= LIMIT:
        counts.odd["as long as the field: cut off"] += 1
    if counts.sampled < _SAMPLED or sum(counts.months.values()) % 100 == 0:
        _sample(record, body, counts)


def _sample(record: Mapping[str, str], body: str, counts: _Counts) -> None:
    counts.sampled += 1
    started = perf_counter()
    with suppress(RecordError):
        migrate_transcript(record, plan=Plan())
    counts.sampled_seconds += perf_counter() - started
    parsed = parse(body)
    found = _PARAGRAPH.search(body)
    words = _DIGIT.split((found[1] if found else body).strip(), 1)[0][:_NAME].strip()
    counts.beginnings[words or "no words"] += 1
    if parsed.style.markup != "html":
        counts.odd["plain copy" if parsed.style.markup == "text" else "bracketed times"] += 1
    if any(piece.kind is Kind.LOOSE for piece in parsed.pieces):
        counts.odd["text outside the known forms"] += 1
    started_pieces = [piece for piece in parsed.pieces if piece.kind is Kind.STARTED]
    if not started_pieces:
        counts.odd["without a known Chat Started heading"] += 1
    elif any(piece.at is None for piece in started_pieces):
        counts.odd["with a date that could not be read"] += 1
    if len(started_pieces) > 1:
        counts.odd["with several segments (bot hand-over, transfer)"] += 1


def _id(text: str) -> str:
    try:
        return str(read(fields_of("LiveChatTranscript")["LiveChatButtonId"], text) or "")
    except RecordError:
        return ""


def _sight(counts: _Counts, custom: Iterable[str], seconds: float | None) -> Sight:
    chats = counts.objects["LiveChatTranscript"]
    if seconds is not None:
        # Reading once took this long; a run reads twice, and transforms what the sample stands for.
        share = counts.sampled_seconds / counts.sampled * chats if counts.sampled else 0.0
        seconds = 2 * max(0.0, seconds - counts.sampled_seconds) + 2 * share
    return Sight(
        channels={
            button: (_developer_name(counts.labels.get(button, ""), button), count)
            for button, count in counts.buttons.items()
            if button
        },
        deployments={
            id_: (_developer_name(counts.labels.get(id_, ""), id_), count)
            for id_, count in counts.deployments.items()
            if id_
        },
        objects=dict(sorted(counts.objects.items())),
        months=counts.months,
        statuses=counts.statuses,
        languages=counts.languages,
        other_languages={code: n for code, n in counts.languages.items() if language_code(code) is None},
        beginnings=counts.beginnings,
        odd_bodies=dict(sorted(counts.odd.items())),
        personal={place: count for place, count in counts.personal.items() if count},
        event_types=counts.events,
        context_keys=counts.context,
        owners={user: count for user, count in counts.owners.items() if user in counts.inactive},
        custom_fields=tuple(sorted(custom)),
        body_bytes=counts.body_bytes,
        largest_body=counts.largest,
        transfers=counts.transfers,
        files=counts.files,
        file_bytes=counts.file_bytes,
        seconds=seconds,
    )


@cache
def known_types() -> frozenset[str]:
    """Return the event types that the vendor's describe lists."""
    return frozenset(value.value for value in fields_of("LiveChatTranscriptEvent")["Type"].picklist_values)


def _developer_name(label: str, id_: str) -> str:
    name = re.sub(r"_+", "_", re.sub(r"[^A-Za-z0-9]", "_", label)).strip("_")[:80].rstrip("_")
    return name if name[:1].isalpha() else f"Legacy_Chat_{id_}"
