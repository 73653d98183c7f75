"""The REST API: addresses, methods, headers, and the form of every answer."""

import gzip
import json
from typing import Any
from urllib.parse import quote

import pytest

from .conftest import SESSION, Client

NOT_FOUND = [{"message": "The requested resource does not exist", "errorCode": "NOT_FOUND"}]
JSON_TYPE = {"Content-Type": "application/json"}


def unknown_key(segment: str) -> list[dict[str, Any]]:
    message = f"Provided external ID field does not exist or is not accessible: {segment}"
    return [{"message": message, "errorCode": "NOT_FOUND"}]


# --- versions and resources


def test_the_versions_are_listed_without_a_session(client: Client) -> None:
    del client.session.headers["Authorization"]
    answer = client.get("/services/data")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/json;charset=UTF-8"
    assert "Sforce-Limit-Info" not in answer.headers
    versions = answer.json()
    assert versions[0] == {"label": "Winter '11", "url": "/services/data/v20.0", "version": "20.0"}
    assert versions[40] == {"label": "Spring '24", "url": "/services/data/v60.0", "version": "60.0"}
    assert len(versions) == 49


@pytest.mark.parametrize("version", [f"{number}.0" for number in range(20, 69)])
def test_every_version_lists_its_resources(client: Client, version: str) -> None:
    answer = client.get(f"/services/data/v{version}")
    assert answer.status_code == 200
    resources = answer.json()
    assert resources["sobjects"] == f"/services/data/v{version}/sobjects"
    user = client.org.administrator["Id"]
    assert resources["identity"].startswith(client.org.url + "/id/00D")
    assert resources["identity"].endswith(user)
    assert client.get(f"/services/data/v{version}/query", params={"q": "SELECT Id FROM User"}).json()["done"] is True


@pytest.mark.parametrize("version", ["20.0", "24.0", "28.0", "29.0", "31.0", "38.0", "40.0", "41.0", "50.0", "68.0"])
def test_what_the_root_lists_is_there_and_the_rest_is_not(client: Client, version: str) -> None:
    listed = client.get(f"/services/data/v{version}").json()
    assert {"query", "queryAll", "search", "recent", "sobjects", "tooling"} <= listed.keys()
    assert ("limits" in listed, "jobs" in listed) == (float(version) >= 29, float(version) >= 41)
    for name in (
        "limits",
        "tabs",
        "theme",
        "quickActions",
        "actions",
        "jobs/ingest",
        "connect/organization",
        "process",
    ):
        found = client.get(f"/services/data/v{version}/{name}").status_code
        assert found == (200 if name.partition("/")[0] in listed else 404), name


@pytest.mark.parametrize("path", ["v19.0", "v69.0", "v59", "59.0", "v59.0.0", "v059.0", "vX"])
def test_an_unknown_version_is_not_found(client: Client, path: str) -> None:
    answer = client.get(f"/services/data/{path}/sobjects")
    assert (answer.status_code, answer.json()) == (404, NOT_FOUND)


@pytest.mark.parametrize(
    "path",
    ["nonsense", "sobjects//User", "/services/data//v59.0", "query/a/b", "sobjects/User/a/b/c", "/services/nothing"],
)
def test_an_unknown_resource_is_not_found(client: Client, path: str) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.json()) == (404, NOT_FOUND)


def test_a_slash_at_the_end_changes_nothing(client: Client) -> None:
    made = client.agent_session()
    for path in ("sobjects", "sobjects/LiveAgentSession", f"sobjects/LiveAgentSession/{made}", "limits", "query"):
        parameters = {"q": "SELECT Id FROM User"} if path == "query" else {}
        with_slash = client.get(path + "/", params=parameters)
        assert with_slash.status_code == 200
        assert with_slash.json().keys() == client.get(path, params=parameters).json().keys()


def test_names_are_read_in_any_case_and_answered_in_their_own(client: Client) -> None:
    made = client.agent_session()
    answer = client.get(f"sobjects/LIVEAGENTSESSION/{made.lower()}", params={"fields": "agentid,NAME"})
    assert answer.status_code == 200
    assert answer.json()["attributes"] == {
        "type": "LiveAgentSession",
        "url": f"/services/data/v59.0/sobjects/LiveAgentSession/{made}",
    }
    assert {"AgentId", "Name", "Id"} <= answer.json().keys()


