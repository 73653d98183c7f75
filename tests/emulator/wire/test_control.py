"""The control API and who may use it."""

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from chatlift.emulator.app import create_app
from chatlift.emulator.config import OrgConfig
from chatlift.emulator.handle import OrgHandle
from chatlift.emulator.scenario import open_org
from chatlift.emulator.wire.control.wire import CALLS
from chatlift.emulator.wire.exchange import Settings

HERE = "http://127.0.0.1:8080"


class Control:
    """Calls the control API of an org that stands behind some hosts."""

    def __init__(self, org: OrgHandle) -> None:
        self.session = org.mount(requests.Session(), hosts=("127.0.0.1", "localhost", "::1", "evil.test"))

    def call(self, method: str, name: str, body: Any = None, at: str = HERE, **headers: str) -> requests.Response:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.session.request(method, f"{at}/_chatlift/{name}", json=body, headers=sent, timeout=10)


def handle(**settings: Any) -> OrgHandle:
    org = open_org(OrgConfig())
    return OrgHandle(org, create_app(org, Settings(**settings)), HERE)


@pytest.fixture
def control() -> Iterator[Control]:
    org = handle()
    yield Control(org)
    org.org.close()


def test_health_counts_what_the_org_holds(control: Control) -> None:
    answer = control.call("GET", "health")
    assert answer.status_code == 200
    found = answer.json()
    assert (found["status"], found["records"]["User"], found["records"]["Organization"]) == ("ok", 2, 1)


def test_a_seed_answers_its_refs_and_a_reset_takes_it_away(control: Control) -> None:
    document = {"records": [{"object": "Contact", "ref": "ada", "fields": {"LastName": "Ada"}}]}
    answer = control.call("POST", "seed", document)
    assert answer.status_code == 200
    assert answer.json()["refs"]["ada"].startswith("003")
    assert control.call("GET", "health").json()["records"]["Contact"] == 1
    assert control.call("POST", "reset", {}).status_code == 200
    assert "Contact" not in control.call("GET", "health").json()["records"]


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"nonsense": 1},
        {"records": [{"object": "Contact", "fields": {"LastName": "A"}}, {"object": "Nonsense", "fields": {}}]},
        {"records": [{"object": "Contact", "fields": {"LastName": "A", "AccountId": "@nobody"}}]},
        {"now": "yesterday"},
        {"objects": 5},
    ],
)
def test_a_seed_that_is_refused_leaves_nothing(control: Control, document: dict[str, Any]) -> None:
    answer = control.call("POST", "seed", document)
    assert answer.status_code == 400
    assert answer.json()[0]["message"]
    assert "Contact" not in control.call("GET", "health").json()["records"]


def test_the_clock_is_set_then_stopped_then_moved(control: Control) -> None:
    wanted = {"now": "2026-06-15T14:00:00+02:00", "frozen": True, "advance_seconds": 90}
    assert control.call("PUT", "clock", wanted).json() == {"now": "2026-06-15T12:01:30.000Z", "frozen": True}
    assert control.call("GET", "clock").json() == {"now": "2026-06-15T12:01:30.000Z", "frozen": True}
    assert control.call("PUT", "clock", {"frozen": False}).json()["frozen"] is False


@pytest.mark.parametrize(
    "wanted",
    [
        {"now": "noon"},
        {"now": 5},
        {"frozen": "yes"},
        {"advance_seconds": "1"},
        {"advance_seconds": True},
        {"advance_seconds": 1e300},
        {"nonsense": 1},
    ],
)
def test_a_clock_that_is_refused_stays_as_it_was(control: Control, wanted: dict[str, Any]) -> None:
    before = control.call("PUT", "clock", {"now": "2026-06-15T12:00:00Z", "frozen": True}).json()
    answer = control.call("PUT", "clock", wanted)
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, "INVALID_ARGUMENT")
    assert control.call("GET", "clock").json() == before


def test_an_unknown_call_names_those_that_there_are(control: Control) -> None:
    answer = control.call("GET", "nonsense")
    assert answer.status_code == 404
    assert answer.json()[0]["message"].endswith(", ".join(sorted(CALLS)))
    assert control.call("DELETE", "clock").status_code == 405


