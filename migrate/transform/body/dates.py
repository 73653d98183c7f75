"""The date of a `Chat Started` heading: `Monday, March 02, 2026, 09:05:07 (+0100)`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

_SHAPE = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}))?\s*([AaPp][Mm])?\D*?\(?([+-])(\d{2}):?(\d{2})\)?\s*\Z")
_USUAL = re.compile(
    r": [A-Z][a-z]+day, ([A-Z][a-z]+) (\d{2}), (\d{4}), (\d{2}):(\d{2}):(\d{2}) \(([+-])(\d{2})(\d{2})\)\s*\Z", re.ASCII
)
_YEAR = re.compile(r"(?<!\d)(\d{4})(?!\d)")
_DAY = re.compile(r"(?<!\d)(\d{1,2})(?!\d)")
_WORD = re.compile(r"[^\W\d_]+")
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_YEARS = range(1000, 4001)  # those of an org end with 4000; lines count on from the heading


def read(text: str, months: Mapping[str, int]) -> tuple[int, int] | None:
    """Return the instant (seconds since 1970, UTC) and the zone (minutes east) of a heading's date, None if it has none.

    The date is read by its shape, whatever the language: the last bracketed offset, the time before it, a year of four
    digits, a day, and a month word that `months` knows. The instant is local time minus offset.
    """
    usual = _USUAL.search(text)
    if usual is not None and usual[1] in _MONTHS:
        return _instant(usual[3], _MONTHS.index(usual[1]) + 1, usual[2], *usual.group(4, 5, 6, 7, 8, 9))
    found = _SHAPE.search(text)
    if found is None:
        return None
    date = text[: found.start()]
    year = _YEAR.search(date)
    if year is None:
        return None
    month = next((months[word.lower()] for word in _WORD.findall(date) if word.lower() in months), None)
    day = _DAY.search(date.replace(year.group(), " ", 1))
    if month is None or day is None:
        return None
    hour = int(found[1])
    if found[4]:
        hour = hour % 12 + (12 if found[4].lower() == "pm" else 0)
    return _instant(year[1], month, day[1], hour, found[2], found[3] or 0, *found.group(5, 6, 7))


def _instant(
    year: str,
    month: int,
    day: str,
    hour: int | str,
    minute: str,
    second: int | str,
    sign: str,
    hours: str,
    minutes: str,
) -> tuple[int, int] | None:
    if int(year) not in _YEARS:
        return None
    zone = (int(hours) * 60 + int(minutes)) * (-1 if sign == "-" else 1)
    try:
        local = datetime(int(year), month, int(day), int(hour), int(minute), int(second), tzinfo=UTC)
    except ValueError:
        return None
    if abs(zone) >= 24 * 60:
        return None
    return int((local - _EPOCH).total_seconds()) - zone * 60, zone


@lru_cache(maxsize=4096)
def write(at: int, zone: int) -> str:
    """Return the English date of a heading."""
    local = _EPOCH + timedelta(seconds=at + zone * 60)
    sign = "-" if zone < 0 else "+"
    hours, minutes = divmod(abs(zone), 60)
    return (
        f"{_WEEKDAYS[local.weekday()]}, {_MONTHS[local.month - 1]} {local.day:02}, {local.year}, "
        f"{local.hour:02}:{local.minute:02}:{local.second:02} ({sign}{hours:02}{minutes:02})"
    )


@lru_cache(maxsize=8192)
def write_offset(seconds: int) -> str:
    """Return the time of a line, `4s`, `1m 10s` or `1h 0m 3s`."""
    minutes, rest = divmod(seconds, 60)
    if not minutes:
        return f"{rest}s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours}h {minutes}m {rest}s" if hours else f"{minutes}m {rest}s"


@lru_cache(maxsize=8192)
def read_offset(time: str) -> int:
    """Return the seconds of a line's time; see `write_offset`."""
    *_, hours, minutes, seconds = 0, 0, *(int(part[:-1]) for part in time.split())
    return hours * 3600 + minutes * 60 + seconds


def local_time(at: int, zone: str) -> str:
    """Return a time as bracketed lines have it, in a named zone (UTC where it is empty): `2026-03-02T09:05:07`."""
    return datetime.fromtimestamp(at, ZoneInfo(zone) if zone else UTC).strftime("%Y-%m-%dT%H:%M:%S")


def read_local_time(time: str, zone: str) -> int | None:
    """Return the instant of a bracketed time in a named zone, None when it is no time.

    Where clocks go back an hour comes twice: the first one is taken. Where they go forward, an hour is missing: such a time
    is read as if they had not.
    """
    try:
        local = datetime.strptime(time[:19], "%Y-%m-%dT%H:%M:%S")  # noqa: DTZ007 - the zone follows
    except ValueError:
        return None
    if int(time[:4]) not in _YEARS:
        return None
    return int(local.replace(tzinfo=ZoneInfo(zone) if zone else UTC).timestamp())
