"""Bulk API 2.0 as a client sees it."""

import gzip
from typing import Any

import pytest
from werkzeug.test import EnvironBuilder, run_wsgi_app

from chatlift.emulator import OrgHandle
from chatlift.emulator.app import create_app
from chatlift.emulator.org.caller import Caller
from chatlift.emulator.org.limits import BULK_BATCHES
from chatlift.emulator.wire.exchange import Settings

DESCRIBED = {
    "operation": "insert",
    "object": "Account",
    "createdDate": "2026-06-15T12:00:00.000+0000",
    "systemModstamp": "2026-06-15T12:00:00.000+0000",
    "concurrencyMode": "Parallel",
    "contentType": "CSV",
    "apiVersion": 60.0,
    "lineEnding": "LF",
    "columnDelimiter": "COMMA",
}


def error(answer: Any) -> tuple[int, str, str]:
    [told] = answer.json()
    return answer.status_code, told["errorCode"], told["message"]


def names(org: OrgHandle) -> list[Any]:
    org.org.store.ensure(org.org.catalog.get("Account"))
    return [name for (name,) in org.org.store.select('SELECT "Name" FROM "Account" ORDER BY "Id"')]


def test_a_job_from_its_making_to_its_results(bulk: Any, org: OrgHandle) -> None:
    made = bulk.v2("POST", "ingest", json={"object": "account", "operation": "insert"}).json()
    id_ = made.pop("id")
    assert id_.startswith("750") and len(id_) == 18
    assert made == {
        **DESCRIBED,
        "createdById": org.administrator["Id"],
        "state": "Open",
        "contentUrl": f"services/data/v60.0/jobs/ingest/{id_}/batches",
    }
    data = b'Name,Phone\nAlder,"5""5"\n,1\n"Birch\nand more",#N/A\n'
    sent = bulk.v2("PUT", f"ingest/{id_}/batches/", data=data, headers={"Content-Type": "text/csv; charset=UTF-8"})
    assert (sent.status_code, sent.content) == (201, b"")
    closed = bulk.v2("PATCH", f"ingest/{id_}/", json={"state": "UploadComplete"}).json()
    assert closed["state"] == "UploadComplete" and "contentUrl" not in closed
    org.jobs.settle()
    job = bulk.v2("GET", f"ingest/{id_}").json()
    assert job == {
        "id": id_,
        **DESCRIBED,
        "createdById": org.administrator["Id"],
        "state": "JobComplete",
        "jobType": "V2Ingest",
        "retries": 0,
        "totalProcessingTime": 0,
        "apiActiveProcessingTime": 0,
        "apexProcessingTime": 0,
        "numberRecordsProcessed": 3,
        "numberRecordsFailed": 1,
        "isPkChunkingSupported": False,
    }
    first, third = [row for (row,) in org.org.store.select('SELECT "Id" FROM "Account" ORDER BY "Id"')]
    assert bulk.results(id_, "successfulResults") == (
        '"sf__Id","sf__Created","Name","Phone"\n'
        f'"{first}","true","Alder","5""5"\n'
        f'"{third}","true","Birch\nand more","#N/A"\n'
    )
    assert bulk.results(id_, "failedResults") == (
        '"sf__Id","sf__Error","Name","Phone"\n'
        '"","REQUIRED_FIELD_MISSING:Required fields are missing: [Name]:Name --","","1"\n'
    )
    assert bulk.results(id_, "unprocessedRecords") == bulk.results(id_, "unprocessedrecords") == '"Name","Phone"\n'
    assert bulk.v2("DELETE", f"ingest/{id_}").status_code == 204
    assert error(bulk.v2("GET", f"ingest/{id_}"))[:2] == (404, "NOT_FOUND")


