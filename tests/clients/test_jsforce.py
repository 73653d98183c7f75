"""jsforce 3, unchanged, over HTTPS and HTTP on real sockets: the suites in jsforce/*.test.mjs, one after the other."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

if "CHATLIFT_CLIENT" not in os.environ:
    pytest.skip("make clients runs it", allow_module_level=True)

pytestmark = pytest.mark.clients

SUITES = sorted(Path(__file__).with_name("jsforce").glob("*.test.mjs"))


@pytest.mark.parametrize("scheme", ["https", "http"])
@pytest.mark.parametrize("suite", SUITES, ids=lambda suite: suite.name)
def test_jsforce(
    suite: Path,
    scheme: str,
    org: dict[str, Any],
    external_ids: None,
    strict_server: dict[str, Any],
    snippets: Callable[[str, str], list[str]],
    node_tests: Callable[..., None],
) -> None:
    connects = snippets("jsforce", "js")[0].replace(org["https"], org[scheme])
    strict = {"STRICT_URL": strict_server[scheme], "STRICT_PASSWORD": strict_server["admin_password"]}
    addresses = {"ORG_URL": org[scheme], "ORG_HTTPS": org["https"]}
    node_tests(suite, {"shown.mjs": f"{connects}\nexport {{ conn }};\n"}, addresses | strict)


def test_the_page_shows_the_override_that_node_20_needs(
    npm_client: Path, snippets: Callable[[str, str], list[str]]
) -> None:
    (shown,) = snippets("jsforce", "json")
    installed = json.loads((npm_client / "package.json").read_text())
    assert json.loads(shown) == {name: installed[name] for name in ("dependencies", "overrides")}
