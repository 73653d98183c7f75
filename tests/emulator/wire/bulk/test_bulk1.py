"""The first Bulk API as a client sees it."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from lxml import etree

from chatlift.emulator import OrgHandle
from chatlift.emulator.org.jobs import work

NAMESPACE = "http://www.force.com/2009/06/asyncapi/dataload"
XML_TYPE = {"Content-Type": "application/xml; charset=UTF-8"}


def names(org: OrgHandle) -> list[Any]:
    org.org.store.ensure(org.org.catalog.get("Account"))
    return [name for (name,) in org.org.store.select('SELECT "Name" FROM "Account" ORDER BY "Id"')]


def error(answer: Any) -> tuple[int, str, str]:
    if answer.headers["Content-Type"] == "application/json":
        told = answer.json()
        return answer.status_code, told["exceptionCode"], told["exceptionMessage"]
    found = re.fullmatch(
        rf'<\?xml version="1.0" encoding="UTF-8"\?><error xmlns="{NAMESPACE}">'
        "<exceptionCode>(.*)</exceptionCode><exceptionMessage>(.*)</exceptionMessage></error>",
        answer.text,
    )
    assert found, answer.text
    return answer.status_code, found[1], found[2]


def described(operation: str, content_type: str, sobject: str = "Account") -> str:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><jobInfo xmlns="{NAMESPACE}"><operation>{operation}</operation>'
        f"<object>{sobject}</object><contentType>{content_type}</contentType></jobInfo>"
    )


def test_an_xml_job_with_csv_batches(bulk: Any, org: OrgHandle) -> None:
    made = bulk.v1("POST", "job", data=described("insert", "CSV"), headers=XML_TYPE)
    assert (made.status_code, made.headers["Content-Type"]) == (201, "application/xml")
    id_ = re.findall(r"<id>(750\w{15})</id>", made.text)[0]
    assert made.text == (
        f'<?xml version="1.0" encoding="UTF-8"?><jobInfo xmlns="{NAMESPACE}"><id>{id_}</id><operation>insert</operation>'
        f"<object>Account</object><createdById>{org.administrator['Id']}</createdById>"
        "<createdDate>2026-06-15T12:00:00.000Z</createdDate><systemModstamp>2026-06-15T12:00:00.000Z</systemModstamp>"
        "<state>Open</state><concurrencyMode>Parallel</concurrencyMode><contentType>CSV</contentType>"
        "<numberBatchesQueued>0</numberBatchesQueued><numberBatchesInProgress>0</numberBatchesInProgress>"
        "<numberBatchesCompleted>0</numberBatchesCompleted><numberBatchesFailed>0</numberBatchesFailed>"
        "<numberBatchesTotal>0</numberBatchesTotal><numberRecordsProcessed>0</numberRecordsProcessed>"
        "<numberRetries>0</numberRetries><apiVersion>60.0</apiVersion><numberRecordsFailed>0</numberRecordsFailed>"
        "<totalProcessingTime>0</totalProcessingTime><apiActiveProcessingTime>0</apiActiveProcessingTime>"
        "<apexProcessingTime>0</apexProcessingTime></jobInfo>"
    )
    batch = bulk.batch(id_, "Name,Phone\r\nA,1\r\n,2\r\n", "text/csv; charset=UTF-8")
    told = bulk.v1("GET", f"job/{id_}/batch/{batch}")
    assert told.text == (
        f'<?xml version="1.0" encoding="UTF-8"?><batchInfo xmlns="{NAMESPACE}"><id>{batch}</id><jobId>{id_}</jobId>'
        "<state>Completed</state><createdDate>2026-06-15T12:00:00.000Z</createdDate>"
        "<systemModstamp>2026-06-15T12:00:00.000Z</systemModstamp><numberRecordsProcessed>2</numberRecordsProcessed>"
        "<numberRecordsFailed>1</numberRecordsFailed><totalProcessingTime>0</totalProcessingTime>"
        "<apiActiveProcessingTime>0</apiActiveProcessingTime><apexProcessingTime>0</apexProcessingTime></batchInfo>"
    )
    results = bulk.v1("GET", f"job/{id_}/batch/{batch}/result/")
    assert results.headers["Content-Type"] == "text/csv"
    [(created,)] = org.org.store.select('SELECT "Id" FROM "Account"')
    assert results.text == (
        '"Id","Success","Created","Error"\n'
        f'"{created}","true","true",""\n'
        '"","false","false","REQUIRED_FIELD_MISSING:Required fields are missing: [Name]:Name --"\n'
    )
    assert bulk.v1("GET", f"job/{id_}/batch/{batch}/request").text == "Name,Phone\r\nA,1\r\n,2\r\n"
    state = f'<jobInfo xmlns="{NAMESPACE}"><state>Closed</state></jobInfo>'
    closed = bulk.v1("POST", f"job/{id_}", data=state, headers=XML_TYPE)
    assert (
        "<state>Closed</state>" in closed.text and "<numberBatchesCompleted>1</numberBatchesCompleted>" in closed.text
    )
    late = bulk.v1("POST", f"job/{id_}/batch", data="Name\nB\n", headers={"Content-Type": "text/csv"})
    assert error(late)[:2] == (400, "InvalidJobState")
    listed = bulk.v1("GET", f"job/{id_}/batch").text
    assert listed.startswith(
        f'<?xml version="1.0" encoding="UTF-8"?><batchInfoList xmlns="{NAMESPACE}"><batchInfo><id>'
    )


def test_json_batches(bulk: Any, org: OrgHandle) -> None:
    made = bulk.v1(
        "POST", "job", json={"operation": "insert", "object": "Account", "contentType": "JSON", "concurrencyMode": 1}
    )
    job = made.json()
    assert (made.headers["Content-Type"], job["concurrencyMode"], job["apiVersion"]) == (
        "application/json",
        "Serial",
        60.0,
    )
    username = org.administrator["Username"]
    records = [
        {"Name": "A", "NumberOfEmployees": 5, "Owner": {"Username": username}},
        {"Name": "B", "NumberOfEmployees": "many"},
        {"attributes": {"type": "Account"}, "name": "C", "Site": None},
    ]
    batch = bulk.batch(job["id"], json.dumps(records), "application/json")
    info = bulk.v1("GET", f"job/{job['id']}/batch/{batch}").json()
    assert list(info) == sorted(info)
    assert (info["state"], info["numberRecordsProcessed"], info["numberRecordsFailed"]) == ("Completed", 3, 1)
    assert info["createdDate"] == "2026-06-15T12:00:00.000+0000"
    results = bulk.v1("GET", f"job/{job['id']}/batch/{batch}/result")
    assert results.headers["Content-Type"] == "application/json"
    good, bad, _ = results.json()
    assert good == {"success": True, "created": True, "id": good["id"], "errors": []}
    assert bad == {
        "success": False,
        "created": False,
        "id": None,
        "errors": [
            {
                "message": "Employees: value not of required type: many",
                "fields": ["NumberOfEmployees"],
                "statusCode": "INVALID_TYPE_ON_FIELD_IN_RECORD",
                "extendedErrorDetails": None,
            }
        ],
    }
    assert names(org) == ["A", "C"]


def test_xml_batches(bulk: Any, org: OrgHandle) -> None:
    id_ = re.findall(
        "<id>(750.*?)</id>", bulk.v1("POST", "job", data=described("insert", "XML"), headers=XML_TYPE).text
    )[0]
    username = org.administrator["Username"]
    data = (
        f'<sObjects xmlns="{NAMESPACE}" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
        f"<sObject><Name>A &amp; B</Name><Site xsi:nil='true'/><Owner><sObject><Username>{username}</Username></sObject>"
        "</Owner><NumberOfEmployees>3</NumberOfEmployees></sObject>"
        "<sObject><Name>" + "x" * 300 + "</Name></sObject></sObjects>"
    )
    batch = bulk.batch(id_, data, "application/xml")
    results = bulk.v1("GET", f"job/{id_}/batch/{batch}/result")
    assert results.headers["Content-Type"] == "application/xml"
    [(created,)] = org.org.store.select('SELECT "Id" FROM "Account"')
    long = "x" * 300
    assert results.text == (
        f'<?xml version="1.0" encoding="UTF-8"?><results xmlns="{NAMESPACE}">'
        f"<result><id>{created}</id><success>true</success><created>true</created></result>"
        "<result><errors><fields>Name</fields>"
        f"<message>Account Name: data value too large: {long} (max length=255)</message>"
        "<statusCode>STRING_TOO_LONG</statusCode></errors><id></id><success>false</success><created>false</created></result>"
        "</results>"
    )
    assert names(org) == ["A & B"]
    query = re.findall(
        "<id>(750.*?)</id>", bulk.v1("POST", "job", data=described("query", "XML"), headers=XML_TYPE).text
    )[0]
    batch = bulk.batch(
        query, "SELECT Id, Name, Site, Owner.Username, IsDeleted, CreatedDate FROM Account", "application/xml"
    )
    listed = bulk.v1("GET", f"job/{query}/batch/{batch}/result").text
    result = re.findall(r"<result>(752\w{15})</result>", listed)[0]
    assert (
        listed
        == f'<?xml version="1.0" encoding="UTF-8"?><result-list xmlns="{NAMESPACE}"><result>{result}</result></result-list>'
    )
    assert bulk.v1("GET", f"job/{query}/batch/{batch}/result/{result}").text == (
        f'<?xml version="1.0" encoding="UTF-8"?><queryResult xmlns="{NAMESPACE}"'
        ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><records xsi:type="sObject"><type>Account</type>'
        f'<Id>{created}</Id><Name>A &amp; B</Name><Site xsi:nil="true"/><Owner xsi:type="sObject"><type>User</type>'
        f"<Username>{username}</Username></Owner><IsDeleted>false</IsDeleted>"
        "<CreatedDate>2026-06-15T12:00:00.000Z</CreatedDate></records></queryResult>"
    )


def test_csv_and_json_queries(bulk: Any, org: OrgHandle) -> None:
    id_ = bulk.job("query", "CSV")
    empty = bulk.batch(id_, "SELECT Id FROM Account", "text/csv")
    result = bulk.v1("GET", f"job/{id_}/batch/{empty}/result").text
    rid = re.findall(r"752\w{15}", result)[0]
    answer = bulk.v1("GET", f"job/{id_}/batch/{empty}/result/{rid}")
    assert (answer.headers["Content-Type"], answer.text) == ("text/csv", "Records not found for this query\n")
    bulk.ingest("Name\nA\nB\n")
    full = bulk.batch(id_, "SELECT Name, Owner.Username FROM Account ORDER BY Name", "text/csv")
    rid = re.findall(r"752\w{15}", bulk.v1("GET", f"job/{id_}/batch/{full}/result").text)[0]
    username = org.administrator["Username"]
    assert bulk.v1("GET", f"job/{id_}/batch/{full}/result/{rid}").text == (
        f'"Name","Owner.Username"\n"A","{username}"\n"B","{username}"\n'
    )
    id_ = bulk.job("queryAll", "JSON")
    batch = bulk.batch(id_, "SELECT Name FROM Account ORDER BY Name", "application/json")
    [rid] = bulk.v1("GET", f"job/{id_}/batch/{batch}/result").json()
    rows = bulk.v1("GET", f"job/{id_}/batch/{batch}/result/{rid}").json()
    assert [row["Name"] for row in rows] == ["A", "B"]
    assert rows[0]["attributes"]["type"] == "Account"


@pytest.mark.parametrize(
    ("content_type", "data", "message"),
    [
        ("CSV", "Nome\nA\n", "InvalidBatch : Field name not found : Nome"),
        ("JSON", '[{"Nome":"A"}]', "InvalidBatch : Field name not found : Nome"),
        ("JSON", "{", "InvalidBatch : Failed to parse JSON: "),
        ("JSON", '[{"Name":"A","NAME":"B"}]', "InvalidBatch : Duplicate field name : NAME"),
        ("JSON", '["A"]', "InvalidBatch : Failed to parse JSON: an array of records is expected"),
        ("XML", "<sObjects><sObject><Nome>A</Nome></sObject></sObjects>", "InvalidBatch : Field name not found : Nome"),
        ("XML", "<sObjects>", "InvalidBatch : Failed to parse XML: "),
        ("XML", "<rows/>", "InvalidBatch : Failed to parse XML: sObjects expected, not rows"),
        ("XML", "<sObjects>" + "<a>" * 200, "InvalidBatch : Failed to parse XML: "),
        (
            "XML",
            '<!DOCTYPE a [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><sObjects><sObject><Name>&b;</Name></sObject></sObjects>',
            "InvalidBatch : Failed to parse XML: a document type is not allowed",
        ),
    ],
)
def test_a_batch_that_cannot_be_read_fails(
    bulk: Any, org: OrgHandle, content_type: str, data: str, message: str
) -> None:
    id_ = bulk.job("insert", content_type)
    batch = bulk.batch(
        id_, data, {"CSV": "text/csv", "JSON": "application/json", "XML": "application/xml"}[content_type]
    )
    told = bulk.v1("GET", f"job/{id_}/batch/{batch}").text
    assert message in told and "Failed" in told
    assert error(bulk.v1("GET", f"job/{id_}/batch/{batch}/result")) == (400, "InvalidBatch", "Records not processed")
    assert names(org) == []


@pytest.mark.parametrize(
    ("soql", "message"),
    [
        (
            "SELECT Id FROM Contact",
            "InvalidBatch : Failed to process query: INVALID_TYPE_FOR_OPERATION: The root entity of the requested query "
            "(Contact) does not match the entity of the requested Bulk API Job (Account).",
        ),
        (
            "SELECT BillingAddress FROM Account",
            "InvalidBatch : Failed to process query: FUNCTIONALITY_NOT_ENABLED: Selecting compound data not supported in Bulk Query",
        ),
        ("SELECT FROM", "InvalidBatch : Failed to process query: MALFORMED_QUERY: "),
    ],
)
def test_a_query_that_cannot_be_run_fails_its_batch(bulk: Any, soql: str, message: str) -> None:
    id_ = bulk.job("query", "JSON")
    batch = bulk.batch(id_, soql, "application/json")
    info = bulk.v1("GET", f"job/{id_}/batch/{batch}").json()
    assert info["state"] == "Failed"
    assert info["stateMessage"].startswith(message)


def test_pk_chunking_splits_a_query_by_ids(bulk: Any, org: OrgHandle) -> None:
    bulk.ingest("Name,Site\n" + "".join(f"A{number:02},{'here' if number % 2 else 'there'}\n" for number in range(25)))
    id_ = bulk.job("query", "CSV", headers={"Sforce-Enable-PKChunking": "chunkSize=10"})
    original = bulk.batch(id_, "SELECT Name FROM Account WHERE Site = 'here' OR Site = 'x'", "text/csv")
    states = re.findall("<id>(751.*?)</id>.*?<state>(.*?)</state>", bulk.v1("GET", f"job/{id_}/batch").text)
    assert [state for _, state in states] == ["NotProcessed", "Completed", "Completed", "Completed"]
    assert states[0][0] == original
    found = []
    for batch, _ in states[1:]:
        rid = re.findall(r"752\w{15}", bulk.v1("GET", f"job/{id_}/batch/{batch}/result").text)[0]
        found += bulk.v1("GET", f"job/{id_}/batch/{batch}/result/{rid}").text.splitlines()[1:]
    assert sorted(found) == [f'"A{number:02}"' for number in range(25) if number % 2]
    asked = bulk.v1("GET", f"job/{id_}/batch/{states[1][0]}/request").text
    assert re.fullmatch(
        r"SELECT Name FROM Account WHERE \(Site = 'here' OR Site = 'x'\) AND Id >= '001\w{15}' AND Id < '001\w{15}'",
        asked,
    )
    refused = bulk.v1(
        "POST", "job", json={"operation": "query", "object": "Account", "contentType": "CSV"},
        headers={"Sforce-Enable-PKChunking": "chunkSize=250001"},
    )  # fmt: skip
    assert error(refused)[:2] == (400, "InvalidJob")


@pytest.mark.parametrize("header", ["true", "chunkSize=2; startRow=001000000000001"])
def test_pk_chunking_of_no_records_is_one_empty_result(bulk: Any, header: str) -> None:
    id_ = bulk.job("query", "CSV", headers={"Sforce-Enable-PKChunking": header})
    bulk.batch(id_, "SELECT Name FROM Account", "text/csv")
    states = re.findall("<id>(751.*?)</id>.*?<state>(.*?)</state>", bulk.v1("GET", f"job/{id_}/batch").text)
    assert [state for _, state in states] == ["NotProcessed", "Completed"]
    rid = re.findall(r"752\w{15}", bulk.v1("GET", f"job/{id_}/batch/{states[1][0]}/result").text)[0]
    found = bulk.v1("GET", f"job/{id_}/batch/{states[1][0]}/result/{rid}").text
    assert found == "Records not found for this query\n"


@pytest.mark.parametrize("header", ["chunkSize=0", "startRow=x", "parent=Account", "chunkSize=5; size=3", "yes"])
def test_pk_chunking_that_cannot_be_done_is_refused(bulk: Any, header: str) -> None:
    asked = {"operation": "query", "object": "Account", "contentType": "CSV"}
    refused = bulk.v1("POST", "job", json=asked, headers={"Sforce-Enable-PKChunking": header})
    assert error(refused)[:2] == (400, "InvalidJob")


def test_an_aborted_job_leaves_its_batches_unprocessed(bulk: Any, org: OrgHandle) -> None:
    org.jobs.hold(polls=2)
    id_ = bulk.job("insert", "CSV")
    batch = bulk.batch(id_, "Name\nA\n", "text/csv")
    states = [re.findall("<state>(.*?)</state>", bulk.v1("GET", f"job/{id_}/batch/{batch}").text)[0]]
    assert states == ["Queued"]
    aborted = bulk.v1("POST", f"job/{id_}", json={"state": "Aborted"}).json()
    assert aborted["state"] == "Aborted"
    assert "<state>NotProcessed</state>" in bulk.v1("GET", f"job/{id_}/batch/{batch}").text
    assert names(org) == []


def test_a_batch_that_is_aborted_on_its_way_tells_what_it_did(
    bulk: Any, org: OrgHandle, monkeypatch: pytest.MonkeyPatch
) -> None:
    id_ = bulk.job("insert", "CSV")
    steps = work._steps

    def aborted_after_the_first(drafts: Any) -> Iterator[Any]:
        found = steps(drafts)
        yield next(found)
        assert bulk.v1("POST", f"job/{id_}", json={"state": "Aborted"}).json()["state"] == "Aborted"
        yield from found

    monkeypatch.setattr(work, "_steps", aborted_after_the_first)
    batch = bulk.batch(id_, "Name\n" + "A\n" * 1500, "text/csv")
    told = bulk.v1("GET", f"job/{id_}/batch/{batch}").text
    assert "<state>Failed</state>" in told
    assert "<stateMessage>Aborted : The job was aborted (1000 records were processed before)</stateMessage>" in told
    results = bulk.v1("GET", f"job/{id_}/batch/{batch}/result").text
    assert (results.count('"true","true"'), len(names(org))) == (1000, 1000)


def test_limits_of_a_batch(bulk: Any, org: OrgHandle) -> None:
    id_ = bulk.job("insert", "CSV")
    huge = bulk.v1("POST", f"job/{id_}/batch", data=bytes(10_000_001), headers={"Content-Type": "text/csv"})
    assert error(huge) == (400, "ClientInputError", "Failed to read request. Exceeded max size limit of 10000000")
    batch = bulk.batch(id_, "Name\n" + "A\n" * 10_001, "text/csv")
    told = bulk.v1("GET", f"job/{id_}/batch/{batch}").text
    assert "InvalidBatch : Found more than 10000 records in the batch" in told
    assert f"<numberRecordsProcessed>{len(names(org))}</numberRecordsProcessed>" in told


def test_sessions_addresses_and_descriptions(bulk: Any) -> None:
    assert error(bulk.v1("GET", "job/750000000000001", headers={"X-SFDC-Session": "nobody"})) == (
        400,
        "InvalidSessionId",
        "Invalid session id",
    )
    assert error(bulk.v1("GET", "job/750000000000001"))[:2] == (400, "InvalidJob")
    assert error(bulk.v1("GET", "nothing"))[:2] == (400, "InvalidUrl")
    assert error(bulk.v1("POST", "job", data="{", headers={"Content-Type": "application/json"})) == (
        400,
        "InvalidJob",
        "Unable to parse Job",
    )
    entity = '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><jobInfo><operation>&x;</operation></jobInfo>'
    for data in ("<jobInfo>", entity, described("insert", "ZIP_CSV"), described("harddelete", "CSV")):
        assert error(bulk.v1("POST", "job", data=data, headers=XML_TYPE)) == (400, "InvalidJob", "Unable to parse Job")
    assert error(bulk.v1("PUT", "job", data=b"", headers=XML_TYPE))[0] == 405


def test_batches_may_be_in_another_encoding(bulk: Any, org: OrgHandle) -> None:
    id_ = bulk.job("insert", "CSV")
    bulk.batch(id_, "Name\nBäume\n".encode("latin-1"), "text/csv; charset=ISO-8859-1")
    assert names(org) == ["Bäume"]
    for charset in ("base64", "unicode_escape", "punycode", "undefined"):
        refused = bulk.v1(
            "POST", f"job/{id_}/batch", data=b"x", headers={"Content-Type": f"text/csv; charset={charset}"}
        )
        assert error(refused)[:2] == (400, "ClientInputError"), charset


@pytest.mark.parametrize("declared", ["UTF-8", "ISO-8859-1", "UTF-16", "nothing"])
def test_xml_is_read_in_the_encoding_that_its_content_type_names(bulk: Any, org: OrgHandle, declared: str) -> None:
    id_ = bulk.job("insert", "XML")
    record = f'<?xml version="1.0" encoding="{declared}"?><sObjects><sObject><Name>Bäume</Name></sObject></sObjects>'
    bulk.batch(id_, record, "application/xml; charset=UTF-8")
    bulk.batch(id_, record.encode("latin-1"), "application/xml; charset=ISO-8859-1")
    assert names(org) == ["Bäume", "Bäume"]


def test_answers_in_xml_are_xml_whatever_they_hold(bulk: Any, org: OrgHandle) -> None:
    refused = etree.fromstring(bulk.v1("GET", "job/%EF%BF%BF%00%C2%A0").content)
    assert refused[1].text == "Unable to find job: \ufffd\ufffd\xa0"
    org.seed({"records": [{"object": "Account", "fields": {"Name": "a\r\n\uffffb]]>"}}]})
    id_ = bulk.job("query", "XML")
    batch = bulk.batch(id_, "SELECT Name FROM Account", "application/xml")
    rid = re.findall(r"752\w{15}", bulk.v1("GET", f"job/{id_}/batch/{batch}/result").text)[0]
    found = etree.fromstring(bulk.v1("GET", f"job/{id_}/batch/{batch}/result/{rid}").content)
    assert [one.text for one in found.iter(f"{{{NAMESPACE}}}Name")] == ["a\r\n\ufffdb]]>"]


def test_an_assignment_rule_is_refused_as_there_is_none(bulk: Any) -> None:
    asked = {"operation": "insert", "object": "Case", "contentType": "CSV", "assignmentRuleId": "01Q000000000001AAA"}
    told = (400, "InvalidJob", "There is no assignment rule 01Q000000000001AAA")
    assert error(bulk.v1("POST", "job", json=asked)) == told
    answer = bulk.v2("POST", "ingest", json=asked)
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, "INVALIDJOB")
