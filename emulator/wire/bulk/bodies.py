"""Bodies of both Bulk APIs: large ones are read and written piece by piece, gzip or not, and all are bounded."""

import zlib
from collections.abc import Iterable, Iterator
from typing import Any, Final

from flask import Request

from ...org.jobs.errors import JobError, too_large
from ..exchange import CHUNK_BYTES, LONGEST_LENGTH, PlainResponse, is_packed, unpacked

MOST_DOCUMENT_BYTES: Final = 1_000_000
"""Of the description of a job."""
GZIP: Final = 16 + zlib.MAX_WBITS
FLUSH_BYTES: Final = 64 * 1024


def pieces(request: Request, most: int) -> Iterator[bytes]:
    """Yield a request's body as it comes, unzipped. Raises ClientInputError when there is more of it than `most` bytes."""
    length = request.environ.get("CONTENT_LENGTH") or ""
    if length.isdecimal() and (len(length) > LONGEST_LENGTH or int(length) > most):
        raise too_large(most)
    found = _raw(request)
    if is_packed(request):
        found = _unzipped(found)
    seen = 0
    for piece in found:
        seen += len(piece)
        if seen > most:
            raise too_large(most)
        yield piece


def document(request: Request, most: int = MOST_DOCUMENT_BYTES) -> bytes:
    """Return a short body."""
    return b"".join(pieces(request, most))


def _raw(request: Request) -> Iterator[bytes]:
    stream: Any = request.environ["wsgi.input"]
    if request.environ.get("wsgi.input_terminated"):
        try:
            while piece := stream.read(CHUNK_BYTES):
                yield piece
        except ValueError as error:  # a server says so when a chunk does not begin with its size
            raise JobError("ClientInputError", f"Failed to read request. {error}") from None
        return
    length = request.environ.get("CONTENT_LENGTH") or ""
    if length and not length.isdecimal():
        raise JobError("ClientInputError", f"Failed to read request. Content-Length is no number: {length[:20]}")
    left = int(length or 0)
    while left > 0:
        piece = stream.read(min(left, CHUNK_BYTES))
        if not piece:
            # A cut connection must not pass for the whole of the data.
            raise JobError("ClientInputError", "Failed to read request. The connection was closed")
        left -= len(piece)
        yield piece


def _unzipped(packed: Iterable[bytes]) -> Iterator[bytes]:
    try:
        yield from unpacked(packed)
    except zlib.error:
        raise JobError("ClientInputError", "Failed to read request. Not in GZIP format") from None


def streamed(request: Request, body: Iterable[bytes], content_type: str, *more: tuple[str, str]) -> PlainResponse:
    """Return an answer whose body is made while it is sent; as gzip when the client takes it."""
    headers = [*more, ("Content-Type", content_type)]
    if takes_gzip(request):
        body = _zipped(body)
        headers += [("Content-Encoding", "gzip"), ("Vary", "Accept-Encoding")]
    return PlainResponse(body, 200, headers)


def takes_gzip(request: Request) -> bool:
    return "gzip" in request.environ.get("HTTP_ACCEPT_ENCODING", "").lower()


def _zipped(body: Iterable[bytes]) -> Iterator[bytes]:
    deflater = zlib.compressobj(1, zlib.DEFLATED, GZIP)
    kept = bytearray()
    for piece in body:
        kept += deflater.compress(piece)
        if len(kept) >= FLUSH_BYTES:
            yield bytes(kept)
            kept.clear()
    yield bytes(kept) + deflater.flush()
