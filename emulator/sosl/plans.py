"""From the text of a search to plans: one for each object that is returned, kept for the next time.

What is accepted and has no effect: WITH SPELL_CORRECTION (no spelling is corrected), WITH DIVISION = 'Global' (an org without divisions
has that one only), UPDATE TRACKING (it keeps the words of searches where nothing can read them), UPDATE VIEWSTAT for what is no
article.
Refused by name: USING ListView, WITH DATA CATEGORY, SNIPPET, NETWORK, PricebookId and other divisions.
"""

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

from ...schemas.catalog import Catalog
from ...schemas.field import Field, SObject
from ..soql.compile import compile_query
from ..soql.dialect import DIALECTS, DialectName
from ..soql.errors import refused
from ..soql.groups import is_aggregate
from ..soql.literals import whole
from ..soql.plan import Plan
from ..soql.resolve import resolve
from ..soql.resolved import AllOf, Column, Found
from ..soql.tree import Call, Expression, Item, Number, Path, Query, Source, Word
from .errors import as_search, malformed, not_emulated
from .parser import parse
from .scopes import columns_searched, is_searchable
from .tree import Returning, Search, Term, With

PLANS: Final = 256
"""Searches kept, the least recently used one dropped first."""
MOST_ROWS: Final = 2_000
MOST_ROWS_BEFORE: Final = 200
MANY_ROWS_SINCE: Final = 28.0
"""Rows of an answer, and the API version that gives so many (guide, "LIMIT n")."""
ROWS_OF_OBJECT: Final = 250
"""Rows of one object that has no LIMIT (guide, "SOSL Limits on Search Results")."""
MAXIMUM_OFFSET: Final = 2_000
HIGHLIGHT_SINCE: Final = 39.0
FUNCTIONS: Final = frozenset({"FIELDS", "TOLABEL", "FORMAT", "CONVERTCURRENCY"})
"""What a field list takes (guide, "RETURNING FieldSpec")."""

_ROW: Final = Field("_row", "Row", "int", nillable=False)


@dataclass(frozen=True, slots=True)
class ObjectPlan:
    """One object of a search: how its records are read, and how many of them at most."""

    plan: Plan
    """Its filter asks for the row numbers found."""
    columns: tuple[str, ...]
    """The columns of its documents that are searched."""
    most: int
    offset: int

    @property
    def sobject(self) -> SObject:
        """The type."""
        return self.plan.sobject


@dataclass(frozen=True, slots=True)
class SearchPlan:
    """A search ready to be run."""

    term: Term | None
    objects: tuple[ObjectPlan, ...]
    """In the order of RETURNING, else of the alphabet."""
    is_open: bool
    """There is no RETURNING: all types are searched, as far as there are any records."""
    most: int
    """Rows of the whole answer."""
    labels: bool
    """WITH METADATA = 'LABELS'."""
    highlight: bool


class SearchPlans:
    """Plans by text, API version and catalog."""

    def __init__(self, dialect: DialectName) -> None:
        """Take the name of the database's dialect."""
        self._dialect = dialect
        self._plan = lru_cache(PLANS)(self._make)

    def plan(self, catalog: Catalog, search: str, version: str) -> SearchPlan:
        """Return the plan of a search. Raises OrgError for what the platform refuses."""
        return self._plan(catalog, search, version)

    def _make(self, catalog: Catalog, search: str, version: str) -> SearchPlan:
        tree = parse(search)
        with as_search():
            return _Planner(search, tree, catalog, version, self._dialect).planned()