@pytest.mark.parametrize(
    ("delimiter", "name"),
    [("`", "BACKQUOTE"), ("^", "CARET"), (",", "COMMA"), ("|", "PIPE"), (";", "SEMICOLON"), ("\t", "TAB")],
)
@pytest.mark.parametrize(("ending", "end"), [("LF", "\n"), ("CRLF", "\r\n")])
def test_every_delimiter_and_line_ending(bulk: Any, delimiter: str, name: str, ending: str, end: str) -> None:
    data = f'Name{delimiter}Site{end}"A{delimiter}{end}B"{delimiter}here{end}{end}Plain{delimiter}'
    job = bulk.ingest(data, columnDelimiter=name, lineEnding=ending)
    assert (job["state"], job["numberRecordsProcessed"], job["numberRecordsFailed"]) == ("JobComplete", 2, 0)
    answer = bulk.v2("GET", f"ingest/{job['id']}/successfulResults").content.decode()
    assert answer.startswith(delimiter.join(['"sf__Id"', '"sf__Created"', '"Name"', '"Site"']) + end)
    assert f'"A{delimiter}{end}B"{delimiter}"here"{end}' in answer


def test_updates_leave_empty_cells_alone_and_empty_what_is_na(bulk: Any, org: OrgHandle) -> None:
    bulk.ingest("Name,Phone,Site\nA,1,here\n")
    [(id_,)] = org.org.store.select('SELECT "Id" FROM "Account"')
    job = bulk.ingest(f"\ufeffId,Phone,Site\n{id_},,#N/A\n001000000000001,2,\nx,3,\n", "update")
    assert (job["numberRecordsProcessed"], job["numberRecordsFailed"]) == (3, 2)
    assert org.org.store.select('SELECT "Phone", "Site" FROM "Account"') == [("1", None)]
    failed = bulk.results(job["id"], "failedResults")
    assert "INVALID_CROSS_REFERENCE_KEY:invalid cross reference id:--" in failed
    assert "MALFORMED_ID:malformed id x:--" in failed


def test_relationship_columns(bulk: Any, org: OrgHandle) -> None:
    username = org.administrator["Username"]
    job = bulk.ingest(f"Name,Owner.Username\nA,{username}\nB,nobody@x.test\n")
    assert job["numberRecordsFailed"] == 1
    assert names(org) == ["A"]
    assert "INVALID_FIELD:Foreign key external ID: nobody@x.test not found for field Username" in bulk.results(
        job["id"], "failedResults"
    )
    job = bulk.ingest(f"Subject,User:Owner.Username\nA,{username}\n", sobject="Case")
    assert (job["state"], job["numberRecordsFailed"]) == ("JobComplete", 0), job


@pytest.mark.parametrize(
    ("operation", "data", "message"),
    [
        ("insert", "Nome\nA\n", "InvalidBatch : Field name not found : Nome"),
        ("insert", "Name,Owner.Nothing.More\nA,b\n", "InvalidBatch : Field name not found : Owner.Nothing.More"),
        ("delete", "Id,Name\nA,b\n", "InvalidBatch : The 'delete' batch must contain only ids."),
        (
            "insert",
            "Name\r\nA\r\n",
            "ClientInputError : LineEnding is invalid on user data. Current LineEnding setting is LF",
        ),
        ("insert", "", "InvalidBatch : The CSV has no header"),
        ("insert", "Name,Name\nA,B\n", "InvalidBatch : Duplicate field name : Name"),
        ("insert", 'Name\n"A\n', "InvalidBatch : Failed to parse CSV: unexpected end of data, line 2"),
        ("insert", b"Name\n\xff\n", "InvalidBatch : The data is not encoded in UTF-8"),
        ("insert", b"Name\n\xed\xa0\x80\n", "InvalidBatch : The data is not encoded in UTF-8"),
        (
            "insert",
            ",".join(["Name"] * 6000) + "\n",
            "InvalidBatch : Too many columns: 6000; a record has at most 5000",
        ),
    ],
)
def test_data_that_cannot_be_read_fails_the_job(bulk: Any, operation: str, data: Any, message: str) -> None:
    job = bulk.ingest(data, operation)
    assert job["state"] == "Failed"
    assert job["errorMessage"].startswith(message)
    assert job["numberRecordsProcessed"] == 0


