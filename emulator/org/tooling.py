"""What the Tooling API of an org knows: a catalog of its own, and queries and describes of it.

Its types are the definitions of types and fields, Apex, packages, and those that it shares with the usual API. There is no
Apex here and no package, so that a blank org has no such rows.
"""

from typing import Any, Final, Protocol

from ...schemas.catalog import Catalog, tooling
from ..errors import OrgError, not_found
from ..soql.literals import MAXIMUM_TEXT, quoted
from ..store import Store
from .caller import Caller
from .catalog import OrgCatalog
from .clock import Clock
from .describe import Describe
from .faults import Faults
from .ids import IdMaker
from .permission_sets import PermissionSets
from .query import Queries, QueryResult
from .records import Records
from .users import Users

SHARED: Final = (
    "ApexClass", "ApexTrigger", "EntityDefinition", "EntityParticle", "FieldDefinition", "Group", "Organization",
    "PermissionSet", "PicklistValueInfo", "Profile", "RecordType", "User", "UserRole",
)  # fmt: skip
"""Types that both APIs know (Tooling API, "Tooling API Objects")."""
NO_APEX: Final = "Apex is not enabled in this organization."
"""Of code that would run; the words are a guess. Nothing is compiled, and nothing is run."""


class ToolingRooms(Protocol):
    """What the Tooling API asks of the org."""

    store: Store
    clock: Clock
    users: Users
    ids: IdMaker
    faults: Faults

    @property
    def catalog(self) -> Catalog:
        """The types that the org knows."""
        ...

    def seen_by(self, caller: Caller) -> Catalog:
        """Return what a caller may see of them."""
        ...


class ToolingCatalog(OrgCatalog):
    """The Tooling API's catalog: it follows the org's."""

    def __init__(self, org: ToolingRooms) -> None:
        super().__init__(org.store)
        self._org = org
        self._followed: Catalog | None = None
        self.follow()

    def follow(self) -> Catalog:
        """Return the catalog that belongs to the org's of now."""
        followed = self._org.catalog
        if self._followed is not followed:
            self.current = tooling(followed, SHARED)
            self._followed = followed
        return self.current


class Tooling:
    """The Tooling API of one org. Raises `OrgError`."""

    def __init__(self, org: ToolingRooms) -> None:
        self.store, self.clock, self.users = org.store, org.clock, org.users
        self._catalog = ToolingCatalog(org)
        self._query = Queries(self, described=org.seen_by)
        permission_sets = PermissionSets(org.store, self._catalog, org.clock, org.ids)
        records = Records(org.store, self._catalog, org.clock, org.ids, self._query, permission_sets, org.faults)
        self._describe = Describe(self._catalog, records)

    @property
    def catalog(self) -> Catalog:
        """The types that the Tooling API knows."""
        return self._catalog.follow()

    def seen_by(self, caller: Caller) -> Catalog:
        """Return what a caller may see of them."""
        self._catalog.follow()
        return self._catalog.seen_by(caller)

    def close(self) -> None:
        """Let go of what was computed."""
        self._query.close()

    def query(self, caller: Caller, soql: str, all_rows: bool, batch_size: int) -> tuple[str, QueryResult]:
        """Run a query; return the name of its type and the first page."""
        return self._query.sobject(caller, soql).name, self._query.run(caller, soql, all_rows, batch_size)

    def more(self, caller: Caller, locator: str, batch_size: int) -> QueryResult:
        """Return the page of a locator."""
        return self._query.more(caller, locator, batch_size)

    def columns(self, caller: Caller, soql: str) -> dict[str, Any]:
        """Return what a query selects."""
        return self._query.columns(caller, soql)

    def describe_all(self, caller: Caller) -> dict[str, Any]:
        """Return an entry for each type."""
        self._catalog.follow()
        return self._describe.global_(caller)

    def basic(self, caller: Caller, name: str) -> dict[str, Any]:
        """Return the entry of a type. Raises NOT_FOUND."""
        self._catalog.follow()
        return self._describe.basic(caller, name)

    def describe(self, caller: Caller, name: str, base_url: str) -> dict[str, Any]:
        """Return the describe of a type. Raises NOT_FOUND."""
        self._catalog.follow()
        return self._describe.sobject(caller, name, base_url)

    def row(self, caller: Caller, name: str, id_: str, fields: tuple[str, ...] | None) -> dict[str, Any]:
        """Return a record by its id, one of a definition by its DurableId. Raises NOT_FOUND."""
        sobject = self.seen_by(caller).find(name, caller.number)
        if sobject is None or len(id_) > MAXIMUM_TEXT:
            raise not_found()
        names = fields or tuple(field.name for field in sobject.fields)
        key = "DurableId" if sobject.field("DurableId") else "Id"
        try:
            result = self._query.run(
                caller, f"SELECT {', '.join(names)} FROM {sobject.name} WHERE {key} = {quoted(id_)}"
            )
        except OrgError as error:
            if error.code == "INVALID_QUERY_FILTER_OPERATOR":  # an id that is none
                raise not_found() from None
            raise
        if not result.records:
            raise not_found()
        return result.records[0]


def no_apex() -> dict[str, Any]:
    """Return the result of code that does not compile: it is refused, whatever it says."""
    return {
        "line": 1,
        "column": 1,
        "compiled": False,
        "success": False,
        "compileProblem": NO_APEX,
        "exceptionStackTrace": None,
        "exceptionMessage": None,
    }
