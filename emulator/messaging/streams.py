"""What the event streams of end users were told, in order: a stream that was cut off goes on behind the last event that it has.

Events are numbered over the whole org (Messaging API, "Server-Sent Events": ``id`` increases).
"""

from dataclasses import dataclass
from typing import Any, Final

import orjson

from ..running.waiters import Waiters
from ..store import Reader, Store, Transaction
from .effects import Entry
from .state import Conversation

CHANNEL_TYPE: Final = "embedded_messaging"
COUNTER: Final = "messaging_event"


@dataclass(frozen=True, slots=True)
class StreamEvent:
    """One event: its ``id``, ``event`` and ``data``, a JSON text of one line."""

    number: int
    event: str
    data: str


class Streams:
    """The events of one org's end users. `waiters` has their streams, by subject."""

    def __init__(self, store: Store, waiters: Waiters) -> None:
        self._store = store
        self.waiters = waiters

    def put(
        self, transaction: Transaction, conversation: Conversation, channel_address: str, entry: Entry, event: str
    ) -> None:
        """Tell the end user's streams of an entry; nothing is told of one that he does not see."""
        if entry.is_hidden:
            return
        data = {
            "channelPlatformKey": channel_address,
            "channelType": CHANNEL_TYPE,
            "channelAddressIdentifier": channel_address,
            "conversationId": conversation.id,
            "conversationEntry": entry_json(entry, payload_as_text=True),
        }
        transaction.run(
            'INSERT INTO "_messaging_event" (number, subject, event, data)'
            f" VALUES ({', '.join([self._store.placeholder] * 4)})",
            [transaction.next_number(COUNTER), conversation.subject, event, orjson.dumps(data).decode()],
        )

    def last_number(self, rows: Reader) -> int:
        """Return the number of the last event of the org, 0 when there was none."""
        found = rows.one('SELECT MAX(number) FROM "_messaging_event"')
        return int(found[0] or 0) if found else 0

    def after(self, rows: Reader, subject: str, number: int, limit: int) -> list[StreamEvent]:
        """Return the next events of an end user behind a number."""
        place = self._store.placeholder
        found = rows.execute(
            f'SELECT number, event, data FROM "_messaging_event" WHERE subject = {place} AND number > {place}'
            f" ORDER BY number LIMIT {place}",
            [subject, number, limit],
        )
        return [StreamEvent(int(number), event, data) for number, event, data in found]

    def retell(self, transaction: Transaction, subject: str, entry: Entry) -> None:
        """Put an entry in its own former place: its words were redacted, and a stream that resumes must not bring them back."""
        place = self._store.placeholder
        found = transaction.execute(
            f'SELECT number, data FROM "_messaging_event" WHERE subject = {place} AND event = {place}',
            [subject, "CONVERSATION_MESSAGE"],
        )
        for number, text in found:
            data = orjson.loads(text)
            if data["conversationEntry"]["identifier"] == entry.id:
                data["conversationEntry"] = entry_json(entry, payload_as_text=True)
                transaction.run(
                    f'UPDATE "_messaging_event" SET data = {place} WHERE number = {place}',
                    [orjson.dumps(data).decode(), number],
                )


def entry_json(entry: Entry, *, payload_as_text: bool) -> dict[str, Any]:
    """Return a conversation entry as clients get it; event streams carry the payload as a text (Messaging API, "Structure")."""
    return {
        "senderDisplayName": entry.name,
        "identifier": entry.id,
        "entryType": entry.type,
        "entryPayload": orjson.dumps(entry.payload).decode() if payload_as_text else dict(entry.payload),
        "sender": {
            "role": entry.role,
            "appType": entry.app_type,
            "subject": entry.subject,
            "clientIdentifier": entry.client or None,
        },
        "transcriptedTimestamp": entry.time,
        "clientTimestamp": entry.client_time,
        "clientDuration": 0,
        "relatedRecords": list(entry.related),
    }
