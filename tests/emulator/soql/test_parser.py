"""The grammar: what parses, what does not, and where the error points."""

import json
from pathlib import Path

import pytest

from chatlift.emulator.errors import OrgError
from chatlift.emulator.soql.parser import parse
from chatlift.emulator.soql.tree import And, Call, Children, Comparison, Item, Not, Or, TypeOf
from chatlift.emulator.soql.tree import Path as FieldPath

CORPUS = Path(__file__).parents[4] / "shared" / "corpora" / "soql"

ACCEPTED = """
SELECT Id FROM Account
select id from account
SELECT Id, Format, Group, Order, Offset FROM Group
SELECT Typeof, x FROM A
SELECT typeof x FROM A GROUP BY typeof
SELECT Name FROM Account OFFSET
SELECT Name FROM Account OFFSET OFFSET 3
SELECT Name FROM Account a OFFSET 3
SELECT Name FROM Account AS a
SELECT Name FROM Account AS
SELECT Name FROM Account order
SELECT COUNT()FROM Contact
SELECT COUNT( ) FROM Contact LIMIT 5
SELECT GROUPING(a)x FROM A GROUP BY ROLLUP(a)
SELECT count(Id)c, count (Name) FROM A
SELECT a.from FROM A
SELECT Id FROM A a, a.B b, b.C
SELECT Id FROM A WHERE x=5AND y=6
SELECT Id FROM A WHERE x='a'AND y='b'
SELECT Id FROM A WHERE(x=1)AND(y=2)
SELECT Id FROM A WHERE x IN('a')AND y=1
SELECT Id FROM A WHERE NOT(x=1)
SELECT Id FROM A WHERE (NOT x = 1) AND y = 2
SELECT Id FROM A WHERE y = 2 AND (NOT x = 1)
SELECT Id FROM A WHERE NOT (x = 1 AND y = 2)
SELECT Id FROM A WHERE NOT (NOT x = 1)
SELECT Id FROM A WHERE ((((x = 1))))
SELECT Id FROM A WHERE x = .5
SELECT Id FROM A WHERE x = - 5
SELECT Id FROM A WHERE x = +5
SELECT Id FROM A WHERE x < = 5
SELECT Id FROM A WHERE x <> 5
SELECT Id FROM A WHERE x = 2020-12-31t10:00:00z
SELECT Id FROM A WHERE x = 2020-12-31T10:00:00+0100
SELECT Id FROM A WHERE x = 2020-12-31T10:00:00.1234567-08:00
SELECT Id FROM A WHERE x = 10:00:00.000Z
SELECT Id FROM A WHERE x = LAST_N_DAYS:3 OR x IN (TODAY, next_n_weeks:2)
SELECT Id FROM A WHERE x = USD500.01
SELECT Id FROM A WHERE x IN (1, 'a', null, true, TODAY, USD5)
SELECT Id FROM A WHERE x LIKE 'a\\%\\_b'
SELECT Id FROM A WHERE x = '\\n\\N\\r\\R\\t\\T\\b\\B\\f\\F\\"\\'\\\\\\u00e9'
SELECT Id FROM A WHERE x INCLUDES ('a;b', 'c') OR y EXCLUDES ('d')
SELECT Id FROM A WHERE Id IN (SELECT B FROM C c WHERE c.x = 1)
SELECT Id FROM A WHERE Id NOT IN (SELECT B FROM C USING SCOPE mine)
SELECT Id FROM A WHERE DISTANCE(l, GEOLOCATION(-1.5,+2), 'mi') < 20 ORDER BY DISTANCE(l, GEOLOCATION(1,2), 'km') DESC
SELECT Id, (SELECT Id, (SELECT Id FROM C) FROM B ORDER BY x LIMIT 1 OFFSET 2) FROM A
SELECT TYPEOF What WHEN A THEN b, c.d WHEN E THEN f ELSE g END, Id FROM Event
SELECT FIELDS(ALL), Id FROM A LIMIT 5
SELECT a, SUM(b) s FROM A GROUP BY a HAVING SUM(b) > 5 AND a = 'x' ORDER BY SUM(b) NULLS LAST, a DESC NULLS FIRST LIMIT 5
SELECT a FROM A GROUP BY CUBE(CALENDAR_YEAR(a), b)
SELECT Id FROM A USING SCOPE mine WHERE x = 1 WITH DATA CATEGORY g AT (a, b) AND h BELOW c WITH SECURITY_ENFORCED
SELECT Id FROM A WITH NETWORK = 'x' WITH RecordVisibilityContext (a=1, b=true)
SELECT Id FROM A LIMIT 5 OFFSET 3 FOR VIEW UPDATE TRACKING, VIEWSTAT FOR UPDATE
SELECT Id FROM A FOR REFERENCE
SELECT Contact..FirstName FROM Contact
SELECT Id FROM A LIMIT -1
""".strip().splitlines()


