"""Conversation entries as administrators read and redact them: they are kept beside the org's records.

Messaging object model guide, "Access Conversation Data": the Connect API gives texts of people, the Conversation Data API whole entries.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from ..errors import OrgError, not_found
from ..org.caller import Caller
from ..org.org import Org
from ..running.waiters import Waiters
from ..store import Reader, Transaction
from ..store.layout import long_table, quoted
from .effects import Entry
from .kept import STATIC, Entries
from .state import Role
from .streams import Streams

PERMISSION: Final = "CanAccessCE"
"""The user permission "Access Conversation Entries"."""
MESSAGE: Final = "Message"
WORDED: Final = ("Text", "Attachments")
"""Formats whose words the Connect API gives: "returns text-only transcripts" (Salesforce Help, access_conv_data_using_conversation_entries)."""


@dataclass(frozen=True, slots=True)
class Part:
    """Which entries are asked for. start, end: milliseconds since 1970, inclusive. passed: entries of earlier pages."""

    limit: int
    start: int = 0
    end: int | None = None
    newest_first: bool = True
    passed: int = 0


@dataclass(frozen=True, slots=True)
class Redaction:
    """Other words in the place of a message's."""

    entry_id: str
    text: str


class OffPlatform:
    """The entries of every conversation of one org, for whoever may access them. Raises `OrgError`."""

    def __init__(self, org: Org) -> None:
        self._org = org
        self._entries = Entries(org.store)
        self._streams = Streams(org.store, Waiters(shared=False))

    def check_access(self, caller: Caller) -> None:
        """Refuse a user without the permission "Access Conversation Entries". The words are a guess."""
        if not self._org.rights.allows(caller, PERMISSION):
            raise OrgError("INSUFFICIENT_ACCESS", "You don't have the Access Conversation Entries permission.")

    def texts(self, identifier: str, part: Part) -> list[Entry]:
        """Return the messages of a conversation that have words: those of people and of the channel, not those of bots."""
        self._check_known(identifier)
        with self._org.store.read() as rows:
            return self._read(rows, identifier, part, messages_only=True)[: part.limit]

    def whole(self, identifier: str, part: Part) -> tuple[list[Entry], bool]:
        """Return entries of every kind, those too that the end user does not see, and whether there are more of them."""
        self._check_known(identifier)
        with self._org.store.read() as rows:
            found = self._read(rows, identifier, part, messages_only=False)
        return found[part.passed : part.passed + part.limit], len(found) > part.passed + part.limit

    def _read(self, rows: Reader, identifier: str, part: Part, *, messages_only: bool) -> list[Entry]:
        """Return entries from the first page on, and one more than asked for."""
        return self._entries.of(
            rows, identifier, start=part.start, end=part.end, newest_first=part.newest_first,
            limit=part.passed + part.limit + 1, types=(MESSAGE,) if messages_only else (), hidden=not messages_only,
            only=is_worded if messages_only else None,
        )  # fmt: skip

    def redact(self, identifier: str, redactions: Iterable[Redaction]) -> list[bool]:
        """Put other words in the place of messages', wherever they stand; tell of each whether there is such a message."""
        self._check_known(identifier)
        with self._org.transaction() as transaction:
            return [self._redact(transaction, identifier, one) for one in redactions]

    def _redact(self, transaction: Transaction, identifier: str, redaction: Redaction) -> bool:
        before = self._entries.find(transaction, identifier, redaction.entry_id)
        if before is None or not is_worded(before):
            return False
        self._entries.replace_text(transaction, identifier, before.id, redaction.text)
        after = self._entries.find(transaction, identifier, before.id)
        if after is not None:
            for subject in self._subjects(transaction, identifier):
                self._streams.retell(transaction, subject, after)
        self._redact_rows(transaction, before, redaction.text)
        return True

    def _subjects(self, rows: Reader, identifier: str) -> list[str]:
        """Return the platform keys of the end users of a conversation."""
        self._org.store.ensure(*map(self._org.catalog.get, ("Conversation", "MessagingSession", "MessagingEndUser")))
        found = rows.execute(
            'SELECT DISTINCT u."MessagingPlatformKey" FROM "Conversation" c'
            ' JOIN "MessagingSession" s ON s."ConversationId" = c."Id"'
            ' JOIN "MessagingEndUser" u ON u."Id" = s."MessagingEndUserId"'
            f' WHERE c."ConversationIdentifier" = {self._org.store.placeholder}',
            [identifier],
        )
        return [str(row[0]) for row in found]

    def _redact_rows(self, transaction: Transaction, before: Entry, text: str) -> None:
        """Let the words go from the org's own rows too: the entry's, where entries are on platform, and the session's preview."""
        entries, sessions = (self._org.catalog.get(name) for name in ("ConversationEntry", "MessagingSession"))
        self._org.store.ensure(entries, sessions)
        place = transaction.placeholder
        rows = f'SELECT "_row" FROM "ConversationEntry" WHERE "MessageIdentifier" = {place}'
        table = long_table(entries.name) if "Message" in entries.long_names else entries.name
        transaction.run(
            f'UPDATE {quoted(table)} SET "Message" = {place} WHERE "Message" IS NOT NULL AND "_row" IN ({rows})',
            [text, before.id],
        )
        length = sessions.field("PreviewDetails")
        shown = before.text[: length.length] if length is not None else before.text
        transaction.run(
            f'UPDATE "MessagingSession" SET "PreviewDetails" = {place} WHERE "Id" = {place} AND "PreviewDetails" = {place}',
            [text[: len(shown)] if length is None else text[: length.length], before.session_id or "", shown],
        )

    def _check_known(self, identifier: str) -> None:
        """Refuse a conversation that the org has no row of. That it is NOT_FOUND is a guess."""
        self._org.store.ensure(self._org.catalog.get("Conversation"))
        place = self._org.store.placeholder
        sql = f'SELECT 1 FROM "Conversation" WHERE "ConversationIdentifier" = {place} LIMIT 1'
        if not self._org.store.select(sql, [identifier]):
            raise not_found()


def is_worded(entry: Entry) -> bool:
    """Tell whether the Connect API gives an entry: a message with words of its own, and not a bot's."""
    abstract = entry.payload.get("abstractMessage") or {}
    static = abstract.get("staticContent") or {}
    return (
        entry.type == MESSAGE
        and entry.role is not Role.BOT
        and abstract.get("messageType") == STATIC
        and static.get("formatType") in WORDED
        and bool(entry.text)
    )
