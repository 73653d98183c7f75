"""Lookups by another unique field of the record they lead to."""

from typing import Any

import pytest

from chatlift.emulator.errors import OrgError
from chatlift.emulator.org.caller import Caller
from chatlift.emulator.org.org import Org

KEYED = {
    "objects": [
        {
            "name": "Account",
            "fields": [{"name": "Ext__c", "type": "string", "length": 40, "externalId": True, "custom": True}],
        }
    ]
}


@pytest.fixture
def account(org: Org, me: Caller) -> str:
    org.seed(KEYED)
    return org.records.create(me, "Account", {"Name": "A", "Ext__c": "A1"})


def test_a_lookup_may_be_given_by_an_external_id(org: Org, me: Caller, account: str) -> None:
    made = org.records.create(me, "Contact", {"LastName": "C", "account": {"ext__c": "a1"}})
    assert org.records.retrieve(me, "Contact", made)["AccountId"] == account
    other = org.records.create(me, "Account", {"Name": "B", "Ext__c": "5"})
    org.records.update(me, "Contact", made, {"Account": {"attributes": {"type": "Account"}, "Ext__c": 5}})
    assert org.records.retrieve(me, "Contact", made)["AccountId"] == other


def test_where_several_types_are_meant_the_attributes_tell(org: Org, me: Caller, account: str) -> None:
    owner = {"attributes": {"type": "User"}, "Username": "admin@chatlift.test"}
    made = org.records.create(me, "Case", {"Subject": "s", "Owner": owner})
    assert org.records.retrieve(me, "Case", made)["OwnerId"] == me.user_id
    with pytest.raises(OrgError, match="type of the foreign key reference Owner is not known"):
        org.records.create(me, "Case", {"Subject": "s", "Owner": {"Username": "admin@chatlift.test"}})


@pytest.mark.parametrize(
    ("lookup", "message"),
    [
        ({"Ext__c": "none"}, "Foreign key external ID: none not found for field Ext__c in entity Account"),
        ({"Ext__c": None}, "Foreign key external ID: None not found for field Ext__c in entity Account"),
        ({"Name": "A"}, "No external id or id lookup field provided in a foreign key reference in entity: Account"),
        ({}, "No external id or id lookup field provided in a foreign key reference in entity: Account"),
        (
            {"Ext__c": "A1", "Name": "A"},
            "More than 1 field provided in an external foreign key reference in entity: Account",
        ),
    ],
)
def test_a_lookup_that_finds_no_record_is_refused(
    org: Org, me: Caller, account: str, lookup: dict[str, Any], message: str
) -> None:
    with pytest.raises(OrgError) as refused:
        org.records.create(me, "Contact", {"LastName": "C", "Account": lookup})
    assert (refused.value.code, refused.value.message) == ("INVALID_FIELD", message)


def test_a_key_that_two_records_have_finds_none(org: Org, me: Caller, account: str) -> None:
    org.records.create(me, "Account", {"Name": "B", "Ext__c": "A1"})
    with pytest.raises(OrgError, match="matches more than one record"):
        org.records.create(me, "Contact", {"LastName": "C", "Account": {"Ext__c": "A1"}})


def test_an_object_that_is_no_lookup_is_refused_as_ever(org: Org, me: Caller) -> None:
    with pytest.raises(OrgError, match="No such column 'Nope'"):
        org.records.create(me, "Contact", {"LastName": "C", "Nope": {"Ext__c": "A1"}})
