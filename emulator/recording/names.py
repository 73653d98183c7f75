"""What the recording calls a thing, and what the emulated org calls it: ids, tokens, UUIDs that stand for the same all through."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from ...schemas.ids import InvalidId, normalize

ID: Final = re.compile(r"(?<![0-9A-Za-z])(?:[0-9A-Za-z]{18}|[0-9A-Za-z]{15})(?![0-9A-Za-z])")
UUID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
STAND_IN: Final = re.compile(
    r"00D[0-9A-Za-z]{12}(?:[0-9A-Za-z]{3})?!scrubbed\.[0-9]+|5Aep861scrubbed\.[0-9]+"
    r"|eyJ[\w-]+\.[\w-]+\.scrubbed-[0-9]+|scrubbed-[0-9]+"
)
TIME: Final = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?")
_TOKEN: Final = re.compile(rf"{STAND_IN.pattern}|{UUID.pattern}|{ID.pattern}", re.IGNORECASE)
_SESSION: Final = re.compile(r"00D[0-9A-Za-z]{12}(?:[0-9A-Za-z]{3})?!scrubbed\.[0-9]+\Z")
CUSTOM: Final = "a"
"""The first character of the key prefixes that each org gives its own objects as it likes."""


def is_id(text: str) -> bool:
    """Tell whether a text is a record's id: of 18 characters by its checksum, of 15 by its digits."""
    if len(text) == 15:
        return text.isascii() and text.isalnum() and sum(map(str.isdigit, text)) >= 3
    if len(text) != 18 or not text.isascii() or not text.isalnum():
        return False
    try:
        return normalize(text) == text
    except InvalidId:
        return False


@dataclass(slots=True)
class Names:
    """Both sides' names, one for one. fresh_token: makes a session for a token whose login was not recorded."""

    fresh_token: Callable[[], str]
    _ours: dict[str, str] = field(default_factory=dict)
    _theirs: dict[str, str] = field(default_factory=dict)

    def binds(self, recorded: str, emulated: str) -> bool:
        """Let two names stand for the same; tell whether they do, or stood for others before."""
        known, other = self._ours.get(recorded), self._theirs.get(emulated)
        if known is None and other is None:
            self._ours[recorded], self._theirs[emulated] = emulated, recorded
            if len(recorded) == 18 and len(emulated) == 18 and is_id(recorded):
                self._ours.setdefault(recorded[:15], emulated[:15])
                self._theirs.setdefault(emulated[:15], recorded[:15])
            return True
        return known == emulated

    def bind_secret(self, stand_in: str, emulated: str) -> None:
        """Let a stand-in mean what the emulated org gave in its place, whatever it meant before."""
        self._ours[stand_in] = emulated

    def emulated(self, text: str) -> str:
        """Return a recorded text with the emulated org's names."""
        return _TOKEN.sub(self._name, text)

    def _name(self, found: re.Match[str]) -> str:
        recorded = found[0]
        known = self._ours.get(recorded)
        if known is None and _SESSION.match(recorded):
            known = self._ours[recorded] = self.fresh_token()
        return recorded if known is None else known
