"""Time goes on by itself, whatever goes wrong and whatever others do meanwhile."""

import threading
from types import ModuleType
from typing import Any

import pytest

from chatlift.emulator import mock_salesforce
from chatlift.emulator.chat import reading as chat_reading
from chatlift.emulator.chat.runtime import ChatRuntime
from chatlift.emulator.messaging import reading as messaging_reading
from chatlift.emulator.messaging.runtime import MessagingRuntime
from chatlift.emulator.running.ticker import Ticker


def test_time_goes_on_after_something_failed(caplog: pytest.LogCaptureFixture) -> None:
    calls: list[int] = []
    twice = threading.Event()

    def fail_at_first() -> None:
        calls.append(len(calls))
        if len(calls) == 1:
            ticker.expect(0.0)
            raise RuntimeError("a moment ago")
        twice.set()

    ticker = Ticker(fail_at_first, "chatlift-test-time")
    ticker.expect(0.0)
    assert twice.wait(10)
    ticker.stop()
    assert "a moment ago" in caplog.text


@pytest.mark.parametrize(("reading", "runtime"), [(chat_reading, ChatRuntime), (messaging_reading, MessagingRuntime)])
def test_a_reset_waits_for_a_step_that_has_begun(
    reading: ModuleType, runtime: type[ChatRuntime] | type[MessagingRuntime], monkeypatch: pytest.MonkeyPatch
) -> None:
    watch = vars(reading)["watch"]
    with mock_salesforce() as org:
        org.reset()
        reset = threading.Thread(target=org.reset)

        def reset_meanwhile(*given: Any) -> None:
            reset.start()
            reset.join(0.2)
            watch(*given)

        monkeypatch.setattr(reading, "watch", reset_meanwhile)
        org.org.room(runtime).catch_up()
        reset.join(10)
        assert not reset.is_alive()
