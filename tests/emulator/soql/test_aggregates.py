"""Groups of rows: functions, keys, HAVING, subtotals, order, and the shape of the answer."""

from collections import Counter
from collections.abc import Callable
from itertools import combinations
from typing import Any

import pytest

from chatlift.emulator.errors import OrgError
from chatlift.emulator.org.caller import Caller
from chatlift.emulator.org.org import Org

Make = Callable[..., str]


@pytest.fixture
def six(things: Make) -> None:
    """Six things in two flags, three texts, and with all kinds of values."""
    things(
        Name="1",
        Text="b",
        Flag=True,
        Count=1,
        Amount=0.5,
        Day="2025-12-31",
        Moment="2025-12-31T23:30:00Z",
        Pick="Large",
    )
    things(Name="2", Text="b", Flag=True, Count=2, Day="2026-01-01", Moment="2026-01-01T00:30:00Z", Pick="Small")
    things(Name="3", Text="B", Count=4, Amount=1.5, Day="2026-03-15", Moment="2026-03-15T12:00:00Z", Pick="medium")
    things(Name="4", Text="c", Count=8, Amount=2.25, Day="2026-03-29", Moment="2026-03-29T00:30:00Z")
    things(Name="5", Text="É", Flag=True, Day="2026-12-31", Moment="2026-12-31T12:00:00Z")
    things(Name="6")


def groups(org: Org, caller: Caller, query: str) -> list[dict[str, Any]]:
    """Return the groups of a query without their attributes."""
    result = org.query.run(caller, query)
    assert result.done
    assert result.total_size == len(result.records)
    for record in result.records:
        assert record.pop("attributes") == {"type": "AggregateResult"}
    return result.records


def one(org: Org, caller: Caller, selected: str) -> Any:
    [group] = groups(org, caller, f"SELECT {selected} FROM Thing__c")
    [value] = group.values()
    return value


@pytest.mark.usefixtures("six")
@pytest.mark.parametrize(
    ("function", "value"),
    [
        ("COUNT(Id)", 6),
        ("COUNT(Count__c)", 4),
        ("COUNT(Parent__r.Name)", 0),
        ("COUNT_DISTINCT(Flag__c)", 2),
        ("COUNT_DISTINCT(Text__c)", 4),
        ("SUM(Count__c)", 15.0),
        ("SUM(Amount__c)", 4.25),
        ("AVG(Count__c)", 3.75),
        ("MIN(Count__c)", 1),
        ("MAX(Amount__c)", 2.25),
        ("MIN(Text__c)", "B"),
        ("MAX(Text__c)", "É"),
        ("MIN(Pick__c)", "Small"),
        ("MAX(Pick__c)", "medium"),
        ("MIN(Day__c)", "2025-12-31"),
        ("MAX(Moment__c)", "2026-12-31T12:00:00.000+0000"),
        ("MAX(Parent__r.Text__c)", None),
        ("SUM(Parent__r.Count__c)", None),
        ("MAX(CALENDAR_MONTH(Day__c))", 12),
    ],
)
def test_a_function_of_all_rows(org: Org, caller: Caller, function: str, value: Any) -> None:
    found = one(org, caller, function)
    assert found == value
    assert type(found) is type(value)


def test_functions_of_no_rows(org: Org, caller: Caller, things: Make) -> None:
    [group] = groups(org, caller, "SELECT COUNT(Id), SUM(Count__c), MAX(Text__c) FROM Thing__c WHERE Name = 'nobody'")
    assert group == {"expr0": 0, "expr1": None, "expr2": None}
    assert groups(org, caller, "SELECT Text__c, COUNT(Id) FROM Thing__c WHERE Name = 'nobody' GROUP BY Text__c") == []


@pytest.mark.usefixtures("six")
def test_keys_of_the_answer(org: Org, caller: Caller) -> None:
    query = "SELECT COUNT(Id), Flag__c, SUM(Count__c) total, CreatedBy.Name, MAX(Count__c) FROM Thing__c GROUP BY Flag__c, CreatedBy.Name"
    found = groups(org, caller, query)
    name = (org.users.by_id(caller.user_id) or {})["Name"]
    assert [list(group.items()) for group in found] == [
        [("expr0", 3), ("Flag__c", False), ("total", 12.0), ("Name", name), ("expr1", 8)],
        [("expr0", 3), ("Flag__c", True), ("total", 3.0), ("Name", name), ("expr1", 2)],
    ]
    assert found[0]["Flag__c"] is False


