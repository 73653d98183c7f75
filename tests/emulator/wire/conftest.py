"""An org and a client that speaks plain HTTP to it, without a socket."""

from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest
import requests

from chatlift.emulator import OrgHandle, mock_salesforce
from chatlift.emulator.wire import steering
from chatlift.emulator.wire.agents import wire as agents
from chatlift.emulator.wire.control import wire as control
from chatlift.emulator.wire.openapi import schema
from chatlift.emulator.wire.reps import wire as reps

SESSION = {"LoginTime": "2026-06-15T08:00:00Z", "LogoutTime": "2026-06-15T11:00:00Z"}


class Client:
    """Sends requests as the administrator, below `/services/data/v59.0` unless a path starts with a slash."""

    def __init__(self, org: OrgHandle) -> None:
        self.org = org
        self.session = org.mount(requests.Session())
        self.session.headers["Authorization"] = f"Bearer {org.token()}"

    def send(self, method: str, path: str, **options: Any) -> requests.Response:
        below = path if path.startswith("/") else f"/services/data/v59.0/{path}"
        return self.session.request(method, self.org.url + below, timeout=10, **options)

    def get(self, path: str, **options: Any) -> requests.Response:
        return self.send("GET", path, **options)

    def post(self, path: str, **options: Any) -> requests.Response:
        return self.send("POST", path, **options)

    def agent_session(self, **values: Any) -> str:
        """Create a LiveAgentSession of the administrator; return its id."""
        body = {"AgentId": self.org.administrator["Id"], **SESSION, **values}
        answer = self.post("sobjects/LiveAgentSession", json=body)
        assert answer.status_code == 201, answer.text
        found: str = answer.json()["id"]
        return found


@pytest.fixture
def org() -> Iterator[OrgHandle]:
    with mock_salesforce(now="2026-06-15T12:00:00Z", frozen=True) as handle:
        yield handle


@pytest.fixture
def client(org: OrgHandle) -> Client:
    return Client(org)


@pytest.fixture(autouse=True)
def as_described(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hold each answer of our own APIs, in all tests below, against what its OpenAPI document says."""
    answer = steering.answer

    def checked(calls: Any, subject: Any, path: str, request: Any) -> Any:
        answered = answer(calls, subject, path, request)
        for wire in (control, agents, reps):
            if calls is wire.CALLS and answered.mimetype == "application/json":
                template, _ = steering._template(calls, path)
                named: dict[str, Any] = {}
                shape = schema(wire.DESCRIBED[request.method, template].answer, named)
                jsonschema.validate(answered.get_json(), shape | {"components": {"schemas": named}})
        return answered

    monkeypatch.setattr(steering, "answer", checked)
