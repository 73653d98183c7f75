"""Chats by month, status and button: the accounts of each, with the sessions of the target beside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..accounts import BY
from .charts import stacked
from .html import Html, esc, folded, more, shown, table

_BARS = ("migrated", "skipped", "rejected")
_MONTHS = 60
"""A chart of more months than these is drawn by year."""

_ROWS = 24
"""A longer table is folded."""

_BARS_SHOWN = 25


def cells_of(
    told: Mapping[str, Mapping[str, Mapping[str, Any]]],
    targets: Mapping[str, Mapping[str, int] | None],
    labels: Mapping[str, str],
    *,
    others: bool = False,
) -> dict[str, Any]:
    """Return the accounts of a manifest with the sessions of the target beside them, None where nobody counted them.

    labels: names of the buttons' channels. others: the target may hold sessions of other migrations, too.
    """
    found: dict[str, Any] = {"zone": "UTC"}
    for name in BY:
        counts = targets.get(name)
        cells = []
        for key, account in told.get(name, {}).items():
            target = None if counts is None else counts.get(key, 0)
            has_all = target is None or (target >= account["migrated"] if others else target == account["migrated"])
            cell = {"key": key or None, **account, "target": target, "closed": account["closed"] and has_all}
            if name == "buttons":
                cell["channel"] = labels.get(key)
            cells.append(cell)
        found[name] = cells
    return found


def closed(is_closed: bool) -> Html:
    """Return the cell that says whether an account is closed."""
    return Html('<span class="good">closed</span>' if is_closed else '<strong class="bad">not closed</strong>')


def chat_parts(chats: Mapping[str, Any], note: str) -> list[str]:
    """Return the sections of a report that tell of chats by month, status and button. note: what the counts mean."""
    if not chats["months"]:
        return []
    return [
        "<h2>Chats by month</h2>",
        f"<p>{esc(note)}</p>",
        _chart_of_months(chats["months"]),
        _cells("month", chats["months"], ()),
        "<h2>Chats by status</h2>",
        _bars("Chats by legacy status", chats["statuses"], lambda cell: _name(cell, "no status")),
        _cells("legacy status", chats["statuses"], ()),
        "<h2>Chats by button</h2>",
        _bars("Chats by button", chats["buttons"], lambda cell: cell["channel"] or _name(cell, "no button")),
        _cells("button", chats["buttons"], ("channel",)),
    ]


def _name(cell: Mapping[str, Any], none: str) -> str:
    return none if cell["key"] is None else str(cell["key"])


def _cells(what: str, cells: Sequence[Mapping[str, Any]], besides: Sequence[str]) -> str:
    rows = [
        (
            _name(cell, "none"),
            *(cell[name] or "" for name in besides),
            cell["read"],
            cell["migrated"],
            "–" if cell["target"] is None else cell["target"],
            cell["skipped"],
            cell["rejected"],
            closed(cell["closed"]),
        )
        for cell in cells
    ]
    found = table((what, *besides, "read", "migrated", "in target", "skipped", "rejected", ""), rows)
    return listed(f"{shown(len(rows))} lines", found, rows)


def listed(summary: str, found: str, rows: Sequence[Any]) -> str:
    """Return a table, folded where it is long."""
    return folded(summary, found) if len(rows) > _ROWS else found


def _chart_of_months(cells: Sequence[Mapping[str, Any]]) -> str:
    by_year = len(cells) > _MONTHS
    series: dict[str, dict[str, int]] = {name: {} for name in _BARS}
    for cell in cells:
        label = _name(cell, "no time")
        label = label[:4] if by_year and label[:4].isdigit() else label
        for name in _BARS:
            series[name][label] = series[name].get(label, 0) + cell[name]
    labels = list(series[_BARS[0]])
    if len(labels) > _MONTHS:
        return ""
    title = "Chats by year" if by_year else "Chats by month"
    return stacked(title, labels, {name: [found[label] for label in labels] for name, found in series.items()})


def _bars(title: str, cells: Sequence[Mapping[str, Any]], label: Any) -> str:
    """Return lying bars of those that have the most."""
    most = sorted(cells, key=lambda cell: -cell["read"])[:_BARS_SHOWN]
    most.reverse()  # the first stands at the bottom
    drawn = stacked(
        title, [label(cell) for cell in most], {name: [cell[name] for cell in most] for name in _BARS}, lies=True
    )
    return drawn + (more(len(cells), len(most), "the table") if drawn else "")
