"""What WHERE selects: every operator on every type, with nulls, on both databases."""

from collections.abc import Callable
from typing import Any

import pytest

from chatlift.emulator.errors import OrgError
from chatlift.emulator.org.caller import Caller
from chatlift.emulator.org.org import Org

Make = Callable[..., str]


def names(org: Org, caller: Caller, where: str) -> list[str]:
    """Return the names of the things that a condition selects, in alphabetical order."""
    found = org.query.run(caller, f"SELECT Name FROM Thing__c WHERE {where}").records
    return sorted(record["Name"] for record in found)


CASES: dict[str, tuple[dict[str, dict[str, Any]], list[tuple[str, str]]]] = {
    "text": (
        {"n": {}, "a": {"Text": "alpha"}, "A": {"Text": "ALPHA"}, "b": {"Text": "beta"}, "e": {"Text": "Élan"}},
        [
            ("Text__c = 'Alpha'", "A a"),
            ("Text__c = 'élan'", "e"),
            ("Text__c = 'ÉLAN'", "e"),
            ("Text__c != 'alpha'", "b e n"),
            ("Text__c <> 'alpha'", "b e n"),
            ("Text__c = null", "n"),
            ("Text__c = ''", "n"),
            ("Text__c != null", "A a b e"),
            ("Text__c < 'b'", "A a"),
            ("Text__c <= 'BETA'", "A a b"),
            ("Text__c > 'ALPHA'", "b e"),
            ("Text__c >= 'Beta'", "b e"),
            ("Text__c > ''", "A a b e"),
            ("Text__c < ''", ""),
            ("Text__c IN ('ALPHA', 'élan')", "A a e"),
            ("Text__c IN ('beta', null)", "b n"),
            ("Text__c NOT IN ('beta')", "A a e n"),
            ("Text__c NOT IN ('beta', null)", "A a e"),
            ("Text__c LIKE 'al%'", "A a"),
            ("Text__c LIKE '_lan'", "e"),
            ("Text__c LIKE 'é%'", "e"),
            ("Text__c LIKE 'lpha'", ""),
            ("Text__c LIKE '%'", "A a b e"),
            ("NOT Text__c LIKE 'al%'", "b e n"),
            ("NOT (Text__c = 'alpha' OR Text__c = 'beta')", "e n"),
            ("(NOT Text__c < 'b') AND Text__c != null", "b e"),
        ],
    ),
    "wild text": (
        {
            "p": {"Text": "50%"},
            "u": {"Text": "a_b"},
            "x": {"Text": "axb"},
            "s": {"Text": "a\\b"},
            "q": {"Text": "it's"},
        },
        [
            ("Text__c LIKE '%\\%'", "p"),
            ("Text__c LIKE 'a\\_b'", "u"),
            ("Text__c LIKE 'a_b'", "s u x"),
            ("Text__c LIKE 'a\\\\b'", "s"),
            ("Text__c = 'a\\\\b'", "s"),
            ("Text__c = 'it\\'s'", "q"),
            ("Text__c LIKE 'it\\'%'", "q"),
            ("Text__c = '50\\u0025'", "p"),
        ],
    ),
    "text that counts case": (
        {"n": {}, "a": {"Exact": "ab*c"}, "A": {"Exact": "AB*C"}, "x": {"Exact": "abxc"}},
        [
            ("Exact__c = 'ab*c'", "a"),
            ("Exact__c != 'ab*c'", "A n x"),
            ("Exact__c IN ('AB*C', 'abxc')", "A x"),
            ("Exact__c LIKE 'ab%'", "a x"),
            ("Exact__c LIKE 'ab*%'", "a"),
            ("Exact__c LIKE 'AB_C'", "A"),
            ("Exact__c < 'ab'", "A"),
        ],
    ),
    "picklist": (
        {"n": {}, "s": {"Pick": "Small"}, "l": {"Pick": "Large"}, "e": {"Pick": "Äther"}},
        [
            ("Pick__c = 'small'", "s"),
            ("Pick__c = 'äther'", "e"),
            ("Pick__c != 'Small'", "e l n"),
            ("Pick__c LIKE '%a%'", "l s"),
            ("Pick__c IN ('small', 'LARGE')", "l s"),
        ],
    ),
    "multipicklist": (
        {"n": {}, "a": {"Multi": "a"}, "ab": {"Multi": "ab"}, "a_b": {"Multi": "a;b"}, "abc": {"Multi": "a;b;c"}},
        [
            ("Multi__c = 'a;b'", "a_b"),
            ("Multi__c = 'a'", "a"),
            ("Multi__c != 'a'", "a_b ab abc n"),
            ("Multi__c INCLUDES ('a')", "a a_b abc"),
            ("Multi__c INCLUDES ('A')", "a a_b abc"),
            ("Multi__c INCLUDES ('b;a')", "a_b abc"),
            ("Multi__c INCLUDES ('a;c', 'ab')", "ab abc"),
            ("Multi__c EXCLUDES ('b')", "a ab n"),
            ("Multi__c EXCLUDES ('b', 'ab')", "a n"),
            ("Multi__c EXCLUDES ('a;c')", "a a_b ab n"),
            ("NOT Multi__c INCLUDES ('a')", "ab n"),
            ("Multi__c IN ('a', 'a;b')", "a a_b"),
            ("Multi__c = null", "n"),
        ],
    ),
    "boolean": (
        {"t": {"Flag": True}, "f": {"Flag": False}, "n": {}},
        [
            ("Flag__c = true", "t"),
            ("Flag__c = FALSE", "f n"),
            ("Flag__c != true", "f n"),
            ("Flag__c = null", "f n"),
            ("Flag__c != null", "t"),
            ("Flag__c IN (true, false)", "f n t"),
            ("Flag__c NOT IN (true)", "f n"),
            ("Parent__r.Flag__c = false", "f n t"),
            ("Parent__r.Flag__c = true", ""),
        ],
    ),
    "number": (
        {"n": {}, "m": {"Count": -2}, "z": {"Count": 0, "Amount": 0}, "p": {"Count": 5, "Amount": 5.25}},
        [
            ("Count__c = 5", "p"),
            ("Count__c = 5.0", "p"),
            ("Count__c = +5", "p"),
            ("Count__c = -2", "m"),
            ("Count__c = - 2", "m"),
            ("Count__c != 5", "m n z"),
            ("Count__c < 5", "m z"),
            ("Count__c <= 0", "m z"),
            ("Count__c > -2.5", "m p z"),
            ("Count__c >= 0", "p z"),
            ("Count__c IN (5, -2)", "m p"),
            ("Count__c IN (5, 0.5, null)", "n p"),
            ("Count__c NOT IN (5)", "m n z"),
            ("Count__c = null", "n"),
            ("Count__c > 99999999999999999999", ""),
            ("Count__c < 99999999999999999999", "m p z"),
            (f"Count__c < {'9' * 5000}", "m p z"),
            (f"Amount__c > -{'9' * 5000}.5", "p z"),
            ("Amount__c = 5.25", "p"),
            ("Amount__c > .5", "p"),
            ("Amount__c < 1", "z"),
        ],
    ),
    "date": (
        {"n": {}, "a": {"Day": "2026-06-15"}, "b": {"Day": "2026-06-16"}, "c": {"Day": "2026-06-17"}},
        [
            ("Day__c = 2026-06-16", "b"),
            ("Day__c != 2026-06-16", "a c n"),
            ("Day__c < 2026-06-16", "a"),
            ("Day__c <= 2026-06-16", "a b"),
            ("Day__c > 2026-06-16", "c"),
            ("Day__c IN (2026-06-15, TODAY)", "a c"),
            ("Day__c NOT IN (TODAY)", "a b n"),
            ("Day__c = TODAY", "c"),
            ("Day__c != TODAY", "a b n"),
            ("Day__c < TODAY", "a b"),
            ("Day__c <= YESTERDAY", "a b"),
            ("Day__c > YESTERDAY", "c"),
            ("Day__c >= YESTERDAY", "b c"),
            ("Day__c = LAST_N_DAYS:1", "b c"),
            (f"Day__c = LAST_N_DAYS:{'9' * 5000}", "a b c"),
            (f"Day__c = N_FISCAL_YEARS_AGO:{'9' * 5000}", ""),
            ("Day__c = null", "n"),
        ],
    ),
    "datetime": (
        {
            "n": {},
            "a": {"Moment": "2026-06-16T23:59:59Z"},
            "b": {"Moment": "2026-06-17T00:00:00Z"},
            "c": {"Moment": "2026-06-17T23:59:59Z"},
            "d": {"Moment": "2026-06-18T00:00:00Z"},
        },
        [
            ("Moment__c = 2026-06-17T00:00:00Z", "b"),
            ("Moment__c = 2026-06-17T01:00:00+01:00", "b"),
            ("Moment__c = 2026-06-16T16:00:00-0800", "b"),
            ("Moment__c = 2026-06-17T00:00:00.000Z", "b"),
            ("Moment__c != 2026-06-17T00:00:00Z", "a c d n"),
            ("Moment__c > 2026-06-17T00:00:00Z", "c d"),
            ("Moment__c <= 2026-06-17t00:00:00z", "a b"),
            ("Moment__c = TODAY", "b c"),
            ("Moment__c != TODAY", "a d n"),
            ("Moment__c < TODAY", "a"),
            ("Moment__c <= TODAY", "a b c"),
            ("Moment__c > TODAY", "d"),
            ("Moment__c >= TODAY", "b c d"),
            ("Moment__c IN (YESTERDAY, TOMORROW, null)", "a d n"),
            ("NOT Moment__c = TODAY", "a d n"),
        ],
    ),
    "time": (
        {"n": {}, "a": {"Clock": "09:30:00.000Z"}, "b": {"Clock": "17:00:00.000Z"}},
        [("Clock__c < 12:00:00Z", "a"), ("Clock__c = 17:00:00.000Z", "b"), ("Clock__c = null", "n")],
    ),
}
ROWS = [(kind, where, expected) for kind, (_, rows) in CASES.items() for where, expected in rows]


