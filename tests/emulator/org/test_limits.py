"""The room that counts calls: the day's window, what is held, and what outlives a restart."""

from datetime import timedelta
from pathlib import Path

import pytest

from chatlift.emulator.config import OrgConfig
from chatlift.emulator.errors import OrgError
from chatlift.emulator.org.limits import API_REQUESTS, BULK_BATCHES, CONCURRENT, LONG_SECONDS
from chatlift.emulator.org.org import Org
from chatlift.schemas.values import read_datetime

NOON = read_datetime("2026-06-15T12:00:00Z")


def opened(url: str = "sqlite://") -> Org:
    return Org.open(OrgConfig(database=url, now=NOON, frozen=True))


def call(org: Org) -> int:
    with org.limits.admitted() as usage:
        return usage.used


def exhausted(org: Org) -> str:
    with pytest.raises(OrgError) as refused:
        call(org)
    assert refused.value.code == "REQUEST_LIMIT_EXCEEDED"
    return refused.value.message


def test_calls_are_counted_and_nothing_is_refused_until_a_limit_is_set() -> None:
    org = opened()
    assert [call(org), call(org)] == [1, 2]
    assert org.limits.count(3).info == "api-usage=5/15000"


def test_a_limit_that_is_set_is_held_and_what_was_counted_before_counts() -> None:
    org = opened()
    call(org)
    org.limits.set({API_REQUESTS: 2})
    assert call(org) == 2
    assert exhausted(org) == "TotalRequests Limit exceeded."
    assert org.limits.usage().used == 2, "a refused call is none"


@pytest.mark.parametrize("held", [False, True])
def test_a_call_counts_for_24_hours_of_the_orgs_clock(held: bool) -> None:
    org = opened()
    if held:
        org.limits.set({API_REQUESTS: 2})
    call(org)
    org.clock.advance(timedelta(hours=12).total_seconds())
    assert call(org) == 2
    org.clock.advance(timedelta(hours=11, minutes=59).total_seconds())
    assert org.limits.usage().used == 2
    org.clock.advance(60)
    assert org.limits.usage().used == 1
    assert call(org) == 2


@pytest.mark.parametrize("held", [False, True])
def test_calls_of_the_future_do_not_count_after_the_clock_is_set_back(held: bool) -> None:
    org = opened()
    if held:
        org.limits.set({API_REQUESTS: 5})
    call(org)
    org.clock.advance(7200)
    call(org)
    org.clock.advance(-3600)
    assert org.limits.usage().used == 1


def test_a_limit_that_is_taken_away_leaves_the_count() -> None:
    org = opened()
    org.limits.set({API_REQUESTS: 1})
    call(org)
    org.limits.set({API_REQUESTS: None})
    assert org.limits.settings() == {}
    assert call(org) == 2


def test_each_allowance_has_a_count_of_its_own() -> None:
    org = opened()
    org.limits.set({BULK_BATCHES: 1})
    assert org.limits.spend(1, BULK_BATCHES).left == 0
    with pytest.raises(OrgError):
        org.limits.spend(1, BULK_BATCHES)
    assert call(org) == 1


def test_what_is_held_outlives_a_restart(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'org.db'}"
    org = opened(url)
    org.limits.set({API_REQUESTS: 2})
    call(org)
    org.close()
    again = Org.open(OrgConfig(database=url))
    assert call(again) == 2
    exhausted(again)
    again.close()


def test_every_kind_of_store_holds_the_same(store_url: str) -> None:
    org = opened(store_url)
    assert call(org) == 1
    org.limits.set({API_REQUESTS: 3})
    assert [call(org), call(org)] == [2, 3]
    exhausted(org)
    org.reset()
    assert call(org) == 1
    org.close()


def test_a_reset_counts_from_nothing_and_holds_what_the_scenario_set() -> None:
    org = Org.open(OrgConfig(scenarios=({"org": {"limits": {API_REQUESTS: 1}}},)))
    call(org)
    exhausted(org)
    org.reset()
    assert call(org) == 1
    exhausted(org)


def test_long_calls_at_once_are_bounded_and_make_room_when_they_end() -> None:
    org = opened()
    org.limits.set({CONCURRENT: 1, LONG_SECONDS: 0})
    with org.limits.admitted():
        assert exhausted(org) == "ConcurrentRequests (Concurrent API Requests) Limit exceeded."
    assert call(org) == 2


def test_a_short_call_is_no_long_one() -> None:
    org = opened()
    org.limits.set({CONCURRENT: 1})
    with org.limits.admitted():
        call(org)


@pytest.mark.parametrize(
    ("wanted", "problem"),
    [
        ({"Daily": 1}, "there is no limit 'Daily' to set"),
        ({API_REQUESTS: -1}, "DailyApiRequests is a number from 0, or null, not -1"),
        ({API_REQUESTS: True}, "not True"),
        ({API_REQUESTS: 1.5}, "not 1.5"),
        ({LONG_SECONDS: "1"}, "not '1'"),
        ({CONCURRENT: 10**30}, "ConcurrentRequests is a number"),
    ],
)
def test_what_cannot_be_a_limit_is_refused_and_nothing_is_set(wanted: dict[str, object], problem: str) -> None:
    org = opened()
    with pytest.raises(ValueError, match=problem):
        org.limits.set({LONG_SECONDS: 1, **wanted} if "Daily" in wanted else wanted)
    assert org.limits.settings() == {}
    with pytest.raises(OrgError, match=r"org\.limits"):
        org.seed({"org": {"limits": wanted}})
