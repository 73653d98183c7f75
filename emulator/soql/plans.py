"""The way from text to plan, with what was planned kept for the next time.

Usage: ``Plans(dialect).plan(catalog, text, version, all_rows)``; an org owns one.
"""

from functools import lru_cache
from typing import Final

from ...schemas.catalog import Catalog
from ...schemas.field import SObject
from .compile import compile_query
from .dialect import DIALECTS, DialectName
from .parser import parse
from .paths import Paths
from .plan import AnyPlan, Plan
from .resolve import resolve
from .resolved import ResolvedQuery
from .shapes import ShapeBuilder
from .tree import Path

PLANS: Final = 512
"""Plans kept, the least recently used one dropped first."""


class Plans:
    """Plans by text, API version, catalog and kind of query."""

    def __init__(self, dialect: DialectName) -> None:
        """Take the name of the database's dialect."""
        self._dialect = DIALECTS[dialect]
        self._parse = lru_cache(PLANS)(parse)
        self._plan = lru_cache(PLANS)(self._make)
        self._record_plan = lru_cache(PLANS)(self._make_for_records)

    def plan(self, catalog: Catalog, text: str, version: str, all_rows: bool) -> AnyPlan:
        """Return the plan of a query. Raises OrgError for what the platform refuses."""
        return self._plan(catalog, text, version, all_rows)

    def record_plan(
        self, catalog: Catalog, sobject: SObject, fields: tuple[str, ...] | None, version: str, all_rows: bool
    ) -> Plan:
        """Return the plan that reads records of one object by id: named fields, or all in the order of a describe."""
        return self._record_plan(catalog, sobject, fields, version, all_rows)

    def _make(self, catalog: Catalog, text: str, version: str, all_rows: bool) -> AnyPlan:
        resolved = resolve(text, self._parse(text), catalog, float(version))
        return compile_query(resolved, self._dialect, version, all_rows)

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