@pytest.mark.parametrize(("kind", "where", "expected"), ROWS, ids=[f"{kind}: {where[:60]}" for kind, where, _ in ROWS])
def test_a_condition_selects(org: Org, caller: Caller, things: Make, kind: str, where: str, expected: str) -> None:
    for name, values in CASES[kind][0].items():
        things(Name=name, **values)
    assert names(org, caller, where) == expected.split()


def test_ids_compare_in_both_lengths(org: Org, caller: Caller, things: Make) -> None:
    first = things(Name="first")
    second = things(Name="second", Parent=first)
    assert names(org, caller, f"Id = '{first}'") == ["first"]
    assert names(org, caller, f"Id = '{first[:15]}'") == ["first"]
    assert names(org, caller, f"Id = '{first[:15] + first[15:].lower()}'") == ["first"]
    assert names(org, caller, f"Id IN ('{first}', '{second[:15]}')") == ["first", "second"]
    assert names(org, caller, f"Id != '{first}'") == ["second"]
    assert names(org, caller, f"Id > '{first}'") == ["second"]
    assert names(org, caller, "Id > ''") == ["first", "second"]
    assert names(org, caller, "Id = null") == []
    assert names(org, caller, "Parent__c = null") == ["first"]
    assert names(org, caller, f"Parent__c = '{first[:15]}'") == ["second"]
    assert names(org, caller, f"Parent__r.Id = '{first}'") == ["second"]


