"""Charts as SVG, drawn by pygal and stripped of all that is not drawing: scripts, styles, comments, times.

The page's style gives the colours, so that charts follow light, dark and print. The same numbers give the same bytes.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping, Sequence
from typing import Any, Final

import pygal
from lxml import etree

from .html import plain

# pygal leaves a finder of map plugins behind, in a form that Python 3.12 no longer asks; in 3.11 each later import would warn of it.
sys.meta_path[:] = [finder for finder in sys.meta_path if not isinstance(finder, pygal.PluginImportFixer)]

_STYLE: Final = pygal.style.Style(label_font_size=13, major_label_font_size=13)
"""The page's style draws; this says how much room labels need, with some to spare for wider fonts."""

_LONGEST = 28  # characters of a label
_DROPPED: Final = frozenset({"script", "style", "defs", "titles", "tooltip-overlay", "text-overlay", "overlay"})
_SPACE: Final = "{http://www.w3.org/2000/svg}"
_KEPT: Final = ("class", "d", "x", "y", "width", "height", "transform", "viewBox")
_NUMBER: Final = re.compile(r"-?\d+\.\d+(?:e-?\d+)?")


def stacked(title: str, labels: Sequence[str], series: Mapping[str, Sequence[int]], *, lies: bool = False) -> str:
    """Return a chart of stacked bars; `lies` has the bars lie. Empty when there is nothing to draw."""
    if not labels or not any(any(numbers) for numbers in series.values()):
        return ""
    height = 60 + 26 * len(labels) if lies else 300
    chart = (pygal.HorizontalStackedBar if lies else pygal.StackedBar)(
        js=[],
        width=960,
        height=height,
        show_legend=True,
        legend_at_bottom=True,
        legend_at_bottom_columns=len(series),
        x_label_rotation=0 if lies or len(labels) <= 14 else 45,
        truncate_label=-1,
        truncate_legend=-1,
        disable_xml_declaration=True,
        margin=6,
        spacing=8,
        max_scale=8,
        show_minor_x_labels=True,
        style=_STYLE,
        formatter=lambda value: f"{value:,.0f}",
    )
    shown = [_short(label) for label in labels]
    chart.x_labels = shown
    for name, numbers in series.items():
        chart.add(name, list(numbers))
    return _drawing(title, etree.fromstring(chart.render(is_unicode=False)))


def _short(label: str) -> str:
    text = plain(label)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _drawing(title: str, root: Any) -> str:
    """Return the drawing alone, with what a bar stands for as its title."""
    for element in list(root.iter()):
        if not isinstance(element.tag, str) or _is_dropped(element):
            _remove(element)
    for element in list(root.iter(f"{_SPACE}desc")):
        _remove(element)
    out = etree.Element(
        "svg", {"class": "chart", "viewBox": root.get("viewBox"), "role": "img", "aria-label": plain(title)}
    )
    for child in root:
        copied = _copy(child)
        if copied is not None:
            out.append(copied)
    return str(etree.tostring(out, encoding="unicode"))


def _is_dropped(element: Any) -> bool:
    name = element.tag.removeprefix(_SPACE)
    return name in _DROPPED or bool(_DROPPED.intersection((element.get("class") or "").split()))


def _remove(element: Any) -> None:
    parent = element.getparent()
    if parent is not None:
        parent.remove(element)


def _copy(element: Any) -> Any:
    name = element.tag.removeprefix(_SPACE)
    if name == "title":
        return None
    kept = {key: _NUMBER.sub(_rounded, element.get(key)) for key in _KEPT if element.get(key)}
    copy = etree.Element(name, kept)
    copy.text = element.text if name == "text" else None
    for child in element:
        inner = _copy(child)
        if inner is not None:
            copy.append(inner)
    return copy


def _rounded(found: re.Match[str]) -> str:
    return f"{float(found[0]):.1f}".removesuffix(".0")
