"""Dependent picklists: names of controlling values and the bitmaps of describes, each made of the other."""

from base64 import b64decode
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatlift.emulator.org.describe_field import describe_field
from chatlift.schemas.catalog import shipped
from chatlift.schemas.dependencies import bitmap, named
from chatlift.schemas.describes import documents_of
from chatlift.schemas.descriptor import DescriptorError

VISIT = "Visit__c"


def visit(*fields: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"name": VISIT, "fields": list(fields), **more}


KIND: dict[str, Any] = {"name": "Kind__c", "type": "picklist", "picklistValues": ["Call", "Chat", "Mail"]}
URGENT: dict[str, Any] = {"name": "Urgent__c", "type": "boolean"}


def dependent(controller: str, **valid: Any) -> dict[str, Any]:
    values = [{"value": value, "validFor": found} for value, found in valid.items()]
    return {"name": "Sub__c", "type": "picklist", "controllerName": controller, "picklistValues": values}


def bitmaps(document: dict[str, Any]) -> dict[str, Any]:
    catalog = shipped().extended([document])
    sobject = catalog.get(VISIT)
    field = sobject.field("Sub__c")
    assert field is not None
    described = describe_field(sobject, field, catalog)
    assert described["dependentPicklist"] is True
    return {value["value"]: value["validFor"] for value in described["picklistValues"]}


@pytest.mark.parametrize(
    ("valid", "bits"),
    [  # Recorded: oAAA is the first and third of three (gist fahey252/db190cb9455122c1e226de52aef20e61).
        (["Call", "Mail"], "oAAA"),
        (["Chat"], "QAAA"),
        ([], "AAAA"),
        (None, "AAAA"),
        ("IAAA", "IAAA"),
    ],
)
def test_names_and_bitmaps_of_controlling_values_become_bitmaps(valid: Any, bits: str) -> None:
    assert bitmaps(visit(KIND, dependent("Kind__c", a=valid))) == {"a": bits}


def test_a_checkbox_has_two_values_the_unchecked_one_first() -> None:
    given_names = dependent("Urgent__c", never=[], no=["unchecked"], yes=["checked"])
    assert bitmaps(visit(URGENT, given_names)) == {"never": "AAAA", "no": "gAAA", "yes": "QAAA"}


@given(st.integers(1, 300).flatmap(lambda size: st.tuples(st.just(size), st.sets(st.integers(0, size - 1)))))
def test_a_bitmap_names_what_it_was_made_of(drawn: tuple[int, set[int]]) -> None:
    size, chosen = drawn
    controlling = [f"v{number}" for number in range(size)]
    wanted = [controlling[number] for number in sorted(chosen)]
    bits = bitmap(wanted, controlling)
    assert len(b64decode(bits)) % 3 == 0
    kind = {"name": "Kind__c", "type": "picklist", "picklistValues": controlling}
    document = named(visit(kind, dependent("kind__c", a=bits)), None)
    assert document["fields"][1]["picklistValues"] == [{"value": "a", "validFor": wanted}]


def test_a_new_controlling_value_moves_no_other() -> None:
    catalog = shipped().extended([visit(KIND, dependent("Kind__c", a=["Chat"]))])
    catalog = catalog.extended([visit({**KIND, "picklistValues": ["Letter", "Call", "Chat", "Mail"]})])
    sobject = catalog.get(VISIT)
    field = sobject.field("Sub__c")
    assert field is not None
    assert describe_field(sobject, field, catalog)["picklistValues"][0]["validFor"] == "IAAA"


def test_a_describe_is_read_back_with_its_dependencies() -> None:
    catalog = shipped().extended([visit(KIND, dependent("Kind__c", a=["Call", "Chat"], b=[]))])
    sobject = catalog.get(VISIT)
    describe = {
        "name": VISIT,
        "label": "Visit",
        "queryable": True,
        "fields": [describe_field(sobject, field, catalog) for field in sobject.fields],
    }
    assert shipped().extended(documents_of(describe)).get(VISIT).field("Sub__c") == sobject.field("Sub__c")


def test_a_describe_whose_user_did_not_see_the_controlling_field_depends_on_nothing() -> None:
    catalog = shipped().extended([visit(dependent("Hidden__c", a="gAAA"), described=True)])
    field = catalog.get(VISIT).field("Sub__c")
    assert field is not None
    assert (field.controller_name, field.picklist_values[0].valid_for) == (None, None)


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ([dependent("Kind__c", a=[])], "the controlling field Kind__c is no picklist or checkbox"),
        ([dependent("Sub__c", a=[])], "the controlling field Sub__c is no picklist or checkbox"),
        ([dependent("Name", a=[])], "the controlling field Name is no picklist or checkbox"),
        ([KIND, dependent("Kind__c", a=["Fax"])], "the controlling field Kind__c has no value 'Fax'"),
        ([KIND, dependent("Kind__c", a="§")], "validFor of a is no base64"),
        ([KIND, dependent("Kind__c", a=[1])], "validFor of a is a list of values, not [1]"),
        (
            [KIND, {"name": "Sub__c", "type": "string", "controllerName": "Kind__c"}],
            "a string field depends on no other",
        ),
    ],
)
def test_what_makes_no_dependency_is_refused(fields: list[dict[str, Any]], problem: str) -> None:
    with pytest.raises(DescriptorError) as caught:
        shipped().extended([visit(*fields)])
    assert f"{VISIT}.Sub__c: {problem}" in str(caught.value)
