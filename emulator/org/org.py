"""One org: its rooms, how it opens, and how it goes back to what it was when it opened."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property, partial
from importlib import import_module
from threading import RLock
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from ...schemas.catalog import Catalog
from ...schemas.describes import documents_of
from ...schemas.field import SObject
from ...schemas.values import read_datetime
from ..config import MEMORY, OrgConfig
from ..errors import OrgError, UsageError
from ..store import Store, Transaction, open_store
from .batches import Batches
from .blank import USER_DEFAULTS, blank_org
from .caller import Caller
from .catalog import OrgCatalog
from .chance import Chance
from .changes import Changes
from .clock import Clock
from .connected_apps import ConnectedApps
from .describe import Describe
from .faults import Faults
from .grants import Grants
from .ids import IdMaker
from .limits import Limits
from .logins import Logins
from .permission_sets import PermissionSets
from .query import Queries
from .recent import Recent
from .records import Records
from .seed import Seeding
from .sessions import Session, Sessions
from .users import ADMINISTRATOR, Users

if TYPE_CHECKING:
    from .compact_layouts import CompactLayouts
    from .default_values import DefaultValues
    from .device_codes import DeviceCodes
    from .layouts import Layouts
    from .list_views import ListViews
    from .quick_actions import QuickActions
    from .recent_records import RecentRecords
    from .search import Searches
    from .tooling import Tooling

Expand = Callable[[Mapping[str, Any]], Mapping[str, Any]]
"""Turns a scenario document with shorthands into one without."""
Further = Callable[["Org", Any, Mapping[str, str]], None]
"""Writes what a key of a scenario says that belongs to a room above the org; given the ids of the document's records by ``ref``."""


@dataclass(frozen=True, slots=True)
class Beginning:
    """What an org in memory goes back to at a reset. moment: what its clock showed; None if it shows the machine's time."""

    image: bytes
    moment: datetime | None


class Room(Protocol):
    """A room that an org has only when somebody asks for it."""

    def forget(self) -> None:
        """Look again at what is kept in the store: its rows were replaced."""

    def catch_up(self) -> None:
        """Do what has fallen due: the clock was moved."""

    def close(self) -> None:
        """Stop what runs; the store closes next."""


R = TypeVar("R", bound=Room)


