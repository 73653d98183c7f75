"""Texts that differ in literals alone share a plan, and answer what a plan of their own would."""

from collections.abc import Callable

import pytest

from chatlift.emulator.errors import OrgError
from chatlift.emulator.org.caller import Caller
from chatlift.emulator.org.org import Org
from chatlift.emulator.soql.plans import Plans
from chatlift.schemas.catalog import Catalog, shipped

Make = Callable[..., str]
CONTACT = "SELECT Id FROM Contact WHERE "


def planned_together(first: str, second: str) -> bool:
    """Tell whether the second text runs on the plan of the first."""
    plans = Plans("sqlite")
    one, _ = plans.plan(shipped(), first, "62.0", False)
    two, _ = plans.plan(shipped(), second, "62.0", False)
    return one is two


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Id = '003000000000001AAA'", "Id = '003000000000002'"),
        ("LastName = 'a' AND FirstName LIKE 'b%'", "LastName = 'Z z' AND FirstName LIKE '_c'"),
        ("LastName IN ('a', 'b')", "LastName IN ('b', 'a')"),
        ("CreatedDate > 2026-01-01T00:00:00Z", "CreatedDate > 2026-06-01T00:00:00+02:00"),
        ("Birthdate = 2026-01-01 AND Email != 'x'", "Birthdate = 2026-01-02 AND Email != 'y'"),
        (
            "AccountId IN (SELECT Id FROM Account WHERE Name = 'a') AND LastName < 'b'",
            "AccountId IN (SELECT Id FROM Account WHERE Name = 'c') AND LastName < 'd'",
        ),
    ],
)
def test_texts_that_differ_in_literals_share_a_plan(first: str, second: str) -> None:
    assert planned_together(CONTACT + first, CONTACT + second)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("LastName = 'a'", "LastName = ''"),
        ("LastName = ''", "LastName = 'a'"),
        ("LastName = 'a'", "LastName = 'é'"),
        ("LastName = 'a'", "LastName = 'a\\'b'"),
        ("LastName IN ('a')", "LastName IN ('a', 'b')"),
        ("Birthdate = 2026-01-01", "Birthdate = TODAY"),
        ("DISTANCE(MailingAddress, GEOLOCATION(1, 2), 'mi') < 5", "DISTANCE(MailingAddress, GEOLOCATION(1, 2), 'km') < 5"),
        ("LastName = 'a' LIMIT 5", "LastName = 'b' LIMIT 6"),
    ],
)  # fmt: skip
def test_texts_that_differ_in_more_do_not(first: str, second: str) -> None:
    assert not planned_together(CONTACT + first, CONTACT + second)


@pytest.mark.parametrize(
    ("good", "bad", "code"),
    [
        ("Id = '003000000000001AAA'", "Id = 'nonsense'", "INVALID_QUERY_FILTER_OPERATOR"),
        ("Birthdate = 2026-01-01", "Birthdate = 2026-02-30", "MALFORMED_QUERY"),
        ("CreatedDate = 2026-01-01T00:00:00Z", "CreatedDate = 2026-01-01T25:00:00Z", "MALFORMED_QUERY"),
        ("CreatedDate = 2026-01-01T00:00:00Z", "CreatedDate = 2026-01-01", "INVALID_FIELD"),
        ("LastName = 'a'", "LastName = 2026-01-01", "INVALID_FIELD"),
        ("LastName = 'a'", "LastName = 'a\nb'", "MALFORMED_QUERY"),
        ("LastName = 'a'", f"LastName = '{'a' * 4001}'", "MALFORMED_QUERY"),
        ("LastName = 'a'", "LastName = '\\q'", "MALFORMED_QUERY"),
    ],
)
def test_a_wrong_literal_is_refused_at_its_place_whatever_was_planned_before(good: str, bad: str, code: str) -> None:
    plans = Plans("sqlite")

    def refused(known: Plans) -> OrgError:
        with pytest.raises(OrgError) as refusal:
            known.plan(shipped(), CONTACT + bad, "62.0", False)
        return refusal.value

    plans.plan(shipped(), CONTACT + good, "62.0", False)
    after, alone = refused(plans), refused(Plans("sqlite"))
    assert after.code == code
    assert after.message == alone.message


def test_the_catalog_and_the_version_count() -> None:
    plans = Plans("sqlite")
    text = CONTACT + "LastName = 'a'"
    other: Catalog = shipped().extended([{"name": "X__c", "fields": []}])
    made = [plans.plan(catalog, text, version, rows)[0] for catalog, version, rows in (
        (shipped(), "62.0", False), (other, "62.0", False), (shipped(), "61.0", False), (shipped(), "62.0", True))]  # fmt: skip
    assert len({id(plan) for plan in made}) == 4


def test_each_text_finds_its_own_rows(org: Org, caller: Caller, things: Make) -> None:
    ids = {
        name: things(Name=name, Text=name.upper(), Day="2026-01-02", Moment="2026-01-02T03:00:00Z") for name in "abc"
    }
    things(Name="child", Parent=ids["b"], Text="x")
    for name, id_ in ids.items():
        for where in (
            f"Id = '{id_}'", f"Id = '{id_[:15]}'", f"Text__c = '{name}'", f"Text__c LIKE '{name}%'", f"Name IN ('{name}', 'z')",
            f"Name = '{name}' AND Day__c = 2026-01-02 AND Moment__c < 2026-01-02T04:00:01+01:00",
        ):  # fmt: skip
            query = f"SELECT Name, (SELECT Name FROM Things__r WHERE Text__c != '{name}') FROM Thing__c WHERE {where}"
            [record] = org.query.run(caller, query).records
            assert record["Name"] == name, where
            assert (record["Things__r"] is not None) == (name == "b")
            grouped = (
                f"SELECT Name, COUNT(Id) n FROM Thing__c WHERE {where} GROUP BY ROLLUP(Name) HAVING Name = '{name}'"
            )
            assert [group["n"] for group in org.query.run(caller, grouped).records] == [1]
            assert org.query.run(caller, f"SELECT COUNT() FROM Thing__c WHERE {where}").total_size == 1