# --- sessions


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer ", "Basic dTpw", "nonsense"])
def test_a_missing_or_odd_authorization_header_is_an_invalid_header(client: Client, header: str | None) -> None:
    client.session.headers["Authorization"] = header  # type: ignore[assignment]  # None leaves it out
    answer = client.get("sobjects")
    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Token")
    assert answer.json() == [{"message": "INVALID_HEADER_TYPE", "errorCode": "INVALID_AUTH_HEADER"}]


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "OAuth"])
def test_a_token_that_nobody_gave_is_an_invalid_session(client: Client, scheme: str) -> None:
    client.session.headers["Authorization"] = f"{scheme} 00D5e0000000001!nobody"
    answer = client.get("sobjects")
    assert (answer.status_code, answer.json()) == (
        401,
        [{"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}],
    )


def test_the_older_scheme_oauth_is_taken(client: Client) -> None:
    client.session.headers["Authorization"] = f"OAuth {client.org.token()}"
    assert client.get("sobjects").status_code == 200


# --- methods


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PATCH", "sobjects/LiveAgentSession/", "HEAD,GET,POST"),  # recorded: simple-salesforce#157
        ("PUT", "sobjects/LiveAgentSession/0HK5e0000000001GAA", "HEAD,GET,PATCH,DELETE"),  # omniphx/forrest#59
        ("POST", "query", "GET,HEAD"),
        ("DELETE", "sobjects", "GET,HEAD"),
        ("BREW", "limits", "GET,HEAD"),
    ],
)
def test_a_wrong_method_names_those_that_are_right(client: Client, method: str, path: str, allowed: str) -> None:
    answer = client.send(method, path)
    message = f"HTTP Method '{method}' not allowed. Allowed are {allowed}"
    assert answer.status_code == 405
    assert answer.json() == [{"message": message, "errorCode": "METHOD_NOT_ALLOWED"}]
    assert answer.headers["Allow"] == allowed


def test_a_post_may_carry_another_method(client: Client) -> None:
    made = client.agent_session()
    answer = client.post(f"sobjects/LiveAgentSession/{made}?_HttpMethod=PATCH", json={"ChatReqAssigned": 7})
    assert (answer.status_code, answer.content) == (204, b"")
    assert client.get(f"sobjects/LiveAgentSession/{made}").json()["ChatReqAssigned"] == 7
    assert client.post(f"sobjects/LiveAgentSession/{made}?_HttpMethod=DELETE").status_code == 204


def test_head_is_a_get_without_its_body(client: Client) -> None:
    answer = client.send("HEAD", "sobjects/User")
    assert (answer.status_code, answer.content) == (200, b"")
    assert client.send("HEAD", "sobjects/Nonsense").status_code == 404


# --- rows


def test_a_created_record_is_found_at_its_location(client: Client) -> None:
    body = {"AgentId": client.org.administrator["Id"], **SESSION}
    answer = client.post("sobjects/LiveAgentSession", json=body)
    assert answer.status_code == 201
    made = answer.json()["id"]
    assert answer.json() == {"id": made, "success": True, "errors": []}
    assert answer.headers["Location"] == f"/services/data/v59.0/sobjects/LiveAgentSession/{made}"
    assert client.get(answer.headers["Location"]).json()["Id"] == made


def test_only_the_asked_fields_and_the_id_are_answered(client: Client) -> None:
    made = client.agent_session(ChatReqAssigned=2)
    answer = client.get(f"sobjects/LiveAgentSession/{made}?fields=ChatReqAssigned, Name")
    assert list(answer.json()) == ["attributes", "ChatReqAssigned", "Name", "Id"]


def test_an_unknown_field_that_is_asked_for_is_refused(client: Client) -> None:
    answer = client.get(f"sobjects/LiveAgentSession/{client.agent_session()}?fields=Nonsense")
    assert answer.status_code == 400
    assert answer.json()[0]["errorCode"] == "INVALID_FIELD"


