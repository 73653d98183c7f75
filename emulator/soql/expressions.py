"""Parse the parts of a statement that are no clause: paths, functions, literals, conditions.

The rule of AND, OR and NOT (guide, "Logical operators", and Salesforce's published parser)::

    condition := simple (AND simple)*  |  simple (OR simple)*  |  NOT simple
    simple    := comparison  |  '(' condition ')'

One level holds only ANDs or only ORs; NOT stands at the start of a level and nothing may follow its operand.
"""

import re
from typing import Final

from .errors import malformed
from .literals import whole
from .reader import Reader
from .tokens import DATE, DATETIME, NAME, NUMBER, SYMBOL, TEXT, TIME, Token
from .tree import (
    And,
    Boolean,
    Call,
    Comparison,
    Condition,
    Currency,
    Date,
    DateTime,
    Distance,
    Expression,
    Literal,
    NamedDate,
    Not,
    Null,
    Number,
    Or,
    Path,
    Query,
    Source,
    Text,
    Time,
    Word,
)
from .tree import Item as SelectedItem

COMPARISONS: Final = frozenset({"=", "!=", "<>", "<", "<=", ">", ">="})
MAXIMUM_FUNCTIONS: Final = 2
"""Functions within each other (Salesforce's published parser)."""
CLAUSE_WORDS: Final = frozenset(
    "ABOVE ABOVE_OR_BELOW AT BELOW CASE CATEGORY COUNT DATA DISTANCE END FIELDS FLAT GEOLOCATION GROUP OFFSET ORDER REFERENCE "
    "SCOPE THEN TYPEOF VIEW WHEN".split()
)
"""Words that may name a field, but no scope and nothing to update (Salesforce's published parser)."""
DATE_NAMES: Final = frozenset(
    "YESTERDAY TODAY TOMORROW LAST_WEEK THIS_WEEK NEXT_WEEK LAST_MONTH THIS_MONTH NEXT_MONTH LAST_90_DAYS NEXT_90_DAYS "
    "LAST_N_DAYS NEXT_N_DAYS N_DAYS_AGO LAST_N_WEEKS NEXT_N_WEEKS N_WEEKS_AGO LAST_N_MONTHS NEXT_N_MONTHS N_MONTHS_AGO "
    "THIS_QUARTER LAST_QUARTER NEXT_QUARTER LAST_N_QUARTERS NEXT_N_QUARTERS N_QUARTERS_AGO THIS_YEAR LAST_YEAR NEXT_YEAR "
    "LAST_N_YEARS NEXT_N_YEARS N_YEARS_AGO THIS_FISCAL_QUARTER LAST_FISCAL_QUARTER NEXT_FISCAL_QUARTER "
    "LAST_N_FISCAL_QUARTERS NEXT_N_FISCAL_QUARTERS N_FISCAL_QUARTERS_AGO THIS_FISCAL_YEAR LAST_FISCAL_YEAR "
    "NEXT_FISCAL_YEAR LAST_N_FISCAL_YEARS NEXT_N_FISCAL_YEARS N_FISCAL_YEARS_AGO".split()
)
"""The named date literals (guide, "Date formats and date literals")."""

_ESCAPE: Final = r"""[nrtbfNRTBF"'\\]|[uU][0-9a-fA-F]{4}"""
_NO_TEXT_ESCAPE: Final = re.compile(rf"(?:[^\\]|\\(?:{_ESCAPE}))*+(?P<bad>\\.)", re.DOTALL)
_NO_PATTERN_ESCAPE: Final = re.compile(rf"(?:[^\\]|\\(?:{_ESCAPE}|[_%]))*+(?P<bad>\\.)", re.DOTALL)
"""The first backslash that begins no escape (guide, "Quoted string escape sequences")."""

_COUNTED: Final = re.compile(r"(LAST|NEXT)_N_\w+|N_\w+_AGO")
_CURRENCY: Final = re.compile(r"[A-Z]{3}\d+(\.\d*)?")


def parse_path(reader: Reader) -> Path:
    """Parse a field or relationship path."""
    token = reader.take_name()
    return Path(tuple(token.text.split(".")), token.at)


