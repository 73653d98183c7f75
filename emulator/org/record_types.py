"""Record types that an org's schema brings: their rows, which one a new record gets, and what a record may have of one."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from ...schemas.field import PicklistValue, RecordType, SObject
from ...schemas.ids import MASTER_RECORD_TYPE
from ..errors import OrgError
from ..store import Reader, Store, Transaction
from .catalog import OrgCatalog
from .clock import Clock
from .defaults import AUDIT_ON_CHANGE, AUDIT_ON_CREATE, defaults, stamps
from .ids import IdMaker

FIELD: Final = "RecordTypeId"
_ROWS: Final = 'SELECT "Id", "DeveloperName", "Name", "IsActive" FROM "RecordType" WHERE "SobjectType" = {}'
_STATE: Final = 'SELECT "Id", "SobjectType", "DeveloperName", "Name", "IsActive" FROM "RecordType" ORDER BY "Id"'


@dataclass(frozen=True, slots=True)
class RecordTypeRow:
    """A record type as its row says."""

    id: str
    developer_name: str
    name: str
    active: bool


@dataclass(frozen=True, slots=True)
class RecordTypes:
    """Keep the rows of RecordType in step with the schema, and hold records to their types."""

    store: Store
    catalog: OrgCatalog
    clock: Clock
    ids: IdMaker

    def write(self, transaction: Transaction, user_id: str) -> None:
        """Write a row for each record type of the schema. Raises DUPLICATE_VALUE for an id that is another's."""
        catalog = self.catalog.current
        wanted = catalog.with_record_types()
        if not wanted:
            return
        table = catalog.get("RecordType")
        self.store.ensure(table)
        for sobject in wanted:
            known = {row.developer_name.lower(): row for row in self._read(transaction, sobject)}
            for one in sobject.record_types:
                values: dict[str, Any] = {"Name": one.name, "IsActive": one.active, "Description": one.description}
                before = known.get(one.developer_name.lower())
                if before is None:
                    values |= {"DeveloperName": one.developer_name, "SobjectType": sobject.name}
                    self._insert(transaction, table, one, values, user_id)
                elif (before.name, before.active) != (one.name, one.active):
                    changed = stamps(table, AUDIT_ON_CHANGE, user_id, self.clock.stamp())
                    transaction.update(table, before.id, values | changed)

    def _insert(
        self, transaction: Transaction, table: SObject, one: RecordType, values: dict[str, Any], user_id: str
    ) -> None:
        if one.id is not None:
            if transaction.row_key(table, one.id) is not None:
                raise OrgError("DUPLICATE_VALUE", f"the Id {one.id} is another record type's")
            self.ids.reserve_id(transaction, one.id)
        row = defaults(table, user_id) | stamps(table, AUDIT_ON_CREATE, user_id, self.clock.stamp()) | values
        row["Id"] = one.id or self.ids.next_id(transaction, table.key_prefix or "")
        transaction.insert(table, row)

    def rows(self, sobject: SObject) -> list[RecordTypeRow]:
        """Return the record types of an object, without the master, in the order of their ids."""
        with self.store.reading(self.catalog.current.get("RecordType")) as rows:
            return self._read(rows, sobject)

    def _read(self, rows: Reader, sobject: SObject) -> list[RecordTypeRow]:
        found = rows.execute(f'{_ROWS.format(rows.placeholder)} ORDER BY "Id"', [sobject.name])
        return [RecordTypeRow(id_, developer, name, bool(active)) for id_, developer, name, active in found]

    def choose(self, rows: Reader, sobject: SObject, row: dict[str, Any], given: Mapping[str, Any]) -> None:
        """Give a new record its record type, and the values that the type brings, where it names none itself."""
        if not sobject.record_types or sobject.field(FIELD) is None:
            return
        known = self._read(rows, sobject)
        if FIELD not in given:
            chosen = default_of(sobject, known)
            row[FIELD] = chosen.id if chosen else None
        for name, values in self._narrowed(sobject, known, row.get(FIELD)).items():
            field = sobject.field(name)
            if field is not None and field.name not in given:
                first = next((value.value for value in values if value.default), None)
                kept = row.get(field.name) in {value.value for value in values}
                row[field.name] = first or (row.get(field.name) if kept else None)

    def check(self, rows: Reader, sobject: SObject, row: Mapping[str, Any]) -> None:
        """Refuse a record type of another object, an inactive one, and a restricted value that the type leaves out."""
        if not sobject.record_types or sobject.field(FIELD) is None:
            return
        id_, known = row.get(FIELD), self._read(rows, sobject)
        if id_ not in (None, MASTER_RECORD_TYPE) and not any(one.id == id_ and one.active for one in known):
            # Recorded in many support threads; the id in its 18 character form is a guess.
            problem = f"Record Type ID: this ID value isn't valid for the user: {id_}"
            raise OrgError("INVALID_CROSS_REFERENCE_KEY", problem, (FIELD,))
        for name, values in self._narrowed(sobject, known, id_).items():
            field = sobject.field(name)
            if field is None or not field.restricted_picklist or row.get(field.name) is None:
                continue
            allowed = {value.value for value in values}
            parts = row[field.name].split(";") if field.type == "multipicklist" else [row[field.name]]
            for part in parts:
                if part not in allowed:
                    problem = f"{field.label}: bad value for restricted picklist field: {part}"
                    raise OrgError("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", problem, (field.name,))

    def picklists(self, sobject: SObject, row: RecordTypeRow) -> dict[str, tuple[PicklistValue, ...]]:
        """Return the picklist fields that a record type narrows, in lower case, and the values that are left."""
        narrowed = self._narrowed(sobject, [row], row.id)
        return {name.lower(): values for name, values in narrowed.items()}

    def state(self) -> tuple[Any, ...]:
        """Return what describes say of all record types, to be compared with what they said before."""
        with self.store.reading(self.catalog.current.get("RecordType")) as rows:
            return tuple(tuple(row) for row in rows.execute(_STATE))

    def narrowing_fields(self, sobject: SObject) -> list[str]:
        """Return the fields that `check` looks at."""
        if not sobject.record_types or sobject.field(FIELD) is None:
            return []
        named = [sobject.field(name) for one in sobject.record_types for name, _ in one.picklists]
        return list(dict.fromkeys([FIELD, *(field.name for field in named if field is not None)]))

    def _narrowed(
        self, sobject: SObject, known: list[RecordTypeRow], id_: str | None
    ) -> dict[str, tuple[PicklistValue, ...]]:
        developer_name = next((row.developer_name.lower() for row in known if row.id == id_), None)
        return {
            name: values
            for one in sobject.record_types
            if one.developer_name.lower() == developer_name
            for name, values in one.picklists
        }


def default_of(sobject: SObject, known: list[RecordTypeRow]) -> RecordTypeRow | None:
    """Return the record type of records that name none.

    The platform asks the user's profile; a describe tells what it said. A guess where none is known: the first active one.
    """
    named = {one.developer_name.lower() for one in sobject.record_types if one.default}
    active = [row for row in known if row.active]
    return next((row for row in active if row.developer_name.lower() in named), active[0] if active else None)
