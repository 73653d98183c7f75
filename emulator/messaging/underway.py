"""What is under way in enhanced chat as a part of a scenario: taken from one org, put into another that has the same records.

Form of ``running`` in a scenario's ``messaging``: ``reps``, ``conversations``, ``sessions`` and ``work`` are lists of what the runtime keeps of
each, ``closed`` those of conversations that have ended, ``entries`` lists of conversation entries by conversation; ``serial`` and ``time`` belong
to the whole. A text that is ``@ref`` stands for that record's id. It is written by a program, from an org in which all this has happened.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from enum import Enum
from types import NoneType, UnionType
from typing import Any, Final, TypeVar, Union, get_args, get_origin, get_type_hints

import orjson

from ..org.org import Org
from ..running.codec import encode, value_of
from ..store import Transaction
from .desk import problem
from .effects import Entry
from .keeping import MESSAGING
from .runtime import MessagingRuntime
from .state import Conversation, State

RUNNING: Final = "running"
_LISTS: Final = (*(part.attribute for part in MESSAGING.parts), "closed")
_KEYS: Final = frozenset({*_LISTS, "entries", "serial", "time"})
T = TypeVar("T")


def taken(org: Org, names: Mapping[str, str]) -> dict[str, Any]:
    """Return what is under way in an org. names: refs by the ids of records."""
    runtime = org.room(MessagingRuntime)
    state = runtime.look(lambda setup, state, now: state)
    closed = runtime.all_closed()
    known = [one.id for one in (*state.conversations.values(), *closed)]
    found: dict[str, Any] = {
        part.attribute: [_json(one) for one in getattr(state, part.attribute).values()] for part in MESSAGING.parts
    }
    found["closed"] = [_json(one) for one in closed]
    with org.store.read() as rows:
        found["entries"] = {
            id_: [_json(entry) for entry in runtime.kept.of(rows, id_, newest_first=False, limit=10**6, hidden=True)]
            for id_ in known
        }
    found |= {"serial": state.serial, "time": state.time}
    renamed: dict[str, Any] = _changed(found, lambda text: f"@{names[text]}" if text in names else text)
    return renamed


def _json(value: Any) -> Any:
    """Return a value of the machine as JSON, without what it has by default."""
    loaded = orjson.loads(encode(value))
    return {
        field.name: loaded[field.name] for field in fields(value) if getattr(value, field.name) != field.default
    }  # fmt: skip


def put(org: Org, transaction: Transaction, running: Any, refs: Mapping[str, str]) -> None:
    """Let what a scenario says is under way be so. Raises `OrgError` with the place of what cannot be."""
    if not isinstance(running, Mapping):
        raise problem(RUNNING, "must be an object")
    for key in running:
        if key not in _KEYS:
            raise problem(RUNNING, f"there is no key {key!r}; the keys are {', '.join(sorted(_KEYS))}")
    try:
        given = _changed(running, lambda text: refs.get(text[1:], text) if text.startswith("@") else text)
    except RecursionError:
        raise problem(RUNNING, "goes too deep") from None
    parts: dict[str, Any] = {
        part.attribute: {one.id: one for one in _all(part.type, given, part.attribute)} for part in MESSAGING.parts
    }
    state = replace(State(**parts), serial=_number(given, "serial"), time=_number(given, "time"))
    for session in state.sessions.values():
        if session.conversation_id not in state.conversations:
            raise problem(f"{RUNNING}.sessions", f"{session.id} is in no conversation that is under way")
    for work in state.work.values():
        if work.session_id not in state.sessions:
            raise problem(f"{RUNNING}.work", f"{work.id} is of no session that is under way")
    entries = given.get("entries", {})
    if not isinstance(entries, Mapping):
        raise problem(f"{RUNNING}.entries", "must be an object of lists")
    said = {id_: _all(Entry, entries, id_, "entries.") for id_ in entries}
    org.room(MessagingRuntime).resume(transaction, state, _all(Conversation, given, "closed"), said)


def _number(given: Mapping[str, Any], name: str) -> int:
    number = given.get(name, 0)
    if type(number) is not int or number < 0:
        raise problem(f"{RUNNING}.{name}", "must be a whole number")
    return number


def _all(kind: type[T], given: Mapping[str, Any], name: str, above: str = "") -> list[T]:
    """Return the values of a list. Raises `OrgError`."""
    place = f"{RUNNING}.{above}{name}"
    listed = given.get(name, [])
    if not isinstance(listed, list):
        raise problem(place, "must be a list")
    return [_one(kind, one, f"{place}[{number}]") for number, one in enumerate(listed)]


def _one(kind: type[T], given: Any, place: str) -> T:
    try:
        value = value_of(kind, given)
    except (TypeError, KeyError, ValueError, AttributeError):
        raise problem(place, f"is no {kind.__name__.lower()} as the runtime keeps it") from None
    wrong = next(_wrong(kind, value), None)
    if wrong is not None:
        raise problem(f"{place}.{wrong}", "is of another type")
    return value


def _wrong(kind: Any, value: Any) -> Iterator[str]:
    """Yield the names of fields whose values are not of their types: what is plain is taken as it comes when states are read."""
    hints = get_type_hints(kind)
    for field in fields(kind):
        if not _fits(hints[field.name], getattr(value, field.name)):
            yield field.name


def _fits(kind: Any, value: Any) -> bool:
    if get_origin(kind) in (Union, UnionType):
        return any(_fits(part, value) for part in get_args(kind))
    if get_origin(kind) is tuple:
        parts = get_args(kind)
        if not isinstance(value, tuple):
            return False
        kinds = parts[:1] * len(value) if parts[-1] is Ellipsis else parts
        return len(kinds) == len(value) and all(map(_fits, kinds, value))
    if isinstance(kind, type) and is_dataclass(kind):
        return isinstance(value, kind) and next(_wrong(kind, value), None) is None
    if get_origin(kind) is not None:
        return isinstance(value, Mapping)
    if kind is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    if kind is int:
        return type(value) is int
    if isinstance(kind, type) and issubclass(kind, Enum | str | bool | NoneType):
        return isinstance(value, kind)
    return True


def _changed(value: Any, change: Callable[[str], str]) -> Any:
    """Return JSON with all its texts changed, the keys of objects too."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, list):
        return [_changed(one, change) for one in value]
    if isinstance(value, Mapping):
        return {change(key) if isinstance(key, str) else key: _changed(one, change) for key, one in value.items()}
    return value
