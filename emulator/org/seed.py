"""Seed an org from a scenario document: all of it, or nothing.

``now``      ISO 8601: what the clock shows from then on
``objects``  descriptor documents: more objects, or more fields of known ones
``org``      ``timezone``, ``locale``, ``fiscal_year_start_month``: of the Organization and the administrator
``records``  ``object``, ``fields``, and at will ``ref`` and ``deleted``
``passwords`` user name to password, for strict authentication

A reference field may hold ``@ref`` for another record of the document, in any order. A seed may write any stored field,
``Id`` included; types, lengths, picklists, references and unique fields are checked as ever.
"""

from collections.abc import Iterator, Mapping
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
from .catalog import OrgCatalog
from .clock import Clock
from .defaults import AUDIT_ON_CREATE, composed_name, defaults, has_composed_name, stamps
from .deletion import RecycleBin
from .ids import IdMaker
from .integrity import check_references, check_unique
from .records import Records
from .sessions import Sessions
from .users import Users

KEYS: Final = frozenset({"now", "objects", "org", "records", "passwords", "description"})
RECORD_KEYS: Final = frozenset({"object", "ref", "fields", "deleted"})
ORG_FIELDS: Final = {
    "timezone": ("TimeZoneSidKey", "TimeZoneSidKey"),
    "locale": ("DefaultLocaleSidKey", "LocaleSidKey"),
    "fiscal_year_start_month": ("FiscalYearStartMonth", None),
}
"""Keys of ``org``, and the fields of the Organization and of the administrator that they are written to."""


class SeedError(OrgError):
    """A scenario document cannot be seeded; the message names the place."""

    def __init__(self, place: str, problem: str, code: str = "INVALID_SCENARIO") -> None:
        super().__init__(code, f"{place}: {problem}" if place else problem)


