"""The emulator held against a recording: what may differ, what may not, and how it is told."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from simple_salesforce import Salesforce

from chatlift.__main__ import main
from chatlift.emulator.cassette.file import read_cassette
from chatlift.emulator.live import LiveOrg
from chatlift.emulator.recording.comparing import Gap, Side, gaps
from chatlift.emulator.recording.names import Names

JSON = (("Content-Type", "application/json"),)
A, B, C = "003000000000001AAA", "0035e0000000007AAA", "0035e0000000008AAA"


def diff(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, ["cassette", "diff", *map(str, arguments)], prog_name="chatlift")


def between(recorded: Any, emulated: Any, names: Names | None = None, kind: str = "application/json") -> list[Gap]:
    sides = [
        Side(200, (("Content-Type", kind),), (json.dumps(one) if not isinstance(one, str) else one).encode())
        for one in (recorded, emulated)
    ]
    return list(gaps(sides[0], sides[1], names or Names(lambda: "token")))


@pytest.mark.parametrize(
    ("recorded", "emulated"),
    [
        ({"Id": A}, {"Id": B}),
        ({"url": f"/services/data/v59.0/sobjects/Contact/{A}"}, {"url": f"/services/data/v59.0/sobjects/Contact/{B}"}),
        ({"CreatedDate": "2026-02-14T09:00:00.000+0000"}, {"CreatedDate": "2027-03-15T10:11:12.013+0000"}),
        ({"access_token": "00D000000000001!scrubbed.1"}, {"access_token": "00D5e0000000001!AAAA"}),
        ({"DailyApiRequests": {"Max": 15000, "Remaining": 14}}, {"DailyApiRequests": {"Max": 15000, "Remaining": 99}}),
        ({"state": "InProgress"}, {"state": "JobComplete"}),
        ("<a xmlns='urn:x'><b>1</b></a>", '<y:a xmlns:y="urn:x">\n <y:b>1</y:b></y:a>'),
        ('"Id","Name"\n"1","x"\n', "Id,Name\r\n1,x\r\n"),
    ],
)
def test_what_two_orgs_may_differ_in(recorded: Any, emulated: Any) -> None:
    kind = "text/csv" if isinstance(recorded, str) and recorded.startswith('"') else "application/json"
    assert between(recorded, emulated, kind=kind) == []


@pytest.mark.parametrize(
    ("recorded", "emulated", "at", "kind"),
    [
        ({"a": 1}, {}, "$.a", "missing"),
        ({}, {"a": 1}, "$.a", "extra"),
        ({"a": "1"}, {"a": 1}, "$.a", "type"),
        ({"a": None}, {"a": ""}, "$.a", "type"),
        ({"a": True}, {"a": 1}, "$.a", "type"),
        ({"a": [1, {"b": "x"}]}, {"a": [1, {"b": "y"}]}, "$.a[1].b", "value"),
        ({"a": [1, 2]}, {"a": [1]}, "$.a", "length"),
        ({"Id": A}, {"Id": "00Q5e0000000001AAA"}, "$.Id", "value"),
        ([{"Id": A}, {"Id": A}], [{"Id": B}, {"Id": C}], "$[1].Id", "name"),
        ([{"Id": A}, {"Id": "003000000000002AAA"}], [{"Id": B}, {"Id": B}], "$[1].Id", "name"),
        ({"d": "2026-02-14T09:00:00.000+0000"}, {"d": "2026-02-14T09:00:00Z"}, "$.d", "form"),
        ({"state": "JobComplete"}, {"state": "InProgress"}, "$.state", "value"),
        ({"access_token": "scrubbed-1"}, {"access_token": ""}, "$.access_token", "missing"),
        ("<a><b>1</b><b>2</b></a>", "<a><b>1</b></a>", "$.a.b", "length"),
        ("<a><b>1</b></a>", "<a xmlns='urn:x'><b>1</b></a>", "$.a.@namespace", "extra"),
    ],
)
def test_what_they_may_not_differ_in(recorded: Any, emulated: Any, at: str, kind: str) -> None:
    assert [(gap.at, gap.kind) for gap in between(recorded, emulated)] == [(at, kind)]


def test_status_and_headers_count() -> None:
    recorded = Side(201, (*JSON, ("Location", f"/x/{A}"), ("Sforce-Limit-Info", "api-usage=1/15000")), b"")
    emulated = Side(200, (("Content-Type", "text/xml"), ("Sforce-Limit-Info", "api-usage=99/5000")), b"")
    assert [gap.at for gap in gaps(recorded, emulated, Names(lambda: "t"))] == [
        "status",
        "header content-type",
        "header location",
    ]


def test_what_is_nested_too_deeply_is_told() -> None:
    deep = "[" * 900 + "]" * 900
    assert all(gap.at.startswith("$") for gap in between(deep, deep))


def script(address: Any) -> None:
    session = address.session()
    sf = Salesforce(
        username="ada@x.test",
        password="secret secret",
        security_token="t",
        domain=address.login_domain,
        session=session,
    )
    made = sf.Contact.create({"LastName": "Ada"})["id"]
    sf.Contact.get(made)
    sf.query(f"SELECT Id, CreatedDate FROM Contact WHERE Id = '{made}'")
    form = {"token": sf.session_id, "client_id": "app", "client_secret": "secret", "token_type_hint": "access_token"}
    assert session.post(f"{address.https}/services/oauth2/introspect", data=form).json()["active"]
    job = sf.bulk2.Contact.insert(records=[{"LastName": "Bea"}], wait=0.01)
    assert job[0]["numberRecordsFailed"] == 0
    with pytest.raises(Exception, match="NOT_FOUND"):
        sf.Contact.get("003000000000000AAA")


def test_the_emulator_answers_as_it_was_recorded_and_so_does_the_cassette(
    record: Callable[..., Any], real_org: LiveOrg, cassette_file: Path, replay: Any
) -> None:
    before = [{"object": "Contact", "ref": f"c{number}", "fields": {"LastName": "Old"}} for number in range(3)]
    real_org.org.seed({"records": before})  # so that its ids are other ones than those of the org it is compared with
    record(script)
    done = diff(cassette_file, "--ignore", "$.numberRecords*")
    assert done.exit_code == 0, done.output
    assert done.output.endswith(f"{len(read_cassette(cassette_file).calls)} answered alike, 0 differ\n")
    with replay(is_strict=True) as address:
        script(address)
        assert address.org.unplayed() == []


def test_differences_are_told_to_people_and_programs(
    record: Callable[..., Any], real_org: LiveOrg, cassette_file: Path
) -> None:
    real_org.org.seed({"records": [{"object": "Contact", "fields": {"LastName": "Ada"}}]})

    def one_query(address: Any) -> None:
        session = address.session()
        session.headers["Authorization"] = f"Bearer {real_org.org.token()}"
        session.get(f"{address.https}/services/data/v59.0/query", params={"q": "SELECT LastName FROM Contact"})

    record(one_query)
    done = diff(cassette_file)
    assert done.exit_code == 1
    assert "#1 GET /services/data/v59.0/query\n" in done.output
    assert "    $.totalSize: recorded 1, emulated 0\n" in done.output
    told = json.loads(diff(cassette_file, "--json").output)
    assert (told["made"], told["same"], told["different"]) == (1, 0, 1)
    assert {
        "call": 1,
        "method": "GET",
        "path": "/services/data/v59.0/query",
        "at": "$.records",
        "kind": "length",
        "recorded": 1,
        "emulated": 0,
    } in told["differences"]
    assert diff(cassette_file, "--ignore", "$.totalSize", "--ignore", "get */query $.rec*").exit_code == 0
    seed = cassette_file.with_suffix(".json")
    seed.write_text(json.dumps({"records": [{"object": "Contact", "fields": {"LastName": "Ada"}}]}))
    assert diff(cassette_file, "--seed", seed).exit_code == 0
    snapshot = cassette_file.with_suffix(".db")
    real_org.org.snapshots.take("then")
    real_org.org.snapshots.save("then", snapshot)
    assert diff(cassette_file, "--snapshot", snapshot).exit_code == 0
    assert diff(cassette_file, "--snapshot", seed).exit_code == 2


def test_an_org_is_filled_with_what_the_recording_shows(
    record: Callable[..., Any], real_org: LiveOrg, cassette_file: Path
) -> None:
    field = {"name": "Secret__c", "type": "string", "length": 40, "custom": True}
    ids = real_org.org.seed(
        {
            "objects": [{"name": "Contact", "fields": [field]}],
            "records": [
                {"object": "Account", "ref": "acme", "fields": {"Name": "Acme"}},
                {
                    "object": "Contact",
                    "ref": "ada",
                    "fields": {"LastName": "Ada", "AccountId": "@acme", "Secret__c": "x"},
                },
            ],
        }
    )

    def read(address: Any) -> None:
        sf = Salesforce(instance_url=address.https, session_id=real_org.org.token(), session=address.session())
        sf.query("SELECT Id, Name, (SELECT LastName FROM Contacts) FROM Account")
        sf.Contact.update(ids["ada"], {"LastName": "Bea"})
        sf.query("SELECT LastName, AccountId, Account.Name FROM Contact")
        made = sf.Contact.create({"LastName": "New"})["id"]
        sf.query(f"SELECT LastName FROM Contact WHERE Id = '{made}'")

    record(read)
    assert diff(cassette_file).exit_code == 1
    done = diff(cassette_file, "--fill")
    assert done.exit_code == 0, done.output
    assert done.output.startswith("the org was given 1 Account, 1 Contact\n")

    def read_more(address: Any) -> None:
        sf = Salesforce(instance_url=address.https, session_id=real_org.org.token(), session=address.session())
        sf.query("SELECT Secret__c, LastName FROM Contact ORDER BY LastName LIMIT 1")

    record(read_more, append=True)
    told = json.loads(diff(cassette_file, "--fill", "--json").output)  # an org without the field
    assert told["differences"][0]["at"] == "status"
    assert told["filled"]["written"] == {"Account": 1, "Contact": 1}
