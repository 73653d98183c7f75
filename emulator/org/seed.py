"""Seed an org from a scenario document: all of it, or nothing.

``now``      ISO 8601: what the clock shows from then on
``objects``  descriptor documents: more objects, or more fields of known ones
``org``      ``timezone``, ``locale``, ``fiscal_year_start_month``: of the Organization and the administrator;
             ``limits``: what `org.limits` holds
``records``  ``object``, ``fields``, and at will ``ref`` and ``deleted``
``permissions`` profiles and permission sets, and what they give (`granting`)
``passwords`` user name to password, for strict authentication
``connected_apps`` the OAuth clients that strict authentication knows

Further keys belong to rooms above the org, which write what they say after the records, in the same transaction (`Seeding.further`).

A reference field may hold ``@ref`` for another record of the document, in any order, and ``@administrator`` or ``@automated_process`` for
these users of every org. A seed may write any stored field,
``Id`` included; types, lengths, picklists, references and unique fields are checked as ever.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final
from zoneinfo import available_timezones

from ...schemas.descriptor import DescriptorError
from ...schemas.field import SObject
from ...schemas.records import Operation
from ...schemas.values import InvalidValue, read_datetime
from ..errors import OrgError
from ..store import Store, Transaction
from .blank import ADMINISTRATOR_USERNAME, AUTOMATED_PROCESS_USERNAME
from .catalog import OrgCatalog
from .clock import Clock
from .connected_apps import ConnectedApps
from .defaults import AUDIT_ON_CREATE, composed_name, defaults, has_composed_name, stamps
from .definitions.store import are_computed
from .deletion import RecycleBin
from .granting import Granting
from .ids import IdMaker
from .integrity import check_references, check_unique, is_live
from .limits import Limits
from .permission_sets import FOLLOWED, RULED
from .records import Records
from .sessions import Sessions
from .users import Users

KEYS: Final = frozenset(
    {"now", "objects", "org", "records", "permissions", "passwords", "connected_apps", "description", "purpose"},
)
SHORTHANDS: Final = frozenset({"chat"})
"""Keys whose rows are among the records before a document comes here."""
API_ENABLED: Final = "PermissionsApiEnabled"
"""What a profile has unless its scenario says otherwise: without it its users can call nothing."""
RECORD_KEYS: Final = frozenset({"object", "ref", "fields", "deleted"})
ORG_FIELDS: Final = {
    "timezone": ("TimeZoneSidKey", "TimeZoneSidKey"),
    "locale": ("DefaultLocaleSidKey", "LocaleSidKey"),
    "fiscal_year_start_month": ("FiscalYearStartMonth", None),
}
"""Keys of ``org``, and the fields of the Organization and of the administrator that they are written to."""
OWN_USERS: Final[Mapping[str, str]] = {
    "administrator": ADMINISTRATOR_USERNAME,
    "automated_process": AUTOMATED_PROCESS_USERNAME,
}
"""Refs of users whom every org has."""
_LOCALE: Final = re.compile(r"[A-Za-z]{2,3}([_-][A-Za-z0-9_#-]{2,35})?\Z")


class SeedError(OrgError):
    """A scenario document cannot be seeded; the message names the place."""

    def __init__(self, place: str, problem: str, code: str = "INVALID_SCENARIO") -> None:
        super().__init__(code, f"{place}: {problem}" if place else problem)


@dataclass(frozen=True, slots=True)
class _Draft:
    """A record of the document on its way into a row."""

    place: str
    sobject: SObject
    prefix: str
    values: Mapping[str, Any]
    ref: str | None
    deleted: bool
    given_id: str | None


@contextmanager
def _located(draft: _Draft) -> Iterator[None]:
    """Say of an error which record of the document it is about."""
    try:
        yield
    except OrgError as error:
        raise SeedError(draft.place, error.message, error.code) from None


@dataclass(frozen=True, slots=True)
class Seeding:
    """Write scenario documents into an org."""

    store: Store
    catalog: OrgCatalog
    clock: Clock
    ids: IdMaker
    records: Records
    users: Users
    sessions: Sessions
    connected_apps: ConnectedApps
    limits: Limits
    user_defaults: Mapping[str, Any]
    further: Mapping[str, Callable[[Any, Mapping[str, str]], None]]
    """Key of a document, and what writes its value once the records are there, given their ids by ``ref``."""

    def seed(self, document: Mapping[str, Any]) -> dict[str, str]:
        """Write a document; return the id of each ``ref``. Raises `SeedError` or another `OrgError`."""
        if not isinstance(document, Mapping):
            raise SeedError("", "a scenario is a JSON object")
        for key in document:
            if key not in KEYS and key not in self.further:
                known = ", ".join(sorted(KEYS | SHORTHANDS | self.further.keys()))
                raise SeedError("", f"there is no key {key!r} in a scenario; the keys are {known}")
        before = self.catalog.current
        try:
            with self.store.write() as transaction:
                if "now" in document:
                    self._set_now(document["now"])
                self.extend(document.get("objects", []))
                refs = self._write_records(transaction, document.get("records", []))
                granting = Granting(self.catalog, self.users, self.records.permission_sets, self._write_records)
                granting.write(transaction, document.get("permissions", []), refs)
                self._write_org(transaction, document.get("org", {}))
                self._set_passwords(document.get("passwords", {}))
                self.connected_apps.register(transaction, document.get("connected_apps", []), refs)
                for key in self.further.keys() & document.keys():
                    self.further[key](document[key], refs)
        except BaseException:
            self.catalog.current = before
            self.clock.forget()
            self.limits.forget()
            raise
        return refs

    def _set_now(self, text: Any) -> None:
        try:
            self.clock.set(read_datetime(str(text)))
        except InvalidValue:
            raise SeedError("now", f"{text!r} is no ISO 8601 date and time with a zone") from None
        except ValueError as error:
            raise SeedError("now", str(error)) from None

    def extend(self, documents: Any) -> None:
        """Add objects, or fields to known ones, all or nothing. Raises `SeedError`."""
        if not isinstance(documents, list) or not all(isinstance(document, Mapping) for document in documents):
            raise SeedError("objects", "must be a list of descriptor documents")
        before = self.catalog.current
        try:
            with self.store.write() as transaction:
                self.catalog.extend(documents)
                self.records.record_types.write(transaction, self.users.administrator_id)
        except (DescriptorError, KeyError, TypeError, AttributeError) as error:
            self.catalog.current = before
            raise SeedError("objects", str(error)) from None
        except BaseException:
            self.catalog.current = before
            raise

    def _write_records(self, transaction: Transaction, entries: Any) -> dict[str, str]:
        if not isinstance(entries, list):
            raise SeedError("records", "must be a list")
        drafts = [self._draft(number, entry) for number, entry in enumerate(entries)]
        # Ids and numbers that the document fixes are taken before any is made.
        for draft in drafts:
            if draft.given_id is not None:
                self.ids.reserve_id(transaction, draft.given_id)
        ids = [draft.given_id or self.ids.next_id(transaction, draft.prefix) for draft in drafts]
        refs: dict[str, str] = {}
        for draft, id_ in zip(drafts, ids, strict=True):
            if draft.ref is not None and refs.setdefault(draft.ref, id_) != id_:
                raise SeedError(draft.place, f"the ref {draft.ref!r} is another record's")
        self.store.ensure(*{draft.sobject.name: draft.sobject for draft in drafts}.values())
        loaded: list[dict[str, Any]] = []
        for draft in drafts:
            with _located(draft):
                loaded.append(self._load(transaction, draft, refs))
        rows: list[dict[str, Any]] = []
        for draft, id_, values in zip(drafts, ids, loaded, strict=True):
            with _located(draft):
                rows.append(self._insert(transaction, draft.sobject, id_, values))
        for draft, row in zip(drafts, rows, strict=True):
            with _located(draft):
                check_references(transaction, self.store, self.catalog.current, draft.sobject, row)
                check_unique(transaction, self.store, draft.sobject, row, own_id=row["Id"])
                self.records.record_types.check(transaction, draft.sobject, row)
                if draft.sobject.name in RULED:
                    self.records.permission_sets.check(transaction, draft.sobject, row, row["Id"])
        if any(draft.sobject.name in FOLLOWED for draft in drafts):
            self.records.permission_sets.settle(transaction)
        for draft, row, values in zip(drafts, rows, loaded, strict=True):
            if draft.deleted:
                with _located(draft):
                    self._delete(transaction, draft.sobject, row, values)
        return refs

    def _draft(self, number: int, entry: Any) -> _Draft:
        place = f"records[{number}]"
        if not isinstance(entry, Mapping) or not isinstance(entry.get("fields", {}), Mapping):
            raise SeedError(place, "a record is an object with the keys object and fields")
        for key in entry:
            if key not in RECORD_KEYS:
                raise SeedError(place, f"there is no key {key!r} in a record")
        sobject = self.catalog.current.find(str(entry.get("object")))
        if sobject is None:
            raise SeedError(place, f"there is no object {entry.get('object')!r}")
        if are_computed(sobject):
            raise SeedError(
                place, f"the rows of {sobject.name} are computed from the org's types; give objects instead"
            )
        if sobject.key_prefix is None:
            raise SeedError(place, f"{sobject.name} has no key prefix, and so no records")
        ref = entry.get("ref")
        if ref is not None and not isinstance(ref, str):
            raise SeedError(place, "a ref is text")
        place = f"{place} ({sobject.name}{' ' + ref if ref else ''})"
        values = dict(entry.get("fields") or {})
        if not all(isinstance(name, str) for name in values):
            raise SeedError(place, "the name of a field is text")
        id_ = self._taken_out(place, sobject, values, "Id")
        gone = self._taken_out(place, sobject, values, "IsDeleted") if sobject.field("IsDeleted") else None
        deleted = entry.get("deleted", bool(gone))
        if not isinstance(deleted, bool) or (gone is not None and gone != deleted):
            raise SeedError(place, "deleted is true or false, and says the same as IsDeleted")
        return _Draft(place, sobject, sobject.key_prefix, values, ref, deleted, id_)

    def _taken_out(self, place: str, sobject: SObject, values: dict[str, Any], field: str) -> Any:
        """Take a field out of the values of a draft; return its canonical value, None when it is not given."""
        given = next((values.pop(name) for name in list(values) if name.lower() == field.lower()), None)
        if given is None:
            return None
        try:
            return self.records.load_value(sobject, field, given)
        except OrgError as error:
            raise SeedError(place, error.message, error.code) from None

    def _load(self, transaction: Transaction, draft: _Draft, refs: Mapping[str, str]) -> dict[str, Any]:
        """Return the canonical values of a draft, and see to it that its auto-numbers are never made again."""
        sobject = draft.sobject
        given = {name: self._resolved(sobject, name, value, refs) for name, value in draft.values.items()}
        if sobject.name == "User":
            given = self._user_values(transaction, given) | given
        elif sobject.name == "Profile" and API_ENABLED.lower() not in {name.lower() for name in given}:
            given = {API_ENABLED: True} | given
        values = self.records.load(sobject, Operation.SEED, given)
        self.records.permission_sets.canonical(sobject, values)
        for field in sobject.auto_number_fields:
            if values.get(field.name) is not None:
                self.ids.reserve_name(transaction, sobject, field, values[field.name])
        return values

    def _insert(self, transaction: Transaction, sobject: SObject, id_: str, values: dict[str, Any]) -> dict[str, Any]:
        author = self._author()
        row = defaults(sobject, author) | stamps(sobject, AUDIT_ON_CREATE, author, self.clock.stamp())
        created = values.get("CreatedDate") or row.get("CreatedDate")
        modified = values.get("LastModifiedDate") or created
        row |= {
            name: value
            for name, value in (("LastModifiedDate", modified), ("SystemModstamp", modified))
            if sobject.field(name)
        }
        row |= {name: value for name, value in values.items() if value is not None or name not in row}
        row["Id"] = id_
        self.records.record_types.choose(transaction, sobject, row, values)
        for field in sobject.auto_number_fields:
            if row.get(field.name) is None:
                row[field.name] = self.ids.next_name(transaction, sobject, field, self.clock.now())
        if has_composed_name(sobject) and row.get("Name") is None:
            row["Name"] = composed_name(row)
        if transaction.row_key(sobject, id_) is not None:
            raise OrgError("DUPLICATE_VALUE", f"the Id {id_} is another record's")
        transaction.insert(sobject, row)
        return row

    def _delete(
        self, transaction: Transaction, sobject: SObject, row: Mapping[str, Any], values: Mapping[str, Any]
    ) -> None:
        """Delete a seeded record, unless it went with another: when and by whom it says that it was changed last."""
        if is_live(transaction, self.store, sobject, row["Id"]):
            at = values.get("SystemModstamp") or values.get("LastModifiedDate")
            author = values.get("LastModifiedById") or self._author()
            recycle_bin = RecycleBin(self.store, self.catalog, self.clock)
            recycle_bin.delete(transaction, sobject, row["Id"], author, at)

    def _resolved(self, sobject: SObject, name: str, value: Any, refs: Mapping[str, str]) -> Any:
        field = sobject.field(name)
        if field is None or field.type != "reference" or not isinstance(value, str) or not value.startswith("@"):
            return value
        ref = value[1:]
        if ref not in refs and ref in OWN_USERS:
            user = self.users.by_username(OWN_USERS[ref])
            if user is not None:
                return user["Id"]
        if ref not in refs:
            raise OrgError("INVALID_SCENARIO", f"{name}: no record has the ref {value!r}")
        return refs[ref]

    def _user_values(self, transaction: Transaction, given: Mapping[str, Any]) -> dict[str, Any]:
        """Return what a user who is given by name only gets besides."""
        named = {name.lower() for name in given}
        values = {name: value for name, value in self.user_defaults.items() if name.lower() not in named}
        username = str(next((given[name] for name in given if name.lower() == "username"), ""))
        handle = username.partition("@")[0] or "user"
        if "alias" not in named:
            values["Alias"] = handle[:8]
        if "communitynickname" not in named:
            values["CommunityNickname"] = handle[:40]
        if "email" not in named:
            values["Email"] = username
        if "profileid" not in named:
            found = transaction.one('SELECT "Id" FROM "Profile" ORDER BY "Id" LIMIT 1')
            if found is not None:
                values["ProfileId"] = found[0]
        return values

    def _author(self) -> str:
        return self.users.administrator_id

    def _write_org(self, transaction: Transaction, settings: Any) -> None:
        if not isinstance(settings, Mapping):
            raise SeedError("org", "must be an object")
        organization, administrator = self.catalog.current.get("Organization"), self.catalog.current.get("User")
        for key, value in settings.items():
            if key == "limits":
                self._set_limits(value)
                continue
            if key not in ORG_FIELDS:
                raise SeedError("org", f"there is no key {key!r}; the keys are {', '.join(ORG_FIELDS)}, limits")
            if key == "timezone" and not (isinstance(value, str) and value in available_timezones()):
                raise SeedError("org", f"there is no time zone {value!r}")
            if key == "fiscal_year_start_month" and not (type(value) is int and 1 <= value <= 12):
                raise SeedError("org", f"a fiscal year begins in a month from 1 to 12, not {value!r}")
            if key == "locale" and not (isinstance(value, str) and _LOCALE.match(value)):
                raise SeedError("org", f"there is no locale {value!r}")
            organization_field, user_field = ORG_FIELDS[key]
            transaction.update(organization, self.users.organization["Id"], {organization_field: value})
            if user_field is not None:
                transaction.update(administrator, self._author(), {user_field: value})

    def _set_limits(self, wanted: Any) -> None:
        if not isinstance(wanted, Mapping):
            raise SeedError("org.limits", "must be an object")
        try:
            self.limits.set(wanted)
        except ValueError as error:
            raise SeedError("org.limits", str(error)) from None

    def _set_passwords(self, passwords: Any) -> None:
        if not isinstance(passwords, Mapping):
            raise SeedError("passwords", "must be an object of user name to password")
        for username, password in passwords.items():
            user = self.users.by_username(str(username))
            if user is None or not isinstance(password, str):
                raise SeedError("passwords", f"there is no user {username!r}, or the password is not text")
            self.sessions.set_password(user["Id"], password)
