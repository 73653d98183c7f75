"""The pieces that pages are made of. Whatever comes from data is escaped here, and nowhere else is HTML made of it.

A page is one file without scripts: it can be read from a mail attachment, offline, and printed. Its own policy forbids anything else.
Characters that are not seen, or that turn the direction of text, are shown as their code points, so that a text cannot pass
itself off as another.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from html import escape
from typing import Any

_HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ufffe\uffff"
    "\ud800-\udfff\U000e0000-\U000e007f]"
)
_STYLE = """
:root{color-scheme:light dark;--ink:#1b1f24;--dim:#5b6572;--rule:#d9dee4;--page:#fff;--card:#f5f7f9;--good:#146c2e;--warn:#8a5300;--bad:#b3261e;
--c0:#2f6f9f;--c1:#b9c4cf;--c2:#c4432b;--c3:#7a9e3a}
@media (prefers-color-scheme:dark){:root{--ink:#e6e9ed;--dim:#9aa5b1;--rule:#343c46;--page:#15191e;--card:#1e242b;--good:#6fce8b;--warn:#e9b566;
--bad:#ff8a7e;--c0:#6aaedd;--c1:#5a6673;--c2:#f07560;--c3:#a7cf63}}
*{box-sizing:border-box}
body{font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;margin:0 auto;max-width:70rem;padding:2rem 1.25rem 4rem;color:var(--ink);background:var(--page)}
h1{font-size:1rem;font-weight:600;color:var(--dim);margin:0 0 .25rem;overflow-wrap:anywhere}
h2{font-size:1.2rem;margin:2.5rem 0 .5rem;padding-top:1rem;border-top:1px solid var(--rule)}
h3{font-size:1rem;margin:1.5rem 0 .25rem}
p{margin:.4rem 0;max-width:52rem}
.verdict{font-size:1.9rem;line-height:1.2;font-weight:700;margin:.2rem 0 .6rem}
.good{color:var(--good)}.warn{color:var(--warn)}.bad{color:var(--bad)}.dim{color:var(--dim)}
.tiles{display:flex;flex-wrap:wrap;gap:.75rem;margin:1.25rem 0}
.tile{background:var(--card);border:1px solid var(--rule);border-radius:.5rem;padding:.6rem .9rem;min-width:8.5rem}
.tile b{display:block;font-size:1.4rem;font-variant-numeric:tabular-nums}
.wide{overflow-x:auto}
table{border-collapse:collapse;margin:.5rem 0 1rem;width:100%}
th,td{border-bottom:1px solid var(--rule);padding:.3rem .6rem;text-align:left;vertical-align:top}
th{font-weight:600;color:var(--dim);vertical-align:bottom}
td bdi{display:inline-block;max-width:30rem;overflow-wrap:break-word}
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}td.n{white-space:nowrap}
code{font:.9em ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;background:var(--card);padding:.05em .3em;border-radius:.25em}
td.hash{font:.8em ui-monospace,monospace;word-break:break-all}
.hid{font:.75em ui-monospace,monospace;color:var(--bad);border:1px solid currentColor;border-radius:.25em;padding:0 .2em}
details{margin:.5rem 0}summary{cursor:pointer;font-weight:600}
.sides{display:grid;grid-template-columns:1fr 1fr;gap:1rem;margin:.5rem 0 1.5rem}
.side{background:var(--card);border:1px solid var(--rule);border-radius:.5rem;padding:.75rem;min-width:0}
.side>p:first-child{margin-top:0;color:var(--dim);font-size:.85rem}
.raw{font:.82rem/1.45 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;white-space:pre-wrap;overflow-wrap:anywhere;margin:0}
.raw .tag{color:var(--dim)}
.said{list-style:none;margin:0;padding:0}
.said li{padding:.3rem 0;border-bottom:1px solid var(--rule);overflow-wrap:anywhere;white-space:pre-wrap}
.said li:last-child{border-bottom:0}
.said .who{display:block;color:var(--dim);font-size:.8rem;white-space:normal}
.said .off{color:var(--dim);font-style:italic}
.chart{width:100%;height:auto;max-height:24rem}
.chart .background{fill:none}.chart text{fill:var(--ink);font:11px system-ui,sans-serif}
.chart .line{stroke:var(--rule);fill:none}.chart .axis.x .guide.line{stroke:none}.chart .axis.x text{text-anchor:middle}
.chart .axis.x text[transform]{text-anchor:start}.chart .axis.y text{text-anchor:end}
.chart .color-0{fill:var(--c0)}.chart .color-1{fill:var(--c1)}.chart .color-2{fill:var(--c2)}.chart .color-3{fill:var(--c3)}
.chart .horizontal .axis.y .guide.line{stroke:none}
@media (max-width:50rem){.sides{grid-template-columns:1fr}}
@media print{:root{color-scheme:light;--ink:#000;--dim:#444;--rule:#bbb;--page:#fff;--card:#fff;--good:#146c2e;--warn:#6b4100;--bad:#9b1c15;--c0:#2f6f9f;
--c1:#b9c4cf;--c2:#c4432b;--c3:#7a9e3a}body{max-width:none;padding:0;font-size:11px}.tile,.chart,tr,li{break-inside:avoid}h2,h3{break-after:avoid}.wide{overflow:visible}td bdi{max-width:14rem}
details>*{display:block}}
"""


@dataclass(frozen=True, slots=True)
class Html:
    """Text that is HTML already."""

    text: str


def esc(value: Any) -> str:
    """Return a value as HTML, hidden characters shown as their code points."""
    text = str(value).replace("\r\n", "\n")
    if _HIDDEN.search(text) is None:
        return escape(text)
    parts = []
    start = 0
    for found in _HIDDEN.finditer(text):
        parts += [escape(text[start : found.start()]), f'<span class="hid">{_code(found[0])}</span>']
        start = found.end()
    return "".join([*parts, escape(text[start:])])


def plain(value: Any) -> str:
    """Return a value as text for places that take no markup: titles, attributes, drawings."""
    return _HIDDEN.sub(lambda found: f"[{_code(found[0])}]", str(value))


def _code(character: str) -> str:
    return f"U+{ord(character):04X}"


def page(title: str, parts: Iterable[str]) -> str:
    """Return a whole page."""
    digest = b64encode(sha256(_STYLE.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    head = (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="viewport" content="width=device-width,initial-scale=1"><meta name="referrer" content="no-referrer">'
        f"<title>{escape(plain(title))}</title><style>{_STYLE}</style></head><body>"
    )
    return "\n".join([head, *(part for part in parts if part), "</body></html>"]) + "\n"


def table(heads: Sequence[str], rows: Iterable[Sequence[Any]], nothing: str = "None.") -> str:
    """Return a table. Whole numbers stand on the right; an empty one is a sentence."""
    found = list(rows)
    if not found:
        return f"<p>{escape(nothing)}</p>"
    are_numbers = [all(_is_number(row[place]) for row in found) for place in range(len(heads))]
    head = "".join(
        f'<th class="n">{escape(text)}</th>' if is_number else f"<th>{escape(text)}</th>"
        for text, is_number in zip(heads, are_numbers, strict=True)
    )
    body = "\n".join("<tr>" + "".join(_cell(value) for value in row) + "</tr>" for row in found)
    return f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>\n{body}</tbody></table></div>'


def over(*parts: Any) -> Html:
    """Return a cell of several lines."""
    return Html("<br>".join(f"<bdi>{esc(part)}</bdi>" for part in parts))


def folded(summary: str, content: str, *, is_open: bool = False) -> str:
    """Return what is opened by a click, without a script."""
    return f"<details{' open' if is_open else ''}><summary>{escape(summary)}</summary>{content}</details>"


def line(kind: str, text: str) -> str:
    """Return a sentence: good, warn, bad or dim."""
    return f'<p class="{kind}">{esc(text)}</p>'


def tiles(found: Iterable[tuple[str, Any, str]]) -> str:
    """Return the numbers that are to be seen first: label, value, kind."""
    inner = "".join(
        f'<div class="tile"><b class="{kind}">{esc(shown(value))}</b>{escape(label)}</div>'
        for label, value, kind in found
    )
    return f'<div class="tiles">{inner}</div>'


def more(number: int, listed: int, file: str) -> str:
    """Return the sentence that ends a list which was cut."""
    return (
        f'<p class="dim">and {shown(number - listed)} more, see <code>{esc(file)}</code></p>' if number > listed else ""
    )


def shown(value: Any) -> str:
    """Return a number as people read it."""
    return f"{value:,}" if type(value) is int else str(value)


def _is_number(value: Any) -> bool:
    return type(value) is int or value == "–"


def _cell(value: Any) -> str:
    if isinstance(value, Html):
        return f"<td>{value.text}</td>"
    if _is_number(value):
        return f'<td class="n">{shown(value)}</td>'
    return f"<td><bdi>{esc(value)}</bdi></td>"
