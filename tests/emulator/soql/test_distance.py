"""DISTANCE: how far locations and addresses are (guide, "Location-based SOQL queries")."""

from collections.abc import Callable
from typing import Any

import pytest

from chatlift.emulator.org.caller import Caller
from chatlift.emulator.org.org import Org

PLACES: dict[str, tuple[float, float] | None] = {
    "Berlin": (52.5200, 13.4050),
    "Paris": (48.8566, 2.3522),
    "Sydney": (-33.8688, 151.2093),
    "nowhere": None,
}
HERE = "GEOLOCATION(52.52, 13.405)"


@pytest.fixture
def accounts(org: Org, caller: Caller, things: Callable[..., str]) -> None:
    """Accounts in four places; they are gone after the test."""
    for name, place in PLACES.items():
        values: dict[str, Any] = {"Name": name}
        if place:
            values |= {"BillingLatitude": place[0], "BillingLongitude": place[1]}
        org.records.create(caller, "Account", values)


def names(org: Org, caller: Caller, clauses: str) -> list[str]:
    return [record["Name"] for record in org.query.run(caller, f"SELECT Name FROM Account {clauses}").records]


@pytest.mark.parametrize(("unit", "paris", "sydney"), [("km", 878, 16094), ("mi", 545, 10000)])
def test_the_distance_is_that_of_the_great_circle(
    org: Org, caller: Caller, accounts: None, unit: str, paris: int, sydney: int
) -> None:
    query = f"SELECT Name, DISTANCE(BillingAddress, {HERE}, '{unit}') far FROM Account ORDER BY Name"
    found = {record["Name"]: record["far"] for record in org.query.run(caller, query).records}
    assert found["Berlin"] == pytest.approx(0, abs=1e-6)
    # The radius that the platform takes is not known: half a percent either way.
    assert found["Paris"] == pytest.approx(paris, rel=0.005)
    assert found["Sydney"] == pytest.approx(sydney, rel=0.005)
    assert found["nowhere"] is None


def test_rows_are_found_and_ordered_by_distance(org: Org, caller: Caller, accounts: None) -> None:
    distance = f"DISTANCE(BillingAddress, {HERE}, 'km')"
    assert names(org, caller, f"WHERE {distance} < 1000 ORDER BY Name") == ["Berlin", "Paris"]
    assert names(org, caller, f"WHERE {distance} > 1000") == ["Sydney"]
    assert names(org, caller, f"ORDER BY {distance}") == ["nowhere", "Berlin", "Paris", "Sydney"]
    assert names(org, caller, f"ORDER BY {distance} DESC NULLS LAST") == ["Sydney", "Paris", "Berlin", "nowhere"]
    assert names(org, caller, f"WHERE (NOT {distance} < 1000) ORDER BY Name") == ["nowhere", "Sydney"]


def test_a_distance_without_an_alias_is_numbered(org: Org, caller: Caller, accounts: None) -> None:
    far = f"DISTANCE(BillingAddress, {HERE}, 'km')"
    [record] = org.query.run(caller, f"SELECT {far}, {far} again, {far} FROM Account WHERE Name = 'Paris'").records
    assert list(record)[1:] == ["expr0", "again", "expr1"]


def test_a_parents_address_can_be_measured(org: Org, caller: Caller, accounts: None) -> None:
    [paris] = org.query.run(caller, "SELECT Id FROM Account WHERE Name = 'Paris'").records
    org.records.create(caller, "Contact", {"LastName": "Zoe", "AccountId": paris["Id"]})
    query = f"SELECT LastName FROM Contact WHERE DISTANCE(Account.BillingAddress, {HERE}, 'mi') < 600"
    assert [record["LastName"] for record in org.query.run(caller, query).records] == ["Zoe"]


def test_a_location_is_an_object_of_two_numbers(org: Org, caller: Caller, things: Callable[..., str]) -> None:
    id_ = org.seed(
        {"records": [{"object": "Thing__c", "ref": "t", "fields": {
            "Name": "x", "Spot__Latitude__s": 1.5, "Spot__Longitude__s": -2.0}}]}
    )["t"]  # fmt: skip
    query = f"SELECT Spot__c, DISTANCE(Spot__c, GEOLOCATION(1.5, -2), 'mi') d FROM Thing__c WHERE Id = '{id_}'"
    [record] = org.query.run(caller, query).records
    assert record["Spot__c"] == {"latitude": 1.5, "longitude": -2.0}
    assert record["d"] == pytest.approx(0, abs=1e-6)
