"""Batches of creates against single ones: the same rows, the same refusals."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatlift.emulator.config import OrgConfig
from chatlift.emulator.errors import OrgError
from chatlift.emulator.org.caller import Caller
from chatlift.emulator.org.org import Org
from chatlift.emulator.org.together import write_each
from chatlift.schemas.ids import compose

OBJECTS = [
    {
        "name": "Part__c",
        "fields": [
            {"name": "Key__c", "type": "string", "length": 20, "externalId": True, "unique": True},
            {
                "name": "Code__c",
                "type": "string",
                "length": 20,
                "externalId": True,
                "unique": True,
                "caseSensitive": True,
            },
            {"name": "Number__c", "type": "double", "precision": 4, "scale": 0, "externalId": True, "unique": True},
            {"name": "Loose__c", "type": "string", "length": 20, "externalId": True},
            {"name": "Text__c", "type": "textarea", "length": 5000},
            {"name": "Needed__c", "type": "date", "nillable": False},
            {"name": "Mother__c", "type": "reference", "referenceTo": ["Part__c"], "relationshipName": "Mother__r"},
            {"name": "Account__c", "type": "reference", "referenceTo": ["Account"], "relationshipName": "Account__r"},
            {
                "name": "Color__c",
                "type": "picklist",
                "restrictedPicklist": True,
                "picklistValues": [{"value": "Red"}, {"value": "Blue"}],
            },
        ],
    }
]


@pytest.fixture(scope="module")
def twins() -> Any:
    """Two equal orgs with frozen clocks, and the administrator of each."""

    def opened() -> tuple[Org, Caller]:
        org = Org.open(OrgConfig(objects=tuple(OBJECTS), now=datetime(2026, 2, 14, tzinfo=UTC), frozen=True))
        me = Caller(org.users.administrator_id)
        org.records.create(me, "Account", {"Name": "Alder"})
        gone = org.records.create(me, "Account", {"Name": "Gone"})
        org.records.delete(me, "Account", gone)
        org.records.create(me, "Part__c", {"Needed__c": "2026-01-01", "Key__c": "there", "Loose__c": "one"})
        org.records.create(me, "Part__c", {"Needed__c": "2026-01-01", "Loose__c": "two"})
        org.records.create(me, "Part__c", {"Needed__c": "2026-01-01", "Loose__c": "two"})
        return org, me

    first, second = opened(), opened()
    yield first, second
    first[0].close()
    second[0].close()


def rows_of(org: Org, sobject: str) -> list[tuple[Any, ...]]:
    with org.store.read() as rows:
        names = [f'r."{field.name}"' for field in org.catalog.get(sobject).short_fields]
        joined = f'"{sobject}" r LEFT JOIN "{sobject}__long" l ON l._row = r._row'
        return rows.execute(f'SELECT r._row, {", ".join(names)}, l."Text__c" FROM {joined} ORDER BY r._row')


def told(outcomes: list[Any]) -> list[Any]:
    return [(one.code, one.message, one.fields) if isinstance(one, OrgError) else one for one in outcomes]


def part_ids(org: Org) -> list[str]:
    with org.store.read() as rows:
        return [id_ for (id_,) in rows.execute('SELECT "Id" FROM "Part__c" ORDER BY "Id"')]


key = st.sampled_from(["a", "A", "ä", "Ä", "there", "THERE", "b", "ß", "ss", "", None])
part = st.fixed_dictionaries(
    {},
    optional={
        "Key__c": key,
        "Code__c": key,
        "Number__c": st.sampled_from([1, "1", 1.0, 2, 99999, "x", None]),
        "Loose__c": key,
        "Text__c": st.sampled_from(["long " * 900, "short", "", None, "x" * 6000]),
        "Needed__c": st.sampled_from(["2026-01-02", "2026-01-02", "2026-01-02", "never", None]),
        "Mother__c": st.sampled_from(["first", "next", "a00000000000001", None]),
        "Mother__r": st.sampled_from([{"Key__c": "a"}, {"Key__c": "there"}, {"Loose__c": "two"}]),
        "Account__c": st.sampled_from(["live", "gone", "001000000000001", "005000000000001", "x"]),
        "Account__r": st.sampled_from([{"Id": "live"}, {"Name": "Alder"}]),
        "Color__c": st.sampled_from(["Red", "Green", None]),
        "OwnerId": st.sampled_from(["me", "005000000000009", None]),
        "Nobody__c": st.just(1),
        "Id": st.just("a00000000000001"),
    },
)


@settings(max_examples=60)
@given(rows=st.lists(part, max_size=8))
def test_batch_does_what_single_creates_do(twins: Any, rows: list[dict[str, Any]]) -> None:
    (one, me), (other, same_me) = twins
    accounts = [id_ for (id_,) in one.store.select('SELECT "Id" FROM "Account" ORDER BY "Id"')]
    parts = part_ids(one)
    number = int(one.store.select("SELECT value FROM _counter WHERE key LIKE 'id:a%'")[0][0])
    named = {
        "live": accounts[0],
        "gone": accounts[1],
        "first": parts[0],
        "next": compose(parts[0][:3], one.ids.instance, number + 1),
        "me": me.user_id,
    }

    def meant(row: dict[str, Any]) -> dict[str, Any]:
        return {
            name: {key: named.get(text, text) for key, text in value.items()}
            if isinstance(value, dict)
            else named.get(value, value)
            if isinstance(value, str)
            else value
            for name, value in row.items()
        }

    given_rows = [{"Needed__c": "2026-01-02", **meant(row)} for row in rows]
    single = write_each(one, [lambda row=row: one.records.create(me, "Part__c", row) for row in given_rows])  # type: ignore[misc]
    many = other.batches.create(same_me, "Part__c", given_rows)
    assert told(many) == told(single)
    assert rows_of(other, "Part__c") == rows_of(one, "Part__c")
