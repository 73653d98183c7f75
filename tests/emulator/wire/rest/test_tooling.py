"""The Tooling API: a catalog of its own, queries, describes, and code that is refused."""

from typing import Any

import pytest

from chatlift.emulator import OrgHandle

from ..conftest import Client

BASE = "/services/data/v59.0/tooling"
VISIT = {"name": "Visit__c", "fields": [{"name": "Score__c", "type": "double", "precision": 6, "scale": 2}]}


def query(client: Client, soql: str) -> dict[str, Any]:
    answer = client.get("tooling/query", params={"q": soql})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_the_resources_are_listed_and_led_to(client: Client) -> None:
    assert client.get("").json()["tooling"] == BASE
    listed = client.get("tooling").json()
    assert listed["query"] == f"{BASE}/query"
    assert listed["sobjects"] == f"{BASE}/sobjects"


def test_a_page_has_the_keys_of_the_tooling_api(client: Client, org: OrgHandle) -> None:
    soql = "SELECT Id, Name FROM Profile WHERE Name = 'System Administrator'"
    found = query(client, soql)
    profile = found["records"][0]["Id"]
    assert found == {
        "size": 1,
        "totalSize": 1,
        "done": True,
        "queryLocator": None,
        "entityTypeName": "Profile",
        "records": [
            {
                "attributes": {"type": "Profile", "url": f"{BASE}/sobjects/Profile/{profile}"},
                "Id": profile,
                "Name": "System Administrator",
            }
        ],
    }


def test_there_is_no_apex_in_a_blank_org(client: Client) -> None:
    found = query(client, "SELECT Id, Name, Body, LastModifiedBy.Name FROM ApexClass WHERE NamespacePrefix = null")
    assert (found["size"], found["totalSize"], found["records"]) == (0, 0, [])
    assert found["entityTypeName"] == "ApexClass"
    assert query(client, "SELECT Id, TableEnumOrId FROM ApexTrigger")["totalSize"] == 0


def test_apex_of_a_scenario_is_read_in_both_apis(client: Client, org: OrgHandle) -> None:
    fields = {
        "Name": "Hello",
        "ApiVersion": 59.0,
        "Status": "Active",
        "Body": "class Hello {}",
        "LengthWithoutComments": 14,
    }
    ref = org.seed({"records": [{"object": "ApexClass", "ref": "hello", "fields": fields}]})["hello"]
    (row,) = query(client, "SELECT Body FROM ApexClass WHERE Name = 'Hello'")["records"]
    assert row["Body"] == "class Hello {}"
    assert client.get(f"sobjects/ApexClass/{ref}").json()["Name"] == "Hello"
    assert (
        client.get(f"tooling/sobjects/ApexClass/{ref}").json()["attributes"]["url"]
        == f"{BASE}/sobjects/ApexClass/{ref}"
    )


def test_rows_of_business_objects_are_not_the_tooling_apis(client: Client) -> None:
    answer = client.get("tooling/query", params={"q": "SELECT Id FROM Account"})
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, "INVALID_TYPE")


@pytest.mark.parametrize("name", ["ScratchOrgInfo", "SourceMember", "Package2"])
def test_a_type_that_the_org_has_not_switched_on_is_unknown(client: Client, name: str) -> None:
    for path in ("query", "tooling/query"):
        answer = client.get(path, params={"q": f"SELECT Id FROM {name} LIMIT 1"})
        assert answer.status_code == 400
        assert answer.json()[0]["errorCode"] == "INVALID_TYPE"
        assert f"sObject type '{name}' is not supported." in answer.json()[0]["message"]


def test_tooling_types_are_not_the_usual_apis(client: Client) -> None:
    usual = {one["name"] for one in client.get("sobjects").json()["sobjects"]}
    tooling = {one["name"] for one in client.get("tooling/sobjects").json()["sobjects"]}
    assert {"CustomObject", "CustomField", "InstalledSubscriberPackage"} <= tooling - usual
    assert {"EntityDefinition", "FieldDefinition", "ApexClass", "User"} <= tooling & usual
    assert "LiveChatTranscript" in usual - tooling


def test_a_describe_leads_below_the_tooling_api(client: Client) -> None:
    described = client.get("tooling/sobjects/customfield/describe").json()
    assert described["name"] == "CustomField"
    assert described["urls"]["sobject"] == f"{BASE}/sobjects/CustomField"
    assert "DeveloperName" in {field["name"] for field in described["fields"]}
    basic = client.get("tooling/sobjects/CustomField").json()
    assert basic["objectDescribe"]["urls"]["describe"] == f"{BASE}/sobjects/CustomField/describe"
    for path in (
        "tooling/sobjects/Nope",
        "tooling/sobjects/Nope/describe",
        "tooling/sobjects/LiveChatTranscript/describe",
    ):
        assert client.get(path).status_code == 404


def test_every_address_of_a_describe_leads_somewhere(client: Client) -> None:
    client.org.seed({"records": [{"object": "Group", "fields": {"Name": "G", "Type": "Regular"}}]})
    for entry in client.get("tooling/sobjects").json()["sobjects"]:
        described = client.get(f"{entry['urls']['describe']}").json()
        assert (entry["createable"], entry["layoutable"], described["namedLayoutInfos"]) == (False, False, [])
        assert entry["urls"] == described["urls"]
        for name, address in entry["urls"].items():
            assert name in ("rowTemplate", "describe", "sobject")
            if "{ID}" not in address:
                assert client.get(address).status_code == 200, address
    (user,) = client.get("tooling/query?q=SELECT Id, Name FROM User LIMIT 1").json()["records"]
    assert client.get(user["attributes"]["url"]).json()["Name"] == user["Name"]


