"""Queries of public test suites, over HTTP: what Salesforce's grammar takes is never a syntax error here, what it refuses is one.

The collections lie beside a checkout and are no part of it; where they are not, these tests are skipped and say so. Every row
was judged by the published parser.
"""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from chatlift.emulator import mock_salesforce

CORPORA = Path(__file__).parents[3] / "shared" / "corpora" / "soql"
SYNTAX = re.compile(r"unexpected token|no viable alternative|mismatched input|Illegal character|Bind variables")
CURRENCY = re.compile(r"\b[A-Z]{3}\d", re.IGNORECASE)
REFUSALS = {
    "INVALID_FIELD",
    "INVALID_QUERY_FILTER_OPERATOR",
    "INVALID_QUERY_SCOPE",
    "INVALID_TYPE",
    "MALFORMED_QUERY",
    "NUMBER_OUTSIDE_VALID_RANGE",
}

Ask = Callable[[str], tuple[str, str]]


@pytest.fixture(scope="module")
def ask() -> Iterator[Ask]:
    """A query's error code and message; both empty for one that is answered."""
    with mock_salesforce(now="2026-06-15T12:00:00Z", frozen=True) as org:
        session = org.mount(requests.Session())
        session.headers["Authorization"] = f"Bearer {org.token()}"

        def asked(query: str) -> tuple[str, str]:
            answer = session.get(f"{org.url}/services/data/v60.0/query", params={"q": query}, timeout=30)
            if answer.status_code == 200:
                return "", ""
            (error,) = answer.json()
            return error["errorCode"], error["message"]

        yield asked


def rows(name: str) -> list[dict[str, Any]]:
    file = CORPORA / name
    if not file.exists():
        pytest.skip("no collections of queries beside this checkout")
    return [json.loads(line) for line in file.read_text("utf-8").splitlines()]


def test_what_the_grammar_takes_is_never_a_syntax_error(ask: Ask) -> None:
    wrong = []
    for row in rows("accept.jsonl"):
        code, message = ask(row["q"])
        refused_for_syntax = code == "MALFORMED_QUERY" and SYNTAX.search(message)
        # An org with one currency refuses amounts such as USD500, as the grammar does there.
        if (refused_for_syntax and not CURRENCY.search(row["q"])) or (code and code not in REFUSALS):
            wrong.append((row["q"], code, message))
    assert wrong == []


def test_what_the_grammar_refuses_is_malformed(ask: Ask) -> None:
    refused = [row["q"] for row in rows("reject.jsonl") if row["kind"] == "syntax"]
    assert [query for query in refused if ask(query)[0] != "MALFORMED_QUERY"] == []


def test_what_makes_no_sense_is_refused(ask: Ask) -> None:
    senseless = [row for row in rows("reject.jsonl") if row["kind"] == "semantic"]
    assert [(row["q"], row["why"]) for row in senseless if ask(row["q"])[0] not in REFUSALS] == []


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("SELECT Id FROM Account WHERE (Name = 'a' OR Id IN (SELECT AccountId FROM Contact)) AND Name = 'b'", "MALFORMED_QUERY"),
        ("SELECT LeadSource, COUNT(Name)cnt FROM Lead", "MALFORMED_QUERY"),
        ("SELECT Name FROM Account LIMIT 1 OFFSET 123456", "NUMBER_OUTSIDE_VALID_RANGE"),
        ("SELECT Account..Name FROM Contact", "INVALID_FIELD"),
        ("SELECT LeadSourceCOUNT(Name) FROM Lead GROUP BY LeadSource", "MALFORMED_QUERY"),
        ("SELECT MAX(Name) FROM Account WHERE CALENDARY_YEAR(CreatedDate) > 2018", "MALFORMED_QUERY"),
        ("SELECT FIELDS(what) FROM Account", "MALFORMED_QUERY"),
        ("SELECT Name FROM Account ORDER BY Name LIMIT 100 OFFSET -10", "MALFORMED_QUERY"),
        ("SELECT Name FROM Account ORDER BY Name LIMIT -10 OFFSET 10", "MALFORMED_QUERY"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_has_a_code(ask: Ask, query: str, code: str) -> None:
    """The senseless rows of the collections, on objects that every org has. No record says which code a negative number has."""
    assert ask(query)[0] == code
