"""The sessions that an org holds, counted there by month, status and button."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from ..errors import MigrationError
from ..plan import Plan
from ..transform.names import TRANSCRIPT_ID, naming_of
from .target import Target

_SHOWN = 80  # characters of a status by which chats are counted


def sessions_by(target: Target, plan: Plan) -> dict[str, Counter[str] | None]:
    """Return migrated sessions of an org by months, statuses and buttons; None for what it cannot count.

    Those of other migrations into the org are counted in. Months are in UTC: date functions of SOQL are, unless convertTimezone
    says otherwise (SOQL and SOSL Reference, Date Functions).
    """
    naming = naming_of(plan).session
    of_field = {"statuses": naming["Status"], "buttons": naming["LiveChatButtonId"]}
    found: dict[str, Counter[str] | None] = {"months": _counted(_months(target))}
    for name, field in of_field.items():
        found[name] = _counted(_values(target, field)) if field else None
    return found


def _counted(rows: Iterator[tuple[str, int]]) -> Counter[str] | None:
    counts: Counter[str] = Counter()
    try:
        for key, number in rows:
            counts[key] += number
    except MigrationError:  # the org does not group by this: more than 2,000 groups, a field that is no text there
        return None
    return counts


def _months(target: Target) -> Iterator[tuple[str, int]]:
    rows = _grouped(target, "CALENDAR_YEAR(StartTime) year, CALENDAR_MONTH(StartTime) month", "CALENDAR_YEAR(StartTime), CALENDAR_MONTH(StartTime)")  # fmt: skip
    for row in rows:
        yield ("" if row["year"] is None else f"{int(row['year']):04}-{int(row['month']):02}"), int(row["sessions"])


def _values(target: Target, field: str) -> Iterator[tuple[str, int]]:
    for row in _grouped(target, f"{field} what", field):
        yield str(row["what"] or "")[:_SHOWN], int(row["sessions"])


def _grouped(target: Target, fields: str, groups: str) -> Iterator[Mapping[str, Any]]:
    yield from target.org.query(
        f"SELECT {fields}, COUNT(Id) sessions FROM MessagingSession WHERE {TRANSCRIPT_ID} != null GROUP BY {groups}"
    )