def test_a_deleted_record_is_deleted_once(client: Client) -> None:
    made = client.agent_session()
    first = client.send("DELETE", f"sobjects/LiveAgentSession/{made}")
    assert (first.status_code, first.content, first.headers.get("Content-Type")) == (204, b"", None)
    again = client.send("DELETE", f"sobjects/LiveAgentSession/{made}")
    assert again.status_code == 404
    assert again.json() == [{"message": "entity is deleted", "errorCode": "ENTITY_IS_DELETED", "fields": []}]


@pytest.mark.parametrize("version", ["v38.0", "v60.0"])
def test_a_write_to_a_record_that_never_was_misses_its_target(client: Client, version: str) -> None:
    path = f"/services/data/{version}/sobjects/Contact/003000000000000AAA"
    gone = [{"message": "invalid cross reference id", "errorCode": "INVALID_CROSS_REFERENCE_KEY", "fields": []}]
    for method, body in (("PATCH", {"LastName": "A"}), ("DELETE", None)):
        answer = client.send(method, path, json=body)
        assert (answer.status_code, answer.json()) == (404, gone)
    assert (answer := client.get(path)).status_code == 404
    assert answer.json() == NOT_FOUND


@pytest.mark.parametrize("segment", ["23foo", "Nonsense__c", "0055e0000000001AAA", "%00", "é" * 15])
def test_a_segment_that_is_no_id_of_the_object_counts_as_a_field(client: Client, segment: str) -> None:
    # recorded: restforce, spec/fixtures (23foo)
    answer = client.get(f"sobjects/LiveAgentSession/{quote(segment) if segment != '%00' else segment}")
    shown = "\x00" if segment == "%00" else segment
    assert (answer.status_code, answer.json()) == (404, unknown_key(shown))


def test_an_id_with_a_wrong_checksum_is_malformed(client: Client) -> None:
    # the form of the REST guide ("Status Codes and Error Responses"); the id is that of the tests of WWW::Salesforce
    answer = client.get("sobjects/Account/001W000000KY0vBZZZ")
    message = "Account ID: id value of incorrect type: 001W000000KY0vBZZZ"
    assert answer.status_code == 400
    assert answer.json() == [{"message": message, "errorCode": "MALFORMED_ID", "fields": ["Id"]}]


def test_a_record_is_read_by_another_unique_field(client: Client) -> None:
    answer = client.get("sobjects/User/Username/admin@chatlift.test?fields=Alias")
    assert answer.status_code == 200
    assert answer.json()["Id"] == client.org.administrator["Id"]
    assert client.get("sobjects/User/Username/nobody@chatlift.test").json() == NOT_FOUND
    assert client.get("sobjects/User/LastName/Admin").json() == unknown_key("LastName")
    assert client.get(f"sobjects/User/Id/{client.org.administrator['Id']}").status_code == 200


EXTENDED = {
    "objects": [
        {
            "name": "Contact",
            "fields": [
                {"name": "Legacy_Key__c", "type": "string", "length": 40, "externalId": True, "custom": True},
            ],
        }
    ]
}


def test_a_key_that_several_records_have_answers_their_addresses(client: Client) -> None:
    client.org.seed(EXTENDED)
    ids = [
        client.post("sobjects/Contact", json={"LastName": name, "Legacy_Key__c": "a / b+c"}).json()["id"]
        for name in "xy"
    ]
    answer = client.get(f"sobjects/Contact/Legacy_Key__c/{quote('a / b', safe='')}%2Bc")
    assert answer.status_code == 300
    assert answer.json() == [f"/services/data/v59.0/sobjects/Contact/{id_}" for id_ in sorted(ids)]


def test_an_upsert_creates_once_and_then_updates(client: Client) -> None:
    client.org.seed(EXTENDED)
    first = client.send("PATCH", "sobjects/Contact/Legacy_Key__c/k1", json={"LastName": "Ada"})
    made = first.json()["id"]
    assert (first.status_code, first.json()) == (201, {"id": made, "success": True, "errors": [], "created": True})
    second = client.send("PATCH", "sobjects/Contact/Legacy_Key__c/k1", json={"LastName": "Bea"})
    assert (second.status_code, second.json()) == (200, {"id": made, "success": True, "errors": [], "created": False})
    old = "/services/data/v45.0/sobjects/Contact/Legacy_Key__c"
    assert client.send("PATCH", f"{old}/k1", json={"LastName": "Cy"}).status_code == 204
    third = client.send("PATCH", f"{old}/k2", json={"LastName": "Dee"})
    assert (third.status_code, sorted(third.json())) == (201, ["errors", "id", "success"])
    assert client.get(f"sobjects/Contact/{made}").json()["LastName"] == "Cy"


