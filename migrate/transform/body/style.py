"""The spelling habits of one body, found by counting, so that a rebuild repeats them."""

from __future__ import annotations

import re
from dataclasses import dataclass

_ESCAPES = {"&": "amp", "<": "lt", ">": "gt", '"': "quot", "'": "apos"}
_CHARACTERS = {name: character for character, name in _ESCAPES.items()}
_CENTRED_OPEN = re.compile(r'<(p|div) align="center">(?=\s*([^<]{0,40}))')


@dataclass(frozen=True, slots=True)
class Style:
    """How a body is spelt.

    markup: "html" (paragraphs and `<br>`), "text" (a plain copy, a line for each) or "iso" (bracketed times, a line for each).
    heading, notice: the elements of heading and other paragraphs, "p" or "div"; html only.
    gap: what stands between the time and the author of a line, "space" or "lf".
    newline: what a line break inside a message is written as, "br" or "lf".
    escapes: the characters that are written as entities, a subset of `&<>"'`; empty means that entities are not read either.
    closed: whether the last line has its end mark.
    zone: the time zone of bracketed times, where it is not UTC.
    """

    markup: str = "html"
    heading: str = "p"
    notice: str = "p"
    gap: str = "space"
    newline: str = "br"
    escapes: str = "&<>\"'"
    closed: bool = True
    zone: str = ""

    def to_text(self) -> str:
        """Return the style as one word, as `html/p/p/space/br/amp,lt,gt,quot,apos/closed`."""
        escapes = ",".join(_ESCAPES[character] for character in self.escapes)
        closed = "closed" if self.closed else "open"
        return "/".join((self.markup, self.heading, self.notice, self.gap, self.newline, escapes, closed)) + (
            f"/{self.zone}" if self.zone else ""
        )

    @classmethod
    def from_text(cls, text: str) -> Style:
        """Return the style that `to_text` wrote; ValueError for any other text."""
        parts = text.split("/", 7)
        if len(parts) < 7:
            raise ValueError(f"not a body style: {text!r}")
        markup, heading, notice, gap, newline, escapes, closed = parts[:7]
        try:
            characters = "".join(_CHARACTERS[name] for name in escapes.split(",") if name)
        except KeyError as error:
            raise ValueError(f"not a body style: {text!r}") from error
        return cls(markup, heading, notice, gap, newline, characters, closed == "closed", "".join(parts[7:]))


USUAL = Style()
_ESCAPED = {"'": ("&#39;",), '"': ("&quot;", "&#34;"), ">": ("&gt;",), "<": ("&lt;",), "&": ("&amp;",)}
_ATTRIBUTE_QUOTES = re.compile(r'="[^"<>]*"')


def html_style(body: str) -> Style:
    """Return the style of a body that has mark-up."""
    heading = notice = ""
    for element, beginning in _CENTRED_OPEN.findall(body):
        is_heading = beginning.startswith(("Chat ", "Agent ")) and "request" not in beginning
        if is_heading and not heading:
            heading = element
        elif not is_heading and not notice:
            notice = element
    escapes = USUAL.escapes
    if "'" in body and "&#39;" not in body:
        escapes = escapes.replace("'", "")
    if '"' in body and "&quot;" not in body and '"' in _ATTRIBUTE_QUOTES.sub("", body):
        escapes = escapes.replace('"', "")
    inner_breaks = body.count("\n")
    newline = "lf" if inner_breaks and inner_breaks > _inner_br(body) else "br"
    gap = "lf" if inner_breaks and body.count("s )\n") > body.count("s ) ") else "space"
    return Style("html", heading or notice or "p", notice or heading or "p", gap, newline, escapes, _is_closed(body))


def text_style(body: str, markup: str, zone: str = "") -> Style:
    """Return the style of a body without mark-up, `markup` being "text" or "iso"; `zone` is that of its times."""
    escaped = any(name in body for names in _ESCAPED.values() for name in names)
    escapes = "".join(c for c in USUAL.escapes if any(name in body for name in _ESCAPED[c]) or (c == "&" and escaped))
    return Style(markup, "p", "p", "space", "lf", escapes, body.endswith("\n"), zone)


_INNER_BR = re.compile(r"<br>(?!\s*(?:\( \d|<p |<div |\Z))")


def _inner_br(body: str) -> int:
    return sum(1 for _ in _INNER_BR.finditer(body))


def _is_closed(body: str) -> bool:
    return body.rstrip()[-4:].lower() in ("<br>", "</p>", "div>")