def parse_alias(reader: Reader) -> str | None:
    """Parse the alias of a SELECT item if there is one."""
    return reader.take().text if reader.is_name() else None


def parse_expression(reader: Reader, depth: int = 0, distance: bool = True) -> Expression:
    """Parse a path or a function, which nest two deep at most; DISTANCE of a point cannot be inner to another one.

    ``COUNT()`` is not an expression: only the SELECT list takes it.
    """
    if reader.ahead().word != "(":
        return parse_path(reader)
    name = reader.take_name()
    if depth == MAXIMUM_FUNCTIONS:
        raise reader.refusal()
    reader.expect("(")
    if name.word == "DISTANCE" and distance and reader.ahead().word == ",":
        return _distance(reader, name.at)
    argument = parse_expression(reader, depth + 1, distance=False)
    reader.expect(")")
    return Call(name.text, argument, name.at)


def _distance(reader: Reader, at: int) -> Distance:
    path = parse_path(reader)
    reader.expect(",")
    reader.expect("GEOLOCATION")
    reader.expect("(")
    latitude = parse_number(reader)
    reader.expect(",")
    longitude = parse_number(reader)
    reader.expect(")")
    reader.expect(",")
    if reader.token.kind != TEXT:
        raise reader.refusal()
    unit = parse_text(reader)
    reader.expect(")")
    return Distance(path, latitude, longitude, unit, at)


def parse_number(reader: Reader, whole: bool = False) -> Number:
    """Parse a number with an optional sign; LIMIT and OFFSET take whole ones."""
    at = reader.token.at
    sign = ""
    if reader.is_word("-") or reader.is_word("+"):
        sign = reader.take().word.replace("+", "")
    if reader.token.kind != NUMBER or (whole and "." in reader.token.text):
        raise reader.refusal()
    return Number(sign + reader.take().text, at)


# --- literals ---------------------------------------------------------------------------------------------------------


def parse_literal(reader: Reader, pattern: bool = False) -> Literal:
    """Parse a value on the right of a comparison; only a pattern may escape ``_`` and ``%``."""
    token = reader.token
    kind, at = token.kind, token.at
    if kind == TEXT:
        return parse_text(reader, pattern)
    if kind == NUMBER or (kind == SYMBOL and token.word in "+-"):
        return parse_number(reader)
    if kind == DATE:
        reader.take()
        return Date(token.text, at)
    if kind == DATETIME:
        reader.take()
        return DateTime(token.text, at)
    if kind == TIME:
        reader.take()
        return Time(token.text, at)
    if kind == NAME:
        return _word_literal(reader)
    raise reader.refusal()


def parse_text(reader: Reader, pattern: bool = False) -> Text:
    """Parse a quoted string, which is next. Raises MALFORMED_QUERY for an escape that there is not."""
    token = reader.take()
    escape = (_NO_PATTERN_ESCAPE if pattern else _NO_TEXT_ESCAPE).match(token.text) if "\\" in token.text else None
    if escape:
        sentence = f"Invalid string literal '{token.text[1:-1]}'. Illegal character sequence '{escape['bad']}' in string literal."
        raise malformed(reader.query, token.at + escape.start("bad"), sentence)
    return Text(token.text[1:-1], token.at)


def _word_literal(reader: Reader) -> Literal:
    token = reader.token
    word, at = token.word, token.at
    if word == "NULL":
        reader.take()
        return Null(at)
    if word in ("TRUE", "FALSE"):
        reader.take()
        return Boolean(word == "TRUE", at)
    if word in DATE_NAMES:
        return _named_date(reader)
    if _CURRENCY.fullmatch(word):
        reader.take()
        return Currency(token.text, at)
    raise reader.refusal()


def _named_date(reader: Reader) -> NamedDate:
    """Parse a named date; the names with an N want a number after the colon."""
    token = reader.take()
    counted = _COUNTED.fullmatch(token.word) is not None
    if not counted:
        return NamedDate(token.word, None, token.at)
    reader.expect(":")
    if reader.token.kind != NUMBER or not reader.token.text.isdigit():
        raise reader.refusal()
    return NamedDate(token.word, whole(reader.take().text), token.at)


# --- conditions -------------------------------------------------------------------------------------------------------