@pytest.mark.parametrize("query", ACCEPTED)
def test_the_grammar_takes(query: str) -> None:
    parse(query)


REFUSED = [
    # the first word of all, without a place
    ("q=SELECT Id FROM A", "unexpected token: q"),
    ("  FROM A", "unexpected token: FROM"),
    ("(SELECT Id FROM A)", "unexpected token: '('"),
    # AND, OR and NOT
    ("SELECT Id FROM A WHERE a=1 AND b=2 OR c=3", "ERROR at Row:1:Column:36\nunexpected token: OR"),
    ("SELECT Id FROM A WHERE a=1 AND (b=2) OR c=3", "ERROR at Row:1:Column:38\nunexpected token: OR"),
    ("SELECT Id FROM A WHERE NOT a=1 AND b=2", "ERROR at Row:1:Column:32\nunexpected token: AND"),
    ("SELECT Id FROM A WHERE a=1 AND NOT b=2", "ERROR at Row:1:Column:32\nunexpected token: NOT"),
    ("SELECT Id FROM A WHERE (NOT a=1 AND b=2)", "ERROR at Row:1:Column:33\nunexpected token: AND"),
    ("SELECT Id FROM A WHERE NOT NOT a=1", "ERROR at Row:1:Column:28\nunexpected token: NOT"),
    ("SELECT Id FROM A GROUP BY a HAVING a=1 OR b=2 AND c=3", "ERROR at Row:1:Column:47\nunexpected token: AND"),
    ("SELECT Id FROM A WHERE ()", "ERROR at Row:1:Column:25\nunexpected token: ')'"),
    ("SELECT Id FROM A WHERE ((a=1)", "ERROR at Row:1:Column:30\nunexpected token: '<EOF>'"),
    # clauses
    ("SELECT Id", "ERROR at Row:1:Column:10\nunexpected token: '<EOF>'"),
    ("SELECT FROM A", "ERROR at Row:1:Column:8\nunexpected token: FROM"),
    ("SELECT Id, FROM A", "ERROR at Row:1:Column:12\nunexpected token: FROM"),
    ("SELECT * FROM A", "line 1:7 no viable alternative at character '*'"),
    ("SELECT Name AS n FROM A", "ERROR at Row:1:Column:13\nunexpected token: AS"),
    ("SELECT Id FROM A FROM B", "ERROR at Row:1:Column:18\nunexpected token: FROM"),
    ("SELECT Id FROM A OFFSET 5 LIMIT 3", "ERROR at Row:1:Column:27\nunexpected token: LIMIT"),
    ("SELECT Id FROM A HAVING x=1", "ERROR at Row:1:Column:18\nunexpected token: HAVING"),
    ("SELECT Id FROM A LIMIT", "ERROR at Row:1:Column:23\nunexpected token: '<EOF>'"),
    ("SELECT Id FROM A LIMIT 1.5", "ERROR at Row:1:Column:24\nunexpected token: '1.5'"),
    ("SELECT Id FROM A LIMIT 'x'", "ERROR at Row:1:Column:24\nunexpected token: ''x''"),
    ("SELECT Id FROM A ORDER BY a ASC DESC", "ERROR at Row:1:Column:33\nunexpected token: DESC"),
    ("SELECT Id FROM A ORDER BY a NULLS", "ERROR at Row:1:Column:34\nunexpected token: '<EOF>'"),
    ("SELECT Id FROM A ALL ROWS", "ERROR at Row:1:Column:22\nunexpected token: ROWS"),
    ("SELECT Id FROM A;", "line 1:16 no viable alternative at character ';'"),
    ("SELECT Id FROM A // x", "line 1:17 no viable alternative at character '/'"),
    ("SELECT Id FROM A WHERE x = 1 USING SCOPE mine", "ERROR at Row:1:Column:30\nunexpected token: USING"),
    ("SELECT Id FROM A GROUP BY ROLLUP(a), b", "ERROR at Row:1:Column:36\nunexpected token: ','"),
    ("SELECT Id FROM A FOR VIEW FOR REFERENCE", "ERROR at Row:1:Column:27\nunexpected token: FOR"),
    # functions
    ("SELECT COUNT(), Name FROM A", "ERROR at Row:1:Column:15\nunexpected token: ','"),
    ("SELECT COUNT() c FROM A", "ERROR at Row:1:Column:16\nunexpected token: c"),
    ("SELECT Name, COUNT() FROM A", "ERROR at Row:1:Column:20\nunexpected token: ')'"),
    ("SELECT COUNT(Id, Name) FROM A", "ERROR at Row:1:Column:16\nunexpected token: ','"),
    ("SELECT DISTANCE(a, GEOLOCATION(1,2)) FROM A", "ERROR at Row:1:Column:36\nunexpected token: ')'"),
    # comparisons
    ("SELECT Id FROM A WHERE x IS NULL", "ERROR at Row:1:Column:26\nunexpected token: IS"),
    ("SELECT Id FROM A WHERE x = y", "ERROR at Row:1:Column:28\nunexpected token: y"),
    ("SELECT Id FROM A WHERE 5 = x", "ERROR at Row:1:Column:24\nunexpected token: '5'"),
    ("SELECT Id FROM A WHERE x IN ()", "ERROR at Row:1:Column:30\nunexpected token: ')'"),
    ("SELECT Id FROM A WHERE x IN 'a'", "ERROR at Row:1:Column:29\nunexpected token: ''a''"),
    ("SELECT Id FROM A WHERE x NOT LIKE 'a'", "ERROR at Row:1:Column:26\nunexpected token: NOT"),
    ("SELECT Id FROM A WHERE x = (SELECT Id FROM B)", "ERROR at Row:1:Column:28\nunexpected token: '('"),
    ("SELECT Id FROM A WHERE x IN (SELECT Id FROM B LIMIT 1)", "ERROR at Row:1:Column:47\nunexpected token: LIMIT"),
    ("SELECT Id FROM A WHERE x = :id", "Bind variables only allowed in Apex code"),
    ("SELECT Id FROM A WHERE x IN :ids", "Bind variables only allowed in Apex code"),
    # literals
    ("SELECT Id FROM A WHERE x = 'a", "line 1:29 no viable alternative at character '<EOF>'"),
    ('SELECT Id FROM A WHERE x = "a"', "line 1:27 no viable alternative at character '\"'"),
    ("SELECT Id FROM A WHERE x = 'a\\qb'", "Illegal character sequence '\\q' in string literal."),
    ("SELECT Id FROM A WHERE x = 'a\\%b'", "Illegal character sequence '\\%' in string literal."),
    ("SELECT Id FROM A WHERE x = '\\u00e'", "Illegal character sequence '\\u' in string literal."),
    ("SELECT Id FROM A WHERE x = 2020-12-31T10:00:00", "unexpected token: '2020-12-31T10:00:00'"),
    ("SELECT Id FROM A WHERE x = 2020-12-31 12:52:08.062712+00:00", "unexpected token: '12:52:08.062712+00:00'"),
    ("SELECT Id FROM A WHERE x = LAST_N_DAYS:", "unexpected token: '<EOF>'"),
    ("SELECT Id FROM A WHERE x = LAST_N_DAYS:A", "unexpected token: A"),
    ("SELECT Id FROM A WHERE x = LAST_N_DAYS:-5", "unexpected token: '-'"),
    ("SELECT Id FROM A WHERE x = BOB:2", "unexpected token: BOB"),
    ("SELECT Id FROM A WHERE x = USD-500", "unexpected token: USD"),
]


