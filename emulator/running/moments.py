"""Moments of the machines, in the form of records."""

from datetime import UTC, datetime

from ...schemas.values import datetime_text


def moment(seconds: float | None) -> str | None:
    """Return a time of a machine, seconds since 1970 UTC, as records hold it."""
    return None if seconds is None else datetime_text(datetime.fromtimestamp(seconds, UTC))
