"""The beginning of a request's body, read before anybody answers it, and left in place for who does."""

import zlib
from typing import IO, Final

from flask import Request

from .exchange import is_packed

HEAD_BYTES: Final = 8_192
_GZIP_OR_ZLIB: Final = 32 + zlib.MAX_WBITS


class Peeked:
    """A body whose beginning has been read; it reads as if it had not."""

    def __init__(self, head: bytes, rest: IO[bytes]) -> None:
        self._head = head
        self._rest = rest

    def read(self, size: int = -1) -> bytes:
        head = self._head
        if not head:
            return self._rest.read(size)
        if 0 <= size <= len(head):
            self._head = head[size:]
            return head[:size]
        self._head = b""
        return head + self._rest.read(-1 if size < 0 else size - len(head))

    def readline(self, size: int = -1) -> bytes:
        if not self._head:
            return self._rest.readline(size)
        end = self._head.find(b"\n") + 1
        if end == 0 and size < 0:
            head, self._head = self._head, b""
            return head + self._rest.readline()
        return self.read(min(end or len(self._head), size if size >= 0 else len(self._head)))


def peek(request: Request) -> bytes:
    """Return the beginning of a request's body, and leave the whole of it to be read."""
    environ = request.environ
    length = environ.get("CONTENT_LENGTH") or ""
    if environ.get("wsgi.input_terminated"):
        wanted = HEAD_BYTES
    elif length.isdecimal() and length != "0":
        wanted = min(int(length[:18]), HEAD_BYTES)
    else:
        return b""
    stream = environ["wsgi.input"]
    try:
        head: bytes = stream.read(wanted)
    except ValueError:  # chunks that are none: whoever reads on meets the same, and says so
        return b""
    environ["wsgi.input"] = Peeked(head, stream)
    return head


def shown(request: Request, head: bytes) -> str:
    """Return the beginning of a body as text, unpacked."""
    if is_packed(request):
        try:
            head = zlib.decompressobj(wbits=_GZIP_OR_ZLIB).decompress(head, HEAD_BYTES)
        except zlib.error:
            return ""
    return head.decode(errors="replace")
