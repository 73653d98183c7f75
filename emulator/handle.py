"""What a test holds of a running org: its clock, its records, its past."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, overload

import requests

from .asked import Objects, Seed, Seeds, documents, moment
from .beginnings import Beginnings
from .errors import UsageError
from .org.caller import Caller
from .org.fault_rules import BadRule
from .org.jobs.jobs import Jobs, Waiting
from .org.org import Org
from .org.snapshots import Snapshots
from .store.portable import BadSnapshot
from .transport import OrgAdapter, WsgiApp
from .wire.coverage.document import coverage
from .wire.replayed import Replayed
from .wire.request_lines import lines
from .wire.request_log import KEPT, RequestLog, Wanted

if TYPE_CHECKING:
    from .httpx_transport import HttpxTransport

LATEST: Final = "68.0"


class ClockHandle:
    """The org's clock."""

    def __init__(self, org: Org) -> None:
        self._org = org
        self._clock = org.clock

    def now(self) -> datetime:
        """Return what the clock shows, aware, in UTC."""
        return self._clock.now()

    @property
    def frozen(self) -> bool:
        """Tell whether the clock stands still."""
        return self._clock.frozen

    def set(self, when: datetime | str) -> None:
        """Let the clock show a time; it goes on running or standing."""
        self._clock.set(moment(when, "when"))
        self._org.catch_up()

    def freeze(self) -> None:
        """Stop the clock."""
        self._clock.freeze()

    def tick(self, seconds: float = 1.0) -> None:
        """Stop the clock, and let it move on by so much after each request; 0 lets it stand."""
        try:
            self._clock.set_tick(seconds)
        except ValueError as error:
            raise UsageError(str(error)) from None

    def unfreeze(self) -> None:
        """Let the clock run on from where it stands."""
        self._clock.unfreeze()
        self._org.catch_up()

    def advance(self, **duration: float) -> None:
        """Move the clock by a duration in the words of `timedelta`: ``advance(hours=1, seconds=30)``."""
        self._clock.advance(timedelta(**duration).total_seconds())
        self._org.catch_up()


class JobsHandle:
    """The org's bulk jobs."""

    def __init__(self, org: Org) -> None:
        self._org = org

    def hold(self, seconds: float = 0.0, polls: int = 0) -> None:
        """Let jobs that are closed from now on wait: seconds of the org's clock, a number of questions after their state."""
        if seconds < 0 or polls < 0:
            raise UsageError("jobs wait for no less than 0 seconds and 0 polls")
        self._org.room(Jobs).set_waiting(Waiting(float(seconds), int(polls)))

    def settle(self, seconds: float = 30.0) -> bool:
        """Wait in real time until nothing is being worked on; tell whether it came to that."""
        return self._org.room(Jobs).settle(seconds)


class FaultsHandle:
    """What goes wrong on purpose. Rules have the keys of ``PUT /_chatlift/faults`` (docs/control-api.md)."""

    def __init__(self, org: Org) -> None:
        self._org = org

    def set(self, *rules: Mapping[str, Any], preset: str | None = None, seed: int | None = None) -> None:
        """Put rules, and those of a preset, in the place of all that there are. A preset's chance goes by the seed."""
        wanted = {"rules": list(rules), "preset": preset, "seed": seed}
        try:
            self._org.faults.set({name: value for name, value in wanted.items() if value is not None})
        except BadRule as error:
            raise UsageError(f"faults: {error}") from None

    def clear(self) -> None:
        """Let everything go well again."""
        self._org.faults.set({})

    def shown(self) -> list[dict[str, Any]]:
        """Return the rules in force, each with how many calls it has ``matched`` and ``struck``."""
        rules: list[dict[str, Any]] = self._org.faults.document()["rules"]
        return rules

    @contextmanager
    def during(self, *rules: Mapping[str, Any], preset: str | None = None, seed: int | None = None) -> Iterator[None]:
        """Set rules for as long as a block lasts."""
        self.set(*rules, preset=preset, seed=seed)
        try:
            yield
        finally:
            self.clear()


