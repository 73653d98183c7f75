"""What each user may do: his profile and permission sets, compiled into one value.

    org.rights.of(user_id)                          all of it
    org.rights.allows(caller, "BulkApiHardDelete")  one permission, by its name without "Permissions"

Two users with the same rights have equal values, and so share one view of the catalog (`views`). The rows decide, and a change of
them counts at once: for every thread, inside the transaction that makes it, and after it was undone.
"""

from dataclasses import dataclass
from enum import Enum
from time import monotonic
from typing import Final, NamedTuple

from ..store import Reader, Store
from .caller import Caller
from .rights_rows import FieldRow, ObjectRow, read_rows

STATE_KEY: Final = "rights"
"""The key under which ``_meta`` has a value that changes with the rows that give rights (`store.watch`)."""
READ: Final = "read"
CREATE: Final = "create"
EDIT: Final = "edit"
DELETE: Final = "delete"
ALL: Final = frozenset({READ, CREATE, EDIT, DELETE})
VIEW_ALL_FIELDS: Final = "view all fields"

NONE: Final = "none"
"""The access to a field that may be neither read nor edited; the others are `READ` and `EDIT`."""
_RANKS: Final = {NONE: 0, READ: 1, EDIT: 2}


class Openness(Enum):
    """What a profile gives where no row of it says anything.

    A standard profile of a real org comes with rows for every object; here it is open, or open to readers, until a row says less.
    """

    OPEN = "everything"
    READING = "reading"
    CLOSED = "nothing"


READERS: Final = frozenset({"Read Only"})
CLOSED_PROFILES: Final = frozenset({"Minimum Access - Salesforce"})
"""The standard profiles that are not open. A profile that is not a standard one is closed, as a new permission set is."""


@dataclass(frozen=True, slots=True)
class Access:
    """What rows say of objects and fields, both by their names in lower case; fields as ``account.industry``."""

    objects: tuple[tuple[str, frozenset[str]], ...] = ()
    fields: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class UserRights:
    """The rights of a user, whoever he is.

    system: names of permissions, without "Permissions"
    stated: what the rows of his profile say; the profile's openness stands where they say nothing
    granted: what his permission sets add
    """

    is_active: bool
    openness: Openness
    system: frozenset[str] = frozenset()
    stated: Access = Access()
    granted: Access = Access()
    is_unrestricted: bool = False
    """Nothing is hidden from him and nothing refused, so that he sees the catalog itself."""


NOBODY: Final = UserRights(is_active=False, openness=Openness.CLOSED)
SYSTEM: Final = UserRights(is_active=True, openness=Openness.OPEN, is_unrestricted=True)
"""The platform itself."""
UNRESTRICTED_NEEDS: Final = frozenset(
    {"ApiEnabled", "ModifyAllData", "CanAccessCE", "ViewSetup", "AssignPermissionSets", "ManageProfilesPermissionsets"}
)
"""The permissions without which something is out of reach even to a user with an open profile."""
SHARED_SECONDS: Final = 0.1
"""How long what another process has changed in a shared database may go unseen."""
AUDIT: Final = "CreateAuditFields"
"""The permission that opens fields which nobody else may write."""


def openness_of(profile_name: str, *, is_standard: bool) -> Openness:
    """Return what a profile gives where no row says anything."""
    if not is_standard or profile_name in CLOSED_PROFILES:
        return Openness.CLOSED
    return Openness.READING if profile_name in READERS else Openness.OPEN


class _Known(NamedTuple):
    """What was read of one state of the rows."""

    commits: int
    state: str | None
    users: dict[str, UserRights]
    looked_at: float
    """When, in seconds of the machine."""


class Rights:
    """The rights of an org's users."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._is_shared = store.dialect == "postgresql"  # other processes may change rows there
        self._known = _Known(-1, None, {}, 0.0)
        self._state_sql = f'SELECT value FROM "_meta" WHERE key = {store.placeholder}'

    def of(self, user_id: str) -> UserRights:
        """Return what a user may do; one who is not there may do nothing."""
        known = self._known
        if known.commits == self._store.commits and not self._store.is_writing and not self._is_stale(known):
            found = known.users.get(user_id)
            if found is not None:
                return found
        return self._read(user_id)

    def of_caller(self, caller: Caller) -> UserRights:
        """Return what a caller may do."""
        return SYSTEM if caller.is_system else self.of(caller.user_id)

    def allows(self, caller: Caller, permission: str) -> bool:
        """Tell whether a caller has a permission, named without "Permissions": ``ApiEnabled``, ``BulkApiHardDelete``."""
        return caller.is_system or permission in self.of(caller.user_id).system

    def state(self) -> str:
        """Return a text that changes when anybody's rights may have changed."""
        return self._store.meta(STATE_KEY) or ""

    def _is_stale(self, known: _Known) -> bool:
        """Tell whether another process may have changed rows since they were looked at."""
        return self._is_shared and monotonic() - known.looked_at > SHARED_SECONDS

    def _read(self, user_id: str) -> UserRights:
        store, before = self._store, self._known
        commits, now = store.commits, monotonic()  # before the rows, so that what comes meanwhile is read the next time
        found = store.select(self._state_sql, [STATE_KEY])
        rights = before.users.get(user_id) if found and found[0][0] == before.state else None
        if rights is None:
            with store.read() as rows:
                found = rows.execute(self._state_sql, [STATE_KEY])
                state: str | None = found[0][0] if found else None
                users = before.users if state is not None and state == before.state else {}
                before = _Known(commits, state, users, now)
                rights = before.users[user_id] = _compiled(rows, user_id)
        if not store.is_writing:
            self._known = _Known(commits, before.state, before.users, now)
        return rights


def _compiled(rows: Reader, user_id: str) -> UserRights:
    found = read_rows(rows, user_id)
    if found is None:
        return NOBODY
    openness = openness_of(found.profile_name, is_standard=found.is_standard)
    stated = _access([row for row in found.objects if row.of_profile], [row for row in found.fields if row.of_profile])
    granted = _access(
        [row for row in found.objects if not row.of_profile], [row for row in found.fields if not row.of_profile]
    )
    free = openness is Openness.OPEN and stated == Access() and found.system >= UNRESTRICTED_NEEDS
    return UserRights(
        found.is_active, openness, found.system, stated, granted, is_unrestricted=free and AUDIT not in found.system
    )


def _access(objects: list[ObjectRow], fields: list[FieldRow]) -> Access:
    rights: dict[str, frozenset[str]] = {}
    for row in objects:
        rights[row.sobject] = rights.get(row.sobject, frozenset()) | row.rights
    best: dict[str, str] = {}
    for one in fields:
        best[one.field] = wider(best.get(one.field, NONE), one.access)
    return Access(tuple(sorted(rights.items(), key=lambda item: item[0])), tuple(sorted(best.items())))


def wider(first: str, second: str) -> str:
    """Return the access to a field that gives more."""
    return max(first, second, key=lambda access: _RANKS[access])
