"""A small org that has every type of field, once on each database."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from chatlift.emulator.config import OrgConfig
from chatlift.emulator.org.caller import Caller
from chatlift.emulator.org.org import Org

THING: dict[str, Any] = {
    "name": "Thing__c",
    "labelPlural": "Things",
    "fields": [
        {"name": "Text__c", "type": "string"},
        {"name": "Exact__c", "type": "string", "unique": True, "caseSensitive": True, "externalId": True},
        {"name": "Pick__c", "type": "picklist", "picklistValues": ["Small", "Large", "Äther", "medium"]},
        {
            "name": "Label__c",
            "type": "picklist",
            "picklistValues": [{"value": "n", "label": "It's new"}, {"value": "h", "label": "50% \\ Ä"}, "same"],
        },
        {"name": "Multi__c", "type": "multipicklist", "picklistValues": ["a", "b", "c", "ab"]},
        {"name": "Flag__c", "type": "boolean"},
        {"name": "Count__c", "type": "int"},
        {"name": "Amount__c", "type": "double", "scale": 3},
        {"name": "Day__c", "type": "date"},
        {"name": "Moment__c", "type": "datetime"},
        {"name": "Clock__c", "type": "time"},
        {"name": "Long__c", "type": "textarea", "length": 32000},
        {"name": "Spot__c", "type": "location"},
        {"name": "Spot__Latitude__s", "type": "double", "scale": 6, "compoundFieldName": "Spot__c"},
        {"name": "Spot__Longitude__s", "type": "double", "scale": 6, "compoundFieldName": "Spot__c"},
        {"name": "Parent__c", "type": "reference", "referenceTo": ["Thing__c"], "childRelationshipName": "Things__r"},
        {"name": "About__c", "type": "reference", "referenceTo": ["Account", "Contact"]},
    ],
}
NOW = datetime(2026, 6, 17, 12, 0, tzinfo=UTC)


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def org(request: pytest.FixtureRequest) -> Iterator[Org]:
    """A blank org with `Thing__c`, its clock standing at noon of Wednesday, 17 June 2026 UTC."""
    if request.param == "sqlite":
        opened = Org.open(OrgConfig(objects=(THING,), now=NOW, frozen=True))
        yield opened
        opened.close()
        return
    with request.getfixturevalue("postgresql_database")() as url:
        opened = Org.open(OrgConfig(database=url, objects=(THING,), now=NOW, frozen=True))
        yield opened
        opened.close()


@pytest.fixture
def caller(org: Org) -> Caller:
    """The administrator, at API version 62.0."""
    return Caller(org.users.administrator_id, "62.0")


@pytest.fixture
def things(org: Org) -> Iterator[Callable[..., str]]:
    """A function that makes a thing of field values and returns its id; the things are gone after the test."""

    def make(**values: Any) -> str:
        fields = {
            f"{name}__c" if name[0].isupper() and name not in STANDARD else name: value
            for name, value in values.items()
        }
        return org.seed({"records": [{"object": "Thing__c", "ref": "thing", "fields": fields}]})["thing"]

    yield make
    org.store.ensure(*(org.catalog.get(name) for name in ("Thing__c", "Account", "Contact", "Case")))
    with org.store.write() as transaction:
        for table in (
            "Thing__c",
            "Thing__c__long",
            "Account",
            "Account__long",
            "Contact",
            "Contact__long",
            "Case",
            "Case__long",
        ):
            transaction.run(f'DELETE FROM "{table}"')


STANDARD = frozenset({"Name", "OwnerId", "Id", "CreatedDate", "IsDeleted"})
