"""From a body to pieces.

Three forms are read: the usual one with mark-up, its plain copy (a line for each, as in e-mails and report exports), and
lines with bracketed ISO times that programs write. The usual form goes through one regular expression; whatever it does
not cover is read by `_scan`, which takes any text at all.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

from ...delta import difference
from . import dates
from .entities import cut_tail, decode, encode
from .labels import LABELS, Labels
from .pieces import HEADERS, Kind, ParsedBody, Piece, PieceResidue
from .rebuild import render
from .scan import Span, scan_bracketed, scan_html, scan_text
from .style import USUAL, Style, html_style, text_style

LIMIT = 131_072  # characters of the field: https://developer.salesforce.com/docs LiveChatTranscript.Body
_AUTHOR_LIMIT = 650  # characters, as ConversationEntry.ActorName
_TIME = r"(?:[1-9]\d{0,3}h (?:\d|[1-5]\d)m |(?:[1-9]|[1-5]\d)m )?(?:\d|[1-5]\d)s"
_USUAL = re.compile(
    rf"\( ({_TIME}) \) ([^<]*+(?:<(?!br>(?:\( (?:\d+h )?(?:\d+m )?\d+s \) |<(?:p|div) |\Z))[^<]*+)*+)<br>"
    r'|<(p|div) align="center">([^<]*)</\3>'
)
_LINE_MARKS = len("(  ) <br>")
_PARAGRAPH_MARKS = len('< align="center"></>')
# Text whose every mark is spelt as the runtime spells it: what is read from it is written the same again, as long as line
# breaks within messages are either all marks or all line feeds.
_PLAIN_SPELLING = re.compile(
    r"""(?:[^&<>"'\r]++|&(?:amp|lt|gt|quot|\#39);|<(?:br|/p|/div|(?:p|div)\ align="center")>)*+\Z""", re.VERBOSE
)
_TAG = re.compile(r"<(?:p|div|br)\b", re.IGNORECASE)
_BRACKETED = re.compile(r"\s*\[\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")


def parse(body: str, known_authors: Iterable[str] = (), labels: Labels = LABELS) -> ParsedBody:
    """Return the pieces of a body; `rebuild` of the result is the body again, whatever text it is.

    known_authors are full names that may stand before the colon of a line; the names in headings and the authors of
    earlier lines are known besides.
    """
    if not body:
        return ParsedBody(USUAL, ())
    reader = _Reader(body, known_authors, labels)
    if _BRACKETED.match(body):
        return reader.read(scan_bracketed(body), text_style(body, "iso", "" if labels.zone == "UTC" else labels.zone))
    if not _TAG.search(body):
        return reader.read(scan_text(body, labels), text_style(body, "text"))
    if _PLAIN_SPELLING.match(body):
        parsed = reader.read_usual()
        if parsed is not None:
            return parsed
        reader = _Reader(body, known_authors, labels)
    return reader.read(scan_html(body), html_style(body))


class _Reader:
    """One pass over a body: what is known so far about authors and the last time."""

    def __init__(self, body: str, known_authors: Iterable[str], labels: Labels) -> None:
        self.body = body
        self.labels = labels
        self.known = {*known_authors, *labels.visitor}
        self.with_colon = [name for name in self.known if ": " in name]
        self.last_offset = 0

    # --- the usual form ---------------------------------------------------------------------------------------------

    def read_usual(self) -> ParsedBody | None:
        """Return the pieces of a body that is nothing but paragraphs and lines of the usual form, else None.

        The body's spelling is plain, so that no piece can leave a residue; only the elements of its paragraphs may differ.
        """
        body = self.body
        pieces: list[Piece] = []
        add, new, line_kind = pieces.append, tuple.__new__, Kind.LINE
        met: dict[str, str] = {}  # authors of earlier lines by their spelling
        length = 0
        in_heading = True
        elements: dict[bool, str] = {}
        has_feeds = "\n" in body
        for time, line, element, paragraph in _USUAL.findall(body):
            if element:
                length += _PARAGRAPH_MARKS + 2 * len(element) + len(paragraph)
                piece = self.paragraph(_plain(paragraph), in_heading)
                in_heading = piece.kind in HEADERS
                if elements.setdefault(in_heading, element) != element:
                    return None
                add(piece)
                continue
            length += _LINE_MARKS + len(time) + len(line)
            offset = dates.read_offset(time)
            raw, colon, text = line.partition(": ")
            author = met.get(raw, "") if colon and not self.with_colon else ""
            if author:
                self.last_offset = offset
            else:
                split = self.split(line, offset, USUAL)
                if split is None:
                    return None
                author, text = split
                if len(raw) + 2 + len(text) == len(line):
                    met[raw] = author
            if "<" in text:
                text = text.replace("<br>", "\n")
                if "<" in text or has_feeds:
                    return None
            elif has_feeds and text.endswith("\n"):
                return None  # the break before an end mark is no part of the message
            in_heading = False
            if "&" in text:
                text = _plain(text)
            # A call of Piece costs more than all else here.
            add(new(Piece, (line_kind, text, author, offset, None, None, "")))
        if length != len(body):
            return None  # something stands between
        heading, notice = elements.get(True), elements.get(False)
        style = _style(heading or notice or "p", notice or heading or "p", "lf" if has_feeds else "br")
        return ParsedBody(style, tuple(pieces), truncated=len(body) >= LIMIT, is_plain=True)

    def split(self, line: str, offset: int, style: Style) -> tuple[str, str] | None:
        """Return author and raw text of a line, or None when it has no author or is a time that somebody typed.

        The author ends at the first colon and space, or is the longest author known that the line begins with. A line
        that goes back in time under a name never met is text that a user typed: times only hint, so a known author's
        line stands.
        """
        end = line.find(": ")
        for name in self.with_colon:
            spelt = encode(name, style)
            if len(spelt) > end and line.startswith(spelt + ": "):
                end = len(spelt)
        if end > 0:
            raw, text = line[:end], line[end + 2 :]
        elif line.endswith(":") and len(line) > 1:
            raw, text = line[:-1], ""
        else:
            return None
        if len(raw) > _AUTHOR_LIMIT or "<" in raw or "\n" in raw:
            return None
        author = decode(raw, style)[0] if "&" in raw else raw
        if author not in self.known:
            if offset < self.last_offset:
                return None
            self.learn(author)
        self.last_offset = offset
        return author, text

    def learn(self, author: str) -> None:
        """Remember an author for the lines that follow."""
        self.known.add(author)
        if ": " in author:
            self.with_colon.append(author)

    def paragraph(self, text: str, in_heading: bool) -> Piece:
        """Return the piece of a paragraph and note the names that it gives."""
        stripped = text.strip()
        kind, name = self.labels.classify(stripped, in_heading)
        if kind is Kind.STARTED:
            self.last_offset = 0
            moment = dates.read(stripped, self.labels.months)
            at, zone = moment if moment else (None, None)
            return Piece(kind, text, at=at, zone=zone)
        if kind is Kind.AGENT:
            self.learn(name)
        elif kind is Kind.TRANSFERRED:
            for party in self.labels.transfer_names(stripped) or ():
                self.learn(party)
        return Piece(kind, text, name)

    # --- any form ---------------------------------------------------------------------------------------------------

    def read(self, spans: Iterable[Span], style: Style) -> ParsedBody:
        """Return the pieces of the spans, which cover the body without a gap."""
        drafts: list[_Draft] = []
        lead = ""
        in_heading = True
        for span in spans:
            raw = self.body[span.start : span.end]
            draft = self.draft(span, raw, style, in_heading)
            if draft is None:
                previous = drafts[-1] if drafts else None
                if not raw.strip() or span.is_empty_line:
                    if previous is None:
                        lead += raw
                    else:
                        previous.after += raw
                elif previous is not None and previous.piece.kind in (Kind.LINE, Kind.LOOSE):
                    previous.extend(raw, span)
                else:
                    drafts.append(_Draft(Piece(Kind.LOOSE, ""), "", *_ending(raw, span)))
                    in_heading = False
                continue
            drafts.append(draft)
            in_heading = draft.piece.kind in HEADERS
        return self.finish(drafts, style, lead)

    def draft(self, span: Span, raw: str, style: Style, in_heading: bool) -> _Draft | None:
        """Return the draft of a span; None when it is no piece of its own."""
        if span.kind == "paragraph":
            content = self.body[span.content : span.content_end]
            piece = self.paragraph(decode(content, style)[0], in_heading)
            return _Draft(piece, self.body[span.start : span.content], content, self.body[span.content_end : span.end])
        if span.kind == "loose" or span.is_empty_line:
            return None
        line = self.body[span.content : span.content_end]
        split = self.split(line, span.offset if span.time is None else self.last_offset, style)
        if split is None:
            return None
        author, text = split
        text_start = span.content_end - len(text)
        before = self.body[span.start : text_start]
        after = self.body[span.content_end : span.end]
        if span.time is None:
            return _Draft(Piece(Kind.LINE, "", author, span.offset), before, text, after)
        name, role = _role_of(author)
        return _Draft(
            Piece(Kind.LINE, "", name, at=dates.read_local_time(span.time, style.zone), role=role), before, text, after
        )

    def finish(self, drafts: list[_Draft], style: Style, lead: str) -> ParsedBody:
        """Decode the texts, compare each piece with its usual spelling and keep what differs."""
        pieces: list[Piece] = []
        residue: dict[int, PieceResidue] = {}
        last = len(drafts) - 1
        is_cut = len(self.body) >= LIMIT or (style.markup == "html" and not style.closed)
        truncated = len(self.body) >= LIMIT
        for index, draft in enumerate(drafts):
            ends_body = index == last and is_cut and not draft.after
            text, splices = decode(draft.content, style, ends_body)
            truncated = (
                truncated
                or (index == last and draft.is_cut_after)
                or (ends_body and cut_tail(draft.content) is not None)
            )
            found = draft.piece
            piece = Piece(found.kind, text, found.name, found.offset, found.at, found.zone, found.role)
            before, content, after = render(piece, style, index == last)
            deltas = PieceResidue(
                difference(before, draft.before),
                difference(content, draft.content, splices),
                difference(after, draft.after),
            )
            if deltas.before or deltas.content or deltas.after:
                residue[index] = deltas
            pieces.append(piece)
        return ParsedBody(style, tuple(pieces), residue, lead, truncated)


class _Draft:
    """A piece with the three raw parts that it was read from."""

    __slots__ = ("after", "before", "content", "piece")

    def __init__(self, piece: Piece, before: str, content: str, after: str) -> None:
        self.piece = piece
        self.before = before
        self.content = content
        self.after = after

    def extend(self, raw: str, span: Span) -> None:
        """Take raw text that continues this piece."""
        body, ending = _ending(raw, span)
        self.content += self.after + body
        self.after = ending

    @property
    def is_cut_after(self) -> bool:
        """Tell whether a line with nothing in it follows: the body was cut off right behind a time."""
        return bool(_CUT_LINE.search(self.after))


@cache
def _style(heading: str, notice: str, newline: str) -> Style:
    return Style(heading=heading, notice=notice, newline=newline)


def _plain(raw: str) -> str:
    """Return raw text of a plain spelling with its entities undone, the ampersand last."""
    if "&" not in raw:
        return raw
    return (
        raw.replace("&#39;", "'").replace("&quot;", '"').replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    )


_CUT_LINE = re.compile(r"\(\s*(?:\d+[hms]\s*)+\)\s*\Z|\(\s*(?:\d+[hms]?\s*)*\Z")
_TEXT_END = re.compile(r"\s*<br\s*/?>\s*\Z|\s+\Z", re.IGNORECASE)
_ROLE = re.compile(r"(.+?) \(([^()]{1,40})\)\Z", re.DOTALL)


def _ending(raw: str, span: Span) -> tuple[str, str]:
    """Return raw text without and as its end mark."""
    if span.kind == "line":
        cut = span.content_end - span.start
        return raw[:cut], raw[cut:]
    found = _TEXT_END.search(raw)
    return (raw[: found.start()], raw[found.start() :]) if found else (raw, "")


def _role_of(author: str) -> tuple[str, str]:
    found = _ROLE.match(author)
    return (found[1], found[2]) if found else (author, "")
