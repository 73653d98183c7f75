"""The OpenAPI documents of our own APIs: whole, valid, and what the page of the docs is made from."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from chatlift.emulator.live import LiveOrg, live_org
from chatlift.emulator.wire.agents import wire as agents
from chatlift.emulator.wire.control import wire as control
from chatlift.emulator.wire.openapi import schema
from chatlift.emulator.wire.reps import wire as reps

APIS = {
    "/_chatlift": control,
    "/_chatlift/chat": agents,
    "/_chatlift/messaging": reps,
}


@pytest.fixture(scope="module")
def live() -> Iterator[LiveOrg]:
    with live_org() as found:
        yield found


@pytest.mark.parametrize("prefix", APIS)
def test_each_call_is_described_and_each_description_is_a_call(prefix: str) -> None:
    wire: Any = APIS[prefix]
    calls = {(method, path) for path, methods in wire.CALLS.items() for method in methods}
    if wire is control:
        calls |= {(method, path) for path, methods in control.UPLOADS.items() for method in methods}
    if wire is agents:
        calls.add(("POST", f"chats/{{chatKey}}/{agents.UPLOADS}"))
    assert set(wire.DESCRIBED) == calls


@pytest.mark.parametrize("prefix", APIS)
def test_an_org_answers_its_documents(live: LiveOrg, prefix: str) -> None:
    document = live.session().get(f"{live.http}{prefix}/openapi").json()
    OpenAPIV31SpecValidator(document).validate()
    assert all(path.startswith(f"{prefix}/") for path in document["paths"])
    ids = [operation["operationId"] for path in document["paths"].values() for operation in path.values()]
    assert len(set(ids)) == len(ids)


def test_a_shape_says_what_may_be_missing_null_and_more() -> None:
    found = schema({"name": "text", "size?": "integer?", "kind": "=A|B", "...": ["time"]}, {})
    assert found == {
        "type": "object",
        "properties": {
            "name": {"type": "string"},
            "size": {"type": ["integer", "null"]},
            "kind": {"enum": ["A", "B"]},
        },
        "additionalProperties": {"type": "array", "items": {"type": "string", "format": "date-time"}},
        "required": ["name", "kind"],
    }


def test_the_page_and_the_files_of_the_docs_are_made_from_them() -> None:
    script = Path(__file__).parents[3] / ".ci" / "reference-pages"
    done = subprocess.run([sys.executable, script, "--check"], capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
