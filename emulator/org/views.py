"""What a user sees of the catalog: the types he may read, the fields he may read of them, and the calls he may make.

A view is a catalog, so that queries, searches, describes and the checks of a write need know nothing of rights: what a user may not
see is not there for him, in the platform's own words for what is not there. A type of which nothing is hidden is the very type of the
whole catalog; a narrowed one knows its `whole`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Final

from ...schemas.catalog import Catalog
from ...schemas.field import COMPOUND_TYPES, ChildRelationship, Field, SObject
from .describe_field import is_permissionable
from .governed import (
    ALWAYS_READ,
    AUDIT_FIELDS,
    CUSTOMIZE,
    FOR_EVERYBODY,
    GATES,
    MANAGE_USERS,
    PARENTS,
    WRITTEN_BY_MANAGERS,
    YOUNGEST_GATE,
    has_own_permissions,
    is_audited,
)
from .rights import ALL, AUDIT, CREATE, DELETE, EDIT, NONE, READ, VIEW_ALL_FIELDS, Openness, UserRights, wider

CALLS_NEED: Final = {"create": CREATE, "update": EDIT, "delete": DELETE, "undelete": DELETE}
"""The right that each call needs. That undelete() needs the one to delete is a guess."""
READING: Final = frozenset({READ})
VIEWS_KEPT: Final = 64


class View(Catalog):
    """The catalog as users with the same rights see it.

    number: the API version of their calls; two versions that pass the same gates have the same view.
    """

    def __init__(self, whole: Catalog, rights: UserRights, number: float) -> None:
        super().__init__({}, {}, whole.revision)
        self._whole = whole
        self._rights = rights
        self._number = number
        self._stated, self._granted = dict(rights.stated.objects), dict(rights.granted.objects)
        self._stated_fields, self._granted_fields = dict(rights.stated.fields), dict(rights.granted.fields)
        self._seen: dict[str, SObject | None] = {}

    @property
    def whole(self) -> Catalog:
        return self._whole

    def find(self, name: str, version: float | None = None) -> SObject | None:
        found = self._whole.find(name, version)
        if found is None:
            return None
        if found.name not in self._seen:  # two threads that ask at once get the same type
            return self._seen.setdefault(found.name, self._narrowed(found))
        return self._seen[found.name]

    def by_prefix(self, prefix: str) -> SObject | None:
        found = self._whole.by_prefix(prefix)
        return None if found is None else self.find(found.name)

    def references_to(self, name: str) -> tuple[tuple[SObject, ChildRelationship], ...]:
        return self._whole.references_to(name)

    def extended(self, documents: Iterable[Mapping[str, Any]]) -> Catalog:
        return self._whole.extended(documents)

    def _names(self) -> tuple[str, ...]:
        return tuple(name for name in self._whole.names() if self.find(name) is not None)

    # --- types ----------------------------------------------------------------------------------------------------------

    def rights_on(self, sobject: SObject) -> frozenset[str]:
        """Return what the users may do with the records of a type of the whole catalog; nothing when they cannot read it."""
        rights, system = self._rights_by_rows(sobject), self._rights.system
        if "ModifyAllData" in system:
            rights = ALL | rights
        elif "ViewAllData" in system or sobject.name in ALWAYS_READ:
            rights = READING | rights
        gate = GATES.get(sobject.name)
        if gate is not None and self._number >= gate.since:
            if system.isdisjoint(gate.reading):
                return frozenset()
            if gate.writing:
                rights = (READING if system.isdisjoint(gate.writing) else ALL) | (rights - ALL)
        return rights if READ in rights else frozenset()

    def _rights_by_rows(self, sobject: SObject) -> frozenset[str]:
        key = sobject.name.lower()
        stated = self._stated.get(key)
        if stated is None:
            stated = self._unstated(sobject)
        return stated | self._granted.get(key, frozenset())

    def _unstated(self, sobject: SObject) -> frozenset[str]:
        """Return what the profile gives where no row of it names the type."""
        parent = self._whole.find(PARENTS.get(sobject.name, ""))
        if parent is not None:
            rights = self.rights_on(parent)
            return ALL if EDIT in rights else rights & READING
        if self._rights.openness is Openness.OPEN:
            return ALL
        if self._rights.openness is Openness.READING:
            return READING
        if has_own_permissions(sobject):
            return frozenset()
        if sobject.name in FOR_EVERYBODY:
            return ALL
        needed = MANAGE_USERS if sobject.name in WRITTEN_BY_MANAGERS else CUSTOMIZE
        return ALL if needed in self._rights.system else READING

    def _narrowed(self, sobject: SObject) -> SObject | None:
        rights = self.rights_on(sobject)
        if not rights:
            return None
        audited = AUDIT in self._rights.system and is_audited(sobject)
        fields = tuple(shown for field in sobject.fields if (shown := self._shown(sobject, field, rights, audited)))
        calls = frozenset(call for call in sobject.calls if CALLS_NEED.get(call, READ) in rights)
        if rights.isdisjoint({CREATE, EDIT}):
            calls -= {"upsert"}
        children = tuple(child for child in sobject.child_relationships if self._shows_child(child))
        if (
            calls == sobject.calls
            and len(children) == len(sobject.child_relationships)
            and len(fields) == len(sobject.fields)
            and all(shown is field for shown, field in zip(fields, sobject.fields, strict=True))
        ):
            return sobject
        return replace(sobject, calls=calls, fields=fields, child_relationships=children, narrowed_from=sobject)

    def _shows_child(self, relationship: ChildRelationship) -> bool:
        child = self._whole.find(relationship.child_sobject)
        if child is None:  # a type that the org does not have is described all the same
            return True
        rights = self.rights_on(child)
        field = child.field(relationship.field)
        return bool(rights) and (field is None or self.access_to(child, field, rights) != NONE)

    # --- fields ---------------------------------------------------------------------------------------------------------

    def _shown(self, sobject: SObject, field: Field, rights: frozenset[str], audited: bool) -> Field | None:
        """Return a field as the users have it, or None when it is hidden from them."""
        access = self.access_to(sobject, field, rights)
        if access == NONE:
            return None
        if access == READ and (field.createable or field.updateable):
            return replace(field, createable=False, updateable=False)
        if audited and field.name in AUDIT_FIELDS and not field.createable:
            return replace(field, createable=True)
        return field

    def access_to(self, sobject: SObject, field: Field, rights: frozenset[str]) -> str:
        """Return the access to a field of a type on which the users have these rights."""
        if field.type in COMPOUND_TYPES:
            parts = [one for one in sobject.fields if one.compound_field_name == field.name]
            if all(self.access_to(sobject, part, rights) == NONE for part in parts):
                return NONE if parts else self._access_by_rows(sobject, field, rights)
            return EDIT
        return self._access_by_rows(sobject, field, rights) if is_permissionable(field) else EDIT

    def _access_by_rows(self, sobject: SObject, field: Field, rights: frozenset[str]) -> str:
        key = sobject.name.lower()
        # The parts of an address have the permission of the whole, unless a row names one itself.
        names = [f"{key}.{name.lower()}" for name in (field.name, field.compound_field_name) if name]
        stated = next((self._stated_fields[name] for name in names if name in self._stated_fields), None)
        if stated is None:
            closed = self._rights.openness is Openness.CLOSED and has_own_permissions(sobject)
            stated = NONE if closed else EDIT
        granted = next((self._granted_fields[name] for name in names if name in self._granted_fields), NONE)
        least = READ if VIEW_ALL_FIELDS in rights else NONE
        return wider(wider(stated, granted), least)


class Views:
    """The views of an org's catalog, made when they are first asked for."""

    def __init__(self) -> None:
        self._of: Catalog | None = None
        self._made: dict[tuple[UserRights, bool], View] = {}

    def of(self, whole: Catalog, rights: UserRights, number: float) -> Catalog:
        """Return what users with these rights see in calls of an API version."""
        if rights.is_unrestricted:
            return whole
        if self._of is not whole or len(self._made) >= VIEWS_KEPT:
            self._of, self._made = whole, {}
        made, key = self._made, (rights, number >= YOUNGEST_GATE)
        found = made.get(key)
        if found is None:
            found = made.setdefault(key, View(whole, rights, number))
        return found
