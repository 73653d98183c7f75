"""The key ``permissions`` of a scenario: profiles and permission sets, and what they give, in a few words.

    {"profile": "Chat Agent", "users": ["@u_ada"],
     "objects": {"LiveChatTranscript": "CRED"}, "fields": {"LiveChatTranscript.Body": "read"},
     "system": ["ApiEnabled", "CanAccessCE"]}

An entry names a ``profile`` by its name, or a ``permissionSet`` by its API name; one that is not there is made, and has a ``ref`` at
will. Everything becomes rows of Profile, PermissionSet, PermissionSetAssignment, ObjectPermissions and FieldPermissions.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from ..errors import OrgError
from ..store import Transaction
from ..store.layout import quoted
from .catalog import OrgCatalog
from .permission_sets import PermissionSets
from .rights_rows import ASSIGNMENTS, FIELDS, OBJECTS, PREFIX, SETS
from .users import Users

WriteRecords = Callable[[Transaction, Any], dict[str, str]]
"""Writes records of a scenario; gives the id of each ``ref``."""

KEYS: Final = frozenset({"profile", "permissionSet", "label", "ref", "users", "objects", "fields", "system"})
LETTERS: Final = {
    "C": "PermissionsCreate",
    "R": "PermissionsRead",
    "E": "PermissionsEdit",
    "D": "PermissionsDelete",
    "V": "PermissionsViewAllRecords",
    "M": "PermissionsModifyAllRecords",
    "F": "PermissionsViewAllFields",
}
"""The letters of an object's rights."""
ACCESSES: Final = {
    "edit": {"PermissionsRead": True, "PermissionsEdit": True},
    "read": {"PermissionsRead": True, "PermissionsEdit": False},
    "none": {"PermissionsRead": False, "PermissionsEdit": False},
}
"""The words of a field's."""
_REF: Final = "\0set"