def test_an_upsert_must_not_repeat_its_key(client: Client) -> None:
    client.org.seed(EXTENDED)
    answer = client.send("PATCH", "sobjects/Contact/Legacy_Key__c/k1", json={"LastName": "A", "legacy_key__c": "k1"})
    message = "The Legacy_Key__c field should not be specified in the sobject data."
    assert (answer.status_code, answer.json()) == (400, [{"message": message, "errorCode": "INVALID_FIELD"}])


def test_an_object_without_upsert_refuses_it(client: Client) -> None:
    made = client.agent_session()
    answer = client.send("PATCH", f"sobjects/LiveAgentSession/Id/{made}", json={"ChatReqAssigned": 1})
    assert (answer.status_code, answer.json()) == (404, NOT_FOUND)


def test_a_record_may_be_sent_back_with_the_attributes_it_came_with(client: Client) -> None:
    made = client.agent_session()
    read = client.get(f"sobjects/LiveAgentSession/{made}?fields=ChatReqAssigned").json()
    body = {"attributes": read["attributes"], "ChatReqAssigned": 5}
    assert client.send("PATCH", f"sobjects/LiveAgentSession/{made}", json=body).status_code == 204
    wrong = client.send("PATCH", f"sobjects/LiveAgentSession/{made}", json={"attributes": 5})
    assert wrong.json()[0]["errorCode"] == "INVALID_FIELD"


# --- bodies


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "The HTTP entity body is required, but this request has no entity body."),
        (b"[]", "Can not deserialize SObject out of START_ARRAY token at [line:1, column:1]"),
        (b" 5", "Can not deserialize SObject out of VALUE_NUMBER_INT token at [line:1, column:2]"),
        (b"null", "Can not deserialize SObject out of VALUE_NULL token at [line:1, column:1]"),
        (
            b"AgentId=x",
            "Unexpected character ('A' (code 65)): expected a valid value (number, String, array, object, 'true', "
            "'false' or 'null') at [line:1, column:2]",
        ),
        (
            b'{"AgentId":NaN}',
            "Non-standard token 'NaN': enable JsonParser.Feature.ALLOW_NON_NUMERIC_NUMBERS to allow at [line:1, column:15]",
        ),
        (b'{"a":"\xff"}', "Invalid UTF-8 start byte 0xff at [line:1, column:7]"),
    ],
)
def test_a_body_that_is_no_record_is_told_where_it_breaks(client: Client, body: bytes, message: str) -> None:
    answer = client.post("sobjects/LiveAgentSession", data=body, headers=JSON_TYPE)
    assert (answer.status_code, answer.json()) == (400, [{"message": message, "errorCode": "JSON_PARSER_ERROR"}])


@pytest.mark.parametrize(
    ("value", "token"),
    [
        ('"x"', "VALUE_STRING value x or request may be missing a required field at "),
        ("1.5", "VALUE_NUMBER_FLOAT value 1.5 or request may be missing a required field at "),
        ("true", "VALUE_TRUE value true or request may be missing a required field at "),
        ("{}", "START_OBJECT value { or request may be missing a required field at "),
        ("[1]", "START_ARRAY value "),
    ],
)
def test_a_value_of_another_type_is_told_with_its_place(client: Client, value: str, token: str) -> None:
    # the words are recorded: restforce#619 (VALUE_STRING), SalesforceMobileSDK-ReactNative#194 (START_OBJECT),
    # verbb/formie#2124 (START_ARRAY)
    fields = json.dumps({"AgentId": client.org.administrator["Id"], **SESSION})
    body = f'{fields[:-1]},\n "ChatReqAssigned": {value}}}'
    answer = client.post("sobjects/LiveAgentSession", data=body, headers=JSON_TYPE)
    message = f"Cannot deserialize instance of int from {token}[line:1, column:{len(fields)}]"
    assert (answer.status_code, answer.json()) == (400, [{"message": message, "errorCode": "JSON_PARSER_ERROR"}])