@pytest.mark.parametrize(("query", "message"), REFUSED)
def test_the_grammar_refuses(query: str, message: str) -> None:
    with pytest.raises(OrgError) as refusal:
        parse(query)
    assert refusal.value.code == "MALFORMED_QUERY"
    assert refusal.value.message.endswith(message)


BLOCKS = [
    # Recorded: roblesterjr04/EloquentSalesForce#68, forcedotcom/soql-tooling#86 and their like show excerpts cut so.
    (
        "SELECT Id FROM A WHERE a=1 AND b=2 OR c=3",
        "\nSELECT Id FROM A WHERE a=1 AND b=2 OR c=3\n                                   ^\nERROR at Row:1:Column:36\nunexpected token: OR",
    ),
    (
        "SELECT Id,\n  Name\nFROM A\nWHERE x IS NULL",
        "\nWHERE x IS NULL\n        ^\nERROR at Row:4:Column:9\nunexpected token: IS",
    ),
    (
        "SELECT Alpha__c, Beta__c, Gamma__c, Delta__c FROM Object__c WHERE Epsilon__c IS NULL AND Zeta__c = 'some text'",
        "\nFROM Object__c WHERE Epsilon__c IS NULL AND Zeta__c = 'some text'\n"
        "                                ^\nERROR at Row:1:Column:78\nunexpected token: IS",
    ),
]


