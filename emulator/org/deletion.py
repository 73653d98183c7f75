"""Delete and undelete: the recycle bin, what goes along with a record, and what loses its reference to it.

A deleted record leaves a line in ``_deleted`` with the record at whose deletion it went (its root), so that an undelete
brings back what went together. Types without undelete() are removed for good, unless a cascade from a type with
undelete() took them. References that are not part of a cascade are emptied, and given back by the undelete, as the
platform does for lookups ("Undelete", SOAP API guide: "restores … lookup relationships").
"""

import json
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

from ...schemas.field import ChildRelationship, SObject
from ...schemas.values import datetime_text
from ..errors import OrgError
from ..store import Store, Transaction
from ..store.layout import quoted
from .catalog import OrgCatalog
from .clock import Clock
from .defaults import AUDIT_ON_CHANGE, stamps
from .integrity import check_unique, deleted_condition, is_live, live_condition

BIN_DAYS: Final = 15
"""Days that a record stays in the recycle bin (Salesforce Help, "Recycle Bin")."""
CASCADE_DEPTH: Final = 10


@dataclass(frozen=True, slots=True)
class _Deletion:
    """One delete call: what it was called for, who made it and when, and the references that it has emptied."""

    transaction: Transaction
    root: str
    soft: bool
    user_id: str
    now: str
    emptied: list[list[str]] = field(default_factory=list)
    """Type, id, field and former value of each."""


