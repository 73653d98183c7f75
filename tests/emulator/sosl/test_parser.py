"""The grammar of SOSL: what parses, what it means, what is refused and in which words."""

import json
from pathlib import Path

import pytest

from chatlift.emulator.errors import OrgError
from chatlift.emulator.sosl.parser import parse
from chatlift.emulator.sosl.tree import Either, Every, OneWord, Phrase, Term, Without

CORPUS = Path(__file__).parents[4] / "shared" / "corpora" / "soql" / "sosl_accept.jsonl"


def shown(term: Term | None) -> str:
    """A term in one line: [a b] is a phrase, & | and - are the operators, everything in parentheses."""
    if term is None:
        return "nothing"
    if isinstance(term, OneWord):
        return term.pattern
    if isinstance(term, Phrase):
        return f"[{' '.join(word.pattern for word in term.words)}]"
    if isinstance(term, Every):
        return f"({' & '.join(shown(part) for part in term.parts)})"
    if isinstance(term, Either):
        return f"({' | '.join(shown(part) for part in term.parts)})"
    assert isinstance(term, Without)
    return f"({shown(term.part)} - {shown(term.unwanted)})"


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("acme", "acme"),
        ("ACME Inc", "(acme & inc)"),
        ('"Joe Smith"', "[joe smith]"),
        ('"Joe"', "joe"),
        ("joe AND smith", "(joe & smith)"),
        ("joe and smith", "(joe & smith)"),
        ("joe or smith", "(joe | smith)"),
        ("joe AND NOT smith", "(joe - smith)"),
        ("joe and not smith", "(joe - smith)"),
        ("joe AND smith OR ann", "((joe & smith) | ann)"),
        ("joe OR smith AND ann", "(joe | (smith & ann))"),
        ("joe OR smith ann", "(joe | (smith & ann))"),
        ("joe AND NOT smith OR ann", "((joe - smith) | ann)"),
        ("joe AND NOT smith ann", "((joe - smith) & ann)"),
        ("joe ann AND NOT smith AND NOT bob", "(((joe & ann) - smith) - bob)"),
        ("joe AND (smith OR ann)", "(joe & (smith | ann))"),
        ("joe AND NOT (smith OR ann)", "(joe - (smith | ann))"),
        ("(((joe)))", "joe"),
        ("(joe)(ann)", "(joe & ann)"),
        ('"and" or "or"', "(and | or)"),
        ('"joe and mary"', "[joe and mary]"),
        ("Why not\\?", "(why & not)"),
        ("not joe", "(not & joe)"),
        (r"joe \and mary", "(joe & and & mary)"),
        ("Joe Sm?th*", "(joe & sm?th*)"),
        ("jo**n", "jo**n"),
        ("*joe*", "joe*"),
        ('"joe sm*"', "[joe sm*]"),
        ("joe *", "joe"),
        (r"joe \*", "joe"),
        (r"asterisk \* AND star", "(asterisk & star)"),
        ("joe@acme.com", "[joe acme com]"),
        (r"marie\-pier martin", "([marie pier] & martin)"),
        (r"\(415\) 555\-1212", "(415 & [555 1212])"),
        ("ÄTHER Ελλάδα", "(äther & ελλάδα)"),
        ("e\u0301te\u0301", "\u00e9t\u00e9"),
        ("snake_case", "[snake case]"),
        (r"hello \} world", "(hello & world)"),
        (r"double quote \"", "(double & quote)"),
        ("中", "中"),
        ("joe OR (\\? AND \\!)", "joe"),
        ("  joe\n\tann  ", "(joe & ann)"),
    ],
)
def test_terms_mean(written: str, meant: str) -> None:
    assert shown(parse(f"FIND {{{written}}}").term) == meant


