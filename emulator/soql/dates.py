"""Named date literals: which days TODAY, LAST_N_WEEKS:3 or THIS_FISCAL_QUARTER mean.

Guide, "Date formats and date literals". Days begin at midnight in the running user's time zone, weeks on the first day of
his locale's week, fiscal years in the org's starting month.
"""

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Final

from ...schemas.values import EARLIEST_DATE, LATEST_DATE, datetime_text

FIRST_DAY: Final = date.fromisoformat(EARLIEST_DATE)
LAST_DAY: Final = date.fromisoformat(LATEST_DATE) + timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Calendar:
    """What a running user's calendar looks like."""

    now: datetime
    timezone: tzinfo
    week_start: int = 6
    """The first day of the week; Monday is 0."""
    fiscal_start_month: int = 1
    fiscal_year_named_by_start: bool = False
    """Whether a fiscal year bears the number of the calendar year it begins in, and not of the one it ends in."""

    @property
    def today(self) -> date:
        """The day it is for the user."""
        return self.now.astimezone(self.timezone).date()

    def midnight(self, day: date) -> str:
        """Return the moment at which a day begins for the user, as the store keeps moments."""
        return datetime_text(datetime.combine(day, time(), self.timezone))


_NAME: Final = re.compile(
    r"(?:(?P<last>LAST|THIS|NEXT)_(?:(?P<n>N|90)_)?|N_)(?P<unit>FISCAL_QUARTER|FISCAL_YEAR|DAY|WEEK|MONTH|QUARTER|YEAR)S?(?P<ago>_AGO)?"
)
_SINGLE_DAYS: Final = {"YESTERDAY": -1, "TODAY": 0, "TOMORROW": 1}
_MONTHS: Final = {"MONTH": 1, "QUARTER": 3, "YEAR": 12, "FISCAL_QUARTER": 3, "FISCAL_YEAR": 12}


def named_range(name: str, count: int | None, calendar: Calendar) -> tuple[date, date]:
    """Return the first day of a named date and the day after its last.

    A range beyond the dates that the platform takes is cut there.
    """
    if name in _SINGLE_DAYS:
        return _days(calendar.today, _SINGLE_DAYS[name], _SINGLE_DAYS[name] + 1)
    match = _NAME.fullmatch(name)
    if match is None:
        raise ValueError(name)
    number = 90 if match["n"] == "90" else count if count is not None else 1
    unit = match["unit"]
    if match["ago"]:
        first, last = -number, -number + 1
    elif match["last"] == "LAST":
        first, last = -number, 0
    elif match["last"] == "NEXT":
        first, last = 1, number + 1
    else:
        first, last = 0, 1
    if unit == "DAY":
        # The days up to today count today in: LAST_N_DAYS:1 is yesterday and today.
        return _days(calendar.today, first, 1 if match["last"] == "LAST" else last)
    return _periods(unit, first, last, calendar)


def _days(day: date, first: int, last: int) -> tuple[date, date]:
    return _moved(day, first), _moved(day, last)


def _moved(day: date, days: int) -> date:
    try:
        return min(max(day + timedelta(days=days), FIRST_DAY), LAST_DAY)
    except OverflowError:
        return LAST_DAY if days > 0 else FIRST_DAY


def _periods(unit: str, first: int, last: int, calendar: Calendar) -> tuple[date, date]:
    """Return the range from period ``first`` up to period ``last``, counted from the one that holds today."""
    today = calendar.today
    if unit == "WEEK":
        start = _moved(today, -((today.weekday() - calendar.week_start) % 7))
        return _days(start, first * 7, last * 7)
    months = _MONTHS[unit]
    origin = calendar.fiscal_start_month - 1 if unit.startswith("FISCAL") else 0
    index = today.year * 12 + today.month - 1
    start_index = index - (index - origin) % months
    return _month_start(start_index + first * months), _month_start(start_index + last * months)


def _month_start(index: int) -> date:
    year, month = divmod(index, 12)
    if year < FIRST_DAY.year:
        return FIRST_DAY
    return LAST_DAY if year > LAST_DAY.year else date(year, month + 1, 1)
