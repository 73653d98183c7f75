"""Search over REST: SOSL, parameters in the address and in the body, shapes of answers by version."""

from typing import Any

import pytest

from chatlift.emulator import OrgHandle


@pytest.fixture
def ids(org: OrgHandle) -> dict[str, str]:
    """Two accounts and a contact that have the word acme."""
    return org.seed(
        {
            "records": [
                {"object": "Account", "ref": "corp", "fields": {"Name": "Acme Corp", "Phone": "(415) 555-1212"}},
                {"object": "Account", "ref": "other", "fields": {"Name": "Globex", "Description": "not acme"}},
                {"object": "Contact", "ref": "joe", "fields": {"LastName": "Jo-Smith", "Email": "joe-s+x@acme.test"}},
            ]
        }
    )


def found(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [record["Id"] for record in answer.json()["searchRecords"]]


def refused(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()[0]["errorCode"]


def test_a_search_answers_records_with_their_addresses(client: Any, ids: dict[str, str]) -> None:
    answer = client.get("search", params={"q": "FIND {acme} IN NAME FIELDS RETURNING Account(Name, Phone)"})
    attributes = {"type": "Account", "url": f"/services/data/v59.0/sobjects/Account/{ids['corp']}"}
    assert answer.json() == {
        "searchRecords": [{"attributes": attributes, "Name": "Acme Corp", "Phone": "(415) 555-1212"}]
    }


def test_a_slash_behind_search_changes_nothing(client: Any, ids: dict[str, str]) -> None:
    assert found(client.get("search/", params={"q": "FIND {globex}"})) == [ids["other"]]


def test_a_search_without_rows_is_an_empty_list(client: Any) -> None:
    assert client.get("search", params={"q": "FIND {nothing} RETURNING Account"}).json() == {"searchRecords": []}


def test_before_version_37_the_answer_is_a_bare_array(client: Any, ids: dict[str, str]) -> None:
    answer = client.get("/services/data/v36.0/search", params={"q": "FIND {globex} RETURNING Account"})
    attributes = {"type": "Account", "url": f"/services/data/v36.0/sobjects/Account/{ids['other']}"}
    assert answer.json() == [{"attributes": attributes, "Id": ids["other"]}]


def test_labels_stand_beside_the_records(client: Any, ids: dict[str, str]) -> None:
    answer = client.get("search", params={"q": "FIND {globex} RETURNING Account(Id) WITH METADATA='LABELS'"}).json()
    assert [record["Id"] for record in answer["searchRecords"]] == [ids["other"]]
    (entity,) = answer["metadata"]["entityMetadata"]
    assert (entity["entityName"], [field["name"] for field in entity["fieldMetadata"]]) == ("Account", ["Id"])


@pytest.mark.parametrize(
    ("search", "code", "sentence"),
    [
        ("", "MALFORMED_SEARCH", "No search term found. The search term must be enclosed in braces."),
        ("FIND acme", "MALFORMED_SEARCH", "No search term found. The search term must be enclosed in braces."),
        ("FIND {a}", "INVALID_SEARCH", "search term must be longer than one character: a"),
        ("FIND {acme} RETURNING Nothing", "INVALID_TYPE", "sObject type 'Nothing' is not supported."),
        ("FIND {acme} RETURNING Account(Nothing)", "INVALID_FIELD", "No such column 'Nothing' on entity 'Account'."),
        ("FIND {John|jane}", "MALFORMED_SEARCH", "line 1:10 mismatched character '|' expecting '}'"),
    ],
)
def test_refusals_are_400(client: Any, search: str, code: str, sentence: str) -> None:
    answer = client.get("search", params={"q": search})
    assert refused(answer) == (400, code)
    assert sentence in answer.json()[0]["message"]


def test_search_takes_get_alone(client: Any) -> None:
    answer = client.post("search", json={})
    assert (answer.status_code, answer.json()[0]["message"]) == (
        405,
        "HTTP Method 'POST' not allowed. Allowed are GET,HEAD",
    )


def test_both_resources_are_listed(client: Any) -> None:
    assert client.get("").json()["search"] == "/services/data/v59.0/search"
    assert client.get("").json()["parameterizedSearch"] == "/services/data/v59.0/parameterizedSearch"
    assert "parameterizedSearch" not in client.get("/services/data/v35.0").json()
    assert client.get("/services/data/v35.0/parameterizedSearch", params={"q": "acme"}).status_code == 404


# --- parameters in the address ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("q=acme", "corp other joe"),
        ("q=acme&sobject=Account", "corp other"),
        ("q=acme&sobject=Account&sobject=Contact", "corp other joe"),
        ("q=acme&sobject=Contact&sobject=Account&overallLimit=2", "joe corp"),
        ("q=acme&sobject=Account&Account.where=Name+LIKE+'Acme%25'", "corp"),
        ("q=acme&sobject=Account&Account.orderBy=Name+DESC&Account.limit=1", "other"),
        ("q=acme&sobject=Account&defaultLimit=1", "corp"),
        ("q=acme&sobject=Account&Account.limit=2&defaultLimit=1", "corp other"),
        ("q=acme&sobject=Account&offset=1", "other"),
        ("q=acme&in=NAME&sobject=Account", "corp"),
        ("q=acme&in=email", "joe"),
        ("q=acme&defaultLimit=1", "corp other joe"),
        ("q=joe-s%2Bx%40acme.test", "joe"),
        ("q=Jo-Smith", "joe"),
        ("q=(415)+555-1212", "corp"),
        ("q=(415", "corp"),
        ("q=%22acme+corp%22", "corp"),
        ("q=%22acme+corp", "corp"),
        ("q=glob*+OR+corp", "corp other"),
        ("q=acme+AND+NOT+globex&sobject=Account", "corp"),
        ("q=acme%7D+RETURNING+Lead", ""),
        ("q=globex&spellCorrection=false&division=global&sobject=Account", "other"),
    ],
)
def test_parameters_in_the_address_find(client: Any, ids: dict[str, str], query: str, names: str) -> None:
    assert found_any(client.get(f"parameterizedSearch/?{query}")) == [ids[name] for name in names.split()]


