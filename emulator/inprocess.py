"""An org inside a test's own process: `requests` is answered by a call of the application, without a socket.

    with mock_salesforce(seed="support-day", now="2026-02-14T09:00:00Z") as org:
        sf = Salesforce(username="u", password="p", security_token="t")
        org.clock.advance(hours=1)

`mock_salesforce` works through `responses`: while it is open, every request of `requests` to a Salesforce host goes to
the org. `OrgHandle.mount` gives the org to one `requests.Session` instead and leaves all else alone.
"""

import inspect
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from types import TracebackType
from typing import Any, Final, ParamSpec, TypeVar, overload

import requests
import responses
from requests.adapters import HTTPAdapter

from .app import create_app
from .config import MEMORY, OrgConfig
from .errors import UsageError
from .handle import OrgHandle, RequestsHandle, Seeds, documents, moment
from .org.org import Org
from .scenario import open_org
from .sleepless import Sleepless
from .transport import WsgiApp, call, is_ours
from .waiting import POLL_SECONDS
from .wire.exchange import Settings

URL: Final = "https://chatlift.my.salesforce.com"
"""The org's own address; every other Salesforce host leads to it too."""
LAST_REQUESTS: Final = "The last requests to the org (org.requests has them all):"
CALLS_KEPT: Final = 1000
"""How many requests `responses` remembers; it would keep them all."""

P = ParamSpec("P")
R = TypeVar("R")


class OrgResponse(responses.CallbackResponse):
    """What `responses` finds for every request to a Salesforce host."""

    def __init__(self, app: WsgiApp, hosts: frozenset[str], sleepless: Sleepless | None = None) -> None:
        super().__init__(responses.GET, URL, callback=self._answer)
        self._app = app
        self._sleepless = sleepless
        self._hosts = hosts

    def matches(self, request: requests.PreparedRequest) -> tuple[bool, str]:
        ours = is_ours(request.url, self._hosts)
        return ours, "" if ours else "the host is no Salesforce host"

    def _answer(self, request: requests.PreparedRequest) -> tuple[int, list[tuple[str, str]], bytes]:
        if self._sleepless is not None:
            self._sleepless.notice(request.url or "")
        answer = call(self._app, request)
        return answer.status, answer.headers, answer.body


class BoundedMock(responses.RequestsMock):
    """A mock of `requests` that forgets old calls."""

    def _on_request(self, *args: Any, **options: Any) -> Any:
        if len(self.calls) >= CALLS_KEPT:
            self.calls.reset()
        return super()._on_request(*args, **options)


@dataclass(frozen=True, slots=True)
class MockOptions:
    """How a mocked org is set up; see `mock_salesforce`."""

    seed: Seeds = ()
    objects: Sequence[Mapping[str, Any]] = ()
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

    def config(self) -> OrgConfig:
        """Return the org's configuration. Raises `UsageError`."""
        if isinstance(self.hosts, str):
            raise UsageError(f"hosts is a list of hosts: write hosts=[{self.hosts!r}]")
        if self.session_timeout is not None and self.session_timeout < 1:
            raise UsageError(f"session_timeout is a number of seconds from 1, not {self.session_timeout}")
        return OrgConfig(
            database=MEMORY,
            objects=tuple(self.objects),
            scenarios=tuple(documents(self.seed)),
            now=None if self.now is None else moment(self.now),
            frozen=self.frozen,
            strict_auth=self.strict_auth,
            session_timeout=self.session_timeout,
            chance=self.chance,
            permissive_messaging=self.permissive_messaging,
        )


class MockSalesforce(AbstractContextManager[OrgHandle]):
    """A context manager and a decorator that puts an org of its own in the place of Salesforce."""

    def __init__(self, options: MockOptions) -> None:
        self._options = options
        self._open: list[tuple[Org, responses.RequestsMock, Sleepless]] = []

    def __enter__(self) -> OrgHandle:
        org = open_org(self._options.config())
        settings = Settings(
            strict_auth=self._options.strict_auth,
            control=False,
            in_process=True,
            poll_seconds=self._options.poll_seconds,
        )
        handle = OrgHandle(org, create_app(org, settings), URL)
        # What another mock answers goes on to be answered by it; the network itself is reached only when asked.
        before = HTTPAdapter.send
        is_mocked = getattr(before, "__module__", "") != HTTPAdapter.__module__
        mock = BoundedMock(assert_all_requests_are_fired=False, real_adapter_send=before)
        sleepless = Sleepless(org)
        mock.add(
            OrgResponse(handle.app, frozenset(self._options.hosts), sleepless if self._options.fast_bulk2 else None)
        )
        if self._options.passthrough or is_mocked:
            mock.add_passthru(re.compile(""))
        mock.start()
        self._open.append((org, mock, sleepless))
        return handle

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        org, mock, sleepless = self._open.pop()
        if isinstance(error, Exception):
            told = RequestsHandle(org).lines()
            if told:
                error.add_note(f"{LAST_REQUESTS}\n{told}")
        sleepless.end()
        mock.stop(allow_assert=False)
        org.close()

    def __call__(self, function: Callable[P, R]) -> Callable[P, R]:
        """Return a function that runs with an org of its own, made anew for each call. Nothing is added to its arguments."""
        if inspect.isclass(function):
            raise TypeError("mock_salesforce decorates functions; open it in a fixture for the tests of a class")
        if inspect.iscoroutinefunction(function):

            @wraps(function)
            async def run_async(*args: P.args, **options: P.kwargs) -> Any:
                with MockSalesforce(self._options):
                    return await function(*args, **options)

            return run_async  # type: ignore[return-value]

        @wraps(function)
        def run(*args: P.args, **options: P.kwargs) -> R:
            with MockSalesforce(self._options):
                return function(*args, **options)

        return run


@overload
def mock_salesforce(function: Callable[P, R]) -> Callable[P, R]: ...


@overload
def mock_salesforce(
    *,
    seed: Seeds = (),
    objects: Sequence[Mapping[str, Any]] = (),
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
) -> MockSalesforce: ...


def mock_salesforce(function: Callable[..., Any] | None = None, **options: Any) -> Any:
    """Put an org in the place of every Salesforce host, for `requests`, as a context manager or a decorator.

    seed: scenarios to fill the org with: names of shipped ones, files, documents; one or several
    objects: descriptors of more objects or fields
    now: what the org's clock shows at the start; frozen: whether it stands still
    strict_auth, session_timeout: as the options of `chatlift serve`
    hosts: more hosts that the org stands for, besides ``*.salesforce.com``, ``*.force.com``, ``*.salesforceliveagent.com``,
        ``*.salesforcescrt.com``, ``*.salesforce-scrt.com``
    passthrough: let requests to all other hosts through to the network; else they raise ConnectionError
    chance: a number that tokens and codes are drawn from, so that two runs of a script get the same bytes
    poll_seconds: seconds after which a visitor's client of legacy chat gives a poll up; one is held a second less
    permissive_messaging: let API callers write Conversation, ConversationEntry and the like, as the option of `chatlift serve`
    fast_bulk2: spare simple-salesforce the seconds that it sleeps before it asks after a bulk job

    As a context manager it gives an `OrgHandle`. It nests: the innermost org answers.
    """
    mock = MockSalesforce(MockOptions(**options))
    return mock if function is None else mock(function)