class RequestsHandle(Sequence[dict[str, Any]]):
    """The last requests that came to the org, oldest first, each a dictionary as ``GET /_chatlift/requests`` has it."""

    def __init__(self, org: Org) -> None:
        self._log = org.room(RequestLog)

    def found(
        self,
        method: str | None = None,
        path: str | None = None,
        status: int | str | None = None,
        limit: int = KEPT,
        sobject: str | None = None,
        operation: str | None = None,
    ) -> list[dict[str, Any]]:
        """Return the last requests of a method, whose path fits a pattern, with a status (``404``, ``"4xx"``), about a type, of an
        operation.
        """
        wanted = Wanted(
            method, path, None if status is None else str(status), limit=limit, sobject=sobject, operation=operation
        )
        return self._log.told(wanted)[::-1]

    def lines(self, most: int = 10) -> str:
        """Return the last requests as lines to read; empty when there were none."""
        return lines(self.found(limit=most))

    def clear(self) -> None:
        """Forget all requests."""
        self._log.clear()

    def __len__(self) -> int:
        return len(self._log)

    @overload
    def __getitem__(self, place: int) -> dict[str, Any]: ...

    @overload
    def __getitem__(self, place: slice) -> list[dict[str, Any]]: ...

    def __getitem__(self, place: int | slice) -> Any:
        return self.found()[place] if isinstance(place, slice) else self._log.at(place)


class SnapshotsHandle:
    """Snapshots under names: kept in memory, and carried elsewhere in files. Its calls raise `UsageError`."""

    def __init__(self, org: Org) -> None:
        self._kept = org.room(Snapshots)

    def take(self, name: str) -> None:
        """Keep a copy of the org as it is now, in the place of another of that name."""
        self._kept.take(name)

    def restore(self, name: str) -> None:
        """Put the org back to what it was then, as often as you like."""
        with _known(name):
            self._kept.restore(name)

    def drop(self, name: str) -> None:
        """Let go of a snapshot."""
        with _known(name):
            self._kept.drop(name)

    def clear(self) -> None:
        """Let go of all snapshots."""
        self._kept.clear()

    def names(self) -> list[str]:
        """Return the names of all snapshots, the oldest first."""
        return [one.name or one.id for one in self._kept.listing()]

    def save(self, name: str, path: str | Path) -> None:
        """Write a snapshot into a file, the whole of it or nothing. Sessions are not in it."""
        with _known(name):
            try:
                self._kept.save(name, Path(path))
            except OSError as error:
                raise UsageError(f"cannot write {path}: {error.strerror}; name a file that can be written") from None

    def load(self, path: str | Path, name: str | None = None) -> str:
        """Keep what a file holds, under its own name or another; return the name. `restore` puts the org to it."""
        try:
            found = self._kept.take_in(Path(path).read_bytes(), name)
        except OSError as error:
            raise UsageError(f"cannot read {path}: {error.strerror}; name a file") from None
        except BadSnapshot as error:
            raise UsageError(f"{path}: {error}") from None
        return found.name or found.id


@contextmanager
def _known(name: str) -> Iterator[None]:
    try:
        yield
    except KeyError:
        raise UsageError(f"there is no snapshot {name!r}") from None


