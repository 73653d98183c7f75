"""Bodies on their way: hosts in texts are replaced, piece by piece where they are long, and the beginning is kept."""

import re
from collections.abc import Iterable, Iterator
from typing import Final

from ..cassette.hosts import Replacement

_TEXT: Final = re.compile(
    r"text/|.*(?:json|xml|javascript|urlencoded|csv|multipart|event-stream|scim)|\Z", re.IGNORECASE
)
_DELIMITERS: Final = ('"', "<", " ", "\n", ",", "'")
"""Characters that no host has, nor what stands around it in a URL."""
LONGEST_HOLD: Final = 65_536
TAIL: Final = 512
FRAME_END: Final = re.compile(r"\r?\n\r?\n")


def is_text(content_type: str) -> bool:
    """Tell whether hosts are looked for in a body."""
    return _TEXT.match(content_type) is not None


def rewritten(body: bytes, replace: Replacement) -> bytes:
    """Return a whole body with hosts replaced. Hosts are ASCII: whatever the encoding is, other bytes stay as they are."""
    return replace(body.decode("latin-1")).encode("latin-1")


def flowing(pieces: Iterable[bytes], replace: Replacement) -> Iterator[bytes]:
    """Yield pieces with hosts replaced, also those that two pieces share."""
    held = ""
    for piece in pieces:
        held += piece.decode("latin-1")
        cut = max(held.rfind(delimiter) for delimiter in _DELIMITERS)
        if cut <= 0:
            cut = len(held) - TAIL if len(held) > LONGEST_HOLD else 0
        if cut > 0:
            yield replace(held[:cut]).encode("latin-1")
            held = held[cut:]
    if held:
        yield replace(held).encode("latin-1")


def frames(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the events of a stream whole, each as soon as it is there; what stands behind the last one at its end."""
    held = ""
    for piece in pieces:
        held += piece.decode("latin-1")
        end = 0
        for found in FRAME_END.finditer(held):
            end = found.end()
        if end:
            yield held[:end].encode("latin-1")
            held = held[end:]
        elif len(held) > LONGEST_HOLD * 64:
            yield held.encode("latin-1")
            held = ""
    if held:
        yield held.encode("latin-1")


class Kept:
    """The beginning of a body, of so many bytes at most."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._content = bytearray()
        self.missing = 0

    def add(self, piece: bytes) -> None:
        room = self._most - len(self._content)
        self._content += piece[:room]
        self.missing += max(0, len(piece) - room)

    @property
    def content(self) -> bytes:
        return bytes(self._content)

    def __len__(self) -> int:
        return len(self._content) + self.missing
