"""Display formats of auto-numbers: ``T-{YYYY}{MM}{DD}-{0000}``.

Source: Salesforce Help, "Custom Field Types", Auto Number: ``{0}``, ``{000}`` and so on are the number with at least so
many digits, ``{YY}``, ``{YYYY}``, ``{MM}`` and ``{DD}`` the date of creation; all else stands as it is.
"""

import re
from datetime import date
from typing import Final

DEFAULT_FORMAT: Final = "{00000000}"
"""Used where no format is known. A guess, after the platform's default for standard objects."""
_PART: Final = re.compile(r"\{(0{1,10}|YYYY|YY|MM|DD)\}")
_DATES: Final = {"YYYY": "%Y", "YY": "%y", "MM": "%m", "DD": "%d"}
_WIDTHS: Final = {"YYYY": 4, "YY": 2, "MM": 2, "DD": 2}
_MOST_DIGITS: Final = 12


class InvalidFormat(ValueError):
    """The text is no display format."""


def check_format(display_format: str) -> None:
    """Raise `InvalidFormat` unless a format has one number, and no braces but those of numbers and dates."""
    rest = _PART.sub("", display_format)
    numbers = [part for part in _PART.findall(display_format) if part[0] == "0"]
    if len(numbers) != 1 or "{" in rest or "}" in rest or len(display_format) > 255:
        raise InvalidFormat(
            f"a display format has one number such as {{0000}} and may have {{YYYY}}, {{YY}}, {{MM}}, {{DD}}, "
            f"not {display_format!r}"
        )


def written(display_format: str, number: int, day: date) -> str:
    """Return a number as a format writes it on a day."""

    def part(match: re.Match[str]) -> str:
        word = match.group(1)
        return day.strftime(_DATES[word]) if word in _DATES else str(number).zfill(len(word))

    return _PART.sub(part, display_format)


def number_in(display_format: str, text: str) -> int | None:
    """Return the number in text that a format wrote on any day, or None."""
    pattern = ""
    end = 0
    for match in _PART.finditer(display_format):
        word = match.group(1)
        pattern += re.escape(display_format[end : match.start()])
        pattern += rf"[0-9]{{{_WIDTHS[word]}}}" if word in _WIDTHS else rf"([0-9]{{1,{_MOST_DIGITS}}})"
        end = match.end()
    found = re.fullmatch(pattern + re.escape(display_format[end:]), text)
    return int(found.group(1)) if found else None
