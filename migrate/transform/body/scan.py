"""Cutting a body of any form into spans: paragraphs, lines that begin with a time, and what stands between them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from .labels import Labels
from .pieces import Kind


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of the body. kind is "paragraph", "line" or "loose"; content is the part between its marks.

    offset: seconds of a line's time; time: the bracketed ISO time instead.
    is_empty_line: a time with nothing behind it, as a body that was cut off ends with.
    """

    kind: str
    start: int
    content: int
    content_end: int
    end: int
    offset: int = 0
    time: str | None = None
    is_empty_line: bool = False


_TIME = r"\(\s?(?:(\d{1,4})h\s?)?(?:(\d{1,6})m\s?)?(\d{1,8})s\s?\)"
_PARAGRAPH = re.compile(
    r"<(p|div)\b[^<>]*\balign\s*=\s*[\"']?center\b[^<>]*>((?:[^<]|<(?!/?\1\b))*+)</\1\s*>", re.IGNORECASE
)
_LINE = re.compile(rf"{_TIME}(?:[ \n]|\r\n|\Z)")
_LINE_BEFORE = re.compile(r"(?:\A|<br\s*/?>|</p\s*>|</div\s*>)\s*\Z", re.IGNORECASE)
_LINE_END = re.compile(r"\s*<br\s*/?>\s*\Z", re.IGNORECASE)
_LOOK_BACK = 200  # characters that the end mark of the line before, and the white space after it, may take
_TEXT_LINE = re.compile(rf"^{_TIME}(?: |$)", re.MULTILINE)
_BRACKET_LINE = re.compile(r"^\[(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)[^\]\n]{0,12}\] ", re.MULTILINE)


def _seconds(match: re.Match[str]) -> int:
    return int(match[1] or 0) * 3600 + int(match[2] or 0) * 60 + int(match[3])


def scan_html(body: str) -> Iterator[Span]:
    """Yield the spans of a body with mark-up."""
    marks: list[tuple[int, int, int, int, int | None]] = []  # start, content, content_end, end of mark, offset
    position = 0
    for match in _PARAGRAPH.finditer(body):
        marks += _html_lines(body, position, match.start())
        marks.append((match.start(), match.start(2), match.end(2), match.end(), None))
        position = match.end()
    marks += _html_lines(body, position, len(body))
    position = 0
    for index, (start, content, content_end, mark_end, offset) in enumerate(marks):
        if start > position:
            yield Span("loose", position, position, start, start)
        end = marks[index + 1][0] if index + 1 < len(marks) else len(body)
        if offset is None:
            position = mark_end
            if not body[mark_end:end].strip():
                position = end
            yield Span("paragraph", start, content, content_end, position)
            continue
        found = _LINE_END.search(body, content, end)
        content_end = found.start() if found else end
        yield Span(
            "line", start, content, content_end, end, offset, is_empty_line=not body[content:content_end].strip()
        )
        position = end
    if position < len(body):
        yield Span("loose", position, position, len(body), len(body))


def _html_lines(body: str, start: int, end: int) -> list[tuple[int, int, int, int, int | None]]:
    found: list[tuple[int, int, int, int, int | None]] = []
    for match in _LINE.finditer(body, start, end):
        at = match.start()
        if at == start or _LINE_BEFORE.search(body, max(start, at - _LOOK_BACK), at) or not body[start:at].strip():
            found.append((at, match.end(), end, end, _seconds(match)))
    return found


def scan_text(body: str, labels: Labels) -> Iterator[Span]:
    """Yield the spans of a plain copy: a heading, a notice or a line on each line of the text."""
    position = 0
    in_heading = True
    for start, content_end, end in _text_lines(body):
        line = body[start:content_end]
        match = _TEXT_LINE.match(body, start, content_end)
        if match:
            in_heading = False
            content = min(match.end(), content_end)
            yield Span("line", start, content, content_end, end, _seconds(match), is_empty_line=content == content_end)
        elif labels.is_known_notice(line):
            in_heading = False
            yield Span("paragraph", start, start, content_end, end)
        elif _is_heading(line, in_heading, labels):
            in_heading = True
            yield Span("paragraph", start, start, content_end, end)
        else:
            yield Span("loose", start, start, content_end, end)
            in_heading = in_heading and not line.strip()
        position = end
    if position < len(body):
        yield Span("loose", position, position, len(body), len(body))


def _text_lines(body: str) -> Iterator[tuple[int, int, int]]:
    position = 0
    while position < len(body):
        found = body.find("\n", position)
        if found < 0:
            yield position, len(body), len(body)
            return
        end = found - 1 if body[position:found].endswith("\r") else found
        yield position, end, found + 1
        position = found + 1


def _is_heading(line: str, in_heading: bool, labels: Labels) -> bool:
    kind, _ = labels.classify(line.strip(), in_heading)
    if kind is Kind.NOTICE:
        return False
    return in_heading or kind is not Kind.AGENT


def scan_bracketed(body: str) -> Iterator[Span]:
    """Yield the spans of a body of lines with bracketed ISO times."""
    starts = list(_BRACKET_LINE.finditer(body))
    position = 0
    for index, match in enumerate(starts):
        if match.start() > position:
            yield Span("loose", position, position, match.start(), match.start())
        end = starts[index + 1].start() if index + 1 < len(starts) else len(body)
        stripped = body[match.end() : end]
        content_end = end - (len(stripped) - len(stripped.rstrip("\r\n")))
        yield Span("line", match.start(), match.end(), content_end, end, time=match[1])
        position = end
    if position < len(body):
        yield Span("loose", position, position, len(body), len(body))