@pytest.mark.parametrize(
    "search",
    [
        "find {joe}",
        "FIND{joe}",
        "  FIND\n{joe}  ",
        "FIND {joe} IN ALL FIELDS",
        "find {joe} in sidebar fields returning Account limit 5",
        "FIND {joe} RETURNING Account, Contact(Id), Lead (Id, Name)",
        "FIND {joe} RETURNING Account(Id WHERE Name = 'x' AND (Phone = null OR Name LIKE 'a%'))",
        "FIND {joe} RETURNING Account(Id WHERE Name = '}' ORDER BY Name DESC NULLS LAST, Id LIMIT 1 OFFSET 2)",
        "FIND {joe} RETURNING Account(Id USING ListView = Recent)",
        "FIND {joe} RETURNING Account(Id WHERE Name = 'x' USING ListView = 'My view' ORDER BY Id)",
        "FIND {joe} RETURNING Account(toLabel(Type) Kind, FORMAT(convertCurrency(Amount)) a)",
        "FIND {joe} RETURNING Account(Offset, Order)",
        "FIND {joe} RETURNING Account(Id OFFSET 5)",
        "FIND {joe} WITH DIVISION = 'Global' WITH METADATA = 'LABELS' LIMIT 5 UPDATE TRACKING, VIEWSTAT",
        "FIND {joe} WITH DATA CATEGORY a__c AT b__c AND c__c ABOVE_OR_BELOW (d__c, e__c)",
        "FIND {joe} WITH SNIPPET WITH HIGHLIGHT WITH SPELL_CORRECTION = TRUE",
        "FIND {joe} WITH SNIPPET (target_length = 120) UPDATE VIEWSTAT",
        "FIND {joe} WITH NETWORK IN ('a', 'b') WITH PricebookId = '01s'",
        "FIND {joe} UPDATE TRACKING UPDATE VIEWSTAT",
    ],
)
def test_statements_parse(search: str) -> None:
    parse(search)


def test_the_public_corpus_parses() -> None:
    if not CORPUS.exists():
        pytest.skip("the corpus is not here")
    rows = [json.loads(line)["q"] for line in CORPUS.read_text().splitlines()]
    assert len(rows) == 94
    for search in rows:
        parse(search)


NO_TERM = "No search term found. The search term must be enclosed in braces."


@pytest.mark.parametrize(
    ("search", "message"),
    [
        # Recorded: restforce/restforce#688, simple-salesforce/simple-salesforce#415, jesperfj/force-rest-api#92.
        (
            "FIND {John|jane_gray@uoa.edu} RETURNING Contact",
            "\nFIND {John|jane_gray@uoa.edu} RETURNING Contact\n         ^\nERROR at Row:1:Column:10\n"
            "line 1:10 mismatched character '|' expecting '}'",
        ),
        (
            "FIND {Marie-Pier Martin}",
            "\nFIND {Marie-Pier Martin}\n          ^\nERROR at Row:1:Column:11\n"
            "line 1:11 mismatched character '-' expecting '}'",
        ),
        (
            "FIND {name} IN ALL TYPE RETURNING Account(name)",
            "\nFIND {name} IN ALL TYPE RETURNING Account(name)\n                  ^\nERROR at Row:1:Column:19\n"
            "Malformed search token: TYPE",
        ),
        ("FIND joe", NO_TERM),
        ("FIND", NO_TERM),
        ("FIND {}", NO_TERM),
        ("FIND {  }", NO_TERM),
        ("", NO_TERM),
        ("SELECT Id FROM Account", "unexpected token: SELECT"),
        ("{joe}", "unexpected token: '{'"),
        ("FINDER {joe}", "unexpected token: FINDER"),
    ],
)
def test_refusals_come_in_the_platforms_words(search: str, message: str) -> None:
    with pytest.raises(OrgError) as refusal:
        parse(search)
    assert (refusal.value.code, refusal.value.message) == ("MALFORMED_SEARCH", message)


