"""Who does the work of a run: this process, a pool of processes, or the workers of a dask cluster.

The work is one function for all of them: what a stage shares and one task in, one result out. Results come in the order of the
tasks, and only so many tasks are under way that memory stays flat.
"""

from __future__ import annotations

import os
import pickle
import shutil
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from functools import lru_cache, partial
from itertools import count
from multiprocessing import get_context, parent_process
from multiprocessing.connection import wait
from pathlib import Path
from threading import Thread
from typing import Any, Protocol, TypeVar

from .errors import TerminalError, UsageError
from .pieces import Piece

_Shared = TypeVar("_Shared", bound="Shared")
_Task = TypeVar("_Task", bound="Task")
_Result = TypeVar("_Result", bound="Result")
_AHEAD = 2
"""Tasks that wait for each worker besides the one it does."""


class Shared(Protocol):
    """What a stage shares must be able to travel too."""

    def loaded(self) -> Any:
        """Return it with all its bytes at hand, for workers that do not see our files."""


class Task(Protocol):
    """What a task must be able to do to travel."""

    def loaded(self) -> Any:
        """Return the task with all its bytes at hand, for a worker that does not see our files."""


class Result(Protocol):
    """What a result must be able to do to wait."""

    def stow(self, path: Path) -> Any:
        """Return the result with its bytes in a new file of this name."""


class Crew(Protocol):
    """Workers. `folder` is where results wait."""

    folder: Path

    def work(
        self,
        function: Callable[[_Shared, _Task], _Result],
        shared: _Shared,
        tasks: Iterable[_Task],
        is_kept: bool = False,
    ) -> Iterator[_Result]:
        """Yield the results of a function for each task, in order. is_kept: they wait for a later stage."""

    def clear(self, pieces: Iterable[Piece]) -> None:
        """Remove the files of a result that was taken."""