def test_another_content_type_is_not_supported(client: Client) -> None:
    # recorded: kevinohara80/nforce#74
    answer = client.post(
        "sobjects/LiveAgentSession", data=b"x", headers={"Content-Type": "multipart/related; boundary=x"}
    )
    message = "MediaType of 'multipart/related' is not supported by this resource"
    assert (answer.status_code, answer.json()) == (415, [{"message": message, "errorCode": "UNSUPPORTED_MEDIA_TYPE"}])


def test_a_body_may_be_zipped_marked_or_in_another_encoding(client: Client) -> None:
    body = {"LastName": "Größe"}
    sent = json.dumps(body, ensure_ascii=False)
    for data, headers in (
        (gzip.compress(sent.encode()), {"Content-Encoding": "gzip", **JSON_TYPE}),
        (b"\xef\xbb\xbf" + sent.encode(), JSON_TYPE),
        (sent.encode("latin-1"), {"Content-Type": "application/json; charset=ISO-8859-1"}),
    ):
        answer = client.post("sobjects/Contact", data=data, headers=headers)
        assert answer.status_code == 201, answer.text
        assert client.get(f"sobjects/Contact/{answer.json()['id']}").json()["LastName"] == "Größe"


def test_a_zip_that_grows_beyond_every_bound_is_refused(client: Client) -> None:
    bomb = gzip.compress(b" " * 60_000_000, compresslevel=1)
    answer = client.post("sobjects/Contact", data=bomb, headers={"Content-Encoding": "gzip", **JSON_TYPE})
    assert answer.status_code == 400
    # recorded: SalesforceMobileSDK-iOS#3575
    assert answer.json()[0]["message"].endswith("Maximum size of request is 52428800 bytes.")


def test_an_address_that_is_too_long_is_answered_by_the_edge(client: Client) -> None:
    # recorded: simple-salesforce#271
    answer = client.get("query", params={"q": "SELECT Id FROM User WHERE Name = '" + "x" * 16_384})
    assert answer.status_code == 414
    assert answer.text == "<h1>Bad Message 414</h1><pre>reason: URI Too Long</pre>"


# --- queries, describes, changes


def test_a_query_gives_its_rows_in_pages(client: Client) -> None:
    for number in range(3):
        client.agent_session(ChatReqAssigned=number)
    answer = client.get("query", params={"q": "SELECT ChatReqAssigned FROM LiveAgentSession ORDER BY ChatReqAssigned"})
    assert list(answer.json()) == ["totalSize", "done", "records"]
    assert [row["ChatReqAssigned"] for row in answer.json()["records"]] == [0, 1, 2]


def test_a_page_leads_to_the_next_and_can_be_read_again(client: Client) -> None:
    records = [{"object": "Contact", "fields": {"LastName": f"n{number:03}"}} for number in range(450)]
    client.org.seed({"records": records})
    headers = {"Sforce-Query-Options": "batchSize=200"}
    query = {"q": "SELECT LastName FROM Contact ORDER BY LastName"}
    first = client.get("query", params=query, headers=headers).json()
    assert (first["totalSize"], first["done"], len(first["records"])) == (450, False, 200)
    assert first["nextRecordsUrl"].startswith("/services/data/v59.0/query/01g")
    assert first["nextRecordsUrl"].endswith("-200")
    second = client.get(first["nextRecordsUrl"], headers=headers).json()
    assert client.get(first["nextRecordsUrl"], headers=headers).json() == second
    third = client.get(second["nextRecordsUrl"].replace("/query/", "/queryAll/"), headers=headers).json()
    assert (third["done"], len(third["records"]), "nextRecordsUrl" in third) == (True, 50, False)


@pytest.mark.parametrize("size", ["1", "199", "100000"])
def test_a_page_size_out_of_bounds_is_cut_to_fit(client: Client, size: str) -> None:
    records = [{"object": "Contact", "fields": {"LastName": f"n{number}"}} for number in range(201)]
    client.org.seed({"records": records})
    page = client.get(
        "query", params={"q": "SELECT Id FROM Contact"}, headers={"Sforce-Query-Options": f"batchSize={size}"}
    )
    assert len(page.json()["records"]) == (201 if size == "100000" else 200)


def test_an_unknown_locator_is_invalid(client: Client) -> None:
    answer = client.get("query/01g000000000000AAA-2000")
    assert (answer.status_code, answer.json()) == (
        400,
        [{"message": "invalid query locator", "errorCode": "INVALID_QUERY_LOCATOR"}],
    )


