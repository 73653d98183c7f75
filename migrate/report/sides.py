"""One chat twice, side by side: the legacy body as text with its markup in sight, and the conversation that it became."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import escape
from typing import Any

from .html import esc, line, shown

_TAG = re.compile(r"(<[^<>]{0,200}>)")
_BREAKS = re.compile(r"<(?:br\s*/?|/p|/div)\s*>\Z", re.IGNORECASE)


def sides(sample: Mapping[str, Any]) -> str:
    """Return both sides of a sample."""
    where = f"{sample['file']}, row {sample['row']}"
    heading = f"<h3>{esc(sample['transcript'])} <span class='dim'>{esc(sample['status'])}, {esc(sample['startTime'])}, {esc(where)}</span></h3>"
    differences = sample["differences"]
    verdict = (
        line("bad", f"The structures give another {', '.join(differences)} than the source has.") if differences else ""
    )
    return (
        f"<section>{heading.replace(chr(39), chr(34))}{verdict}"
        f'<div class="sides"><div class="side"><p>Legacy body, from {esc(sample["legacyFrom"])}</p>{_body(sample)}</div>'
        f'<div class="side"><p>Conversation, from {_place(sample)}</p>{_conversation(sample)}</div></div></section>'
    )


def _place(sample: Mapping[str, Any]) -> str:
    return f"the {esc(sample['conversationFrom'])}"


def _body(sample: Mapping[str, Any]) -> str:
    """Return a body as escaped text: its tags stand there as tags, and lines end where they make them end."""
    text = sample["body"]
    if not text:
        return '<p class="dim">empty</p>'
    parts = []
    for part in _TAG.split(text):
        if part.startswith("<") and part.endswith(">"):
            parts.append(f'<span class="tag">{esc(part)}</span>')
            if _BREAKS.search(part):
                parts.append("\n")
        else:
            parts.append(esc(part))
    rest = sample["bodyLength"] - len(text)
    cut = f'<p class="dim">and {shown(rest)} more characters</p>' if rest > 0 else ""
    return f'<pre class="raw" dir="auto">{"".join(parts)}</pre>{cut}'


def _conversation(sample: Mapping[str, Any]) -> str:
    said = sample["conversation"]
    if not said:
        return '<p class="dim">no entries</p>'
    rows = "".join(_line(one) for one in said)
    rest = sample["entries"] - len(said)
    cut = f'<p class="dim">and {shown(rest)} more entries</p>' if rest > 0 else ""
    return f'<ol class="said">{rows}</ol>{cut}'


def _line(one: Mapping[str, Any]) -> str:
    role = one["role"] or one["kind"]
    who = " · ".join(str(part) for part in (one["time"], role, one["author"], one["type"], one["ground"]) if part)
    kind = "off" if one["kind"] != "entry" else ""
    return (
        f'<li><span class="who">{esc(who)}</span><span class="{escape(kind)}" dir="auto">{esc(one["text"])}</span></li>'
    )
