"""The running desk in the store: a row for each agent, chat and request, and one for what belongs to the desk as a whole."""

from collections.abc import Mapping
from dataclasses import dataclass
from secrets import token_hex
from typing import Any, Final

from ..store import Reader, Store, Transaction
from .codec import decode, encode
from .state import Agent, Chat, Request, State

AGENT, CHAT, REQUEST, DESK = "agent", "chat", "request", "desk"
_KINDS: Final[Mapping[str, type[Any]]] = {AGENT: Agent, CHAT: Chat, REQUEST: Request}


@dataclass(frozen=True, slots=True)
class Whole:
    """What belongs to no agent, chat or request. version: another after every step, also after one that is undone."""

    version: str = ""
    waits: tuple[tuple[str, float], ...] = ()
    serial: int = 0
    time: int = 0


class Keeping:
    """Reads and writes the state of one org's desk. What was read last is kept while nobody else has written."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._shared = store.dialect != "sqlite"
        self._attempts = 0
        """Steps that were written, also those that were undone: a version is never given twice."""
        self._kept: tuple[str, State] | None = None
        """The row of the whole as it was read or written last, and the state then."""

    def read(self, rows: Reader) -> State:
        """Return the state as a view of the store has it."""
        found = rows.one(f'SELECT body FROM "_chat" WHERE kind = {self._store.placeholder}', [DESK])
        if found is None:
            return State()
        if self._kept is not None and self._kept[0] == found[0]:
            return self._kept[1]
        whole = decode(Whole, found[0])
        state = State(
            agents=dict(sorted(self._all(rows, AGENT).items(), key=lambda item: item[1].order)),
            chats=dict(sorted(self._all(rows, CHAT).items(), key=lambda item: item[1].number)),
            requests=dict(sorted(self._all(rows, REQUEST).items(), key=lambda item: int(item[0][1:]))),
            waits=dict(whole.waits),
            serial=whole.serial,
            time=whole.time,
        )
        self._kept = found[0], state
        return state

    def _all(self, rows: Reader, kind: str) -> dict[str, Any]:
        found = rows.execute(f'SELECT key, body FROM "_chat" WHERE kind = {self._store.placeholder}', [kind])
        return {key: decode(_KINDS[kind], body) for key, body in found}

    def write(self, transaction: Transaction, before: State, after: State) -> str:
        """Write what a step has changed; return the row of the whole, to be given to `remember` once it is committed."""
        for kind, old, new in (
            (AGENT, before.agents, after.agents),
            (CHAT, before.chats, after.chats),
            (REQUEST, before.requests, after.requests),
        ):
            for key in old.keys() - new.keys():
                place = self._store.placeholder
                transaction.run(f'DELETE FROM "_chat" WHERE kind = {place} AND key = {place}', [kind, key])
            for key, value in new.items():
                if old.get(key) is not value:
                    self._put(transaction, kind, key, encode(value))
        self._attempts += 1
        version = f"{transaction.next_number('chat')}.{self._attempts}" + (token_hex(4) if self._shared else "")
        body = encode(Whole(version, tuple(after.waits.items()), after.serial, after.time))
        self._put(transaction, DESK, "", body)
        return body

    def remember(self, whole: str, state: State) -> None:
        """Note that the state of a row of the whole is the one given: the step that wrote it is committed."""
        self._kept = whole, state

    def forget(self) -> None:
        """Read everything anew next time: the rows were replaced."""
        self._kept = None

    def _put(self, transaction: Transaction, kind: str, key: str, body: str) -> None:
        place = self._store.placeholder
        transaction.run(
            f'INSERT INTO "_chat" (kind, key, body) VALUES ({place}, {place}, {place})'
            " ON CONFLICT (kind, key) DO UPDATE SET body = excluded.body",
            [kind, key, body],
        )
