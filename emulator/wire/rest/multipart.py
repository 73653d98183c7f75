"""Bodies of several parts: a record as JSON, and the contents of its files as they are.

REST guide, "Insert or Update Blob Data": the first part is the record, of the type ``application/json``; each other part is named
after a base64 field. The names of the first part that the guide uses (``entity_document``, ``entity_content``) are not looked at.
"""

import base64
from io import BytesIO
from typing import IO, Any, Final

from werkzeug.datastructures import FileStorage
from werkzeug.exceptions import HTTPException
from werkzeug.formparser import FormDataParser

from ...errors import OrgError

MULTIPART: Final = "multipart/form-data"
MAX_MULTIPART_BYTES: Final = 256 * 1024 * 1024
"""The platform takes 500 MB, and 2 GB for a ContentVersion; ours is what the server reads off a socket."""
JSON_PART: Final = "application/json"


def parts(raw: bytes, options: dict[str, str]) -> tuple[bytes, dict[str, str]]:
    """Return the JSON of a body, and the base64 text of each content by the name of its part."""
    parser = FormDataParser(in_memory, max_form_memory_size=MAX_MULTIPART_BYTES, silent=False)
    try:
        _, fields, files = parser.parse(BytesIO(raw), MULTIPART, len(raw), options)
    except (ValueError, HTTPException) as error:
        raise OrgError("INVALID_MULTIPART_REQUEST", f"The multipart body cannot be read: {error}") from error
    record = next((value.encode() for value in fields.values()), None)
    contents: dict[str, str] = {}
    for name, file in files.items():
        if record is None and file.mimetype == JSON_PART:
            record = file.read()
        else:
            contents[name] = encoded(file)
    if record is None:
        raise OrgError("INVALID_MULTIPART_REQUEST", "A multipart body needs a part of the type application/json.")
    return record, contents


def in_memory(*_: Any, **__: Any) -> IO[bytes]:
    """Return where a part is put; werkzeug would open a temporary file and leave it to the garbage collector."""
    return BytesIO()


def encoded(file: FileStorage) -> str:
    """Return a content as base64, the form in which JSON would have brought it."""
    return base64.b64encode(file.read()).decode("ascii")
