"""Describes have the keys of recorded ones, and say what the descriptors say."""

from collections.abc import Iterator

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
    assert found["urls"]["uiDetailTemplate"] == "https://org.test/{ID}"


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
    assert [scope["name"] for scope in found["supportedScopes"]] == ["everything", "mine", "scopingRule"]
    assert found["recordTypeInfos"][0]["recordTypeId"] == "012000000000000AAA"


def test_long_text_is_neither_filterable_nor_groupable(described: Org) -> None:
    me = Caller(described.users.administrator_id)
    [body] = [f for f in described.describe.sobject(me, "LiveChatTranscript")["fields"] if f["name"] == "Body"]
    assert not any(body[key] for key in ("filterable", "groupable", "sortable", "aggregatable"))


def test_an_unknown_type_is_not_found(described: Org) -> None:
    with pytest.raises(OrgError) as caught:
        described.describe.sobject(Caller(described.users.administrator_id), "Nope")
    assert caught.value.code == "NOT_FOUND"
