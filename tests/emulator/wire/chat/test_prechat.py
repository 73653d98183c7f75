"""What the pre-chat form leads to: records found, made, linked, and kept on the transcript."""

from typing import Any

import pytest

from .conftest import Office

EMAIL = {"label": "Email", "value": "maya@example.com", "transcriptFields": ["Location"]}
LAST_NAME = {"label": "Name", "value": "Moss"}
SUBJECT = {"label": "Problem", "value": "It's 100% broken \\ _really_"}


def contact(**changes: Any) -> dict[str, Any]:
    fields = [
        {"fieldName": "Email", "label": "Email", "doFind": True, "isExactMatch": True, "doCreate": True},
        {"fieldName": "LastName", "label": "Name", "doFind": False, "isExactMatch": False, "doCreate": True},
    ]
    return {"entityName": "Contact", "saveToTranscript": "ContactId", "entityFieldsMaps": fields, **changes}


CASE = {
    "entityName": "Case",
    "saveToTranscript": "CaseId",
    "entityFieldsMaps": [{"fieldName": "Subject", "label": "Problem", "doFind": False, "doCreate": True}],
}


def kept(office: Office, **asked: Any) -> dict[str, Any]:
    """The transcript of a chat that was asked for so."""
    visitor = office.talking(**asked)
    visitor.end()
    office.desk.close(visitor.id, office.ids["ann"])
    (row,) = office.rows("SELECT ContactId, CaseId, Location FROM LiveChatTranscript ORDER BY Id DESC LIMIT 1")
    return row


def test_a_record_that_is_there_is_found(office: Office) -> None:
    row = kept(office, details=[EMAIL, LAST_NAME], entities=[contact()])
    assert (row["ContactId"], row["Location"]) == (office.ids["maya"], "maya@example.com")
    assert len(office.rows("SELECT Id FROM Contact")) == 1


def test_one_that_is_not_is_made_and_linked(office: Office) -> None:
    new = {**EMAIL, "value": "new@example.com"}
    entities = [contact(linkToEntityName="Case", linkToEntityField="ContactId"), CASE]
    row = kept(office, details=[new, LAST_NAME, SUBJECT], entities=entities)
    (made,) = office.rows("SELECT Id, LastName FROM Contact WHERE Email = 'new@example.com'")
    (case,) = office.rows("SELECT Id, Subject, ContactId FROM Case")
    assert (row["ContactId"], row["CaseId"]) == (made["Id"], case["Id"])
    assert (made["LastName"], case["ContactId"]) == ("Moss", made["Id"])
    assert case["Subject"] == SUBJECT["value"]


@pytest.mark.parametrize("key", ["entityFieldsMaps", "entityFieldMaps", "entityMaps"])
def test_every_spelling_of_the_key_is_taken(office: Office, key: str) -> None:
    entity = contact()
    entity[key] = entity.pop("entityFieldsMaps")
    assert kept(office, details=[EMAIL, LAST_NAME], entities=[entity])["ContactId"] == office.ids["maya"]


@pytest.mark.parametrize(
    ("value", "exact", "is_found"),
    [
        ("maya@example.com", True, True),
        ("maya@", True, False),
        ("maya@", False, True),
        ("%", False, False),
        ("_", False, False),
    ],
)
def test_a_field_is_found_by_the_whole_or_a_part(office: Office, value: str, exact: bool, is_found: bool) -> None:
    fields = [{"fieldName": "Email", "label": "Email", "doFind": True, "isExactMatch": exact}]
    row = kept(office, details=[{**EMAIL, "value": value}], entities=[contact(entityFieldsMaps=fields)])
    assert (row["ContactId"] == office.ids["maya"]) is is_found


def test_of_several_hits_none_is_taken_and_none_is_made(office: Office) -> None:
    twin = {"object": "Contact", "fields": {"LastName": "Moss", "Email": "maya@example.com"}}
    office.live.org.seed({"records": [twin]})
    assert kept(office, details=[EMAIL, LAST_NAME], entities=[contact()])["ContactId"] is None
    assert len(office.rows("SELECT Id FROM Contact")) == 2


def test_what_is_not_to_be_saved_is_not_attached(office: Office) -> None:
    assert kept(office, details=[EMAIL, LAST_NAME], entities=[contact(saveToTranscript="")])["ContactId"] is None


def test_what_cannot_be_made_does_not_stop_the_chat(office: Office) -> None:
    details = [{**EMAIL, "value": "no email at all"}]
    row = kept(office, details=details, entities=[contact(), {"entityName": "Nothing__c"}, {"entityName": ""}])
    assert row["ContactId"] is None
    assert len(office.rows("SELECT Id FROM Contact")) == 1


def test_the_records_are_on_the_chat_as_soon_as_it_is_accepted(office: Office) -> None:
    visitor = office.talking(details=[EMAIL, LAST_NAME], entities=[contact()])
    (attached,) = office.desk.agent(office.ids["ann"]).chat(visitor.id).attached
    assert (attached.record_id, attached.object, attached.transcript_field) == (
        office.ids["maya"],
        "Contact",
        "ContactId",
    )


def test_the_answers_come_back_to_the_visitor(office: Office) -> None:
    visitor = office.talking(details=[EMAIL])
    (success,) = [told for told in visitor.told if told.type == "ChatRequestSuccess"]
    (detail,) = success.message["customDetails"]
    assert (detail["label"], detail["value"], detail["transcriptFields"]) == ("Email", "maya@example.com", ["Location"])
