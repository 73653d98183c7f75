"""An org inside a test's own process: HTTP libraries are answered by a call of the application, without a socket.

    with mock_salesforce(seed="support-day", now="2026-02-14T09:00:00Z") as org:
        sf = Salesforce(username="u", password="p", security_token="t")
        org.clock.advance(hours=1)

While `mock_salesforce` is open, every request of `requests` and `httpx` to a Salesforce host goes to the org (`interception`).
`OrgHandle.mount` gives the org to one `requests.Session` instead, `OrgHandle.httpx_transport` to one client of httpx, and both leave
all else alone.
"""

import inspect
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, fields
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Final, ParamSpec, TypeVar, overload
from weakref import finalize

from .app import create_app
from .asked import Objects, Seeds, descriptors, documents, moment
from .config import MEMORY, OrgConfig
from .decorating import decorated, decorated_class
from .errors import UsageError
from .handle import OrgHandle, RequestsHandle
from .interception import URL, Interception
from .scenario import open_org
from .waiting import POLL_SECONDS
from .wire.exchange import Settings

LAST_REQUESTS: Final = "The last requests to the org (org.requests has them all):"

P = ParamSpec("P")
R = TypeVar("R")
C = TypeVar("C", bound=type)


@dataclass(frozen=True, slots=True)
class MockOptions:
    """How a mocked org is set up; see `mock_salesforce`."""

    seed: Seeds = ()
    objects: Objects = ()
    now: datetime | str | None = None
    frozen: bool = False
    strict_auth: bool = False
    session_timeout: int | None = None
    hosts: Sequence[str] = ()
    passthrough: bool = False
    fast_bulk2: bool = True
    poll_seconds: int = POLL_SECONDS
    chance: int | None = None
    permissive_messaging: bool = False
    replay: str | Path | None = None
    replay_strict: bool = False

    def config(self) -> OrgConfig:
        """Return the org's configuration. Raises `UsageError`."""
        if isinstance(self.hosts, str):
            raise UsageError(f"hosts is a list of hosts: write hosts=[{self.hosts!r}]")
        if self.session_timeout is not None and self.session_timeout < 1:
            raise UsageError(f"session_timeout is a number of seconds from 1, not {self.session_timeout}")
        return OrgConfig(
            database=MEMORY,
            objects=tuple(descriptors(self.objects)),
            scenarios=tuple(documents(self.seed)),
            now=None if self.now is None else moment(self.now),
            frozen=self.frozen,
            strict_auth=self.strict_auth,
            session_timeout=self.session_timeout,
            chance=self.chance,
            permissive_messaging=self.permissive_messaging,
        )


def open_handle(options: MockOptions) -> OrgHandle:
    """Open an org in this process. Whoever opens it closes ``handle.org``. Raises `UsageError`."""
    org = open_org(options.config())
    settings = Settings(
        strict_auth=options.strict_auth, control=False, in_process=True, poll_seconds=options.poll_seconds
    )
    handle = OrgHandle(org, create_app(org, settings), URL)
    try:
        handle.replay(options.replay, options.replay_strict)
    except UsageError:
        org.close()
        raise
    return handle


class MockSalesforce(AbstractContextManager[OrgHandle]):
    """A context manager and a decorator that puts an org of its own in the place of Salesforce."""

    def __init__(self, options: MockOptions) -> None:
        self._options = options
        self._open: list[tuple[OrgHandle, Interception]] = []

    def __enter__(self) -> OrgHandle:
        options = self._options
        handle = open_handle(options)
        interception = Interception(handle, options.hosts, options.passthrough, options.fast_bulk2)
        interception.__enter__()
        self._open.append((handle, interception))
        return handle

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        handle, interception = self._open.pop()
        tell(handle, error)
        interception.__exit__(kind, error, trace)
        handle.org.close()

    @overload
    def __call__(self, target: C) -> C: ...

    @overload
    def __call__(self, target: Callable[P, R]) -> Callable[P, R]: ...

    def __call__(self, target: Any) -> Any:
        """Return a function that runs with an org of its own, made anew for each call, or a class whose tests do.

        Nothing is added to the arguments.
        """
        if inspect.isclass(target):
            return decorated_class(target, lambda: Station(self._options))
        return decorated(target, lambda: MockSalesforce(self._options))


