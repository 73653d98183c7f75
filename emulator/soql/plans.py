"""The way from text to plan, with what was planned kept for the next time.

Usage: ``Plans(dialect).plan(catalog, text, version, all_rows)``; an org owns one.

A program asks the same question of another record again and again, so texts that differ in quoted strings and dates alone
share a plan: each such literal must be one parameter of the statements and nothing else, and the new one must be of the
same plain kind. Whatever is not so plain goes the whole way, and so does every text that is refused.
"""

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any, Final

from ...schemas.catalog import Catalog
from ...schemas.field import SObject
from ...schemas.ids import InvalidId, normalize
from ...schemas.values import InvalidValue, parse_date, parse_datetime
from .compile import compile_query
from .dialect import DIALECTS, Dialect, DialectName
from .literals import is_plain
from .parser import MAXIMUM_LENGTH, parse
from .paths import Paths
from .plan import AnyPlan, ChildPlan, CountPlan, Plan
from .resolve import resolve
from .resolved import ResolvedQuery
from .shapes import ShapeBuilder
from .sql import Form, Lifted, Literals, Statement
from .tree import Path

PLANS: Final = 512
"""Plans kept, the least recently used one dropped first."""

_LITERAL: Final = re.compile(
    r"('(?:[^'\\\n]|\\[^\n])*'|\d{4}-\d\d-\d\d(?:[Tt]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:?\d\d))?)", re.ASCII
)

Planned = tuple[AnyPlan, Literals | None]
"""A plan, and the parameters for its literals where the text is not the one that was planned."""
Template = tuple[AnyPlan, tuple[tuple[int, Form], ...]]
"""A plan, and the place and form of each literal of its text, in order."""


class Plans:
    """Plans by text, API version, catalog and kind of query."""

    def __init__(self, dialect: DialectName) -> None:
        """Take the name of the database's dialect."""
        self._dialect = DIALECTS[dialect]
        self._parse = lru_cache(PLANS)(parse)
        self._plan = lru_cache(PLANS)(self._make)
        self._record_plan = lru_cache(PLANS)(self._make_for_records)
        self._templates: dict[tuple[Catalog, str, str, str, bool], Template | None] = {}
        self.plan: Callable[[Catalog, str, str, bool], Planned] = lru_cache(PLANS)(self._planned)
        """Return the plan of a query: ``plan(catalog, text, version, all_rows)``. Raises OrgError for what is refused."""

    def record_plan(
        self, catalog: Catalog, sobject: SObject, fields: tuple[str, ...] | None, version: str, all_rows: bool
    ) -> Plan:
        """Return the plan that reads records of one object by id: named fields, or all in the order of a describe."""
        return self._record_plan(catalog, sobject, fields, version, all_rows)

    def _planned(self, catalog: Catalog, text: str, version: str, all_rows: bool) -> Planned:
        parts = _LITERAL.split(text) if len(text) <= MAXIMUM_LENGTH else [text]
        if len(parts) == 1:
            return self._plan(catalog, text, version, all_rows), None
        literals = parts[1::2]
        kinds = "".join(["'" if literal[0] == "'" else "d" if len(literal) == 10 else "t" for literal in literals])
        key = (catalog, "\0".join(parts[::2]), kinds, version, all_rows)
        if key in self._templates:
            template = self._templates[key]
            if template is not None and (values := self._values(template, literals)) is not None:
                return template[0], values
            return self._plan(catalog, text, version, all_rows), None
        plan = self._plan(catalog, text, version, all_rows)
        if all(literal[0] != "'" or is_plain(literal[1:-1]) for literal in literals):
            if len(self._templates) >= PLANS:
                self._templates.clear()
            self._templates[key] = _template(plan, text)
        return plan, None

    def _values(self, template: Template, literals: list[str]) -> Literals | None:
        """Return the parameters for other literals, or None where one of them needs a statement of its own."""
        values: dict[int, Any] = {}
        try:
            for (at, form), literal in zip(template[1], literals, strict=True):
                if literal[0] == "'":
                    literal = literal[1:-1]
                    if not is_plain(literal):
                        return None
                values[at] = _parameter(self._dialect, form, literal)
        except (InvalidId, InvalidValue):
            return None
        return values

    def _make(self, catalog: Catalog, text: str, version: str, all_rows: bool) -> AnyPlan:
        return compile_query(self.resolved(catalog, text, version), self._dialect, version, all_rows)

    def resolved(self, catalog: Catalog, text: str, version: str) -> ResolvedQuery:
        """Return a query with its names resolved. Raises OrgError for what the platform refuses."""
        return resolve(text, self._parse(text), catalog, float(version))

    def count(self, query: ResolvedQuery, version: str) -> CountPlan:
        """Return the plan that counts the rows of a query without SELECT list, as `counting` makes one."""
        plan = compile_query(query, self._dialect, version, all_rows=False)
        assert isinstance(plan, CountPlan)
        return plan

    def _make_for_records(
        self, catalog: Catalog, sobject: SObject, fields: tuple[str, ...] | None, version: str, all_rows: bool
    ) -> Plan:
        paths = Paths("", catalog, float(version), sobject)
        builder = ShapeBuilder("", paths)
        for name in fields if fields is not None else tuple(field.name for field in sobject.fields):
            builder.add(Path((name,), 0))
        resolved = ResolvedQuery(sobject, paths.joins, builder.built(), None, (), None, 0)
        plan = compile_query(resolved, self._dialect, version, all_rows)
        assert isinstance(plan, Plan)
        return plan


def _template(plan: AnyPlan, text: str) -> Template | None:
    """Return a plan for texts with other literals, or None where a literal is more than a parameter."""
    forms: dict[int, Form] = {}
    for lifted in _lifted(plan):
        if forms.setdefault(lifted.at, lifted.form) is not lifted.form:
            return None
    places = [found.start() for found in _LITERAL.finditer(text)]
    return (plan, tuple(sorted(forms.items(), key=lambda item: item[0]))) if sorted(forms) == places else None


def _lifted(plan: AnyPlan) -> Iterator[Lifted]:
    if not isinstance(plan, Plan):
        yield from _of_statement(plan.statement)
        return
    yield from _of_statement(plan.first)
    yield from _of_children(plan.children)


def _of_children(children: tuple[ChildPlan, ...]) -> Iterator[Lifted]:
    for child in children:
        yield from _of_statement(child.statement)
        yield from _of_children(child.children)


def _of_statement(statement: Statement) -> Iterator[Lifted]:
    return (lifted for _, lifted in statement.lifts)


def _parameter(dialect: Dialect, form: Form, literal: str) -> Any:
    """Return the parameter for a literal of a plain kind. Raises InvalidId or InvalidValue."""
    match form:
        case Form.TEXT:
            return literal
        case Form.FOLDED:
            return dialect.text_without_case(literal)
        case Form.PATTERN:
            return dialect.like("", literal, case_sensitive=False)[1]
        case Form.ID:
            return normalize(literal)
        case Form.DATE:
            return parse_date(literal)
        case Form.DATETIME:
            return parse_datetime(literal.upper())
