"""`mock_salesforce` as a decorator: of functions, of coroutine functions, of generators, and of classes of tests."""

import inspect
import unittest
from collections.abc import AsyncIterator, Callable, Generator
from contextlib import AbstractContextManager, ExitStack
from functools import wraps
from typing import Any, Final, Protocol, TypeVar

from .handle import OrgHandle

C = TypeVar("C", bound=type)
Around = Callable[[], AbstractContextManager[Any]]
"""Makes what a call happens inside."""
TEST: Final = unittest.TestLoader.testMethodPrefix
STATION: Final = "__chatlift_station__"
"""Where a decorated class has its station; a decorated class below it has another, and that counts for its tests."""


class Station(Protocol):
    """An org that stands in for Salesforce for one test after another."""

    def standing_in(self) -> AbstractContextManager[OrgHandle]: ...

    def telling(self) -> AbstractContextManager[None]: ...

    def close(self) -> None: ...


def decorated(function: Callable[..., Any], around: Around) -> Callable[..., Any]:
    """Return a function of the same kind each call of which, or each walk through which, happens inside what `around` makes."""
    if inspect.isasyncgenfunction(function):

        @wraps(function)
        async def walk_async(*args: Any, **options: Any) -> AsyncIterator[Any]:
            with around():
                walk = function(*args, **options)
                try:
                    async for item in walk:
                        yield item
                finally:
                    await walk.aclose()

        return walk_async
    if inspect.iscoroutinefunction(function):

        @wraps(function)
        async def run_async(*args: Any, **options: Any) -> Any:
            with around():
                return await function(*args, **options)

        return run_async
    if inspect.isgeneratorfunction(function):

        @wraps(function)
        def walk(*args: Any, **options: Any) -> Generator[Any, Any, Any]:
            with around():
                return (yield from function(*args, **options))

        return walk

    @wraps(function)
    def run(*args: Any, **options: Any) -> Any:
        with around():
            return function(*args, **options)

    return run


def decorated_class(class_: C, make: Callable[[], Station]) -> C:
    """Let each test of a class, with what is set up and torn down around it, happen with the org of a station.

    Of a `unittest.TestCase` that is all from `setUp` to the last clean-up; of another class, from `setup_method` to
    `teardown_method`, as pytest calls them. A test that is called by hand has the org for itself. Tests that are inherited, and those of classes
    inside named ``Test…``, count; class methods and static methods are left alone.
    """
    if STATION in vars(class_):
        raise TypeError(f"{class_.__qualname__} is decorated with mock_salesforce already")
    standing = Standing(make())
    setattr(class_, STATION, standing)
    for name in dir(class_):
        found = inspect.getattr_static(class_, name)
        if name.startswith(TEST) and inspect.isfunction(found):
            setattr(class_, name, _test(found, standing))
    for name, inner in tuple(vars(class_).items()):
        is_of_it = inspect.isclass(inner) and inner.__qualname__ == f"{class_.__qualname__}.{name}"
        if name.startswith("Test") and is_of_it and STATION not in vars(inner):
            decorated_class(inner, make)
    if issubclass(class_, unittest.TestCase):
        _let_run(class_, standing)
    else:
        _set_up(class_, standing)
    return class_


class Standing:
    """A station, and whether its org stands in now."""

    def __init__(self, station: Station) -> None:
        self.station = station
        self._open: list[ExitStack] = []

    @property
    def is_open(self) -> bool:
        return bool(self._open)

    def counts_for(self, test: object) -> bool:
        """Tell whether this is the station of the nearest class of a test that was decorated."""
        return getattr(type(test), STATION, None) is self

    def open(self) -> None:
        with ExitStack() as stack:
            stack.enter_context(self.station.standing_in())
            self._open.append(stack.pop_all())

    def close(self) -> None:
        if self._open:
            self._open.pop().close()


def _test(function: Callable[..., Any], standing: Standing) -> Callable[..., Any]:
    """Return a test that has the org, whether it is called by a runner or by hand."""

    def around() -> AbstractContextManager[Any]:
        stack = ExitStack()
        if not standing.is_open:
            standing.open()
            stack.callback(standing.close)
        stack.enter_context(standing.station.telling())
        return stack

    return _for_own(function, decorated(function, around), standing)


def _for_own(function: Callable[..., Any], other: Callable[..., Any], standing: Standing) -> Callable[..., Any]:
    """Return `other`, which gives way to `function` in a class below that was decorated again."""
    if inspect.iscoroutinefunction(function):

        @wraps(function)
        async def choose_async(self: object, *args: Any, **options: Any) -> Any:
            return await (other if standing.counts_for(self) else function)(self, *args, **options)

        return choose_async

    @wraps(function)
    def choose(self: object, *args: Any, **options: Any) -> Any:
        return (other if standing.counts_for(self) else function)(self, *args, **options)

    return choose


def _let_run(class_: type[unittest.TestCase], standing: Standing) -> None:
    """Let `run` and `debug`, which are all of a test, happen with the org; it goes when the tests of the class are done."""
    for name in ("run", "debug"):
        setattr(class_, name, _running(class_, name, vars(class_).get(name), standing))


def _running(
    class_: type[unittest.TestCase], name: str, own: Callable[..., Any] | None, standing: Standing
) -> Callable[..., Any]:
    @wraps(getattr(unittest.TestCase, name))
    def run(self: unittest.TestCase, *args: Any, **options: Any) -> Any:
        go_on = getattr(super(class_, self), name) if own is None else own.__get__(self)
        if not standing.counts_for(self) or standing.is_open:
            return go_on(*args, **options)
        type(self).addClassCleanup(standing.station.close)
        standing.open()
        try:
            return go_on(*args, **options)
        finally:
            standing.close()

    return run


def _set_up(class_: type, standing: Standing) -> None:
    """Give a class `setup_method`, `teardown_method` and `teardown_class`, as pytest calls them, around those it has."""
    set_up, tear_down = getattr(class_, "setup_method", None), getattr(class_, "teardown_method", None)
    tear_down_class = getattr(class_, "teardown_class", None)

    def setup_method(self: Any, method: Any = None) -> None:
        if standing.counts_for(self):
            standing.open()
        try:
            _call(set_up, self, method)
        except BaseException:
            if standing.counts_for(self):
                standing.close()
            raise

    def teardown_method(self: Any, method: Any = None) -> None:
        try:
            _call(tear_down, self, method)
        finally:
            if standing.counts_for(self):
                standing.close()

    def teardown_class(cls: Any) -> None:
        try:
            if tear_down_class is not None:
                _call(getattr(tear_down_class, "__func__", tear_down_class), cls)
        finally:
            standing.station.close()

    own = vars(class_).get("__init_subclass__")

    def subclassed(cls: type, **options: Any) -> None:
        go_on = super(class_, cls).__init_subclass__ if own is None else own.__get__(None, cls)  # type: ignore[arg-type]
        go_on(**options)
        if issubclass(cls, unittest.TestCase):  # a mixin of test cases: they are not set up by `setup_method`
            _let_run(cls, standing)

    for made in (setup_method, teardown_method):
        setattr(class_, made.__name__, made)
    for name, made_for_class in (("teardown_class", teardown_class), ("__init_subclass__", subclassed)):
        setattr(class_, name, classmethod(made_for_class))


def _call(function: Callable[..., Any] | None, *args: Any) -> None:
    """Call a function with as many of the arguments as it takes, as pytest calls such functions."""
    if function is not None:
        taken = inspect.signature(function).parameters.values()
        is_open = any(one.kind is one.VAR_POSITIONAL for one in taken)
        function(*args[: len(args) if is_open else len(taken)])