@pytest.mark.parametrize("type_", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_only_json_steers_the_org(control: Control, type_: str) -> None:
    answer = control.session.post(f"{HERE}/_chatlift/reset", data="{}", headers={"Content-Type": type_}, timeout=10)
    assert answer.status_code == 415


def test_a_call_that_says_nothing_needs_no_type(control: Control) -> None:
    assert control.session.post(f"{HERE}/_chatlift/reset", timeout=10).status_code == 200
    chunks = control.session.post(f"{HERE}/_chatlift/reset", data=iter([b"{}"]), timeout=10)
    assert chunks.status_code == 415


@pytest.mark.parametrize("body", [b"[]", b"5", b"{", b"\xff"])
def test_a_body_that_is_no_json_object_is_refused(control: Control, body: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    answer = control.session.post(f"{HERE}/_chatlift/seed", data=body, headers=headers, timeout=10)
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, "INVALID_JSON")


def test_a_page_of_another_site_may_not_steer_the_org(control: Control) -> None:
    assert control.call("POST", "reset", {}, Origin="https://evil.test").status_code == 403
    assert control.call("POST", "reset", {}, Origin="null").status_code == 403
    assert control.call("POST", "reset", {}, Origin=HERE).status_code == 200


@pytest.mark.parametrize(
    ("at", "status"), [("http://localhost:1", 200), ("http://[::1]:1", 200), ("http://evil.test", 403)]
)
def test_a_name_that_somebody_points_at_this_machine_is_refused(control: Control, at: str, status: int) -> None:
    assert control.call("POST", "reset", {}, at=at).status_code == status


def test_what_a_proxy_hands_on_needs_the_token() -> None:
    org = handle(control_token="secret")
    control = Control(org)
    assert control.call("GET", "health", X_Forwarded_For="192.0.2.1").status_code == 401
    assert control.call("GET", "health", X_Forwarded_For="192.0.2.1", X_Chatlift_Token="secret").status_code == 200
    assert control.call("GET", "health").status_code == 200
    org.org.close()


def test_a_guarded_org_asks_for_the_token() -> None:
    org = handle(control_guarded=True, control_token="secret")
    guarded = Control(org)
    for token in ({}, {"X_Chatlift_Token": "wrong"}):
        assert guarded.call("GET", "health", **token).status_code == 401
    assert guarded.call("GET", "health", at="http://evil.test", X_Chatlift_Token="secret").status_code == 200
    org.org.close()


def test_without_a_control_api_its_address_is_not_found() -> None:
    org = handle(control=False)
    answer = Control(org).call("GET", "health")
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (404, "NOT_FOUND")
    org.org.close()


def test_a_running_org_takes_more_objects_all_or_nothing(control: Control) -> None:
    field = {"name": "Key__c", "type": "string", "externalId": True, "unique": True}
    trip = {"name": "Trip__c", "fields": [field]}
    stop = {"name": "Stop__c", "fields": [{"name": "Trip__c", "type": "reference", "referenceTo": ["Trip__c"]}]}
    answer = control.call("POST", "objects", {"objects": [trip, stop]})
    assert (answer.status_code, answer.json()) == (200, {"objects": ["Stop__c", "Trip__c"]})
    seeded = control.call("POST", "seed", {"records": [{"object": "Trip__c", "ref": "t", "fields": {"Key__c": "k"}}]})
    assert seeded.json()["refs"]["t"].startswith("a00")
    broken = [{"name": "Good__c", "fields": []}, {"name": "Bad__c", "fields": [{"name": "X__c", "type": "nonsense"}]}]
    refused = control.call("POST", "objects", {"objects": broken})
    assert refused.status_code == 400
    assert refused.json()[0]["message"] == "objects: Bad__c.X__c: there is no field type 'nonsense'"
    unknown = control.call("POST", "seed", {"records": [{"object": "Good__c"}]})
    assert "there is no object 'Good__c'" in unknown.json()[0]["message"]
    control.call("POST", "reset", {})
    assert control.call("POST", "seed", {"records": [{"object": "Trip__c"}]}).status_code == 400


def test_one_object_is_added_as_the_sf_command_prints_it(control: Control) -> None:
    fields = [{"name": "Id", "type": "id"}, {"name": "Name", "type": "string", "length": 80, "nameField": True}]
    result = {"name": "Product2", "label": "Product", "labelPlural": "Products", "keyPrefix": "01t", "fields": fields}
    flags = dict.fromkeys(("createable", "queryable", "retrieveable"), True)
    answer = control.call("POST", "objects", {"status": 0, "result": result | flags, "warnings": []})
    assert answer.json() == {"objects": ["Product2"]}
    seeded = control.call("POST", "seed", {"records": [{"object": "Product2", "ref": "p", "fields": {"Name": "Lamp"}}]})
    assert seeded.json()["refs"]["p"].startswith("01t")


@pytest.mark.parametrize("body", [{"objects": 5}, {"objects": ["x"]}, {}, {"objects": [{"name": "A b"}]}])
def test_what_is_no_object_is_refused(control: Control, body: Any) -> None:
    assert control.call("POST", "objects", body).status_code == 400
