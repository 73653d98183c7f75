"""Files that end users send: each is a ContentVersion of the session's, and an Attachments message of the conversation's."""

import re
from base64 import b64encode
from dataclasses import dataclass
from pathlib import PurePosixPath, PureWindowsPath
from typing import Any, Final

from ..errors import OrgError
from ..org.content import read_content
from ..org.integrity import is_live
from ..org.org import Org
from ..running.codec import decode, encode
from ..running.records import SystemRecords
from .endusers import EndUsers, Sent
from .incoming import Letter, Said
from .refusals import RuleRefused, Unknown
from .tokens import BadRequest, Token

FILE: Final = "file"
"""Kind of the rows of ``_messaging`` that lead from a conversation and an attachment's id to its ContentVersion."""
REFUSED_ENDINGS: Final = frozenset(
    {
        ".app", ".bat", ".cmd", ".com", ".dll", ".exe", ".hta", ".htm", ".html", ".jar", ".js", ".msi", ".ps1", ".scr", ".sh",
        ".svg", ".vbs",
    }
)  # fmt: skip
REFUSED_TYPES: Final = frozenset(
    {
        "application/javascript", "application/x-msdos-program", "application/x-msdownload", "application/x-sh",
        "image/svg+xml", "text/html", "text/javascript",
    }
)  # fmt: skip
"""What is not taken: what a browser or a system would run. A guess: which files a channel takes is set per org."""
LONGEST_NAME: Final = 255
UNKNOWN_TYPE: Final = "application/octet-stream"
MEDIA_TYPE: Final = re.compile(r"[\w.+-]{1,100}/[\w.+-]{1,100}", re.ASCII)


class FileTooLarge(OrgError):
    def __init__(self, most: int) -> None:
        super().__init__("FILE_TOO_LARGE", f"the file is larger than {most} bytes")


