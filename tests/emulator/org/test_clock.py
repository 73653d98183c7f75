"""The clock runs, stands still and is moved; what it shows is kept."""

import threading
from datetime import UTC, datetime, timedelta

import pytest

from chatlift.emulator.config import OrgConfig
from chatlift.emulator.org.org import Org


def test_a_running_clock_goes_on_from_where_it_is_set() -> None:
    org = Org.open(OrgConfig(now=datetime(2030, 1, 1, tzinfo=UTC)))
    assert timedelta(0) <= org.clock.now() - datetime(2030, 1, 1, tzinfo=UTC) < timedelta(minutes=5)
    org.clock.advance(3600)
    assert org.clock.now() >= datetime(2030, 1, 1, 1, tzinfo=UTC)
    assert not org.clock.frozen
    org.clock.freeze()
    assert org.clock.now() == org.clock.now()
    org.clock.unfreeze()
    assert not org.clock.frozen
    org.close()


def test_a_stamp_is_a_whole_second(org: Org) -> None:
    org.clock.set(datetime(2026, 1, 1, 12, 0, 0, 999_999, tzinfo=UTC))
    assert org.clock.stamp() == "2026-01-01T12:00:00.000+0000"


def test_what_the_clock_shows_is_kept(store_url: str) -> None:
    if store_url == "sqlite://":
        pytest.skip("memory is gone at exit")
    org = Org.open(OrgConfig(database=store_url, frozen=True, now=datetime(2026, 1, 1, tzinfo=UTC)))
    org.clock.advance(5)
    org.close()
    again = Org.open(OrgConfig(database=store_url))
    assert again.clock.now() == datetime(2026, 1, 1, 0, 0, 5, tzinfo=UTC)
    again.close()


@pytest.mark.parametrize("seconds", [1e12, -1e12, 1e300, float("nan")])
def test_a_clock_has_its_bounds(org: Org, seconds: float) -> None:
    with pytest.raises(ValueError, match=r"clock|cannot convert"):
        org.clock.advance(seconds)


def test_moves_from_several_threads_all_count(org: Org) -> None:
    before = org.clock.now()

    def move() -> None:
        for _ in range(10):
            org.clock.advance(1)

    threads = [threading.Thread(target=move) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert org.clock.now() - before == timedelta(seconds=40)