def test_a_job_that_fails_halfway_says_so(bulk: Any, org: OrgHandle) -> None:
    data = "Name,Site\n" + "".join(f"A{number},s\n" for number in range(450)) + "too,many,cells\nlast,s\n"
    job = bulk.ingest(data)
    assert job["state"] == "Failed"
    assert job["errorMessage"] == (
        "InvalidBatch : Row 452 has 3 columns, the header has 2 (400 records were processed before)"
    )
    assert (job["numberRecordsProcessed"], len(names(org))) == (400, 400)
    assert bulk.results(job["id"], "successfulResults").count("\n") == 401
    # What comes behind the row that cannot be read is not to be told apart.
    assert bulk.results(job["id"], "unprocessedrecords").count("\n") == 51


def test_upsert_by_external_id_and_by_id(bulk: Any, org: OrgHandle) -> None:
    org.seed(
        {
            "objects": [
                {
                    "name": "Account",
                    "fields": [{"name": "Key__c", "type": "string", "length": 20, "externalId": True, "unique": True}],
                }
            ]
        }
    )
    assert bulk.ingest("Name,Key__c\nA,one\n")["numberRecordsFailed"] == 0
    job = bulk.ingest("Key__c,Name\none,A2\ntwo,B\nthree,C\nTHREE,D\n,E\n", "upsert", externalIdFieldName="key__c")
    assert job["externalIdFieldName"] == "Key__c"
    assert job["numberRecordsFailed"] == 3
    good = bulk.results(job["id"], "successfulResults").splitlines()
    assert [line.split(",")[1] for line in good[1:]] == ['"false"', '"true"']
    failed = bulk.results(job["id"], "failedResults")
    assert failed.count("DUPLICATE_VALUE:Duplicate external id specified: ") == 2
    assert "MISSING_ARGUMENT:Key__c not specified:--" in failed
    [(id_,)] = org.org.store.select("""SELECT "Id" FROM "Account" WHERE "Key__c" = 'two'""")
    job = bulk.ingest(f"Id,Name\n{id_},B2\n,New\n", "upsert", externalIdFieldName="Id")
    assert job["numberRecordsFailed"] == 0
    assert names(org) == ["A2", "B2", "New"]


def test_hard_delete_needs_its_permission(bulk: Any, org: OrgHandle) -> None:
    bulk.ingest("Name\nA\nB\n")
    first, second = [row for (row,) in org.org.store.select('SELECT "Id" FROM "Account" ORDER BY "Id"')]
    asked = {"object": "Account", "operation": "hardDelete"}
    assert error(bulk.v2("POST", "ingest", json=asked)) == (
        400,
        "FEATURENOTENABLED",
        "hardDelete operation requires special user profile permission, please contact your system administrator",
    )
    me = Caller(org.administrator["Id"])
    org.org.records.update(me, "Profile", org.administrator["ProfileId"], {"PermissionsBulkApiHardDelete": True})
    job = bulk.ingest(f"Id\n{first}\n{first}\n", "hardDelete")
    assert (job["numberRecordsProcessed"], job["numberRecordsFailed"]) == (2, 1)
    bulk.ingest(f"Id\n{second}\n", "delete")
    org.undelete("Account", second)
    with pytest.raises(Exception, match="UNDELETE_FAILED"):
        org.undelete("Account", first)


def test_abort_leaves_the_rest_unprocessed(bulk: Any, org: OrgHandle) -> None:
    org.jobs.hold(seconds=3600)
    job = bulk.ingest("Name\nA\n")
    assert job["state"] == "UploadComplete"
    assert error(bulk.v2("GET", f"ingest/{job['id']}/failedResults"))[:2] == (400, "INVALIDJOBSTATE")
    assert bulk.v2("PATCH", f"ingest/{job['id']}", json={"state": "Aborted"}).json()["state"] == "Aborted"
    org.clock.advance(hours=2)
    assert names(org) == []
    assert bulk.results(job["id"], "unprocessedrecords") == '"Name"\n"A"\n'
    assert bulk.results(job["id"], "successfulResults") == '"sf__Id","sf__Created","Name"\n'
    assert error(bulk.v2("PATCH", f"ingest/{job['id']}", json={"state": "UploadComplete"}))[1] == "INVALIDJOBSTATE"


