"""A small org whose records have every kind of field that a search reads, once on each database."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from chatlift.emulator.config import OrgConfig
from chatlift.emulator.org.caller import Caller
from chatlift.emulator.org.org import Org

NOTE: dict[str, Any] = {
    "name": "Note__c",
    "labelPlural": "Notes",
    "fields": [
        {"name": "Text__c", "type": "string"},
        {"name": "Long__c", "type": "textarea", "length": 131072},
        {"name": "Mail__c", "type": "email"},
        {"name": "Phone__c", "type": "phone"},
        {"name": "Pick__c", "type": "picklist", "picklistValues": ["Red", "Blue"]},
        {"name": "Count__c", "type": "int"},
    ],
}
NOW = datetime(2026, 6, 17, 12, 0, tzinfo=UTC)
TABLES = ("Note__c", "Note__c__long", "Account", "Account__long", "Contact", "Contact__long", "Knowledge__kav")


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def shared_org(request: pytest.FixtureRequest) -> Iterator[Org]:
    if request.param == "sqlite":
        opened = Org.open(OrgConfig(objects=(NOTE,), now=NOW, frozen=True))
        yield opened
        opened.close()
        return
    with request.getfixturevalue("postgresql_database")() as url:
        opened = Org.open(OrgConfig(database=url, objects=(NOTE,), now=NOW, frozen=True))
        yield opened
        opened.close()


def empty(org: Org) -> None:
    """Take the records of all tests away."""
    org.store.ensure(*(org.catalog.get(name) for name in ("Note__c", "Account", "Contact", "Knowledge__kav")))
    with org.store.write() as transaction:
        for table in TABLES:
            transaction.run(f'DELETE FROM "{table}"')


@pytest.fixture
def org(shared_org: Org) -> Iterator[Org]:
    """A blank org with `Note__c`, its clock standing at noon of Wednesday, 17 June 2026 UTC."""
    yield shared_org
    empty(shared_org)


@pytest.fixture
def caller(org: Org) -> Caller:
    """The administrator, at API version 62.0."""
    return Caller(org.users.administrator_id, "62.0")


@pytest.fixture
def note(org: Org, caller: Caller) -> Callable[..., str]:
    """A function that makes a note of field values and returns its id."""

    def make(name: str = "note", **values: Any) -> str:
        fields = {f"{field}__c": value for field, value in values.items()}
        return org.records.create(caller, "Note__c", {"Name": name} | fields)

    return make


@pytest.fixture
def find(org: Org, caller: Caller) -> Callable[[str], list[str]]:
    """A function that searches notes and returns the names found, in order."""

    def names(term: str, rest: str = "RETURNING Note__c(Name ORDER BY Name)", scope: str = "ALL") -> list[str]:
        found = org.search.run(caller, f"FIND {{{term}}} IN {scope} FIELDS {rest}")
        return [record["Name"] for record in found]

    return names
