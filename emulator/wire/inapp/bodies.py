"""Bodies of the end-user API as they come, and answers as they go."""

import re
from collections.abc import Iterable, Mapping
from io import BytesIO
from typing import IO, Any, Final

import orjson
from flask import Request, Response
from werkzeug.exceptions import HTTPException
from werkzeug.formparser import FormDataParser

from ...messaging.attachments import Upload
from ...messaging.endusers import Sent
from ...messaging.options import show_form
from ...messaging.setup import Deployment
from ...messaging.tokens import Issued
from ..exchange import MAX_BODY_BYTES, body_of
from .errors import InAppRefused

JSON: Final = "application/json"
MULTIPART: Final = "multipart/form-data"
MOST_JSON_BYTES: Final = 1_048_576
ENTRY_PART: Final = "messageEntry"
BOUNDARY: Final = re.compile(r"boundary=\s*\"?([^\";\s]+)")
"""A client whose files were taken writes a blank before the boundary."""


def document(request: Request) -> Mapping[str, Any]:
    """Return the JSON object in a body. Raises `InAppRefused`."""
    raw = body_of(request)  # to its end: a client that is cut off in the middle learns no reason
    if raw is None or len(raw) > MOST_JSON_BYTES:
        raise InAppRefused(413, f"the body is larger than {MOST_JSON_BYTES} bytes")
    return _object(raw, "the body")


def _object(raw: bytes, what: str) -> Mapping[str, Any]:
    try:
        loaded = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise InAppRefused(400, f"{what} is no JSON: {error}") from error
    if not isinstance(loaded, dict):
        raise InAppRefused(400, f"{what} is no JSON object")
    return loaded


def file_parts(request: Request) -> tuple[Mapping[str, Any], Upload]:
    """Return what is said about a file, and the file: a part ``messageEntry`` and one other, whatever its name.

    The file part's name is not documented; a client whose files were taken calls it ``fileData``.
    """
    if request.mimetype != MULTIPART:
        raise InAppRefused(415, f"send the file as {MULTIPART}")
    raw = body_of(request)
    if raw is None:
        raise InAppRefused(413, f"the body is larger than {MAX_BODY_BYTES} bytes")
    parser = FormDataParser(in_memory, max_form_memory_size=MOST_JSON_BYTES, max_form_parts=10, silent=False)
    boundary = BOUNDARY.search(request.headers.get("Content-Type", ""))
    options = {"boundary": boundary[1]} if boundary else {}
    try:
        _, fields, files = parser.parse(BytesIO(raw), MULTIPART, len(raw), options)
    except (ValueError, HTTPException) as error:
        raise InAppRefused(400, f"the multipart body cannot be read: {error}") from error
    entry = fields.get(ENTRY_PART)
    said = entry.encode() if entry is not None else None
    if said is None and ENTRY_PART in files:
        said = files[ENTRY_PART].read()
    if said is None or len(said) > MOST_JSON_BYTES:
        raise InAppRefused(400, f"a part {ENTRY_PART} with JSON is required")
    uploads = [file for name, file in files.items(multi=True) if name != ENTRY_PART]
    if len(uploads) != 1:
        raise InAppRefused(400, "exactly one file part is required")
    (file,) = uploads
    upload = Upload(file.filename or file.name or "file", file.mimetype, file.stream.read())
    return _object(said, f"the part {ENTRY_PART}"), upload


def in_memory(*_: Any, **__: Any) -> IO[bytes]:
    """Return where a part is put; werkzeug would open a temporary file and leave it to the garbage collector."""
    return BytesIO()


def reply(body: Any, status: int = 200) -> Response:
    """Return a value as JSON that nobody keeps."""
    response = Response(orjson.dumps(body), status, content_type=JSON)
    response.headers["Cache-Control"] = "no-store"
    return response


def taken(sent: Iterable[Sent]) -> Response:
    """Answer that entries were taken (202)."""
    return reply({"conversationEntries": [{"id": one.id, "clientTimestamp": one.time} for one in sent]}, 202)


def token_json(issued: Issued) -> dict[str, Any]:
    """Return what a client gets with its token: where its stream begins, who it is, and the forms to show."""
    end_user = {"appType": "iamessage", "subject": issued.token.subject, "role": "EndUser",
                "clientIdentifier": issued.token.client}  # fmt: skip
    return {
        "accessToken": issued.text,
        "lastEventId": str(issued.last_event),
        "context": {
            "deviceId": issued.token.device,
            "endUser": end_user,
            "configuration": {"embeddedServiceConfig": _configuration(issued.deployment)},
        },
    }


def _configuration(deployment: Deployment) -> dict[str, Any]:
    return {
        "name": deployment.name,
        "label": deployment.label,
        "deploymentType": deployment.platform,
        "forms": [show_form(form) for form in deployment.channel.forms],
        "choiceListConfig": {"choiceList": []},
    }
