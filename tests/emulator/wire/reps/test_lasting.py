"""What runs outlives the server: on SQLite in a file and on PostgreSQL."""

from datetime import timedelta
from pathlib import Path

import pytest

from chatlift.emulator.config import OrgConfig
from chatlift.emulator.live import LiveOrg, live_org
from chatlift.emulator.messaging import EndUser, RepDesk

from .conftest import SCENARIO


def desk_of(live: LiveOrg) -> RepDesk:
    return RepDesk(live.https, live.session())


@pytest.mark.parametrize("store", ["sqlite", "postgresql"])
def test_sessions_go_on_where_they_were_when_the_server_comes_back(
    store: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    url = f"sqlite:///{tmp_path / 'org.db'}" if store == "sqlite" else request.getfixturevalue("postgresql_url")
    config = OrgConfig(database=url, frozen=True)
    with live_org(config) as live:
        ids = live.org.seed(SCENARIO)
        live.org.clock.set(SCENARIO["now"])
        kim, desk = ids["kim"], desk_of(live)
        desk.change("Short_Chat", inactivitySeconds=600)
        desk.publish("Short_Chat")
        presence_id = desk.login(kim)
        maya = EndUser(live.https, live.org.organization_id, "Short_Chat", live.session())
        maya.begin(_firstName="Maya")
        maya.say("Hello")
        session_id = desk.accept_next(kim)
        desk.say(session_id, kim, "Hi Maya")
        waiting = EndUser(live.https, live.org.organization_id, "Web_Chat", live.session())
        waiting.begin(_firstName="Bob")
        then = live.org.clock.now()
    with live_org(config) as live:
        desk = desk_of(live)
        seen = desk.rep(kim)
        assert (seen.status, seen.presence_id, [one.end_user_name for one in seen.work]) == (
            "Online",
            presence_id,
            ["Bob"],
        )
        assert [one.text for one in seen.session(session_id).messages] == ["Hello", "Hi Maya"]
        again = EndUser(live.https, live.org.organization_id, "Short_Chat", live.session())
        again.access_token, again.conversation_id = maya.access_token, maya.conversation_id
        again.say("Still there?")
        desk.say(session_id, kim, "Yes")
        live.org.clock.set(then + timedelta(seconds=600))
        assert desk.rep(kim).session(session_id).status == "Inactive"
    with live_org(config) as live:
        live.org.clock.set(then + timedelta(seconds=600, hours=24))
        (session,) = desk_of(live).rep(kim).sessions
        assert (session.status, session.ended_by, session.is_conversation_open) == ("Ended", "System", False)
