"""simple-salesforce's ``bulk`` and ``bulk2``, unchanged: in process without their sleeps, and over HTTPS with waits cut short."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import simple_salesforce.bulk
import simple_salesforce.bulk2
from simple_salesforce import Salesforce

from chatlift.emulator import OrgHandle, mock_salesforce
from chatlift.emulator.config import OrgConfig
from chatlift.emulator.live import live_org
from chatlift.emulator.org.caller import Caller

KEY = {"name": "Account", "fields": [{"name": "Key__c", "type": "string", "length": 20, "externalId": True}]}


@pytest.fixture(params=["in process", "live"])
def both(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[OrgHandle, Any]]:
    if request.param == "in process":
        with mock_salesforce(objects=[KEY]) as org:
            yield org, Salesforce(username="u", password="p", security_token="t")
        return
    for module in (simple_salesforce.bulk, simple_salesforce.bulk2):
        monkeypatch.setattr(module, "sleep", lambda seconds: time.sleep(min(seconds, 0.01)))
    with live_org(OrgConfig(objects=(KEY,))) as live:
        yield live.org, Salesforce(instance_url=live.https, session_id=live.org.token(), session=live.session())


def allow_hard_delete(org: OrgHandle) -> None:
    me = Caller(org.administrator["Id"])
    org.org.records.update(me, "Profile", org.administrator["ProfileId"], {"PermissionsBulkApiHardDelete": True})


def test_bulk2_writes(both: tuple[OrgHandle, Any], tmp_path: Path) -> None:
    org, sf = both
    [told] = sf.bulk2.Account.insert(records=[{"Name": f"A{number}", "Key__c": str(number)} for number in range(300)])
    assert (told["numberRecordsTotal"], told["numberRecordsProcessed"], told["numberRecordsFailed"]) == (300, 300, 0)
    file = tmp_path / "more.csv"
    file.write_text("Name,Key__c\n" + "".join(f"B{number},b{number}\n" for number in range(25)))
    assert [one["numberRecordsProcessed"] for one in sf.bulk2.Account.insert(str(file), batch_size=10)] == [10, 10, 5]
    [told] = sf.bulk2.Account.upsert(
        records=[{"Key__c": "7", "Name": "Seven"}, {"Key__c": "new", "Name": "New"}], external_id_field="Key__c"
    )
    assert told["numberRecordsFailed"] == 0
    rows = sf.bulk2.Account.get_successful_records(told["job_id"]).splitlines()
    assert sorted(line.split(",")[1] for line in rows[1:]) == ['"false"', '"true"']
    ids = [row["Id"] for row in sf.query_all("SELECT Id FROM Account ORDER BY Id")["records"]]
    assert len(ids) == 326
    [told] = sf.bulk2.Account.update(records=[{"Id": ids[0], "Name": "First"}, {"Id": ids[1], "Name": "x" * 300}])
    assert (told["numberRecordsProcessed"], told["numberRecordsFailed"]) == (2, 1)
    assert "STRING_TOO_LONG" in sf.bulk2.Account.get_failed_records(told["job_id"])
    kept = tmp_path / "failed.csv"
    sf.bulk2.Account.get_failed_records(told["job_id"], file=str(kept))
    assert kept.read_text().startswith('"sf__Id","sf__Error",')
    assert sf.Account.get(ids[0])["Name"] == "First"
    [told] = sf.bulk2.Account.delete(records=[{"Id": id_} for id_ in ids[:2]])
    assert told["numberRecordsFailed"] == 0
    allow_hard_delete(org)
    [told] = sf.bulk2.Account.hard_delete(records=[{"Id": ids[2]}])
    assert told["numberRecordsFailed"] == 0
    assert sf.query("SELECT COUNT() FROM Account")["totalSize"] == 323


def test_bulk2_queries(both: tuple[OrgHandle, Any], tmp_path: Path) -> None:
    _, sf = both
    sf.bulk2.Account.insert(records=[{"Name": f"A{number:03}"} for number in range(250)])
    pages = list(sf.bulk2.Account.query("SELECT Name FROM Account ORDER BY Name", max_records=100))
    assert [page.count("\n") for page in pages] == [101, 101, 51]
    assert pages[2].splitlines()[-1] == '"A249"'
    ids = [row["Id"] for row in sf.query("SELECT Id FROM Account LIMIT 5")["records"]]
    sf.bulk2.Account.delete(records=[{"Id": id_} for id_ in ids])
    assert next(iter(sf.bulk2.Account.query_all("SELECT Id FROM Account WHERE IsDeleted = TRUE"))).count("\n") == 6
    files = sf.bulk2.Account.download("SELECT Name FROM Account", path=str(tmp_path), max_records=200)
    assert [one["number_of_records"] for one in files] == [200, 45]
    assert Path(files[0]["file"]).read_text().startswith('"Name"\n')
    with pytest.raises(Exception, match="Field name not found : Nome"):
        sf.bulk2.Account.insert(records=[{"Nome": "x"}])


def test_bulk(both: tuple[OrgHandle, Any]) -> None:
    org, sf = both
    told = sf.bulk.Account.insert([{"Name": "A", "Key__c": "a"}, {"Phone": "1"}, {"Name": "B", "Key__c": "b"}])
    assert [one["success"] for one in told] == [True, False, True]
    assert told[1]["errors"][0]["statusCode"] == "REQUIRED_FIELD_MISSING"
    told = sf.bulk.Account.upsert([{"Key__c": "a", "Name": "A2"}, {"Key__c": "c", "Name": "C"}], "Key__c")
    assert [one["created"] for one in told] == [False, True]
    rows = sf.bulk.Account.query("SELECT Id, Name, Owner.Username FROM Account ORDER BY Name")
    assert [row["Name"] for row in rows] == ["A2", "B", "C"]
    assert rows[0]["Owner"]["Username"] == org.administrator["Username"]
    detailed = sf.bulk.Account.update([{"Id": rows[0]["Id"], "Name": "A3"}], include_detailed_results=True)
    assert (detailed[0]["success"], detailed[0]["Name"]) == (True, "A3")
    assert sf.bulk.Account.delete([{"Id": rows[1]["Id"]}])[0]["success"] is True
    allow_hard_delete(org)
    assert sf.bulk.Account.hard_delete([{"Id": rows[2]["Id"]}])[0]["success"] is True
    assert len(sf.bulk.Account.query_all("SELECT Id FROM Account WHERE IsDeleted = FALSE")) == 1
    assert sf.bulk.Account.query("SELECT Id FROM Account WHERE Name = 'nobody'") == []


def test_sleeps_are_spared_only_while_the_mock_is_open() -> None:
    begun = time.monotonic()
    with mock_salesforce() as outer:
        sf = Salesforce(username="u", password="p", security_token="t")
        sf.bulk2.Account.insert(records=[{"Name": "A"}])
        with mock_salesforce():
            Salesforce(username="u", password="p", security_token="t").bulk2.Account.insert(records=[{"Name": "B"}])
        sf.bulk.Account.insert([{"Name": "C"}])
        outer.jobs.hold(polls=2)
        sf.bulk2.Account.insert(records=[{"Name": "D"}])  # its questions are asked as ever
        assert sf.query("SELECT COUNT() FROM Account")["totalSize"] == 3
    assert time.monotonic() - begun < 4
    assert simple_salesforce.bulk2.sleep is time.sleep
    assert simple_salesforce.bulk.sleep is time.sleep


def test_who_wants_the_sleeps_has_them() -> None:
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        time.sleep(0.01)

    with pytest.MonkeyPatch.context() as patch, mock_salesforce(fast_bulk2=False):
        patch.setattr(simple_salesforce.bulk2, "sleep", sleep)
        Salesforce(username="u", password="p", security_token="t").bulk2.Account.insert(records=[{"Name": "A"}])
    assert slept[0] == 5


def test_a_job_that_waits_for_the_clock_is_slept_for() -> None:
    with mock_salesforce() as org:
        sf = Salesforce(username="u", password="p", security_token="t")
        org.jobs.hold(seconds=0.3)
        begun = time.monotonic()
        sf.bulk2.Account.insert(records=[{"Name": "A"}], wait=0.1)
        assert time.monotonic() - begun >= 0.3
