"""The conversation entries, whole, as the platform keeps them beside the org's records (Messaging object model, "Access Data")."""

from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from typing import Any, Final

from ..running.codec import decode, encode
from ..store import Reader, Store, Transaction
from .effects import Entry

PAGE: Final = 200
"""Rows read at once where some of them may not be wanted."""
TEXT: Final = "Text"
STATIC: Final = "StaticContentMessage"


class Entries:
    """The entries of every conversation of one org, those of conversations that have ended too."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def add(self, transaction: Transaction, conversation_id: str, entry: Entry) -> None:
        """Keep an entry at its place in the conversation."""
        transaction.run(
            'INSERT INTO "_messaging_entry" (conversation_id, sequence, id, session_id, type, time, body)'
            f" VALUES ({', '.join([self._store.placeholder] * 7)})",
            [
                conversation_id,
                entry.sequence,
                entry.id,
                entry.session_id or "",
                entry.type,
                entry.time,
                encode(entry),
            ],
        )

    def of(
        self,
        rows: Reader,
        conversation_id: str,
        *,
        start: int = 0,
        end: int | None = None,
        newest_first: bool = True,
        limit: int = PAGE,
        types: Collection[str] = (),
        hidden: bool = False,
        only: Callable[[Entry], bool] | None = None,
    ) -> list[Entry]:
        """Return entries of a conversation by their time. start, end: milliseconds since 1970, inclusive.

        types: none means all. hidden: with those that only reps and supervisors see. only: picks those that are wanted.
        """
        found: list[Entry] = []
        for entry in self._each(rows, conversation_id, start, end, newest_first, types):
            if len(found) >= limit:
                break
            if (hidden or not entry.is_hidden) and (only is None or only(entry)):
                found.append(entry)
        return found

    def _each(
        self,
        rows: Reader,
        conversation_id: str,
        start: int,
        end: int | None,
        newest_first: bool,
        types: Collection[str],
    ) -> Iterator[Entry]:
        place = self._store.placeholder
        conditions = [f"conversation_id = {place}", f"time >= {place}"]
        parameters: list[Any] = [conversation_id, start]
        if end is not None:
            conditions.append(f"time <= {place}")
            parameters.append(end)
        if types:
            conditions.append(f"type IN ({', '.join([place] * len(types))})")
            parameters.extend(types)
        order = "time DESC, sequence DESC" if newest_first else "time, sequence"
        sql = f'SELECT body FROM "_messaging_entry" WHERE {" AND ".join(conditions)} ORDER BY {order}'
        passed = 0
        while page := rows.execute(f"{sql} LIMIT {PAGE} OFFSET {passed}", parameters):
            for (body,) in page:
                yield decode(Entry, body)
            if len(page) < PAGE:
                return
            passed += PAGE

    def of_session(self, rows: Reader, session_id: str) -> list[Entry]:
        """Return all entries of a session, the hidden ones too, by their time."""
        found = rows.execute(
            f'SELECT body FROM "_messaging_entry" WHERE session_id = {self._store.placeholder} ORDER BY time, sequence',
            [session_id],
        )
        return [decode(Entry, body) for (body,) in found]

    def find(self, rows: Reader, conversation_id: str, entry_id: str) -> Entry | None:
        """Return an entry of a conversation, None where there is no such one."""
        place = self._store.placeholder
        found = rows.one(
            f'SELECT body FROM "_messaging_entry" WHERE conversation_id = {place} AND id = {place}',
            [conversation_id, entry_id],
        )
        return None if found is None else decode(Entry, found[0])

    def replace_text(self, transaction: Transaction, conversation_id: str, entry_id: str, text: str) -> bool:
        """Put other words in a message's place, for good; tell whether there is such a message."""
        entry = self.find(transaction, conversation_id, entry_id)
        if entry is None or entry.type != "Message":
            return False
        place = self._store.placeholder
        transaction.run(
            f'UPDATE "_messaging_entry" SET body = {place} WHERE conversation_id = {place} AND id = {place}',
            [encode(redacted(entry, text)), conversation_id, entry_id],
        )
        return True


def redacted(entry: Entry, text: str) -> Entry:
    """Return a message with other words. A text stays what it is; choices, forms and links become a text: their words are gone.

    What becomes of a message that is not a text is a guess.
    """
    abstract = dict(entry.payload.get("abstractMessage") or {})
    static = abstract.get("staticContent")
    is_text = (
        isinstance(static, dict) and "text" in static and not static.keys() - {"formatType", "text", "attachments"}
    )
    changed = {**static, "text": text} if is_text and isinstance(static, dict) else {"formatType": TEXT, "text": text}
    kept = {key: abstract[key] for key in ("id", "inReplyToMessageId", "references") if key in abstract}
    abstract = {"messageType": STATIC, **kept, "staticContent": changed}
    return replace(entry, payload={**entry.payload, "abstractMessage": abstract}, text=text)
