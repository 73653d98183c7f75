"""What the tests share: the application, with a desk that logs in to the test's own org."""

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from simple_salesforce import Salesforce

from app import create_app
from desk import Desk


@pytest.fixture
def pauses() -> list[float]:
    """The seconds that the desk would have waited: no test waits."""
    return []


@pytest.fixture
def widget(salesforce_login: dict[str, Any], pauses: list[float]) -> FlaskClient:
    """A client of the application. `salesforce_login` leads to the org in either mode."""
    return create_app(Desk(lambda: Salesforce(**salesforce_login), pauses.append)).test_client()


@pytest.fixture
def a_message() -> dict[str, str]:
    return {
        "key": "6f1c1d5e-8a53-4f0e-9f4b-0d9d6f6f2a11",
        "name": "Ada Lovelace",
        "email": "ada@example.com",
        "text": "Where is my parcel?",
    }


@pytest.fixture
def a_chat() -> Callable[..., dict[str, Any]]:
    def make(**changes: Any) -> dict[str, Any]:
        return {
            "key": "0b6f6a52-2f4e-4f7e-8a40-3c1b7f0e9c01",
            "started": "2026-03-02T09:00:00Z",
            "lines": [
                {"name": "Ada", "text": "Is <b>this</b> on?", "after": 2},
                {"name": "Grace", "text": "It is.", "after": 95},
            ],
        } | changes

    return make
