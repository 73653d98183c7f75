"""Values between their canonical form and JSON, XML and CSV.

The canonical form is what the store keeps: text for ids and text (empty text is None), bool, int, float, ``2026-03-02``
for a date, ``2026-03-02T08:05:07.000+0000`` (always UTC, always this shape, so that text order is time order) for a
datetime, ``09:30:00.000Z`` for a time, bytes for base64.
"""

import base64
import re
from datetime import UTC, date, datetime
from typing import Any, Final

from .field import DOUBLE_TYPES, Field

EARLIEST_DATE: Final = "1700-01-01"
LATEST_DATE: Final = "4000-12-31"
EARLIEST_YEAR: Final = int(EARLIEST_DATE[:4])
LATEST_YEAR: Final = int(LATEST_DATE[:4])
"""The range of dates that the platform takes (Object reference, "Field Types")."""

_DATE: Final = re.compile(r"(\d{4})-(\d\d)-(\d\d)\Z", re.ASCII)
_DATETIME: Final = re.compile(
    r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?(Z|z|[+-]\d\d(?::\d\d|\d\d)?)\Z", re.ASCII
)
_IN_UTC: Final = re.compile(r"\d{4}-\d\d-\d\dT(?!24)\d\d:\d\d:\d\d(\.\d{3})?(?:Z|\+0000)\Z", re.ASCII)
_TIME: Final = re.compile(r"(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?(?:Z|z)?\Z", re.ASCII)
# Not all that int() and float() take is a number of a document: 1_000, nan, digits of other scripts.
_WHOLE: Final = re.compile(r"[+-]?\d{1,400}\Z", re.ASCII)
_DECIMAL: Final = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?\Z", re.ASCII)


class InvalidValue(ValueError):
    """The text is not a value of the field's type."""


def datetime_text(moment: datetime) -> str:
    """Return an aware datetime in the canonical form, cut to milliseconds."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")[:-6] + "+0000"


def parse_datetime(text: str) -> str:
    """Return the canonical form of an ISO 8601 datetime with ``Z`` or an offset. Raises `InvalidValue`."""
    match = _IN_UTC.match(text)
    if match is not None and EARLIEST_YEAR <= int(text[:4]) <= LATEST_YEAR:
        try:
            datetime.fromisoformat(text[:19])
        except ValueError:
            raise InvalidValue(text) from None
        return f"{text[:19]}{match[1] or '.000'}+0000"  # the short way of nearly all
    return datetime_text(read_datetime(text))


def read_datetime(text: str) -> datetime:
    """Return the aware datetime that ISO 8601 text with ``Z`` or an offset stands for. Raises `InvalidValue`."""
    match = _DATETIME.match(text)
    if match is None:
        raise InvalidValue(text)
    day, hour_minute, second, fraction, zone = match.groups()
    try:
        # The expression has refused the other forms that fromisoformat takes.
        moment = datetime.fromisoformat(
            f"{day}T{hour_minute}:{second or '00'}.{(fraction or '').ljust(6, '0')[:6]}{zone.upper()}"
        ).astimezone(UTC)
    except (ValueError, OverflowError):
        raise InvalidValue(text) from None
    if not EARLIEST_YEAR <= moment.year <= LATEST_YEAR:
        raise InvalidValue(text)
    return moment


def parse_date(text: str) -> str:
    """Return the canonical form of a date; a datetime is cut to its day in UTC. Raises `InvalidValue`."""
    match = _DATE.match(text)
    if match is None:
        return parse_datetime(text)[:10]
    try:
        date(*(int(part) for part in match.groups()))
    except ValueError:
        raise InvalidValue(text) from None
    if not EARLIEST_DATE <= text <= LATEST_DATE:
        raise InvalidValue(text)
    return text


def parse_time(text: str) -> str:
    """Return the canonical form of a time of day. Raises `InvalidValue`."""
    match = _TIME.match(text)
    if match is None:
        raise InvalidValue(text)
    hour, minute, second, fraction = match.groups()
    if int(hour) > 23 or int(minute) > 59 or int(second or 0) > 59:
        raise InvalidValue(text)
    return f"{hour}:{minute}:{second or '00'}.{(fraction or '').ljust(3, '0')[:3]}Z"


def parse_base64(text: str) -> bytes:
    """Return the bytes of base64 text; line breaks are allowed. Raises `InvalidValue`."""
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except ValueError:
        raise InvalidValue("base64") from None


def from_text(field: Field, text: str) -> Any:
    """Return the JSON value that text of an XML element or a CSV cell stands for; empty text is None.

    The value still has to pass the record schema: text that is no number of an int field stays text, so that the schema
    reports it. Source of the forms: Bulk API guide, "Valid CSV record rows"; booleans are any case of true, false, 1, 0.
    """
    if text == "":
        return None
    if field.type == "boolean":
        return {"true": True, "1": True, "false": False, "0": False}.get(text.strip().lower(), text)
    if field.type == "int" and _WHOLE.match(text):
        return int(text)
    if field.type in DOUBLE_TYPES and _DECIMAL.match(text):
        return float(text)
    return text


def to_json(field: Field, value: Any) -> Any:
    """Return the JSON value of a canonical one; only base64 differs."""
    return base64.b64encode(value).decode("ascii") if isinstance(value, bytes) else value


def to_xml(field: Field, value: Any) -> str | None:
    """Return the text of an XML element, None for an empty value. Datetimes end in ``Z``."""
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if field.type == "datetime":
        return str(value)[:-5] + "Z"
    return str(to_json(field, value))


def to_csv(field: Field, value: Any) -> str:
    """Return the text of a CSV cell as the Bulk API writes it: like XML, an empty cell for an empty value."""
    return to_xml(field, value) or ""
