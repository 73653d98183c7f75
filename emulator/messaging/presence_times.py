"""How busy a rep was while he had a presence status. Times are milliseconds."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of work that takes up capacity; end: None while it still does."""

    start: int
    end: int | None
    weight: float


@dataclass(frozen=True, slots=True)
class Times:
    """average: of the capacity in use, over the time. A guess at what UserServicePresence.AverageCapacity counts."""

    idle: int
    at_capacity: int
    average: float


def presence_times(spans: Iterable[Span], since: int, until: int, capacity: float) -> Times:
    """Return how long nothing and how long everything of a capacity was in use between two moments."""
    changes: dict[int, float] = {}
    for span in spans:
        start, end = max(span.start, since), min(until if span.end is None else span.end, until)
        if start < end:
            changes[start] = changes.get(start, 0.0) + span.weight
            changes[end] = changes.get(end, 0.0) - span.weight
    idle = at_capacity = 0
    load = used = 0.0
    before = since
    for moment in [*sorted(changes), until]:
        passed = moment - before
        if passed > 0:
            idle += passed if load <= 0 else 0
            at_capacity += passed if load >= capacity > 0 else 0
            used += load * passed
            before = moment
        load = round(load + changes.get(moment, 0.0), 6)
    return Times(idle, at_capacity, used / (until - since) if until > since else 0.0)