@dataclass(frozen=True, slots=True)
class _Draft:
    """A record of the document on its way into a row."""

    place: str
    sobject: SObject
    values: Mapping[str, Any]
    ref: str | None
    deleted: bool
    id_: str


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
    user_defaults: Mapping[str, Any]

    def seed(self, document: Mapping[str, Any]) -> dict[str, str]:
        """Write a document; return the id of each ``ref``. Raises `SeedError` or another `OrgError`."""
        if not isinstance(document, Mapping):
            raise SeedError("", "a scenario is a JSON object")
        for key in document:
            if key not in KEYS:
                raise SeedError("", f"there is no key {key!r} in a scenario; the keys are {', '.join(sorted(KEYS))}")
        before = self.catalog.current
        try:
            with self.store.write() as transaction:
                if "now" in document:
                    self._set_now(document["now"])
                self._extend(document.get("objects", []))
                refs = self._write_records(transaction, document.get("records", []))
                self._write_org(transaction, document.get("org", {}))
                self._set_passwords(document.get("passwords", {}))
        except BaseException:
            self.catalog.current = before
            self.clock.forget()
            raise
        return refs

    def _set_now(self, text: Any) -> None:
        try:
            self.clock.set(read_datetime(str(text)))
        except InvalidValue:
            raise SeedError("now", f"{text!r} is no ISO 8601 date and time with a zone") from None
        except ValueError as error:
            raise SeedError("now", str(error)) from None

    def _extend(self, documents: Any) -> None:
        if not isinstance(documents, list) or not all(isinstance(document, Mapping) for document in documents):
            raise SeedError("objects", "must be a list of descriptor documents")
        try:
            self.catalog.extend(documents)
        except (DescriptorError, KeyError, TypeError, AttributeError) as error:
            raise SeedError("objects", str(error)) from None

    def _write_records(self, transaction: Transaction, entries: Any) -> dict[str, str]:
        if not isinstance(entries, list):
            raise SeedError("records", "must be a list")
        drafts = [self._draft(transaction, number, entry) for number, entry in enumerate(entries)]
        refs: dict[str, str] = {}
        for draft in drafts:
            if draft.ref is not None and refs.setdefault(draft.ref, draft.id_) != draft.id_:
                raise SeedError(draft.place, f"the ref {draft.ref!r} is another record's")
        self.store.ensure(*{draft.sobject.name: draft.sobject for draft in drafts}.values())
        rows: list[dict[str, Any]] = []
        for draft in drafts:
            with _located(draft):
                rows.append(self._insert(transaction, draft, refs))
        for draft, row in zip(drafts, rows, strict=True):
            with _located(draft):
                check_references(transaction, self.store, self.catalog.current, draft.sobject, row)
                check_unique(transaction, self.store, draft.sobject, row, own_id=draft.id_)
        recycle_bin = RecycleBin(self.store, self.catalog, self.clock)
        for draft in drafts:
            if draft.deleted:
                recycle_bin.delete(transaction, draft.sobject, draft.id_, self._author())
        return refs

    def _draft(self, transaction: Transaction, number: int, entry: Any) -> _Draft:
        place = f"records[{number}]"
        if not isinstance(entry, Mapping) or not isinstance(entry.get("fields", {}), Mapping):
            raise SeedError(place, "a record is an object with the keys object and fields")
        for key in entry:
            if key not in RECORD_KEYS:
                raise SeedError(place, f"there is no key {key!r} in a record")
        sobject = self.catalog.current.find(str(entry.get("object")))
        if sobject is None:
            raise SeedError(place, f"there is no object {entry.get('object')!r}")
        if sobject.key_prefix is None:
            raise SeedError(place, f"{sobject.name} has no key prefix, and so no records")
        ref = entry.get("ref")
        if ref is not None and not isinstance(ref, str):
            raise SeedError(place, "a ref is text")
        place = f"{place} ({sobject.name}{' ' + ref if ref else ''})"
        values = dict(entry.get("fields") or {})
        given = next((values.pop(name) for name in list(values) if name.lower() == "id"), None)
        if given is None:
            id_ = self.ids.next_id(transaction, sobject.key_prefix)
        else:
            try:
                id_ = self.records.load_value(sobject, "Id", given)
            except OrgError as error:
                raise SeedError(place, error.message, error.code) from None
            self.ids.reserve_id(transaction, id_)
        return _Draft(place, sobject, values, ref, bool(entry.get("deleted")), id_)

    def _insert(self, transaction: Transaction, draft: _Draft, refs: Mapping[str, str]) -> dict[str, Any]:
        sobject = draft.sobject
        given = {name: self._resolved(sobject, name, value, refs) for name, value in draft.values.items()}
        if sobject.name == "User":
            given = self._user_values(transaction, given) | given
        values = self.records.load(sobject, Operation.SEED, given)
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
        row["Id"] = draft.id_
        for field in sobject.fields:
            if field.auto_number and row.get(field.name) is None:
                row[field.name] = self.ids.next_name(transaction, sobject, field.name)
            elif field.auto_number:
                self.ids.reserve_name(transaction, sobject, field.name, row[field.name])
        if has_composed_name(sobject) and row.get("Name") is None:
            row["Name"] = composed_name(row)
        if transaction.row_key(sobject, draft.id_) is not None:
            raise OrgError("DUPLICATE_VALUE", f"the Id {draft.id_} is another record's")
        transaction.insert(sobject, row)
        return row

    def _resolved(self, sobject: SObject, name: str, value: Any, refs: Mapping[str, str]) -> Any:
        field = sobject.field(name)
        if field is None or field.type != "reference" or not isinstance(value, str) or not value.startswith("@"):
            return value
        if value[1:] not in refs:
            raise OrgError("INVALID_SCENARIO", f"{name}: no record has the ref {value!r}")
        return refs[value[1:]]

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
            if key not in ORG_FIELDS:
                raise SeedError("org", f"there is no key {key!r}; the keys are {', '.join(ORG_FIELDS)}")
            if key == "timezone" and value not in available_timezones():
                raise SeedError("org", f"there is no time zone {value!r}")
            if key == "fiscal_year_start_month" and not (type(value) is int and 1 <= value <= 12):
                raise SeedError("org", f"a fiscal year begins in a month from 1 to 12, not {value!r}")
            if key == "locale" and not isinstance(value, str):
                raise SeedError("org", f"there is no locale {value!r}")
            organization_field, user_field = ORG_FIELDS[key]
            transaction.update(organization, self.users.organization["Id"], {organization_field: value})
            if user_field is not None:
                transaction.update(administrator, self._author(), {user_field: value})

    def _set_passwords(self, passwords: Any) -> None:
        if not isinstance(passwords, Mapping):
            raise SeedError("passwords", "must be an object of user name to password")
        for username, password in passwords.items():
            user = self.users.by_username(str(username))
            if user is None or not isinstance(password, str):
                raise SeedError("passwords", f"there is no user {username!r}, or the password is not text")
            self.sessions.set_password(user["Id"], password)
