"""An org in this process: what it stands for, what it lets through, and how a test steers it."""

import asyncio
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest
import requests
import responses
from simple_salesforce import Salesforce

from chatlift.emulator import OrgHandle, mock_salesforce
from chatlift.emulator.errors import UsageError
from chatlift.emulator.interception import CALLS_KEPT, BoundedMock
from chatlift.emulator.org.logins import SESSIONS_KEPT


def contacts(sf: Salesforce) -> list[str]:
    return [row["LastName"] for row in sf.query("SELECT LastName FROM Contact ORDER BY LastName")["records"]]


def login(**options: str) -> Salesforce:
    return Salesforce(username="u", password="p", security_token="t", **options)


def test_it_stands_for_every_salesforce_host() -> None:
    with mock_salesforce():
        for host in (
            "login.salesforce.com",
            "test.salesforce.com",
            "acme.my.salesforce.com",
            "na1.force.com",
            "x.salesforce-scrt.com",
        ):
            answer = requests.get(f"https://{host}/services/data", timeout=5)
            assert answer.json()[0]["version"] == "20.0"
        assert login(domain="test").sf_instance == "test.salesforce.com"


@pytest.mark.parametrize(
    "url", ["https://example.invalid/x", "https://salesforce.com.example.invalid/", "http://notsalesforce.com/"]
)
def test_other_hosts_are_refused(url: str) -> None:
    with mock_salesforce(), pytest.raises(requests.ConnectionError, match="Connection refused"):
        requests.get(url, timeout=5)


def test_other_hosts_are_let_through_when_asked(live_url: str) -> None:
    with mock_salesforce(passthrough=True) as org:
        assert requests.get(live_url, timeout=5).text == "the network"
        assert requests.get(f"{org.url}/services/data", timeout=5).status_code == 200


def test_more_hosts_may_be_stood_for() -> None:
    with mock_salesforce(hosts=["crm.example.invalid"]):
        assert requests.get("https://crm.example.invalid:8443/services/data", timeout=5).status_code == 200


def test_a_decorated_function_gets_nothing_added_and_an_org_of_its_own() -> None:
    @mock_salesforce
    def bare(number: int) -> int:
        """Say how many contacts there are."""
        sf = login()
        sf.Contact.create({"LastName": "A"})
        return number + len(contacts(sf))

    @mock_salesforce(seed={"records": [{"object": "Contact", "fields": {"LastName": "Seeded"}}]})
    def seeded() -> list[str]:
        return contacts(login())

    assert (bare(1), bare(2)) == (2, 3)
    assert seeded() == ["Seeded"]
    assert (bare.__name__, bare.__doc__) == ("bare", "Say how many contacts there are.")


def test_a_decorated_coroutine_has_its_org_until_it_is_done() -> None:
    @mock_salesforce
    async def ask() -> int:
        await asyncio.sleep(0)
        return requests.get("https://login.salesforce.com/services/data", timeout=5).status_code

    assert asyncio.run(ask()) == 200


def test_orgs_nest_and_the_innermost_answers() -> None:
    with mock_salesforce() as outer:
        sf = login()
        sf.Contact.create({"LastName": "Outer"})
        with mock_salesforce() as inner:
            inside = login()
            assert contacts(inside) == []
            inside.Contact.create({"LastName": "Inner"})
            assert inner.org is not outer.org
        assert contacts(sf) == ["Outer"]


def test_a_mock_around_it_still_answers_for_its_own_hosts() -> None:
    with responses.RequestsMock() as others:
        others.add(responses.GET, "https://api.example.invalid/x", body="theirs")
        with mock_salesforce() as org:
            assert requests.get("https://api.example.invalid/x", timeout=5).text == "theirs"
            assert requests.get(f"{org.url}/services/data", timeout=5).status_code == 200
            with pytest.raises(requests.ConnectionError):
                requests.get("https://api.example.invalid/y", timeout=5)


def test_after_it_nothing_is_mocked() -> None:
    before = requests.adapters.HTTPAdapter.send
    with mock_salesforce():
        assert requests.adapters.HTTPAdapter.send is not before
    with pytest.raises(ZeroDivisionError), mock_salesforce():
        raise ZeroDivisionError
    assert requests.adapters.HTTPAdapter.send is before


