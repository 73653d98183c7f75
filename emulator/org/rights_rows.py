"""The rows that give a user his rights: his profile's own permission set, and those that are assigned to him."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from ..store import Reader
from ..store.layout import quoted

SETS: Final = "PermissionSet"
ASSIGNMENTS: Final = "PermissionSetAssignment"
OBJECTS: Final = "ObjectPermissions"
FIELDS: Final = "FieldPermissions"
PREFIX: Final = "Permissions"
"""What the names of system permissions begin with where they are fields."""
OBJECT_FLAGS: Final = {
    "PermissionsRead": frozenset({"read"}),
    "PermissionsCreate": frozenset({"create"}),
    "PermissionsEdit": frozenset({"edit"}),
    "PermissionsDelete": frozenset({"delete"}),
    "PermissionsViewAllRecords": frozenset({"read"}),
    "PermissionsModifyAllRecords": frozenset({"read", "edit", "delete"}),
    "PermissionsViewAllFields": frozenset({"view all fields"}),
}
"""What each flag of ObjectPermissions gives. Whose records they are is not looked at: sharing is not emulated."""


@dataclass(frozen=True, slots=True)
class ObjectRow:
    """A row of ObjectPermissions; the type in lower case."""

    of_profile: bool
    sobject: str
    rights: frozenset[str]


@dataclass(frozen=True, slots=True)
class FieldRow:
    """A row of FieldPermissions; the field in lower case, its type before it."""

    of_profile: bool
    field: str
    access: str


@dataclass(frozen=True, slots=True)
class RightsRows:
    """All that the rows say of one user."""

    is_active: bool
    profile_name: str
    is_standard: bool
    """Whether the profile is one of the standard ones."""
    system: frozenset[str]
    objects: tuple[ObjectRow, ...]
    fields: tuple[FieldRow, ...]


def read_rows(rows: Reader, user_id: str) -> RightsRows | None:
    """Return what the rows say of a user, or None when there is no such user."""
    place = rows.placeholder
    user = rows.one(
        'SELECT u."IsActive", p."Name", s."IsCustom", s."Id" FROM "User" u LEFT JOIN "Profile" p ON p."Id" = u."ProfileId"'
        f' LEFT JOIN "PermissionSet" s ON s."ProfileId" = p."Id" WHERE u."Id" = {place}',
        [user_id],
    )
    if user is None:
        return None
    is_active, profile_name, is_custom, own_set = user
    columns = permission_columns(rows)
    # A set that must be activated in a session gives nothing: no session activates one.
    sets = rows.execute(
        f'SELECT s."Id", {", ".join(f"s.{quoted(name)}" for name in columns)} FROM "PermissionSet" s'
        f' WHERE s."Id" = {place} OR (NOT (s."HasActivationRequired" {_is_true(rows)}) AND NOT (s."IsOwnedByProfile" {_is_true(rows)})'
        f' AND s."Id" IN (SELECT "PermissionSetId" FROM "PermissionSetAssignment" WHERE "AssigneeId" = {place}))',
        [own_set, user_id],
    )
    system = {name.removeprefix(PREFIX) for row in sets for name, value in zip(columns, row[1:], strict=True) if value}
    ids = [row[0] for row in sets]
    return RightsRows(
        bool(is_active),
        profile_name or "",
        own_set is not None and not is_custom,
        frozenset(system),
        tuple(_object_rows(rows, ids, own_set)),
        tuple(_field_rows(rows, ids, own_set)),
    )


def permission_columns(rows: Reader) -> list[str]:
    """Return the names of the columns of PermissionSet that are permissions."""
    found = rows.execute(
        "SELECT name FROM pragma_table_info('PermissionSet')"
        if rows.placeholder == "?"
        else "SELECT column_name FROM information_schema.columns"
        " WHERE table_schema = current_schema() AND table_name = 'PermissionSet'"
    )
    return [name for (name,) in found if name.startswith(PREFIX)]


def _is_true(rows: Reader) -> str:
    return "= 1" if rows.placeholder == "?" else "IS TRUE"


def _object_rows(rows: Reader, ids: list[str], own_set: str | None) -> Iterator[ObjectRow]:
    flags = list(OBJECT_FLAGS)
    for parent, sobject, *given in _of_sets(rows, OBJECTS, ["SobjectType", *flags], ids):
        rights = [OBJECT_FLAGS[flag] for flag, value in zip(flags, given, strict=True) if value]
        yield ObjectRow(parent == own_set, sobject.lower(), frozenset().union(*rights))


def _field_rows(rows: Reader, ids: list[str], own_set: str | None) -> Iterator[FieldRow]:
    for parent, field, edit, read in _of_sets(rows, FIELDS, ["Field", "PermissionsEdit", "PermissionsRead"], ids):
        yield FieldRow(parent == own_set, field.lower(), "edit" if edit else "read" if read else "none")


def _of_sets(rows: Reader, table: str, columns: list[str], ids: list[str]) -> list[tuple[Any, ...]]:
    if not ids:
        return []
    places = ", ".join([rows.placeholder] * len(ids))
    names = ", ".join(map(quoted, columns))
    return rows.execute(f'SELECT "ParentId", {names} FROM {quoted(table)} WHERE "ParentId" IN ({places})', ids)
