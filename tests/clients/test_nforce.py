"""nforce, unchanged, over HTTPS and HTTP on real sockets: the suite in nforce/."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

if "CHATLIFT_CLIENT" not in os.environ:
    pytest.skip("make clients runs it", allow_module_level=True)

pytestmark = pytest.mark.clients

SUITE = Path(__file__).with_name("nforce") / "nforce.test.mjs"


@pytest.mark.parametrize("scheme", ["https", "http"])
def test_nforce(
    scheme: str,
    org: dict[str, Any],
    external_ids: None,
    snippets: Callable[[str, str], list[str]],
    node_tests: Callable[..., None],
) -> None:
    connects = snippets("nforce", "js")[0].replace(org["https"], org[scheme])
    proxy = {"HTTP_PROXY": org["http"], "HTTPS_PROXY": org["http"], "NO_PROXY": "127.0.0.1,localhost"}
    node_tests(SUITE, {"shown.mjs": f"{connects}\nexport {{ org }};\n"}, {"ORG_URL": org[scheme]} | proxy)
