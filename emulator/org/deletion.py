"""Delete and undelete: the recycle bin, what goes along with a record, and what loses its reference to it.

A deleted record leaves a line in ``_deleted`` with the record at whose deletion it went (its root), so that an undelete
brings back what went together. Types without undelete() are removed for good, unless a cascade from a type with
undelete() took them. References that are not part of a cascade are emptied, and given back by the undelete, as the
platform does for lookups ("Undelete", SOAP API guide: "restores … lookup relationships").
"""

import json
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
from .integrity import live_condition

BIN_DAYS: Final = 15
"""Days that a record stays in the recycle bin (Salesforce Help, "Recycle Bin")."""
CASCADE_DEPTH: Final = 10


class RecycleBin:
    """Delete and undelete rows inside a transaction."""

    def __init__(self, store: Store, catalog: OrgCatalog, clock: Clock) -> None:
        self._store = store
        self._catalog = catalog
        self._clock = clock

    def delete(self, transaction: Transaction, sobject: SObject, id_: str, user_id: str) -> None:
        """Delete a live record. Raises DELETE_FAILED when another record must not lose it."""
        soft = sobject.supports("undelete") and sobject.field("IsDeleted") is not None
        self._delete(transaction, sobject, id_, user_id, root=id_, soft=soft, depth=0)

    def _delete(
        self, transaction: Transaction, sobject: SObject, id_: str, user_id: str, *, root: str, soft: bool, depth: int
    ) -> None:
        if depth > CASCADE_DEPTH:
            raise OrgError("DELETE_FAILED", "the records to delete along lie too deep", ())
        soft_here = soft and sobject.field("IsDeleted") is not None
        now = self._clock.stamp()
        self._bury(transaction, sobject, id_, now, root, purged=not soft_here)
        if soft_here:
            transaction.update(sobject, id_, {"IsDeleted": True} | stamps(sobject, AUDIT_ON_CHANGE, user_id, now))
        for child, relationship in self._children(sobject):
            for found in self._pointing(transaction, child, relationship, id_):
                if relationship.cascade_delete:
                    self._delete(transaction, child, found, user_id, root=root, soft=soft, depth=depth + 1)
                else:
                    self._let_go(transaction, sobject, child, relationship, found, id_, root)
        if not soft_here:
            transaction.erase(sobject, id_)

    def _bury(self, transaction: Transaction, sobject: SObject, id_: str, now: str, root: str, *, purged: bool) -> None:
        place = transaction.placeholder
        transaction.run(
            f'INSERT INTO "_deleted" (id, sobject, deleted_at, root, purged) VALUES ({", ".join([place] * 5)})'
            " ON CONFLICT (id) DO UPDATE SET deleted_at = excluded.deleted_at, root = excluded.root,"
            " purged = excluded.purged",
            [id_, sobject.name, now, root, int(purged)],
        )

    def _children(self, sobject: SObject) -> list[tuple[SObject, ChildRelationship]]:
        catalog = self._catalog.current
        pairs: list[tuple[SObject, ChildRelationship]] = []
        for relationship in sobject.child_relationships:
            child = catalog.find(relationship.child_sobject)
            if child is None:
                continue
            field = child.field(relationship.field)
            if field is not None and field.is_stored:
                pairs.append((child, relationship))
        return pairs

    def _pointing(
        self, transaction: Transaction, child: SObject, relationship: ChildRelationship, id_: str
    ) -> list[str]:
        self._store.ensure(child)
        sql = f'SELECT "Id" FROM {quoted(child.name)} WHERE {quoted(relationship.field)} = {transaction.placeholder}'
        return [row[0] for row in transaction.execute(sql + live_condition(self._store, child), [id_])]

    def _let_go(
        self,
        transaction: Transaction,
        sobject: SObject,
        child: SObject,
        relationship: ChildRelationship,
        child_id: str,
        id_: str,
        root: str,
    ) -> None:
        field = child.field(relationship.field)
        assert field is not None  # _children keeps only relationships with a field
        if relationship.restricted_delete or not field.nillable:
            raise OrgError(
                "DELETE_FAILED",
                f"Your attempt to delete {sobject.label} could not be completed because it is associated with the "
                f"following {child.label_plural}.: {child_id}",
                (),
            )
        transaction.update(child, child_id, {field.name: None})
        cleared = self._cleared(transaction, root)
        self._keep_cleared(transaction, root, [*cleared, [child.name, child_id, field.name, id_]])

    def _cleared(self, transaction: Transaction, root: str) -> list[list[str]]:
        found = transaction.one(
            f'SELECT value FROM "_meta" WHERE key = {transaction.placeholder}', [f"cleared:{root}"]
        )  # fmt: skip
        cleared: list[list[str]] = json.loads(found[0]) if found and found[0] else []
        return cleared

    def _keep_cleared(self, transaction: Transaction, root: str, cleared: list[list[str]]) -> None:
        transaction.set_meta(f"cleared:{root}", json.dumps(cleared) if cleared else None)

    def undelete(self, transaction: Transaction, sobject: SObject, id_: str, user_id: str) -> None:
        """Bring a record back with all that went with it. Raises UNDELETE_FAILED, ENTITY_IS_DELETED."""
        place = transaction.placeholder
        found = transaction.one(f'SELECT root, purged, deleted_at FROM "_deleted" WHERE id = {place}', [id_])
        # A record that went with another comes back only with that one.
        if found is None or found[1] or found[0] != id_ or found[2] < self.kept_since():
            raise OrgError("UNDELETE_FAILED", "Entity is not in the recycle bin", ())
        now = self._clock.stamp()
        together = transaction.execute(
            f'SELECT id, sobject FROM "_deleted" WHERE root = {place} AND purged = 0', [id_]
        )  # fmt: skip
        for member_id, name in together:
            member = self._catalog.current.get(name)
            self._store.ensure(member)
            changes = {"IsDeleted": False} | stamps(member, AUDIT_ON_CHANGE, user_id, now)
            transaction.update(member, member_id, changes)
        transaction.run(f'DELETE FROM "_deleted" WHERE root = {place} AND purged = 0', [id_])
        for name, child_id, field, value in self._cleared(transaction, id_):
            self._give_back(transaction, self._catalog.current.get(name), child_id, field, value)
        self._keep_cleared(transaction, id_, [])

    def _give_back(self, transaction: Transaction, child: SObject, child_id: str, field: str, value: Any) -> None:
        self._store.ensure(child)
        place = transaction.placeholder
        transaction.run(
            f'UPDATE {quoted(child.name)} SET {quoted(field)} = {place} WHERE "Id" = {place} AND {quoted(field)} IS NULL',
            [value, child_id],
        )

    def kept_since(self) -> str:
        """Return the time (canonical text) before which deleted records have left the recycle bin."""
        return datetime_text(self._clock.now() - timedelta(days=BIN_DAYS))
