"""The event stream: resumed without loss, heard by many, quiet and alive, and over when it should be."""

import logging
import threading
from itertools import islice, pairwise
from uuid import uuid4

import pytest
import requests

from chatlift.emulator import mock_salesforce
from chatlift.emulator.live import live_org
from chatlift.emulator.messaging import EndUser, EventStream, Happened, listening
from chatlift.emulator.messaging.listening import Listening
from chatlift.emulator.server import THREADS
from chatlift.emulator.waiting import Waiting

from .conftest import SCENARIO, Office, refusal, until

MESSAGES = 1000


def test_a_stream_that_drops_again_and_again_loses_nothing_and_doubles_nothing(office: Office) -> None:
    maya, session = office.served()
    sent: list[str] = []

    def write() -> None:
        for number in range(MESSAGES):
            sent.append(office.reps.say(session, office.kim, str(number)))

    writer = threading.Thread(target=write)
    writer.start()
    got: list[Happened] = []
    with maya.listen() as stream:
        while len([one for one in got if one.event == "CONVERSATION_MESSAGE"]) < MESSAGES:
            found = stream.next(20)
            assert found is not None, f"nothing came after {len(got)}"
            got.append(found)
            if len(got) % 37 == 0:
                stream.close()  # in the middle of whatever comes
    writer.join()
    assert [one.text for one in got if one.event == "CONVERSATION_MESSAGE"] == [str(n) for n in range(MESSAGES)]
    assert [one.entry["identifier"] for one in got if one.event == "CONVERSATION_MESSAGE"] == sent
    assert all(int(one.id) < int(other.id) for one, other in pairwise(got))


def test_a_stream_begins_behind_the_event_that_the_client_names(office: Office) -> None:
    maya = office.begun()
    maya.say("one")
    with maya.listen() as stream:
        one = stream.until("CONVERSATION_MESSAGE")[-1]
    maya.say("two")
    with maya.listen(one.id) as stream:
        assert [told.text for told in stream.until("CONVERSATION_MESSAGE")] == ["two"]


def test_a_stream_without_a_last_event_begins_now(office: Office) -> None:
    maya = office.begun()
    maya.say("before")
    with maya.listen("") as stream:
        stream.connect()
        maya.say("after")
        assert [told.text for told in stream.until("CONVERSATION_MESSAGE", seconds=5)] == ["after"]


def test_an_end_user_is_heard_on_all_his_streams_and_on_no_others(office: Office) -> None:
    maya, other = office.begun(), office.begun()
    streams = [maya.listen(), maya.listen(), maya.listen()]
    foreign = other.listen()
    other.say("mine alone")
    maya.say("to all")
    for stream in streams:
        assert stream.until("CONVERSATION_MESSAGE")[-1].text == "to all"
    assert foreign.until("CONVERSATION_MESSAGE")[-1].text == "mine alone"
    assert foreign.next(0.2) is None
    for stream in (*streams, foreign):
        stream.close()


def test_a_quiet_stream_gives_signs_of_life(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listening, "PING_SECONDS", 0.05)
    maya = office.begun()
    with raw(office, maya, "") as answer:
        lines = answer.iter_lines(chunk_size=1)
        assert [next(lines) for _ in range(9)] == [b"event: ping", b"data: 0", b""] * 3


def test_a_ping_comes_well_within_the_patience_of_clients() -> None:
    assert listening.PING_SECONDS < 90 / 2


def raw(office: Office, who: EndUser, last: str, **headers: str) -> requests.Response:
    given = {"Authorization": f"Bearer {who.access_token}", "X-Org-Id": office.live.org.organization_id[:15]}
    given |= {"Last-Event-Id": last} if last else {}
    url = f"{office.live.https}/eventrouter/v1/sse"
    return office.live.session().get(url, headers=given | headers, stream=True, timeout=20)


def test_a_reset_ends_every_stream_cleanly(office: Office) -> None:
    maya = office.begun()
    answer = raw(office, maya, "")
    assert answer.status_code == 200
    office.live.org.reset()
    assert answer.content.startswith(b"event: ping\ndata: 0\n\n")  # to its end: nothing is cut off
    office.live.org.seed(SCENARIO)
    begun_anew = office.begun()
    begun_anew.say("after the reset")
    with maya.listen(str(10**9)) as stream:  # his old place means nothing any longer
        assert stream.next(0.2) is None


def test_a_client_that_hangs_up_is_forgotten(office: Office, caplog: pytest.LogCaptureFixture) -> None:
    maya = office.begun()
    open_streams = office.live.org.org.room(Listening)
    caplog.set_level(logging.INFO)
    first = raw(office, maya, "")
    until(lambda: open_streams.is_listening(maya.subject))
    first.close()
    second = raw(office, maya, "")
    second.close()
    maya.say("whoever is gone is seen to be gone now")
    until(lambda: not open_streams.is_listening(maya.subject))
    assert "socket.error" not in caplog.text


