"""Files that visitors of chats send as multipart/form-data."""

from io import BytesIO
from typing import Final

from flask import Request

from ..chat.files import MOST_BYTES, Upload
from ..errors import OrgError
from .exchange import body_of

MARGIN_BYTES: Final = 65_536
"""Bytes of a multipart body beside the file itself."""


def read_upload(request: Request) -> Upload:
    """Return the one file of a multipart body; of a body that is too large nothing. Raises `OrgError` for another body."""
    raw = body_of(request)  # to its end: a client that is cut off in the middle learns no reason
    if raw is None or len(raw) > MOST_BYTES + MARGIN_BYTES:
        return Upload("file", "", None)
    request.environ |= {"wsgi.input": BytesIO(raw), "CONTENT_LENGTH": str(len(raw)), "wsgi.input_terminated": False}
    for storage in request.files.values():
        return Upload(storage.filename or "file", storage.mimetype, storage.stream.read())
    raise OrgError("INVALID_ARGUMENT", "send the file as multipart/form-data")
