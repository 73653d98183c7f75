"""Keep the search index level with the records: what changed since the last search is indexed by the next one."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from ...schemas.field import SObject
from ..soql.dialect import DIALECTS
from ..sosl.matching import column_of
from ..sosl.scopes import searched_fields
from ..store import Reader, Store, Transaction
from ..store.layout import long_table, quoted
from ..store.search import Document, Indexed, SearchIndex, search_index

BATCH: Final = 500
"""Rows that are indexed at once."""
RULES: Final = "1"
"""The rules by which text is taken apart; another number lets every org index its records anew."""


class IndexRoom:
    """The index of an org."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._dialect = DIALECTS[store.dialect]
        self.index: SearchIndex = search_index(store.dialect)

    @contextmanager
    def level(self, sobjects: Sequence[SObject]) -> Iterator[tuple[Reader, dict[str, Indexed]]]:
        """Open a view in which the index has all rows of these types; those without a table are left out.

        A view alone when nothing changed; otherwise a transaction that indexes what did.
        """
        with self._store.read() as view:
            found = self._present(view, sobjects)
            indexed = self.index.indexed(view)
            if not self._behind(view, found, indexed):
                yield view, {sobject.name: indexed[sobject.name] for sobject in found}
                return
        with self._store.write() as transaction:
            found = self._present(transaction, sobjects)
            indexed = self.index.indexed(transaction)
            for sobject in self._behind(transaction, found, indexed):
                indexed[sobject.name] = self._update(transaction, sobject, indexed.get(sobject.name))
            self.index.settle(transaction)
            yield transaction, {sobject.name: indexed[sobject.name] for sobject in found}

    def documents(self, rows: Reader, sobject: SObject, row_keys: Sequence[int]) -> Iterator[tuple[int, Document]]:
        """Yield the documents of rows by their numbers, without those that are gone."""
        among = self._dialect.among('r."_row"')
        condition = f'WHERE {among} ORDER BY r."_row"'
        for start in range(0, len(row_keys), BATCH):
            keys = self._dialect.list_parameter(list(row_keys[start : start + BATCH]))
            yield from self._read(rows, sobject, condition, keys)

    # --- inside ---------------------------------------------------------------------------------------------------------

    def _present(self, rows: Reader, sobjects: Sequence[SObject]) -> list[SObject]:
        tables = self.index.tables(rows)
        return [sobject for sobject in sobjects if sobject.name in tables]

    def _behind(self, rows: Reader, sobjects: Sequence[SObject], indexed: dict[str, Indexed]) -> list[SObject]:
        """Return the types of which rows are missing or old in the index."""
        stale = self.index.stale_types(rows)
        behind = []
        for sobject in sobjects:
            known = indexed.get(sobject.name)
            if (
                known is None
                or known.number in stale
                or known.fields != _fields_text(sobject)
                or known.last_row != self.index.last_row(rows, sobject)
            ):
                behind.append(sobject)
        return behind

    def _update(self, transaction: Transaction, sobject: SObject, known: Indexed | None) -> Indexed:
        fields = _fields_text(sobject)
        if known is None or known.fields != fields:
            self._store.ensure(sobject)  # new fields have no columns yet
            names = [field.name for kind in searched_fields(sobject) for field in kind]
            known = self.index.add(transaction, sobject, fields, names)
        number = known.number
        stale = self.index.stale_rows(transaction, number)
        self.index.remove(transaction, number, stale)
        changed = [row for row in stale if row <= known.last_row]
        for start in range(0, len(changed), BATCH):
            batch = changed[start : start + BATCH]
            self.index.put(transaction, number, list(self.documents(transaction, sobject, batch)))
        self._append(transaction, sobject, known)
        self.index.clean(transaction, number)
        updated = Indexed(number, fields, self.index.last_row(transaction, sobject))
        self.index.note(transaction, sobject, updated)
        return updated

    def _append(self, transaction: Transaction, sobject: SObject, known: Indexed) -> None:
        """Index the rows above the last one that is there."""
        place = self._store.placeholder
        condition = f'WHERE r."_row" > {place} ORDER BY r."_row" LIMIT {BATCH}'
        last = known.last_row
        while batch := list(self._read(transaction, sobject, condition, last)):
            self.index.put(transaction, known.number, batch)
            last = batch[-1][0]

    def _read(
        self, rows: Reader, sobject: SObject, condition: str, parameter: object
    ) -> Iterator[tuple[int, Document]]:
        kinds = searched_fields(sobject)
        fields = [field for kind in kinds for field in kind]
        columns = "".join(f", {'l' if field.is_long else 'r'}.{quoted(field.name)}" for field in fields)
        source = f"{quoted(sobject.name)} AS r"
        if any(field.is_long for field in fields):
            source += f' LEFT JOIN {quoted(long_table(sobject.name))} AS l ON l."_row" = r."_row"'
        for row in rows.execute(f'SELECT r."_row"{columns} FROM {source} {condition}', [parameter]):
            values = iter(row[1:])
            yield int(row[0]), tuple(column_of([next(values) for _ in kind]) for kind in kinds)


def _fields_text(sobject: SObject) -> str:
    """Return a text that changes when other fields of a type are searched, or in another way."""
    kinds = (" ".join(sorted(field.name for field in kind)) for kind in searched_fields(sobject))
    return "; ".join([RULES, *kinds])
