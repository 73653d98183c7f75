"""What is recorded of an org, and what is not; clients are the public ones, over HTTPS."""

import gzip
import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import certifi
import pytest
import requests
from simple_salesforce import Salesforce

from chatlift.emulator.cassette.file import Cassette
from chatlift.emulator.cassette.hosts import Origin
from chatlift.emulator.chat import AgentDesk, Visitor
from chatlift.emulator.live import LiveOrg
from chatlift.emulator.messaging import EndUser, RepDesk
from chatlift.emulator.recording.proxy import Options
from chatlift.emulator.recording.upstream import Hosts

PASSWORD = "Geheim & <streng>!"
TOKEN = "tokentoken12345"
OFFICE: dict[str, Any] = {
    "records": [{"object": "User", "ref": "ann", "fields": {"Username": "ann@x.test", "LastName": "Ann"}}],
    "chat": {
        "deployment": {"ref": "web", "name": "Web"},
        "skills": [{"ref": "help", "name": "Help"}],
        "buttons": [{"ref": "ask", "name": "Ask", "routing": "LeastActive", "skills": ["@help"], "queue": True}],
        "agents": [{"user": "@ann", "skills": ["@help"], "capacity": 2}],
    },
    "messaging": {"channels": [{"developerName": "Web_Chat", "agents": ["@ann"]}]},
}
"""A desk of legacy chat and a channel of enhanced chat."""
Record = Callable[..., Any]
Calls = Callable[[], Cassette]


def logged_in(address: Any) -> Any:
    return Salesforce(
        username="ada@x.test",
        password=PASSWORD,
        security_token=TOKEN,
        domain=address.login_domain,
        session=address.session(),
    )


def contacts(address: Any) -> list[Any]:
    sf = logged_in(address)
    made = sf.Contact.create({"LastName": "Ada"})
    first = sf.query("SELECT Id, LastName FROM Contact")["records"]
    sf.Contact.update(made["id"], {"LastName": "Bea"})
    return [made["id"], first, sf.query("SELECT Id, LastName FROM Contact")["records"], sf.sf_instance]


def test_clients_stay_with_the_recorder_and_get_what_the_org_answers(record: Record, real_org: LiveOrg) -> None:
    hosts: list[str] = []

    def script(address: Any) -> list[Any]:
        hosts.append(address.https.removeprefix("https://"))
        return contacts(address)

    id_, first, second, instance = record(script)
    assert (first[0]["LastName"], second[0]["LastName"], first[0]["Id"]) == ("Ada", "Bea", id_)
    assert instance == hosts[0]  # the login's answer names the org's host; a client would have gone there
    assert len(real_org.org.requests.found()) == 5


def test_no_secret_and_no_host_comes_into_the_file(
    record: Record, cassette_file: Path, real_org: LiveOrg, calls: Calls
) -> None:
    secrets: list[str] = []

    def script(address: Any) -> None:
        sf = logged_in(address)
        secrets.append(sf.session_id)
        session = address.session()
        form = {
            "grant_type": "password",
            "client_id": "app",
            "client_secret": "s3cret/s3cret=1",
            "username": "ada@x.test",
        }
        token = session.post(f"{address.https}/services/oauth2/token", data=form | {"password": "pässwort 1"}).json()
        secrets.extend(
            [token["access_token"], token["signature"], "s3cret/s3cret=1", "s3cret%2Fs3cret%3D1", "p%C3%A4ssw"]
        )
        session.headers["Authorization"] = f"Bearer {token['access_token']}"
        session.headers["X-Unknown"] = "who knows 4711"
        session.cookies.set("sid", token["access_token"])
        session.get(f"{address.https}/secur/frontdoor.jsp?sid={token['access_token']}&retURL=%2F")
        session.get(f"{address.https}/services/oauth2/userinfo", params={"access_token": token["access_token"]})
        sf.Contact.create({"LastName": "Ada", "Description": f"I wrote {sf.session_id} down"})

    record(script)
    text = cassette_file.read_text()
    for secret in (*secrets, PASSWORD, "Geheim", TOKEN, "4711", real_org.https.removeprefix("https://"), "127.0.0.1"):
        assert secret not in text, secret
    assert "I wrote 00D5e0000000001!scrubbed." in text
    assert "{{chatlift:org}}/services/Soap/u/59.0" in text
    login, *rest = calls().calls
    stand_in = json.loads(json.dumps(login.answered.body.decode())).partition("<sessionId>")[2].partition("<")[0]
    created = next(call for call in rest if call.asked.path.endswith("/Contact/"))
    assert dict(created.asked.headers)["Authorization"] == f"Bearer {stand_in}"  # the same all through


def test_e_mail_addresses_go_when_it_is_wanted(record: Record, cassette_file: Path, replay: Any) -> None:
    found = record(lambda address: logged_in(address).query("SELECT Username FROM User LIMIT 1"), emails=True)
    assert "@x.test" not in cassette_file.read_text()
    assert "@chatlift.test" not in cassette_file.read_text()
    assert found["records"][0]["Username"] == "admin@chatlift.test"
    with replay(is_strict=True) as address:  # a client sends addresses of its own
        assert logged_in(address).query("SELECT Username FROM User LIMIT 1")["totalSize"] == 1


