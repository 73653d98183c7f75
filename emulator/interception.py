"""What puts an org in the place of every Salesforce host for the HTTP libraries of this process: `requests` and `httpx`.

`requests` is caught through `responses`. `httpx` is no dependency of ours: it is caught if it is there, and as soon as it is imported
if that happens later.
"""

import re
import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from types import ModuleType
from typing import Any, Final

import requests
import responses
from requests.adapters import HTTPAdapter

from .handle import OrgHandle
from .sleepless import Sleepless
from .transport import WsgiApp, call, is_ours

URL: Final = "https://chatlift.my.salesforce.com"
"""The org's own address; every other Salesforce host leads to it too."""
CALLS_KEPT: Final = 1000
"""How many requests `responses` remembers; it would keep them all."""
HTTPX: Final = "httpx"


class Interception(AbstractContextManager[None]):
    """An org in the place of Salesforce, as long as it is open. Interceptions nest: the innermost org answers."""

    def __init__(
        self, handle: OrgHandle, hosts: Sequence[str] = (), passthrough: bool = False, fast_bulk2: bool = True
    ) -> None:
        self._handle = handle
        self._hosts = hosts
        self._passthrough = passthrough
        self._fast_bulk2 = fast_bulk2
        self._undoing = ExitStack()

    def __enter__(self) -> None:
        with ExitStack() as undoing:
            sleepless = Sleepless(self._handle.org)
            undoing.callback(sleepless.end)
            # What another mock answers goes on to be answered by it; the network itself is reached only when asked.
            before = HTTPAdapter.send
            is_mocked = getattr(before, "__module__", "") != HTTPAdapter.__module__
            mock = BoundedMock(assert_all_requests_are_fired=False, real_adapter_send=before)
            mock.add(OrgResponse(self._handle.app, frozenset(self._hosts), sleepless if self._fast_bulk2 else None))
            if self._passthrough or is_mocked:
                mock.add_passthru(re.compile(""))
            mock.start()
            undoing.callback(mock.stop, allow_assert=False)
            httpx = WhenImported(HTTPX, self._catch_httpx)
            undoing.callback(httpx.end)
            httpx.start()
            self._undoing.push(undoing.pop_all())

    def __exit__(self, *raised: object) -> None:
        self._undoing.close()

    def _catch_httpx(self) -> None:
        # Loaded here: httpx is no dependency of ours, and slow to load where nobody uses it.
        patch = import_module(".httpx_transport", __package__).Patch(self._handle.app, self._hosts, self._passthrough)
        patch.start()
        self._undoing.callback(patch.end)


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
        answer = call(self._app, request, getattr(request, "req_kwargs", {}).get("timeout"))
        return answer.status, answer.headers, answer.body


class BoundedMock(responses.RequestsMock):
    """A mock of `requests` that forgets old calls."""

    def _on_request(self, *args: Any, **options: Any) -> Any:
        if len(self.calls) >= CALLS_KEPT:
            self.calls.reset()
        return super()._on_request(*args, **options)


class WhenImported(MetaPathFinder):
    """Does something once a module is imported: at once if it is there already."""

    def __init__(self, name: str, act: Callable[[], None]) -> None:
        self._name = name
        self._act = act
        self._is_looking = False

    def start(self) -> None:
        if sys.modules.get(self._name) is not None:
            self._act()
        else:
            sys.meta_path.insert(0, self)

    def end(self) -> None:
        if self in sys.meta_path:
            sys.meta_path.remove(self)

    def find_spec(self, fullname: str, path: Any, target: ModuleType | None = None) -> ModuleSpec | None:
        if fullname != self._name or self._is_looking:
            return None
        self._is_looking = True
        try:
            spec = find_spec(fullname)  # those behind us in the row
        finally:
            self._is_looking = False
        if spec is not None and spec.loader is not None:
            spec.loader = ActingLoader(spec.loader, self._act)
        return spec


class ActingLoader(Loader):
    """Loads a module as its own loader does, and then does something; the module is left with its own loader."""

    def __init__(self, loader: Loader, act: Callable[[], None]) -> None:
        self._loader = loader
        self._act = act

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        if module.__spec__ is not None:
            module.__spec__.loader = self._loader
        module.__loader__ = self._loader
        self._loader.exec_module(module)
        self._act()