@pytest.mark.parametrize("query", ["", "?q=", "?q=%20", "?explain=", "?explain=SELECT+Id"])
def test_a_query_without_a_query_is_malformed(client: Client, query: str) -> None:
    answer = client.get(f"query{query}")
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, "MALFORMED_QUERY")


def test_a_query_is_explained_and_not_run(client: Client) -> None:
    query = "SELECT Name FROM User WHERE Id = '005000000000000AAA'"
    answer = client.get(f"query?explain={quote(query)}")
    assert answer.status_code == 200
    document = answer.json()
    assert document["sourceQuery"] == query
    assert [plan["leadingOperationType"] for plan in document["plans"]] == ["Index", "TableScan"]
    report = client.get("query?explain=00O000000000001AAA")
    assert (report.status_code, report.json()[0]["errorCode"]) == (400, "INVALID_ID")


def test_basic_information_holds_the_entry_of_the_global_describe(client: Client) -> None:
    entries = {entry["name"]: entry for entry in client.get("sobjects").json()["sobjects"]}
    basic = client.get("sobjects/LiveAgentSession").json()
    assert basic["objectDescribe"] == entries["LiveAgentSession"]
    assert "recentItems" in basic


def test_a_described_object_points_to_pages_of_this_host(client: Client) -> None:
    urls = client.get("sobjects/LiveAgentSession/describe").json()["urls"]
    assert urls["rowTemplate"] == "/services/data/v59.0/sobjects/LiveAgentSession/{ID}"
    assert urls["uiDetailTemplate"] == f"{client.org.url}/{{ID}}"


def test_a_plus_sign_in_a_window_may_be_unescaped(client: Client) -> None:
    made = client.agent_session()
    client.org.clock.advance(hours=1)
    for plus in ("+", "%2B"):
        window = f"start=2026-06-15T11:30:00{plus}00:00&end=2026-06-15T12:30:00{plus}00:00"
        assert client.get(f"sobjects/LiveAgentSession/updated/?{window}").json() == {
            "ids": [made],
            "latestDateCovered": "2026-06-15T12:30:00.000+0000",
        }


def test_deleted_tells_what_went_and_an_undelete_takes_it_back(client: Client) -> None:
    made = client.agent_session()
    client.send("DELETE", f"sobjects/LiveAgentSession/{made}")
    client.org.clock.advance(hours=1)
    window = "start=2026-06-15T11:30:00Z&end=2026-06-15T12:30:00Z"
    gone = client.get(f"sobjects/LiveAgentSession/deleted?{window}").json()
    assert gone["deletedRecords"] == [{"id": made, "deletedDate": "2026-06-15T12:00:00.000+0000"}]
    assert client.get(f"sobjects/LiveAgentSession/updated?{window}").json()["ids"] == []
    client.org.undelete("LiveAgentSession", made)
    assert client.get(f"sobjects/LiveAgentSession/{made}").status_code == 200
    assert client.get(f"sobjects/LiveAgentSession/deleted?{window}").json()["deletedRecords"] == []


# --- headers


def test_every_answer_but_the_versions_tells_how_many_calls_were_made(client: Client) -> None:
    first, second = (client.get(path).headers["Sforce-Limit-Info"] for path in ("limits", "sobjects/Nonsense"))
    assert first == "api-usage=1/15000"
    assert second == "api-usage=2/15000"
    assert client.get("limits").json()["DailyApiRequests"] == {"Max": 15000, "Remaining": 14997}


def test_a_pretty_answer_has_lines(client: Client) -> None:
    answer = client.get("limits", headers={"X-PrettyPrint": "1"})
    assert b"\n  " in answer.content
    assert b"\n" not in client.get("limits").content


def test_names_outside_ascii_pass_through_a_path(client: Client) -> None:
    client.org.seed(EXTENDED)
    assert client.send("PATCH", f"sobjects/Contact/Legacy_Key__c/{quote('ключ/1', safe='')}", json={"LastName": "X"}).ok
    assert client.get(f"sobjects/Contact/Legacy_Key__c/{quote('ключ/1', safe='')}").json()["Legacy_Key__c"] == "ключ/1"