class Station:
    """An org that stands in for Salesforce again and again, each time as it was at first: what the tests of a class share."""

    def __init__(self, options: MockOptions) -> None:
        self._options = options
        self._handle: OrgHandle | None = None
        self._closing: finalize[[], Station] | None = None

    @contextmanager
    def standing_in(self) -> Iterator[OrgHandle]:
        """Put the org, as it was at first, in the place of Salesforce."""
        options = self._options
        if self._handle is not None and options.frozen and options.now is None:
            self.close()  # its clock stands where it stood when the org was made
        if self._handle is None:
            self._handle = open_handle(options)
            self._closing = finalize(self, self._handle.org.close)  # where no runner says that a class is done
        else:
            self._handle.begin_again()
        with Interception(self._handle, options.hosts, options.passthrough, options.fast_bulk2):
            yield self._handle

    @contextmanager
    def telling(self) -> Iterator[None]:
        """Let an exception that leaves the block carry the last requests."""
        try:
            yield
        except Exception as error:
            if self._handle is not None:
                tell(self._handle, error)
            raise

    def close(self) -> None:
        """Let go of the org."""
        if self._closing is not None:
            self._closing()
        self._handle = self._closing = None


def tell(handle: OrgHandle, error: BaseException | None) -> None:
    """Let an exception carry the last requests to an org as a note."""
    if isinstance(error, Exception):
        told = RequestsHandle(handle.org).lines()
        if told:
            error.add_note(f"{LAST_REQUESTS}\n{told}")


@overload
def mock_salesforce(target: C) -> C: ...


@overload
def mock_salesforce(target: Callable[P, R]) -> Callable[P, R]: ...


@overload
def mock_salesforce(
    *,
    seed: Seeds = (),
    objects: Objects = (),
    now: datetime | str | None = None,
    frozen: bool = False,
    strict_auth: bool = False,
    session_timeout: int | None = None,
    hosts: Sequence[str] = (),
    passthrough: bool = False,
    fast_bulk2: bool = True,
    poll_seconds: int = POLL_SECONDS,
    chance: int | None = None,
    permissive_messaging: bool = False,
    replay: str | Path | None = None,
    replay_strict: bool = False,
) -> MockSalesforce: ...


def mock_salesforce(target: Any = None, **options: Any) -> Any:
    """Put an org in the place of every Salesforce host, for `requests` and `httpx`, as a context manager or a decorator.

    seed: scenarios to fill the org with: names of shipped ones, files, documents; one or several
    objects: more objects or fields: descriptors, describes, files or folders of them, SFDX source; one or several
    now: what the org's clock shows at the start; frozen: whether it stands still
    strict_auth, session_timeout: as the options of `chatlift serve`
    hosts: more hosts that the org stands for, besides ``*.salesforce.com``, ``*.force.com``, ``*.salesforceliveagent.com``,
        ``*.salesforcescrt.com``, ``*.salesforce-scrt.com``
    passthrough: let requests to all other hosts through to the network; else they raise a connection error
    chance: a number that tokens and codes are drawn from, so that two runs of a script get the same bytes
    poll_seconds: seconds after which a visitor's client of legacy chat gives a poll up; one is held a second less
    permissive_messaging: let API callers write Conversation, ConversationEntry and the like, as the option of `chatlift serve`
    fast_bulk2: spare simple-salesforce the seconds that it sleeps before it asks after a bulk job
    replay: a cassette of `chatlift record` that answers first; replay_strict: whether all that it does not have is refused

    As a context manager it gives an `OrgHandle`. It nests: the innermost org answers. It decorates functions, coroutine
    functions, generators and classes of tests.
    """
    unknown = options.keys() - {field.name for field in fields(MockOptions)}
    if unknown:
        known = ", ".join(field.name for field in fields(MockOptions))
        raise TypeError(f"mock_salesforce() takes no argument {', '.join(sorted(unknown))}; it takes {known}")
    if target is not None and not callable(target):
        raise TypeError(f"mock_salesforce() takes its arguments by name: write mock_salesforce(seed={target!r})")
    mock = MockSalesforce(MockOptions(**options))
    return mock if target is None else mock(target)
