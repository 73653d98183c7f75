"""What all tests share: stores to run on, sizes of proofs, and chance with a fixed seed."""

import os
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, settings

PROOF = os.environ.get("CHATLIFT_PROOF") == "1"
PROOF_SHARE = 50  # outside `make proof` a proof runs at one fiftieth of its size
NO_POSTGRESQL = (
    "no PostgreSQL: pgserver (no wheel for Python 3.13 yet) is not there; set CHATLIFT_TEST_PG to a server's URL"
)

# Never draw: every run tries the same examples. `make proof` tries fifty times as many.
slow_data = [HealthCheck.too_slow, HealthCheck.data_too_large]
settings.register_profile(
    "test", derandomize=True, max_examples=100, deadline=None, database=None, suppress_health_check=slow_data
)
settings.register_profile("proof", settings.get_profile("test"), max_examples=100 * PROOF_SHARE)
settings.load_profile("proof" if PROOF else "test")


@pytest.fixture(scope="session")
def sized() -> Callable[[int], int]:
    """The size to run a proof at: the full one under `make proof`, about a fiftieth of it otherwise."""
    return lambda full: full if PROOF else max(1, full // PROOF_SHARE)


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """URL of a running PostgreSQL, without a database name at its end: CHATLIFT_TEST_PG, or a server of our own."""
    given = os.environ.get("CHATLIFT_TEST_PG")
    if given:
        yield given
        return
    try:
        with warnings.catch_warnings(action="ignore"):  # pgserver's dependency warns of a missing XDG_RUNTIME_DIR
            from pgserver.postgres_server import get_server
    except ImportError:
        pytest.skip(NO_POSTGRESQL)
    # Outside pytest's own folders: when tests run as root, the server has a user of its own who must get in.
    server = get_server(tempfile.mkdtemp(prefix="chatlift-pg-"), cleanup_mode="delete")
    hasten(server.get_uri())
    yield server.get_uri()
    server.cleanup()


def hasten(url: str) -> None:
    """Let a server of tests keep nothing beyond a crash of its machine: dropping a database takes a thirtieth of the time."""
    psycopg = pytest.importorskip("psycopg", reason=NO_POSTGRESQL)
    with psycopg.connect(url, autocommit=True) as connection:
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            connection.execute(f"ALTER SYSTEM SET {setting} = off")
        connection.execute("SELECT pg_reload_conf()")


@pytest.fixture(scope="session")
def postgresql_database(postgresql_server: str) -> Callable[[], AbstractContextManager[str]]:
    """Make a fresh, empty database and give its URL; it is dropped at the end of the `with`."""
    psycopg = pytest.importorskip("psycopg", reason=NO_POSTGRESQL)
    server = urlsplit(postgresql_server.replace("+psycopg", ""))

    @contextmanager
    def fresh() -> Iterator[str]:
        name = f"chatlift_{uuid4().hex}"
        with psycopg.connect(urlunsplit(server), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE \"{name}\" TEMPLATE template0 ENCODING 'UTF8'")
            try:
                yield urlunsplit(server._replace(scheme="postgresql+psycopg", path=f"/{name}"))
            finally:
                connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')

    return fresh


@pytest.fixture
def postgresql_url(postgresql_database: Callable[[], AbstractContextManager[str]]) -> Iterator[str]:
    """URL of a fresh, empty database, dropped after the test."""
    with postgresql_database() as url:
        yield url


@pytest.fixture(params=["sqlite-memory", "sqlite-file", "postgresql"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty store of each kind that an org may run on, as the value of `--db`."""
    if request.param == "postgresql":
        url: str = request.getfixturevalue("postgresql_url")
        return url
    return "sqlite://" if request.param == "sqlite-memory" else f"sqlite:///{tmp_path / 'org.db'}"
