"""The work on a dask cluster: the same function, the same bytes."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from chatlift.migrate.plan import Plan
from chatlift.migrate.run import Hands, run


@pytest.fixture
def scheduler() -> Iterator[str]:
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, silence_logs=50
    ) as cluster:
        yield cluster.scheduler_address


@pytest.mark.filterwarnings("ignore")
def test_a_cluster_gives_the_same_bytes(source: Path, tmp_path: Path, export: Any, scheduler: str) -> None:
    run(source, tmp_path / "alone", Plan(), hands=Hands(block_size=1000))
    run(source, tmp_path / "cluster", Plan(), hands=Hands(block_size=1000, scheduler=scheduler))
    assert export.tree(tmp_path / "cluster") == export.tree(tmp_path / "alone")


@pytest.mark.filterwarnings("ignore")
def test_a_scheduler_that_is_not_there_is_one_line(source: Path, tmp_path: Path, chatlift: Callable[..., Any]) -> None:
    pytest.importorskip("distributed")
    words = ("migrate", source, tmp_path / "out", "--engine", "dask", "--scheduler", "tcp://127.0.0.1:1")
    status, _, err = chatlift(*words)
    assert status == 1
    assert err.startswith("chatlift: no dask scheduler answers at tcp://127.0.0.1:1")


def test_engine_and_scheduler_go_together(source: Path, tmp_path: Path, chatlift: Callable[..., Any]) -> None:
    for words in (("--engine", "dask"), ("--scheduler", "tcp://127.0.0.1:1")):
        status, _, err = chatlift("migrate", source, tmp_path / "out", *words)
        assert (status, "go together" in err) == (2, True)


def test_workers_of_the_command_change_nothing(
    source: Path, tmp_path: Path, export: Any, chatlift: Callable[..., Any]
) -> None:
    for number in (1, 3):
        assert chatlift("migrate", "run", source, tmp_path / f"out-{number}", "--workers", number)[0] == 0
    assert export.tree(tmp_path / "out-1") == export.tree(tmp_path / "out-3")