def test_a_cassette_is_not_written_over(record: Record, cassette_file: Path, calls: Calls) -> None:
    record(contacts)
    with pytest.raises(Exception, match="is there already"):
        record(contacts)
    record(contacts, append=True)
    numbers = [call.number for call in calls().calls]
    assert numbers == list(range(1, 11))
    assert cassette_file.read_text().count('"cassette":1') == 1


def test_a_read_only_recorder_hands_no_write_on(record: Record, real_org: LiveOrg) -> None:
    def script(address: Any) -> list[int]:
        sf = logged_in(address)
        session = address.session()
        session.headers["Authorization"] = f"Bearer {sf.session_id}"
        base = f"{address.https}/services/data/v59.0"
        soap = (
            '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body><delete xmlns="urn:partner.soap.sforce.com">'
            "<ids>003000000000001AAA</ids></delete></e:Body></e:Envelope>"
        )
        answers = [
            session.post(f"{base}/sobjects/Contact", json={"LastName": "Ada"}),
            session.patch(f"{base}/sobjects/Contact/003000000000001AAA", json={"LastName": "Ada"}),
            session.delete(f"{base}/sobjects/Contact/003000000000001AAA"),
            session.post(f"{base}/composite", json={"compositeRequest": []}),
            session.post(f"{address.https}/services/Soap/u/59.0", data=soap, headers={"SOAPAction": '""'}),
            session.get(f"{base}/query", params={"q": "SELECT Id FROM Contact"}),
        ]
        return [answer.status_code for answer in answers]

    assert record(script, options=Options(read_only=True)) == [403, 403, 403, 403, 403, 200]
    assert {one["method"] for one in real_org.org.requests.found(path="/services/data/*")} == {"GET"}


def test_what_is_ours_never_reaches_the_org(record: Record, real_org: LiveOrg) -> None:
    def script(address: Any) -> tuple[int, Any]:
        session = address.session()
        refused = session.post(f"{address.https}/_chatlift/reset", json={})
        return refused.status_code, session.get(f"{address.https}/_chatlift/health").json()

    assert record(script) == (404, {"status": "recording", "calls": 0})
    assert real_org.org.requests.found() == []


def test_bodies_of_any_size_and_kind_go_through_whole(record: Record, calls: Calls, real_org: LiveOrg) -> None:
    long = "Straße " * 30_000  # 240 kB, of which the cassette keeps a part
    picture = bytes(range(256)) * 4_000

    def script(address: Any) -> tuple[bool, bool, int]:
        session = address.session()
        session.headers["Authorization"] = f"Bearer {real_org.org.token()}"
        base = f"{address.https}/services/data/v59.0/sobjects"
        packed = gzip.compress(b'{"Name":"Straight Acme"}')
        zipped = session.post(
            f"{base}/Account",
            data=packed,
            headers={"Content-Encoding": "gzip", "Content-Type": "application/json"},
        )
        parts = {
            "entity_content": (None, json.dumps({"Title": "p", "PathOnClient": "p.bin"}), "application/json"),
            "VersionData": ("p.bin", picture, "application/octet-stream"),
        }
        made = session.post(f"{base}/ContentVersion", files=parts)
        assert made.status_code == 201, made.text
        back = session.get(f"{base}/ContentVersion/{made.json()['id']}/VersionData").content
        lead = session.post(
            f"{base}/Lead",
            data=(
                piece.encode()
                for piece in (json.dumps({"LastName": "L", "Company": "C", "Description": long[:32_000]}),)
            ),
            headers={"Content-Type": "application/json"},
        )
        text = session.get(f"{base}/Lead/{lead.json()['id']}").json()["Description"]
        return back == picture, text == long[:32_000], zipped.status_code

    assert record(script, options=Options(most_body=20_000)) == (True, True, 201)
    kept = {call.number: call for call in calls().calls}
    assert kept[1].asked.body == b'{"Name":"Straight Acme"}'
    assert kept[2].missing > 1_000_000
    assert (len(kept[3].answered.body), kept[3].answered.missing) == (20_000, len(picture) - 20_000)


@pytest.mark.parametrize(
    ("options", "why"),
    [({"upstream": "https://127.0.0.1:9"}, "did not answer"), ({"ca": certifi.where()}, "--upstream-ca")],
)
def test_an_org_that_does_not_answer_is_told_and_not_kept(
    record: Record, calls: Calls, options: dict[str, str], why: str
) -> None:
    answer = record(lambda address: address.session().get(f"{address.https}/services/data"), **options)
    assert answer.status_code == 502
    assert why in answer.json()[0]["message"]
    assert calls().calls == ()