@dataclass(frozen=True, slots=True)
class Granting:
    """Writes what a scenario's ``permissions`` say."""

    catalog: OrgCatalog
    users: Users
    permission_sets: PermissionSets
    write_records: WriteRecords

    def write(self, transaction: Transaction, entries: Any, refs: dict[str, str]) -> None:
        """Write entries; note the ids of their refs. Raises `OrgError`, which names the place."""
        if not isinstance(entries, list):
            raise _wrong("permissions", "must be a list")
        for number, entry in enumerate(entries):
            place = f"permissions[{number}]"
            if not isinstance(entry, Mapping) or ("profile" in entry) == ("permissionSet" in entry):
                raise _wrong(place, "an entry is an object with a profile or a permissionSet")
            for key in entry:
                if key not in KEYS:
                    raise _wrong(place, f"there is no key {key!r}; the keys are {', '.join(sorted(KEYS))}")
            try:
                self._write(transaction, place, entry, refs)
            except OrgError as error:
                if error.message.startswith(place):
                    raise
                raise OrgError(error.code, f"{place}: {error.message}") from None

    def _write(self, transaction: Transaction, place: str, entry: Mapping[str, Any], refs: dict[str, str]) -> None:
        is_profile = "profile" in entry
        name = entry["profile" if is_profile else "permissionSet"]
        if not isinstance(name, str) or not name:
            raise _wrong(place, "a name is text")
        made, set_id = self._found_or_made(transaction, is_profile, name, entry)
        if isinstance(entry.get("ref"), str):
            if entry["ref"] in refs:
                raise _wrong(place, f"the ref {entry['ref']!r} is another record's")
            refs[entry["ref"]] = made
        self._write_system(transaction, place, is_profile, made, set_id, entry.get("system", []))
        for user_id in self._users(place, entry.get("users", []), refs):
            self._assign(transaction, is_profile, made, user_id)
        self._replace(transaction, set_id, OBJECTS, "SobjectType", list(self._objects(place, set_id, entry)))
        self._replace(transaction, set_id, FIELDS, "Field", list(self._fields(place, set_id, entry)))

    def _found_or_made(
        self, transaction: Transaction, is_profile: bool, name: str, entry: Mapping[str, Any]
    ) -> tuple[str, str]:
        """Return the id of the profile or set that an entry names, and that of its set."""
        table, mark = ("Profile" if is_profile else SETS), transaction.placeholder
        sql = f'SELECT "Id" FROM {quoted(table)} WHERE lower("Name") = lower({mark})'
        found = transaction.one(sql, [name])
        if found is None:
            fields = (
                {"Name": name} if is_profile else {"Name": name, "Label": entry.get("label", name), "IsCustom": True}
            )
            found = (self.write_records(transaction, [{"object": table, "ref": _REF, "fields": fields}])[_REF],)
        if not is_profile:
            return found[0], found[0]
        own = transaction.execute(f'SELECT "Id" FROM "PermissionSet" WHERE "ProfileId" = {mark}', [found[0]])
        return found[0], own[0][0]

    def _write_system(
        self, transaction: Transaction, place: str, is_profile: bool, made: str, set_id: str, given: Any
    ) -> None:
        """Set permissions; a minus sign before a name takes it away."""
        if not isinstance(given, list) or not all(isinstance(name, str) for name in given):
            raise _wrong(f"{place}.system", "must be a list of names of permissions")
        table = self.catalog.current.get(SETS)
        values: dict[str, bool] = {}
        for name in given:
            field = table.field(PREFIX + name.removeprefix("-").removeprefix(PREFIX))
            if field is None:
                raise _wrong(f"{place}.system", f"there is no permission {name!r}")
            values[field.name] = not name.startswith("-")
        if values:
            transaction.update(table, set_id, values)
            if is_profile:
                transaction.update(self.catalog.current.get("Profile"), made, values)

    def _users(self, place: str, given: Any, refs: Mapping[str, str]) -> Iterator[str]:
        """Yield the ids of users that are given by ref, by user name or by id."""
        if not isinstance(given, list) or not all(isinstance(name, str) for name in given):
            raise _wrong(f"{place}.users", "must be a list of refs or user names")
        for name in given:
            user = (
                self.users.by_id(refs.get(name[1:], ""))
                if name.startswith("@")
                else self.users.by_username(name) or self.users.by_id(name)
            )
            if user is None:
                raise _wrong(f"{place}.users", f"there is no user {name!r}")
            yield user["Id"]

    def _assign(self, transaction: Transaction, is_profile: bool, made: str, user_id: str) -> None:
        if is_profile:
            transaction.update(self.catalog.current.get("User"), user_id, {"ProfileId": made})
            self.permission_sets.settle(transaction, user_id)
            return
        mark = transaction.placeholder
        sql = f'SELECT 1 FROM "PermissionSetAssignment" WHERE "AssigneeId" = {mark} AND "PermissionSetId" = {mark}'
        if transaction.one(sql, [user_id, made]) is None:
            fields = {"AssigneeId": user_id, "PermissionSetId": made}
            self.write_records(transaction, [{"object": ASSIGNMENTS, "fields": fields}])

    def _objects(self, place: str, set_id: str, entry: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        for name, letters in _named(f"{place}.objects", entry.get("objects", {})):
            unknown = set(letters.upper()) - LETTERS.keys()
            if unknown:
                raise _wrong(f"{place}.objects", f"{name}: rights are the letters {''.join(LETTERS)}, not {letters!r}")
            flags = {flag: letter in letters.upper() for letter, flag in LETTERS.items()}
            yield {"ParentId": set_id, "SobjectType": name, **flags}

    def _fields(self, place: str, set_id: str, entry: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        for name, word in _named(f"{place}.fields", entry.get("fields", {})):
            if word not in ACCESSES:
                raise _wrong(
                    f"{place}.fields", f"{name}: a field's right is one of {', '.join(ACCESSES)}, not {word!r}"
                )
            yield {"ParentId": set_id, "SobjectType": name.partition(".")[0], "Field": name, **ACCESSES[word]}

    def _replace(
        self, transaction: Transaction, set_id: str, table: str, key: str, found: list[dict[str, Any]]
    ) -> None:
        """Write rows in place of those that the set has for the same types or fields."""
        mark, sobject = transaction.placeholder, self.catalog.current.get(table)
        sql = f'SELECT "Id" FROM {quoted(table)} WHERE "ParentId" = {mark} AND lower({quoted(key)}) = lower({mark})'
        for fields in found:
            for (id_,) in transaction.execute(sql, [set_id, fields[key]]):
                transaction.erase(sobject, id_)
        self.write_records(transaction, [{"object": table, "fields": fields} for fields in found])


def _named(place: str, given: Any) -> list[tuple[str, str]]:
    if not isinstance(given, Mapping) or not all(isinstance(one, str) for pair in given.items() for one in pair):
        raise _wrong(place, "must be an object of names and rights, both text")
    return list(given.items())


def _wrong(place: str, problem: str) -> OrgError:
    return OrgError("INVALID_SCENARIO", f"{place}: {problem}")
