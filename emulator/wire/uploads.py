"""Files that visitors of chats send as multipart/form-data."""

from typing import Final

from flask import Request

from ..chat.files import MOST_BYTES, Upload
from ..errors import OrgError

MARGIN_BYTES: Final = 65_536
"""Bytes of a multipart body beside the file itself."""


def read_upload(request: Request) -> Upload:
    """Return the one file of a multipart body; one that is too large is not read. Raises `OrgError` for another body."""
    length = request.content_length
    if length is None or length > MOST_BYTES + MARGIN_BYTES:
        return Upload("file", "", None)
    for storage in request.files.values():
        return Upload(storage.filename or "file", storage.mimetype, storage.stream.read())
    raise OrgError("INVALID_ARGUMENT", "send the file as multipart/form-data")