class FileRefused(OrgError):
    """Files of this type are not taken."""

    def __init__(self, name: str) -> None:
        super().__init__("UNSUPPORTED_FILE_TYPE", f"files such as {name} are not allowed")


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it came; content is None where it is larger than anything that is read."""

    name: str
    content_type: str
    content: bytes | None


@dataclass(frozen=True, slots=True)
class Kept:
    """Where a file of a conversation is: its ContentVersion."""

    version_id: str
    name: str
    content_type: str


class Attachments:
    """The files of one org's conversations."""

    def __init__(self, org: Org, end_users: EndUsers) -> None:
        self._org = org
        self._end_users = end_users
        self._runtime = end_users.runtime
        self._records = SystemRecords(org)

    def send(
        self, who: Token, conversation_id: str, letter: Letter, file_id: str, upload: Upload, url: str
    ) -> tuple[Sent, ...]:
        """Send a file with the one message of a letter, whose content is that message's text alone; keep it at the session.

        url: where the file will be found. Raises `FileTooLarge`, `FileRefused`, and what `EndUsers.send` raises.
        """
        conversation = self._end_users.own(who, conversation_id)
        name = plain_name(upload.name)
        content_type = media_type(upload.content_type)
        content = self._checked(conversation.deployment, name, content_type, upload)
        said = letter.said[0]
        abstract = {
            **said.abstract,
            "staticContent": {
                "formatType": "Attachments",
                "text": said.text,
                "attachments": [
                    {
                        "name": name,
                        "attachmentUploadResult": None,
                        "id": file_id,
                        "mimeType": content_type,
                        "url": url,
                        "referenceId": None,
                    }
                ],
            },
        }
        whole = Letter((Said(said.id, abstract, said.text),), letter.is_new_session, letter.attributes, letter.language)
        with self._runtime.waiters.held(), self._org.transaction() as transaction:
            if self._runtime.kept.find(transaction, conversation_id, said.id) is not None:
                return self._end_users.send(who, conversation_id, whole)
            if self._find(conversation_id, file_id) is not None:
                raise BadRequest("the fileId is that of another file of the conversation")
            version_id = self._records.new_id("ContentVersion", transaction)
            sent = self._end_users.send(who, conversation_id, whole, (version_id,))
            entry = self._runtime.kept.find(transaction, conversation_id, said.id)
            values = {
                "Title": PurePosixPath(name).stem or name,
                "PathOnClient": name,
                "VersionData": b64encode(content).decode(),
                "FirstPublishLocationId": entry.session_id if entry else None,
            }
            by, at = self._records.automated_process, self._runtime.now() / 1000
            self._records.create(by, "ContentVersion", values, transaction, at, version_id)
            kept = encode(Kept(version_id, name, content_type))
            place = transaction.placeholder
            transaction.run(
                f'INSERT INTO "_messaging" (kind, key, body) VALUES ({place}, {place}, {place})',
                [FILE, f"{conversation_id}/{file_id}", kept],
            )
        return sent

    def _checked(self, deployment_name: str, name: str, content_type: str, upload: Upload) -> bytes:
        """Return the content of a file that the channel takes."""
        deployment = self._runtime.look(lambda setup, state, now: setup.deployments.get(deployment_name))
        if deployment is None or not deployment.channel.attachments:
            raise RuleRefused("the channel takes no attachments")
        if upload.content is None or len(upload.content) > deployment.channel.max_file_bytes:
            raise FileTooLarge(deployment.channel.max_file_bytes)
        if not upload.content:
            raise BadRequest("the file is empty")
        if PurePosixPath(name.lower()).suffix in REFUSED_ENDINGS or content_type.lower() in REFUSED_TYPES:
            raise FileRefused(name)
        return upload.content

    def read(self, who: Token, conversation_id: str, file_id: str) -> tuple[str, str, bytes]:
        """Return name, media type and content of a file of a conversation, by its attachment's id. Raises `Unknown`."""
        self._end_users.own(who, conversation_id)
        kept = self._find(conversation_id, file_id) or self._sent_by_rep(conversation_id, file_id)
        sobject = self._org.catalog.get("ContentVersion")
        self._org.store.ensure(sobject)
        if kept is not None:
            with self._org.store.read() as rows:
                if is_live(rows, self._org.store, sobject, kept.version_id):
                    content = read_content(rows, sobject, "VersionData", kept.version_id)
                    return kept.name, kept.content_type, content or b""
        raise Unknown(f"there is no file {file_id} in the conversation {conversation_id}")

    def _find(self, conversation_id: str, file_id: str) -> Kept | None:
        place = self._org.store.placeholder
        found = self._org.store.select(
            f'SELECT body FROM "_messaging" WHERE kind = {place} AND key = {place}',
            [FILE, f"{conversation_id}/{file_id}"],
        )
        return decode(Kept, found[0][0]) if found else None

    def _sent_by_rep(self, conversation_id: str, version_id: str) -> Kept | None:
        """Return a file that a rep has sent: its attachment's id is that of the ContentVersion."""
        with self._org.store.read() as rows:
            said = self._runtime.kept.of(rows, conversation_id, limit=MOST_LOOKED_AT, types=("Message",))
        for entry in said:
            if version_id in entry.files:
                for attachment in _attachments(entry.payload):
                    if attachment.get("id") == version_id:
                        type_ = str(attachment.get("mimeType") or UNKNOWN_TYPE)
                        return Kept(version_id, str(attachment.get("name") or version_id), type_)
        return None


MOST_LOOKED_AT: Final = 10_000
"""Messages of a conversation that are looked through for a rep's file."""


def _attachments(payload: Any) -> list[Any]:
    content = payload.get("abstractMessage", {}).get("staticContent") or {}
    return [one for one in content.get("attachments") or [] if isinstance(one, dict)]


def media_type(given: str) -> str:
    """Return a media type that can stand in a header; another text is an unknown type."""
    return given if MEDIA_TYPE.fullmatch(given) else UNKNOWN_TYPE


def plain_name(name: str) -> str:
    """Return a file's name without folders and control characters; never empty."""
    last = PureWindowsPath(PurePosixPath(name).name).name
    shown = "".join(letter for letter in last if letter.isprintable()).strip(" .")
    stem, dot, ending = shown.rpartition(".")
    if len(shown) > LONGEST_NAME and dot and len(ending) < LONGEST_NAME:
        shown = stem[: LONGEST_NAME - len(ending) - 1] + dot + ending
    return shown[:LONGEST_NAME] or "file"
