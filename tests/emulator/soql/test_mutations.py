"""Queries with something wrong in them: the answer is rows or the platform's refusal, never anything else."""

import contextlib
import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chatlift.emulator.errors import OrgError
from chatlift.emulator.org.caller import Caller
from chatlift.emulator.org.org import Org
from chatlift.emulator.soql.compile import compile_query
from chatlift.emulator.soql.dialect import DIALECTS
from chatlift.emulator.soql.parser import parse
from chatlift.emulator.soql.resolve import resolve
from chatlift.emulator.soql.tokens import tokenize
from chatlift.schemas.catalog import shipped

QUERIES = [
    "SELECT Id, Account.Name, (SELECT Id FROM Cases WHERE Status = 'New' LIMIT 3) FROM Contact c WHERE c.LastName LIKE 'a%' "
    "AND (CreatedDate > LAST_N_DAYS:3 OR (NOT Email IN ('x', null))) ORDER BY Account.Name DESC NULLS LAST LIMIT 5 OFFSET 2",
    "SELECT Status, COUNT(Id) n, MAX(CreatedDate) FROM LiveChatTranscript WHERE ChatDuration >= -1.5 GROUP BY ROLLUP(Status) "
    "HAVING COUNT(Id) > 1 ORDER BY COUNT(Id)",
    "SELECT TYPEOF Owner WHEN User THEN Username, Profile.Name ELSE Name END, FIELDS(STANDARD) FROM Case USING SCOPE mine "
    "WHERE ContactId IN (SELECT Id FROM Contact WHERE Birthdate = 2020-01-01) WITH USER_MODE FOR UPDATE",
    "SELECT COUNT() FROM User WHERE IsActive = true AND LastLoginDate = 2026-01-01T00:00:00+01:00",
]
WORDS = (
    "SELECT FROM WHERE AND OR NOT IN LIKE ( ) , . = != < 'x' '' 5 -5 1.5 null true TODAY LAST_N_DAYS:2 Id Name Owner Account "
    "COUNT(Id) COUNT() MAX FIELDS(ALL) ORDER GROUP BY HAVING LIMIT OFFSET USING SCOPE mine WITH FOR VIEW TYPEOF WHEN THEN ELSE "
    "END ASC DESC NULLS FIRST INCLUDES ('a;b') 2020-02-30 2020-01-01T00:00:00Z USD5 : :x ; \" ' \\ \u00e9 \x00 * ROLLUP(Id) GROUPING(Id)"
).split(" ")  # fmt: skip


def check(query: str) -> None:
    """Plan a query on both databases; a refusal must show a place that is in the text."""
    try:
        resolved = resolve(query, parse(query), shipped(), 62.0)
        for name in ("sqlite", "postgresql"):
            compile_query(resolved, DIALECTS[name], "62.0", False)
    except OrgError as refusal:
        place = re.search(r"\^\nERROR at Row:(\d+):Column:(\d+)\n", refusal.message)
        lines = query.split("\n")
        inside = place is None or (
            1 <= int(place[1]) <= len(lines) and 1 <= int(place[2]) <= len(lines[int(place[1]) - 1]) + 1
        )
        if not inside:
            pytest.fail(f"{query!r}: {refusal.message}")


@pytest.mark.parametrize("query", QUERIES)
def test_the_queries_themselves_are_planned(query: str) -> None:
    resolve(query, parse(query), shipped(), 62.0)


@given(
    query=st.sampled_from(QUERIES),
    where=st.integers(0, 80),
    word=st.sampled_from(WORDS),
    blank=st.sampled_from(["", " ", "\n"]),
)
def test_a_word_too_many(query: str, where: int, word: str, blank: str) -> None:
    tokens = tokenize(query)
    at = tokens[where % len(tokens)].at
    check(query[:at] + blank + word + blank + query[at:])


@given(query=st.sampled_from(QUERIES), where=st.integers(0, 80), length=st.integers(1, 4))
def test_words_too_few(query: str, where: int, length: int) -> None:
    tokens = tokenize(query)
    first = where % len(tokens)
    last = min(first + length, len(tokens) - 1)
    check(query[: tokens[first].at] + query[tokens[last].at :])


@given(query=st.sampled_from(QUERIES), where=st.integers(0, 80), word=st.sampled_from(WORDS))
def test_a_wrong_word(query: str, where: int, word: str) -> None:
    tokens = tokenize(query)
    token = tokens[where % len(tokens)]
    check(query[: token.at] + word + query[token.at + len(token.text) :])


@given(query=st.sampled_from(QUERIES), cut=st.integers(0, 400))
def test_a_text_that_ends_too_soon(query: str, cut: int) -> None:
    check(query[:cut])


@given(text=st.text(max_size=40))
def test_any_text(text: str) -> None:
    check(text)
    check(f"SELECT Id FROM Account WHERE Name = '{text}'")


@given(words=st.lists(st.sampled_from(WORDS), max_size=12))
def test_any_words(words: list[str]) -> None:
    check("SELECT Id FROM Account " + " ".join(words))
    check("SELECT " + " ".join(words) + " FROM Account")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    query=st.sampled_from(QUERIES),
    changes=st.lists(st.tuples(st.integers(0, 80), st.sampled_from(WORDS), st.booleans()), max_size=3),
    all_rows=st.booleans(),
)
def test_what_is_planned_also_runs(
    org: Org, caller: Caller, query: str, changes: list[tuple[int, str, bool]], all_rows: bool
) -> None:
    for where, word, replace in changes:
        with contextlib.suppress(OrgError):
            tokens = tokenize(query)
            token = tokens[where % len(tokens)]
            rest = query[token.at + (len(token.text) if replace else 0) :]
            query = f"{query[: token.at]} {word} {rest}"
    with contextlib.suppress(OrgError):
        org.query.run(caller, query, all_rows)
