"""Describes are read back as the fields that they were made of."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatlift.emulator.org.describe_field import describe_field
from chatlift.schemas.catalog import Catalog, shipped
from chatlift.schemas.describes import documents_of
from chatlift.schemas.descriptor import DescriptorError
from chatlift.schemas.field import SObject
from chatlift.schemas.literals import NotLiteral, literal


def describe(sobject: SObject, catalog: Catalog) -> dict[str, Any]:
    return {
        "name": sobject.name,
        "label": sobject.label,
        "labelPlural": sobject.label_plural,
        "keyPrefix": sobject.key_prefix,
        "queryable": True,
        "fields": [describe_field(sobject, field, catalog) for field in sobject.fields],
    }


@pytest.mark.parametrize("name", shipped().names())
def test_a_shipped_object_is_the_same_after_its_describe_was_read(name: str) -> None:
    catalog = shipped()
    read = catalog.extended(documents_of({"status": 0, "result": describe(catalog.get(name), catalog)})).get(name)
    assert read.fields == catalog.get(name).fields
    assert set(read.child_relationships) == set(catalog.get(name).child_relationships)


texts = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1, max_size=20)
common = {"nillable": st.booleans(), "label": st.just("A label"), "inlineHelpText": texts}
fields = st.one_of(
    st.fixed_dictionaries(
        {"type": st.just("string"), "length": st.integers(20, 255)},
        optional=common | {"unique": st.booleans(), "caseSensitive": st.booleans(), "externalId": st.booleans(), "defaultValue": texts},
    ),
    st.fixed_dictionaries(
        {"type": st.sampled_from(["double", "currency", "percent"]), "precision": st.integers(9, 18), "scale": st.integers(0, 6)},
        optional=common | {"defaultValue": st.integers(-999, 999).map(lambda number: number / 8)},
    ),
    st.fixed_dictionaries({"type": st.just("boolean")}, optional={"defaultValue": st.booleans()}),
    st.fixed_dictionaries({"type": st.just("date")}, optional=common | {"defaultValue": st.just("2026-02-28")}),
    st.fixed_dictionaries({"type": st.just("datetime")}, optional=common | {"defaultValue": st.just("2026-02-28T01:02:03Z")}),
    st.fixed_dictionaries({"type": st.just("time")}, optional=common | {"defaultValue": st.just("01:02:03Z")}),
    st.fixed_dictionaries({"type": st.sampled_from(["email", "phone", "url", "location"])}, optional=common),
    st.fixed_dictionaries(
        {"type": st.just("textarea"), "length": st.integers(1, 131072)}, optional=common | {"htmlFormatted": st.booleans()}
    ),
    st.fixed_dictionaries(
        {
            "type": st.sampled_from(["picklist", "multipicklist"]),
            "picklistValues": st.just(["a", {"value": "b", "label": "B", "active": False}, {"value": "c", "default": True}]),
        },
        optional=common | {"restrictedPicklist": st.booleans(), "precision": st.integers(0, 10)},
    ),
    st.fixed_dictionaries(
        {"type": st.just("reference"), "referenceTo": st.sampled_from([["Account"], ["User"]])},
        optional=common | {"cascadeDelete": st.booleans(), "restrictedDelete": st.booleans()},
    ),
)  # fmt: skip


@given(fields)
def test_a_field_of_ones_own_is_the_same_after_its_describe_was_read(document: dict[str, Any]) -> None:
    first = shipped().extended([{"name": "Visit__c", "fields": [{"name": "Some__c", **document}]}])
    second = shipped().extended(documents_of(describe(first.get("Visit__c"), first)))
    assert second.get("Visit__c").fields == first.get("Visit__c").fields
    assert describe(second.get("Visit__c"), second) == describe(first.get("Visit__c"), first)


def other(**fields: Any) -> dict[str, Any]:
    return {"name": "Visit__c", "queryable": True, "fields": [{"name": "Id", "type": "id"}, fields]}


def test_formulas_are_refused_all_at_once_by_name() -> None:
    first = other(name="Sum__c", type="double", custom=True, calculated=True)
    second = other(name="Today__c", type="date", custom=True, defaultValueFormula="TODAY()")
    with pytest.raises(
        DescriptorError, match=r"not emulated; leave these fields out: Visit__c.Sum__c, Visit__c.Today__c$"
    ):
        shipped().extended(documents_of([first, second]))


def test_a_describe_brings_no_field_that_it_does_not_name() -> None:
    read = shipped().extended(documents_of(other(name="Name", type="string", length=80))).get("Visit__c")
    assert [field.name for field in read.fields] == ["Id", "Name"]


def test_a_described_standard_field_keeps_what_no_describe_says_and_takes_its_values() -> None:
    status = {"name": "Status", "type": "picklist", "label": "State", "picklistValues": [
        {"value": "Open", "label": "Open", "active": True, "defaultValue": True}]}  # fmt: skip
    read = shipped().extended(documents_of(other(**status) | {"name": "Case"})).get("Case")
    field = read.field("Status")
    assert field and (field.label, field.default_value, field.defaulted_on_create) == ("State", "Open", True)
    assert [(value.value, value.default) for value in field.picklist_values] == [("Open", True)]


def test_a_key_prefix_that_is_given_is_not_chosen_for_another() -> None:
    documents = [{"name": "A__c", "fields": []}, {"name": "B__c", "keyPrefix": "a00", "fields": []}]
    extended = shipped().extended(documents)
    assert [extended.get(name).key_prefix for name in ("A__c", "B__c")] == ["a01", "a00"]


def test_what_extends_an_object_needs_the_object() -> None:
    with pytest.raises(DescriptorError, match="Product2 is neither shipped nor described"):
        shipped().extended([{"name": "Product2", "extends": True, "fields": []}])
    described = documents_of(other(name="Name", type="string", length=80) | {"name": "Product2"})
    extra = {"name": "Product2", "extends": True, "fields": [{"name": "X__c", "type": "string"}]}
    assert shipped().extended([extra, *described]).get("Product2").field("X__c")


@pytest.mark.parametrize(
    ("formula", "type_", "value"),
    [
        ('"a \\"b\\""', "string", 'a "b"'),
        ("'it'", "picklist", "it"),
        ("-2.50", "double", -2.5),
        ("7", "int", 7),
        ("TRUE", "boolean", True),
        ('DATEVALUE("2026-01-01")', "date", "2026-01-01"),
        ('DATETIMEVALUE("2026-01-01 10:00:00")', "datetime", "2026-01-01T10:00:00Z"),
    ],
)
def test_literals_are_read(formula: str, type_: str, value: Any) -> None:
    assert literal(formula, type_) == value


@pytest.mark.parametrize(
    ("formula", "type_"),
    [
        ("TODAY()", "date"),
        ("1 + 1", "double"),
        ("$User.Id", "string"),
        ('"a" & "b"', "string"),
        ('"1"', "double"),
        ("x", "string"),
    ],
)
def test_what_must_be_computed_is_no_literal(formula: str, type_: str) -> None:
    with pytest.raises(NotLiteral):
        literal(formula, type_)
