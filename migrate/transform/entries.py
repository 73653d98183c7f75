"""The rows of a body: conversation entries for what people wrote, off-platform entries for headings and whispers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...schemas.ids import DERIVED_INSTANCE, consecutive
from ..cells import Value
from ..written import Written, escaped, quoted
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

    is_shared: other chats have the conversation too, so that entries name theirs, and their number in it. counter: that of the ids
    that are derived from the transcript.
    """

    transcript: str
    counter: int
    session: str
    conversation: str
    identifier: str
    base: int
    labels: Labels
    is_shared: bool = False


_FILE_CAME = "file transfer succeeded"
"""The notice of a body, as chat windows in English have it."""

Voice = tuple[str, str | None, str]
"""ActorType, ActorName and ground of an entry."""

_Speaker = tuple[str, str, str, str, Voice]
"""What all entries of one author, or of one kind of notice, have in common: the parts of their lines around time, text and GUID."""


class _Entries:
    """The lines of a conversation's entries while they are made."""

    def __init__(self, setting: Setting, most: int) -> None:
        self.lines: list[str] = []
        self.voices: list[Voice] = []
        self._is_shared = setting.is_shared
        self._of = f'","ConversationId":"{setting.conversation}","ConversationEntityId":"{setting.conversation}","Seq":'
        self._ids = entry_ids(setting.counter, most)
        self._guids = numbered(setting.identifier, most)

    def add(self, speaker: _Speaker, moment: str, message: str) -> None:
        """Write an entry; `message` is its text as JSON has it between the quotes."""
        kind, actor, behind, ground, voice = speaker
        place = len(self.lines)
        seq = place + 1
        self.voices.append(voice)
        self.lines.append(
            f'{{"Id":"{self._ids[place]}{self._of}{seq}{kind}{moment}{actor}{message}{behind}{self._guids[place]}{ground}'
            f"{seq if self._is_shared else ''}}}\n"
        )


def body_rows(
    parsed: ParsedBody,
    decided: Mapping[str, Decision],
    actors: Mapping[str, str],
    events: Sequence[Mapping[str, Value]],
    setting: Setting,
    transfers: Sequence[tuple[int, bool]] = (),
) -> tuple[Written, Written, dict[str, Any], dict[Voice, int]]:
    """Return conversation entries, off-platform entries of headings, the residue by row, and how many entries each voice has.

    `actors` gives the participant id of an author. The order is that of the body; events that are conversation entries of
    their own stand where their time puts them. transfers: when files went over, and whether the file is there: the notices of those say so.
    """
    pieces = parsed.pieces
    attached = _attached(pieces, transfers)
    placed = _placed(parsed, events, setting, () if attached else transfers)
    texts = escaped([piece[1] for piece in pieces])
    entries = _Entries(setting, len(pieces) + sum(map(len, placed.values())))
    add = entries.add
    headings: list[str] = []
    residue: dict[str, Any] = {}
    speakers: dict[str, _Speaker] = {}
    line_kind = Kind.LINE
    base = now = setting.base
    for index, (kind, message, author, offset, at, _, word) in enumerate(pieces):
        if index in placed:
            for speaker, moment in placed[index]:
                add(speaker, moment, "")
        if kind is line_kind:
            if offset is not None:
                now = base + offset
            elif at is not None:
                now = at
            known = speakers.get(author)
            if known is None or word:
                known = speakers[author] = _author(author, word, decided[author], actors.get(author), setting)
            add(known, text(now), texts[index])
        elif kind in HEADERS:
            if kind is Kind.STARTED:
                base = now = base if at is None else at
            payload = _heading_payload(pieces[index], setting)
            id_ = off_platform_id(setting.transcript, BODY, str(len(headings) + 1))
            order = f',"Seq":{len(headings) + 1},"AfterSeq":{len(entries.lines)}}}\n'
            headings.append(_off(id_, setting, _HEADING_ENTRY[kind], text(now), payload, BODY) + order)
        else:
            handed_over = kind is Kind.NOTICE and setting.labels.is_hand_over(message.strip())
            ground = NOTICE if kind is Kind.NOTICE else UNPARSED
            known = _notice(setting, "BotEscalated" if handed_over else "Text", ground, attached.get(index, False))
            add(known, text(now), texts[index])
        if index in parsed.residue:
            key = f"o{len(headings)}" if kind in HEADERS else str(len(entries.lines))
            residue[key] = parsed.residue[index].to_json()
    for speaker, moment in placed.get(len(pieces), ()):
        add(speaker, moment, "")
    if parsed.lead:
        residue[""] = parsed.lead
    return Written.of(entries.lines), Written.of(headings), residue, Counter(entries.voices)


