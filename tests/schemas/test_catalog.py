"""Types are found by name and prefix, as each version knows them, and more can be added."""

import json
from pathlib import Path

import pytest

from chatlift.schemas import catalog
from chatlift.schemas.catalog import folder_index, shipped
from chatlift.schemas.descriptor import DescriptorError, field_document, field_from


def test_the_index_says_what_the_descriptor_files_say() -> None:
    index = json.loads((Path(catalog.__file__).parent / "index.json").read_text())
    assert index == folder_index()
    assert sorted(name for names in folder_index().values() for name in names) == list(shipped().names())


@pytest.mark.parametrize("name", shipped().names())
def test_a_descriptor_is_as_short_as_it_can_be_and_comes_back(name: str) -> None:
    for field in shipped().get(name).fields:
        assert field_from(field_document(field), name) == field


def test_a_type_is_found_in_any_case_and_by_its_prefix() -> None:
    found = shipped().find("livechattranscript")
    assert found is not None
    assert found.name == "LiveChatTranscript"
    assert shipped().by_prefix("570") is found
    assert shipped().by_prefix("zzz") is None
    assert found.field("BODY") is found.field("Body")
    assert found.relationship("livechatvisitor") is found.field("LiveChatVisitorId")
    child = found.child("livechattranscriptevents")
    assert child is not None
    assert child.child_sobject == "LiveChatTranscriptEvent"


def test_an_older_version_does_not_know_a_younger_type() -> None:
    assert shipped().find("LiveAgentSession", 27.0) is None
    assert shipped().find("LiveAgentSession", 28.0) is not None
    assert "LiveAgentSession" not in shipped().names(27.0)
    assert "LiveAgentSession" in shipped().names(68.0)


def test_a_custom_object_gets_system_fields_a_prefix_and_a_place_among_its_parents() -> None:
    extended = shipped().extended(
        [
            {
                "name": "Visit__c",
                "labelPlural": "Visits",
                "fields": [{"name": "Chat__c", "type": "reference", "referenceTo": ["LiveChatTranscript"]}],
            },
            {
                "name": "LiveAgentSession",
                "fields": [{"name": "Visit__c", "type": "reference", "referenceTo": ["Visit__c"]}],
            },
        ]
    )
    visit = extended.get("Visit__c")
    assert visit.key_prefix == "a00"
    assert visit.custom
    assert {"Id", "Name", "OwnerId", "SystemModstamp", "Chat__c"} <= {field.name for field in visit.fields}
    assert visit.relationship("Chat__r") is visit.field("Chat__c")
    child = extended.get("LiveChatTranscript").child("Visits__r")
    assert child is not None
    assert (child.child_sobject, child.field) == ("Visit__c", "Chat__c")
    assert extended.get("LiveAgentSession").field("Visit__c") is not None
    assert shipped().find("Visit__c") is None
    assert extended.revision != shipped().revision


@pytest.mark.parametrize(
    ("document", "problem"),
    [
        ({}, "an object needs a name"),
        ({"name": "A b"}, "an object needs a name"),
        ({"name": "A__c", "fields": [{"name": "F__c", "type": "blob"}]}, "no field type 'blob'"),
        ({"name": "A__c", "fields": [{"type": "string"}]}, "a field needs a name"),
        ({"name": "A__c", "fields": [{"name": "F__c", "type": "string", "length": "9"}]}, "length cannot be '9'"),
        ({"name": "A__c", "fields": [{"name": "F__c", "type": "string"}] * 2}, "named twice"),
        ({"name": "A__c", "fields": [{"name": "F__c", "type": "reference", "referenceTo": ["B"]}]}, "no object B"),
        ({"name": "A__c", "keyPrefix": "001"}, "key prefix 001 is another object's"),
        ({"name": "Case", "fields": [{"name": "Id", "type": "id"}]}, "Case.Id cannot be changed"),
        ({"name": "_session"}, "an object needs a name"),
        ({"name": "1a"}, "an object needs a name"),
        ({"name": "sqlite_a"}, "an object needs a name"),
        ({"name": "Case__long"}, "an object needs a name"),
        ({"name": "A" * 58}, "an object needs a name"),
        ({"name": "A__c", "keyPrefix": "a'b"}, "three letters or digits"),
        ({"name": "A__c", "keyPrefix": 5}, "keyPrefix is text"),
        ({"name": "A__c", "since": "20"}, "since is the number of an API version"),
        ({"name": "A__c", "calls": "create"}, "calls must be a list"),
        ({"name": "A__c", "label": 5}, "label is text"),
        ({"name": "A__c", "fields": {"F__c": {}}}, "fields must be a list"),
        ({"name": "A__c", "fields": ["F__c"]}, "a field is an object"),
        ({"name": "A__c", "childRelationships": [{}]}, "needs a childSObject"),
        (
            {"name": "A__c", "childRelationships": [{"childSObject": "B", "field": "C", "relationshipName": 1}]},
            "is text",
        ),
        ({"name": "A__c", "fields": [{"name": f"F{n}__c", "type": "string"} for n in range(1500)]}, "more than 1500"),
    ],
)
def test_what_is_no_descriptor_is_refused(document: dict[str, object], problem: str) -> None:
    with pytest.raises(DescriptorError, match=problem):
        shipped().extended([document])


