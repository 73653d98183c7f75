"""The org's chance: the only place that draws tokens, codes and keys.

Without a seed it draws what nobody can guess. With one the same script draws the same in every run: for tests, never where others can call.
"""

import secrets
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from hashlib import blake2b
from threading import Lock
from typing import Final, TypeVar

T = TypeVar("T")
_BLOCK: Final = 64


class Chance:
    """Draws bytes, and texts made of them. Safe to use from several threads."""

    def __init__(self, seed: int | None = None) -> None:
        self._seed = seed
        self._drawn = 0
        self._lock = Lock()

    @property
    def is_seeded(self) -> bool:
        """Tell whether it draws the same in every run."""
        return self._seed is not None

    def restart(self) -> None:
        """Draw from the start again."""
        with self._lock:
            self._drawn = 0

    def octets(self, count: int) -> bytes:
        """Return as many bytes."""
        if self._seed is None:
            return secrets.token_bytes(count)
        blocks = -(count // -_BLOCK)
        with self._lock:
            first = self._drawn
            self._drawn += blocks
        drawn = (blake2b(f"{self._seed}:{number}".encode()).digest() for number in range(first, first + blocks))
        return b"".join(drawn)[:count]

    def text(self, count: int) -> str:
        """Return so many bytes as letters, digits, ``-`` and ``_``."""
        return urlsafe_b64encode(self.octets(count)).rstrip(b"=").decode()

    def digits(self, count: int) -> str:
        """Return so many bytes as hexadecimal digits."""
        return self.octets(count).hex()

    def one_of(self, choices: Sequence[T]) -> T:
        """Return one of some."""
        return choices[int.from_bytes(self.octets(8)) % len(choices)]
