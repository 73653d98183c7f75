"""The result of a rehearsal, for people and for programs."""

import json
from collections.abc import Iterator
from itertools import groupby
from typing import Any, Final
from urllib.parse import unquote

from .comparing import Gap
from .rehearsal import Result

SHOWN: Final = 20
"""Differences of one call that are printed; JSON has them all."""


def lines(result: Result) -> Iterator[str]:
    """Yield the result as lines: the calls that differ, and a sum."""
    if result.filled is not None:
        written = ", ".join(f"{count} {name}" for name, count in sorted(result.filled.written.items()))
        yield f"the org was given {written or 'no records'}"
        for reason in result.filled.left_out:
            yield f"    left out: {reason}"
    for number, found in groupby(result.differences, key=lambda one: one.call.number):
        differences = list(found)
        call = differences[0].call
        yield f"#{number} {call.asked.method} {unquote(call.asked.path)}"
        for one in differences[:SHOWN]:
            yield f"    {_line(one.gap)}"
        if len(differences) > SHOWN:
            yield f"    and {len(differences) - SHOWN} more (--json has them all)"
    for call, why in result.skipped:
        yield f"#{call.number} {call.asked.method} {unquote(call.asked.path)}: not made; {why}"
    same = result.made - result.differing
    yield f"{result.cassette.name}: {result.made} calls made, {same} answered alike, {result.differing} differ"


def _line(gap: Gap) -> str:
    recorded, emulated = (json.dumps(value, ensure_ascii=False) for value in (gap.recorded, gap.emulated))
    if gap.kind == "missing":
        return f"{gap.at}: missing; recorded {recorded}"
    if gap.kind == "extra":
        return f"{gap.at}: not recorded; emulated {emulated}"
    what = {"length": "length", "type": "type", "form": "form", "name": "stands for another record"}.get(gap.kind, "")
    return f"{gap.at}: {what}{', ' if what else ''}recorded {recorded}, emulated {emulated}"


def as_document(result: Result) -> dict[str, Any]:
    """Return the result as JSON."""
    return {
        "cassette": result.cassette.name,
        "recorded": result.cassette.heading.recorded,
        "calls": len(result.cassette.calls),
        "made": result.made,
        "same": result.made - result.differing,
        "different": result.differing,
        "filled": None
        if result.filled is None
        else {"written": result.filled.written, "left_out": result.filled.left_out},
        "skipped": [{"call": call.number, "why": why} for call, why in result.skipped],
        "differences": [
            {
                "call": one.call.number,
                "method": one.call.asked.method,
                "path": one.call.asked.path,
                "at": one.gap.at,
                "kind": one.gap.kind,
                "recorded": one.gap.recorded,
                "emulated": one.gap.emulated,
            }
            for one in result.differences
        ],
    }
