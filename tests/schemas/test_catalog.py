"""Types are found by name and prefix, as each version knows them, and more can be added."""

import pytest

from chatlift.schemas.catalog import folder_index, shipped
from chatlift.schemas.descriptor import DescriptorError, field_document, field_from


def test_the_index_names_every_descriptor_file() -> None:
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
        ({"name": "Case", "fields": [{"name": "Id", "type": "string"}]}, "cannot be changed"),
    ],
)
def test_what_is_no_descriptor_is_refused(document: dict[str, object], problem: str) -> None:
    with pytest.raises(DescriptorError, match=problem):
        shipped().extended([document])