class OrgHandle:
    """An org in this process, steered from Python. Its calls raise `OrgError` where a client would get an error.

    url: the org's address, for ``Salesforce(instance_url=org.url, session_id=org.token())``.
    """

    def __init__(self, org: Org, app: WsgiApp, url: str) -> None:
        self.org = org
        self.app = app
        self.url = url
        self.clock = ClockHandle(org)
        self.jobs = JobsHandle(org)
        self.faults = FaultsHandle(org)
        self.requests = RequestsHandle(org)
        self._replayed = org.room(Replayed)
        self.snapshots = SnapshotsHandle(org)
        self._beginnings = Beginnings(org)

    @property
    def administrator(self) -> dict[str, Any]:
        """The user record of the administrator."""
        return self.org.users.administrator

    @property
    def organization_id(self) -> str:
        """The org's id, of 18 characters."""
        return str(self.org.users.organization["Id"])

    def token(self, username: str | None = None) -> str:
        """Return a new session id, of the administrator or of another user."""
        user = self.administrator if username is None else self.org.users.by_username(username)
        if user is None:
            raise UsageError(f"there is no user {username!r}")
        return self.org.sessions.begin(user["Id"]).token

    def seed(self, document: Seed) -> dict[str, str]:
        """Write a scenario; return the id of each ``ref``."""
        return self.org.seed(documents(document)[0])

    def undelete(self, sobject: str, id_: str) -> None:
        """Take a record out of the recycle bin, as the SOAP call undelete() does."""
        self.org.records.undelete(Caller(self.org.users.administrator_id, LATEST), sobject, id_)

    def reset(self) -> None:
        """Go back to what the org was when it was ready. Sessions stay valid."""
        self.org.reset()

    def begin_again(self) -> None:
        """Be as a new org: a reset, after which nothing is left but the latest sessions."""
        self.org.begin_from()
        self.snapshots.clear()

    def prepare(
        self, seed: Seeds = (), now: datetime | str | None = None, objects: Objects = (), frozen: bool = False
    ) -> None:
        """Be as a new org that `mock_salesforce` makes with the same arguments; resets lead back here from now on.

        What was asked for before is gone back to in a fraction of a millisecond, in memory. Raises `UsageError`.
        """
        self._beginnings.go_to(seed, None if now is None else moment(now), objects, frozen)
        self.snapshots.clear()

    def replay(self, cassette: str | Path | None, strict: bool = False) -> None:
        """Answer from a cassette first, from its beginning; None answers from none. strict: refuse all that it does not have.

        Resets leave it in, and begin it anew. Raises `UsageError`.
        """
        if cassette is None:
            self._replayed.take_out()
        else:
            self._replayed.put_in(cassette, is_strict=strict)

    def unplayed(self) -> list[str]:
        """Return the calls of the cassette that nobody has made yet, each as a line; none without a cassette."""
        player = self._replayed.player
        return [] if player is None else player.unplayed()

    def coverage(self) -> dict[str, Any]:
        """Return what is emulated, refused and missing, as docs/coverage.md shows it, with the org's own objects."""
        return coverage(self.org)

    def snapshot(self) -> bytes:
        """Return a copy of all that the org holds, for `restore`."""
        return self.org.snapshot()

    def restore(self, snapshot: bytes) -> None:
        """Go back to what the org was at a snapshot. Sessions stay valid."""
        try:
            memoryview(snapshot)
        except TypeError:
            told = "restore takes what snapshot() returned; names are for org.snapshots.restore(name)"
            raise UsageError(told) from None
        self.org.restore(snapshot)

    def httpx_transport(self, hosts: Sequence[str] = (), passthrough: bool = False) -> "HttpxTransport":
        """Return a transport for ``httpx.Client(transport=…)`` or ``httpx.AsyncClient(transport=…)`` that this org answers.

        Requests to Salesforce hosts, and to `hosts`, are answered; with `passthrough` others go to the network, without it they raise
        httpx.ConnectError. Raises `UsageError` where httpx is not installed.
        """
        try:
            # Loaded here: httpx is no dependency of ours.
            module = import_module(".httpx_transport", __package__)
        except ModuleNotFoundError as error:
            if error.name not in ("httpx", "anyio"):
                raise
            raise UsageError("httpx is not installed: pip install httpx") from None
        made: HttpxTransport = module.HttpxTransport(self.app, hosts, passthrough)
        return made

    def mount(
        self, session: requests.Session, hosts: Sequence[str] = (), passthrough: bool = False
    ) -> requests.Session:
        """Let a session's requests to Salesforce hosts, and to `hosts`, be answered by this org; return the session.

        With `passthrough` requests to other hosts go to the network as before; without it they raise ConnectionError.
        """
        adapter = OrgAdapter(self.app, hosts, passthrough)
        for prefix in ("https://", "http://"):
            session.mount(prefix, adapter)
        return session
