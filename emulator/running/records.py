"""Records as the platform itself writes them, for a user and as of a moment of a machine. The one room of records writes them.

Values are made to fit their fields: the end of a chat never fails over a long name or over a record that is gone.
"""

import logging
from collections.abc import Mapping
from typing import Any, Final

from ...schemas.field import SObject
from ..org.blank import AUTOMATED_PROCESS_USERNAME
from ..org.integrity import is_live, live_condition
from ..org.org import Org
from ..store import Transaction
from ..store.layout import quoted
from .moments import moment

LOG: Final = logging.getLogger(__name__)


class SystemRecords:
    """Writes records of one org. Moments are what `moment` takes."""

    def __init__(self, org: Org) -> None:
        self._org = org

    def newest(self, transaction: Transaction, name: str, wanted: Mapping[str, str]) -> str | None:
        """Return the id of the newest live record with some values, None where there is none."""
        found = transaction.one(
            f'SELECT "Id" FROM {self._where(transaction, name, wanted)} ORDER BY "_row" DESC LIMIT 1',
            list(wanted.values()),
        )
        return None if found is None else str(found[0])

    def count(self, transaction: Transaction, name: str, wanted: Mapping[str, str]) -> int:
        """Return how many live records have some values."""
        found = transaction.one(f"SELECT COUNT(*) FROM {self._where(transaction, name, wanted)}", list(wanted.values()))
        return int(found[0]) if found else 0

    def _where(self, transaction: Transaction, name: str, wanted: Mapping[str, str]) -> str:
        sobject = self._org.catalog.get(name)
        self._org.store.ensure(sobject)
        conditions = " AND ".join(f"{quoted(field)} = {transaction.placeholder}" for field in wanted)
        return f"{quoted(name)} WHERE {conditions}{live_condition(self._org.store, sobject)}"

    def new_id(self, sobject: str, transaction: Transaction) -> str:
        """Return the next id of a type, for a record that is to be made."""
        return self._org.ids.next_id(transaction, self._org.catalog.get(sobject).key_prefix or "")

    @property
    def automated_process(self) -> str:
        """The user to whom belongs what no agent had: missed requests, visitors (R71, a guess)."""
        user = self._org.users.by_username(AUTOMATED_PROCESS_USERNAME)
        return str(user["Id"]) if user else self._org.users.administrator_id

    def create(
        self,
        user_id: str,
        sobject: str,
        values: Mapping[str, Any],
        transaction: Transaction,
        at: float,
        id_: str | None = None,
    ) -> str:
        """Create a record as of a moment of the machine, with what its fields can hold; under an id that `new_id` gave, or a new one."""
        fitting = fitted(self._org, transaction, self._org.catalog.get(sobject), values)
        stamps = {"CreatedDate": moment(at)} | self._modified(sobject, at)
        return self._org.records.create_by_system(user_id, sobject, fitting | stamps, id_)

    def create_unless_orphaned(
        self,
        user_id: str,
        sobject: str,
        values: Mapping[str, Any],
        transaction: Transaction,
        at: float,
        id_: str | None = None,
    ) -> None:
        """Create a record as `create` does, or none where a parent that it must have is gone: somebody has deleted it."""
        described = self._org.catalog.get(sobject)
        kept = fitted(self._org, transaction, described, values)
        lost = [
            field.name
            for name in values.keys() - kept.keys()
            if (field := described.field(name)) is not None
            and field.type == "reference"
            and not (field.nillable or field.defaulted_on_create)
        ]
        if lost:
            LOG.info("no %s is written: the record of its %s is gone", sobject, ", ".join(sorted(lost)))
        else:
            self.create(user_id, sobject, kept, transaction, at, id_)

    def update(
        self, user_id: str, sobject: str, id_: str, values: Mapping[str, Any], transaction: Transaction, at: float
    ) -> None:
        """Change a record as of a moment of the machine; one that is gone stays gone."""
        fitting = fitted(self._org, transaction, self._org.catalog.get(sobject), values)
        self._org.records.update_by_system(user_id, sobject, id_, fitting | self._modified(sobject, at))

    def delete(self, user_id: str, sobject: str, id_: str, at: float) -> None:
        """Delete a record as of a moment of the machine; one that is gone stays gone."""
        self._org.records.delete_by_system(user_id, sobject, id_, moment(at) or "")

    def _modified(self, sobject: str, at: float) -> dict[str, Any]:
        """Return the stamps of a change that a type has: some have no SystemModstamp."""
        described = self._org.catalog.get(sobject)
        stamps = {"LastModifiedDate": moment(at), "SystemModstamp": moment(at)}
        return {name: value for name, value in stamps.items() if described.field(name) is not None}


def fitted(org: Org, transaction: Transaction, sobject: SObject, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values that a record can hold.

    Text is cut to the field's length, references lead to live records alone, and restricted picklists have their own values.
    """
    found: dict[str, Any] = {}
    for name, value in values.items():
        field = sobject.field(name)
        if field is None:
            LOG.info("%s has no field %s", sobject.name, name)
            continue
        if isinstance(value, str):
            value = value.replace("\0", "")
            if field.type == "reference":
                value = value if _is_there(org, transaction, value) else None
            elif field.restricted_picklist:
                value = value if any(one.value == value for one in field.picklist_values) else None
            elif 0 < field.length < len(value):
                value = value[: field.length]
        if value is not None or field.nillable:
            found[field.name] = value
    return found


def _is_there(org: Org, transaction: Transaction, id_: str) -> bool:
    target = org.catalog.by_prefix(id_[:3])
    return target is not None and is_live(transaction, org.store, target, id_)
