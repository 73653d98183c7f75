"""What a quoted string stands for.

Escapes are those of the guide ("Quoted string escape sequences"); the parser has refused all others.
"""

import re
from typing import Final

_ESCAPE: Final = re.compile(r"\\([uU][0-9a-fA-F]{4}|.)", re.DOTALL)
_OFFSET_TIME: Final = re.compile(r"(\d\d):(\d\d)(:\d\d(?:\.\d+)?)([+-])(\d\d):?(\d\d)", re.ASCII)
_CONTROLS: Final = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}


MAXIMUM_TEXT: Final = 4000
"""Characters of one string in a condition (Salesforce developer limits, "SOQL and SOSL limits"); the wording is a guess."""


def quoted(text: str, before: str = "", after: str = "", *, is_pattern: bool = False) -> str:
    """Return the literal of a text, which is `text_value` the other way round; NUL, which no text holds, is left out.

    before, after: what stands beside it within the quotes, such as the wild cards of a pattern, where it stands for itself.
    """
    text = text.replace("\0", "").replace("\\", "\\\\").replace("'", "\\'")
    for letter, control in _CONTROLS.items():
        text = text.replace(control, f"\\{letter}")
    if is_pattern:
        text = text.replace("%", "\\%").replace("_", "\\_")
    return f"'{before}{text}{after}'"


def is_plain(raw: str) -> bool:
    """Tell whether a string literal stands for itself, is not empty and has letters of ASCII only."""
    return raw.isascii() and "\\" not in raw and "\0" not in raw and "\n" not in raw and 0 < len(raw) <= MAXIMUM_TEXT


def text_value(raw: str) -> str:
    """Return the text of a string literal, given what stands between its quotes."""
    if "\\" not in raw:
        return raw
    return _joined(_ESCAPE.sub(lambda escape: _character(escape[1]), raw))


def pattern_value(raw: str) -> str:
    """Return the pattern of a LIKE literal: ``%`` and ``_`` are wild, a backslash makes the next character literal."""
    if "\\" not in raw:
        return raw
    return _joined(_ESCAPE.sub(lambda escape: _pattern_character(escape[1]), raw))


def _character(escape: str) -> str:
    if len(escape) == 5:
        return chr(int(escape[1:], 16))
    return _CONTROLS.get(escape.lower(), escape)


def _pattern_character(escape: str) -> str:
    character = _character(escape)
    return "\\" + character if character in "\\%_" else character


def _joined(text: str) -> str:
    """Join the halves of characters beyond U+FFFF; a half without the other becomes the replacement character."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def in_utc(text: str) -> str:
    """Return a time of day with an offset as one in UTC; one that ends in Z stays."""
    match = _OFFSET_TIME.fullmatch(text)
    if match is None:
        return text
    minutes = int(match[4] + match[5]) * 60 + int(match[4] + match[6])
    total = (int(match[1]) * 60 + int(match[2]) - minutes) % (24 * 60)
    return f"{total // 60:02d}:{total % 60:02d}{match[3]}Z" if int(match[1]) < 24 and int(match[2]) < 60 else text


def whole(text: str) -> int:
    """Return the value of a whole number; beyond 18 digits it is no more than a very large one."""
    return int(text) if len(text) <= 18 else int(text[:18])
