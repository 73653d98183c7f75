"""The conditions of a list view: from what Metadata says to SOQL, and to the tree that a describe shows.

SOAP guide, ``SoqlWhereCondition`` and its kinds. How the platform writes values in the tree is known for date literals alone
(recorded: ``["THIS_WEEK"]``); that others stand there as in SOQL, in quotes, is a guess.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from ...schemas.field import Field, ListFilter
from ..soql.literals import quoted

OPERATORS: Final = {
    "equals": ("=", "equals"),
    "notEqual": ("!=", "notEquals"),
    "lessThan": ("<", "lessThan"),
    "lessOrEqual": ("<=", "lessThanOrEqualTo"),
    "greaterThan": (">", "greaterThan"),
    "greaterOrEqual": (">=", "greaterThanOrEqualTo"),
    "contains": ("LIKE", "like"),
    "notContain": ("LIKE", "like"),
    "startsWith": ("LIKE", "like"),
    "includes": ("INCLUDES", "includes"),
    "excludes": ("EXCLUDES", "excludes"),
}
"""Metadata's operation -> SOQL's operator, and its name in a describe."""
NEGATED: Final = frozenset({"notEqual", "notContain"})
SETS: Final = frozenset({"includes", "excludes"})
DEEPEST: Final = 50
_TOKEN: Final = re.compile(r"\s*(\d{1,4}|\(|\)|AND\b|OR\b|NOT\b)\s*", re.IGNORECASE)
_DATE_LITERAL: Final = re.compile(r"[A-Z_]+(:\d{1,4})?\Z")
_ISO: Final = re.compile(r"\d{4}-\d\d-\d\d([Tt][0-9:.]+([Zz]|[+-]\d\d:?\d\d))?\Z")
_AMERICAN: Final = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})\Z")
_NUMBER: Final = re.compile(r"-?\d{1,18}(\.\d{1,18})?\Z")


class NotSoql(Exception):
    """A view cannot be said in SOQL; such a one is listed, and cannot be run."""


@dataclass(frozen=True, slots=True)
class Condition:
    """One part of a WHERE: its SOQL, and how a describe shows it."""

    soql: str
    shown: dict[str, Any]


NONE: Final[dict[str, Any]] = {"conditions": [], "conjunction": "and"}
"""What a describe shows of a view without conditions (recorded)."""


def leaf(path: str, field: Field, given: ListFilter) -> Condition:
    """Return the condition of one filter; several values are alternatives, or none of them for a negation."""
    if given.operation not in OPERATORS:
        raise NotSoql(f"the operation {given.operation} has no SOQL")
    if (given.operation in SETS) != (field.type == "multipicklist") and given.operation in SETS:
        raise NotSoql(f"{given.operation} is for multi-select picklists")
    operator, shown = OPERATORS[given.operation]
    values = [_value(field, given.operation, text) for text in _split(field, given.value)]
    if given.operation in SETS:
        listed = ", ".join(values)
        return Condition(f"{path} {operator} ({listed})", {"field": path, "operator": shown, "values": values})
    parts = [_single(path, operator, shown, value) for value in values]
    if given.operation == "notContain":
        parts = [negated(part) for part in parts]
    return together(parts, "and" if given.operation in NEGATED else "or")


def together(parts: list[Condition], conjunction: str) -> Condition:
    """Join conditions with ``and`` or ``or``."""
    if len(parts) == 1:
        return parts[0]
    soql = f" {conjunction.upper()} ".join(part.soql for part in parts)
    return Condition(f"({soql})", {"conditions": [part.shown for part in parts], "conjunction": conjunction})


def negated(part: Condition) -> Condition:
    return Condition(f"(NOT {part.soql})", {"condition": part.shown})


def combined(text: str, leaves: list[Condition]) -> Condition:
    """Return the condition of a filter logic such as ``1 AND (2 OR NOT 3)``."""
    tokens, at = [], 0
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            raise NotSoql(f"the filter logic cannot be read: {text}")
        tokens.append(found[1].upper())
        at = found.end()
    reader = _Logic(tokens, leaves)
    whole = reader.alternatives(0)
    if reader.tokens:
        raise NotSoql(f"the filter logic cannot be read: {text}")
    return whole


class _Logic:
    """Reads filter logic; AND before OR."""

    def __init__(self, tokens: list[str], leaves: list[Condition]) -> None:
        self.tokens = tokens[::-1]
        self._leaves = leaves

    def alternatives(self, depth: int) -> Condition:
        return self._run(lambda: self._run(lambda: self._one(depth), "AND"), "OR")

    def _run(self, read: Callable[[], Condition], word: str) -> Condition:
        parts = [read()]
        while self.tokens and self.tokens[-1] == word:
            self.tokens.pop()
            parts.append(read())
        return together(parts, word.lower())

    def _one(self, depth: int) -> Condition:
        word = self.tokens.pop() if self.tokens else ""
        if depth > DEEPEST:
            raise NotSoql("the filter logic is nested too deep")
        if word == "NOT":
            return negated(self._one(depth + 1))
        if word == "(":
            inner = self.alternatives(depth + 1)
            if not self.tokens or self.tokens.pop() != ")":
                raise NotSoql("the filter logic lacks a parenthesis")
            return inner
        if not word.isdigit() or not 1 <= int(word) <= len(self._leaves):
            raise NotSoql(f"the filter logic names no filter {word}")
        return self._leaves[int(word) - 1]


def _single(path: str, operator: str, shown: str, value: str) -> Condition:
    return Condition(f"{path} {operator} {value}", {"field": path, "operator": shown, "values": [value]})


def _split(field: Field, value: str) -> list[str]:
    """Return the values of a filter: a comma stands between alternatives (Salesforce help, "Create Filters")."""
    return [part.strip() for part in value.split(",")] if "," in value else [value.strip()]


def _value(field: Field, operation: str, text: str) -> str:
    """Return a value as SOQL writes it."""
    if not text:
        return "null"
    if operation in ("contains", "notContain", "startsWith"):
        return quoted(text, "" if operation == "startsWith" else "%", "%", is_pattern=True)
    if field.type == "boolean":
        return "TRUE" if text.lower() in ("1", "true", "yes") else "FALSE"
    if field.type in ("int", "double", "currency", "percent"):
        if not _NUMBER.match(text):
            raise NotSoql(f"{text} is no number")
        return text
    if field.type in ("date", "datetime"):
        return _date(field, text)
    return quoted(text)


def _date(field: Field, text: str) -> str:
    if _DATE_LITERAL.match(text.upper()):
        return text.upper()
    if american := _AMERICAN.match(text):
        text = f"{american[3]}-{american[1]:0>2}-{american[2]:0>2}"
    if not _ISO.match(text) or (field.type == "datetime") != ("T" in text.upper()):
        raise NotSoql(f"{text} is no {field.type} that SOQL takes")
    return text
