"""What a recorder has to understand of a request before it hands it on."""

import zlib
from typing import Final

from ..errors import OrgError
from ..wire.exchange import PACKINGS
from ..wire.exchange import unpacked as unpacked_pieces
from ..wire.meaning import BULK2, OAUTH, REST, SOAP, meaning

HEAD_BYTES: Final = 65_536
READING_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
READING_WORDS: Final = ("query", "retrieve", "describe", "search", "get", "login", "logout")
READING_POSTS: Final = frozenset({"retrieve", "parameterizedSearch", "query", "search"})
LOGINS: Final = frozenset({"token", "introspect", "userinfo", "authorize"})


def writes(method: str, path: str, query: str, body: bytes) -> str:
    """Return why a call may change the org, in a few words; empty when it only reads or logs in."""
    if method in READING_METHODS and not path.startswith("/services/oauth2/revoke"):
        return ""
    meant = meaning(method, path, query, body[:HEAD_BYTES].decode(errors="replace"))
    name = meant.operation
    if meant.api == SOAP:
        reads = name.startswith(READING_WORDS)
    elif meant.api == OAUTH:
        reads = name in LOGINS
    elif meant.api == BULK2:
        reads = "/jobs/query" in path
    else:
        reads = meant.api == REST and method == "POST" and name in READING_POSTS
    return "" if reads else f"{method} {name or path} may write"


def unpacked(body: bytes, encoding: str, most: int) -> bytes:
    """Return what a body says, so many bytes of it at most; one that cannot be unpacked stays as it is."""
    if encoding.strip().lower() not in PACKINGS:
        return body[:most]
    found = bytearray()
    try:
        for piece in unpacked_pieces([body]):
            found += piece
            if len(found) >= most:
                break
    except (zlib.error, OrgError):
        return bytes(found[:most]) or body[:most]
    return bytes(found[:most])
