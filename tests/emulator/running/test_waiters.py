"""Who waits is woken when what he waits for can be seen, and not before."""

import threading

from chatlift.emulator.running.waiters import Waiters


def test_a_block_inside_another_wakes_nobody_before_the_outer_one_ends() -> None:
    waiters, looks = Waiters(shared=False), [0]
    there, looked = threading.Event(), threading.Event()

    def look() -> bool | None:
        looks[0] += 1
        looked.set()
        return True if there.is_set() else None

    waiter = threading.Thread(target=waiters.wait, args=("key", 30, look))
    waiter.start()
    assert looked.wait(5)
    with waiters.held():
        with waiters.held():
            waiters.wake("key")
        waiters.wake("other")
        assert looks == [1]
        there.set()
    waiter.join(5)
    assert not waiter.is_alive() and looks == [2]


def test_a_block_that_fails_wakes_those_it_held_and_holds_no_longer() -> None:
    waiters = Waiters(shared=False)
    try:
        with waiters.held(), waiters.held():
            raise ValueError
    except ValueError:
        pass
    found = threading.Event()
    waiter = threading.Thread(target=waiters.wait, args=("key", 30, lambda: True if found.is_set() else None))
    waiter.start()
    found.set()
    while waiter.is_alive():
        waiters.wake("key")
        waiter.join(0.01)
