"""jsforce 3, unchanged, over HTTPS and HTTP on real sockets: the suites in jsforce/*.test.mjs, one after the other."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

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
