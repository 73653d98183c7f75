"""Run searches: bring the index up to date, find the rows, read the records.

Records of one type come in the order of their ids unless ORDER BY says otherwise. The platform orders them by relevance, which is
not public.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from ...schemas.catalog import Catalog
from ..soql.dialect import DialectName
from ..soql.shape import Record
from ..sosl.highlight import highlight
from ..sosl.index_query import index_query, wanted
from ..sosl.matching import matcher
from ..sosl.plans import ObjectPlan, SearchPlan, SearchPlans
from ..sosl.tree import Term
from ..store import Reader, Store
from ..store.search import COLUMNS, Indexed
from .caller import Caller
from .query import Queries
from .search_index import IndexRoom


class OrgRooms(Protocol):
    """What a search asks of the org."""

    store: Store
    query: Queries

    def seen_by(self, caller: Caller) -> Catalog:
        """Return what a caller may see of the types."""
        ...


@dataclass(frozen=True, slots=True)
class SearchResult:
    """The answer to a search; ``metadata`` as WITH METADATA asks for it, else None."""

    records: list[Record]
    metadata: dict[str, Any] | None = None


class Searches:
    """Answer SOSL as a caller. Raises `OrgError`."""

    def __init__(self, org: OrgRooms) -> None:
        self._org = org
        self._dialect: DialectName = org.store.dialect
        self._plans = SearchPlans(self._dialect)
        self._index = IndexRoom(org.store)

    def run(self, caller: Caller, sosl: str) -> list[Record]:
        """Return the records that a search finds, type by type in the order of RETURNING."""
        return self.answer(caller, sosl).records

    def answer(self, caller: Caller, sosl: str) -> SearchResult:
        """Return the records that a search finds, and what it asks for besides."""
        plan = self._plans.plan(self._org.seen_by(caller), sosl, caller.version)
        found = self._found(caller, plan, plan.term) if plan.term is not None else [[] for _ in plan.objects]
        shown = [
            rows[:number] for rows, number in zip(found, shares([len(rows) for rows in found], plan.most), strict=True)
        ]
        for object_, records in zip(plan.objects, shown, strict=True):
            self._org.query.mark(caller, object_.plan, records)
        if plan.highlight and plan.term is not None:
            for object_, records in zip(plan.objects, shown, strict=True):
                highlight(object_.sobject, caller.number, plan.term, records)
        metadata = _labels(plan, shown) if plan.labels else None
        return SearchResult([record for records in shown for record in records], metadata)

    # --- inside ---------------------------------------------------------------------------------------------------------

    def _found(self, caller: Caller, plan: SearchPlan, term: Term) -> list[list[Record]]:
        """Return the records of each object, as many as it may have by itself."""
        if not plan.is_open:
            self._org.store.ensure(
                *{type_.name: type_ for object_ in plan.objects for type_ in object_.plan.sobjects}.values()
            )
        with self._index.level([object_.sobject.whole for object_ in plan.objects]) as (rows, indexed):
            hits = [self._rows(rows, object_, indexed.get(object_.sobject.name), term) for object_ in plan.objects]
            return [
                self._org.query.found(rows, caller, object_.plan, keys, object_.most, object_.offset) if keys else []
                for object_, keys in zip(plan.objects, hits, strict=True)
            ]

    def _rows(self, rows: Reader, object_: ObjectPlan, indexed: Indexed | None, term: Term) -> list[int]:
        """Return the numbers of the rows of one type that match."""
        if indexed is None or object_.most == 0:
            return []
        # The index has the words of fields too that the caller may not read: then each document is looked at as he sees it.
        is_narrowed = object_.sobject is not object_.sobject.whole
        query = index_query(wanted(term) if is_narrowed else term, object_.columns, self._dialect)
        found = self._index.index.find(rows, indexed.number, query.text)
        is_exact = query.exact and not is_narrowed
        certain = [row for row, exact in found if exact and is_exact]
        doubtful = [row for row, exact in found if not (exact and is_exact)]
        if not doubtful:
            return certain
        searched = [COLUMNS.index(column) for column in object_.columns]
        matches = matcher(term)
        return certain + [
            row
            for row, document in self._index.documents(rows, object_.sobject, doubtful)
            if matches([document[number] for number in searched])
        ]


def shares(found: Sequence[int], most: int) -> list[int]:
    """Return how many rows each type gets of ``most``: evenly, and what one does not need goes to the others.

    The guide ("LIMIT n") says that results are evenly distributed, 10 accounts of 19 and 10 contacts of 35 for LIMIT 20, and that
    rows left over by accounts with a limit of their own go to contacts.
    """
    given = [0] * len(found)
    left = min(most, sum(found))
    while left > 0:
        open_ = [place for place, number in enumerate(found) if given[place] < number]
        share = max(left // len(open_), 1)
        for place in open_:
            taken = min(share, found[place] - given[place], left)
            given[place] += taken
            left -= taken
    return given


def _labels(plan: SearchPlan, shown: Sequence[Sequence[Record]]) -> dict[str, Any]:
    """Return the labels of the fields in an answer.

    The names are those of SearchResultsMetadata in the SOAP API guide; that parents' fields are left out is a guess.
    """
    entities = []
    for object_, records in zip(plan.objects, shown, strict=True):
        if records:
            fields = [field for key in records[0] if (field := object_.sobject.field(key))]
            metadata = [{"name": field.name, "label": field.label} for field in fields]
            entities.append({"entityName": object_.sobject.name, "fieldMetadata": metadata})
    return {"entityMetadata": entities}
