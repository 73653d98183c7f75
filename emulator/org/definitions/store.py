"""A small store of definitions for each catalog in use, so that SOQL works on them as on any rows.

The rows are computed when a query first asks for their type, and thrown away with their catalog: nothing of them is in the
org's own database, and so neither in its snapshots nor in the way of another process that shares it.
"""

import threading
import weakref
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final, Generic, TypeVar

from ....schemas.catalog import TOOLING, Catalog
from ....schemas.field import SObject
from ...soql.shapes import DEFINITIONS
from ...store.sqlite import SqliteStore
from .rows import Described, rows_of

COMPUTED: Final = frozenset({DEFINITIONS, TOOLING})
"""Groups of types whose rows are computed from a catalog."""
KEPT: Final = 4
"""Catalogs, as one API version knows them, whose rows are kept, the least recently asked one dropped first."""

Queries = TypeVar("Queries")


def are_computed(sobject: SObject) -> bool:
    """Tell whether the rows of a type are computed from a catalog."""
    return sobject.group in COMPUTED


@dataclass(eq=False)
class Filled(Generic[Queries]):
    """The rows of one catalog, as far as they were asked for."""

    store: SqliteStore
    described: Described
    queries: Queries
    types: set[str] = field(default_factory=set)

    def fill(self, sobjects: Sequence[SObject]) -> None:
        """Compute the rows of types that have none yet."""
        self.store.ensure(*sobjects)
        for sobject in sobjects:
            if sobject.name in self.types or not are_computed(sobject):
                continue
            booleans = dict.fromkeys([one.name for one in sobject.fields if one.type == "boolean"], False)
            with self.store.write() as transaction:
                if sobject.name not in self.types:  # another thread may have filled them meanwhile
                    for row in rows_of(self.described, sobject.name):
                        transaction.insert(sobject, booleans | row)
                    self.types.add(sobject.name)


class Definitions(Generic[Queries]):
    """The rows of the catalogs in use. A store is closed when nobody uses its rows any more."""

    def __init__(self, open_queries: Callable[[SqliteStore, Catalog, Described], Queries]) -> None:
        """Take what makes queries over a store, given the catalog of its types and what its rows describe."""
        self._open_queries = open_queries
        self._lock = threading.Lock()
        self._filled: OrderedDict[tuple[Catalog, Described], Filled[Queries]] = OrderedDict()

    @contextmanager
    def of(self, types: Catalog, described: Described, sobjects: Sequence[SObject]) -> Iterator[Queries]:
        """Hold what answers queries of the rows that describe a catalog."""
        found = self._of(types, described)
        found.fill(sobjects)
        yield found.queries

    def close(self) -> None:
        """Let go of all rows."""
        with self._lock:
            self._filled.clear()

    def _of(self, types: Catalog, described: Described) -> Filled[Queries]:
        with self._lock:
            found = self._filled.get((types, described))
            if found is None:
                store = SqliteStore(None)
                found = Filled(store, described, self._open_queries(store, types, described))
                weakref.finalize(found, store.close)
                self._filled[types, described] = found
                if len(self._filled) > KEPT:
                    self._filled.popitem(last=False)
            self._filled.move_to_end((types, described))
            return found


def no_more(type_name: str) -> str:
    """Return the sentence that refuses a second page (jetstreamapp/jetstream#111)."""
    return f"{type_name} does not support queryMore(), use LIMIT to restrict the results to a single batch"