def parse_condition(reader: Reader) -> Condition:
    """Parse one level of a condition."""
    if reader.accept("NOT"):
        return Not(_simple(reader))
    first = _simple(reader)
    for connective in ("AND", "OR"):
        if reader.is_word(connective):
            parts = [first]
            while reader.accept(connective):
                parts.append(_simple(reader))
            return And(tuple(parts)) if connective == "AND" else Or(tuple(parts))
    return first


def _simple(reader: Reader) -> Condition:
    if reader.accept("("):
        with reader.deeper():
            condition = parse_condition(reader)
        reader.expect(")")
        return condition
    return _comparison(reader)


def _comparison(reader: Reader) -> Comparison:
    at = reader.token.at
    left = parse_expression(reader)
    token = reader.token
    if token.kind == SYMBOL and token.word in COMPARISONS:
        reader.take()
        return Comparison(left, "!=" if token.word == "<>" else token.word, parse_literal(reader), at)
    if isinstance(left, Distance):
        raise reader.refusal()
    if reader.accept("LIKE"):
        return Comparison(left, "LIKE", parse_literal(reader, pattern=True), at)
    if reader.accept("INCLUDES"):
        return Comparison(left, "INCLUDES", _list(reader), at)
    if reader.accept("EXCLUDES"):
        return Comparison(left, "EXCLUDES", _list(reader), at)
    if reader.accept("NOT", "IN"):
        return Comparison(left, "NOT IN", _list_or_query(reader), at)
    if reader.accept("IN"):
        return Comparison(left, "IN", _list_or_query(reader), at)
    raise reader.refusal()


def _list(reader: Reader) -> tuple[Literal, ...]:
    reader.expect("(")
    values = [parse_literal(reader)]
    while reader.accept(","):
        values.append(parse_literal(reader))
    reader.expect(")")
    return tuple(values)


def _list_or_query(reader: Reader) -> tuple[Literal, ...] | Query:
    if not reader.is_word("(", "SELECT"):
        return _list(reader)
    reader.expect("(")
    reader.expect("SELECT")
    selected = parse_expression(reader, distance=False)
    reader.expect("FROM")
    sources, scope = parse_sources(reader), parse_scope(reader)
    where = parse_condition(reader) if reader.accept("WHERE") else None
    reader.expect(")")
    return Query((SelectedItem(selected, None),), sources, scope, where)


# --- what a statement and a sub-select share ---------------------------------------------------------------------------

_CLAUSES: Final = (
    ("GROUP", "BY"),
    ("ORDER", "BY"),
    ("FOR", "VIEW"),
    ("FOR", "REFERENCE"),
    ("FOR", "UPDATE"),
)


def parse_sources(reader: Reader) -> tuple[Source, ...]:
    """Parse the entries of FROM: objects or relationship paths with their aliases."""
    sources = [_source(reader)]
    while reader.accept(","):
        sources.append(_source(reader))
    return tuple(sources)


def _source(reader: Reader) -> Source:
    path = parse_path(reader)
    if reader.is_word("AS"):
        reader.take()
        return Source(path, reader.take().text if _is_alias(reader) else "as")
    return Source(path, reader.take().text if _is_alias(reader) else None)


def _is_alias(reader: Reader) -> bool:
    """Tell whether the next name is an alias and not the start of a clause: ``OFFSET`` alone is one, ``OFFSET 5`` is none."""
    if not reader.is_name() or any(reader.is_word(*clause) for clause in _CLAUSES):
        return False
    return not (reader.is_word("OFFSET") and (reader.ahead().kind == NUMBER or reader.ahead().word in ("+", "-")))


def parse_scope(reader: Reader) -> Word | None:
    """Parse USING SCOPE; the grammar takes nearly any name for the scope."""
    if not reader.accept("USING"):
        return None
    reader.expect("SCOPE")
    token = take_clause_word(reader)
    return Word(token.text, token.at)


def take_clause_word(reader: Reader) -> Token:
    """Go on past the name of a scope, or of what is to be updated. Raises MALFORMED_QUERY for a word of a clause."""
    if reader.token.word in CLAUSE_WORDS:
        raise reader.refusal()
    return reader.take_name()
