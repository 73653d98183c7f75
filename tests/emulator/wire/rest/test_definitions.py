"""Types and fields as records: EntityDefinition, FieldDefinition, EntityParticle, PicklistValueInfo by plain SOQL."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from chatlift.emulator import OrgHandle

from ..conftest import Client

VISIT = {
    "name": "Visit__c",
    "label": "Visit",
    "fields": [
        {"name": "Score__c", "type": "double", "precision": 6, "scale": 2},
        {"name": "Kind__c", "type": "picklist", "picklistValues": ["Short", {"value": "Long", "label": "Very long", "default": True}]},
        {"name": "Account__c", "type": "reference", "referenceTo": ["Account"]},
    ],
}  # fmt: skip


def query(client: Client, soql: str) -> dict[str, Any]:
    answer = client.get("query", params={"q": soql})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def rows(client: Client, soql: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = query(client, soql)["records"]
    return found


def refusal(client: Client, soql: str) -> tuple[str, str]:
    answer = client.get("query", params={"q": soql})
    assert answer.status_code == 400, answer.text
    (error,) = answer.json()
    return error["errorCode"], error["message"]


def test_a_type_is_a_record_that_is_known_by_its_durable_id(client: Client) -> None:
    soql = "SELECT Id, DurableId, QualifiedApiName, KeyPrefix, IsQueryable, IsCustomSetting FROM EntityDefinition WHERE QualifiedApiName = 'Case'"
    assert rows(client, soql) == [
        {
            "attributes": {"type": "EntityDefinition", "url": "/services/data/v59.0/sobjects/EntityDefinition/Case"},
            "Id": "000000000000000AAA",  # recorded for every such type
            "DurableId": "Case",
            "QualifiedApiName": "Case",
            "KeyPrefix": "500",
            "IsQueryable": True,
            "IsCustomSetting": False,
        }
    ]


def test_there_is_a_record_for_every_type_of_the_global_describe(client: Client) -> None:
    named = [
        row["QualifiedApiName"]
        for row in rows(client, "SELECT QualifiedApiName FROM EntityDefinition ORDER BY QualifiedApiName")
    ]
    assert named == [sobject["name"] for sobject in client.get("sobjects").json()["sobjects"]]
    assert query(client, "SELECT COUNT() FROM EntityDefinition")["totalSize"] == len(named)


def test_a_reference_is_told_as_it_was_recorded(client: Client) -> None:
    soql = (
        "SELECT QualifiedApiName, RelationshipName, ReferenceTo, ReferenceTargetField FROM FieldDefinition"
        " WHERE EntityDefinition.QualifiedApiName = 'Contact' AND QualifiedApiName = 'AccountId'"
    )
    assert rows(client, soql) == [
        {
            "attributes": {
                "type": "FieldDefinition",
                "url": "/services/data/v59.0/sobjects/FieldDefinition/Contact.Account",
            },
            "QualifiedApiName": "AccountId",
            "RelationshipName": "Account",
            "ReferenceTo": {"referenceTo": ["Account"]},
            "ReferenceTargetField": None,
        }
    ]


def test_a_field_without_a_reference_refers_to_nothing(client: Client) -> None:
    (row,) = rows(client, "SELECT ReferenceTo FROM FieldDefinition WHERE DurableId = 'Contact.Email'")
    assert row["ReferenceTo"] == {"referenceTo": None}


@pytest.mark.parametrize(
    ("field", "words"),
    [
        ("ChatKey", "Text(137)"),
        ("Status", "Picklist"),
        ("AccountId", "Lookup(Account)"),
        ("StartTime", "Date/Time"),
        ("ChatDuration", "Number(8, 0)"),
        ("Body", "Long Text Area(131072)"),
        ("OwnerId", "Lookup(Group,User)"),
        ("IsDeleted", "Checkbox"),
        ("Name", "Auto Number"),
    ],
)
def test_a_data_type_has_the_words_of_setup(client: Client, field: str, words: str) -> None:
    soql = f"SELECT DataType FROM FieldDefinition WHERE EntityDefinitionId = 'LiveChatTranscript' AND QualifiedApiName = '{field}'"
    (row,) = rows(client, soql)
    described = client.get("sobjects/LiveChatTranscript/describe").json()["fields"]
    (own,) = [one for one in described if one["name"] == field]
    expected = {
        "Text": f"Text({own['length']})",
        "Long": f"Long Text Area({own['length']})",
        "Number": f"Number({own['digits']}, 0)",
    }
    assert row["DataType"] == expected.get(words.partition("(")[0].partition(" ")[0], words)


def test_a_compound_field_is_one_definition_and_several_particles(client: Client) -> None:
    where = "EntityDefinitionId = 'Account' AND QualifiedApiName LIKE 'Billing%'"
    definitions = {
        row["QualifiedApiName"] for row in rows(client, f"SELECT QualifiedApiName FROM FieldDefinition WHERE {where}")
    }
    assert definitions == {"BillingAddress"}
    particles = rows(
        client, f"SELECT QualifiedApiName, FieldDefinitionId, IsComponent FROM EntityParticle WHERE {where}"
    )
    assert {row["FieldDefinitionId"] for row in particles} == {"Account.BillingAddress"}
    assert {row["QualifiedApiName"] for row in particles if row["IsComponent"]} >= {"BillingCity", "BillingStreet"}


def test_particles_are_the_fields_of_the_describe(client: Client) -> None:
    described = client.get("sobjects/LiveChatTranscript/describe").json()["fields"]
    soql = "SELECT QualifiedApiName, DataType, IsCreatable, IsNillable FROM EntityParticle WHERE EntityDefinitionId = 'LiveChatTranscript'"
    found = {
        row["QualifiedApiName"]: (row["DataType"], row["IsCreatable"], row["IsNillable"]) for row in rows(client, soql)
    }
    assert found == {one["name"]: (one["type"], one["createable"], one["nillable"]) for one in described}


def test_picklist_values_hang_on_their_particle(client: Client) -> None:
    soql = "SELECT (SELECT Value, IsActive FROM PicklistValues) FROM EntityParticle WHERE DurableId = 'Case.Status'"
    (row,) = rows(client, soql)
    described = client.get("sobjects/Case/describe").json()["fields"]
    (status,) = [one for one in described if one["name"] == "Status"]
    assert {one["Value"] for one in row["PicklistValues"]["records"]} == {
        one["value"] for one in status["picklistValues"]
    }


def test_children_and_parents_lead_from_one_to_the_other(client: Client) -> None:
    (row,) = rows(
        client,
        "SELECT (SELECT QualifiedApiName FROM Fields WHERE IsNameField = true) FROM EntityDefinition WHERE DurableId = 'Case'",
    )
    assert [one["QualifiedApiName"] for one in row["Fields"]["records"]] == ["CaseNumber"]
    (row,) = rows(client, "SELECT EntityDefinition.Label FROM FieldDefinition WHERE DurableId = 'Case.CaseNumber'")
    assert row["EntityDefinition"]["Label"] == "Case"


@pytest.mark.parametrize(
    ("type_name", "columns"),
    [
        ("FieldDefinition", "EntityDefinitionId,DurableId"),  # recorded
        ("EntityParticle", "EntityDefinitionId,FieldDefinitionId,DurableId"),  # recorded
        ("PicklistValueInfo", "EntityParticleId,DurableId"),
    ],
)
def test_a_query_must_say_of_what(client: Client, type_name: str, columns: str) -> None:
    sentence = f"{type_name}: a filter on a reified column is required [{columns}]"
    assert refusal(client, f"SELECT Label FROM {type_name} WHERE Label = 'x'") == ("MALFORMED_QUERY", sentence)
    assert (
        refusal(client, f"SELECT Label FROM {type_name} WHERE Label = 'x' OR DurableId = 'Case.Status'")[1] == sentence
    )


def test_definitions_are_not_grouped(client: Client) -> None:
    code, sentence = refusal(
        client, "SELECT COUNT(QualifiedApiName), IsFeedEnabled FROM EntityDefinition GROUP BY IsFeedEnabled"
    )
    assert code == "MALFORMED_QUERY"
    assert sentence.startswith("The requested operation is not yet supported by this SObject storage type")


def test_there_is_no_second_page(client: Client, org: OrgHandle) -> None:
    values = [f"v{number}" for number in range(2001)]
    field = {"name": "Much__c", "type": "picklist", "picklistValues": values}
    org.seed({"objects": [{"name": "Account", "fields": [field]}]})
    (row,) = rows(
        client,
        "SELECT DurableId FROM EntityParticle WHERE EntityDefinitionId = 'Account' AND QualifiedApiName = 'Much__c'",
    )
    soql = f"SELECT Value FROM PicklistValueInfo WHERE EntityParticleId = '{row['DurableId']}'"
    sentence = "PicklistValueInfo does not support queryMore(), use LIMIT to restrict the results to a single batch"
    assert refusal(client, soql) == ("EXCEEDED_ID_LIMIT", sentence)
    assert len(rows(client, f"{soql} LIMIT 2000")) == 2000
    assert len(rows(client, f"{soql} LIMIT 2000 OFFSET 2000")) == 1


def test_objects_of_the_orgs_own_are_there_as_soon_as_they_are_added(client: Client, org: OrgHandle) -> None:
    soql = "SELECT DurableId, DeveloperName, PublisherId FROM EntityDefinition WHERE QualifiedApiName = 'Visit__c'"
    assert rows(client, soql) == []
    org.seed({"objects": [VISIT]})
    (row,) = rows(client, soql)
    assert row["DurableId"].startswith("01I")
    assert len(row["DurableId"]) == 15
    assert (row["DeveloperName"], row["PublisherId"]) == ("Visit", "<local>")
    for key in ("Visit__c", row["DurableId"]):
        fields = f"SELECT QualifiedApiName, DataType FROM FieldDefinition WHERE EntityDefinitionId = '{key}' AND PublisherId = '<local>'"
        found = {one["QualifiedApiName"]: one["DataType"] for one in rows(client, fields)}
        assert found == {"Score__c": "Number(4, 2)", "Kind__c": "Picklist", "Account__c": "Lookup(Account)"}


def test_a_snapshot_takes_the_definitions_with_it(client: Client, org: OrgHandle) -> None:
    before = org.snapshot()
    org.seed({"objects": [VISIT]})
    soql = "SELECT COUNT() FROM EntityDefinition WHERE QualifiedApiName = 'Visit__c'"
    assert query(client, soql)["totalSize"] == 1
    org.restore(before)
    assert query(client, soql)["totalSize"] == 0


def test_definitions_cannot_be_written(client: Client) -> None:
    answer = client.post("sobjects/EntityDefinition", json={"Label": "x"})
    assert answer.status_code == 400
    assert answer.json()[0]["errorCode"] == "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY"


def test_older_versions_do_not_know_them(client: Client) -> None:
    answer = client.get("/services/data/v28.0/query", params={"q": "SELECT QualifiedApiName FROM EntityDefinition"})
    assert answer.json()[0]["errorCode"] == "INVALID_TYPE"  # giacomelli/SalesforceSharp#36


def test_definitions_are_not_seeded(org: OrgHandle) -> None:
    with pytest.raises(Exception, match="the rows of EntityDefinition are computed from the org's types"):
        org.seed({"records": [{"object": "EntityDefinition", "fields": {"Label": "x"}}]})


def test_a_bulk_query_reads_definitions_too(client: Client) -> None:
    soql = "SELECT QualifiedApiName FROM EntityDefinition WHERE QualifiedApiName IN ('Case', 'Account') ORDER BY QualifiedApiName"
    job = client.post("jobs/query", json={"operation": "query", "query": soql})
    assert job.status_code == 200, job.text
    address = f"jobs/query/{job.json()['id']}"
    while client.get(address).json()["state"] in ("UploadComplete", "InProgress"):
        pass
    answer = client.get(f"{address}/results")
    assert answer.text == '"QualifiedApiName"\n"Account"\n"Case"\n'


def test_what_has_no_key_prefix_has_no_pages(client: Client) -> None:
    assert "uiNewRecord" not in client.get("sobjects/FieldDefinition/describe").json()["urls"]
    assert "uiNewRecord" in client.get("sobjects/EntityDefinition/describe").json()["urls"]


def test_many_ask_at_once_while_the_schema_changes(client: Client, org: OrgHandle) -> None:
    soql = "SELECT QualifiedApiName FROM FieldDefinition WHERE EntityDefinitionId = 'Case' AND PublisherId = '<local>'"

    def ask(number: int) -> int:
        if number % 4 == 0:
            org.seed({"objects": [{"name": "Case", "fields": [{"name": f"F{number}__c", "type": "string"}]}]})
        return len(rows(client, soql))

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(ask, range(24)))
    assert max(found) <= 6
    assert len(rows(client, soql)) == 6