def test_custom_objects_and_fields_are_records(client: Client, org: OrgHandle) -> None:
    assert query(client, "SELECT Id FROM CustomObject")["totalSize"] == 0
    org.seed({"objects": [VISIT, {"name": "Case", "fields": [{"name": "Mood__c", "type": "string"}]}]})
    (custom,) = query(client, "SELECT Id, DeveloperName FROM CustomObject WHERE DeveloperName = 'Visit'")["records"]
    assert custom["Id"].startswith("01I")
    soql = (
        "SELECT TableEnumOrId, DeveloperName, EntityDefinition.QualifiedApiName FROM CustomField ORDER BY DeveloperName"
    )
    found = [
        (row["TableEnumOrId"], row["DeveloperName"], row["EntityDefinition"]["QualifiedApiName"])
        for row in query(client, soql)["records"]
    ]
    assert found == [("Case", "Mood", "Case"), (custom["Id"], "Score", "Visit__c")]


def test_one_row_is_read_by_its_id_or_durable_id(client: Client, org: OrgHandle) -> None:
    org.seed({"objects": [VISIT]})
    (custom,) = query(client, "SELECT Id FROM CustomObject")["records"]
    assert client.get(f"tooling/sobjects/CustomObject/{custom['Id']}").json()["DeveloperName"] == "Visit"
    found = client.get("tooling/sobjects/EntityDefinition/Case", params={"fields": "Label"}).json()
    assert found == {
        "attributes": {"type": "EntityDefinition", "url": f"{BASE}/sobjects/EntityDefinition/Case"},
        "Label": "Case",
    }
    for path in (
        "CustomObject/01I000000000000AAA",
        "CustomObject/nope",
        "EntityDefinition/Nope",
        "EntityDefinition/x'y",
        "EntityDefinition/%00",
        "EntityDefinition/" + "x" * 5000,
        "EntityDefinition/x%5Cy%0Az",
        "Nope/x",
    ):
        answer = client.get(f"tooling/sobjects/{path}")
        assert (answer.status_code, answer.json()[0]["errorCode"]) == (404, "NOT_FOUND"), path


def test_pages_go_on_below_the_tooling_api(client: Client, org: OrgHandle) -> None:
    people = [{"object": "Group", "fields": {"Name": f"G{number}", "Type": "Regular"}} for number in range(201)]
    org.seed({"records": people})
    answer = client.get(
        "tooling/query", params={"q": "SELECT Id FROM Group"}, headers={"Sforce-Query-Options": "batchSize=200"}
    ).json()
    assert (answer["size"], answer["totalSize"], answer["done"]) == (200, 201, False)
    assert answer["nextRecordsUrl"] == f"{BASE}/query/{answer['queryLocator']}"
    rest = client.get(answer["nextRecordsUrl"]).json()
    assert (rest["size"], rest["done"], rest["entityTypeName"]) == (1, True, "Group")


def test_no_package_is_installed(client: Client) -> None:
    soql = (
        "SELECT SubscriberPackage.Id, SubscriberPackage.Name, SubscriberPackage.NamespacePrefix, SubscriberPackageVersionId"
        " FROM InstalledSubscriberPackage"
    )  # as SFDO-Tooling/CumulusCI asks
    assert query(client, soql)["records"] == []


def test_code_is_refused_and_never_run(client: Client) -> None:
    answer = client.get("tooling/executeAnonymous", params={"anonymousBody": "insert new Account(Name = 'x');"})
    assert answer.status_code == 200
    result = answer.json()
    assert (result["compiled"], result["success"]) == (False, False)
    assert result["compileProblem"] == "Apex is not enabled in this organization."
    assert set(result) == {
        "line", "column", "compiled", "success", "compileProblem", "exceptionStackTrace", "exceptionMessage"
    }  # fmt: skip
    assert client.get("query", params={"q": "SELECT COUNT() FROM Account"}).json()["totalSize"] == 0
    assert client.get("tooling/executeAnonymous").status_code == 400


@pytest.mark.parametrize("path", ["runTestsAsynchronous", "runTestsSynchronous", "completions", "apexManifest"])
def test_what_needs_apex_is_unknown(client: Client, path: str) -> None:
    answer = client.get(f"tooling/{path}")
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (404, "NOT_FOUND")


def test_apex_cannot_be_deployed(client: Client) -> None:
    answer = client.post("tooling/sobjects/ApexClass", json={"Name": "Hello", "Body": "class Hello {}"})
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (405, "METHOD_NOT_ALLOWED")
    answer = client.post("sobjects/ApexClass", json={"Name": "Hello", "Body": "class Hello {}"})
    assert answer.json()[0]["errorCode"] == "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY"


def test_search_and_recent_find_nothing_where_there_is_nothing(client: Client) -> None:
    answer = client.get("tooling/search", params={"q": "FIND {Hello} IN ALL FIELDS RETURNING ApexClass(Id, Name)"})
    assert (answer.status_code, answer.json()) == (200, {"searchRecords": []})
    assert client.get("tooling/recent").json() == []
