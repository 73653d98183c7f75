"""Links at the beginning or end of a text, which become messages of their own.

"When you send a message with a link at the beginning or end, the message is split" into a text and a RichLink (Messaging API, "Send
Message Use Cases").
"""

import re
from collections.abc import Iterator
from typing import Any, Final

_LINK: Final = r"https?://[^\s<>\"]*[^\s<>\".,;:!?)\]}]"
_FIRST: Final = re.compile(rf"({_LINK})(?=\s|\Z)")
_LAST: Final = re.compile(rf"(?:(?<=\s)|\A)({_LINK})\Z")
LONGEST_URL: Final = 2000


def parts_of(text: str) -> tuple[str, ...]:
    """Return a text in parts: links that stand at its beginning or end, and what is between them; one part where there is no such link."""
    rest = text.strip()
    first = _FIRST.match(rest)
    if first is None:
        before: tuple[str, ...] = ()
    else:
        before, rest = (first[1],), rest[first.end() :].strip()
    last = _LAST.search(rest[-LONGEST_URL:]) if rest else None
    if last is not None:
        parts = (*before, rest[: len(rest) - len(last[1])].strip(), last[1])
    else:
        parts = (*before, rest)
    found = tuple(filter(None, parts))
    return found if before or last is not None else (text,)


def is_link(part: str) -> bool:
    return len(part) <= LONGEST_URL and _FIRST.fullmatch(part) is not None


def contents_of(text: str) -> Iterator[tuple[dict[str, Any], str]]:
    """Yield the contents that a text is sent as, each with what there is to read in it. The title of a link is a guess: the link itself."""
    parts = parts_of(text)
    is_split = parts != (text,) or is_link(text)
    for part in parts:
        if is_split and is_link(part):
            yield (
                {"formatType": "RichLink", "linkItem": {"titleItem": {"title": part}, "url": part}, "image": None},
                part,
            )
        else:
            yield {"formatType": "Text", "text": part}, part
