"""The coverage page: it is that of the code, each name on it stands in a test, and a running org tells the same."""

import re
from functools import cache
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from typing import Any

import orjson
import pytest

from chatlift.emulator import OrgHandle
from chatlift.emulator.app import DOORS, STEERING, create_app
from chatlift.emulator.wire.coverage import document
from chatlift.emulator.wire.exchange import Settings

ROOT = Path(__file__).parents[3]
AGAIN = "say `make coverage-page`"


def script() -> Any:
    loader = SourceFileLoader("coverage_page", str(ROOT / ".ci" / "coverage-page"))
    spec = spec_from_loader(loader.name, loader)
    assert spec
    module = module_from_spec(spec)
    loader.exec_module(module)
    return module


SCRIPT = script()
FOUND = orjson.loads(SCRIPT.FINDINGS.read_bytes())


@cache
def named() -> frozenset[str]:
    """Return the words of all tests but those of this page, golden files and suites of clients included."""
    files = [file for file in (ROOT / "tests").rglob("*") if file.suffix in {".py", ".json", ".mjs", ".xml", ".txt"}]
    kept = (file for file in files if not file.name.startswith("test_coverage") and "node_modules" not in file.parts)
    return frozenset(word for file in kept for word in re.findall(r"[\w:-]+", file.read_text(errors="replace")))


@cache
def lower() -> frozenset[str]:
    return frozenset(word.lower() for word in named())


def test_the_findings_are_those_of_the_sources() -> None:
    assert SCRIPT.FINDINGS.read_bytes() == SCRIPT.findings(), AGAIN


def test_the_page_is_that_of_the_code() -> None:
    assert SCRIPT.PAGE.read_text() == SCRIPT.page(SCRIPT.told()), AGAIN


@pytest.mark.parametrize("code", FOUND["errors"])
def test_each_error_code_that_is_answered_stands_in_a_test(code: str) -> None:
    assert {code, f"sf:{code}", code.upper()} & named()


@pytest.mark.parametrize("name", [name for names in FOUND["headers"].values() for name in names])
def test_each_header_that_is_read_or_sent_stands_in_a_test(name: str) -> None:
    assert {name.lower(), f"http_{name}".lower().replace("-", "_")} & lower()


def test_the_scan_sees_codes_in_every_form_that_they_are_written_in() -> None:
    found = SCRIPT.errors()
    assert found["NOT_FOUND"] == sorted({*found["NOT_FOUND"]})
    assert document.EVERY in found["NOT_FOUND"]  # a default of a function
    assert found["METHOD_NOT_ALLOWED"]  # of a class's own __init__
    assert found["API_ERROR"] == ["Bulk"]  # a default that is handed on
    assert "SOAP" in found["soapenv:Client"]  # a constant's name
    assert "STRING_TOO_LONG" in found  # the code of a violation
    assert found["invalid_grant"] == ["OAuth"]
    assert not {"LIVE_CHAT", "INVALID_HEADER_TYPE", "VALUE_STRING", "LOGIN_MUST_USE_SECURITY_TOKEN"} & found.keys()


def test_every_wire_that_the_app_has_is_on_the_page() -> None:
    assert {door.module.split(".")[2] for door in (*DOORS, *STEERING)} == set(document.SURFACES)


def test_the_list_of_the_platform_names_nothing_twice_and_nothing_that_is_here(org: OrgHandle) -> None:
    had = document.platform()
    objects = [name for group in had["objects"] for name in group["names"]]
    assert not {name for name in objects if org.org.catalog.find(name)}
    codes = [code for group in had["errors"] for code in group["codes"]]
    listed = [
        (group["protocol"], name)
        for group in had["resources"]
        for name in [*group["missing"], *group.get("refused", {})]
    ]
    for names in (objects, codes, listed):
        assert len(set(names)) == len(names)
    for groups in had.values():
        assert isinstance(groups, str) or all(group["source"] for group in groups)


def told(org: OrgHandle) -> Any:
    answer = create_app(org.org, Settings()).test_client().get("/_chatlift/coverage")
    assert answer.status_code == 200, answer.text
    return answer.json


def test_a_running_org_tells_the_same(org: OrgHandle) -> None:
    assert told(org) == orjson.loads(orjson.dumps(SCRIPT.told()))


def test_the_objects_and_fields_of_an_org_are_its_own(org: OrgHandle) -> None:
    before = {one["name"]: one for one in told(org)["objects"]}
    own = {"name": "Visit__c", "label": "Visit", "fields": [{"name": "Floor__c", "type": "double", "label": "Floor"}]}
    more = {"name": "Contact", "fields": [{"name": "Room__c", "type": "string", "length": 9, "label": "Room"}]}
    org.seed({"objects": [own, more]})
    after = {one["name"]: one for one in told(org)["objects"]}
    assert after["Visit__c"]["state"] == "emulated"
    assert "create" in after["Visit__c"]["calls"]
    assert after["Contact"]["fields"] == before["Contact"]["fields"] + 1


def test_an_org_without_a_control_api_tells_nothing(org: OrgHandle) -> None:
    app = create_app(org.org, Settings(control=False)).test_client()
    assert app.get("/_chatlift/coverage").status_code == 404


def test_an_org_that_is_asked_in_python_tells_the_same(org: OrgHandle) -> None:
    assert org.coverage() == SCRIPT.told()