_Placed = dict[int, list[tuple[_Speaker, str]]]
"""Events that are entries, with their times, by the index of the piece before which they stand."""


def _attached(pieces: Sequence[Piece], transfers: Sequence[tuple[int, bool]]) -> dict[int, bool]:
    """Return by index which notices tell of files that are there. A body tells of each transfer in order, or of none of them."""
    if not transfers:
        return {}
    told = [at for at, piece in enumerate(pieces) if piece.kind is Kind.NOTICE and _FILE_CAME in piece.text.casefold()]
    is_of_each = len(told) == len(transfers)
    return {at: is_there for at, (_, is_there) in zip(told, transfers, strict=True)} if is_of_each else {}


def _placed(
    parsed: ParsedBody, events: Sequence[Mapping[str, Value]], setting: Setting, transfers: Sequence[tuple[int, bool]]
) -> _Placed:
    """Return where events and files stand in the conversation: an event before the first entry that is not earlier, a file before
    the first one that is later."""
    happened = [event for event in events if event.get("Type") in happenings.IN_CONVERSATION and event.get("Time")]
    files = [time for time, is_there in transfers if is_there]
    if not happened and not files:
        return {}
    slots: list[tuple[bool, int, tuple[_Speaker, str] | None]] = []
    base = now = setting.base
    for piece in parsed.pieces:
        if piece.kind is Kind.STARTED:
            base = now = base if piece.at is None else piece.at
        elif piece.kind is Kind.LINE and piece.offset is not None:
            now = base + piece.offset
        elif piece.kind is Kind.LINE and piece.at is not None:
            now = piece.at
        slots.append((piece.kind not in HEADERS, now, None))
    for event in happened:
        moment = str(event["Time"])
        time = seconds(moment)
        place = next((at for at, (is_entry, then, _) in enumerate(slots) if is_entry and then >= time), len(slots))
        slots.insert(place, (True, time, (_speaker(setting, str(event["Type"]), "System", EVENT), moment)))
    for time in files:
        place = next((at for at, (is_entry, then, _) in enumerate(slots) if is_entry and then > time), len(slots))
        slots.insert(place, (True, time, (_speaker(setting, "Text", "EndUser", EVENT, is_file=True), text(time))))
    placed: _Placed = {}
    index = 0
    for _, _, told in slots:
        if told is None:
            index += 1
        else:
            placed.setdefault(index, []).append(told)
    return placed


def _author(author: str, word: str, decision: Decision, actor: str | None, setting: Setting) -> _Speaker:
    """Return what the entries of an author share. `word` stands in brackets behind his name, empty for none."""
    role, ground = decision
    if word:
        is_word = ground == ROLE_WORD
        author, ground = (author, f"{ROLE_WORD}: {word}") if is_word else (f"{author} ({word})", ground)
    return _speaker(setting, "Text", role, ground, actor, author, has_text=True)


def _notice(setting: Setting, entry_type: str, ground: str, is_file: bool) -> _Speaker:
    return _speaker(setting, entry_type, "System", ground, has_text=True, is_file=is_file)


def _speaker(
    setting: Setting,
    entry_type: str,
    role: str,
    ground: str,
    actor: str | None = None,
    author: str | None = None,
    has_text: bool = False,
    is_file: bool = False,
) -> _Speaker:
    quote = '"' if has_text else ""
    own = f',"{TRANSCRIPT_ID}":"{setting.transcript}","{CHAT_SEQ}":' if setting.is_shared else ""
    return (
        f',"EntryType":"{entry_type}","EntryTime":"',
        f'","EntryTimeMilliSecs":0,"ActorType":"{role}","ActorId":{quoted(actor)},"ActorName":{quoted(author)},'
        f'"Message":{quote or "null"}',
        f'{quote},"MessageIdentifier":"',
        f'","HasAttachments":{quoted(is_file)},"{ROLE_BASIS}":{quoted(ground)}{own}',
        (role, author, ground),
    )