class RecycleBin:
    """Delete and undelete rows inside a transaction, which the caller undoes when an error is raised."""

    def __init__(self, store: Store, catalog: OrgCatalog, clock: Clock) -> None:
        self._store = store
        self._catalog = catalog
        self._clock = clock

    def delete(self, transaction: Transaction, sobject: SObject, id_: str, user_id: str, at: str | None = None) -> None:
        """Delete a live record, now or at another time. Raises DELETE_FAILED when another record must not lose it."""
        soft = sobject.supports("undelete") and sobject.field("IsDeleted") is not None
        deletion = _Deletion(transaction, id_, soft, user_id, at or self._clock.stamp())
        self._delete(deletion, sobject, id_, depth=0)
        if soft:
            _keep_emptied(transaction, id_, deletion.emptied)

    def _delete(self, deletion: _Deletion, sobject: SObject, id_: str, depth: int) -> None:
        if depth > CASCADE_DEPTH:
            raise OrgError("DELETE_FAILED", "the records to delete along lie too deep", ())
        transaction = deletion.transaction
        soft = deletion.soft and sobject.field("IsDeleted") is not None
        self._bury(deletion, sobject, id_, purged=not soft)
        # The record goes before its children: one that refers to itself, or back to it, is then not found again.
        if soft:
            stamped = stamps(sobject, AUDIT_ON_CHANGE, deletion.user_id, deletion.now)
            transaction.update(sobject, id_, {"IsDeleted": True} | stamped)
        else:
            transaction.erase(sobject, id_)
        for child, relationship in self._catalog.current.references_to(sobject.name):
            self._store.ensure(child)
            for found in self._pointing(transaction, child, relationship, id_):
                if relationship.cascade_delete:
                    self._delete(deletion, child, found, depth + 1)
                else:
                    self._let_go(deletion, sobject, child, relationship, found, id_)
            if relationship.cascade_delete:
                self._strand(deletion, child, relationship, id_)

    def _bury(self, deletion: _Deletion, sobject: SObject, id_: str, *, purged: bool) -> None:
        place = deletion.transaction.placeholder
        deletion.transaction.run(
            f'INSERT INTO "_deleted" (id, sobject, deleted_at, root, purged) VALUES ({", ".join([place] * 5)})'
            " ON CONFLICT (id) DO UPDATE SET deleted_at = excluded.deleted_at, root = excluded.root,"
            " purged = excluded.purged",
            [id_, sobject.name, deletion.now, deletion.root, int(purged)],
        )

    def _pointing(
        self, transaction: Transaction, child: SObject, relationship: ChildRelationship, id_: str
    ) -> list[str]:
        sql = f'SELECT "Id" FROM {quoted(child.name)} WHERE {quoted(relationship.field)} = {transaction.placeholder}'
        return [row[0] for row in transaction.execute(sql + live_condition(self._store, child), [id_])]

    def _strand(self, deletion: _Deletion, child: SObject, relationship: ChildRelationship, id_: str) -> None:
        """Leave a detail that was deleted before its master in the bin for good.

        Source: Salesforce Help, "Unable to Restore a Deleted Salesforce Record from the Recycle Bin", scenario 1.
        """
        reference = child.field(relationship.field)
        if reference is None or reference.nillable or child.field("IsDeleted") is None:
            return
        place = deletion.transaction.placeholder
        details = f'SELECT "Id" FROM {quoted(child.name)} WHERE {quoted(reference.name)} = {place}'
        deletion.transaction.run(
            f'UPDATE "_deleted" SET purged = 1 WHERE root <> {place}'
            f" AND id IN ({details}{deleted_condition(self._store)})",
            [deletion.root, id_],
        )

    def _let_go(
        self,
        deletion: _Deletion,
        sobject: SObject,
        child: SObject,
        relationship: ChildRelationship,
        child_id: str,
        id_: str,
    ) -> None:
        reference = child.field(relationship.field)
        if relationship.restricted_delete or reference is None or not reference.nillable:
            raise OrgError(
                "DELETE_FAILED",
                f"Your attempt to delete {sobject.label} could not be completed because it is associated with the "
                f"following {child.label_plural}.: {child_id}",
                (),
            )
        deletion.transaction.update(child, child_id, {reference.name: None})
        deletion.emptied.append([child.name, child_id, reference.name, id_])

    def undelete(self, transaction: Transaction, sobject: SObject, id_: str, user_id: str) -> None:
        """Bring a record back with all that went with it. Raises UNDELETE_FAILED, DUPLICATE_VALUE."""
        place = transaction.placeholder
        self._check_kept(transaction, id_)
        now = self._clock.stamp()
        sql = f'SELECT id, sobject FROM "_deleted" WHERE root = {place} AND purged = 0'
        together = [(member_id, self._catalog.current.get(name)) for member_id, name in transaction.execute(sql, [id_])]
        self._store.ensure(*{member.name: member for _, member in together}.values())
        for member_id, member in together:
            changes = {"IsDeleted": False} | stamps(member, AUDIT_ON_CHANGE, user_id, now)
            transaction.update(member, member_id, changes)
        for member_id, member in together:
            self._fit_in(transaction, member, member_id)
        transaction.run(f'DELETE FROM "_deleted" WHERE root = {place} AND purged = 0', [id_])
        for name, child_id, reference, value in _emptied(transaction, id_):
            self._give_back(transaction, self._catalog.current.get(name), child_id, reference, value)
        _keep_emptied(transaction, id_, [])

    def purge(self, transaction: Transaction, id_: str) -> None:
        """Take a record out of the recycle bin for good, with all that went with it. Raises UNDELETE_FAILED.

        The rows stay: queryAll shows them "for some time" yet (SOAP API guide, "emptyRecycleBin()").
        """
        self._check_kept(transaction, id_)
        transaction.run(f'UPDATE "_deleted" SET purged = 1 WHERE root = {transaction.placeholder}', [id_])
        _keep_emptied(transaction, id_, [])

    def _check_kept(self, transaction: Transaction, id_: str) -> None:
        """Refuse a record that is not in the recycle bin by itself: one that went with another counts for that one's."""
        place = transaction.placeholder
        found = transaction.one(f'SELECT root, purged, deleted_at FROM "_deleted" WHERE id = {place}', [id_])
        if found is None or found[1] or found[0] != id_ or found[2] < self.kept_since():
            raise OrgError("UNDELETE_FAILED", "Entity is not in the recycle bin", ())

    def _fit_in(self, transaction: Transaction, sobject: SObject, id_: str) -> None:
        """See to it that a record that is back fits what has changed since: others' unique values, parents that went.

        A guess where the platform's words are not known: a lookup to a record that is gone is emptied, and a record that
        must have one stays deleted.
        """
        fields = [one for one in sobject.short_fields if one.unique or one.type == "reference"]
        columns = ", ".join(['"Id"', *(quoted(one.name) for one in fields)])
        [(_, *row)] = transaction.execute(
            f'SELECT {columns} FROM {quoted(sobject.name)} WHERE "Id" = {transaction.placeholder}', [id_]
        )
        check_unique(
            transaction, self._store, sobject, {one.name: value for one, value in zip(fields, row, strict=True)}, id_
        )
        for one, value in zip(fields, row, strict=True):
            if one.type != "reference" or value is None:
                continue
            parent = self._catalog.current.by_prefix(value[:3])
            if parent is None or is_live(transaction, self._store, parent, value):
                continue
            if not one.nillable:
                raise OrgError("UNDELETE_FAILED", f"{one.label}: the record {value} is deleted", ())
            transaction.update(sobject, id_, {one.name: None})

    def _give_back(self, transaction: Transaction, child: SObject, child_id: str, reference: str, value: Any) -> None:
        """Fill a reference that a deletion emptied, unless it has been replaced."""
        self._store.ensure(child)
        place, column = transaction.placeholder, quoted(reference)
        transaction.run(
            f'UPDATE {quoted(child.name)} SET {column} = {place} WHERE "Id" = {place} AND {column} IS NULL',
            [value, child_id],
        )

    def kept_since(self) -> str:
        """Return the time (canonical text) before which deleted records have left the recycle bin."""
        return datetime_text(self._clock.now() - timedelta(days=BIN_DAYS))


def _emptied(transaction: Transaction, root: str) -> list[list[str]]:
    """Return the references that the deletion of a root emptied."""
    found = transaction.one(f'SELECT value FROM "_meta" WHERE key = {transaction.placeholder}', [f"emptied:{root}"])
    emptied: list[list[str]] = json.loads(found[0]) if found and found[0] else []
    return emptied


def _keep_emptied(transaction: Transaction, root: str, emptied: list[list[str]]) -> None:
    if emptied:
        transaction.set_meta(f"emptied:{root}", json.dumps(emptied))
    else:
        transaction.run(f'DELETE FROM "_meta" WHERE key = {transaction.placeholder}', [f"emptied:{root}"])
