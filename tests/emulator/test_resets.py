"""An org that is put back while somebody still asks: each call finds it whole, before or after."""

import threading

from chatlift.emulator.live import live_org

PATHS = (
    "/services/data/v59.0/query?q=SELECT+Id+FROM+LiveChatTranscript",
    "/services/data/v59.0/sobjects/Contact/003000000000001AAA",
    "/services/data/v59.0/sobjects/LiveAgentSession/listviews",
    "/_chatlift/messaging/channels/Web",
    "/_chatlift/messaging/deployments/Web",
)


def test_calls_beside_resets_find_the_org_whole() -> None:
    """A test's application may still be asking when the next test begins."""
    found: set[int] = set()
    has_ended = threading.Event()
    with live_org() as live:
        token = live.org.token()

        def ask() -> None:
            with live.session() as session:
                session.headers["Authorization"] = f"Bearer {token}"
                while not has_ended.is_set():
                    for path in PATHS:
                        found.add(session.get(live.http + path, timeout=20).status_code)

        askers = [threading.Thread(target=ask) for _ in range(2)]
        for asker in askers:
            asker.start()
        for _ in range(200):
            live.org.reset()
        has_ended.set()
        for asker in askers:
            asker.join(20)
    assert found == {200, 404}
