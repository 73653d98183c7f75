"""The rows of a body: conversation entries for what people wrote, off-platform entries for headings and whispers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...schemas.ids import DERIVED_INSTANCE, consecutive, decode62, derive
from ..cells import Value
from . import events as happenings
from .attachments import TRANSFERS
from .body import Kind, Labels, ParsedBody, Piece, PieceResidue, Style
from .body.dates import write as write_date
from .body.pieces import HEADERS
from .guids import OFF_PLATFORM, guid, numbered
from .moments import seconds, text
from .names import CHAT_SEQ, ROLE_BASIS, TRANSCRIPT_ID
from .roles import EVENT, NOTICE, ROLE_WORD, UNPARSED, Decision
from .structures import Filed, Row

BODY = "Body"
WHISPERS = "SupervisorTranscriptBody"
EVENTS = "LiveChatTranscriptEvent"
CONTEXT = "ConversationContextEntry"
_HEADING_ENTRY = {
    Kind.STARTED: "SESSION_STATUS_CHANGED",
    Kind.ORIGIN: "ROUTING_RESULT",
    Kind.AGENT: "PARTICIPANT_CHANGED",
    Kind.TRANSFERRED: "SESSION_OWNER_CHANGED",
}


@dataclass(frozen=True, slots=True)
class Setting:
    """What the rows of one conversation share. base: seconds since 1970 that lines without a heading count from.

    is_shared: other chats have the conversation too, so that entries name theirs, and their number in it.
    """

    transcript: str
    session: str
    conversation: str
    identifier: str
    base: int
    labels: Labels
    is_shared: bool = False


_FILE_CAME = "file transfer succeeded"
"""The notice of a body, as chat windows in English have it."""

_Slot = tuple[Row, bool, int, int | None]
"""A row on its way; whether it is an entry, or an off-platform one that stands between entries; its time; the piece it stands for."""


def body_rows(
    parsed: ParsedBody,
    decided: Mapping[str, Decision],
    actors: Mapping[str, str],
    events: Sequence[Mapping[str, Value]],
    setting: Setting,
    transfers: Sequence[tuple[int, bool]] = (),
) -> tuple[list[Row], list[Row], dict[str, Any]]:
    """Return conversation entries, off-platform entries of headings, and the residue by row.

    `actors` gives the participant id of an author. The order is that of the body; events that are conversation entries of
    their own stand where their time puts them. transfers: when files went over, and whether the file is there: the notices of those say so.
    """
    slots: list[_Slot] = []
    base = now = setting.base
    get_actor = actors.get
    for index, piece in enumerate(parsed.pieces):
        kind, message, author, offset, at, _, word = piece
        if kind is Kind.LINE:
            if offset is not None:
                now = base + offset
            elif at is not None:
                now = at
            role, ground = decided[author]
            actor = get_actor(author)
            if word:
                is_word = ground == ROLE_WORD
                author, ground = (author, f"{ROLE_WORD}: {word}") if is_word else (f"{author} ({word})", ground)
            row = _entry(setting, "Text", role, actor, author, message, text(now), ground)
            slots.append((row, True, now, index))
        elif kind in HEADERS:
            if kind is Kind.STARTED:
                base = now = base if at is None else at
            row = _off(setting, _HEADING_ENTRY[kind], text(now), _heading_payload(piece, setting))
            slots.append((row, False, now, index))
        else:
            handed_over = kind is Kind.NOTICE and setting.labels.is_hand_over(message.strip())
            ground = NOTICE if kind is Kind.NOTICE else UNPARSED
            entry_type = "BotEscalated" if handed_over else "Text"
            row = _entry(setting, entry_type, "System", None, None, message, text(now), ground)
            slots.append((row, True, now, index))
    _place_events(slots, events, setting)
    if transfers:
        _place_files(slots, transfers, setting)
    return _number(slots, parsed, setting)


def _place_events(slots: list[_Slot], events: Sequence[Mapping[str, Value]], setting: Setting) -> None:
    for event in events:
        kind = event.get("Type")
        if kind not in happenings.IN_CONVERSATION or not event.get("Time"):
            continue
        moment = str(event["Time"])
        time = seconds(moment)
        place = next((at for at, slot in enumerate(slots) if slot[1] and slot[2] >= time), len(slots))
        slots.insert(place, (_entry(setting, str(kind), "System", None, None, None, moment, EVENT), True, time, None))


def _place_files(slots: list[_Slot], transfers: Sequence[tuple[int, bool]], setting: Setting) -> None:
    """Mark the entries that tell of files which are there. A body tells of each transfer in order, or of none of them."""
    told = [row for row, *_ in slots if row.get(ROLE_BASIS) == NOTICE and _FILE_CAME in row["Message"].casefold()]
    if len(told) == len(transfers):
        for row, (_, is_there) in zip(told, transfers, strict=True):
            row["HasAttachments"] = is_there
        return
    for time, is_there in transfers:
        if is_there:
            place = next((at for at, slot in enumerate(slots) if slot[1] and slot[2] > time), len(slots))
            row = _entry(setting, "Text", "EndUser", None, None, None, text(time), EVENT)
            slots.insert(place, (row | {"HasAttachments": True}, True, time, None))


def _number(slots: list[_Slot], parsed: ParsedBody, setting: Setting) -> tuple[list[Row], list[Row], dict[str, Any]]:
    entries: list[Row] = []
    off: list[Row] = []
    residue: dict[str, Any] = {}
    transcript = setting.transcript
    count = sum(slot[1] for slot in slots)
    ids = entry_ids(transcript, count)
    guids = numbered(setting.identifier, count)
    for row, is_entry, _, piece in slots:
        if is_entry:
            number = len(entries)
            row["Id"] = ids[number]
            row["Seq"] = number + 1
            row["MessageIdentifier"] = guids[number]
            entries.append(row)
        else:
            off.append(row)
            row["Identifier"] = row["Id"] = off_platform_id(transcript, BODY, str(len(off)))
            row["Seq"] = len(off)
            row["AfterSeq"] = len(entries)
        if piece is not None and piece in parsed.residue:
            residue[residue_key(row)] = parsed.residue[piece].to_json()
    if parsed.lead:
        residue[""] = parsed.lead
    if setting.is_shared:
        for row in entries:
            row[TRANSCRIPT_ID] = transcript
            row[CHAT_SEQ] = row["Seq"]
    return entries, off, residue


def entry_ids(transcript: str, count: int) -> list[str]:
    """Return the ids of a conversation's entries, whose counters follow each other.

    An id has 62**9 counters. With millions of entries, counters drawn one by one would meet sooner or later; blocks of
    them, one for each conversation, hardly do.
    """
    return consecutive("0Zy", DERIVED_INSTANCE, decode62(derive("0Zy", transcript)[-12:-3]) + 1, count)


def whisper_rows(parsed: ParsedBody, setting: Setting) -> tuple[list[Row], dict[str, Any]]:
    """Return the notes of a SupervisorTranscriptBody, which the end user must never see, and the residue by row."""
    rows: list[Row] = []
    residue: dict[str, Any] = {}
    base = now = setting.base
    for index, piece in enumerate(parsed.pieces):
        if piece.kind is Kind.STARTED:
            base = now = base if piece.at is None else piece.at
        elif piece.offset is not None:
            now = base + piece.offset
        elif piece.at is not None:
            now = piece.at
        payload: dict[str, Any] = {"visibility": "Internal", **_heading_payload(piece, setting)}
        if piece.kind is Kind.LINE:
            payload |= {"author": f"{piece.name} ({piece.role})" if piece.role else piece.name}
        row = _off(setting, "NOTE", text(now), payload, WHISPERS)
        row["Identifier"] = row["Id"] = off_platform_id(setting.transcript, WHISPERS, str(index + 1))
        row["Seq"] = index + 1
        rows.append(row)
        if index in parsed.residue:
            residue[residue_key(row)] = parsed.residue[index].to_json()
    if parsed.lead:
        residue[""] = parsed.lead
    return rows, residue


def event_row(
    event: Mapping[str, Value],
    number: int,
    actor: str | None,
    setting: Setting,
    types: Mapping[str, str] | None = None,
    files: Sequence[Filed] = (),
) -> Row:
    """Return the off-platform entry that carries an event; `number` is its row in the source, 0 where there is none."""
    kind = str(event.get("Type") or "")
    payload: dict[str, Any] = {"type": event.get("Type"), "detail": event.get("Detail"), "agent": event.get("AgentId")}
    if files and kind in TRANSFERS and event.get("Time"):
        when = seconds(str(event["Time"]))
        payload["files"] = [file["Id"] for file, time in files if time == when]
    row = _off(setting, happenings.entry_type(kind, types), event.get("Time"), payload, EVENTS)
    return _carried(row, event, number, ("LiveChatTranscriptId", "Type", "Time", "Detail", "AgentId"), actor, setting)


def context_row(entry: Mapping[str, Value], number: int, start: str, setting: Setting) -> Row:
    """Return the session context entry of a pre-chat detail."""
    payload = {"key": entry.get("CustomDetailContextKey"), "value": entry.get("CustomDetailContextValue")}
    row = _off(setting, "SESSION_CONTEXT", start, payload, CONTEXT)
    mapped = ("ParentId", "CustomDetailContextKey", "CustomDetailContextValue")
    return _carried(row, entry, number, mapped, None, setting)


def _carried(
    row: Row, source: Mapping[str, Value], number: int, mapped: tuple[str, ...], actor: str | None, setting: Setting
) -> Row:
    source_id = str(source.get("Id") or number)
    row["Identifier"] = row["Id"] = off_platform_id(setting.transcript, str(row["Source"]), source_id)
    row["ActorId"] = actor
    row["SourceId"] = source.get("Id")
    row["SourceRow"] = number or None
    row["SourceFields"] = {name: value for name, value in source.items() if name != "Id" and name not in mapped}
    return row


def off_platform_id(transcript: str, source: str, key: str) -> str:
    """Return the identifier of an off-platform entry, a GUID."""
    return guid(OFF_PLATFORM, f"{transcript}/{source}/{key}")


def _entry(
    setting: Setting,
    entry_type: str,
    role: str,
    actor: str | None,
    author: str | None,
    message: str | None,
    moment: str,
    ground: str,
) -> Row:
    return {
        "Id": "",
        "ConversationId": setting.conversation,
        "ConversationEntityId": setting.conversation,
        "Seq": 0,
        "EntryType": entry_type,
        "EntryTime": moment,
        "EntryTimeMilliSecs": 0,
        "ActorType": role,
        "ActorId": actor,
        "ActorName": author,
        "Message": message,
        "MessageIdentifier": "",
        "HasAttachments": False,
        ROLE_BASIS: ground,
    }


def _off(setting: Setting, entry_type: str, moment: Value, payload: dict[str, Any], source: str = BODY) -> Row:
    return {
        "Id": "",
        "Identifier": "",
        "ConversationId": setting.conversation,
        "MessagingSessionId": setting.session,
        "EntryType": entry_type,
        "EntryTime": moment,
        "ActorId": None,
        "Payload": payload,
        "Source": source,
    }


def _heading_payload(piece: Piece, setting: Setting) -> dict[str, Any]:
    """Return the payload of a heading. A date that the instant and the zone give again is not kept as text."""
    payload: dict[str, Any] = {"notice": str(piece.kind)}
    if piece.kind is Kind.STARTED and piece.at is not None and piece.zone is not None:
        label = setting.labels.started_label(piece.text)
        if piece.text == label + write_date(piece.at, piece.zone):
            return payload | {"label": label, "zoneMinutes": piece.zone}
    if piece.kind in (Kind.ORIGIN, Kind.AGENT):
        payload["name"] = piece.name
    return payload | {"text": piece.text}


# --- and back ---------------------------------------------------------------------------------------------------------


def body_pieces(entries: Sequence[Row], off: Sequence[Row], base: int, style: Style) -> list[tuple[str, Piece]]:
    """Return the pieces of a body with the residue keys of their rows, from what `body_rows` made of it."""
    ordered = sorted(
        [((row["AfterSeq"], 1, row["Seq"]), row) for row in off]
        + [((_number_in_chat(row), 0, 0), row) for row in entries if row[ROLE_BASIS] != EVENT],
        key=lambda pair: pair[0],
    )
    return _pieces([row for _, row in ordered], base, style)


def whisper_pieces(rows: Sequence[Row], base: int, style: Style) -> list[tuple[str, Piece]]:
    """Return the pieces of a SupervisorTranscriptBody with the residue keys of their rows."""
    return _pieces(sorted(rows, key=lambda row: int(row["Seq"])), base, style)


def _pieces(rows: Sequence[Row], base: int, style: Style) -> list[tuple[str, Piece]]:
    pieces: list[tuple[str, Piece]] = []
    is_bracketed = style.markup == "iso"
    for row in rows:
        payload = row.get("Payload")
        moment = seconds(row["EntryTime"])
        author, message, ground = _words(row) if payload is None else _whisper_words(payload)
        if author is not None:
            role = ""
            if ground.startswith(f"{ROLE_WORD}: "):
                role = ground[len(ROLE_WORD) + 2 :]
            offset = None if is_bracketed else max(0, moment - base)
            piece = Piece(Kind.LINE, message, author, offset, moment, role=role)
        elif payload is None:
            piece = Piece(Kind.LOOSE if ground == UNPARSED else Kind.NOTICE, message)
        else:
            piece = _heading(payload, moment)
            if piece.kind is Kind.STARTED:
                base = moment
        pieces.append((residue_key(row), piece))
    return pieces


def _words(row: Row) -> tuple[str | None, str, str]:
    return row["ActorName"], row["Message"] or "", row[ROLE_BASIS]


def _whisper_words(payload: Mapping[str, Any]) -> tuple[str | None, str, str]:
    return payload.get("author"), payload.get("text", ""), ""


def _heading(payload: Mapping[str, Any], at: int) -> Piece:
    kind = Kind(payload["notice"])
    if "zoneMinutes" in payload:
        return Piece(
            kind, payload["label"] + write_date(at, payload["zoneMinutes"]), at=at, zone=payload["zoneMinutes"]
        )
    return Piece(kind, payload["text"], payload.get("name", ""))


def residue_key(row: Row) -> str:
    """Return the key of a row's residue among those of its body: its number there, after a letter for off-platform entries."""
    return f"o{row['Seq']}" if "Payload" in row else str(_number_in_chat(row))


def _number_in_chat(row: Row) -> int:
    """Return an entry's number within its chat; Seq counts through conversations that go on from chat to chat."""
    return int(row.get(CHAT_SEQ) or row["Seq"])


def residue_of(rows: Mapping[str, Any]) -> tuple[str, dict[str, PieceResidue]]:
    """Return the text before the first piece, and the residue by row."""
    return rows.get("", ""), {id_: PieceResidue.from_json(value) for id_, value in rows.items() if id_}