@pytest.mark.parametrize(("query", "message"), BLOCKS)
def test_an_error_shows_the_place_in_the_text(query: str, message: str) -> None:
    with pytest.raises(OrgError) as refusal:
        parse(query)
    assert refusal.value.message == message


def test_a_lexer_error_counts_columns_from_zero() -> None:
    # Recorded in forcedotcom/SalesforceMobileSDK-ReactNative#82.
    query = 'SELECT FirstName, LastName FROM CampaignMember WHERE Id = "00v3D000003BjNa"'
    with pytest.raises(OrgError) as refusal:
        parse(query)
    assert refusal.value.message == (
        '\nFROM CampaignMember WHERE Id = "00v3D000003BjNa"\n                              ^\n'
        "ERROR at Row:1:Column:58\nline 1:58 no viable alternative at character '\"'"
    )


@pytest.mark.parametrize("query", ["", "  \n"])
def test_a_query_is_needed(query: str) -> None:
    with pytest.raises(OrgError, match="MALFORMED_QUERY: A query string has to be specified"):
        parse(query)


def test_a_query_may_have_100000_characters() -> None:
    query = "SELECT Id FROM A WHERE x = '"
    parse(query + "a" * (99_999 - len(query)) + "'")
    with pytest.raises(OrgError, match="SOQL statements can not be longer than 100000 characters"):
        parse(query + "a" * (100_000 - len(query)) + "'")


@pytest.mark.parametrize("opening", ["(", "NOT ("])
def test_parentheses_without_end_are_too_complicated(opening: str) -> None:
    with pytest.raises(OrgError, match="QUERY_TOO_COMPLICATED"):
        parse("SELECT Id FROM A WHERE " + opening * 5000)


