"""Parameterized search: a search given by parameters becomes a SOSL text (REST API guide, "Parameterized Search").

Each part is parsed by itself first, so that none can reach beyond its clause.
"""

import re
from dataclasses import dataclass
from typing import Final

from ..errors import OrgError
from ..soql.expressions import parse_condition, parse_expression, parse_path
from ..soql.parser import parse_order_by
from ..soql.tokens import END
from .errors import MALFORMED, as_search, no_term, unexpected
from .parser import SCOPES, SearchReader
from .terms import RESERVED

MOST: Final = 2_000
"""The highest limit of every kind (same page)."""


@dataclass(frozen=True, slots=True)
class ObjectParameters:
    """What is asked of one object; empty text asks for nothing."""

    name: str
    fields: tuple[str, ...] = ()
    where: str = ""
    order_by: str = ""
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class SearchParameters:
    """A search by parameters. Clauses of `withs` stand as SOSL has them."""

    q: str
    scope: str = "ALL"
    objects: tuple[ObjectParameters, ...] = ()
    fields: tuple[str, ...] = ()
    """For objects that name none."""
    default_limit: int | None = None
    """For objects that have none."""
    overall_limit: int | None = None
    offset: int | None = None
    withs: tuple[str, ...] = ()


def search_text(parameters: SearchParameters) -> str:
    """Return the search in SOSL. Raises MALFORMED_SEARCH for a part that is no part of its kind."""
    if not parameters.q.strip():
        raise no_term()
    if parameters.scope.upper() not in SCOPES:
        raise OrgError(MALFORMED, f"Malformed search token: {parameters.scope}")
    if parameters.fields and not parameters.objects:
        raise OrgError(MALFORMED, "At least one sobject must be specified.")
    parts = [f"FIND {{{escaped(parameters.q)}}} IN {parameters.scope.upper()} FIELDS"]
    if parameters.objects:
        objects = [_object_text(object_, parameters) for object_ in parameters.objects]
        parts.append(f"RETURNING {', '.join(objects)}")
    parts += [f"WITH {clause}" for clause in parameters.withs]
    if parameters.overall_limit is not None:
        parts.append(f"LIMIT {_limit(parameters.overall_limit)}")
    return " ".join(parts)


def escaped(text: str) -> str:
    """Return a search term with a backslash before the characters that have no meaning of their own.

    Clients send addresses and names as they are. Operators, wildcards, quotes and parentheses keep their meaning, but quotes and
    parentheses without their partner lose it. All a guess: the guide says only that clauses are not supported.
    """
    letters = _letters(text)
    meant = "".join(letter for letter in letters if len(letter) == 1)
    bare = set(RESERVED) | {"}"}
    if meant.count('"') % 2:
        bare.add('"')
    if not _is_balanced(meant):
        bare |= {"(", ")"}
    return "".join("\\" + letter if letter in bare else letter for letter in letters)


def _letters(text: str) -> list[str]:
    """Return the characters of a text, one with a backslash before it together with that."""
    letters = re.findall(r"\\.|[^\\]", text, re.DOTALL)
    return [*letters, "\\\\"] if len("".join(letters)) < len(text) else letters


def _is_balanced(text: str) -> bool:
    """Tell whether parentheses can mean something; within quotes they cannot."""
    depth = 0
    for letter in text:
        depth += (letter == "(") - (letter == ")")
        if depth < 0:
            return False
    return depth == 0 and '"' not in text


def _object_text(object_: ObjectParameters, parameters: SearchParameters) -> str:
    name = _checked(object_.name, "name")
    limit = object_.limit if object_.limit is not None else parameters.default_limit
    parts = [", ".join(_checked(field, "field") for field in object_.fields or parameters.fields or ("Id",))]
    if object_.where.strip():
        parts.append(f"WHERE {_checked(object_.where, 'where')}")
    if object_.order_by.strip():
        parts.append(f"ORDER BY {_checked(object_.order_by, 'orderBy')}")
    if limit is not None:
        parts.append(f"LIMIT {_limit(limit)}")
    if parameters.offset is not None:
        parts.append(f"OFFSET {parameters.offset}")
    return f"{name}({' '.join(parts)})"


def _limit(number: int) -> int:
    if not 0 <= number <= MOST:
        raise OrgError(MALFORMED, f"limit should be between 0 to {MOST}")  # the words are a guess
    return number


def _checked(text: str, kind: str) -> str:
    """Return a part of the search that is what it should be, all of it."""
    with as_search():
        reader = SearchReader(f"ORDER BY {text}" if kind == "orderBy" else text)
        if kind == "orderBy":
            parse_order_by(reader)
        elif kind == "where":
            parse_condition(reader)
        elif kind == "field":
            parse_expression(reader)
        else:
            parse_path(reader)
        if reader.token.kind != END:
            raise unexpected(reader.query, reader.token.at, reader.token.text)
    return text.strip()


def names_of(text: str) -> tuple[str, ...]:
    """Return the names in a list with commas, without those within parentheses being split."""
    names: list[str] = []
    depth, begun = 0, 0
    for at, letter in enumerate(text + ","):
        depth += (letter == "(") - (letter == ")")
        if letter == "," and depth <= 0:
            names.append(text[begun:at].strip())
            begun = at + 1
    return tuple(name for name in names if name)