def test_jobs_wait_for_the_clock_or_for_questions(bulk: Any, org: OrgHandle) -> None:
    org.jobs.hold(seconds=60)
    job = bulk.ingest("Name\nA\n")
    org.clock.advance(seconds=59)
    assert bulk.v2("GET", f"ingest/{job['id']}").json()["state"] == "UploadComplete"
    org.clock.advance(seconds=1)
    assert bulk.v2("GET", f"ingest/{job['id']}").json()["state"] == "JobComplete"
    org.jobs.hold(polls=3)
    made = bulk.v2("POST", "query", json={"operation": "query", "query": "SELECT Id FROM Account"}).json()
    states = [bulk.v2("GET", f"query/{made['id']}").json()["state"] for _ in range(4)]
    assert states == ["UploadComplete", "UploadComplete", "UploadComplete", "JobComplete"]


def test_multipart_makes_and_closes_a_job_in_one_call(bulk: Any, org: OrgHandle) -> None:
    parts = {
        "job": (None, '{"object":"Account","operation":"insert"}', "application/json"),
        "content": ("content", "Name\nA\n", "text/csv"),
    }
    made = bulk.v2("POST", "ingest", files=parts)
    assert (made.status_code, made.json()["state"]) == (200, "UploadComplete")
    org.jobs.settle()
    assert names(org) == ["A"]
    parts["content"] = ("content", "Name\n" + "A" * 100_001, "text/csv")
    assert error(bulk.v2("POST", "ingest", files=parts))[1] == "CLIENTINPUTERROR"


def test_two_uploads_cannot_be_closed(bulk: Any) -> None:
    id_ = bulk.v2("POST", "ingest", json={"object": "Account", "operation": "insert"}).json()["id"]
    for _ in range(2):
        assert bulk.v2("PUT", f"ingest/{id_}/batches", data=b"Name\nA\n").status_code == 201
    status, code, message = error(bulk.v2("PATCH", f"ingest/{id_}", json={"state": "UploadComplete"}))
    assert (status, code) == (400, "INVALIDJOB")
    assert message.startswith(f"Found multiple contents for job: <{id_}>, please 'Close' / 'Abort' / 'Delete'")


@pytest.mark.parametrize(
    ("asked", "code", "message"),
    [
        ({"object": "Nothing", "operation": "insert"}, "INVALIDJOB", "Unable to find object: Nothing"),
        ({"object": "Account", "operation": "destroy"}, "INVALIDJOB", "Unable to parse Job"),
        ({"object": "Account"}, "INVALIDJOB", "Unable to parse Job"),
        ({"object": "Account", "operation": "insert", "contentType": "JSON"}, "INVALIDJOB", "Unable to parse Job"),
        ({"object": "Account", "operation": "insert", "lineEnding": "CR"}, "INVALIDJOB", "Unable to parse Job"),
        ({"object": ["Account"], "operation": "insert"}, "INVALIDJOB", "Unable to parse Job"),
        ({"object": "Account", "operation": "upsert"}, "INVALIDJOB", "External ID was blank for Account."),
        (
            {"object": "Account", "operation": "upsert", "externalIdFieldName": "Site"},
            "INVALIDJOB",
            "Field name provided, Site does not match an External ID, Salesforce Id, or indexed field for Account",
        ),
        (
            {"object": "Organization", "operation": "insert"},
            "INVALIDENTITY",
            "Entity 'Organization' is not supported by the Bulk API.",
        ),
    ],
)
def test_jobs_that_make_no_sense(bulk: Any, asked: Any, code: str, message: str) -> None:
    status, told, text = error(bulk.v2("POST", "ingest", json=asked))
    assert (status, told) == (400, code)
    assert text.startswith(message)


