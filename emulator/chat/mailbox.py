"""What a visitor's client has still to fetch: the messages of its session, numbered from 1 in each session.

A poll names the last number that it has; everything after it is sent, again if need be (Chat REST API guide, "Messages").
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from ..store import Reader, Store, Transaction


@dataclass(frozen=True, slots=True)
class Mail:
    """One message, in the words of the Chat REST API."""

    number: int
    type: str
    message: Mapping[str, Any]


class Mailboxes:
    """The mailboxes of all visitor sessions, by chat key."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def put(self, transaction: Transaction, chat_key: str, type_: str, message: Mapping[str, Any]) -> None:
        """Add a message to a mailbox."""
        place = self._store.placeholder
        number = self.last(transaction, chat_key) + 1
        transaction.run(
            f'INSERT INTO "_chat_mail" (chat_key, number, type, message) VALUES ({", ".join([place] * 4)})',
            [chat_key, number, type_, orjson.dumps(message).decode()],
        )

    def after(self, rows: Reader, chat_key: str, number: int) -> list[Mail]:
        """Return the messages of a mailbox with a higher number, in their order."""
        place = self._store.placeholder
        found = rows.execute(
            f'SELECT number, type, message FROM "_chat_mail" WHERE chat_key = {place} AND number > {place} ORDER BY number',
            [chat_key, number],
        )
        return [Mail(number, type_, orjson.loads(message)) for number, type_, message in found]

    def last(self, rows: Reader, chat_key: str) -> int:
        """Return the number of the last message of a mailbox, 0 when it never had any."""
        sql = f'SELECT MAX(number) FROM "_chat_mail" WHERE chat_key = {self._store.placeholder}'
        return int(rows.execute(sql, [chat_key])[0][0] or 0)

    def drop(self, transaction: Transaction, chat_key: str) -> None:
        """Remove a mailbox that nobody will open again."""
        transaction.run(f'DELETE FROM "_chat_mail" WHERE chat_key = {self._store.placeholder}', [chat_key])