@pytest.mark.parametrize(
    ("search", "sentence"),
    [
        ("FIND {joe", "line 1:9 mismatched character '<EOF>' expecting '}'"),
        ("FIND {joe\n+", "line 2:0 mismatched character '+' expecting '}'"),
        ("FIND {jo\\", "line 1:9 mismatched character '<EOF>' expecting '}'"),
        ('FIND {"joe}', "line 1:10 mismatched character '}' expecting '\"'"),
        ('FIND {"jo-e"}', "line 1:9 mismatched character '-' expecting '}'"),
        ('FIND {"jo(e"}', "line 1:9 mismatched character '(' expecting '}'"),
        ("FIND {joe's}", "line 1:9 mismatched character ''' expecting '}'"),
        ("FIND {joe AND}", "unexpected token: '}'"),
        ("FIND {joe OR OR ann}", "unexpected token: OR"),
        ("FIND {AND joe}", "unexpected token: AND"),
        ("FIND {joe AND NOT}", "unexpected token: '}'"),
        ("FIND {joe OR AND ann}", "unexpected token: AND"),
        ("FIND {(joe}", "unexpected token: '}'"),
        ("FIND {joe)}", "unexpected token: ')'"),
        ("FIND {joe ()}", "unexpected token: ')'"),
        ("FIND {" + "(" * 101 + "joe" + ")" * 101 + "}", "Search query is too complicated"),
        ("FIND {joe} IN Accounts", "Malformed search token: Accounts"),
        ("FIND {joe} IN ALL", "unexpected token: '<EOF>'"),
        ("FIND {joe} ann", "unexpected token: ann"),
        ("FIND {joe} RETURNING", "unexpected token: '<EOF>'"),
        ("FIND {joe} RETURNING Account()", "unexpected token: ')'"),
        ("FIND {joe} RETURNING Account(WHERE Id = null)", "unexpected token: WHERE"),
        ("FIND {joe} RETURNING Account(Id LIMIT 1 WHERE Id = null)", "unexpected token: WHERE"),
        ("FIND {joe} RETURNING Account(Id OFFSET 1 LIMIT 1)", "unexpected token: LIMIT"),
        ("FIND {joe} RETURNING Account(Id", "unexpected token: '<EOF>'"),
        ("FIND {joe} RETURNING Account Contact", "unexpected token: Contact"),
        ("FIND {joe} RETURNING Account(Id WHERE Name = 'a' AND Id = null OR Id = null)", "unexpected token: OR"),
        ("FIND {joe} RETURNING Account(Id USING SCOPE mine)", "unexpected token: SCOPE"),
        ("FIND {joe} RETURNING Account(COUNT())", "unexpected token: ')'"),
        ("FIND {joe} LIMIT", "unexpected token: '<EOF>'"),
        ("FIND {joe} LIMIT 1.5", "unexpected token: '1.5'"),
        ("FIND {joe} LIMIT 5 WITH HIGHLIGHT", "unexpected token: WITH"),
        ("FIND {joe} WITH FOO", "unexpected token: FOO"),
        ("FIND {joe} WITH DIVISION = Global", "unexpected token: Global"),
        ("FIND {joe} WITH SPELL_CORRECTION = maybe", "unexpected token: maybe"),
        ("FIND {joe} WITH DATA CATEGORY a__c NEAR b__c", "unexpected token: NEAR"),
        ("FIND {joe} UPDATE", "unexpected token: '<EOF>'"),
        ("FIND {joe} UPDATE COUNTS", "unexpected token: COUNTS"),
        ("FIND {joe} RETURNING Account(Id) }", "line 1:33 no viable alternative at character '}'"),
    ],
)
def test_syntax_errors_are_malformed_searches(search: str, sentence: str) -> None:
    with pytest.raises(OrgError) as refusal:
        parse(search)
    assert refusal.value.code == "MALFORMED_SEARCH"
    assert refusal.value.message.endswith("\n" + sentence)
    assert "\nERROR at Row:" in refusal.value.message


@pytest.mark.parametrize("term", ["a", "a*", "?", "*", r"\?", '"x"', "( y )", "a OR *"])
def test_a_single_letter_is_too_short(term: str) -> None:
    with pytest.raises(OrgError) as refusal:
        parse(f"FIND {{{term}}}")
    assert refusal.value.code == "INVALID_SEARCH"
    assert refusal.value.message == f"search term must be longer than one character: {term}"


def test_a_long_search_loses_its_operators_and_a_longer_one_finds_nothing() -> None:
    words = "joe AND NOT (ann) " + "bob " * 1000
    kept = parse(f"FIND {{{words[:4000]}}}").term
    assert isinstance(kept, Every)
    lost = parse(f"FIND {{{words[:4001]}}}").term
    assert isinstance(lost, Either)
    assert [shown(part) for part in lost.parts[:3]] == ["joe", "ann", "bob"]
    assert parse(f"FIND {{{'bob ' * 2500}}}").term is not None
    assert parse(f"FIND {{{'bob ' * 2500} }}").term is None