def test_sessions_addresses_and_methods(bulk: Any) -> None:
    assert error(bulk.v2("GET", "ingest", headers={"Authorization": "Bearer nobody"})) == (
        401,
        "INVALID_SESSION_ID",
        "Session expired or invalid",
    )
    assert error(bulk.v2("GET", "nothing"))[:2] == (404, "NOT_FOUND")
    assert error(bulk.v2("GET", "ingest", version="40.0"))[:2] == (404, "NOT_FOUND")
    assert error(bulk.v2("GET", "query", version="46.0"))[:2] == (404, "NOT_FOUND")
    assert error(bulk.v2("GET", "ingest", version="99.0"))[:2] == (404, "NOT_FOUND")
    assert error(bulk.v2("GET", "ingest/750000000000001/batches"))[:2] == (405, "METHOD_NOT_ALLOWED")
    assert error(bulk.v2("POST", "ingest", data=b"{"))[:2] == (400, "JSON_PARSER_ERROR")
    assert error(bulk.v2("PATCH", "ingest/750000000000001", json={"state": "Aborted"}))[:2] == (404, "NOT_FOUND")


def test_uploads_may_be_gzip_and_are_bounded(bulk: Any, org: OrgHandle, monkeypatch: pytest.MonkeyPatch) -> None:
    made = bulk.v2("POST", "ingest", json={"object": "Account", "operation": "insert"}).json()
    path, headers = f"ingest/{made['id']}/batches", {"Content-Type": "text/csv", "Content-Encoding": "gzip"}
    assert error(bulk.v2("PUT", path, data=b"no gzip", headers=headers))[1] == "CLIENTINPUTERROR"
    whole = gzip.compress(b"Name\nA\n")
    assert error(bulk.v2("PUT", path, data=whole[:-9], headers=headers))[1] == "CLIENTINPUTERROR"
    assert error(bulk.v2("PUT", path, data=whole + b"more", headers=headers))[1] == "CLIENTINPUTERROR"
    monkeypatch.setattr("chatlift.emulator.wire.bulk.v2.MOST_UPLOAD_BYTES", 1_000_000)
    bomb = gzip.compress(bytes(20_000_000))
    assert error(bulk.v2("PUT", path, data=bomb, headers=headers)) == (
        400,
        "CLIENTINPUTERROR",
        "Failed to read request. Exceeded max size limit of 1000000",
    )
    assert error(bulk.v2("PUT", path, data=bytes(1_000_001)))[1] == "CLIENTINPUTERROR"
    # Nothing of these is left: a job with one upload closes.
    assert bulk.v2("PUT", path, data=whole + gzip.compress(b"B\n"), headers=headers).status_code == 201
    assert bulk.v2("PATCH", f"ingest/{made['id']}", json={"state": "UploadComplete"}).status_code == 200
    org.jobs.settle()
    assert names(org) == ["A", "B"]


def test_query_results_come_in_pages_that_can_be_read_again(bulk: Any, org: OrgHandle) -> None:
    bulk.ingest("Name,Site\n" + "".join(f'"N ""{number:04}""",\n' for number in range(4500)))
    job = bulk.query(
        "SELECT Id, Owner.Name, Name, Owner.Email, CreatedDate, IsDeleted, Site FROM Account ORDER BY Name"
    )
    assert (job["state"], job["jobType"], job["numberRecordsProcessed"]) == ("JobComplete", "V2Query", 4500)
    locator, pages, counts = "", [], []
    while locator != "null":
        answer = bulk.v2("GET", f"query/{job['id']}/results/", params={"maxRecords": 1999, "locator": locator})
        assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/csv")
        pages.append(answer.text)
        counts.append(int(answer.headers["Sforce-NumberOfRecords"]))
        locator = answer.headers["Sforce-Locator"]
    assert counts == [1999, 1999, 502]
    header = '"Id","Owner.Name","Name","Owner.Email","CreatedDate","IsDeleted","Site"\n'
    assert all(page.startswith(header) for page in pages)
    rows = [line for page in pages for line in page.splitlines()[1:]]
    assert [line.split(",")[2] for line in rows] == [f'"N ""{number:04}"""' for number in range(4500)]
    assert rows[0].endswith(',"Admin User","N ""0000""","admin@chatlift.test","2026-06-15T12:00:00.000Z","false",""')
    again = bulk.v2("GET", f"query/{job['id']}/results", params={"maxRecords": 1999, "locator": "MTk5OQ"})
    assert again.text == pages[1]
    whole = bulk.v2("GET", f"query/{job['id']}/results")
    assert (whole.headers["Sforce-Locator"], whole.headers["Sforce-NumberOfRecords"]) == ("null", "4500")
    listed = bulk.v2("GET", f"query/{job['id']}/resultPages").json()
    assert listed["done"] is True and len(listed["resultPages"]) == 1
    first = bulk.session.get(
        org.url + listed["resultPages"][0]["resultLink"], headers={"Authorization": f"Bearer {bulk.token}"}
    )
    assert first.text == whole.text
    for locator in ("x", "MTk5OTk5", "4500"):
        assert bulk.v2("GET", f"query/{job['id']}/results", params={"locator": locator}).status_code == 400
    assert bulk.v2("GET", f"query/{job['id']}/results", version="59.0").status_code == 409


