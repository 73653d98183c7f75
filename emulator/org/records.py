"""The one room that writes records: every protocol and every runtime comes through here.

A write goes: the type and its calls, the fields and their values (`schemas.records`), what the platform fills in,
references, uniqueness, the row. The order of refusals follows the recorded answers of real orgs where there are any.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import cache
from typing import Any, Final

from ...schemas.catalog import Catalog, shipped
from ...schemas.field import SObject
from ...schemas.ids import InvalidId, normalize
from ...schemas.records import Operation, RecordInvalid, RecordSchema
from ...schemas.rules import VALUE, Refused, Violation
from ..errors import BadValue, NoRecord, OrgError, not_found
from ..store import Reader, Store, Transaction
from ..store.layout import quoted
from .caller import Caller
from .catalog import OrgCatalog
from .clock import Clock
from .content import KEPT, Content, read_content
from .defaults import (
    AUDIT_ON_CHANGE,
    AUDIT_ON_CREATE,
    composed_name,
    defaults,
    full_name_parts,
    has_composed_name,
    stamps,
)
from .deletion import RecycleBin
from .faults import Faults
from .ids import IdMaker
from .integrity import check_references, check_unique, equal_condition, is_live, live_condition
from .lookups import resolved
from .permission_sets import FOLLOWED, RULED, PermissionSets
from .query import Queries
from .record_types import RecordTypes

ENTITY_PROBLEMS: Final = {
    "create": "entity type cannot be inserted",
    "update": "entity type cannot be updated",
    "delete": "entity type cannot be deleted",
}
"""Words of CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY; recorded for insert and update, a guess for delete."""


SCHEMAS_KEPT: Final = 1000
"""More than all types have, for as many users whose rights differ as views are kept."""


@cache
def shipped_schema(sobject: SObject, operation: Operation) -> RecordSchema:
    """Return the schema of a shipped sObject: the same for all orgs of a process that have added nothing, which are many in tests."""
    return RecordSchema(sobject, operation, shipped())


class RecordSchemas:
    """The record schemas of a catalog, and of what users see of it, made when they are first needed."""

    def __init__(self) -> None:
        self._current: tuple[Catalog | None, dict[tuple[SObject, Operation], RecordSchema]] = (None, {})

    def get(self, sobject: SObject, operation: Operation, catalog: Catalog) -> RecordSchema:
        """Return the schema of an sObject for an operation."""
        if catalog is shipped():
            return shipped_schema(sobject, operation)
        known, made = self._current
        if known is not catalog or len(made) >= SCHEMAS_KEPT:
            # Not the sObject alone counts, but also those that it refers to.
            made = {}
            self._current = catalog, made
        key = (sobject, operation)
        found = made.get(key)
        if found is None:
            found = made[key] = RecordSchema(sobject, operation, catalog)
        return found


class Records:
    """Create, read, update, delete and undelete records as a caller. Raises `OrgError`."""

    def __init__(
        self,
        store: Store,
        catalog: OrgCatalog,
        clock: Clock,
        ids: IdMaker,
        queries: Queries,
        permission_sets: PermissionSets,
        faults: Faults,
    ) -> None:
        self._store = store
        self._faults = faults
        self._catalog = catalog
        self._clock = clock
        self._ids = ids
        self._queries = queries
        self._schemas = RecordSchemas()
        self._bin = RecycleBin(store, catalog, clock)
        self.record_types = RecordTypes(store, catalog, clock, ids)
        self._content = Content(store, catalog, ids)
        self.permission_sets = permission_sets

    def create(self, caller: Caller, sobject_name: str, values: Mapping[str, Any]) -> str:
        """Create a record from JSON values by field name (in any case); return its 18 character id."""
        sobject = self.sobject(caller, sobject_name, "create")
        cleaned = self.load(sobject, Operation.CREATE, self._with_ids(caller, sobject, values))
        sobject = sobject.whole
        self.check_faults("create", sobject)
        with self._writing(sobject) as transaction:
            self.permission_sets.canonical(sobject, cleaned)
            check_references(transaction, self._store, self._catalog.current, sobject, cleaned)
            check_unique(transaction, self._store, sobject, cleaned)
            return self._insert(transaction, sobject, cleaned, caller.user_id)

    def create_by_system(
        self, user_id: str, sobject_name: str, values: Mapping[str, Any], id18: str | None = None
    ) -> str:
        """Create a record as the platform itself does for a user; return its id. Any stored field but ``Id`` may be given.

        id18: an id that the org's `IdMaker` has given out for it; None takes the next one.
        """
        sobject = self._catalog.current.get(sobject_name)
        given = {name: value for name, value in values.items() if value is not None}
        cleaned = self.load(sobject, Operation.SEED, given)
        with self._writing(sobject) as transaction:
            check_references(transaction, self._store, self._catalog.current, sobject, cleaned)
            check_unique(transaction, self._store, sobject, cleaned)
            return self._insert(transaction, sobject, cleaned, user_id, id18)

    def update_by_system(self, user_id: str, sobject_name: str, id18: str, values: Mapping[str, Any]) -> bool:
        """Change a record as the platform itself does for a user; tell whether the record is still there to be changed.

        Any stored field may be given, and those that a create needs may be left out.
        """
        sobject = self._catalog.current.get(sobject_name)
        cleaned = {name: self.load_value(sobject, name, value) for name, value in values.items()}
        with self._writing(sobject) as transaction:
            if not is_live(transaction, self._store, sobject, id18):
                return False
            check_references(transaction, self._store, self._catalog.current, sobject, cleaned)
            changes = stamps(sobject, AUDIT_ON_CHANGE, user_id, self._clock.stamp()) | cleaned
            transaction.update(sobject, id18, changes)
        return True

    def _insert(
        self,
        transaction: Transaction,
        sobject: SObject,
        values: Mapping[str, Any],
        user_id: str,
        id18: str | None = None,
    ) -> str:
        row = self.started_row(sobject, user_id)
        self.fill_row(transaction, sobject, row, values, user_id)
        row["Id"] = id18 or self._ids.next_id(transaction, _prefix(sobject))
        self._fill_names(transaction, sobject, row)
        if sobject.name in KEPT:
            self._content.complete(transaction, sobject, row, user_id, self._clock.stamp())
        if sobject.name in RULED:
            self.permission_sets.check(transaction, sobject, row)
        transaction.insert(sobject, row)
        if sobject.name in FOLLOWED:
            self.permission_sets.follow(transaction, sobject, row["Id"], row)
        return str(row["Id"])

    def started_row(self, sobject: SObject, user_id: str) -> dict[str, Any]:
        """Return what a row made now has before its own values."""
        return defaults(sobject, user_id) | stamps(sobject, AUDIT_ON_CREATE, user_id, self._clock.stamp())

    def fill_row(
        self, rows: Reader, sobject: SObject, row: dict[str, Any], values: Mapping[str, Any], user_id: str
    ) -> None:
        """Lay a record's values over a started row, and what its record type brings. Raises for what the type leaves out."""
        stamped = {name: row[name] for name in values.keys() & AUDIT_ON_CREATE}
        row |= values
        row |= {name: value for name, value in stamped.items() if row[name] is None}
        if row.get("OwnerId", user_id) is None:
            row["OwnerId"] = user_id
        if sobject.record_types:
            self.record_types.choose(rows, sobject, row, values)
            self.record_types.check(rows, sobject, row)

    def _fill_names(self, transaction: Transaction, sobject: SObject, row: dict[str, Any]) -> None:
        for field in sobject.auto_number_fields:
            if row.get(field.name) is None:
                row[field.name] = self._ids.next_name(transaction, sobject, field, self._clock.now())
        if has_composed_name(sobject) and row.get("Name") is None:
            row["Name"] = composed_name(row)

    def retrieve(
        self, caller: Caller, sobject_name: str, id_: str, fields: Sequence[str] | None = None
    ) -> dict[str, Any]:
        """Return a record as a REST answer holds it: ``attributes``, then all fields, or those named and ``Id``."""
        sobject = self.sobject(caller, sobject_name, "retrieve")
        id18 = self._own_id(sobject, id_)
        found = self._queries.rows_by_id(caller, sobject, [id18], fields)
        if not found:
            with self._reading(sobject) as rows:
                self._live_row(rows, sobject, id18)
            raise not_found()
        return found[0]

    def update(self, caller: Caller, sobject_name: str, id_: str, values: Mapping[str, Any]) -> None:
        """Change fields of a record; a value of None empties a field."""
        sobject = self.sobject(caller, sobject_name, "update")
        values = self._with_ids(caller, sobject, values)
        try:
            cleaned = self._schemas.get(sobject, Operation.UPDATE, self._catalog.current).load(values)
        except RecordInvalid as invalid:
            if invalid.violations[0].kind >= VALUE:  # only then does it matter whether the record is there
                with self._reading(sobject) as rows:
                    self._live_row(rows, sobject, self._own_id(sobject, id_), NoRecord)
            raise _refusal(invalid.violations[0]) from None
        sobject = sobject.whole
        self.check_faults("update", sobject)
        with self._writing(sobject) as transaction:
            id18 = self._own_id(sobject, id_)
            self._live_row(transaction, sobject, id18, NoRecord)
            check_references(transaction, self._store, self._catalog.current, sobject, cleaned)
            check_unique(transaction, self._store, sobject, cleaned, own_id=id18)
            narrowing = self.record_types.narrowing_fields(sobject)
            if not cleaned.keys().isdisjoint(narrowing):
                merged = self._values(transaction, sobject, id18, narrowing) | cleaned
                self.record_types.check(transaction, sobject, merged)
            changes = cleaned | stamps(sobject, AUDIT_ON_CHANGE, caller.user_id, self._clock.stamp())
            if has_composed_name(sobject) and not cleaned.keys().isdisjoint(full_name_parts(sobject)):
                changes["Name"] = composed_name(
                    self._values(transaction, sobject, id18, full_name_parts(sobject)) | cleaned
                )
            if sobject.name in KEPT:
                self._content.changed(sobject, changes)
            if sobject.name in RULED:
                self.permission_sets.check_change(transaction, sobject, id18, changes)
            transaction.update(sobject, id18, changes)
            if sobject.name in FOLLOWED:
                self.permission_sets.follow(transaction, sobject, id18, changes)

    def content(
        self, caller: Caller, sobject_name: str, id_: str, field: str, with_deleted: bool = False
    ) -> bytes | None:
        """Return what a base64 field of a live record holds, or None; of a deleted one too where that is asked for."""
        sobject = self.sobject(caller, sobject_name, "retrieve")
        id18 = self._own_id(sobject, id_)
        if sobject.field(field) is None:
            raise not_found()
        with self._reading(sobject) as rows:
            if not with_deleted:
                self._live_row(rows, sobject, id18)
            return read_content(rows, sobject, field, id18)

    def _with_ids(self, caller: Caller, sobject: SObject, values: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return a record's values with ids in place of the lookups that are given by another unique field."""
        if dict not in map(type, values.values()):
            return values
        return resolved(self._catalog.seen_by(caller), sobject, values, lambda *key: self.find(caller, *key))

    def delete(self, caller: Caller, sobject_name: str, id_: str) -> None:
        """Delete a record, and with it the records that the platform deletes in its wake."""
        sobject = self.sobject(caller, sobject_name, "delete").whole
        self.check_faults("delete", sobject)
        with self._writing(sobject) as transaction:
            id18 = self._own_id(sobject, id_)
            self._live_row(transaction, sobject, id18, NoRecord)
            if sobject.name in RULED:
                self.permission_sets.check_delete(transaction, sobject, id18)
            with transaction.savepoint():
                self._bin.delete(transaction, sobject, id18, caller.user_id)

    def delete_by_system(self, user_id: str, sobject_name: str, id18: str, at: str) -> bool:
        """Delete a record as the platform itself does for a user, at a moment; tell whether it was there."""
        sobject = self._catalog.current.get(sobject_name)
        with self._writing(sobject) as transaction:
            if not is_live(transaction, self._store, sobject, id18):
                return False
            with transaction.savepoint():
                self._bin.delete(transaction, sobject, id18, user_id, at)
        return True

    def undelete(self, caller: Caller, sobject_name: str, id_: str) -> None:
        """Take a record out of the recycle bin, with the records that went with it."""
        sobject = self.sobject(caller, sobject_name, "undelete").whole
        self.check_faults("undelete", sobject)
        with self._writing(sobject) as transaction, transaction.savepoint():
            self._bin.undelete(transaction, sobject, self._own_id(sobject, id_), caller.user_id)

    def purge(self, caller: Caller, sobject_name: str, id_: str) -> None:
        """Take a record out of the recycle bin for good, with the records that went with it."""
        sobject = self.sobject(caller, sobject_name, "delete")
        with self._writing(sobject) as transaction:
            self._bin.purge(transaction, self._own_id(sobject, id_))

    def find(self, caller: Caller, sobject_name: str, field_name: str, value: str) -> list[str]:
        """Return the ids of the live records whose id-lookup or external-id field has a value, in id order."""
        sobject = self.sobject(caller, sobject_name, "query")
        field = sobject.field(field_name)
        if field is None or not (field.id_lookup or field.external_id) or not field.is_stored:
            raise not_found(f"Provided external ID field does not exist or is not accessible: {field_name}")
        try:
            wanted = self.load_value(sobject, field.name, value)
        except OrgError:  # no record can have such a value
            return []
        sql = f'SELECT "Id" FROM {quoted(sobject.name)} WHERE {equal_condition(self._store, field)}'
        with self._reading(sobject) as rows:
            found = rows.execute(f'{sql}{live_condition(self._store, sobject)} ORDER BY "Id"', [wanted])
        return [id18 for (id18,) in found]

    def sobject(self, caller: Caller, name: str, call: str | None = None) -> SObject:
        """Find a type as the caller may see it. Raises NOT_FOUND, or says that it lacks the call, for all or for him.

        A user without the right to create or update is told what everybody is told of a type without the call; one who may not
        delete has insufficient access (tests of a public JDBC driver against a real org, com.stuntbyte.salesforce.jdbc.dml.GrantTests).
        """
        found = self._catalog.seen_by(caller).find(name, caller.number)
        if found is None:
            raise not_found()
        if call is not None and not found.supports(call):
            if call in ("delete", "undelete") and found.whole.supports(call):
                raise OrgError("INSUFFICIENT_ACCESS_OR_READONLY", "insufficient access rights on object id", ())
            if call in ENTITY_PROBLEMS:
                problem = f"{ENTITY_PROBLEMS[call]}: {found.label}"
                raise OrgError("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", problem, ())
            raise not_found()
        return found

    def check_faults(self, operation: str, sobject: SObject) -> None:
        """Refuse a record that is about to be written, where a rule says so."""
        if self._faults.are_set:
            self._faults.refuse(operation, sobject.name)

    def load(self, sobject: SObject, operation: Operation, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return the canonical values of a record that an operation brings, or say why it is refused."""
        try:
            return self._schemas.get(sobject, operation, self._catalog.current).load(values)
        except RecordInvalid as invalid:
            raise _refusal(invalid.violations[0]) from None

    def load_value(self, sobject: SObject, field: str, value: Any) -> Any:
        """Return the canonical value of one field, as a seed may write it, or say why it is refused."""
        try:
            return self._schemas.get(sobject.whole, Operation.SEED, self._catalog.current).load_value(field, value)
        except Refused as refused:
            raise _refusal(refused.violation) from None

    def _own_id(self, sobject: SObject, id_: str) -> str:
        """Return the canonical form of an id of this type. Raises NOT_FOUND for any other text."""
        try:
            id18 = normalize(id_)
        except InvalidId:
            raise not_found() from None
        if id18[:3] != sobject.key_prefix:
            raise not_found()
        return id18

    def _live_row(self, rows: Reader, sobject: SObject, id18: str, missing: Callable[[], OrgError] = not_found) -> None:
        deleted = '"IsDeleted"' if sobject.field("IsDeleted") else "NULL"
        sql = f'SELECT {deleted} FROM {quoted(sobject.name)} WHERE "Id" = {rows.placeholder}'
        found = rows.one(sql, [id18])
        if found is None:
            raise missing()
        if found[0]:
            raise OrgError("ENTITY_IS_DELETED", "entity is deleted", ())

    def _values(self, rows: Reader, sobject: SObject, id18: str, names: Sequence[str]) -> dict[str, Any]:
        columns = ", ".join(map(quoted, names))
        sql = f'SELECT {columns} FROM {quoted(sobject.name)} WHERE "Id" = {rows.placeholder}'
        return dict(zip(names, rows.execute(sql, [id18])[0], strict=True))

    @contextmanager
    def _writing(self, sobject: SObject) -> Iterator[Transaction]:
        with self._store.write() as transaction:
            self._store.ensure(sobject)  # inside, so that no reset comes between
            yield transaction

    def _reading(self, sobject: SObject) -> AbstractContextManager[Reader]:
        return self._store.reading(sobject)


def _prefix(sobject: SObject) -> str:
    if sobject.key_prefix is None:
        raise OrgError("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", f"entity type cannot be inserted: {sobject.label}", ())
    return sobject.key_prefix


def _refusal(violation: Violation) -> OrgError:
    if violation.code != "JSON_PARSER_ERROR":
        return OrgError(violation.code, violation.message, violation.fields)
    return BadValue(violation.message, violation.field, violation.value, violation.type_name)
