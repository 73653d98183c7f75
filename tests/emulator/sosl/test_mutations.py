"""Searches with something wrong in them: the answer is records or the platform's refusal, never anything else."""

import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chatlift.emulator.errors import OrgError
from chatlift.emulator.org.caller import Caller
from chatlift.emulator.org.org import Org
from chatlift.emulator.sosl.parameterized import escaped
from chatlift.emulator.sosl.parser import parse

SEARCHES = [
    "FIND {joe AND (ann* OR \"b?b smith\") AND NOT x\\-y} IN NAME FIELDS RETURNING Account(Name, Owner.Name WHERE Name LIKE 'a%' "
    "AND (CreatedDate > LAST_N_DAYS:3 OR (NOT Phone IN ('x', null))) ORDER BY Name DESC NULLS LAST LIMIT 5), Note__c LIMIT 9",
    "FIND {acme} RETURNING Contact(FIELDS(STANDARD) WHERE Id IN (SELECT ContactId FROM Case) LIMIT 5 OFFSET 2) "
    "WITH METADATA = 'LABELS' WITH HIGHLIGHT WITH SPELL_CORRECTION = true WITH DIVISION = 'Global' UPDATE TRACKING, VIEWSTAT",
]
PIECES = (
    "FIND { } ( ) \" ' \\ * ? - + & | ! : AND OR NOT joe é 中 IN ALL FIELDS RETURNING Account Contact , . = 5 -5 1.5 'x' '' null "
    "WHERE ORDER BY LIMIT OFFSET USING ListView WITH DATA CATEGORY SNIPPET (target_length=5) NETWORK HIGHLIGHT UPDATE TRACKING "
    "COUNT() COUNT(Id) FIELDS(ALL) toLabel(Name) \x00 \ue000 \ue001 \n"
).split(" ")
CODES = {
    "MALFORMED_SEARCH", "INVALID_SEARCH", "INVALID_TYPE", "INVALID_FIELD", "INVALID_QUERY_FILTER_OPERATOR",
    "QUERY_TOO_COMPLICATED",
}  # fmt: skip

edits = st.lists(st.tuples(st.integers(0, 400), st.integers(0, 12), st.sampled_from(PIECES)), min_size=1, max_size=3)


def check(org: Org, search: str) -> None:
    """Run a search; a refusal has one of the codes, and the place that it shows is in the text."""
    try:
        org.search.run(Caller(org.users.administrator_id, "62.0"), search)
    except OrgError as refusal:
        place = re.search(r"\^\nERROR at Row:(\d+):Column:(\d+)\n", refusal.message)
        lines = search.split("\n")
        inside = place is None or (
            1 <= int(place[1]) <= len(lines) and 1 <= int(place[2]) <= len(lines[int(place[1]) - 1]) + 1
        )
        if not inside or refusal.code not in CODES:
            pytest.fail(f"{search!r}: {refusal.message}")


@pytest.mark.parametrize("search", SEARCHES)
def test_the_searches_themselves_run(org: Org, search: str) -> None:
    assert org.search.run(Caller(org.users.administrator_id, "62.0"), search) == []


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(search=st.sampled_from(SEARCHES), edits=edits)
def test_changed_searches(shared_org: Org, search: str, edits: list[tuple[int, int, str]]) -> None:
    for at, removed, piece in edits:
        at %= len(search) + 1
        search = f"{search[:at]} {piece} {search[at + removed :]}"
    check(shared_org, search)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(term=st.lists(st.sampled_from(PIECES), max_size=8).map(" ".join) | st.text(max_size=40))
def test_any_term(shared_org: Org, term: str) -> None:
    check(shared_org, f"FIND {{{term}}} RETURNING Note__c")
    check(shared_org, term)


@given(text=st.text("ab -+'\"()&|!{}[]^~*?:\\\u00e9", max_size=20) | st.text(max_size=20))
def test_any_text_is_a_term_once_it_is_escaped(text: str) -> None:
    written = f"FIND {{{escaped(text)}}}"
    try:
        parse(written)
    except OrgError as refusal:
        # Operators keep their meaning and may be misplaced; nothing else is wrong, and the braces are never left.
        if not re.search(r"unexpected token|must be enclosed|longer than one", refusal.message):
            pytest.fail(f"{text!r}: {refusal.message}")
