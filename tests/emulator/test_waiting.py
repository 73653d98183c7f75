"""Calls that wait: other workers come in their place, up to a bound, and all go when the server stops."""

from threading import active_count

import pytest

from chatlift.emulator.chat import AgentDesk, Visitor
from chatlift.emulator.live import live_org
from chatlift.emulator.server import THREADS
from chatlift.emulator.waiting import SPARE, STEP, Waiting

from .wire.chat.conftest import SCENARIO, Meanwhile, Office


class Pool:
    """Counts the workers that were taken on."""

    def __init__(self) -> None:
        self.more = 0

    def grow(self, amount: int) -> None:
        self.more += amount

    def shrink(self, amount: int) -> None:
        self.more -= amount


def test_there_is_a_worker_more_for_each_call_that_waits() -> None:
    pool = Pool()
    waiting = Waiting(pool)
    for count in range(1, 3 * STEP + 1):
        assert waiting.begin(lambda: None)
        assert count <= pool.more < count + STEP
    for count in reversed(range(3 * STEP)):
        waiting.end()
        assert pool.more >= count
    assert pool.more <= SPARE


def test_workers_go_when_many_are_idle() -> None:
    pool = Pool()
    waiting = Waiting(pool)
    for _ in range(10 * STEP):
        waiting.begin(lambda: None)
    for _ in range(10 * STEP):
        waiting.end()
    assert 0 <= pool.more <= SPARE


def test_no_more_than_a_bound_wait_and_who_leaves_makes_room() -> None:
    waiting = Waiting(Pool(), most=2)
    assert [waiting.begin(lambda: None) for _ in range(3)] == [True, True, False]
    waiting.end()
    assert waiting.begin(lambda: None)


def test_all_are_woken_at_the_end_and_nobody_begins_to_wait_after_it() -> None:
    woken: list[str] = []
    waiting = Waiting(Pool())
    for wake in (lambda: woken.append("a"), lambda: woken.append("b")):
        waiting.begin(wake)
    waiting.close()
    assert sorted(woken) == ["a", "b"]
    assert not waiting.begin(lambda: None)


def test_more_visitors_wait_than_there_are_workers_and_the_org_answers_on() -> None:
    polls = []
    with live_org() as live:
        office = Office(live, live.org.seed(SCENARIO), AgentDesk(live.https, live.session()))
        visitors = [office.visitor() for _ in range(3 * THREADS)]
        for visitor in visitors:
            visitor.begin()
            polls.append(Meanwhile(visitor.poll))
        office.desk.login(office.ids["ann"])
        assert office.desk.supervisor().agents[0].name == "Ann A"
        assert len(office.rows("SELECT Id FROM User")) >= 3
        assert active_count() > 3 * THREADS
    assert [poll.result() for poll in polls] == [[]] * len(polls)


def test_a_call_that_may_not_wait_is_503(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Waiting, "begin", lambda self, wake: False)
    with live_org() as live:
        visitor = Visitor(live.https, live.session())
        visitor.begin()
        with pytest.raises(Exception, match="503 Too many clients are waiting"):
            visitor.poll()
