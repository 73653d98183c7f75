"""Message text between its spelling in a body and plain text. Entities are undone once, never twice."""

from __future__ import annotations

import html.entities
import re

from ...delta import Splice
from .style import Style

_PLAIN = re.compile(r"[^&<>\"'\n\r]*\Z")
_UNIT = re.compile(
    r"\r\n|&(?:#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});|<!--.*?-->|</?[A-Za-z][^<>]*>|[\n&<>\"']",
    re.DOTALL,
)
_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)
_LINK = re.compile(r"<a\b[^<>]*\bhref\s*=\s*([\"'])(.*?)\1", re.IGNORECASE)
_LONE_NEWLINE = re.compile(r"(?<!\r)\n")
_CUT_TAG = re.compile(r"<(?:/?[A-Za-z][^<>]{0,20})?\Z")
_CUT_LINE = re.compile(r"<br\s*/?>\s*\((?: \d*[hms]?){0,4}\Z", re.IGNORECASE)
_CUT_ENTITY = re.compile(r"&(?:#\d{0,6}|a|am|amp|l|lt|g|gt|q|qu|quo|quot)?\Z")


def encode(text: str, style: Style) -> str:
    """Return the text as a body of this style spells it."""
    if _PLAIN.match(text):
        return text
    escapes = style.escapes
    if "&" in escapes:
        text = text.replace("&", "&amp;")
    if "<" in escapes:
        text = text.replace("<", "&lt;")
    if ">" in escapes:
        text = text.replace(">", "&gt;")
    if '"' in escapes:
        text = text.replace('"', "&quot;")
    if "'" in escapes:
        text = text.replace("'", "&#39;")
    if style.newline == "br" and "\n" in text:
        text = _LONE_NEWLINE.sub("<br>", text) if "\r" in text else text.replace("\n", "<br>")
    return text


def decode(raw: str, style: Style, is_cut: bool = False) -> tuple[str, tuple[Splice, ...]]:
    """Return the plain text and the splices that turn its `encode` into raw again.

    is_cut tells that raw stands at the end of a body that was cut off: a tag or an entity that stops halfway is dropped.
    """
    if _PLAIN.match(raw):
        return raw, ()
    if not style.escapes:
        if style.newline == "lf" and not is_cut:
            return raw, ()
    elif not is_cut:
        text = raw
        if "<" in text and style.newline == "br":
            text = text.replace("<br>", "\n")
        if "&" in text:
            text = (
                text.replace("&#39;", "'")
                .replace("&quot;", '"')
                .replace("&lt;", "<")
                .replace("&gt;", ">")
                .replace("&amp;", "&")
            )
        if encode(text, style) == raw:
            return text, ()
    return _decode_units(raw, style, is_cut)


def _decode_units(raw: str, style: Style, is_cut: bool) -> tuple[str, tuple[Splice, ...]]:
    out: list[str] = []
    splices: list[Splice] = []
    position = written = 0
    link = ""
    end = len(raw)
    cut = cut_tail(raw) if is_cut else None
    if cut is not None:
        end = cut
    for match in _UNIT.finditer(raw, 0, end):
        chunk = raw[position : match.start()]
        position = match.end()
        unit = match.group()
        meaning, link = _meaning(unit, link, style, chunk)
        expected = encode(meaning, style)
        out += (chunk, meaning)
        written += len(chunk)
        if expected != unit:
            splices.append((written, written + len(expected), unit))
        written += len(expected)
    chunk = raw[position:end]
    out.append(chunk)
    written += len(chunk)
    if end < len(raw):
        splices.append((written, written, raw[end:]))
    return "".join(out), tuple(splices)


def cut_tail(raw: str) -> int | None:
    """Return where a tag, an entity or a line's time begins that stops halfway at the end, None when none does."""
    match = _CUT_LINE.search(raw) or _CUT_TAG.search(raw) or _CUT_ENTITY.search(raw)
    return match.start() if match else None


def _meaning(unit: str, link: str, style: Style, chunk: str) -> tuple[str, str]:
    """Return what a unit stands for, and the address of the link that is open after it."""
    first = unit[0]
    if first == "&" and len(unit) > 1 and style.escapes:
        return _entity(unit), link
    if first != "<" or len(unit) == 1 or style.markup == "text":
        return unit, link
    if _BREAK.fullmatch(unit):
        return "\n", link
    opened = _LINK.match(unit)
    if opened:
        return "", opened.group(2)
    if link and unit[:3].lower() == "</a":
        return ("" if link.rstrip("/") in (chunk, chunk.rstrip("/")) else f" ({link})"), ""
    return "", link


def _entity(unit: str) -> str:
    name = unit[1:-1]
    if not name.startswith("#"):
        return html.entities.html5.get(f"{name};", unit)
    code = int(name[2:], 16) if name[1] in "xX" else int(name[1:])
    if code > 0x10FFFF or 0xD800 <= code <= 0xDFFF or (code < 32 and code not in (9, 10, 13)):
        return unit
    return chr(code)