@pytest.mark.parametrize(
    ("field", "problem"),
    [
        ({"name": "_row", "type": "string"}, "a field needs a name"),
        ({"name": "attributes", "type": "string"}, "a field needs a name"),
        ({"name": "Meta", "type": "string"}, "a field needs a name"),
        ({"name": "F__c", "type": "long"}, "no field type 'long'"),
        ({"name": "F__c", "type": ["string"]}, "no field type"),
        ({"name": "Id", "type": "string"}, "of type id"),
        ({"name": "ID", "type": "string"}, "the system field Id is of type id"),
        ({"name": "SystemModstamp", "type": "string"}, "is of type datetime"),
        ({"name": "F__c", "type": "int", "digits": 19}, "digits cannot be 19"),
        ({"name": "F__c", "type": "double", "precision": 1000}, "precision cannot be 1000"),
        ({"name": "F__c", "type": "double", "precision": 2, "scale": 5}, "more than precision"),
        ({"name": "F__c", "type": "string", "label": []}, "label is text"),
        ({"name": "F__c", "type": "int", "defaultValue": "x"}, "default value cannot be 'x'"),
        ({"name": "F__c", "type": "string", "defaultValue": []}, "default value cannot be"),
        ({"name": "F__c", "type": "picklist", "restrictedPicklist": True, "defaultValue": "x"}, "default value cannot"),
        ({"name": "F__c", "type": "textarea", "length": 32000, "unique": True}, "cannot be looked up"),
        ({"name": "F__c", "type": "string", "externalId": True, "formula": "Owner.Name"}, "cannot be looked up"),
        ({"name": "F__c", "type": "string", "formula": "1+1"}, "a formula is a path"),
        ({"name": "F__c", "type": "string", "formula": "F__c.F__c"}, "leads to no stored field"),
        ({"name": "F__c", "type": "string", "formula": "CreatedBy.Nope"}, "leads to no stored field"),
        ({"name": "F__c", "type": "string", "formula": "Owner.Name"}, "leads to no stored field"),
        ({"name": "F__c", "type": "reference", "referenceTo": "Case"}, "referenceTo must be a list"),
        ({"name": "F__c", "type": "picklist", "picklistValues": [5]}, "a picklist value is text"),
        ({"name": "F__c", "type": "reference", "referenceTo": ["Account"], "childRelationshipName": "cases"},
         "Account has a child relationship cases already"),
    ],
)  # fmt: skip
def test_what_is_no_field_is_refused(field: dict[str, object], problem: str) -> None:
    with pytest.raises(DescriptorError, match=problem):
        shipped().extended([{"name": "A__c", "fields": [field]}])


def test_a_default_is_kept_in_its_canonical_form() -> None:
    document = {"name": "F__c", "type": "datetime", "defaultValue": "2026-01-01T01:00:00+01:00"}
    assert field_from(document, "A__c").default_value == "2026-01-01T00:00:00.000+0000"


@pytest.mark.parametrize(
    "field",
    [
        {"name": "Body", "type": "string"},
        {"name": "Body", "type": "textarea", "length": 255},
        {"name": "WaitTime", "type": "double"},
        {"name": "Status", "type": "boolean"},
        {"name": "Browser", "type": "string", "formula": "LiveChatVisitor.Name"},
    ],
)
def test_a_field_whose_rows_hold_values_keeps_its_kind(field: dict[str, object]) -> None:
    with pytest.raises(DescriptorError, match="it cannot be changed into"):
        shipped().extended([{"name": "LiveChatTranscript", "fields": [field]}])


def test_a_field_that_is_described_anew_keeps_its_spelling_and_its_parents_relationship() -> None:
    fields = [
        {"name": "status", "type": "picklist", "picklistValues": ["Completed", "Lost"]},
        {"name": "CaseId", "type": "reference", "referenceTo": ["Case"], "relationshipName": "Case"},
    ]
    extended = shipped().extended([{"name": "LiveChatTranscript", "fields": fields}])
    status = extended.get("LiveChatTranscript").field("Status")
    assert status is not None
    assert (status.name, [value.value for value in status.picklist_values]) == ("Status", ["Completed", "Lost"])
    assert extended.get("Case").child("LiveChatTranscripts") == shipped().get("Case").child("LiveChatTranscripts")


def test_two_references_to_one_parent_have_two_child_relationships() -> None:
    fields = [{"name": name, "type": "reference", "referenceTo": ["Account"]} for name in ("X__c", "Y__c")]
    account = shipped().extended([{"name": "Visit__c", "fields": fields}]).get("Account")
    names = [child.relationship_name for child in account.child_relationships if child.child_sobject == "Visit__c"]
    assert names == ["Visits__r", "Visits1__r"]


def test_a_formula_leads_over_references_to_a_stored_field() -> None:
    fields = [{"name": "Agent__c", "type": "string", "formula": "CreatedBy.Profile.Name"}]
    field = shipped().extended([{"name": "Visit__c", "fields": fields}]).get("Visit__c").field("Agent__c")
    assert field is not None
    assert not field.is_stored
    assert not (field.createable or field.updateable)


def test_records_are_looked_up_by_an_external_id() -> None:
    assert field_from({"name": "Key__c", "type": "string", "externalId": True}, "A__c").id_lookup


def test_files_belong_to_records_of_own_objects_too() -> None:
    catalog = shipped().extended([{"name": "Visit__c", "fields": []}])
    for child, field in (
        ("Attachment", "ParentId"),
        ("ContentDocumentLink", "LinkedEntityId"),
        ("ContentVersion", "FirstPublishLocationId"),
    ):
        found = catalog.get(child).field(field)
        assert found and {"Visit__c", "Account"} <= set(found.reference_to)
    visit = catalog.get("Visit__c")
    attachments, links = visit.child("Attachments"), visit.child("ContentDocumentLinks")
    assert attachments and links and attachments.cascade_delete and links.cascade_delete
    again = catalog.extended([{"name": "Visit__c", "fields": [{"name": "Note__c", "type": "string", "length": 9}]}])
    assert again.get("Visit__c").child_relationships == visit.child_relationships


def test_no_shipped_descriptor_gives_record_types() -> None:
    catalog = shipped()
    assert not any(catalog.get(name).record_types for name in catalog.names())
