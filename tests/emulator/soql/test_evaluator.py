"""Random things and random queries: the engine's rows are those of a plain evaluator without SQL.

The evaluator is written from the rules (guide: "Comparison operators", "null in SOQL queries", "ORDER BY"), record by
record: what it cannot know is false, NOT inverts, text is compared without its case, nulls come first.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chatlift.emulator.org.caller import Caller
from chatlift.emulator.org.org import Org

Thing = dict[str, Any]
TODAY = date(2026, 6, 17)

TEXTS = ["a", "A", "ab", "B", "b%", "b_", "é", "É", "ß", "ı", "\u212a", "k", "a;b", "x'y", "back\\slash", "Z"]
PICKS = ["Small", "Large", "Äther", "medium"]
MULTIS = ["a", "b", "a;b", "ab", "a;b;c", "c"]
NUMBERS = [-2, 0, 1, 5]
AMOUNTS = [-0.5, 0.0, 1.0, 2.25]
DAYS = [(TODAY + timedelta(days=days)).isoformat() for days in (-8, -2, -1, 0, 1, 7)]
MOMENTS = [f"{day}T{hour}.000+0000" for day in DAYS for hour in ("00:00:00", "23:59:59")]
PREFIXES = ["", "Parent__r.", "Parent__r.Parent__r."]
PLAIN_VALUES: list[tuple[str, list[Any]]] = [
    ("Count__c", [*NUMBERS, 0.5]),
    ("Amount__c", [*AMOUNTS, 1]),
    ("Day__c", DAYS),
    ("Moment__c", MOMENTS),
]
LIST_VALUES: list[tuple[str, list[Any]]] = [
    ("Text__c", TEXTS),
    ("Count__c", NUMBERS),
    ("Day__c", DAYS),
    ("Pick__c", PICKS),
]


@dataclass(frozen=True)
class Condition:
    """A condition as text and as a function of a thing and of all things by id."""

    text: str
    holds: Callable[[Thing, dict[str, Thing]], bool]


# --- values -----------------------------------------------------------------------------------------------------------


def fold(text: str) -> str:
    """Lower-case letters one by one; a letter outside ASCII never becomes an ASCII one."""
    letters = []
    for letter in text:
        lower = letter.casefold() if len(letter.casefold()) == 1 else letter.lower()
        letters.append(letter if len(lower) != 1 or (lower.isascii() and not letter.isascii()) else lower)
    return "".join(letters)


def quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def value_at(thing: Thing, things: dict[str, Thing], path: str) -> Any:
    """Return the value of a path; a missing parent is null, and a boolean then is false."""
    *parents, field = path.split(".")
    current: Thing | None = thing
    for _ in parents:
        current = things.get(current["Parent__c"]) if current and current["Parent__c"] else None
    value = current[field] if current else None
    return bool(value) if field == "Flag__c" else value


def like(value: str, pattern: list[tuple[str, bool]]) -> bool:
    """Match folded text against (character, is wild) pairs."""
    if not pattern:
        return not value
    (character, wild), rest = pattern[0], pattern[1:]
    if wild and character == "%":
        return any(like(value[start:], rest) for start in range(len(value) + 1))
    return bool(value) and (wild or fold(value[0]) == fold(character)) and like(value[1:], rest)


def compare(operator: str, left: Any, right: Any) -> bool:
    if operator in ("=", "!="):
        return bool(left == right) == (operator == "=")
    if left is None or right is None:
        return False
    return bool({"<": left < right, "<=": left <= right, ">": left > right, ">=": left >= right}[operator])


# --- conditions -------------------------------------------------------------------------------------------------------

OPERATORS = st.sampled_from(["=", "!=", "<", "<=", ">", ">="])
EQUALITY = st.sampled_from(["=", "!="])
PREFIX = st.sampled_from(PREFIXES)


@st.composite
def text_comparison(draw: st.DrawFn) -> Condition:
    path = draw(PREFIX) + draw(st.sampled_from(["Text__c", "Pick__c"]))
    operator, literal = draw(OPERATORS), draw(st.sampled_from([*TEXTS, *PICKS]))
    return Condition(
        f"{path} {operator} {quoted(literal)}",
        lambda thing, things: compare(
            operator, None if (value := value_at(thing, things, path)) is None else fold(value), fold(literal)
        ),
    )


@st.composite
def null_comparison(draw: st.DrawFn) -> Condition:
    path = draw(PREFIX) + draw(
        st.sampled_from(["Text__c", "Count__c", "Flag__c", "Day__c", "Moment__c", "Multi__c", "Parent__c"])
    )
    operator = draw(EQUALITY)
    null = draw(st.sampled_from(["null", "''"])) if path.endswith("Text__c") else "null"
    return Condition(
        f"{path} {operator} {null}",
        lambda thing, things: ((value := value_at(thing, things, path)) is None or value is False) == (operator == "="),
    )


@st.composite
def plain_comparison(draw: st.DrawFn) -> Condition:
    field, values = draw(st.sampled_from(PLAIN_VALUES))
    path, operator, value = draw(PREFIX) + field, draw(OPERATORS), draw(st.sampled_from(values))
    return Condition(
        f"{path} {operator} {value}", lambda thing, things: compare(operator, value_at(thing, things, path), value)
    )


@st.composite
def boolean_comparison(draw: st.DrawFn) -> Condition:
    path, operator, value = draw(PREFIX) + "Flag__c", draw(EQUALITY), draw(st.booleans())
    return Condition(
        f"{path} {operator} {str(value).lower()}",
        lambda thing, things: compare(operator, value_at(thing, things, path), value),
    )


@st.composite
def pattern_comparison(draw: st.DrawFn) -> Condition:
    path = draw(PREFIX) + "Text__c"
    pieces = draw(
        st.lists(st.sampled_from(["a", "B", "é", "%", "_", "\\%", "\\_", "\\\\", "\\'", "k", "\u212a"]), max_size=4)
    )
    pattern = [(piece[-1], piece in "%_") for piece in pieces]

    def holds(thing: Thing, things: dict[str, Thing]) -> bool:
        value = value_at(thing, things, path)
        return value is not None and like(value, pattern)

    return Condition(f"{path} LIKE '{''.join(pieces)}'", holds)


@st.composite
def list_comparison(draw: st.DrawFn) -> Condition:
    field, values = draw(st.sampled_from(LIST_VALUES))
    path = draw(PREFIX) + field
    items = draw(st.lists(st.sampled_from([*values, None]), min_size=1, max_size=4))
    is_text = field in ("Text__c", "Pick__c")
    words = ["null" if item is None else quoted(str(item)) if is_text else str(item) for item in items]
    negated = draw(st.booleans())

    def holds(thing: Thing, things: dict[str, Thing]) -> bool:
        value = value_at(thing, things, path)
        if is_text and value is not None:
            return (fold(value) in {fold(str(item)) for item in items if item is not None}) != negated
        return (value in items) != negated

    return Condition(f"{path} {'NOT IN' if negated else 'IN'} ({', '.join(words)})", holds)


@st.composite
def set_comparison(draw: st.DrawFn) -> Condition:
    path = draw(PREFIX) + "Multi__c"
    items = draw(st.lists(st.sampled_from(MULTIS), min_size=1, max_size=3))
    negated = draw(st.booleans())

    def holds(thing: Thing, things: dict[str, Thing]) -> bool:
        value = value_at(thing, things, path)
        has = value is not None and any(set(item.split(";")) <= set(value.split(";")) for item in items)
        return has != negated

    return Condition(f"{path} {'EXCLUDES' if negated else 'INCLUDES'} ({', '.join(map(quoted, items))})", holds)


@st.composite
def date_comparison(draw: st.DrawFn) -> Condition:
    """Named dates, for a user in UTC whose week begins on Sunday."""
    literal, first, last = draw(
        st.sampled_from(
            [
                ("TODAY", 0, 0),
                ("YESTERDAY", -1, -1),
                ("LAST_N_DAYS:2", -2, 0),
                ("NEXT_N_DAYS:7", 1, 7),
                ("THIS_WEEK", -3, 3),
            ]
        )
    )
    path, operator = draw(PREFIX) + draw(st.sampled_from(["Day__c", "Moment__c"])), draw(OPERATORS)
    start, end = ((TODAY + timedelta(days=days)).isoformat() for days in (first, last))

    def holds(thing: Thing, things: dict[str, Thing]) -> bool:
        value = value_at(thing, things, path)
        if value is None:
            return operator == "!="
        day: str = value[:10]
        return {
            "=": start <= day <= end,
            "!=": not start <= day <= end,
            "<": day < start,
            "<=": day <= end,
            ">": day > end,
            ">=": day >= start,
        }[operator]

    return Condition(f"{path} {operator} {literal}", holds)


COMPARISON = st.one_of(
    text_comparison(),
    null_comparison(),
    plain_comparison(),
    boolean_comparison(),
    pattern_comparison(),
    list_comparison(),
    set_comparison(),
    date_comparison(),
)


def _grown(inner: st.SearchStrategy[Condition]) -> st.SearchStrategy[Condition]:
    several = st.lists(inner, min_size=2, max_size=3)
    return st.one_of(
        several.map(
            lambda parts: Condition(
                " AND ".join(f"({part.text})" for part in parts),
                lambda thing, things: all(part.holds(thing, things) for part in parts),
            )
        ),
        several.map(
            lambda parts: Condition(
                " OR ".join(f"({part.text})" for part in parts),
                lambda thing, things: any(part.holds(thing, things) for part in parts),
            )
        ),
        inner.map(lambda part: Condition(f"NOT ({part.text})", lambda thing, things: not part.holds(thing, things))),
    )


CONDITION = st.recursive(COMPARISON, _grown, max_leaves=6)

# --- things -----------------------------------------------------------------------------------------------------------


def _maybe(values: list[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(st.none(), st.sampled_from(values))


THING = st.fixed_dictionaries(
    {
        "Text__c": _maybe(TEXTS),
        "Pick__c": _maybe([*PICKS, "other"]),
        "Multi__c": _maybe(MULTIS),
        "Flag__c": st.booleans(),
        "Count__c": _maybe(NUMBERS),
        "Amount__c": _maybe(AMOUNTS),
        "Day__c": _maybe(DAYS),
        "Moment__c": _maybe(MOMENTS),
        "parent": _maybe([0, 1, 2, 3]),
    }
)
ORDER = st.lists(
    st.tuples(
        PREFIX,
        st.sampled_from(["Text__c", "Pick__c", "Flag__c", "Count__c", "Amount__c", "Day__c", "Moment__c"]),
        st.booleans(),
        st.sampled_from(["", " NULLS FIRST", " NULLS LAST"]),
    ),
    max_size=3,
)


def _sort_value(field: str, value: Any) -> Any:
    if field == "Pick__c":
        return PICKS.index(value) if value in PICKS else len(PICKS), fold(value)
    return fold(value) if field == "Text__c" else value


def evaluated(
    things: dict[str, Thing],
    condition: Condition,
    order: list[tuple[str, str, bool, str]],
    limit: int | None,
    offset: int | None,
) -> list[str]:
    """Return the ids that a query gives, by the rules and without SQL."""
    found = sorted(id_ for id_, thing in things.items() if condition.holds(thing, things))
    for prefix, field, descending, nulls in reversed(order):
        with_value: list[str] = []
        without: list[str] = []
        for id_ in found:
            value = value_at(things[id_], things, prefix + field)
            (without if value is None else with_value).append(id_)
        with_value.sort(
            key=lambda id_: _sort_value(field, value_at(things[id_], things, prefix + field)),
            reverse=descending,
        )
        found = with_value + without if nulls == " NULLS LAST" else without + with_value
    found = found[offset or 0 :]
    return found if limit is None else found[:limit]


@pytest.fixture
def empty(org: Org) -> Iterator[None]:
    yield
    with org.store.write() as transaction:
        transaction.run('DELETE FROM "Thing__c"')


# The org is the same for all examples: each begins by removing the things of the one before.
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large])
@given(
    documents=st.lists(THING, min_size=4, max_size=9),
    condition=CONDITION,
    order=ORDER,
    limit=st.one_of(st.none(), st.integers(0, 5)),
    offset=st.one_of(st.none(), st.integers(0, 3)),
)
def test_rows_are_those_of_the_evaluator(
    org: Org,
    caller: Caller,
    empty: None,
    documents: list[Thing],
    condition: Condition,
    order: list[tuple[str, str, bool, str]],
    limit: int | None,
    offset: int | None,
) -> None:
    things = written(org, documents)
    keys = ", ".join(
        f"{prefix}{field}{' DESC' if descending else ''}{nulls}" for prefix, field, descending, nulls in order
    )
    query = f"SELECT Id FROM Thing__c WHERE {condition.text}"
    query += f" ORDER BY {keys}" if keys else ""
    query += "" if limit is None else f" LIMIT {limit}"
    query += "" if offset is None else f" OFFSET {offset}"
    expected = evaluated(things, condition, order, limit, offset)
    assert [record["Id"] for record in org.query.run(caller, query).records] == expected, query
    count = org.query.run(caller, f"SELECT COUNT() FROM Thing__c WHERE {condition.text}").total_size
    assert count == len(evaluated(things, condition, [], None, None))


def written(org: Org, documents: list[Thing]) -> dict[str, Thing]:
    """Put the things in the place of those of the example before; return them by id."""
    sobject = org.catalog.get("Thing__c")
    org.store.ensure(sobject)
    things: dict[str, Thing] = {}
    ids = [f"{sobject.key_prefix}{number:012d}AAA" for number in range(len(documents))]
    with org.store.write() as transaction:
        transaction.run('DELETE FROM "Thing__c"')
        for id_, document in zip(ids, documents, strict=True):
            parent = document["parent"]
            row = {name: value for name, value in document.items() if name != "parent"}
            row |= {"Id": id_, "IsDeleted": False, "Parent__c": None if parent is None else ids[parent]}
            transaction.insert(sobject, row)
            things[id_] = row
    return things


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(documents=st.lists(THING, min_size=4, max_size=9), condition=CONDITION, comparison=COMPARISON)
def test_a_condition_and_its_inverse_part_all_rows(
    org: Org, caller: Caller, empty: None, documents: list[Thing], condition: Condition, comparison: Condition
) -> None:
    everything = written(org, documents).keys()

    def ids(where: str) -> list[str]:
        return [record["Id"] for record in org.query.run(caller, f"SELECT Id FROM Thing__c WHERE {where}").records]

    for text in (condition.text, comparison.text):
        assert sorted(ids(text) + ids(f"NOT ({text})")) == sorted(everything)


@pytest.mark.parametrize(
    ("field", "value"), [("Text__c", "'b'"), ("Count__c", "1"), ("Day__c", "TODAY"), ("Moment__c", "TODAY")]
)
@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(documents=st.lists(THING, min_size=4, max_size=9))
def test_comparisons_part_the_rows(
    org: Org, caller: Caller, empty: None, field: str, value: str, documents: list[Thing]
) -> None:
    things = written(org, documents)

    def ids(operator: str) -> set[str]:
        query = f"SELECT Id FROM Thing__c WHERE {field} {operator} {value}"
        return {record["Id"] for record in org.query.run(caller, query).records}

    present = {id_ for id_, thing in things.items() if thing[field] is not None}
    assert ids("=") ^ ids("!=") == things.keys()
    assert ids("<") ^ ids(">=") == present
    assert ids("<=") ^ ids(">") == present