class Org:
    """An org that answers calls. Open one with `Org.open`; safe to use from several threads."""

    def __init__(self, config: OrgConfig, store: Store, expand: Expand, further: Mapping[str, Further]) -> None:
        self.config = config
        self.store = store
        self._expand = expand
        self._rooms: dict[Any, Room] = {}
        self._sleepers: list[tuple[Callable[[Org], bool], Callable[[Org], object]]] = []
        self._making = RLock()
        self.catalog_in_force = OrgCatalog(store, permissive=config.permissive_messaging)
        self.clock = Clock(store)
        self.chance = Chance(config.chance)
        self.limits = Limits(store, self.clock)
        self.faults = Faults(store, self.limits)
        self.recent = Recent(store, self.clock)
        self.users = Users(store, self.catalog_in_force)
        self.ids = IdMaker(config.instance)
        self.query = Queries(self)
        self.rights = self.catalog_in_force.rights
        self.permission_sets = PermissionSets(store, self.catalog_in_force, self.clock, self.ids)
        self.records = Records(
            store, self.catalog_in_force, self.clock, self.ids, self.query, self.permission_sets, self.faults
        )
        self.batches = Batches(store, self.catalog_in_force, self.clock, self.ids, self.records)
        self.describe = Describe(self.catalog_in_force, self.records)
        self.query.recent = self.recent
        self.query.refreshed |= {
            "ListView": lambda caller, transaction: self.list_views.refresh(caller, transaction),
            "RecentlyViewed": lambda caller, transaction: self.recent_records.refresh(caller, transaction),
        }
        self.changes = Changes(store, self.clock, self.records)
        self.sessions = Sessions(store, self.clock, self.users, config, self.chance)
        self.connected_apps = ConnectedApps(store, self.users)
        self.grants = Grants(store, self.clock, self.users, self.chance)
        self._logins = Logins(store, self.sessions, self.grants)
        self._seeding = Seeding(
            store, self.catalog_in_force, self.clock, self.ids, self.records, self.users, self.sessions,
            self.connected_apps, self.limits, USER_DEFAULTS, {key: partial(write, self) for key, write in further.items()},
        )  # fmt: skip
        self._schema_seen: tuple[Catalog, tuple[Any, ...], datetime] | None = None
        """The catalog, and the state of record types and rights, when their age was last asked for, and that age."""
        self._ready: Beginning | None = None
        """All rows as they were when the org was ready; in memory alone."""

    @classmethod
    def open(
        cls,
        config: OrgConfig,
        expand: Expand = lambda document: document,
        further: Mapping[str, Further] = MappingProxyType({}),
    ) -> "Org":
        """Open the org of a database, and make it a blank one with the configured scenarios if it is new.

        further: keys of scenarios that rooms above the org write.

        Raises `UsageError` for a database that cannot be opened and a scenario that cannot be seeded.
        """
        store = open_store(config.database)
        try:
            org = cls(config, store, expand, further)
            org._populate_if_new()
        except BaseException:
            store.close()
            raise
        return org

    @property
    def catalog(self) -> Catalog:
        """The types that the org knows."""
        return self.catalog_in_force.current

    def seen_by(self, caller: Caller) -> Catalog:
        """Return what a caller may see of the types."""
        return self.catalog_in_force.seen_by(caller)

    def session(self, token: str) -> Session | None:
        """Return the session of a token, and note that it was used; None when it is not good, or its user not active."""
        found = self.sessions.find(token)
        return found if found is not None and self.rights.of(found.user_id).is_active else None

    # Rooms that few calls need are loaded when one asks for them: an org is there the sooner.

    @cached_property
    def search(self) -> "Searches":
        """SOSL."""
        made: Searches = _room("search").Searches(self)
        return made

    @cached_property
    def recent_records(self) -> "RecentRecords":
        """What each user looked at last."""
        made: RecentRecords = _room("recent_records").RecentRecords(
            self.store, self.catalog_in_force, self.recent, self.query, self.records
        )
        return made

    @cached_property
    def list_views(self) -> "ListViews":
        """The list views of each type."""
        made: ListViews = _room("list_views").ListViews(
            self.store, self.catalog_in_force, self.clock, self.ids, self.users, self.query, self.records, self.recent
        )
        return made

    @cached_property
    def quick_actions(self) -> "QuickActions":
        """The quick actions, global ones and those of a type."""
        made: QuickActions = _room("quick_actions").QuickActions(self.catalog_in_force, self.describe, self.records)
        return made

    @cached_property
    def layouts(self) -> "Layouts":
        """Page layouts."""
        made: Layouts = _room("layouts").Layouts(self.describe, self.records, self.quick_actions)
        return made

    @cached_property
    def compact_layouts(self) -> "CompactLayouts":
        """The layouts of the head of a page."""
        made: CompactLayouts = _room("compact_layouts").CompactLayouts(self.describe, self.records)
        return made

    @cached_property
    def default_values(self) -> "DefaultValues":
        """What a new record begins with."""
        made: DefaultValues = _room("default_values").DefaultValues(self.store, self.records)
        return made

    @cached_property
    def device_codes(self) -> "DeviceCodes":
        """The codes of the OAuth device flow."""
        made: DeviceCodes = _room("device_codes").DeviceCodes(self.grants)
        return made

    @cached_property
    def tooling(self) -> "Tooling":
        """What the Tooling API knows."""
        made: Tooling = _room("tooling").Tooling(self)
        return made

    @property
    def schema_changed_at(self) -> datetime:
        """When types, record types or anybody's rights last changed: with the org itself, or when it was first noticed since.

        A change counts as a second later than the one before, even while the clock stands still.
        """
        seen, state = self._schema_seen, (self.catalog, (self.rights.state(), self.records.record_types.state()))
        if seen is None:
            seen = *state, read_datetime(self.users.organization["CreatedDate"])
        elif seen[0] is not state[0] or seen[1] != state[1]:
            seen = *state, max(self.clock.now(), seen[2] + timedelta(seconds=1))
        self._schema_seen = seen
        return seen[2]

    def room(self, kind: Callable[["Org"], R]) -> R:
        """Return the org's one room of a class, made when it is first asked for."""
        with self._making:
            found: Any = self._rooms.get(kind)
            if found is None:
                found = self._rooms[kind] = kind(self)
        made: R = found
        return made

    def wake_when(self, has_work: Callable[["Org"], bool], wake: Callable[["Org"], object]) -> None:
        """Make a room as soon as the clock is moved and there is work for it that another process, or a snapshot, left."""
        self._sleepers.append((has_work, wake))

    def catch_up(self) -> None:
        """Do what has fallen due after the clock was moved."""
        for has_work, wake in self._sleepers:
            if has_work(self):
                wake(self)
        for room in tuple(self._rooms.values()):
            room.catch_up()

    @property
    def has_jobs(self) -> bool:
        """Tell whether bulk jobs are kept, perhaps from before a restart."""
        return bool(self.store.select('SELECT 1 FROM "_job" LIMIT 1'))

    @property
    def has_chats(self) -> bool:
        """Tell whether agents are logged in to legacy Chat or chats run, perhaps since before a restart."""
        return bool(self.store.select("SELECT 1 FROM \"_chat\" WHERE kind IN ('agent', 'chat') LIMIT 1"))

    @property
    def has_messaging(self) -> bool:
        """Tell whether conversations of enhanced chat run, perhaps since before a restart."""
        return bool(self.store.select("SELECT 1 FROM \"_messaging\" WHERE kind IN ('rep', 'session') LIMIT 1"))

    def close(self) -> None:
        """Let go of the database."""
        for room in tuple(self._rooms.values()):
            room.close()
        self.query.close()
        if "tooling" in self.__dict__:
            self.tooling.close()
        self.store.close()

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """Make several calls all-or-nothing."""
        try:
            with self.store.write() as transaction:
                yield transaction
        except BaseException:
            self._forget()
            raise

    def seed(self, document: Mapping[str, Any]) -> dict[str, str]:
        """Write a scenario document, all or nothing; return the id of each ``ref``. Raises `OrgError`."""
        refs = self._seeding.seed(self._expand(document))
        if self._seeding.further.keys() & document.keys() and not self.store.is_writing:
            self.catch_up()  # what waits in the rooms that were written for may go on now
        return refs

    def extend(self, documents: Sequence[Mapping[str, Any]]) -> list[str]:
        """Add objects, or fields to known ones, from descriptors or describes, all or nothing; return their names.

        Raises `OrgError`.
        """
        with self.transaction():
            self._seeding.extend(list(documents))
        named = [str(document.get("name")) for given in documents for document in documents_of(given)]
        return sorted({found.name for name in named if (found := self.catalog.find(name))})

    def reset(self) -> None:
        """Go back to what the org was when it was ready: a blank org and its scenarios. Sessions stay valid."""
        if self._ready is None:
            with self.transaction():
                kept = self._logins.kept()
                self.store.clear()
                self._forget()
                self.limits.clear()
                self.faults.clear()
                self._populate()
                self._logins.put_back(kept)
            self._rooms_forget()
            return
        self.restore(self._ready.image)
        if self._ready.moment is not None:
            self.clock.set(self._ready.moment)

    def beginning(self) -> Beginning:
        """Return what the org is now, to `begin_from`. Raises as `snapshot` does."""
        return Beginning(self.snapshot(), self.clock.now() if self.clock.moved else None)

    def begin_from(self, beginning: Beginning | None = None) -> None:
        """Be what the org was then, and let resets lead there; without one, to where they lead anyway.

        Beyond a reset, all sessions but the latest go. Under a seeded chance all of them do, and it is drawn from the start again.
        """
        if beginning is not None:
            self._ready = beginning
        self._logins.keep_latest(self.chance.is_seeded)
        self.reset()
        self.chance.restart()

    def snapshot(self) -> bytes:
        """Return a copy of everything that the org holds."""
        image = self.store.image()
        if image is None:
            raise UsageError("this database gives no copies of its rows; use an org on SQLite or PostgreSQL")
        return image

    def restore(self, image: bytes) -> None:
        """Put everything back to what it was at a snapshot of this version. Sessions stay valid."""
        is_postgresql = self.store.dialect == "postgresql"
        with self.transaction() if is_postgresql else self.store.steady:  # nobody finds the rows without the logins
            kept = self._logins.kept()
            self.store.load_image(image, self._types_now)
            self._forget()
            if is_postgresql:  # where no triggers come with the rows
                self.permission_sets.watch_again()
            self.permission_sets.prepare_if_missing()
            self.limits.clear()
            self.faults.clear()
            self._logins.put_back(kept)
        self._rooms_forget()

    def _types_now(self) -> Callable[[str], SObject | None]:
        """Return what finds the org's types as its settings are now, in the middle of a restore."""
        self.catalog_in_force.reload()
        return self.catalog.find

    def _rooms_forget(self) -> None:
        """Let the rooms look again; after the commit, for whoever looks earlier sees the old rows and waits on."""
        for room in tuple(self._rooms.values()):
            room.forget()

    def _forget(self) -> None:
        self.catalog_in_force.reload()
        self.clock.forget()
        self.limits.forget()
        self.faults.forget()

    def _populate_if_new(self) -> None:
        with self.store.write():  # a second worker that opens the same database waits here, and finds it filled
            if self.store.meta(ADMINISTRATOR) is None:
                self._populate()
            else:
                self.permission_sets.prepare_if_missing()
                self._extend_configured()
        if self.config.database == MEMORY:
            self._ready = self.beginning()

    def _populate(self) -> None:
        with self.store.write() as transaction:
            if self.config.frozen:
                self.clock.freeze()
            if self.config.now is not None:
                try:
                    self.clock.set(self.config.now)
                except ValueError as error:
                    raise UsageError(f"now: {error}") from None
            self.permission_sets.prepare(transaction)
            administrator_id = self.ids.next_id(transaction, self.catalog.get("User").key_prefix or "")
            transaction.set_meta(ADMINISTRATOR, administrator_id)
            self._seeding.seed(blank_org(administrator_id))
            if self.config.administrator_password is not None:
                self.sessions.set_password(administrator_id, self.config.administrator_password)
            self._seed_configured()

    def _extend_configured(self) -> None:
        try:
            self._seeding.extend(list(self.config.objects))
        except OrgError as error:
            raise UsageError(f"objects: {error.message.removeprefix('objects: ')}") from None

    def _seed_configured(self) -> None:
        self._extend_configured()
        try:
            for document in self.config.scenarios:
                # What the clock was set to by hand wins over what a scenario says.
                self.seed({key: value for key, value in document.items() if key != "now" or self.config.now is None})
        except OrgError as error:
            raise UsageError(f"seed: {error.message}") from None


def _room(name: str) -> Any:
    """Load a room of the org."""
    return import_module(f".{name}", __package__)
