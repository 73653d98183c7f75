"""Random things again: groups, subtotals, children with their pages, and semi-joins are those of plain Python."""

from collections import Counter
from datetime import date
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chatlift.emulator.org.caller import Caller
from chatlift.emulator.org.org import Org

from .test_evaluator import COMPARISON, THING, Condition, Thing, empty, evaluated, value_at, written

__all__ = ["empty"]

RELAXED = settings(
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)
KEYS = ["Flag__c", "Count__c", "Pick__c", "Parent__r.Flag__c", "Parent__r.Count__c", "CALENDAR_MONTH(Day__c)",
        "DAY_IN_WEEK(Day__c)", "WEEK_IN_YEAR(Moment__c)", "FISCAL_QUARTER(Day__c)", "DAY_ONLY(Moment__c)"]  # fmt: skip
AGGREGATES = ["COUNT(Id)", "COUNT(Day__c)", "COUNT_DISTINCT(Amount__c)", "SUM(Amount__c)", "AVG(Amount__c)",
              "MIN(Day__c)", "MAX(Amount__c)", "MIN(Moment__c)"]  # fmt: skip


def function_of(name: str, value: str | None) -> Any:
    """Return a date function's value."""
    if value is None:
        return None
    day = date.fromisoformat(value[:10])
    return {
        "CALENDAR_MONTH": day.month,
        "DAY_IN_WEEK": day.isoweekday() % 7 + 1,
        "WEEK_IN_YEAR": (day.timetuple().tm_yday - 1) // 7 + 1,
        "FISCAL_QUARTER": (day.month + 2) // 3,
        "DAY_ONLY": value[:10],
    }[name]


def key_of(thing: Thing, things: dict[str, Thing], key: str) -> Any:
    name, _, field = key.rstrip(")").partition("(")
    return function_of(name, thing[field]) if field else value_at(thing, things, key)


def aggregate_of(group: list[Thing], aggregate: str) -> Any:
    name, _, field = aggregate.rstrip(")").partition("(")
    values = [thing[field] for thing in group if thing.get(field) is not None]
    if name == "COUNT":
        return len(group) if field == "Id" else len(values)
    if name == "COUNT_DISTINCT":
        return len(set(values))
    if not values:
        return None
    return {"SUM": sum, "AVG": lambda v: sum(v) / len(v), "MIN": min, "MAX": max}[name](values)  # type: ignore[operator]


@RELAXED
@given(
    documents=st.lists(THING, min_size=4, max_size=9),
    condition=COMPARISON,
    keys=st.lists(st.sampled_from(KEYS), min_size=1, max_size=3, unique=True),
    aggregates=st.lists(st.sampled_from(AGGREGATES), max_size=3, unique=True),
    kind=st.sampled_from(["", "ROLLUP", "CUBE"]),
    least=st.integers(0, 2),
)
def test_groups_are_those_of_the_evaluator(
    org: Org,
    caller: Caller,
    empty: None,
    documents: list[Thing],
    condition: Condition,
    keys: list[str],
    aggregates: list[str],
    kind: str,
    least: int,
) -> None:
    things = written(org, documents)
    found = [things[id_] for id_ in evaluated(things, condition, [], None, None)]
    shown = [f"{key} k{number}" for number, key in enumerate(keys)]
    if kind:
        shown += [f"GROUPING({key}) g{number}" for number, key in enumerate(keys)]
    shown += [f"{aggregate} a{number}" for number, aggregate in enumerate(aggregates)]
    by = f"{kind}({', '.join(keys)})" if kind else ", ".join(keys)
    query = f"SELECT {', '.join(shown)} FROM Thing__c WHERE {condition.text} GROUP BY {by} HAVING COUNT(Id) > {least}"
    rows = Counter(tuple(record.values())[1:] for record in org.query.run(caller, query).records)

    chosen = [frozenset(keys)]
    if kind == "ROLLUP":
        chosen = [frozenset(keys[:length]) for length in range(len(keys) + 1)]
    elif kind == "CUBE":
        chosen = [frozenset(key for bit, key in enumerate(keys) if bits >> bit & 1) for bits in range(2 ** len(keys))]
    expected: Counter[tuple[Any, ...]] = Counter()
    for kept in chosen:
        groups: dict[tuple[Any, ...], list[Thing]] = {} if kept else {(None,) * len(keys): []}
        for thing in found:
            values = tuple(key_of(thing, things, key) if key in kept else None for key in keys)
            groups.setdefault(values, []).append(thing)
        for values, group in groups.items():
            if len(group) > least:
                rolled = tuple(int(key not in kept) for key in keys) if kind else ()
                expected[*values, *rolled, *(aggregate_of(group, aggregate) for aggregate in aggregates)] += 1
    assert rows == expected, query


