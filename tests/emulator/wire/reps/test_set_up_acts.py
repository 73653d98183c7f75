"""What is set up acts: at once for reps, with the next publishing for channels. Both sides as their clients see it, over real sockets."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from chatlift.emulator.config import OrgConfig
from chatlift.emulator.live import LiveOrg, live_org
from chatlift.emulator.messaging import EndUser, EndUserRefused, RepDesk

SCENARIO: dict[str, Any] = {
    "records": [
        *(
            {"object": "User", "ref": name, "fields": {"Username": f"{name}@desk.test", "LastName": name.title()}}
            for name in ("kim", "leo")
        ),
        {"object": "Skill", "ref": "sales", "fields": {"DeveloperName": "Sales", "MasterLabel": "Sales"}},
    ],
    "messaging": {"channels": [{"developerName": "Web", "ref": "web", "agents": ["@kim"]}]},
}


@dataclass
class Shop:
    live: LiveOrg
    ids: dict[str, str]
    reps: RepDesk

    def begun(self, deployment: str = "Web") -> EndUser:
        """An end user who has begun a conversation and written."""
        end_user = EndUser(self.live.https, self.live.org.organization_id, deployment, self.live.session())
        end_user.begin()
        end_user.say("Hello")
        return end_user

    def asked(self, name: str) -> int:
        """How many sessions a rep is asked to take, or has."""
        return len(self.reps.rep(self.ids[name]).work)


@pytest.fixture(scope="module")
def live() -> Iterator[LiveOrg]:
    with live_org(OrgConfig(frozen=True)) as running:
        yield running


@pytest.fixture
def shop(live: LiveOrg) -> Shop:
    live.org.reset()
    ids = live.org.seed(SCENARIO)
    reps = RepDesk(live.https, live.session())
    reps.login(ids["kim"])
    return Shop(live, ids, reps)


def is_open(end_user: EndUser) -> bool:
    return bool(end_user.conversations()["openConversationsFound"])


def test_session_based_chat_begins_and_stops_with_a_publishing(shop: Shop) -> None:
    kim, reps = shop.ids["kim"], shop.reps

    def end_one() -> EndUser:
        maya = shop.begun()
        session = reps.accept_next(kim)
        reps.end(session, kim)
        reps.close(session, kim)
        return maya

    assert is_open(end_one())
    reps.change("Web", sessionBased=True)
    assert is_open(end_one()), "nothing is published yet"
    reps.publish("Web")
    assert not is_open(end_one())
    reps.change("Web", sessionBased=False)
    assert not is_open(end_one()), "nothing is published yet"
    reps.publish("Web")
    assert is_open(end_one())


def test_a_deployment_that_was_never_published_does_not_answer_end_users(shop: Shop) -> None:
    shop.reps.set_deployment("App", channel="Web", platform="Mobile")
    with pytest.raises(EndUserRefused):
        shop.begun("App")
    shop.reps.publish("App")
    shop.begun("App")
    assert shop.asked("kim") == 1


def test_a_session_that_waits_is_offered_as_soon_as_capacity_allows(shop: Shop) -> None:
    shop.reps.set_capacity(shop.ids["kim"], 0)
    shop.begun()
    assert shop.asked("kim") == 0
    shop.reps.set_capacity(shop.ids["kim"], 1)
    assert shop.asked("kim") == 1


def test_a_session_that_waits_is_offered_to_a_rep_who_joins_the_queue(shop: Shop) -> None:
    shop.reps.logout(shop.ids["kim"])
    shop.begun()
    shop.reps.login(shop.ids["leo"])
    assert shop.asked("leo") == 0
    shop.live.org.seed(
        {
            "messaging": {
                "channels": [{"developerName": "App", "queueId": shop.ids["web_queue"], "agents": [shop.ids["leo"]]}]
            }
        }
    )
    assert shop.asked("leo") == 1


def test_sessions_go_by_skills_once_that_is_published(shop: Shop) -> None:
    shop.reps.login(shop.ids["leo"])
    shop.live.org.seed(
        {"records": [{"object": "SkillUser", "fields": {"SkillId": shop.ids["sales"], "UserId": shop.ids["leo"]}}]}
    )
    shop.reps.change("Web", skillIds=[shop.ids["sales"]])
    shop.begun()
    assert (shop.asked("kim"), shop.asked("leo")) == (1, 0)
    shop.reps.publish("Web")
    shop.begun()
    assert (shop.asked("kim"), shop.asked("leo")) == (1, 1)


def test_a_bot_leads_until_it_hands_over(shop: Shop) -> None:
    bot = {"name": "Nora", "greeting": "Hi", "replies": {"hours": "9 to 17"}, "handsOverOn": ["person"]}
    shop.reps.change("Web", bot=bot)
    shop.reps.publish("Web")
    maya = shop.begun()
    maya.say("Your hours?")
    assert shop.asked("kim") == 0
    maya.say("A person please")
    assert shop.asked("kim") == 1
    said = [
        (entry["sender"]["role"], entry["entryPayload"]["abstractMessage"]["staticContent"]["text"])
        for entry in reversed(maya.entries(entryTypeFilter="Message"))
    ]
    assert said == [
        ("Chatbot", "Hi"),
        ("EndUser", "Hello"),
        ("EndUser", "Your hours?"),
        ("Chatbot", "9 to 17"),
        ("EndUser", "A person please"),
    ]


def test_a_channel_that_is_not_active_lets_nobody_in(shop: Shop) -> None:
    shop.reps.change("Web", active=False)
    assert is_open(shop.begun()), "nothing is published yet"
    shop.reps.publish("Web")
    with pytest.raises(EndUserRefused, match="with an active channel"):
        shop.begun()


def test_sessions_go_to_the_fallback_queue_where_there_is_no_other(shop: Shop) -> None:
    shop.reps.change("Web", queueId=None, fallbackQueueId=shop.ids["web_queue"])
    shop.reps.publish("Web")
    shop.begun()
    assert shop.asked("kim") == 1
