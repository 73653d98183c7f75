"""Cell text between its spelling in a source file and the canonical value.

Canonical values are text, bool and int; a datetime is `2026-03-02T08:05:07.000Z`, an id has 18 characters, an empty cell
is None. A column's `Format` is the spelling that its first cells show; `Format.write` spells a canonical value so.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from ..schemas.field import Field
from ..schemas.ids import InvalidId, normalize
from .errors import RecordError

Value = str | bool | int | None
_MOMENT = re.compile(r"(\d{4}-\d\d-\d\d)([T ])(\d\d:\d\d:\d\d)(?:\.(\d{1,6}))?(Z|[+-]\d\d:?\d\d|)\Z", re.ASCII)
_LAST_YEAR = "4000"
"""Datetimes of an org end with this year: https://developer.salesforce.com/docs, SOQL date formats and date literals."""
_TRUE = frozenset({"1", "true", "True", "TRUE"})
_FALSE = frozenset({"0", "false", "False", "FALSE"})
_OPPOSITE = {"1": "0", "true": "false", "True": "False", "TRUE": "FALSE"}
_INTEGER = re.compile(r"([+-]?\d{1,18})(?:\.0+)?\Z", re.ASCII)


# --- reading ----------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=16384)
def read_moment(text: str) -> str:
    """Return the canonical datetime. A time without a zone is UTC, as in a Data Export. ValueError for other text."""
    found = _MOMENT.match(text)
    if found is None or text[:4] > _LAST_YEAR or text[:4] == "0001":
        raise ValueError(text)
    day, _, time, fraction, zone = found.groups()
    milliseconds = (fraction or "")[:3].ljust(3, "0")
    moment = datetime.fromisoformat(f"{day}T{time}")
    if zone in ("", "Z", "+0000", "+00:00"):
        return f"{day}T{time}.{milliseconds}Z"
    return f"{moment.replace(tzinfo=UTC) - timedelta(minutes=_zone_minutes(zone)):%Y-%m-%dT%H:%M:%S}.{milliseconds}Z"


_UTC = frozenset({"", "Z", "+0000", "+00:00"})
_MINUTES = frozenset(f"{hour:02}:{minute:02}" for hour in range(24) for minute in range(60))
_SECONDS = frozenset(f":{second:02}" for second in range(60))


@lru_cache(maxsize=4096)
def _is_day(text: str) -> bool:
    try:
        read_moment(f"{text}T00:00:00")
    except ValueError:
        return False
    return True


def moment_reader(spelling: str) -> Callable[[str], str | None]:
    """Return a function that reads what is spelt just so, see `Format`, and gives None for any other text.

    Nearly all cells of a column are spelt so, and no two of them need be the same: parts of them are looked up.
    """
    separator, digits, zone = spelling.split("|")
    if digits not in ("0", "3") or zone not in _UTC:
        return lambda text: None
    fraction = 4 if digits == "3" else 0

    @lru_cache(maxsize=256)  # the times of a chat's rows are often the same
    def read(text: str) -> str | None:
        day = text[:10]
        if (
            text[10:11] != separator
            or text[11:16] not in _MINUTES
            or text[16:19] not in _SECONDS
            or text[19 + fraction :] != zone
            or not _is_day(day)
        ):
            return None
        if not fraction:
            return f"{day}T{text[11:19]}.000Z"
        tail = text[19:23]
        return f"{day}T{text[11:23]}Z" if tail[0] == "." and tail[1:].isdigit() and tail.isascii() else None

    return read


def _zone_minutes(zone: str) -> int:
    minutes = int(zone[1:3]) * 60 + int(zone[-2:])
    return -minutes if zone[0] == "-" else minutes


def _read_boolean(text: str) -> bool:
    if text in _TRUE:
        return True
    if text in _FALSE:
        return False
    raise ValueError(text)


def _read_integer(text: str) -> int:
    found = _INTEGER.match(text)
    if found is None:
        raise ValueError(text)
    return int(found[1])


def _read_id(text: str) -> str:
    """Return the 18 characters of an id. One that has them stays as it is: joins compare what the source says."""
    if len(text) == 18 and text.isascii() and text.isalnum():
        return text
    try:
        return normalize(text)
    except InvalidId as error:
        raise ValueError(text) from error