@RELAXED
@given(
    documents=st.lists(THING, min_size=4, max_size=9),
    parents=COMPARISON,
    children=COMPARISON,
    descending=st.booleans(),
    limit=st.one_of(st.none(), st.integers(0, 5)),
    size=st.integers(1, 4),
)
def test_children_are_those_of_the_evaluator(
    org: Org,
    caller: Caller,
    empty: None,
    documents: list[Thing],
    parents: Condition,
    children: Condition,
    descending: bool,
    limit: int | None,
    size: int,
) -> None:
    things = written(org, documents)
    window = "" if limit is None else f" LIMIT {limit}"
    words = "DESC NULLS LAST" if descending else "ASC"
    query = (
        f"SELECT Id, (SELECT Id FROM Things__r WHERE {children.text} ORDER BY Count__c {words}{window}) FROM Thing__c"
        f" WHERE {parents.text}"
    )
    found: dict[str, list[str]] = {}
    page = org.query.run(caller, query, batch_size=size)
    while True:
        for record in page.records:
            found[record["Id"]] = _all_of(org, caller, record["Things__r"], size)
        if page.next_locator is None:
            break
        page = org.query.more(caller, page.next_locator, batch_size=size)
    order = [("", "Count__c", descending, " NULLS LAST" if descending else "")]
    expected = {}
    for id_ in evaluated(things, parents, [], None, None):
        own = [child for child in evaluated(things, children, order, None, None) if things[child]["Parent__c"] == id_]
        expected[id_] = own if limit is None else own[:limit]
    assert found == expected, query


def _all_of(org: Org, caller: Caller, result: dict[str, Any] | None, size: int) -> list[str]:
    if result is None:
        return []
    ids = [record["Id"] for record in result["records"]]
    locator = None if result["done"] else result["nextRecordsUrl"].rpartition("/")[2]
    while locator:
        page = org.query.more(caller, locator, batch_size=size)
        ids += [record["Id"] for record in page.records]
        locator = page.next_locator
    assert len(ids) == result["totalSize"]
    return ids


@RELAXED
@given(
    documents=st.lists(THING, min_size=4, max_size=9),
    outer=COMPARISON,
    inner=COMPARISON,
    negated=st.booleans(),
    upwards=st.booleans(),
)
def test_semi_joins_are_those_of_the_evaluator(
    org: Org, caller: Caller, empty: None, documents: list[Thing], outer: Condition, inner: Condition, negated: bool, upwards: bool
) -> None:  # fmt: skip
    things = written(org, documents)
    left, selected = ("Parent__c", "Id") if upwards else ("Id", "Parent__c")
    word = "NOT IN" if negated else "IN"
    query = (
        f"SELECT Id FROM Thing__c WHERE ({outer.text}) AND {left} {word} "
        f"(SELECT {selected} FROM Thing__c WHERE {inner.text})"
    )
    among = {
        things[id_]["Parent__c"] if selected == "Parent__c" else id_ for id_ in evaluated(things, inner, [], None, None)
    } - {None}
    expected = [
        id_
        for id_ in evaluated(things, outer, [], None, None)
        if ((things[id_]["Parent__c"] if left == "Parent__c" else id_) in among) != negated
    ]
    assert [record["Id"] for record in org.query.run(caller, query).records] == expected, query
