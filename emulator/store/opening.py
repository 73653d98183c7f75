"""Open the store that a URL names."""

from ..config import MEMORY
from ..errors import UsageError
from .base import Store
from .sqlite import SqliteStore


def open_store(url: str) -> Store:
    """Open ``sqlite://`` (memory), ``sqlite:///PATH`` or ``postgresql+psycopg://…``. Raises `UsageError`."""
    if url in (MEMORY, "sqlite:///:memory:"):
        return SqliteStore(None)
    if url.startswith("sqlite:///"):
        return SqliteStore(url.removeprefix("sqlite:///"))
    if url.startswith(("postgresql://", "postgresql+psycopg://")):
        try:
            from .postgresql import PostgresqlStore  # noqa: PLC0415  # an optional extra
        except ImportError:
            raise UsageError("PostgreSQL needs psycopg: pip install 'chatlift[postgres]'") from None
        return PostgresqlStore(url)
    raise UsageError(
        f"{url.split(':', 1)[0]}: is no kind of database; write sqlite:///PATH or postgresql+psycopg://USER@HOST/NAME"
    )
