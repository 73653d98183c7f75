"""The user's key, and what is made with it: hashes and pseudonyms. It comes from a file or the environment, and is never written."""

from __future__ import annotations

import hmac
import os
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Final

from ..errors import UsageError

KEY_VARIABLE: Final = "CHATLIFT_PRIVACY_KEY"
_SHORTEST = 16
_CONSONANTS = "bdfgklmnprstvz"
_VOWELS = "aeiou"
_INITIALS = "ABDEFGHIKLMNOPRSTUVZ"


class Key:
    """A key. The same value and key give the same hash and the same pseudonym, in every run."""

    def __init__(self, secret: bytes) -> None:
        if len(secret) < _SHORTEST:
            raise UsageError(f"the privacy key has {len(secret)} bytes:", f"use at least {_SHORTEST}")
        self._secret = secret
        self.pseudonym = lru_cache(maxsize=65536)(self._pseudonym)

    def __repr__(self) -> str:
        return "Key(...)"

    def _digest(self, purpose: str, text: str) -> bytes:
        message = f"{purpose}\0{text}".encode("utf-8", "surrogatepass")
        return hmac.digest(self._secret, message, sha256)

    @property
    def check(self) -> str:
        """Return what tells this key from another and gives nothing of it away."""
        return self._digest("check", "").hex()[:16]

    def hash(self, value: str) -> str:
        """Return 32 hexadecimal digits that stand for a value."""
        return self._digest("value", value).hex()[:32]

    def _pseudonym(self, word: str) -> str:
        """Return the name that stands for one word of a name, written in its manner of capitals.

        Its initial depends on the word's initial alone, so that "Dana K" still goes with "Dana Kern".
        """
        folded = word.casefold()
        initial = _INITIALS[self._digest("initial", folded[0])[0] % len(_INITIALS)]
        if len(word) == 1:
            return initial
        digest = self._digest("name", folded)
        letters = [initial, _VOWELS[digest[0] % 5] if initial not in "AEIOU" else ""]
        for place in range(1, 7, 2):
            letters.append(_CONSONANTS[digest[place] % 14] + _VOWELS[digest[place + 1] % 5])
        name = "".join(letters)
        if word.isupper():
            return name.upper()
        return name.lower() if word.islower() else name


def read_key(file: Path | None) -> Key | None:
    """Return the key of a file, else that of the environment, None when there is neither."""
    if file is None:
        text = os.environ.get(KEY_VARIABLE, "")
        return Key(text.strip().encode()) if text.strip() else None
    try:
        return Key(file.read_bytes().strip())
    except OSError as error:
        raise UsageError(
            f"cannot read the privacy key {file} ({error.strerror}):", "check its path and permissions"
        ) from None