class _Planner:
    """The planning of one search."""

    def __init__(self, search: str, tree: Search, catalog: Catalog, version: str, dialect: DialectName) -> None:
        self._search = search
        self._tree = tree
        self._catalog = catalog
        self._version = version
        self._dialect = DIALECTS[dialect]

    def planned(self) -> SearchPlan:
        tree = self._tree
        most = MOST_ROWS if float(self._version) >= MANY_ROWS_SINCE else MOST_ROWS_BEFORE
        returning = tree.returning or self._everything()
        # A single object gives all its rows when it is narrowed or ordered; several share them.
        share = ROWS_OF_OBJECT if len(returning) == 1 else min(ROWS_OF_OBJECT, most // max(len(returning), 1))
        objects = tuple(self._object(object_, most, share) for object_ in returning)
        for clause in tree.withs:
            self._check(clause)
        kinds = {clause.words for clause in tree.withs}
        limit = min(self._not_negative(tree.limit, "LIMIT"), most) if tree.limit else most
        return SearchPlan(tree.term, objects, not tree.returning, limit, "METADATA" in kinds, "HIGHLIGHT" in kinds)

    def _everything(self) -> tuple[Returning, ...]:
        """Return all types that are searched when none is named."""
        found = []
        for name in self._catalog.names(float(self._version)):
            if is_searchable(self._catalog.get(name)):
                found.append(Returning(Path((name,), 0)))
        return tuple(found)

    # --- one object -----------------------------------------------------------------------------------------------------

    def _object(self, object_: Returning, most: int, share: int) -> ObjectPlan:
        query = Query(
            items=object_.items or (Item(Path(("Id",), object_.path.at), None),),
            sources=(Source(object_.path, None),),
            where=object_.where,
            order_by=object_.order_by,
            limit=object_.limit,
            purposes=self._purposes(object_),
        )
        self._check_fields(query)
        resolved = resolve(self._search, query, self._catalog, float(self._version))
        sobject = resolved.sobject
        if not is_searchable(sobject):
            sentence = f"sObject type '{sobject.name}' does not support search()"  # a guess
            raise refused("INVALID_TYPE", self._search, object_.path.at, sentence)
        if object_.list_view:
            raise not_emulated(self._search, object_.list_view.at, "USING ListView")
        found = Found(Column((), _ROW, (_ROW,)))
        filter_ = AllOf((found, resolved.filter)) if resolved.filter else found
        plan = compile_query(replace(resolved, filter=filter_), self._dialect, self._version, all_rows=False)
        assert isinstance(plan, Plan)
        is_narrowed = len(self._tree.returning) == 1 and bool(object_.where or object_.order_by)
        limit = resolved.limit if resolved.limit is not None else most if is_narrowed else share
        return ObjectPlan(
            plan, columns_searched(sobject, self._tree.scope), min(limit, most), self._offset(object_.offset)
        )

    def _purposes(self, object_: Returning) -> tuple[Word, ...]:
        """Return what is noted in the records of one object: of articles that they were viewed."""
        is_article = object_.path.text.lower().endswith("__kav")
        viewed = [word for word in self._tree.updates if word.text == "VIEWSTAT" and is_article]
        return tuple(Word("UPDATE VIEWSTAT", word.at) for word in viewed[:1])

    def _check_fields(self, query: Query) -> None:
        for item in query.items:
            if isinstance(item, Item):
                self._check_expression(item.expression)
        if is_aggregate(query):
            raise malformed(self._search, query.items[0].at, "Aggregate functions are not allowed in a search")

    def _check_expression(self, expression: Expression) -> None:
        if isinstance(expression, Call):
            if expression.name.upper() not in FUNCTIONS:
                raise malformed(
                    self._search, expression.at, f"The function {expression.name} is not allowed in a search"
                )
            if expression.argument is not None:
                self._check_expression(expression.argument)

    def _offset(self, offset: Number | None) -> int:
        if offset is None:
            return 0
        number = whole(offset.text)
        if not 0 <= number <= MAXIMUM_OFFSET:
            sentence = f"SOSL offset should be between 0 to {MAXIMUM_OFFSET}"
            raise malformed(self._search, offset.at, sentence)
        if len(self._tree.returning) != 1:
            raise malformed(self._search, offset.at, "OFFSET is allowed only in a search of a single object")
        return number

    # --- the whole search -----------------------------------------------------------------------------------------------

    def _not_negative(self, number: Number, clause: str) -> int:
        value = whole(number.text)
        if value < 0:
            raise malformed(self._search, number.at, f"{clause} can not be negative")
        return value

    def _check(self, clause: With) -> None:
        """Refuse a WITH clause that would have an effect that is not emulated."""
        words = clause.words
        if words == "SPELL_CORRECTION" or (words == "DIVISION" and clause.values[0].lower() == "global"):
            return
        if words == "METADATA":
            if clause.values[0].upper() != "LABELS":
                raise malformed(self._search, clause.at, f"Unknown METADATA: {clause.values[0]}")
            return
        if words == "HIGHLIGHT":
            if float(self._version) < HIGHLIGHT_SINCE:
                raise malformed(
                    self._search, clause.at, f"WITH HIGHLIGHT is supported from API version {HIGHLIGHT_SINCE} on"
                )
            return
        values = f" {', '.join(clause.values)}" if words == "DIVISION" else ""
        raise not_emulated(self._search, clause.at, f"WITH {words}{values}")
