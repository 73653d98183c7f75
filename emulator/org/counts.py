"""How many records an org holds, of each kind."""

from typing import Final

from ...schemas.catalog import Catalog
from ..store import Store
from ..store.layout import quoted

TABLES: Final = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'table'",
    "postgresql": "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()",
}


def record_counts(store: Store, catalog: Catalog) -> dict[str, int]:
    """Return the number of live records by object name, without the objects that have none."""
    found: dict[str, int] = {}
    with store.read() as rows:
        tables = {name for (name,) in rows.execute(TABLES[store.dialect])}
        for name in catalog.names():
            if name not in tables:
                continue
            sobject = catalog.get(name)
            live = ' WHERE NOT "IsDeleted"' if sobject.field("IsDeleted") else ""
            number = rows.execute(f"SELECT COUNT(*) FROM {quoted(name)}{live}")[0][0]
            if number:
                found[name] = number
    return found
