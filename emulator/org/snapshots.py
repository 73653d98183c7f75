"""Snapshots by name: kept in memory, put back as often as one likes, and carried to other machines in files.

They are no rows of the org: a reset and a restore leave them alone. Each process has its own.
"""

import os
import re
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from threading import Lock
from typing import Any, Final, Protocol

from ... import __version__
from ...schemas.values import datetime_text
from ..errors import UsageError
from ..store.portable import packed, unpacked
from .grants import SIGNING_KEY
from .permission_sets import WATCHED
from .rights import STATE_KEY
from .users import ADMINISTRATOR

MOST: Final = 100
MOST_BYTES: Final = 1 << 30
"""Of all snapshots together."""
_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9._-]{0,63}\Z", re.ASCII)


class OrgRooms(Protocol):
    """What snapshots ask of the org."""

    @property
    def clock(self) -> Any:
        """The org's clock."""
        ...

    def snapshot(self) -> bytes:
        """Return a copy of everything that the org holds."""
        ...

    def restore(self, image: bytes) -> None:
        """Put everything back."""
        ...


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A copy of everything that the org held. created: by the org's clock, canonical text."""

    id: str
    name: str | None
    created: str
    image: bytes

    def document(self) -> dict[str, Any]:
        """Return what is told of it."""
        return {"id": self.id, "name": self.name, "created": self.created, "bytes": len(self.image)}


class Snapshots:
    """The snapshots of an org: a room of it. Safe to use from several threads."""

    def __init__(self, org: OrgRooms) -> None:
        self._org = org
        self._lock = Lock()
        self._kept: dict[str, Snapshot] = {}
        self._number = 0

    def take(self, name: str | None = None) -> Snapshot:
        """Keep a copy of the org as it is now. A name that is taken goes over to it, and the one that had it is let go.

        Raises `UsageError` for what is no name, when too much is kept, and where the database gives no copies.
        """
        _check_name(name)
        now: datetime = self._org.clock.now()
        return self._keep(name, datetime_text(now), self._org.snapshot())

    def restore(self, key: str) -> Snapshot:
        """Put the org back to a snapshot, by its id or name. Raises `KeyError`."""
        found = self.find(key)
        self._org.restore(found.image)
        return found

    def find(self, key: str) -> Snapshot:
        """Return a snapshot by its id or name. Raises `KeyError`."""
        with self._lock:
            return next((one for one in self._kept.values() if one.name == key), None) or self._kept[key]

    def listing(self) -> list[Snapshot]:
        """Return all snapshots, the oldest first."""
        with self._lock:
            return list(self._kept.values())

    def drop(self, key: str) -> Snapshot:
        """Let go of a snapshot, by its id or name. Raises `KeyError`."""
        found = self.find(key)
        with self._lock:
            return self._kept.pop(found.id)

    def clear(self) -> None:
        """Let go of all."""
        with self._lock:
            self._kept = {}

    # --- files ----------------------------------------------------------------------------------------------------------

    def packed(self, key: str) -> bytes:
        """Return the file of a snapshot, without sessions, refresh tokens and the key that signs. Raises `KeyError`."""
        found = self.find(key)
        told = {"chatlift": __version__, "name": found.name, "created": found.created}
        return packed(found.image, told, (SIGNING_KEY,), (STATE_KEY,))

    def take_in(self, file: bytes, name: str | None = None) -> Snapshot:
        """Keep what a file holds, under its own name unless another is given. Raises `BadSnapshot` and `UsageError`."""
        _check_name(name)
        image, told = unpacked(file, ADMINISTRATOR, {STATE_KEY: WATCHED})
        own = told.get("name")
        if name is None and isinstance(own, str) and _NAME.match(own):
            name = own
        return self._keep(name, str(told.get("created"))[:40], image)

    def save(self, key: str, path: Path) -> None:
        """Write the file of a snapshot: the whole of it, or nothing. Raises `KeyError` and `OSError`."""
        content = self.packed(key)
        _replace(path, content)

    def _keep(self, name: str | None, created: str, image: bytes) -> Snapshot:
        with self._lock:
            others = [one for one in self._kept.values() if name is None or one.name != name]
            if len(others) >= MOST or sum(len(one.image) for one in others) + len(image) > MOST_BYTES:
                raise UsageError(f"snapshots hold {MOST} copies and {MOST_BYTES >> 20} MiB at most; delete some")
            self._number += 1
            made = Snapshot(str(self._number), name, created, image)
            self._kept = {one.id: one for one in (*others, made)}
        return made

    # --- a room ---------------------------------------------------------------------------------------------------------

    def forget(self) -> None:
        """Snapshots stay when the rows are replaced."""

    def catch_up(self) -> None:
        """Nothing falls due here."""

    def close(self) -> None:
        """Let go of all: the store closes next."""
        self.clear()


def _check_name(name: str | None) -> None:
    if name is not None and not (isinstance(name, str) and _NAME.match(name)):
        raise UsageError(
            "a snapshot's name begins with a letter, and has letters, digits, '.', '_' and '-', 64 at most"
        )


def _replace(path: Path, content: bytes, sync: Callable[[int], None] = os.fsync) -> None:
    """Put a file in place in one step, so that nobody ever sees a part of it, whatever happens meanwhile."""
    handle, made = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
            stream.flush()
            sync(stream.fileno())
        Path(made).replace(path)
    except BaseException:
        with suppress(OSError):
            Path(made).unlink()
        raise
