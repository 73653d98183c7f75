"""Files that visitors send (R40)."""

from base64 import b64encode
from dataclasses import dataclass
from pathlib import PurePosixPath, PureWindowsPath
from typing import Any, Final

from ..errors import OrgError
from ..org.caller import Caller
from ..org.org import Org
from . import events
from .refusals import RuleRefused
from .runtime import ChatRuntime

MOST_BYTES: Final = 5_242_880
"""The largest file that a visitor may send, 5 MB; that the bound is binary is a guess."""
REFUSED_ENDINGS: Final = frozenset(
    {".bat", ".cmd", ".com", ".dll", ".exe", ".htm", ".html", ".js", ".msi", ".ps1", ".scr", ".sh", ".svg", ".vbs"}
)
"""Kinds of files that are never kept: what a browser or a system would run. A guess after Setup, "File Upload and Download Security"."""
LONGEST_NAME: Final = 80
VERSION: Final = "60.0"


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it came; content is None where it is larger than a file may be."""

    name: str
    content_type: str
    content: bytes | None


def keep(org: Org, runtime: ChatRuntime, key: str, token: str | None, upload: Upload) -> dict[str, Any]:
    """Keep a visitor's file at the record for which the agent asked for it; both sides are told how it went.

    Returns ``{"success", "id"}`` or ``{"success": false, "reason"}``. Raises `RuleRefused` when no agent has asked for a file.
    """

    def asked(desk: object, state: Any, now: int) -> Any:
        chat = state.chats.get(key)
        return chat.file_request if chat else None

    request = runtime.look(asked)
    if request is None or (token is not None and token != request.token):
        raise RuleRefused("R40", "no agent has asked for this file")
    name = plain_name(upload.name)
    problem = problem_of(name, upload)
    kept: dict[str, str] = {}

    def arrive(transaction: object, at: int) -> events.FileArrived:
        why = problem
        if why is None:
            try:
                kept["id"] = _attachment(org, Caller(request.agent_id, VERSION), request.record_id, name, upload)
            except OrgError as error:
                why = error.message
        return events.FileArrived(key, request.token, name, why, kept.get("id"))

    _, event = runtime.stepping(arrive)
    if event.problem is not None:
        return {"success": False, "reason": event.problem}
    return {"success": True, "id": kept["id"]}


def plain_name(name: str) -> str:
    """Return a file's name without folders and control characters; never empty."""
    last = PureWindowsPath(PurePosixPath(name).name).name
    shown = "".join(letter for letter in last if letter.isprintable()).strip(" .")
    stem, dot, ending = shown.rpartition(".")
    if len(shown) > LONGEST_NAME and dot:
        shown = stem[: LONGEST_NAME - len(ending) - 1] + dot + ending
    return shown[:LONGEST_NAME] or "file"


def problem_of(name: str, upload: Upload) -> str | None:
    """Return why a file is not taken, or None."""
    if upload.content is None or len(upload.content) > MOST_BYTES:
        return "the file is larger than 5 MB"
    if not upload.content:
        return "the file is empty"
    if PurePosixPath(name.lower()).suffix in REFUSED_ENDINGS:
        return "files of this type are not allowed"
    return None


def _attachment(org: Org, caller: Caller, record_id: str, name: str, upload: Upload) -> str:
    """Keep a file as an attachment of a record, or as a file on it where the record takes no attachments."""
    content = b64encode(upload.content or b"").decode()
    parent = org.catalog.get("Attachment").field("ParentId")
    sobject = org.catalog.by_prefix(record_id[:3])
    if parent is not None and sobject is not None and sobject.name in parent.reference_to:
        values = {"ParentId": record_id, "Name": name, "Body": content, "ContentType": upload.content_type or None}
        return org.records.create(caller, "Attachment", values)
    values = {"FirstPublishLocationId": record_id, "Title": name, "PathOnClient": name, "VersionData": content}
    return org.records.create(caller, "ContentVersion", values)
