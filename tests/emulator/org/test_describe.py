"""Describes have the keys of recorded ones, and say what the descriptors say.

The whole describes under ``tests/golden/describe`` are compared as JSON; ``CHATLIFT_WRITE_GOLDEN=1`` writes them anew.
"""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from chatlift.emulator.config import OrgConfig
from chatlift.emulator.errors import OrgError
from chatlift.emulator.org.caller import Caller
from chatlift.emulator.org.org import Org
from chatlift.schemas.catalog import shipped

# Keys of recorded describes, v59 (SFDO-Tooling/CumulusCI cassettes).
GLOBAL_KEYS = set(
    "activateable associateEntityType associateParentEntity createable custom customSetting deepCloneable deletable"
    " deprecatedAndHidden feedEnabled hasSubtypes isInterface isSubtype keyPrefix label labelPlural layoutable mergeable"
    " mruEnabled name queryable replicateable retrieveable searchable triggerable undeletable updateable urls".split()
)
OBJECT_KEYS = GLOBAL_KEYS | set(
    "actionOverrides childRelationships compactLayoutable defaultImplementation extendedBy extendsInterfaces fields"
    " implementedBy implementsInterfaces listviewable lookupLayoutable namedLayoutInfos networkScopeFieldName"
    " recordTypeInfos searchLayoutable sobjectDescribeOption supportedScopes".split()
)
FIELD_KEYS = set(
    "aggregatable aiPredictionField autoNumber byteLength calculated calculatedFormula cascadeDelete caseSensitive"
    " compoundFieldName controllerName createable custom defaultValue defaultValueFormula defaultedOnCreate"
    " dependentPicklist deprecatedAndHidden digits displayLocationInDecimal encrypted externalId extraTypeInfo filterable"
    " filteredLookupInfo formulaTreatNullNumberAsZero groupable highScaleNumber htmlFormatted idLookup inlineHelpText label"
    " length mask maskType name nameField namePointing nillable permissionable picklistValues polymorphicForeignKey"
    " precision queryByDistance referenceTargetField referenceTo relationshipName relationshipOrder restrictedDelete"
    " restrictedPicklist scale searchPrefilterable soapType sortable type unique updateable writeRequiresMasterRead".split()
)


GOLDEN = Path(__file__).parents[2] / "golden" / "describe"
ORG_OF_ITS_OWN = {
    "name": "Visit__c",
    "label": "Visit",
    "fields": [
        {"name": "Key__c", "type": "string", "length": 20, "unique": True, "externalId": True, "caseSensitive": True},
        {"name": "Chat__c", "type": "reference", "referenceTo": ["LiveChatTranscript"], "nillable": False,
         "cascadeDelete": True},
        {"name": "Case__c", "type": "reference", "referenceTo": ["Case"], "restrictedDelete": True},
        {"name": "Score__c", "type": "double", "precision": 5, "scale": 2},
        {"name": "Kinds__c", "type": "multipicklist", "precision": 4, "picklistValues": ["a", {"value": "b", "default": True}]},
        {"name": "At__c", "type": "time"},
        {"name": "Notes__c", "type": "textarea", "length": 32000},
        {"name": "Agent__c", "type": "string", "formula": "CreatedBy.Name"},
    ],
}  # fmt: skip


@pytest.fixture(scope="module")
def described() -> Iterator[Org]:
    org = Org.open(OrgConfig())
    yield org
    org.close()


@pytest.mark.parametrize("name", shipped().names())
def test_every_type_is_described_with_all_keys(described: Org, name: str) -> None:
    me = Caller(described.users.administrator_id, "62.0")
    found = described.describe.sobject(me, name.lower(), "https://org.test")
    assert set(found) == OBJECT_KEYS
    assert len(FIELD_KEYS) == 57
    for field in found["fields"]:
        assert set(field) == FIELD_KEYS
    has_records = found["keyPrefix"] is not None
    assert found["urls"].get("uiDetailTemplate") == ("https://org.test/{ID}" if has_records else None)


