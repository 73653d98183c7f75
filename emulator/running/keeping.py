"""The state of a runtime in the store: a row for each thing that runs, and one for what belongs to the whole."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from secrets import token_hex
from typing import Any, Final, Generic, TypeVar

import orjson

from ..store import Reader, Store, Transaction
from .codec import decode, encode, value_of

WHOLE: Final = "whole"
VERSION: Final = "version"
"""Key of the whole's row: another after every step, also after one that is undone."""
S = TypeVar("S")


@dataclass(frozen=True, slots=True)
class Part:
    """A mapping of the state whose values are rows of their own. order: what gives their order back."""

    kind: str
    attribute: str
    type: type[Any]
    order: Callable[[tuple[str, Any]], Any]


@dataclass(frozen=True, slots=True)
class Form(Generic[S]):
    """How a state is kept: in a table of kind, key and body; parts, and plain attributes that stand in the whole's row."""

    table: str
    state: type[S]
    parts: tuple[Part, ...]
    rest: tuple[str, ...]


class Keeping(Generic[S]):
    """Reads and writes the state of one org's runtime. What was read last is kept while nobody else has written."""

    def __init__(self, store: Store, form: Form[S]) -> None:
        self._store = store
        self._form = form
        self._table = f'"{form.table}"'
        self._shared = store.dialect != "sqlite"
        self._attempts = 0
        """Steps that were written, also those that were undone: a version is never given twice."""
        self._kept: tuple[str, S] | None = None
        """The row of the whole as it was read or written last, and the state then."""

    def read(self, rows: Reader) -> S:
        """Return the state as a view of the store has it."""
        found = rows.one(f"SELECT body FROM {self._table} WHERE kind = {self._store.placeholder}", [WHOLE])
        if found is None:
            return self._form.state()
        if self._kept is not None and self._kept[0] == found[0]:
            return self._kept[1]
        parts = {part.attribute: self._all(rows, part) for part in self._form.parts}
        whole: Any = value_of(self._form.state, orjson.loads(found[0]))
        state: S = replace(whole, **parts)
        self._kept = found[0], state
        return state

    def _all(self, rows: Reader, part: Part) -> dict[str, Any]:
        sql = f"SELECT key, body FROM {self._table} WHERE kind = {self._store.placeholder}"
        found = {key: decode(part.type, body) for key, body in rows.execute(sql, [part.kind])}
        return dict(sorted(found.items(), key=part.order))

    def write(self, transaction: Transaction, before: S, after: S) -> str:
        """Write what a step has changed; return the row of the whole, to be given to `remember` once it is committed."""
        place = self._store.placeholder
        for part in self._form.parts:
            old: Mapping[str, Any] = getattr(before, part.attribute)
            new: Mapping[str, Any] = getattr(after, part.attribute)
            for key in old.keys() - new.keys():
                transaction.run(f"DELETE FROM {self._table} WHERE kind = {place} AND key = {place}", [part.kind, key])
            for key, value in new.items():
                if old.get(key) is not value:
                    self._put(transaction, part.kind, key, encode(value))
        self._attempts += 1
        number = transaction.next_number(self._form.table.strip("_"))
        version = f"{number}.{self._attempts}" + (token_hex(4) if self._shared else "")
        body = encode({VERSION: version} | {name: getattr(after, name) for name in self._form.rest})
        self._put(transaction, WHOLE, "", body)
        return body

    def remember(self, whole: str, state: S) -> None:
        """Note that the state of a row of the whole is the one given: the step that wrote it is committed."""
        self._kept = whole, state

    def forget(self) -> None:
        """Read everything anew next time: the rows were replaced."""
        self._kept = None

    def _put(self, transaction: Transaction, kind: str, key: str, body: str) -> None:
        place = self._store.placeholder
        transaction.run(
            f"INSERT INTO {self._table} (kind, key, body) VALUES ({place}, {place}, {place})"
            " ON CONFLICT (kind, key) DO UPDATE SET body = excluded.body",
            [kind, key, body],
        )
