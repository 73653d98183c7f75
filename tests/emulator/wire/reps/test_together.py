"""Many at the same time: work is taken once, capacity holds, nothing that was said is lost."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from chatlift.emulator.messaging import EndUser, NotThere, RepDesk

from .conftest import Office

T = TypeVar("T")


def together(*acts: Callable[[], T]) -> list[T]:
    with ThreadPoolExecutor(len(acts)) as pool:
        return [future.result() for future in [pool.submit(act) for act in acts]]


def desk_of(office: Office) -> RepDesk:
    """A desk with connections of its own."""
    return RepDesk(office.live.https, office.live.session())


def test_work_is_taken_once(office: Office) -> None:
    office.desk.login(office["kim"])
    office.end_user()
    (offer,) = office.desk.rep(office["kim"]).work

    def take() -> bool:
        try:
            desk_of(office).accept(offer.agent_work_id, office["kim"])
        except NotThere:
            return False
        return True

    assert sum(together(*[take] * 8)) == 1
    assert len(office.rows("SELECT Id FROM AgentWork")) == 1
    assert len(office.desk.rep(office["kim"]).sessions[0].participants) == 2


def test_capacity_holds_when_many_come_at_once(office: Office) -> None:
    for name, room in (("kim", 3), ("leo", 2)):
        office.desk.set_capacity(office[name], room)
        office.desk.login(office[name])
    together(*[office.end_user] * 12)
    seen = {name: office.desk.rep(office[name]) for name in ("kim", "leo")}
    assert {name: (one.load, len(one.work)) for name, one in seen.items()} == {"kim": (3.0, 3), "leo": (2.0, 2)}
    (queue,) = [queue for queue in office.desk.supervisor().queues if queue.length]
    assert queue.length == 12
    assert sum(one.offered_to is None for one in queue.waiting) == 7
    assert [one.position for one in queue.waiting] == list(range(1, 13))


def test_what_all_say_at_once_comes_to_all_in_one_order(office: Office) -> None:
    who, session_id = office.served()
    office.desk.login(office["leo"])
    office.desk.invite(session_id, office["kim"], to_rep=office["leo"])
    office.desk.accept_next(office["leo"])

    def end_user_talks() -> None:
        mine = EndUser(office.live.https, office.live.org.organization_id, "Web_Chat", office.live.session())
        mine.access_token, mine.conversation_id = who.access_token, who.conversation_id
        for number in range(15):
            mine.say(f"end user {number}")

    def rep_talks(name: str) -> None:
        desk = desk_of(office)
        for number in range(15):
            desk.say(session_id, office[name], f"{name} {number}")

    together(end_user_talks, lambda: rep_talks("kim"), lambda: rep_talks("leo"))
    seen = [one.text for one in office.desk.rep(office["kim"]).session(session_id).messages]
    for name in ("end user", "kim", "leo"):
        assert [text for text in seen if text.startswith(name)] == [f"{name} {number}" for number in range(15)]
    with who.listen() as stream:
        told: list[str] = []
        while len(told) < 45:
            told += [
                one.text for one in stream.until("CONVERSATION_MESSAGE", 10) if one.event == "CONVERSATION_MESSAGE"
            ]
    assert told == seen
