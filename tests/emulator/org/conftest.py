"""An org on each kind of store, with a clock that stands still."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from chatlift.emulator.config import OrgConfig
from chatlift.emulator.org.caller import Caller
from chatlift.emulator.org.org import Org

START = datetime(2026, 2, 14, 9, 0, tzinfo=UTC)


@pytest.fixture
def org(store_url: str) -> Iterator[Org]:
    """A blank org at 14 February 2026, 09:00 UTC."""
    opened = Org.open(OrgConfig(database=store_url, now=START, frozen=True))
    yield opened
    opened.close()


@pytest.fixture
def me(org: Org) -> Caller:
    """The administrator, in API version 60.0."""
    return Caller(org.users.administrator_id)
