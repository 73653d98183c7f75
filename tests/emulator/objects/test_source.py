"""SFDX source: what its files say holds in the org's records."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from chatlift.emulator.config import OrgConfig
from chatlift.emulator.errors import OrgError
from chatlift.emulator.objects import read_objects
from chatlift.emulator.org.caller import Caller
from chatlift.emulator.org.org import Org
from chatlift.emulator.scenario import open_org
from chatlift.schemas.values import read_datetime


@pytest.fixture
def org_of() -> Iterator[Callable[[Path], Org]]:
    """Open an org with the source of a project."""
    opened: list[Org] = []

    def open_it(project: Path) -> Org:
        now = read_datetime("2026-03-09T12:00:00Z")
        opened.append(open_org(OrgConfig(objects=tuple(read_objects(str(project))), now=now, frozen=True)))
        return opened[-1]

    yield open_it
    for org in opened:
        org.close()


@pytest.fixture
def org(project: Path, org_of: Callable[[Path], Org]) -> Org:
    return org_of(project)


@pytest.fixture
def me(org: Org) -> Caller:
    return Caller(org.users.administrator_id, "62.0")


def described(org: Org, me: Caller, name: str = "Ticket__c") -> dict[str, dict[str, Any]]:
    return {field["name"]: field for field in org.describe.sobject(me, name)["fields"]}


def refusal(org: Org, me: Caller, **fields: Any) -> tuple[str, str]:
    with pytest.raises(OrgError) as caught:
        org.records.create(me, "Ticket__c", {"Must__c": "x", **fields})
    return caught.value.code, caught.value.message


def test_every_type_is_described_as_the_platform_describes_it(org: Org, me: Caller) -> None:
    types = {name: (field["type"], field["length"]) for name, field in described(org, me).items() if field["custom"]}
    assert types == {
        "Title__c": ("string", 40), "Must__c": ("string", 10), "Key__c": ("string", 20), "Loose__c": ("string", 20),
        "Story__c": ("textarea", 32768), "Rich__c": ("textarea", 32768), "Note__c": ("textarea", 255),
        "Secret__c": ("encryptedstring", 20), "Size__c": ("double", 0), "Price__c": ("currency", 0),
        "Share__c": ("percent", 0), "Urgent__c": ("boolean", 0), "Day__c": ("date", 0), "Moment__c": ("datetime", 0),
        "Hour__c": ("time", 0), "Mail__c": ("email", 80), "Phone__c": ("phone", 40), "Site__c": ("url", 255),
        "Place__c": ("location", 0), "Place__Latitude__s": ("double", 0), "Place__Longitude__s": ("double", 0),
        "State__c": ("picklist", 255), "Colors__c": ("multipicklist", 4099), "Serial__c": ("string", 30),
        "Contact__c": ("reference", 18), "Account__c": ("reference", 18),
    }  # fmt: skip
    fields = described(org, me)
    assert (fields["Size__c"]["precision"], fields["Size__c"]["scale"]) == (6, 2)
    assert (fields["Size__c"]["defaultValueFormula"], fields["Urgent__c"]["defaultValue"]) == ("1.5", True)
    assert fields["Rich__c"]["htmlFormatted"] and fields["Mail__c"]["inlineHelpText"] == "Where to write"
    assert (fields["Key__c"]["externalId"], fields["Key__c"]["unique"], fields["Key__c"]["caseSensitive"]) == (
        True,
    ) * 3
    assert [value["value"] for value in fields["Colors__c"]["picklistValues"]] == ["Blue", "Red"]
    assert "OwnerId" in fields and "OwnerId" not in described(org, me, "Line__c")


def test_what_a_create_leaves_out_gets_defaults_and_numbers(org: Org, me: Caller) -> None:
    for number in (1, 2):
        id_ = org.records.create(me, "Ticket__c", {"Must__c": "x"})
        found = org.records.retrieve(me, "Ticket__c", id_)
        assert (found["Name"], found["Serial__c"]) == (f"T-2026-000{number}", f"260309/{number + 9:03}")
    assert (found["Title__c"], found["Size__c"], found["Urgent__c"], found["State__c"]) == ("none", 1.5, True, "New")


def test_a_seeded_number_is_not_made_again(org: Org, me: Caller) -> None:
    org.seed({"records": [{"object": "Ticket__c", "fields": {"Name": "T-2025-0041", "Must__c": "x"}}]})
    id_ = org.records.create(me, "Ticket__c", {"Must__c": "x"})
    assert org.records.retrieve(me, "Ticket__c", id_)["Name"] == "T-2026-0042"


@pytest.mark.parametrize(
    ("fields", "code", "message"),
    [
        ({"Must__c": None}, "REQUIRED_FIELD_MISSING", "Required fields are missing: [Must__c]"),
        ({"State__c": "Nope"}, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", "State: bad value for restricted picklist field: Nope"),
        ({"Colors__c": "Red;Pink"}, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", "Colors: bad value for restricted picklist field: Pink"),
        ({"Place__Latitude__s": 90.5}, "NUMBER_OUTSIDE_VALID_RANGE", "value outside of valid range on numeric field: 90.5"),
        ({"Size__c": 10000}, "NUMBER_OUTSIDE_VALID_RANGE", "value outside of valid range on numeric field: 10000"),
        ({"Serial__c": "x"}, "INVALID_FIELD_FOR_INSERT_UPDATE", "Unable to create/update fields: Serial__c"),
        ({"Place__c": "x"}, "INVALID_FIELD_FOR_INSERT_UPDATE", "Unable to create/update fields: Place__c"),
    ],
)  # fmt: skip
def test_values_are_held_to_their_fields(org: Org, me: Caller, fields: dict[str, Any], code: str, message: str) -> None:
    found = refusal(org, me, **fields)
    assert found[0] == code and message in found[1]


def test_unique_values_are_compared_with_case_or_without(org: Org, me: Caller) -> None:
    org.records.create(me, "Ticket__c", {"Must__c": "x", "Key__c": "abc", "Loose__c": "abc"})
    org.records.create(me, "Ticket__c", {"Must__c": "x", "Key__c": "ABC"})
    assert refusal(org, me, Loose__c="ABC")[0] == "DUPLICATE_VALUE"
    assert refusal(org, me, Key__c="abc")[0] == "DUPLICATE_VALUE"
    assert len(org.records.find(me, "Ticket__c", "key__c", "abc")) == 1


def test_a_location_is_read_whole_and_written_in_parts(org: Org, me: Caller) -> None:
    id_ = org.records.create(
        me, "Ticket__c", {"Must__c": "x", "Place__Latitude__s": 52.5, "Place__Longitude__s": 13.25}
    )
    [row] = org.query.run(me, f"SELECT Place__c, Place__Latitude__s FROM Ticket__c WHERE Id = '{id_}'").records
    assert (row["Place__c"], row["Place__Latitude__s"]) == ({"latitude": 52.5, "longitude": 13.25}, 52.5)
    empty = org.records.create(me, "Ticket__c", {"Must__c": "x"})
    assert org.records.retrieve(me, "Ticket__c", empty)["Place__c"] is None


def test_details_go_with_their_master_and_lookups_as_they_say(org: Org, me: Caller) -> None:
    contact = org.records.create(me, "Contact", {"LastName": "Ada"})
    account = org.records.create(me, "Account", {"Name": "Acme"})
    ticket = org.records.create(me, "Ticket__c", {"Must__c": "x", "Contact__c": contact, "Account__c": account})
    line = org.records.create(me, "Line__c", {"Name": "one", "Ticket__c": ticket})
    with pytest.raises(OrgError, match="REQUIRED_FIELD_MISSING"):
        org.records.create(me, "Line__c", {"Name": "two"})
    with pytest.raises(OrgError, match="INVALID_FIELD_FOR_INSERT_UPDATE"):
        org.records.update(me, "Line__c", line, {"Ticket__c": ticket})
    found = org.query.run(me, "SELECT Id, (SELECT Id FROM Lines__r), Contact__r.LastName FROM Ticket__c").records[0]
    assert (found["Lines__r"]["totalSize"], found["Contact__r"]["LastName"]) == (1, "Ada")
    with pytest.raises(OrgError, match="DELETE_FAILED"):
        org.records.delete(me, "Account", account)
    org.records.delete(me, "Contact", contact)
    assert org.records.retrieve(me, "Ticket__c", ticket)["Contact__c"] is None
    org.records.delete(me, "Ticket__c", ticket)
    assert org.query.run(me, "SELECT COUNT() FROM Line__c").total_size == 0
    assert described(org, me, "Line__c")["Ticket__c"]["cascadeDelete"]
    assert described(org, me)["Account__c"]["restrictedDelete"]


def test_record_types_are_rows_are_described_and_narrow_picklists(org: Org, me: Caller) -> None:
    rows = org.query.run(
        me, "SELECT Id, Name, DeveloperName, SobjectType, IsActive FROM RecordType ORDER BY Id"
    ).records
    assert [(row["DeveloperName"], row["Name"], row["SobjectType"]) for row in rows] == [
        ("Bug", "A Bug", "Ticket__c"), ("Wish", "A Wish", "Ticket__c")]  # fmt: skip
    bug, wish = (row["Id"] for row in rows)
    infos = org.describe.sobject(me, "Ticket__c")["recordTypeInfos"]
    assert [(info["recordTypeId"], info["defaultRecordTypeMapping"], info["master"]) for info in infos] == [
        (bug, True, False), (wish, False, False), ("012000000000000AAA", False, True)]  # fmt: skip
    plain = org.records.create(me, "Ticket__c", {"Must__c": "x"})
    assert org.records.retrieve(me, "Ticket__c", plain)["RecordTypeId"] == bug
    other = org.records.create(me, "Ticket__c", {"Must__c": "x", "RecordTypeId": wish})
    assert org.records.retrieve(me, "Ticket__c", other)["State__c"] == "Gone"
    refused = ("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", "State: bad value for restricted picklist field: Gone")
    assert refusal(org, me, State__c="Gone") == refused
    with pytest.raises(OrgError, match="bad value for restricted picklist field: Old"):
        org.records.update(me, "Ticket__c", other, {"State__c": "Old"})
    with pytest.raises(OrgError, match="bad value for restricted picklist field: Gone"):
        org.records.update(me, "Ticket__c", other, {"RecordTypeId": bug})


def test_a_value_set_tells_what_its_values_depend_on(
    project: Path, field: Callable[..., Path], org_of: Callable[[Path], Org]
) -> None:
    def setting(value: str, *controlling: str) -> str:
        chosen = "".join(f"<controllingFieldValue>{one}</controllingFieldValue>" for one in controlling)
        return f"<valueSettings>{chosen}<valueName>{value}</valueName></valueSettings>"

    def value_set(controller: str, *settings: str) -> str:
        own = "".join(f"<value><fullName>{one}</fullName><default>false</default></value>" for one in "ab")
        return (
            f"<valueSet><controllingField>{controller}</controllingField>"
            f"<valueSetDefinition><sorted>false</sorted>{own}</valueSetDefinition>{''.join(settings)}</valueSet>"
        )

    field("Reason__c", "Picklist", value_set("State__c", setting("a", "New", "Gone"), setting("b", "Old")))
    field(
        "Haste__c",
        "MultiselectPicklist",
        value_set("Urgent__c", setting("a", "checked")) + "<visibleLines>4</visibleLines>",
    )
    org = org_of(project)
    me = Caller(org.users.administrator_id, "62.0")
    fields = described(org, me)
    reason, haste = fields["Reason__c"], fields["Haste__c"]
    assert (reason["controllerName"], reason["dependentPicklist"]) == ("State__c", True)
    assert [value["validFor"] for value in reason["picklistValues"]] == ["oAAA", "QAAA"]
    assert (haste["controllerName"], haste["picklistValues"][0]["validFor"]) == ("Urgent__c", "QAAA")
    # It is pages that hold a user to it, not the API (Salesforce-Inspector-reloaded#1207).
    org.records.create(me, "Ticket__c", {"Must__c": "x", "State__c": "New", "Reason__c": "b"})


def test_a_record_type_of_another_object_is_refused(org: Org, me: Caller) -> None:
    foreign = org.records.create(me, "RecordType", {"Name": "Call", "DeveloperName": "Call", "SobjectType": "Case"})
    assert refusal(org, me, RecordTypeId=foreign)[0] == "INVALID_CROSS_REFERENCE_KEY"


def test_the_schema_is_kept_with_the_org(project: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    database = f"sqlite:///{tmp_path_factory.mktemp('kept') / 'org.db'}"
    first = open_org(OrgConfig(database=database))
    assert first.extend(read_objects(str(project))) == ["Case", "Line__c", "Ticket__c"]
    me = Caller(first.users.administrator_id, "62.0")
    first.records.create(me, "Ticket__c", {"Must__c": "x"})
    before = first.describe.sobject(me, "Ticket__c")
    first.close()
    second = open_org(OrgConfig(database=database))
    assert second.describe.sobject(me, "Ticket__c") == before
    assert second.query.run(me, "SELECT COUNT() FROM Ticket__c").total_size == 1
    second.extend(read_objects(str(project)))
    assert second.query.run(me, "SELECT COUNT() FROM RecordType").total_size == 2
    second.close()