# What Salesforce's published parser (npm @salesforce/soql-common) takes and refuses beyond the guide.
@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("SELECT f(g(x)), f(x) FROM A WHERE f(g(x)) = 1 ORDER BY f(g(x))", None),
        ("SELECT f(g(h(x))) FROM A", "unexpected token: '('"),
        ("SELECT " + "f(" * 5000, "unexpected token: '('"),
        ("SELECT Id FROM A USING SCOPE all", None),
        ("SELECT Id FROM A USING SCOPE group", "unexpected token: group"),
        ("SELECT Id FROM A UPDATE View", "unexpected token: View"),
        ("SELECT Id FROM A WITH X(a=1, b='x', c=true)", None),
        ("SELECT Id FROM A WITH y = 'x' WITH USER_MODE", None),
        ("SELECT Id FROM A WITH USER_MODE WITH y = 'x'", "unexpected token: '='"),
        ("SELECT Id FROM A WITH X(a=1.5)", "unexpected token: '1.5'"),
        ("SELECT Id FROM A WITH X(a=null)", "unexpected token: null"),
        ("SELECT Id FROM A WHERE a IN (SELECT DISTANCE(b, GEOLOCATION(1,10), 'km') FROM B)", "unexpected token: ','"),
        ("SELECT Id FROM A WHERE DISTANCE(b, GEOLOCATION(1,10), 'km') <= 5", None),
        ("SELECT COUNT(Id) FROM A GROUP BY DISTANCE(a)", None),
        ("SELECT Id FROM A WHERE b = '\\U00E9'", None),
        ("SELECT Id FROM A WHERE b = LAST_N_DAYS: 3", None),
        ("SELECT Id FROM A WHERE b = 10:00:00+01:00 AND c = 10:00:00.5Z", None),
        ("SELECT Id FROM A WHERE b = 10:00:00", "unexpected token: '10:00:00'"),
        ("SELECT aé, a.é FROM A", None),
        ("SELECT Id FROM A WHERE b lıke 'x'", "unexpected token: lıke"),
        ("SELECT Id\x0bFROM A", "line 1:9 no viable alternative at character '\x0b'"),
        ("SELECT Id FROM A WHERE b = 'x\ny'", "line 2:2 no viable alternative at character '<EOF>'"),
    ],
)
def test_agrees_with_the_published_parser(query: str, sentence: str | None) -> None:
    if sentence is None:
        parse(query)
        return
    with pytest.raises(OrgError) as refusal:
        parse(query)
    assert refusal.value.message.split("\n")[-1] == sentence


def test_subqueries_without_end_are_too_complicated() -> None:
    with pytest.raises(OrgError, match="QUERY_TOO_COMPLICATED"):
        parse("SELECT Id, (" * 5000)


def test_the_tree_has_the_shape_of_the_text() -> None:
    tree = parse(
        "SELECT a.B, SUM(c) s, (SELECT d FROM E), TYPEOF f WHEN G THEN h END FROM I WHERE j=1 AND (k=2 OR (NOT l=3))"
    )
    path, call, children, type_of = tree.items
    assert isinstance(path, Item)
    assert path.expression == FieldPath(("a", "B"), 7)
    assert isinstance(call, Item)
    assert call.expression == Call("SUM", FieldPath(("c",), 16), 12)
    assert call.alias == "s"
    assert isinstance(children, Children)
    assert isinstance(type_of, TypeOf)
    assert isinstance(tree.where, And)
    first, second = tree.where.parts
    assert isinstance(first, Comparison)
    assert isinstance(second, Or)
    assert isinstance(second.parts[1], Not)


def _rows(name: str) -> list[dict[str, str]]:
    path = CORPUS / name
    return [json.loads(line) for line in path.read_text().splitlines()] if path.is_file() else []


def test_every_query_of_public_suites_that_salesforce_takes_parses() -> None:
    rows = _rows("accept.jsonl")
    if not rows:
        pytest.skip("the collected queries are not beside this checkout")
    for row in rows:
        parse(row["q"])


def test_every_query_of_public_suites_with_a_syntax_error_is_refused() -> None:
    rows = _rows("reject.jsonl")
    if not rows:
        pytest.skip("the collected queries are not beside this checkout")
    for row in rows:
        refusal = _refusal(row["q"])
        assert (refusal == "MALFORMED_QUERY") == (row["kind"] == "syntax"), row["q"]


def _refusal(query: str) -> str | None:
    try:
        parse(query)
    except OrgError as refusal:
        return refusal.code
    return None
