"""``/composite/tree``: records with their children, all or none."""

from typing import Any

import pytest

from ..conftest import Client

Record = dict[str, Any]


def record(type_name: str, reference: str, **fields: Any) -> Record:
    return {"attributes": {"type": type_name, "referenceId": reference}, **fields}


def below(*records: Record) -> dict[str, Any]:
    return {"records": list(records)}


def count(client: Client, name: str) -> int:
    found: int = client.get("query", params={"q": f"SELECT COUNT() FROM {name}"}).json()["totalSize"]
    return found


def sample(email: str = "sample@salesforce.com") -> dict[str, Any]:
    """The sample of the REST guide, "sObject Tree Request Body"."""
    contacts = below(
        record("Contact", "ref2", lastname="Smith", title="President", email=email),
        record("Contact", "ref3", lastname="Evans", title="Vice President", email=email),
    )
    first = record("Account", "ref1", name="SampleAccount", numberOfEmployees="100", Contacts=contacts)
    return below(first, record("Account", "ref4", name="SampleAccount2", numberOfEmployees="100"))


def test_a_tree_is_created_and_told_by_levels(client: Client) -> None:
    answer = client.post("composite/tree/Account/", json=sample())
    assert answer.status_code == 201
    assert list(answer.json()) == ["hasErrors", "results"]
    assert answer.json()["hasErrors"] is False
    results = answer.json()["results"]
    assert [one["referenceId"] for one in results] == ["ref1", "ref4", "ref2", "ref3"]
    ids = {one["referenceId"]: one["id"] for one in results}
    contact = client.get(f"sobjects/Contact/{ids['ref2']}").json()
    assert (contact["AccountId"], contact["LastName"]) == (ids["ref1"], "Smith")


def test_a_wrong_record_undoes_the_tree_and_is_told(client: Client) -> None:
    answer = client.post("composite/tree/Account", json=sample(email="123"))
    assert answer.status_code == 400
    assert answer.json() == {
        "hasErrors": True,
        "results": [
            {
                "referenceId": reference,
                "errors": [
                    {
                        "statusCode": "INVALID_EMAIL_ADDRESS",
                        "message": "Email: invalid email address: 123",
                        "fields": ["Email"],
                    }
                ],
            }
            for reference in ("ref2", "ref3")
        ],
    }
    assert (count(client, "Account"), count(client, "Contact")) == (0, 0)


def test_children_of_a_wrong_record_are_not_tried(client: Client) -> None:
    wrong = record("Account", "a", Contacts=below(record("Contact", "b", LastName="Ok")))
    answer = client.post("composite/tree/Account", json=below(wrong))
    assert [one["referenceId"] for one in answer.json()["results"]] == ["a"]
    assert answer.json()["results"][0]["errors"][0]["statusCode"] == "REQUIRED_FIELD_MISSING"


def test_a_reference_id_stands_for_one_record(client: Client) -> None:
    answer = client.post("composite/tree/Account", json=below(*(record("Account", "r", Name=name) for name in "abc")))
    assert answer.status_code == 400
    assert [one["referenceId"] for one in answer.json()["results"]] == ["r", "r", "r"]
    assert answer.json()["results"][0]["errors"] == [
        {"statusCode": "INVALID_INPUT", "message": "Duplicate ReferenceId provided in the request.", "fields": []}
    ]


def test_another_type_is_told_by_its_name(client: Client) -> None:
    # recorded: forcedotcom/cli#3285
    answer = client.post("composite/tree/Account", json=below(record("Contact", "r", LastName="x")))
    message = "Invalid entity type provided in the request: Contact"
    assert answer.json()["results"] == [
        {"referenceId": "r", "errors": [{"statusCode": "INVALID_INPUT", "message": message, "fields": []}]}
    ]


def test_an_unknown_field_refuses_the_request_itself(client: Client) -> None:
    # recorded: trailheadapps/ebikes-communities-lwc#3
    answer = client.post("composite/tree/Account", json=below(record("Account", "r", Name="x", Nope__c=1)))
    message = "No such column 'Nope__c' on sobject of type Account"
    assert (answer.status_code, answer.json()) == (400, [{"message": message, "errorCode": "INVALID_FIELD"}])


def test_a_wrong_type_deep_in_the_tree_is_told_with_its_place(client: Client) -> None:
    body = (
        '{"records":[{"attributes":{"type":"Account","referenceId":"a"},"Name":"A","Contacts":{"records":['
        '{"attributes":{"type":"Contact","referenceId":"b"},"LastName":"B","Birthdate":"soon"}]}}]}'
    )
    answer = client.post("composite/tree/Account", data=body, headers={"Content-Type": "application/json"})
    column = body.index(',"Birthdate"') + 1
    assert answer.json()[0]["message"] == (
        "Cannot deserialize instance of date from VALUE_STRING value soon or request may be missing a required field "
        f"at [line:1, column:{column}]"
    )
    assert count(client, "Account") == 0


def chain(levels: int) -> Record:
    found = record("Account", f"r{levels}", Name="x")
    for level in range(levels - 1, 0, -1):
        found = record("Account", f"r{level}", Name="x", ChildAccounts=below(found))
    return found


@pytest.mark.parametrize(
    ("records", "status"),
    [
        ([chain(5)], 201),
        ([chain(6)], 400),
        ([record("Account", f"r{number}", Name="x") for number in range(200)], 201),
        ([record("Account", f"r{number}", Name="x") for number in range(201)], 400),
        ([record("Account", "", Name="x")], 400),
        ([record("Account", "-a", Name="x")], 400),
    ],
)
def test_a_tree_has_bounds(client: Client, records: list[Record], status: int) -> None:
    answer = client.post("composite/tree/Account", json=below(*records))
    assert answer.status_code == status
    if status == 400:
        assert answer.json()["results"][0]["errors"][0]["statusCode"] == "INVALID_INPUT"
        assert count(client, "Account") == 0


def test_an_unknown_root_is_not_found(client: Client) -> None:
    assert client.post("composite/tree/Nope", json=below()).status_code == 404
