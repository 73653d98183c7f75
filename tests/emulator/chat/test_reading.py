"""The rows of the set-up steer the desk from the moment they change; while they do not, they are not read again."""

import pytest

from chatlift.emulator.chat.setup import Desk

from .conftest import ChatOrg


def desk_of(chats: ChatOrg) -> Desk:
    return chats.runtime.look(lambda desk, state, now: desk)


def test_what_does_not_change_is_read_once(at_work: ChatOrg) -> None:
    before = desk_of(at_work)
    at_work.engaged()
    at_work.org.records.update(at_work.me, "User", at_work.id("ada"), {"Title": "Lead"})
    assert desk_of(at_work) is before


def test_a_change_of_the_set_up_counts_at_once(at_work: ChatOrg) -> None:
    buy = at_work.id("buy")
    at_work.org.records.update(at_work.me, "LiveChatButton", buy, {"PushTimeout": 45})
    assert desk_of(at_work).buttons[buy].push_timeout == 45
    at_work.org.records.update(at_work.me, "User", at_work.id("ada"), {"LastName": "Zander"})
    assert desk_of(at_work).name_of(at_work.id("ada")) == "Ada Z"
    rule = {"DeveloperName": "x", "MasterLabel": "x", "FromIpAddress": "198.51.100.7", "OwnerType": "Admin"}
    id_ = at_work.org.records.create(at_work.me, "LiveChatBlockingRule", rule)
    assert desk_of(at_work).is_blocked("198.51.100.7")
    at_work.org.records.delete(at_work.me, "LiveChatBlockingRule", id_)
    assert not desk_of(at_work).is_blocked("198.51.100.7")


def test_a_change_that_is_undone_never_counted(at_work: ChatOrg) -> None:
    buy = at_work.id("buy")

    def change_and_fail() -> None:
        with at_work.org.transaction():
            at_work.org.records.update(at_work.me, "LiveChatButton", buy, {"PushTimeout": 45})
            assert desk_of(at_work).buttons[buy].push_timeout == 45
            raise KeyError

    with pytest.raises(KeyError):
        change_and_fail()
    assert desk_of(at_work).buttons[buy].push_timeout is None
    at_work.org.reset()
    assert desk_of(at_work).buttons == {}