@pytest.mark.usefixtures("six")
def test_nulls_are_one_group_and_text_is_grouped_as_it_is(org: Org, caller: Caller) -> None:
    found = groups(org, caller, "SELECT Text__c t, COUNT(Id) n FROM Thing__c GROUP BY Text__c")
    assert Counter({group["t"]: group["n"] for group in found}) == Counter({None: 1, "b": 2, "B": 1, "c": 1, "É": 1})
    assert found[0]["t"] is None


@pytest.mark.usefixtures("six")
@pytest.mark.parametrize(
    ("having", "texts"),
    [
        ("COUNT(Id) > 1", ["b"]),
        ("COUNT(Id) = 1 AND Text__c != null", ["B", "c", "É"]),
        ("NOT COUNT(Id) = 1", ["b"]),
        ("Text__c IN ('C', 'é')", ["c", "É"]),
        ("Text__c LIKE 'b%'", ["B", "b"]),
        ("SUM(Count__c) = null", [None, "É"]),
        ("MAX(Amount__c) >= 1.5 OR MIN(Day__c) = 2026-12-31", ["B", "c", "É"]),
        ("MAX(Moment__c) < THIS_YEAR OR MIN(Name) = '1'", ["b"]),
        ("MAX(Name) > '4'", [None, "É"]),
    ],
)
def test_having_selects_groups(org: Org, caller: Caller, having: str, texts: list[str | None]) -> None:
    found = groups(org, caller, f"SELECT Text__c FROM Thing__c GROUP BY Text__c HAVING {having} ORDER BY Text__c")
    assert sorted((group["Text__c"] for group in found), key=str) == sorted(texts, key=str)


@pytest.mark.usefixtures("six")
@pytest.mark.parametrize(
    ("order", "picks"),
    [
        ("Pick__c", [None, "Small", "Large", "medium"]),
        ("Pick__c DESC NULLS LAST", ["medium", "Large", "Small", None]),
        ("SUM(Count__c) NULLS LAST", ["Large", "Small", "medium", None]),
        ("COUNT(Id) DESC, Pick__c", [None, "Small", "Large", "medium"]),
        ("MAX(Name) DESC", [None, "medium", "Small", "Large"]),
    ],
)
def test_groups_are_ordered(org: Org, caller: Caller, order: str, picks: list[str | None]) -> None:
    found = groups(org, caller, f"SELECT Pick__c FROM Thing__c GROUP BY Pick__c ORDER BY {order}")
    assert [group["Pick__c"] for group in found] == picks
    found = groups(org, caller, f"SELECT Pick__c FROM Thing__c GROUP BY Pick__c ORDER BY {order} LIMIT 2 OFFSET 1")
    assert [group["Pick__c"] for group in found] == picks[1:3]


FUNCTIONS = [
    ("CALENDAR_YEAR", [2025, 2026, 2026, 2026, 2026]),
    ("CALENDAR_QUARTER", [4, 1, 1, 1, 4]),
    ("CALENDAR_MONTH", [12, 1, 3, 3, 12]),
    ("DAY_IN_MONTH", [31, 1, 15, 29, 31]),
    ("DAY_IN_WEEK", [4, 5, 1, 1, 5]),
    ("DAY_IN_YEAR", [365, 1, 74, 88, 365]),
    ("WEEK_IN_MONTH", [5, 1, 3, 5, 5]),
    ("WEEK_IN_YEAR", [53, 1, 11, 13, 53]),
    ("FISCAL_YEAR", [2025, 2026, 2026, 2026, 2026]),
    ("FISCAL_QUARTER", [4, 1, 1, 1, 4]),
    ("FISCAL_MONTH", [12, 1, 3, 3, 12]),
]


