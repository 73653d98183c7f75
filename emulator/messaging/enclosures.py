"""Files that reps send: ContentVersions that they may read, each told whole to the end user, who fetches it from his conversation."""

from collections.abc import Mapping
from mimetypes import guess_type
from typing import Any, Final

from ...schemas.ids import InvalidId, normalize
from ..errors import OrgError
from ..org.caller import Caller
from ..org.org import Org
from .attachments import UNKNOWN_TYPE
from .refusals import Unknown

FILES: Final = "/iamessage/api/v2/conversation/{conversation_id}/file/{file_id}"
"""Where an end user fetches a file of his conversation."""
MOST: Final = 10
"""Files of one message. A guess."""
Given = Mapping[str, Any]


def enclosed(org: Org, caller: Caller, message: Given, conversation_id: str, origin: str) -> Given:
    """Return a message whose attachments are told whole; any other as it is. Raises `Unknown` for a file that the rep cannot read.

    origin: of the addresses under which files are found.
    """
    content = message.get("staticContent")
    attachments = content.get("attachments") if isinstance(content, Mapping) else None
    if (
        not isinstance(content, Mapping)
        or content.get("formatType") != "Attachments"
        or not isinstance(attachments, list)
    ):
        return message
    if len(attachments) > MOST:
        raise OrgError("INVALID_ARGUMENT", f"a message has at most {MOST} attachments")
    whole = [_whole(org, caller, one, conversation_id, origin) for one in attachments]
    return {**message, "staticContent": {**content, "attachments": whole}}


def _whole(org: Org, caller: Caller, attachment: Any, conversation_id: str, origin: str) -> dict[str, Any]:
    given = attachment.get("id") if isinstance(attachment, Mapping) else None
    if not isinstance(given, str):
        raise OrgError("INVALID_ARGUMENT", "each of the attachments has an id, that of a ContentVersion")
    try:
        id_ = normalize(given)
        row = org.records.retrieve(caller, "ContentVersion", id_, ["Title", "PathOnClient"])
    except (InvalidId, OrgError):
        raise Unknown(f"there is no file {given} that the rep can read") from None
    name = str(row["PathOnClient"] or row["Title"] or id_)
    return {
        "name": name,
        "attachmentUploadResult": None,
        "id": id_,
        "mimeType": guess_type(name)[0] or UNKNOWN_TYPE,
        "url": origin + FILES.format(conversation_id=conversation_id, file_id=id_),
        "referenceId": None,
    }
