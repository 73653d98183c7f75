"""Create many records of one type in few statements, with what single creates would do: the same rows, ids and refusals.

What a record's fields say of it is checked by the same rules as ever. What other records say, whether it refers to living
ones and whether its unique values are free, is asked once for all of them. A record that may meet another of the same batch,
or for which the answer is not plainly yes, goes the ordinary way at its turn, after the rows before it are written.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import chain
from typing import Any, Final

from ...schemas.field import Field, SObject
from ...schemas.records import Operation
from ..errors import OrgError
from ..soql.dialect import DIALECTS
from ..store import Store, Transaction
from ..store.layout import quoted
from .caller import Caller
from .catalog import OrgCatalog
from .clock import Clock
from .content import KEPT
from .defaults import composed_name, has_composed_name
from .ids import IdMaker
from .integrity import live_condition, refuse_references
from .lookups import resolved
from .permission_sets import FOLLOWED
from .records import Records

GROUP_PREFIX: Final = "00G"
Values = Mapping[str, Any]
Outcome = str | OrgError
"""The id of a new record, or why it was refused."""


@dataclass(frozen=True, slots=True)
class Batches:
    """Create batches of records as a caller."""

    store: Store
    catalog: OrgCatalog
    clock: Clock
    ids: IdMaker
    records: Records

    def create(self, caller: Caller, sobject_name: str, rows: Sequence[Values]) -> list[Outcome]:
        """Create records from JSON values by field name, each by itself, in one transaction; return their outcomes in order."""
        try:
            sobject = self.records.sobject(caller, sobject_name, "create")
        except OrgError as error:
            return [error for _ in rows]
        with self.store.write() as transaction:
            self.store.ensure(sobject)
            return _Batch(self, caller, sobject, transaction).create(rows)


@dataclass(slots=True)
class _Batch:
    """One batch under way."""

    rooms: Batches
    caller: Caller
    sobject: SObject
    """The type as the caller sees it: what its fields say of a record is checked by this, all else by the whole."""
    transaction: Transaction
    waiting: list[tuple[int, dict[str, Any]]] = field(default_factory=list)
    """Rows that are found good and still to be written, with their places."""
    outcomes: dict[int, Outcome] = field(default_factory=dict)
    found: dict[tuple[str, str, str], list[str]] = field(default_factory=dict)
    """Ids by type, field and value that lookups have asked for; never of the type that is written."""

    def create(self, rows: Sequence[Values]) -> list[Outcome]:
        sobject = self.sobject
        if sobject.key_prefix is None or sobject.name in KEPT | FOLLOWED:
            return [self._alone(row) for row in rows]
        sobject = sobject.whole
        checked: list[tuple[int, Values, dict[str, Any] | None]] = []
        for place, values in enumerate(rows):
            try:
                checked.append((place, values, self._checked(values)))
            except OrgError as error:
                self.outcomes[place] = error
        good = [values for _, _, values in checked if values is not None]
        known = self._known_references(good)
        taken = [(one, self._taken(one, good)) for one in sobject.unique_fields if one.is_stored]
        start = self.rooms.records.started_row(sobject, self.caller.user_id)
        for place, values, cleaned in checked:
            if cleaned is None or self._may_meet(cleaned, taken):
                self._write()
                self.outcomes[place] = self._alone(values)
                continue
            try:
                self.rooms.records.check_faults("create", sobject)
                self._check_references(cleaned, known)
                row = dict(start)
                self.rooms.records.fill_row(self.transaction, sobject, row, cleaned, self.caller.user_id)
            except OrgError as error:
                self.outcomes[place] = error
                continue
            for one, values_taken in taken:
                if cleaned.get(one.name) is not None:
                    values_taken.add(_folded(cleaned[one.name]))
            self.waiting.append((place, row))
        self._write()
        return [self.outcomes[place] for place in range(len(rows))]

    def _alone(self, values: Values) -> Outcome:
        try:
            with self.transaction.savepoint():
                return self.rooms.records.create(self.caller, self.sobject.name, values)
        except OrgError as error:
            return error

    def _checked(self, values: Values) -> dict[str, Any] | None:
        """Return the canonical values, or None for a record whose lookups may lead to another of this batch."""
        if dict in map(type, values.values()):
            try:
                values = resolved(self.rooms.catalog.seen_by(self.caller), self.sobject, values, self._find)
            except _OwnTypeError:
                return None
        cleaned = self.rooms.records.load(self.sobject, Operation.CREATE, values)
        for name in _own_references(self.sobject):
            value = cleaned.get(name)
            if value is not None and value[:3] == self.sobject.key_prefix:
                return None
        return cleaned

    def _find(self, sobject_name: str, field_name: str, value: str) -> list[str]:
        if sobject_name == self.sobject.name:
            raise _OwnTypeError
        key = (sobject_name, field_name, value)
        if key not in self.found:
            self.found[key] = self.rooms.records.find(self.caller, *key)
        return self.found[key]

    def _known_references(self, rows: Sequence[Values]) -> frozenset[str]:
        """Return those of the ids that the rows refer to whose records live, and the queues among them again as ``queue:id``."""
        wanted: dict[str, set[str]] = {}
        for name in _references(self.sobject).intersection(chain.from_iterable(rows)):
            for value in {row.get(name) for row in rows}:
                if value is not None:
                    wanted.setdefault(value[:3], set()).add(value)
        found: set[str] = set()
        dialect = DIALECTS[self.rooms.store.dialect]
        for prefix, ids in wanted.items():
            target = self.rooms.catalog.current.by_prefix(prefix)
            if target is None:
                continue
            self.rooms.store.ensure(target)
            condition = dialect.among('"Id"') + live_condition(self.rooms.store, target)
            kind = '"Type"' if target.name == "Group" else "NULL"
            sql = f'SELECT "Id", {kind} FROM {quoted(target.name)} WHERE {condition}'
            for id18, type_ in self.transaction.execute(sql, [dialect.list_parameter(sorted(ids))]):
                found.add(id18)
                if type_ == "Queue":
                    found.add(f"queue:{id18}")
        return frozenset(found)

    def _check_references(self, values: Values, known: frozenset[str]) -> None:
        names = _references(self.sobject)
        references = {name: value for name, value in values.items() if name in names and value is not None}
        owner = references.get("OwnerId")
        if known.issuperset(references.values()) and (owner is None or owner[:3] != GROUP_PREFIX):
            return  # the short way of nearly all
        refuse_references(
            self.rooms.catalog.current,
            self.sobject,
            references,
            lambda _, id18: id18 in known,
            lambda id18: f"queue:{id18}" in known,
        )

    def _taken(self, one: Field, rows: Sequence[Values]) -> set[str]:
        """Return, in the widest folding, the values of a unique field that living records have and the rows want."""
        wanted = sorted({row[one.name] for row in rows if row.get(one.name) is not None})
        if not wanted:
            return set()
        store, column = self.rooms.store, quoted(one.name)
        dialect = DIALECTS[store.dialect]
        condition = dialect.among(column)
        if one.is_text and not one.case_sensitive:
            if store.dialect == "sqlite":
                condition = dialect.among(f"{column} COLLATE NOCASE")
            else:
                condition = f"lower({column}) IN (SELECT lower(one) FROM unnest(%s) AS one)"
        sql = f"SELECT {column} FROM {quoted(self.sobject.name)} WHERE {condition}{live_condition(store, self.sobject)}"
        return {_folded(value) for (value,) in self.transaction.execute(sql, [dialect.list_parameter(wanted)])}

    def _may_meet(self, values: Values, taken: Sequence[tuple[Field, set[str]]]) -> bool:
        """Tell whether a unique value of a record may be another's, who was there before or comes before it."""
        for one, known in taken:
            value = values.get(one.name)
            if value is not None and known and _folded(value) in known:
                return True
        return False

    def _write(self) -> None:
        """Write the rows that wait."""
        if not self.waiting:
            return
        rooms, sobject, transaction = self.rooms, self.sobject.whole, self.transaction
        rows = [row for _, row in self.waiting]
        assert sobject.key_prefix is not None
        for row, id18 in zip(rows, rooms.ids.next_ids(transaction, sobject.key_prefix, len(rows)), strict=True):
            row["Id"] = id18
        for one in sobject.auto_number_fields:
            unnamed = [row for row in rows if row.get(one.name) is None]
            names = rooms.ids.next_names(transaction, sobject, one, rooms.clock.now(), len(unnamed))
            for row, name in zip(unnamed, names, strict=True):
                row[one.name] = name
        if has_composed_name(sobject):
            for row in rows:
                if row.get("Name") is None:
                    row["Name"] = composed_name(row)
        columns = tuple(dict.fromkeys(chain.from_iterable(rows)))
        transaction.insert_many(sobject, columns, [tuple(map(row.get, columns)) for row in rows])
        for place, row in self.waiting:
            self.outcomes[place] = row["Id"]
        self.waiting.clear()


class _OwnTypeError(Exception):
    """A lookup leads to the type that is written, and so perhaps to a record of the same batch."""


def _folded(value: Any) -> str:
    return str(value).casefold()


@lru_cache(maxsize=512)
def _references(sobject: SObject) -> frozenset[str]:
    return frozenset(one.name for one in sobject.fields if one.type == "reference" and one.is_stored)


@lru_cache(maxsize=512)
def _own_references(sobject: SObject) -> tuple[str, ...]:
    """Return the references by which a record may lead to another of its own type."""
    return tuple(sorted(name for name in _references(sobject) if sobject.name in _targets(sobject, name)))


def _targets(sobject: SObject, name: str) -> tuple[str, ...]:
    found = sobject.field(name)
    return found.reference_to if found else ()