class _Base:
    """What all kinds of crews have in common."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._names = count()

    def clear(self, pieces: Iterable[Piece]) -> None:
        """Remove the files of a result that was taken."""
        for path in {piece.path for piece in pieces if piece.path}:
            Path(path).unlink()


class Alone(_Base):
    """This process alone."""

    def work(
        self,
        function: Callable[[_Shared, _Task], _Result],
        shared: _Shared,
        tasks: Iterable[_Task],
        is_kept: bool = False,
    ) -> Iterator[_Result]:
        """Yield the results of a function for each task, in order. is_kept: they wait for a later stage."""
        for task in tasks:
            result = function(shared, task)
            yield result.stow(self.folder / f"result-{next(self._names)}.part") if is_kept else result


class Pool(_Base):
    """Processes of this machine. What a stage shares, and results, lie in files of the work folder."""

    def __init__(self, folder: Path, workers: int, executor: ProcessPoolExecutor) -> None:
        super().__init__(folder)
        self._workers = workers
        self._executor = executor

    def work(
        self,
        function: Callable[[_Shared, _Task], _Result],
        shared: _Shared,
        tasks: Iterable[_Task],
        is_kept: bool = False,
    ) -> Iterator[_Result]:
        """Yield the results of a function for each task, in order. is_kept: they wait for a later stage."""
        common = self.folder / f"shared-{next(self._names)}.part"
        common.write_bytes(pickle.dumps(shared))

        def begin(task: _Task) -> Future[_Result]:
            name = str(self.folder / f"result-{next(self._names)}.part")
            return self._executor.submit(_in_pool, function, str(common), task, name)

        yield from _in_order(begin, tasks, self._workers * (1 + _AHEAD))
        common.unlink()


class Cluster(_Base):
    """Workers of a dask cluster. They need nothing but this package: tasks and results travel whole."""

    def __init__(self, folder: Path, client: Any) -> None:
        super().__init__(folder)
        self._client = client

    def work(
        self,
        function: Callable[[_Shared, _Task], _Result],
        shared: _Shared,
        tasks: Iterable[_Task],
        is_kept: bool = False,
    ) -> Iterator[_Result]:
        """Yield the results of a function for each task, in order. is_kept: they wait for a later stage."""
        common = self._client.scatter(shared.loaded(), broadcast=True, hash=False)

        def begin(task: _Task) -> Any:
            return self._client.submit(function, common, task.loaded(), pure=False)

        workers = max(1, len(self._client.scheduler_info(n_workers=-1)["workers"]))
        for result in _in_order(begin, tasks, workers * (1 + _AHEAD)):
            yield result.stow(self.folder / f"result-{next(self._names)}.part") if is_kept else result


def _in_order(begin: Callable[[_Task], Any], tasks: Iterable[_Task], most: int) -> Iterator[Any]:
    under_way: deque[Any] = deque()
    try:
        for task in tasks:
            under_way.append(begin(task))
            if len(under_way) >= most:
                yield under_way.popleft().result()
        while under_way:
            yield under_way.popleft().result()
    finally:
        for future in under_way:
            future.cancel()


def _end_with_parent() -> None:
    """Let this process end when the one that started it does, however that ended: nothing else would tell it."""
    parent = parent_process()
    if parent is None:
        return
    sentinel = parent.sentinel

    def watch() -> None:
        wait([sentinel])
        os._exit(1)

    Thread(target=watch, daemon=True).start()


@lru_cache(maxsize=1)
def _shared(path: str) -> Any:
    return pickle.loads(Path(path).read_bytes())  # noqa: S301 - written by this run into its own work folder


def _in_pool(function: Callable[[Any, Any], Any], common: str, task: Any, name: str) -> Any:
    """Do one task in a process of the pool."""
    return function(_shared(common), task).stow(Path(name))


@contextmanager
def crew(folder: Path, workers: int = 1, scheduler: str = "") -> Iterator[Crew]:
    """Yield the workers of a run: those of a dask scheduler, several processes, or this one."""
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with _hired(folder, workers, scheduler) as hired:
            yield hired
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _hired(folder: Path, workers: int, scheduler: str) -> Iterator[Crew]:
    if scheduler:
        with _client(scheduler) as client:
            yield Cluster(folder, client)
    elif workers > 1:
        # Processes that are forked would take over the locks of threads, those of a progress bar among them.
        executor = ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=_end_with_parent)
        try:
            yield Pool(folder, workers, executor)
        except BrokenProcessPool:
            raise TerminalError(
                "a worker process ended:", "see the memory of this machine, or use fewer --workers"
            ) from None
        finally:
            executor.shutdown(cancel_futures=True)
    else:
        yield Alone(folder)


@contextmanager
def beside(workers: int) -> Iterator[Callable[..., Callable[[], Any]]]:
    """Yield a function that begins work in a process beside this one, and returns how to ask for its result.

    With one worker the work is done when its result is asked for.
    """
    if workers <= 1:
        yield partial
        return
    executor = ProcessPoolExecutor(1, mp_context=get_context("spawn"), initializer=_end_with_parent)

    def begin(function: Callable[..., Any], *words: Any) -> Callable[[], Any]:
        return executor.submit(function, *words).result

    try:
        yield begin
    except BrokenProcessPool:
        raise TerminalError("the process beside this one ended:", "see the memory of this machine") from None
    finally:
        executor.shutdown(cancel_futures=True)


@contextmanager
def _client(scheduler: str) -> Iterator[Any]:
    try:
        from distributed import Client  # noqa: PLC0415 - an optional extra
    except ImportError:
        raise UsageError("dask is not installed:", "pip install 'chatlift[dask]'") from None
    try:
        client = Client(scheduler, timeout="5s")
    except (OSError, ValueError) as error:
        raise TerminalError(f"no dask scheduler answers at {scheduler} ({error}):", "check --scheduler") from None
    try:
        yield client
    finally:
        client.close()
