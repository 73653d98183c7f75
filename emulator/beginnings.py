"""What an org in memory begins with, test after test: made when it is first asked for, and gone back to whenever it is again."""

from collections import OrderedDict
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import orjson

from .asked import Objects, Seeds, descriptors, documents
from .errors import OrgError, UsageError
from .org.org import Beginning, Org

MOST: Final = 32
"""Beginnings that are kept; what was not asked for longest goes."""


class Beginnings:
    """The beginnings of an org, which is blank before the first of them unless it was opened otherwise."""

    def __init__(self, org: Org) -> None:
        self._org = org
        self._first: Beginning | None = None
        self._kept: OrderedDict[bytes, Beginning] = OrderedDict()

    def go_to(self, seed: Seeds, now: datetime | None, objects: Objects, frozen: bool) -> None:
        """Be as a new org with these; resets lead back there. Raises `UsageError`."""
        if self._first is None:
            self._org.reset()
            self._first = self._org.beginning()
        # A clock that is stopped at the machine's time stops at another time each time.
        key = None if frozen and now is None else _key(seed, now, objects, frozen)
        found = self._first if key == _BLANK else self._kept.get(key or b"")
        if found is None:
            self._org.begin_from(self._first)
            self._make(seed, now, objects, frozen)
            found = self._org.beginning()
            if key is not None:
                self._kept[key] = found
                if len(self._kept) > MOST:
                    self._kept.popitem(last=False)
        elif key is not None and key in self._kept:
            self._kept.move_to_end(key)
        self._org.begin_from(found)

    def _make(self, seed: Seeds, now: datetime | None, objects: Objects, frozen: bool) -> None:
        org = self._org
        if frozen:
            org.clock.freeze()
        if now is not None:
            try:
                org.clock.set(now)
            except ValueError as error:
                raise UsageError(f"now: {error}") from None
        try:
            org.extend(descriptors(objects))
        except OrgError as error:
            raise UsageError(f"objects: {error.message.removeprefix('objects: ')}") from None
        try:
            for document in documents(seed):
                org.seed({key: value for key, value in document.items() if key != "now" or now is None})
        except OrgError as error:
            raise UsageError(f"seed: {error.message}") from None


def _key(seed: Seeds, now: datetime | None, objects: Objects, frozen: bool) -> bytes | None:
    """Return what tells one beginning from another; None if that cannot be told."""
    try:
        return orjson.dumps([_named(seed), now, _named(objects), frozen])
    except TypeError:
        return None


def _named(given: Any) -> Any:
    """Return documents as they are, and files with when they were last changed."""
    if isinstance(given, str | Path):
        path = Path(given)
        state = path.stat() if path.is_file() else None
        return [str(path.absolute()), state and [state.st_mtime_ns, state.st_size]]
    if isinstance(given, Iterable) and not isinstance(given, dict):
        return [_named(one) for one in given]
    return given or []


_BLANK: Final = _key((), None, (), False)