def test_a_query_that_finds_nothing_and_one_of_deleted_records(bulk: Any, org: OrgHandle) -> None:
    job = bulk.query("SELECT Id FROM Account", columnDelimiter="PIPE", lineEnding="CRLF")
    answer = bulk.v2("GET", f"query/{job['id']}/results")
    assert (answer.content, answer.headers["Sforce-NumberOfRecords"]) == (b'"Id"\r\n', "0")
    assert answer.headers["Sforce-Locator"] == "null"
    bulk.ingest("Name\nA\n")
    [(id_,)] = org.org.store.select('SELECT "Id" FROM "Account"')
    bulk.ingest(f"Id\n{id_}\n", "delete")
    assert bulk.query("SELECT Id FROM Account")["numberRecordsProcessed"] == 0
    assert bulk.query("SELECT Id FROM Account", "queryAll")["numberRecordsProcessed"] == 1


@pytest.mark.parametrize(
    ("soql", "code", "message"),
    [
        ("SELECT Id, BillingAddress FROM Account", "API_ERROR", "Selecting compound data not supported in Bulk Query"),
        ("SELECT COUNT() FROM Account", "API_ERROR", "Aggregate Relationships not supported in Bulk Query"),
        ("SELECT Name, COUNT(Id) FROM Account GROUP BY Name", "API_ERROR", "Aggregate Relationships not supported"),
        ("SELECT Id, (SELECT Id FROM Contacts) FROM Account", "API_ERROR", "Aggregate Relationships not supported"),
        ("SELECT Id FROM Account LIMIT 1 OFFSET 1", "API_ERROR", "OFFSET not supported in Bulk Query"),
        ("SELECT Nothing FROM Account", "INVALID_FIELD", "\nSELECT Nothing FROM Account"),
        ("SELECT", "MALFORMED_QUERY", ""),
        ("", "MALFORMED_QUERY", ""),
    ],
)
def test_queries_that_jobs_do_not_run(bulk: Any, soql: str, code: str, message: str) -> None:
    status, told, text = error(bulk.v2("POST", "query", json={"operation": "query", "query": soql}))
    assert (status, told) == (400, code)
    assert text.startswith(message)