@pytest.mark.usefixtures("six")
@pytest.mark.parametrize(("function", "values"), FUNCTIONS)
@pytest.mark.parametrize("field", ["Day__c", "Moment__c"])
def test_date_functions(org: Org, caller: Caller, function: str, values: list[int], field: str) -> None:
    found = groups(org, caller, f"SELECT {function}({field}) v, COUNT(Id) n FROM Thing__c GROUP BY {function}({field})")
    assert {group["v"]: group["n"] for group in found} == Counter([*values, None])
    for value in set(values):
        where = f"SELECT COUNT() FROM Thing__c WHERE {function}({field}) = {value}"
        assert org.query.run(caller, where).total_size == values.count(value)


@pytest.mark.usefixtures("six")
def test_functions_of_moments(org: Org, caller: Caller) -> None:
    found = groups(
        org, caller, "SELECT HOUR_IN_DAY(Moment__c), COUNT(Id) n FROM Thing__c GROUP BY HOUR_IN_DAY(Moment__c)"
    )
    assert found == [{"expr0": hour, "n": n} for hour, n in ((None, 1), (0, 2), (12, 2), (23, 1))]
    found = groups(
        org,
        caller,
        "SELECT DAY_ONLY(Moment__c) d FROM Thing__c WHERE DAY_ONLY(Moment__c) > 2026-03-15 GROUP BY DAY_ONLY(Moment__c)",
    )
    assert [group["d"] for group in found] == ["2026-03-29", "2026-12-31"]
    found = groups(org, caller, "SELECT COUNT(Id) FROM Thing__c WHERE DAY_ONLY(Moment__c) = THIS_YEAR")
    assert found == [{"expr0": 4}]


@pytest.mark.usefixtures("six")
def test_moments_move_into_the_users_zone(org: Org) -> None:
    fields = {"Username": "b@x.test", "LastName": "B", "TimeZoneSidKey": "Europe/Berlin"}
    berliner = Caller(org.seed({"records": [{"object": "User", "ref": "u", "fields": fields}]})["u"])
    zoned = "CALENDAR_YEAR(convertTimezone(Moment__c))"
    found = groups(org, berliner, f"SELECT {zoned} y, COUNT(Id) n FROM Thing__c GROUP BY {zoned}")
    assert found == [{"y": None, "n": 1}, {"y": 2026, "n": 5}]
    zoned = "HOUR_IN_DAY(convertTimezone(Moment__c))"
    found = groups(org, berliner, f"SELECT {zoned} h FROM Thing__c WHERE Moment__c != null GROUP BY {zoned}")
    assert [group["h"] for group in found] == [0, 1, 13]
    found = groups(org, berliner, f"SELECT COUNT(Id) FROM Thing__c WHERE {zoned} = 1")
    assert found == [{"expr0": 2}]  # 01:30 on New Year's Day, and before the clocks change in March


@pytest.mark.usefixtures("six")
@pytest.mark.parametrize(
    ("by_start", "years"), [(False, [2026, 2026, 2026, 2026, 2027]), (True, [2025, 2025, 2025, 2025, 2026])]
)
def test_fiscal_periods_follow_the_organization(org: Org, caller: Caller, by_start: bool, years: list[int]) -> None:
    organization = org.users.organization["Id"]

    def settle(month: int, start: bool) -> None:
        with org.store.write() as transaction:
            values = {"FiscalYearStartMonth": month, "UsesStartDateAsFiscalYearName": start}
            transaction.update(org.catalog.get("Organization"), organization, values)

    settle(4, by_start)
    try:
        found = groups(
            org, caller, "SELECT FISCAL_YEAR(Day__c) v, COUNT(Id) n FROM Thing__c GROUP BY FISCAL_YEAR(Day__c)"
        )
        assert {group["v"]: group["n"] for group in found} == Counter([*years, None])
        found = groups(
            org, caller, "SELECT FISCAL_QUARTER(Day__c) v, COUNT(Id) n FROM Thing__c GROUP BY FISCAL_QUARTER(Day__c)"
        )
        assert {group["v"]: group["n"] for group in found} == Counter([3, 4, 4, 4, 3, None])
        found = groups(org, caller, "SELECT MAX(FISCAL_MONTH(Day__c)) m FROM Thing__c")
        assert found == [{"m": 12}]
    finally:
        settle(1, False)


