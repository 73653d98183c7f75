"""Datetimes of structures, `2026-03-02T08:05:07.000Z`, and seconds since 1970."""

from __future__ import annotations

from datetime import date
from functools import lru_cache

_EPOCH = date(1970, 1, 1).toordinal()
_TWO = tuple(f"{number:02}" for number in range(60))


@lru_cache(maxsize=4096)
def _day_text(day: int) -> str:
    return date.fromordinal(day + _EPOCH).isoformat()


@lru_cache(maxsize=4096)
def _day_number(text: str) -> int:
    return date.fromisoformat(text).toordinal() - _EPOCH


def text(seconds: int) -> str:
    """Return the datetime of an instant."""
    day, rest = divmod(seconds, 86400)
    minutes, second = divmod(rest, 60)
    hour, minute = divmod(minutes, 60)
    return f"{_day_text(day)}T{_TWO[hour]}:{_TWO[minute]}:{_TWO[second]}.000Z"


def seconds(moment: str) -> int:
    """Return the whole seconds since 1970 of a datetime."""
    return _day_number(moment[:10]) * 86400 + int(moment[11:13]) * 3600 + int(moment[14:16]) * 60 + int(moment[17:19])
