"""The words by which a plan lets bodies be read: the known ones, and those that it adds for other languages."""

from __future__ import annotations

from functools import lru_cache

from ..plan import Plan
from .body import LABELS, Labels


@lru_cache(maxsize=16)
def _labels(
    visitor: tuple[str, ...],
    started: tuple[str, ...],
    origin: tuple[str, ...],
    agent: tuple[str, ...],
    transferred: tuple[str, ...],
    handed_over: tuple[str, ...],
    notices: tuple[str, ...],
    months: tuple[tuple[str, int], ...],
    zone: str,
) -> Labels:
    pairs = [label.split("|") for label in transferred]
    return Labels(
        started=(*LABELS.started, *started),
        origin=(*LABELS.origin, *origin),
        agent=(*LABELS.agent, *agent),
        transferred=(*LABELS.transferred, *((first.strip(), second.strip()) for first, second in pairs)),
        visitor=(*LABELS.visitor, *visitor),
        handed_over=(*LABELS.handed_over, *handed_over),
        notices=(*handed_over, *notices),
        months={**LABELS.months, **dict(months)},
        zone=zone,
    )


def labels_of(plan: Plan) -> Labels:
    """Return the heading words of a plan."""
    return _labels(
        plan.visitor_labels,
        plan.started_labels,
        plan.origin_labels,
        plan.agent_labels,
        plan.transfer_labels,
        plan.hand_over_labels,
        plan.notice_labels,
        tuple((word.lower(), number) for word, number in plan.months.items()),
        plan.bracketed_time_zone,
    )
