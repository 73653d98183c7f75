"""What becomes of visitors' held polls when the org is put back to its beginning."""

from pathlib import Path
from time import monotonic, sleep

import pytest

from chatlift.emulator.chat import AgentDesk, VisitorRefused
from chatlift.emulator.chat.runtime import ChatRuntime
from chatlift.emulator.config import OrgConfig
from chatlift.emulator.live import live_org

from .conftest import SCENARIO, Meanwhile, Office


@pytest.mark.parametrize("database", ["memory", "file"])
def test_polls_that_are_held_while_the_org_is_reset_are_answered_at_once(database: str, tmp_path: Path) -> None:
    config = OrgConfig() if database == "memory" else OrgConfig(database=f"sqlite:///{tmp_path}/org.db")
    with live_org(config) as live:
        office = Office(live, live.org.seed(SCENARIO), AgentDesk(live.https, live.session()))
        visitors = [office.talking() for _ in range(2)]
        polls = [Meanwhile(visitor.poll) for visitor in visitors]
        runtime = live.org.org.room(ChatRuntime)
        while not runtime.look(lambda desk, state, now: all(chat.is_polling for chat in state.chats.values())):
            sleep(0.01)
        began = monotonic()
        assert live.session().post(f"{live.http}/_chatlift/reset", json={}, timeout=10).status_code == 200
        for poll in polls:
            with pytest.raises(VisitorRefused) as refused:
                poll.result()
            assert (refused.value.status, "invalid" in refused.value.message) == (403, True)
        assert monotonic() - began < 10
        office.ids = live.org.seed(SCENARIO)
        assert office.asked().poll()[0].type == "ChatRequestFail"