def test_a_server_that_stops_ends_its_streams_cleanly() -> None:
    with live_org() as live:
        live.org.seed(SCENARIO)
        maya = EndUser(live.https, live.org.organization_id, "Web_Chat", live.session())
        maya.begin()
        headers = {"Authorization": f"Bearer {maya.access_token}", "X-Org-Id": live.org.organization_id}
        answer = live.session().get(f"{live.https}/eventrouter/v1/sse", headers=headers, stream=True, timeout=20)
        heard: list[bytes] = []
        reader = threading.Thread(target=lambda: heard.append(answer.content))
        reader.start()
    reader.join(10)
    assert heard and heard[0].startswith(b"event: ping")


def test_a_stream_asks_for_a_good_token_and_the_right_org(office: Office) -> None:
    maya = office.begun()
    wrong = raw(office, maya, "", Authorization="Bearer nonsense")
    assert wrong.status_code == 401
    assert wrong.json() == {"status": 401, "error": "Unauthorized", "path": "/eventrouter/v1/sse"}
    missing = office.live.session().get(f"{office.live.https}/eventrouter/v1/sse", timeout=10)
    assert missing.status_code == 401
    assert raw(office, maya, "", **{"X-Org-Id": "00D000000000009"}).status_code == 400
    assert raw(office, maya, "not-a-number").status_code == 400
    for org_id in (office.live.org.organization_id, office.live.org.organization_id[:15]):
        with raw(office, maya, "", **{"X-Org-Id": org_id}) as answer:
            assert answer.status_code == 200


def test_a_token_that_expires_ends_its_streams(strict_office: Office) -> None:
    maya = strict_office.begun()
    answer = raw(strict_office, maya, "")
    assert answer.status_code == 200
    strict_office.live.org.clock.advance(hours=1, seconds=1)
    assert answer.content.startswith(b"event: ping")
    again = raw(strict_office, maya, "")
    assert again.status_code == 401
    assert again.json() == {"status": 401, "error": "Unauthorized", "path": "/eventrouter/v1/sse"}


def test_in_process_a_stream_tells_what_is_there_and_ends() -> None:
    with mock_salesforce(seed=SCENARIO, now="2026-06-15T12:00:00Z") as org:
        maya = EndUser(org.url, org.organization_id, "Web_Chat")
        maya.begin()
        maya.say("hello")
        with maya.listen() as stream:
            assert stream.until("CONVERSATION_MESSAGE", seconds=5)[-1].text == "hello"
            assert stream.next(0.1) is None
            maya.say("again")
            assert stream.until("CONVERSATION_MESSAGE", seconds=5)[-1].text == "again"
            with pytest.raises(TimeoutError, match="no CONVERSATION_MESSAGE came"):
                stream.until("CONVERSATION_MESSAGE", seconds=0.1)


def test_a_stream_can_be_gone_through_as_it_comes(office: Office) -> None:
    maya = office.begun()
    maya.say("one")
    maya.say("two", message_id=str(uuid4()))
    stream: EventStream = maya.listen()
    said = (one.text for one in stream if one.event == "CONVERSATION_MESSAGE")
    assert list(islice(said, 2)) == ["one", "two"]
    stream.close()


def test_a_stream_that_is_broken_on_purpose_is_taken_up_again(office: Office) -> None:
    maya = office.begun()
    for number in range(20):
        maya.say(str(number))
    office.live.org.faults.set(*({"path": "/eventrouter/*", "truncate": size, "count": 1} for size in (60, 700, 1500)))
    said: list[str] = []
    with maya.listen() as stream:
        while len(said) < 20:
            said += [
                one.text for one in stream.until("CONVERSATION_MESSAGE", 10) if one.event == "CONVERSATION_MESSAGE"
            ]
    assert said == [str(number) for number in range(20)]
    assert [rule["struck"] for rule in office.live.org.faults.shown()] == [1, 1, 1]


@pytest.mark.parametrize("status", [429, 500, 503, 599])
def test_a_fault_has_its_status(office: Office, status: int) -> None:
    maya = office.begun()
    office.live.org.faults.set({"path": "/iamessage/*/message", "status": status, "message": "not now", "count": 1})
    assert refusal(lambda: maya.say("Hello")) == (status, "not now")
    maya.say("Hello")


def test_streams_take_no_worker_from_other_calls(office: Office) -> None:
    maya = office.begun()
    streams = [raw(office, maya, "") for _ in range(3 * THREADS)]
    assert {stream.status_code for stream in streams} == {200}
    for number in range(5):
        maya.say(str(number))
    assert office.rows("SELECT COUNT(Id) n FROM MessagingSession")
    for stream in streams:
        stream.close()


def test_more_streams_than_may_wait_are_refused(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    maya = office.begun()
    monkeypatch.setattr(Waiting, "begin", lambda self, wake: False)
    answer = raw(office, maya, "")
    assert (answer.status_code, answer.json()["error"]) == (503, "Service Unavailable")