def entry_ids(counter: int, count: int) -> list[str]:
    """Return the ids of a conversation's entries, whose counters follow the one that is derived from the transcript.

    An id has 62**9 counters. With millions of entries, counters drawn one by one would meet sooner or later; blocks of
    them, one for each conversation, hardly do.
    """
    return consecutive("0Zy", DERIVED_INSTANCE, counter + 1, count)


def whisper_rows(parsed: ParsedBody, setting: Setting) -> tuple[Written, dict[str, Any]]:
    """Return the notes of a SupervisorTranscriptBody, which the end user must never see, and the residue by row."""
    lines: list[str] = []
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
        id_ = off_platform_id(setting.transcript, WHISPERS, str(index + 1))
        lines.append(_off(id_, setting, "NOTE", text(now), payload, WHISPERS) + f',"Seq":{index + 1}}}\n')
        if index in parsed.residue:
            residue[f"o{index + 1}"] = parsed.residue[index].to_json()
    if parsed.lead:
        residue[""] = parsed.lead
    return Written.of(lines), residue


def event_line(
    event: Mapping[str, Value],
    number: int,
    actor: str | None,
    setting: Setting,
    types: Mapping[str, str] | None = None,
    files: Sequence[Filed] = (),
) -> str:
    """Return the off-platform entry that carries an event; `number` is its row in the source, 0 where there is none."""
    get = event.get
    kind, moment = str(get("Type") or ""), get("Time")
    payload: dict[str, Any] = {"type": get("Type"), "detail": get("Detail"), "agent": get("AgentId")}
    if files and kind in TRANSFERS and moment:
        when = seconds(str(moment))
        payload["files"] = [file["Id"] for file, time in files if time == when]
    entry_type = happenings.entry_type(kind, types)
    return _carried(event, number, _OF_EVENTS, actor, setting, entry_type, moment, payload, EVENTS)


def context_line(entry: Mapping[str, Value], number: int, start: str, setting: Setting) -> str:
    """Return the session context entry of a pre-chat detail."""
    payload = {"key": entry.get("CustomDetailContextKey"), "value": entry.get("CustomDetailContextValue")}
    return _carried(entry, number, _OF_CONTEXT, None, setting, "SESSION_CONTEXT", start, payload, CONTEXT)


_OF_EVENTS = frozenset({"Id", "LiveChatTranscriptId", "Type", "Time", "Detail", "AgentId"})
_OF_CONTEXT = frozenset({"Id", "ParentId", "CustomDetailContextKey", "CustomDetailContextValue"})


def _carried(
    row: Mapping[str, Value],
    number: int,
    mapped: frozenset[str],
    actor: str | None,
    setting: Setting,
    entry_type: str,
    moment: Value,
    payload: dict[str, Any],
    source: str,
) -> str:
    source_id = row.get("Id")
    fields = {name: value for name, value in row.items() if name not in mapped}
    line = _off(
        off_platform_id(setting.transcript, source, str(source_id or number)),
        setting,
        entry_type,
        moment,
        payload,
        source,
        actor,
    )
    return f'{line},"SourceId":{quoted(source_id)},"SourceRow":{number or "null"},"SourceFields":{quoted(fields)}}}\n'


def off_platform_id(transcript: str, source: str, key: str) -> str:
    """Return the identifier of an off-platform entry, a GUID."""
    return guid(OFF_PLATFORM, f"{transcript}/{source}/{key}")


def _off(
    id_: str,
    setting: Setting,
    entry_type: str,
    moment: Value,
    payload: dict[str, Any],
    source: str,
    actor: str | None = None,
) -> str:
    """Return the beginning of an off-platform entry's line, what its source adds is still to come."""
    return (
        f'{{"Id":"{id_}","Identifier":"{id_}","ConversationId":"{setting.conversation}","MessagingSessionId":"{setting.session}",'
        f'"EntryType":{quoted(entry_type)},"EntryTime":{quoted(moment)},"ActorId":{quoted(actor)},"Payload":{quoted(payload)},'
        f'"Source":"{source}"'
    )


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