def test_eight_threads_share_one_org() -> None:
    with mock_salesforce():
        sf = login()
        problems: list[BaseException] = []

        def create(number: int) -> None:
            try:
                for turn in range(20):
                    login().Contact.create({"LastName": f"{number}-{turn:02}"})
            except BaseException as error:  # noqa: BLE001  # whatever it is, the test tells it
                problems.append(error)

        threads = [threading.Thread(target=create, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert problems == []
        assert contacts(sf) == sorted(f"{number}-{turn:02}" for number in range(8) for turn in range(20))


def test_old_calls_are_forgotten() -> None:
    mock = BoundedMock()
    mock.add(responses.GET, "https://example.invalid/x", body="theirs")
    with mock:
        session = requests.Session()
        for _ in range(CALLS_KEPT + 1):
            session.get("https://example.invalid/x", timeout=5)
        assert len(mock.calls) == 1


# --- steering


def test_the_clock_is_set_stopped_and_moved() -> None:
    with mock_salesforce(now="2026-06-15T12:00:00Z", frozen=True) as org:
        assert org.clock.now() == datetime(2026, 6, 15, 12, tzinfo=UTC)
        org.clock.advance(hours=1, seconds=30)
        sf = login()
        made = sf.Contact.create({"LastName": "A"})["id"]
        assert sf.Contact.get(made)["CreatedDate"] == "2026-06-15T13:00:30.000+0000"
        org.clock.set(datetime(2026, 1, 1, tzinfo=UTC))
        assert org.clock.now().year == 2026
        seen = [org.clock.frozen]
        org.clock.unfreeze()
        seen.append(org.clock.frozen)
        org.clock.freeze()
        assert [*seen, org.clock.frozen] == [True, False, True]


def test_a_reset_leads_back_to_the_seed_and_keeps_the_session() -> None:
    seed = {"records": [{"object": "Contact", "fields": {"LastName": "Seeded"}}]}
    with mock_salesforce(seed=[seed]) as org:
        sf = login()
        sf.Contact.create({"LastName": "More"})
        org.reset()
        assert contacts(sf) == ["Seeded"]
        sf.Contact.create({"LastName": "Again"})
        assert contacts(sf) == ["Again", "Seeded"]


def test_a_name_in_the_place_of_a_snapshot_is_told() -> None:
    with mock_salesforce() as org, pytest.raises(UsageError, match=r"org\.snapshots\.restore"):
        org.restore("monday")  # type: ignore[arg-type]


def test_a_snapshot_can_be_gone_back_to_more_than_once() -> None:
    with mock_salesforce(now="2026-06-15T12:00:00Z", frozen=True) as org:
        sf = login()
        sf.Contact.create({"LastName": "A"})
        snapshot = org.snapshot()
        for _ in range(3):
            sf.Contact.create({"LastName": "B", "Description": "x" * 20_000})
            sf.LiveChatVisitor.create({})
            org.clock.advance(days=1)
            org.restore(snapshot)
            assert contacts(sf) == ["A"]
            assert org.clock.now() == datetime(2026, 6, 15, 12, tzinfo=UTC)


def test_a_seed_answers_the_ids_of_its_refs() -> None:
    with mock_salesforce() as org:
        refs = org.seed({"records": [{"object": "Contact", "ref": "ada", "fields": {"LastName": "Ada"}}]})
        assert login().Contact.get(refs["ada"])["LastName"] == "Ada"


def test_shipped_scenarios_are_seeded_by_name() -> None:
    with mock_salesforce(seed="support-day") as org:
        assert login().query("SELECT COUNT() FROM LiveChatTranscript")["totalSize"] > 0
        assert org.clock.now().year == 2026


def test_what_was_deleted_can_be_taken_back() -> None:
    with mock_salesforce() as org:
        sf = login()
        made = sf.Contact.create({"LastName": "A"})["id"]
        sf.Contact.delete(made)
        assert contacts(sf) == []
        org.undelete("Contact", made)
        assert contacts(sf) == ["A"]


def test_a_session_may_be_mounted_and_the_rest_left_alone(live_url: str) -> None:
    with mock_salesforce() as org:
        handle: OrgHandle = org
    with mock_salesforce() as org:
        session = org.mount(requests.Session(), hosts=["crm.example.invalid"])
        sf = Salesforce(instance_url=org.url, session_id=org.token(), session=session)
        sf.Contact.create({"LastName": "A"})
        assert contacts(sf) == ["A"]
        assert session.get("https://crm.example.invalid/services/data").status_code == 200
        assert session.head(f"{org.url}/services/data").content == b""
        with pytest.raises(requests.ConnectionError, match="passthrough"):
            session.get("https://example.invalid/")
    assert handle.org is not org.org


def test_a_mounted_session_lets_other_hosts_through_when_asked(live_url: str) -> None:
    with mock_salesforce(passthrough=True) as org:
        session = org.mount(requests.Session(), passthrough=True)
        assert session.get(live_url).text == "the network"


@pytest.mark.parametrize(
    "options",
    [
        {"now": "noon"},
        {"seed": "no-such-scenario"},
        {"seed": {"nonsense": 1}},
        {"objects": [{"name": 5}]},
        {"session_timeout": 0},
        {"hosts": "crm.example.test"},
        {"seed": 5},
        {"seed": ["support-day", None]},
        {"objects": "no-such-folder"},
        {"now": 5},
    ],
)
def test_what_cannot_be_set_up_is_said_at_once_in_the_words_of_the_call(options: dict[str, object]) -> None:
    (argument,) = options
    with pytest.raises(UsageError, match=f"^{argument}\\b"):
        mock_salesforce(**options).__enter__()  # type: ignore[call-overload]
    assert requests.adapters.HTTPAdapter.send.__module__ == "requests.adapters"


def test_an_argument_that_there_is_not_is_named_with_those_that_there_are() -> None:
    with pytest.raises(TypeError, match="no argument sede; it takes seed, objects, now"):
        mock_salesforce(sede="support-day")  # type: ignore[call-overload]
    with pytest.raises(TypeError, match="write mock_salesforce\\(seed='support-day'\\)"):
        mock_salesforce("support-day")  # type: ignore[call-overload]


def test_seeds_and_objects_may_be_files(tmp_path: Path) -> None:
    seed, schema = tmp_path / "day.json", tmp_path / "contact.json"
    seed.write_text('{"records": [{"object": "Contact", "fields": {"LastName": "Seeded", "Level__c": 3}}]}')
    field = '{"name": "Level__c", "type": "int", "digits": 3, "custom": true}'
    schema.write_text(f'{{"name": "Contact", "fields": [{field}]}}')
    with mock_salesforce(seed=seed, objects=str(schema)):
        assert login().query("SELECT Level__c FROM Contact")["records"][0]["Level__c"] == 3


def test_a_client_gives_up_on_an_answer_that_is_late_and_the_record_is_there_all_the_same() -> None:
    with mock_salesforce() as org:
        sf = login()
        with org.faults.during({"operation": "create", "latency_ms": 60_000}), pytest.raises(requests.ReadTimeout):
            sf.session.post(
                f"{sf.base_url}sobjects/Contact", json={"LastName": "Late"}, headers=sf.headers, timeout=(1, 0.01)
            )
        assert contacts(sf) == ["Late"]


def test_an_org_begins_again_as_what_is_asked_for_and_keeps_the_latest_logins() -> None:
    seed = {"records": [{"object": "Contact", "fields": {"LastName": "Seeded"}}]}
    with mock_salesforce() as org:
        tokens = [org.token() for _ in range(2)]
        for wanted in (seed, (), seed, "support-day", seed):
            sf = login()
            sf.Contact.create({"LastName": "Left behind"})
            org.snapshots.take("left-behind")
            org.prepare(seed=wanted, now="2026-02-14T09:00:00Z", frozen=True)
            assert org.clock.now() == datetime(2026, 2, 14, 9, tzinfo=UTC)
            assert contacts(sf)[:1] != ["Left behind"]
            assert org.snapshots.names() == []
        tokens += [org.token() for _ in range(SESSIONS_KEPT)]
        org.prepare(seed=seed)
        assert contacts(Salesforce(instance_url=org.url, session_id=tokens[-1])) == ["Seeded"]
        assert [org.org.session(token) is not None for token in (tokens[0], tokens[2], tokens[-1])] == [
            False,
            True,
            True,
        ]


def test_what_is_drawn_from_a_number_is_drawn_anew_when_an_org_begins_again() -> None:
    with mock_salesforce(chance=7) as org:
        first = org.token()
        org.begin_again()
        assert org.org.session(first) is None
        assert org.token() == first


def test_a_beginning_that_cannot_be_had_leaves_a_blank_org() -> None:
    with mock_salesforce() as org:
        for wrong in ({"seed": "nope"}, {"objects": [{"x": 1}]}, {"now": "9999-01-01T00:00:00Z"}):
            with pytest.raises(UsageError, match=f"^{next(iter(wrong))}:"):
                org.prepare(**wrong)
        assert contacts(login()) == []


def test_a_token_of_an_unknown_user_is_not_given() -> None:
    with mock_salesforce() as org:
        assert org.token("ADMIN@chatlift.test")
        with pytest.raises(UsageError, match="nobody"):
            org.token("nobody")
