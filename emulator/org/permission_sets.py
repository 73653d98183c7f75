"""Permission sets as rows: each profile has one of its own, each user the one of his profile; and what their rows may say.

Object reference, "PermissionSet", "PermissionSetAssignment", "ObjectPermissions", "FieldPermissions".
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from ...schemas.field import COMPOUND_TYPES, Field, SObject
from ..errors import OrgError
from ..store import Reader, Store, Transaction
from ..store.layout import quoted
from ..store.watch import watch
from .blank import PROFILES, standard_permissions
from .catalog import OrgCatalog
from .clock import Clock
from .defaults import AUDIT_ON_CHANGE, AUDIT_ON_CREATE, defaults, stamps
from .describe_field import is_permissionable
from .ids import IdMaker
from .rights import STATE_KEY
from .rights_rows import ASSIGNMENTS, FIELDS, OBJECTS, PREFIX, SETS
from .users import ADMINISTRATOR

PROFILE: Final = "Profile"
USER: Final = "User"
RULED: Final = frozenset({SETS, ASSIGNMENTS, OBJECTS, FIELDS})
"""Types whose records must obey what is said here."""
FOLLOWED: Final = RULED | {PROFILE, USER}
"""Types whose changes bring changes of others."""
WATCHED: Final = {
    SETS: (), ASSIGNMENTS: (), OBJECTS: (), FIELDS: (), PROFILE: (), USER: ("ProfileId", "IsActive"),
}  # fmt: skip
"""The tables that give rights, and the columns of them that do."""

NAME_RULE: Final = (
    "The Permission Set API Name can only contain underscores and alphanumeric characters. It must be unique, begin with a letter, "
    "not include spaces, not end with an underscore, and not contain two consecutive underscores."
)
"""The rule as setup pages word it; that the API does so is a guess."""
_NAME: Final = re.compile(r"[A-Za-z](?:_?[A-Za-z0-9])*\Z", re.ASCII)
_NEEDS: Final = {
    "Create": ("Read",),
    "Edit": ("Read",),
    "Delete": ("Read", "Edit"),
    "ViewAllRecords": ("Read",),
    "ModifyAllRecords": ("Read", "Edit", "Delete", "ViewAllRecords"),
    "ViewAllFields": ("Read",),
}
"""What each flag of ObjectPermissions needs of the others (object reference; for ViewAllFields a guess)."""
_EMPTY: Final = (
    'SELECT t."Id" FROM {} t JOIN "PermissionSet" s ON s."Id" = t."ParentId"'
    ' WHERE NOT t."PermissionsRead" AND (s."ProfileId" IS NULL OR s."IsCustom"){}'
)
"""The rows that give nothing to a set which has nothing by itself."""
_VERBS: Final = {"ViewAllRecords": "View All", "ModifyAllRecords": "Modify All", "ViewAllFields": "View All Fields"}


@dataclass(frozen=True, slots=True)
class PermissionSets:
    """Keep the rows that give rights in step with each other, and hold them to the platform's rules."""

    store: Store
    catalog: OrgCatalog
    clock: Clock
    ids: IdMaker

    def prepare(self, transaction: Transaction) -> None:
        """Make the tables and let them be watched; an org of before there were rights gets its permission sets."""
        self.store.ensure(*(self.catalog.current.get(name) for name in WATCHED))
        is_old = transaction.one('SELECT 1 FROM "User" LIMIT 1') is not None
        watch(transaction, self.store.dialect, STATE_KEY, WATCHED)
        if is_old:
            place = transaction.placeholder
            for name in PROFILES:
                for id_, *_ in transaction.execute(f'SELECT "Id" FROM "Profile" WHERE "Name" = {place}', [name]):
                    transaction.update(self.catalog.current.get(PROFILE), id_, standard_permissions(name))
            self.settle(transaction)

    def prepare_if_missing(self) -> None:
        """Prepare an org whose rows come from elsewhere, unless that was done."""
        if self.store.meta(STATE_KEY) is None:
            with self.store.write() as transaction:
                self.prepare(transaction)

    def watch_again(self) -> None:
        """Watch the tables of rows that come from elsewhere, which had all this done already."""
        with self.store.write() as transaction:
            self.store.ensure(*(self.catalog.current.get(name) for name in WATCHED))
            watch(transaction, self.store.dialect, STATE_KEY, WATCHED)

    # --- what follows a change ------------------------------------------------------------------------------------------

    def settle(self, transaction: Transaction, user_id: str | None = None) -> None:
        """See to it that each profile has its set, and each user, or one, the set of his profile alone."""
        without = (
            'SELECT p."Id" FROM "Profile" p LEFT JOIN "PermissionSet" s ON s."ProfileId" = p."Id" WHERE s."Id" IS NULL'
        )
        for (profile_id,) in transaction.execute(f'{without} ORDER BY p."Id"'):
            self._make_set(transaction, profile_id)
        only = "" if user_id is None else f' AND u."Id" = {transaction.placeholder}'
        parameters = [] if user_id is None else [user_id]
        assigned = '"User" u JOIN "PermissionSetAssignment" a ON a."AssigneeId" = u."Id" JOIN "PermissionSet" s ON s."Id" = a."PermissionSetId"'
        stale = f'SELECT a."Id" FROM {assigned} WHERE s."ProfileId" IS NOT NULL AND (u."ProfileId" IS NULL OR u."ProfileId" <> s."ProfileId"){only}'
        for (assignment_id,) in transaction.execute(stale, parameters):
            transaction.erase(self.catalog.current.get(ASSIGNMENTS), assignment_id)
        missing = (
            'SELECT u."Id", s."Id" FROM "User" u JOIN "PermissionSet" s ON s."ProfileId" = u."ProfileId"'
            ' LEFT JOIN "PermissionSetAssignment" a ON a."AssigneeId" = u."Id" AND a."PermissionSetId" = s."Id"'
            f' WHERE a."Id" IS NULL{only} ORDER BY u."Id"'
        )
        for assignee_id, set_id in transaction.execute(missing, parameters):
            self._insert(transaction, ASSIGNMENTS, {"AssigneeId": assignee_id, "PermissionSetId": set_id})
        if user_id is None:
            for name in (OBJECTS, FIELDS):
                for (id_,) in transaction.execute(_EMPTY.format(quoted(name), "")):
                    transaction.erase(self.catalog.current.get(name), id_)

    def _make_set(self, transaction: Transaction, profile_id: str) -> None:
        profile = self.catalog.current.get(PROFILE)
        names = ["Name", *(field.name for field in profile.fields if field.name.startswith(PREFIX))]
        columns = ", ".join(map(quoted, names))
        sql = f'SELECT {columns} FROM "Profile" WHERE "Id" = {transaction.placeholder}'
        name, *permissions = transaction.execute(sql, [profile_id])[0]
        values = dict(zip(names[1:], permissions, strict=True))
        values |= {
            # On the platform it is named after the profile's id too; nobody is meant to read it.
            "Name": f"X{profile_id}",
            "Label": profile_id,
            "ProfileId": profile_id,
            "IsOwnedByProfile": True,
            "IsCustom": name not in PROFILES,
            "Type": "Profile",
        }
        self._insert(transaction, SETS, values)

    def _insert(self, transaction: Transaction, name: str, values: Mapping[str, Any]) -> None:
        sobject, author = self.catalog.current.get(name), self._author()
        row = defaults(sobject, author) | stamps(sobject, AUDIT_ON_CREATE, author, self.clock.stamp()) | dict(values)
        row["Id"] = self.ids.next_id(transaction, sobject.key_prefix or "")
        transaction.insert(sobject, row)

    def _author(self) -> str:
        return self.store.meta(ADMINISTRATOR) or ""

    def follow(self, transaction: Transaction, sobject: SObject, id_: str, changes: Mapping[str, Any]) -> None:
        """Change what goes with a new or changed record of a type in `FOLLOWED`."""
        if sobject.name == USER and "ProfileId" in changes:
            self.settle(transaction, id_)
        elif sobject.name == PROFILE:
            own = transaction.one(
                f'SELECT "Id" FROM "PermissionSet" WHERE "ProfileId" = {transaction.placeholder}', [id_]
            )
            self._mirror(transaction, SETS, own, changes)
        elif sobject.name == SETS:
            sql = f'SELECT "ProfileId" FROM "PermissionSet" WHERE "Id" = {transaction.placeholder}'
            self._mirror(transaction, PROFILE, transaction.one(sql, [id_]), changes)
        elif sobject.name in (OBJECTS, FIELDS):
            self._drop_if_empty(transaction, sobject, id_)

    def _mirror(
        self, transaction: Transaction, name: str, found: tuple[Any, ...] | None, changes: Mapping[str, Any]
    ) -> None:
        """Let a profile and its set have the same permissions."""
        target = self.catalog.current.get(name)
        same = {key: value for key, value in changes.items() if key.startswith(PREFIX) and target.field(key)}
        if found is not None and found[0] is not None and same:
            stamped = stamps(target, AUDIT_ON_CHANGE, self._author(), self.clock.stamp())
            transaction.update(target, found[0], same | stamped)

    def _drop_if_empty(self, transaction: Transaction, sobject: SObject, id_: str) -> None:
        """Remove a row that gives nothing: "must have at minimum PermissionsRead set to true, or it will be deleted".

        Not where it takes something away from a profile that is open.
        """
        sql = _EMPTY.format(quoted(sobject.name), f' AND t."Id" = {transaction.placeholder}')
        if transaction.one(sql, [id_]) is not None:
            transaction.erase(sobject, id_)

    # --- what rows may say ----------------------------------------------------------------------------------------------

    def canonical(self, sobject: SObject, values: dict[str, Any]) -> None:
        """Give the names of types and fields in a new record their own spelling.

        Raises INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST; the sentence is recorded for both picklists in a tool that copies
        permission sets, the fields beside it are a guess.
        """
        if sobject.name not in (OBJECTS, FIELDS) or values.get("SobjectType") is None:
            return
        named = self.catalog.current.find(values["SobjectType"])
        if named is None:
            raise _bad_value(sobject, "SobjectType", values["SobjectType"])
        values["SobjectType"] = named.name
        given = values.get("Field")
        if sobject.name == FIELDS and given is not None:
            prefix, _, rest = given.partition(".")
            field = _field(named, rest) if prefix.lower() == named.name.lower() else None
            if field is None or not (is_permissionable(field) or field.type in COMPOUND_TYPES):
                raise _bad_value(sobject, "Field", given)
            values["Field"] = f"{named.name}.{field.name}"

    def check(self, rows: Reader, sobject: SObject, row: Mapping[str, Any], own_id: str | None = None) -> None:
        """Refuse a record of a type in `RULED` that breaks its rules; `row` has all that they ask for."""
        if sobject.name == SETS:
            self._check_name(rows, row, own_id)
        elif sobject.name == ASSIGNMENTS:
            self._check_assignment(rows, row, own_id)
        elif sobject.name == OBJECTS:
            given = {name.removeprefix(PREFIX) for name, value in row.items() if name.startswith(PREFIX) and value}
            for flag in sorted(given & _NEEDS.keys()):
                _need(flag, [need for need in _NEEDS[flag] if need not in given], row["SobjectType"])
            self._check_single(rows, sobject, row, ("ParentId", "SobjectType"), own_id)
        elif sobject.name == FIELDS:
            if row.get("PermissionsEdit") and not row.get("PermissionsRead"):
                _need("Edit", ["Read"], row["Field"])
            self._check_single(rows, sobject, row, ("ParentId", "Field"), own_id)

    def check_change(self, rows: Reader, sobject: SObject, id_: str, changes: Mapping[str, Any]) -> None:
        """Refuse a change that would break the rules."""
        names = [field.name for field in sobject.short_fields]
        columns = ", ".join(map(quoted, names))
        sql = f'SELECT {columns} FROM {quoted(sobject.name)} WHERE "Id" = {rows.placeholder}'
        row = dict(zip(names, rows.execute(sql, [id_])[0], strict=True)) | dict(changes)
        if sobject.name == SETS and row["ProfileId"] is not None:
            return  # its name is not the user's
        self.check(rows, sobject, row, id_)

    def check_delete(self, rows: Reader, sobject: SObject, id_: str) -> None:
        """Refuse to take away a profile's own set, and a user's assignment to it. The code is a guess."""
        place = rows.placeholder
        asked = (
            f'SELECT "ProfileId" FROM "PermissionSet" WHERE "Id" = {place}'
            if sobject.name == SETS
            else 'SELECT s."ProfileId" FROM "PermissionSetAssignment" a JOIN "PermissionSet" s ON s."Id" = a."PermissionSetId"'
            f' WHERE a."Id" = {place}'
        )
        if sobject.name in (SETS, ASSIGNMENTS):
            found = rows.one(asked, [id_])
            if found is not None and found[0] is not None:
                raise OrgError("INSUFFICIENT_ACCESS_OR_READONLY", "insufficient access rights on object id", ())

    def _check_name(self, rows: Reader, row: Mapping[str, Any], own_id: str | None) -> None:
        if row.get("ProfileId") is not None:
            return
        name = row["Name"]
        if not _NAME.match(name):
            raise OrgError("FIELD_INTEGRITY_EXCEPTION", NAME_RULE, ("Name",))
        sql = f'SELECT "Id" FROM "PermissionSet" WHERE lower("Name") = lower({rows.placeholder})'
        if any(found != own_id for (found,) in rows.execute(sql, [name])):
            problem = f"The developer name you specified is already in use: {name}"  # a guess: the words
            raise OrgError("DUPLICATE_DEVELOPER_NAME", problem, ("Name",))

    def _check_assignment(self, rows: Reader, row: Mapping[str, Any], own_id: str | None) -> None:
        set_id, place = row.get("PermissionSetId"), rows.placeholder
        if set_id is None:
            raise OrgError(
                "REQUIRED_FIELD_MISSING", "Required fields are missing: [PermissionSetId]", ("PermissionSetId",)
            )
        sql = f'SELECT "Id" FROM "PermissionSetAssignment" WHERE "AssigneeId" = {place} AND "PermissionSetId" = {place}'
        if any(found != own_id for (found,) in rows.execute(sql, [row["AssigneeId"], set_id])):
            # The sentence is that of many support threads.
            problem = (
                f"Duplicate PermissionSetAssignment. Assignee: {row['AssigneeId'][:15]}; Permission Set: {set_id[:15]}"
            )
            raise OrgError("DUPLICATE_VALUE", problem, ())
        found = rows.one(f'SELECT "ProfileId" FROM "PermissionSet" WHERE "Id" = {place}', [set_id])
        own = rows.one(f'SELECT "ProfileId" FROM "User" WHERE "Id" = {place}', [row["AssigneeId"]])
        if found is not None and found[0] is not None and (own is None or own[0] != found[0]):
            problem = "Permission Set: a set that is owned by a profile cannot be assigned"  # a guess
            raise OrgError("FIELD_INTEGRITY_EXCEPTION", problem, ("PermissionSetId",))

    def _check_single(
        self, rows: Reader, sobject: SObject, row: Mapping[str, Any], key: tuple[str, str], own_id: str | None
    ) -> None:
        first, second = (f"{quoted(name)} = {rows.placeholder}" for name in key)
        sql = f'SELECT "Id" FROM {quoted(sobject.name)} WHERE {first} AND {second}'
        for (found,) in rows.execute(sql, [row[name] for name in key]):
            if found != own_id:
                problem = f"duplicate value found: {key[1]} duplicates value on record with id: {found[:15]}"
                raise OrgError("DUPLICATE_VALUE", problem, ())


def _field(sobject: SObject, name: str) -> Field | None:
    """Find a field by name; a lookup may leave off its ``Id`` (object reference, "FieldPermissions")."""
    found = sobject.field(name) or sobject.field(f"{name}Id")
    return found if found is None or sobject.field(name) or found.type == "reference" else None


def _bad_value(sobject: SObject, name: str, value: str) -> OrgError:
    field = sobject.field(name)
    label = field.label if field and name == "Field" else "Sobject Type Name"
    problem = f"{label}: bad value for restricted picklist field: {value}"
    return OrgError("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", problem, (name,))


def _need(flag: str, missing: list[str], of: str) -> None:
    """Refuse a flag without those that it needs.

    Recorded for whole objects: "Permission Read Contract depends on permission(s): Read Account".
    """
    if missing:
        needed = ", ".join(f"{_VERBS.get(need, need)} {of}" for need in missing)
        problem = f"Permission {_VERBS.get(flag, flag)} {of} depends on permission(s): {needed}"
        raise OrgError("FIELD_INTEGRITY_EXCEPTION", problem, (f"{PREFIX}{flag}",))