def test_a_missing_parent_is_null_and_or_keeps_the_row(org: Org, caller: Caller, things: Make) -> None:
    root = things(Name="root", Text="x")
    things(Name="child", Parent=root)
    assert names(org, caller, "Parent__r.Text__c = null") == ["root"]
    assert names(org, caller, "Parent__r.Text__c = 'X'") == ["child"]
    assert names(org, caller, "Parent__r.Text__c != 'x'") == ["root"]
    assert names(org, caller, "Parent__r.Text__c = 'nope' OR Name = 'root'") == ["root"]
    assert names(org, caller, "Parent__r.Parent__r.Name = null") == ["child", "root"]


def test_a_list_may_be_long(org: Org, caller: Caller, things: Make) -> None:
    things(Name="a", Count=7, Text="Seven", Amount=7.0)
    things(Name="é", Text="É7")
    numbers = ",".join(str(number) for number in range(15_000))
    assert names(org, caller, f"Count__c IN ({numbers})") == ["a"]
    assert names(org, caller, f"Amount__c NOT IN ({numbers})") == ["é"]
    texts = ",".join(f"'x{number}'" for number in range(2000))
    assert names(org, caller, f"Text__c IN ({texts}, 'SEVEN', 'é7')") == ["a", "é"]


def test_a_condition_may_have_many_parts(org: Org, caller: Caller, things: Make) -> None:
    things(Name="a", Count=1999)
    parts = " OR ".join(f"Count__c = {number}" for number in range(2000))
    assert names(org, caller, parts) == ["a"]
    assert names(org, caller, "NOT (" + parts.replace("OR", "AND").replace("=", "!=") + ")") == ["a"]


