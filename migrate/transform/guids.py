"""GUIDs that depend on nothing but names, made without the detour over UUID objects."""

from __future__ import annotations

from functools import lru_cache
from hashlib import sha1
from uuid import NAMESPACE_URL, UUID

CHAT_KEYS = NAMESPACE_URL.hex
"""Namespace of the conversations that stand for a ChatKey."""

OFF_PLATFORM = UUID("6f6d5cda-0c1e-5f0e-9a47-2f1f6f1c0d11").hex
"""Namespace of off-platform entries."""

_VARIANT = {digit: "89ab"[int(digit, 16) & 3] for digit in "0123456789abcdef"}


@lru_cache(maxsize=64)
def _space(namespace: str) -> bytes:
    return bytes.fromhex(namespace.replace("-", ""))


def guid(namespace: str, name: str) -> str:
    """Return `uuid5(namespace, name)` as text; the namespace is hexadecimal, with or without hyphens."""
    text = sha1(_space(namespace) + name.encode(), usedforsecurity=False).hexdigest()
    return f"{text[:8]}-{text[8:12]}-5{text[13:16]}-{_VARIANT[text[16]]}{text[17:20]}-{text[20:32]}"


def numbered(namespace: str, count: int) -> list[str]:
    """Return as many GUIDs of a namespace, which differ in their last eight digits, 00000001 and so on.

    The rest of them is a hash of the namespace, one for all: version 8 of RFC 9562, whose content is the program's own affair.
    """
    text = sha1(_space(namespace), usedforsecurity=False).hexdigest()
    stem = f"{text[:8]}-{text[8:12]}-8{text[13:16]}-{_VARIANT[text[16]]}{text[17:20]}-{text[20:24]}"
    return [f"{stem}{number:08x}" for number in range(1, count + 1)]