def test_chat_may_have_a_host_of_its_own(record: Record, calls: Calls) -> None:
    def script(address: Any) -> list[int]:
        session = address.session()
        headers = {"X-LIVEAGENT-API-VERSION": "60"}
        paths = ("/chat/rest/System/SessionId", "/services/data")
        return [session.get(f"{address.https}{path}", headers=headers).status_code for path in paths]

    assert record(script, chat="https://127.0.0.1:9") == [502, 200]
    assert [call.asked.path for call in calls().calls] == ["/services/data"]


def test_chat_goes_on_where_it_says_it_is_if_that_is_salesforce() -> None:
    here = Origin("https", "d.la1-c1.salesforceliveagent.com")
    hosts = Hosts(here, here, here)
    assert not hosts.switch("https://d.la2-c2.salesforceliveagent.com.evil.test/chat")
    assert not hosts.switch("http://d.la2-c2.salesforceliveagent.com/chat")
    assert hosts.of("/chat/rest/System/SessionId") == here
    assert hosts.switch("https://d.la2-c2.salesforceliveagent.com/chat")
    assert hosts.of("/chat/rest/System/SessionId").host == "d.la2-c2.salesforceliveagent.com"
    assert hosts.of("/services/data") == here


def test_a_proxy_that_is_the_recorder_itself_does_not_go_round_in_circles(
    record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    def script(address: Any) -> int:
        monkeypatch.setenv("HTTPS_PROXY", address.http)
        monkeypatch.delenv("NO_PROXY", raising=False)
        monkeypatch.delenv("no_proxy", raising=False)
        status: int = address.session().get(f"{address.https}/services/data").status_code
        return status

    assert record(script) == 200


def test_an_answer_that_breaks_off_breaks_off_for_the_client_and_is_not_kept(
    record: Record, real_org: LiveOrg, calls: Calls
) -> None:
    def script(address: Any) -> None:
        session = address.session()
        session.headers["Authorization"] = f"Bearer {real_org.org.token()}"
        with real_org.org.faults.during({"path": "*/limits", "truncate": 20}), pytest.raises(requests.RequestException):
            session.get(f"{address.https}/services/data/v59.0/limits")

    record(script)
    assert calls().calls == ()


def test_chat_and_its_polls(record: Record, real_org: LiveOrg, cassette_file: Path, replay: Any) -> None:
    ids = real_org.org.seed(OFFICE)
    desk = AgentDesk(real_org.http, real_org.session())

    def chat(address: Any, accept: Callable[[str], None], answer: Callable[[str], None]) -> Visitor:
        maya = Visitor(address.https, address.session())
        key = maya.ask(ids["web"], ids["ask"], name="Maya")
        maya.until("ChatRequestSuccess")
        accepted = threading.Thread(target=accept, args=[key])
        accepted.start()
        maya.until("ChatEstablished")  # a poll that waits
        accepted.join()
        maya.say("Hello")
        answer(key)
        maya.until("ChatMessage")
        maya.end()
        maya.until("ChatEnded")
        return maya

    def accept(key: str) -> None:
        desk.accept(desk.agent(ids["ann"]).requests[0].request_id, ids["ann"])

    desk.login(ids["ann"])
    first = record(
        lambda address: chat(
            address,
            accept,
            lambda key: desk.say(key, ids["ann"], "How can I help?"),
        )
    )
    for secret in (first.key, first.affinity):
        assert secret not in cassette_file.read_text()
    with replay(is_strict=True) as address:
        again = chat(address, lambda key: None, lambda key: None)
        assert [one.type for one in again.told] == [one.type for one in first.told]
        told = address.session().get(f"{address.http}/_chatlift/replay").json()
        assert (told["cassette"], told["unplayed"]) == (str(cassette_file), [])
        assert any(one.message.get("text") == "How can I help?" for one in again.told)
        assert again.poll() == []  # there is nothing new any more, and the poll is held as long as the org would


def test_enhanced_chat_and_its_event_stream(
    record: Record, real_org: LiveOrg, cassette_file: Path, replay: Any
) -> None:
    ids = real_org.org.seed(OFFICE)
    reps = RepDesk(real_org.http, real_org.session())

    def script(address: Any, answers: bool = True) -> tuple[str, list[str]]:
        maya = EndUser(address.https, real_org.org.organization_id, "Web_Chat", address.session())
        maya.begin()
        with maya.listen() as stream:
            maya.say("Hello")
            if answers:
                reps.login(ids["ann"])
                session = reps.accept_next(ids["ann"])
                reps.say(session, ids["ann"], "Hi Maya")
            told = [one.text for one in stream.until("CONVERSATION_MESSAGE") if one.text]
            while "Hi Maya" not in told:
                told += [one.text for one in stream.until("CONVERSATION_MESSAGE") if one.text]
        return maya.conversation_id, told

    first, told = record(script)
    assert told == ["Hello", "Hi Maya"]
    with replay(is_strict=True) as address:
        second, again = script(address, answers=False)
    assert again == told
    assert second != first  # the client has made another id, which the recorded answers have now