@pytest.mark.usefixtures("six")
@pytest.mark.parametrize("kind", ["ROLLUP", "CUBE"])
def test_subtotals_stand_beside_their_groups(org: Org, caller: Caller, kind: str) -> None:
    keys = ["Flag__c", "Text__c", "CALENDAR_YEAR(Day__c)"]
    selected = "Flag__c f, Text__c t, CALENDAR_YEAR(Day__c) y"
    flags = ", ".join(f"GROUPING({key}) g{number}" for number, key in enumerate(keys))
    query = f"SELECT {selected}, {flags}, COUNT(Id) n, SUM(Count__c) s FROM Thing__c GROUP BY {kind}({', '.join(keys)})"
    found = groups(org, caller, query)
    plain = groups(
        org, caller, f"SELECT {selected}, COUNT(Id) n, SUM(Count__c) s FROM Thing__c GROUP BY {', '.join(keys)}"
    )
    names = ["f", "t", "y"]
    sets = (
        [names[:length] for length in range(4)]
        if kind == "ROLLUP"
        else [list(c) for n in range(4) for c in combinations(names, n)]
    )
    expected = []
    for kept in sets:
        totals: dict[tuple[Any, ...], list[Any]] = {}
        for group in plain:
            total = totals.setdefault(tuple(group[name] for name in kept), [0, None])
            total[0] += group["n"]
            if group["s"] is not None:
                total[1] = (total[1] or 0) + group["s"]
        for values, (n, s) in totals.items():
            row = dict.fromkeys(names) | dict(zip(kept, values, strict=True))
            expected.append(
                row | {f"g{number}": int(name not in kept) for number, name in enumerate(names)} | {"n": n, "s": s}
            )
    assert sorted(map(str, found)) == sorted(map(str, expected))


@pytest.mark.usefixtures("six")
def test_subtotals_are_selected_and_ordered_by_grouping(org: Org, caller: Caller) -> None:
    rolled = "FROM Thing__c GROUP BY ROLLUP(Flag__c)"
    found = groups(org, caller, f"SELECT Flag__c, COUNT(Id) n {rolled} HAVING GROUPING(Flag__c) = 1")
    assert found == [{"Flag__c": None, "n": 6}]
    found = groups(org, caller, f"SELECT Flag__c, COUNT(Id) n {rolled} ORDER BY GROUPING(Flag__c) DESC, Flag__c DESC")
    assert [group["Flag__c"] for group in found] == [None, True, False]


def test_deleted_rows_are_in_no_group(org: Org, caller: Caller, things: Make) -> None:
    things(Name="live", Count=1)
    gone = things(Name="gone", Count=2)
    with org.store.write() as transaction:
        transaction.update(org.catalog.get("Thing__c"), gone, {"IsDeleted": True})
    assert one(org, caller, "SUM(Count__c)") == 1.0
    assert org.query.run(caller, "SELECT SUM(Count__c) s FROM Thing__c", all_rows=True).records[0]["s"] == 3.0


def test_conditions_and_semi_joins_go_before_groups(org: Org, caller: Caller, things: Make) -> None:
    parent = things(Name="p", Count=5)
    things(Name="c", Parent=parent, Count=7)
    query = "SELECT SUM(Count__c) s FROM Thing__c WHERE Id IN (SELECT Parent__c FROM Thing__c) AND Name LIKE 'p%'"
    assert groups(org, caller, query) == [{"s": 5.0}]


def test_more_than_2000_groups_have_no_second_page(org: Org, caller: Caller, things: Make) -> None:
    sobject = org.catalog.get("Thing__c")
    org.store.ensure(sobject)
    with org.store.write() as transaction:
        for number in range(2001):
            transaction.insert(
                sobject, {"Id": f"{sobject.key_prefix}{number:012d}AAA", "Count__c": number, "IsDeleted": False}
            )
    query = "SELECT Count__c, COUNT(Id) FROM Thing__c GROUP BY Count__c"
    with pytest.raises(OrgError) as refusal:
        org.query.run(caller, query)
    assert refusal.value.code == "EXCEEDED_ID_LIMIT"
    assert refusal.value.message == (
        "Aggregate query does not support queryMore(), use LIMIT to restrict the results to a single batch"
    )
    assert org.query.run(caller, f"{query} LIMIT 2000").total_size == 2000