_READERS: dict[str, tuple[Callable[[str], Value], str]] = {
    "datetime": (read_moment, "a date and time"),
    "boolean": (_read_boolean, "true or false"),
    "int": (_read_integer, "a whole number"),
    "id": (_read_id, "a record id"),
    "reference": (_read_id, "a record id"),
}


def reader(field: Field) -> Callable[[str], Value] | None:
    """Return the function that reads the text of a field's cells, None where the text is the value."""
    found = _READERS.get(field.type)
    return found[0] if found else None


def read(field: Field, text: str | None) -> Value:
    """Return the canonical value of a cell; RecordError names the field when the text is none of its type."""
    if not text:
        return None
    function = reader(field)
    if function is None:
        return text
    try:
        return function(text)
    except ValueError:
        raise unreadable(field, text) from None


def unreadable(field: Field, text: str) -> RecordError:
    """Return the error of a cell that is not of its field's type."""
    shown = text if len(text) <= 60 else text[:57] + "..."
    return RecordError(f"{field.name} {shown!r} is not {_READERS[field.type][1]}", "correct the cell in the source")


def plain(value: object) -> str:
    """Return the cell text of a JSON value: a row of an org may stand where a row of a file is expected."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


# --- writing ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Format:
    """How a column spells its values. kind is "text", "datetime", "boolean" or "id".

    spelling: for a datetime `separator|fraction digits|zone` (as `T|3|+0000`), for a boolean the word for true, for an id
    its length.
    """

    kind: str = "text"
    spelling: str = ""

    def writer(self) -> Callable[[Value], str]:
        """Return the function that spells a canonical value as this column does, `write_text` where text stands for itself."""
        if self.kind == "datetime":
            return _moment_writer(self.spelling)
        if self.kind == "boolean":
            true, false = self.spelling, _OPPOSITE.get(self.spelling, "false")
            return lambda value: (
                "" if value is None else true if value is True else false if value is False else str(value)
            )
        if self.kind == "id" and self.spelling == "15":
            return lambda value: "" if value is None else str(value)[:15]
        return write_text


def write_text(value: Value) -> str:
    """Return the text of a value whose column has no spelling of its own."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _moment_writer(spelling: str) -> Callable[[Value], str]:
    separator, digits, zone = spelling.split("|")
    cut = 19 + (int(digits) + 1 if digits != "0" else 0)
    shift = _zone_minutes(zone) if zone not in ("", "Z", "+0000", "+00:00") else 0

    @lru_cache(maxsize=1024)  # the times of a row are often the same
    def write(value: Value) -> str:
        if value is None:
            return ""
        text = str(value)
        if len(text) != 24:
            return text
        if shift:
            moment = datetime.fromisoformat(text[:19]).replace(tzinfo=UTC) + timedelta(minutes=shift)
            text = f"{moment:%Y-%m-%dT%H:%M:%S}{text[19:]}"
        kept = text[:cut] if cut <= 23 else text[:23].ljust(cut, "0")
        return f"{kept[:10]}{separator}{kept[11:]}{zone}"

    return write


def detect(field: Field | None, samples: Iterable[str]) -> Format:
    """Return the spelling that most of the samples share."""
    if field is None or field.type not in _READERS or field.type == "int":
        return Format()
    kind = {"datetime": "datetime", "boolean": "boolean"}.get(field.type, "id")
    counts: dict[str, int] = {}
    for sample in samples:
        spelling = _spelling(kind, sample)
        if spelling is not None:
            counts[spelling] = counts.get(spelling, 0) + 1
    if not counts:
        return Format(kind, {"datetime": "T|3|Z", "boolean": "true", "id": "18"}[kind])
    return Format(kind, max(counts, key=lambda spelling: counts[spelling]))


def _spelling(kind: str, sample: str) -> str | None:
    if kind == "id":
        return str(len(sample)) if len(sample) in (15, 18) else None
    if kind == "boolean":
        if sample in _TRUE:
            return sample
        return next((true for true, false in _OPPOSITE.items() if false == sample), None)
    found = _MOMENT.match(sample)
    return f"{found[2]}|{len(found[4] or '')}|{found[5]}" if found else None