@pytest.mark.parametrize("text", ["\\u0000", "\\ud800", "\\ud83d\\ude00"])
def test_odd_characters_are_values_or_are_refused(org: Org, caller: Caller, things: Make, text: str) -> None:
    things(Name="a", Text="\U0001f600")
    if text == "\\u0000":
        with pytest.raises(OrgError, match="MALFORMED_QUERY"):
            names(org, caller, f"Text__c = '{text}'")
    else:
        assert names(org, caller, f"Text__c = '{text}'") == (["a"] if "\\ude00" in text else [])


def test_deleted_rows_are_hidden_at_every_level(org: Org, caller: Caller, things: Make) -> None:
    parent = things(Name="parent", Text="gone")
    things(Name="child", Parent=parent)
    other = things(Name="other")
    with org.store.write() as transaction:
        flag = "1" if org.store.dialect == "sqlite" else "true"
        for id_ in (parent, other):
            place = transaction.placeholder
            transaction.run(f'UPDATE "Thing__c" SET "IsDeleted" = {flag} WHERE "Id" = {place}', [id_])
    assert names(org, caller, "Name != null") == ["child"]
    assert names(org, caller, "IsDeleted = true") == []
    assert names(org, caller, "Parent__r.Text__c = 'gone'") == []
    query = "SELECT Name FROM Thing__c WHERE {}"
    found = org.query.run(caller, query.format("IsDeleted = true"), all_rows=True).records
    assert sorted(record["Name"] for record in found) == ["other", "parent"]
    found = org.query.run(caller, query.format("Parent__r.Text__c = 'gone'"), all_rows=True).records
    assert [record["Name"] for record in found] == ["child"]


def test_semi_and_anti_joins(org: Org, caller: Caller, things: Make) -> None:
    root = things(Name="root", Count=1)
    things(Name="leaf", Parent=root, Count=2)
    lone = things(Name="lone", Count=3)
    assert names(org, caller, "Id IN (SELECT Parent__c FROM Thing__c)") == ["root"]
    assert names(org, caller, "Id NOT IN (SELECT Parent__c FROM Thing__c)") == ["leaf", "lone"]
    assert names(org, caller, "Parent__c IN (SELECT Id FROM Thing__c t WHERE t.Count__c < 2)") == ["leaf"]
    assert names(org, caller, "Parent__c NOT IN (SELECT Id FROM Thing__c WHERE Count__c < 2)") == ["lone", "root"]
    assert names(org, caller, "Id IN (SELECT Parent__r.Id FROM Thing__c WHERE Parent__r.Name = 'root')") == ["root"]
    both = "Id NOT IN (SELECT Parent__c FROM Thing__c) AND Parent__c NOT IN (SELECT Id FROM Thing__c)"
    assert names(org, caller, both) == ["lone"]
    assert names(org, caller, f"Id = '{lone}' AND (Id NOT IN (SELECT Parent__c FROM Thing__c))") == ["lone"]


def test_using_scope_mine_is_the_running_users(org: Org, caller: Caller, things: Make) -> None:
    things(Name="mine")
    user = org.seed({"records": [{"object": "User", "ref": "u", "fields": {"Username": "o@x.test", "LastName": "O"}}]})
    things(Name="theirs", OwnerId=user["u"])
    for scope, expected in (("mine", ["mine"]), ("Everything", ["mine", "theirs"])):
        found = org.query.run(caller, f"SELECT Name FROM Thing__c USING SCOPE {scope}").records
        assert sorted(record["Name"] for record in found) == expected
    found = org.query.run(Caller(user["u"]), "SELECT Name FROM Thing__c USING SCOPE mine").records
    assert [record["Name"] for record in found] == ["theirs"]
    with org.store.write() as transaction:
        place = transaction.placeholder
        transaction.run(f'DELETE FROM "User" WHERE "Id" = {place}', [user["u"]])