def test_the_global_describe_lists_what_the_version_knows(described: Org) -> None:
    me = described.users.administrator_id
    newest = described.describe.global_(Caller(me, "68.0"))
    assert {frozenset(entry) for entry in newest["sobjects"]} == {frozenset(GLOBAL_KEYS)}
    assert [entry["name"] for entry in newest["sobjects"]] == list(shipped().names())
    assert (newest["encoding"], newest["maxBatchSize"]) == ("UTF-8", 200)
    older = described.describe.global_(Caller(me, "24.0"))
    assert "LiveAgentSession" not in {entry["name"] for entry in older["sobjects"]}


def test_the_chat_session_is_described_as_documented(described: Org) -> None:
    me = Caller(described.users.administrator_id)
    found = described.describe.sobject(me, "LiveAgentSession")
    assert (found["label"], found["keyPrefix"], found["undeletable"]) == ("Chat Session", "0HK", True)
    fields = {field["name"]: field for field in found["fields"]}
    agent = fields["AgentId"]
    assert (agent["soapType"], agent["byteLength"], agent["length"]) == ("tns:ID", 18, 18)
    assert (agent["referenceTo"], agent["relationshipName"]) == (["User"], "Agent")
    owner = fields["OwnerId"]
    assert owner["namePointing"] is owner["polymorphicForeignKey"] is True
    name = fields["Name"]
    assert (name["nameField"], name["autoNumber"], name["byteLength"]) == (True, True, 765)
    assert (fields["TimeIdle"]["soapType"], fields["TimeIdle"]["digits"]) == ("xsd:int", 9)
    scopes = ["everything", "mine", "queue_owned", "scopingRule", "user_owned"]
    assert [scope["name"] for scope in found["supportedScopes"]] == scopes
    assert found["supportedScopes"][2]["label"] == "Queue owned chat sessions"
    assert found["recordTypeInfos"][0]["recordTypeId"] == "012000000000000AAA"


@pytest.mark.parametrize("name", ["LiveAgentSession", "LiveChatTranscript", "Account", "Visit__c"])
def test_a_describe_is_the_one_that_was_kept(name: str) -> None:
    org = Org.open(OrgConfig(objects=(ORG_OF_ITS_OWN,)))
    found = org.describe.sobject(Caller(org.users.administrator_id), name, "https://org.test")
    org.close()
    kept = GOLDEN / f"{name}.json"
    if os.environ.get("CHATLIFT_WRITE_GOLDEN") == "1":
        kept.parent.mkdir(exist_ok=True)
        kept.write_text(json.dumps(found, indent=1) + "\n")
    assert json.loads(json.dumps(found)) == json.loads(kept.read_bytes())


def test_what_parents_say_of_their_children_shows_at_custom_references_alone() -> None:
    org = Org.open(OrgConfig(objects=(ORG_OF_ITS_OWN,)))
    me = Caller(org.users.administrator_id)
    fields = {field["name"]: field for field in org.describe.sobject(me, "Visit__c")["fields"]}
    assert (fields["Chat__c"]["cascadeDelete"], fields["Case__c"]["restrictedDelete"]) == (True, True)
    event = org.describe.sobject(me, "LiveChatTranscriptEvent")["fields"]
    assert not any(field["cascadeDelete"] or field["restrictedDelete"] for field in event)
    org.close()


def test_long_text_is_neither_filterable_nor_groupable(described: Org) -> None:
    me = Caller(described.users.administrator_id)
    [body] = [f for f in described.describe.sobject(me, "LiveChatTranscript")["fields"] if f["name"] == "Body"]
    assert not any(body[key] for key in ("filterable", "groupable", "sortable", "aggregatable"))


def test_an_unknown_type_is_not_found(described: Org) -> None:
    with pytest.raises(OrgError) as caught:
        described.describe.sobject(Caller(described.users.administrator_id), "Nope")
    assert caught.value.code == "NOT_FOUND"