def found_any(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [record["attributes"]["url"].rpartition("/")[2] for record in answer.json()["searchRecords"]]


def test_fields_and_labels_are_asked_for_by_parameters(client: Any, ids: dict[str, str]) -> None:
    query = (
        "q=acme&sobject=Account&sobject=Contact&Account.fields=id,name&fields=LastName&metadata=LABELS&Account.limit=1"
    )
    answer = client.get(f"parameterizedSearch?{query}").json()
    account, contact = answer["searchRecords"]
    assert (account["Id"], account["Name"], contact["LastName"], "Id" in contact) == (
        ids["corp"], "Acme Corp", "Jo-Smith", False,
    )  # fmt: skip
    assert [entity["entityName"] for entity in answer["metadata"]["entityMetadata"]] == ["Account", "Contact"]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("", "MALFORMED_SEARCH"),
        ("q=", "MALFORMED_SEARCH"),
        ("q=acme&in=EVERYWHERE", "MALFORMED_SEARCH"),
        ("q=acme&fields=Id", "MALFORMED_SEARCH"),
        ("q=acme&sobject=Nothing", "INVALID_TYPE"),
        ("q=acme&sobject=Account&Account.fields=Nothing", "INVALID_FIELD"),
        ("q=acme&sobject=Account&Account.where=Name='x')+LIMIT+1", "MALFORMED_SEARCH"),
        ("q=acme&sobject=Account&Account.orderBy=Name+LIMIT+1", "MALFORMED_SEARCH"),
        ("q=acme&sobject=Account&Account.fields=Id+LIMIT+1", "MALFORMED_SEARCH"),
        ("q=acme&sobject=Account&Account.limit=many", "JSON_PARSER_ERROR"),
        ("q=acme&sobject=Account&Account.limit=2001", "MALFORMED_SEARCH"),
        ("q=acme&overallLimit=2001", "MALFORMED_SEARCH"),
        ("q=acme&spellCorrection=maybe", "JSON_PARSER_ERROR"),
        ("q=acme&dataCategory=a__c+below+b__c", "MALFORMED_SEARCH"),
        ("q=acme&division=East", "MALFORMED_SEARCH"),
    ],
)
def test_parameters_that_are_wrong_are_refused(client: Any, query: str, code: str) -> None:
    assert refused(client.get(f"parameterizedSearch?{query}")) == (400, code)


# --- parameters in the body ---------------------------------------------------------------------------------------------


def test_parameters_in_the_body_find(client: Any, ids: dict[str, str]) -> None:
    answer = client.post(
        "parameterizedSearch",
        json={
            "q": "acme",
            "fields": ["id", "lastName"],
            "sobjects": [
                {
                    "name": "Account",
                    "fields": ["Id", "Name"],
                    "where": "Name != 'x'",
                    "orderBy": "Name DESC",
                    "limit": 1,
                },
                {"name": "Contact"},
            ],
            "in": "ALL",
            "overallLimit": 100,
            "defaultLimit": 10,
            "spellCorrection": True,
        },
    )
    assert answer.status_code == 200, answer.text
    account, contact = answer.json()["searchRecords"]
    assert (account["Id"], account["Name"]) == (ids["other"], "Globex")
    assert (contact["Id"], contact["LastName"]) == (ids["joe"], "Jo-Smith")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "MALFORMED_SEARCH"),
        ({"q": 5}, "JSON_PARSER_ERROR"),
        ({"q": "acme", "wher": "x"}, "JSON_PARSER_ERROR"),
        ({"q": "acme", "sobjects": "Account"}, "JSON_PARSER_ERROR"),
        ({"q": "acme", "sobjects": [5]}, "JSON_PARSER_ERROR"),
        ({"q": "acme", "sobjects": [{"name": "Account", "wher": "x"}]}, "JSON_PARSER_ERROR"),
        ({"q": "acme", "sobjects": [{"name": "Account", "limit": -1}]}, "JSON_PARSER_ERROR"),
        ({"q": "acme", "sobjects": [{"name": "Account", "fields": [1]}]}, "JSON_PARSER_ERROR"),
        ({"q": "acme", "sobjects": [{}]}, "MALFORMED_SEARCH"),
        ({"q": "acme", "snippet": 100}, "MALFORMED_SEARCH"),
    ],
)
def test_bodies_that_are_wrong_are_refused(client: Any, body: dict[str, Any], code: str) -> None:
    assert refused(client.post("parameterizedSearch", json=body)) == (400, code)


def test_a_body_that_is_no_object_is_refused(client: Any) -> None:
    assert refused(client.post("parameterizedSearch", json=["acme"])) == (400, "JSON_PARSER_ERROR")