def test_jobs_are_listed_page_by_page(bulk: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    made = [bulk.ingest("Name\nA\n")["id"] for _ in range(3)]
    classic = bulk.job("query", "CSV", headers={"Sforce-Enable-PKChunking": "true"})
    bulk.query("SELECT Id FROM Account")
    listed = bulk.v2("GET", "ingest").json()
    assert [job["id"] for job in listed["records"]] == [*made, classic]
    assert (listed["done"], listed["nextRecordsUrl"]) == (True, None)
    assert [job["jobType"] for job in bulk.v2("GET", "query").json()["records"]] == ["V2Query"]
    only = bulk.v2("GET", "ingest", params={"jobType": "V2Ingest"}).json()["records"]
    assert [job["id"] for job in only] == made
    chunked = bulk.v2("GET", "ingest", params={"isPkChunkingEnabled": "true"}).json()["records"]
    assert [job["id"] for job in chunked] == [classic]
    monkeypatch.setattr("chatlift.emulator.org.jobs.jobs.Jobs.listing.__defaults__", ("", 2))
    first = bulk.v2("GET", "ingest").json()
    assert ([job["id"] for job in first["records"]], first["done"]) == (made[:2], False)
    path = first["nextRecordsUrl"].partition("/jobs/")[2]
    assert [job["id"] for job in bulk.v2("GET", path).json()["records"]] == [made[2], classic]


def test_job_calls_are_counted(bulk: Any) -> None:
    used = [bulk.v2("GET", "ingest").headers["Sforce-Limit-Info"] for _ in range(2)]
    first, second = (int(info.partition("=")[2].partition("/")[0]) for info in used)
    assert second == first + 1


def test_results_are_zipped_for_whom_takes_it(org: OrgHandle, bulk: Any) -> None:
    job = bulk.ingest("Name\nA\n")
    plain = bulk.results(job["id"], "successfulResults")
    environ = {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": f"/services/data/v60.0/jobs/ingest/{job['id']}/successfulResults",
        "QUERY_STRING": "",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "wsgi.url_scheme": "http",
        "HTTP_AUTHORIZATION": f"Bearer {bulk.token}",
        "HTTP_ACCEPT_ENCODING": "gzip, deflate",
    }
    told: list[Any] = []
    body = b"".join(org.app(environ, lambda status, headers, _=None: told.append(dict(headers))))
    assert told[0]["Content-Encoding"] == "gzip"
    assert gzip.decompress(body).decode() == plain


def test_a_length_that_is_no_number_is_no_empty_upload(bulk: Any, org: OrgHandle) -> None:
    made = bulk.v2("POST", "ingest", json={"object": "Account", "operation": "insert"}).json()
    environ = EnvironBuilder(f"/services/data/v60.0/jobs/ingest/{made['id']}/batches", method="PUT").get_environ()
    environ |= {"CONTENT_LENGTH": "-5", "CONTENT_TYPE": "text/csv", "HTTP_AUTHORIZATION": f"Bearer {bulk.token}"}
    body, status, _ = run_wsgi_app(create_app(org.org, Settings()), environ)
    assert status.startswith("400")
    assert b"CLIENTINPUTERROR" in b"".join(body)


def test_a_job_takes_a_batch_of_the_day_for_every_10_000_records(bulk: Any, org: OrgHandle) -> None:
    def used() -> int:
        return org.org.limits.usage(BULK_BATCHES).used

    bulk.ingest("Name\n" + "A\n" * 10_000)
    assert used() == 1
    bulk.ingest("Name\n" + "A\n" * 10_001)
    assert used() == 3
    bulk.query("SELECT Id FROM Account LIMIT 1")
    assert used() == 3
    org.org.limits.set({BULK_BATCHES: 4})
    job = bulk.ingest("Name\n" + "B\n" * 10_500)
    assert (job["state"], job["numberRecordsProcessed"]) == ("Failed", 10_000)
    told = "ExceededQuota : TotalRequests Limit exceeded. (10000 records were processed before)"
    assert job["errorMessage"] == told
    assert bulk.results(job["id"], "unprocessedrecords").count("\n") == 501


def test_a_job_that_is_over_is_kept_for_seven_days(bulk: Any, org: OrgHandle) -> None:
    done = bulk.ingest("Name\nA\n")["id"]
    query = bulk.query("SELECT Name FROM Account")["id"]
    waits = bulk.v2("POST", "ingest", json={"object": "Account", "operation": "insert"}).json()["id"]
    org.clock.advance(days=7)
    assert bulk.v2("GET", f"ingest/{done}").json()["state"] == "JobComplete"
    org.clock.advance(seconds=1)
    for path in (f"ingest/{done}", f"ingest/{done}/successfulResults", f"query/{query}/results"):
        assert error(bulk.v2("GET", path))[:2] == (404, "NOT_FOUND")
    assert [job["id"] for job in bulk.v2("GET", "ingest").json()["records"]] == [waits]
    assert bulk.v2("GET", f"ingest/{waits}").json()["state"] == "Open"
