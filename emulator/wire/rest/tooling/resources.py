"""The resources of the Tooling API (Tooling API guide, "REST Resources")."""

import logging
from dataclasses import replace
from typing import Any, Final

from ....errors import OrgError
from ....org.caller import Caller
from ....org.org import Org
from ....org.query import QueryResult
from ....org.tooling import NO_APEX, no_apex
from .. import search as data_search
from ..call import Answer, Call
from ..conditions import unchanged_since
from ..resources import batch_size
from ..rows import asked_fields

API: Final = "/tooling"
NAMES: Final = ("executeAnonymous", "query", "queryAll", "recent", "search", "sobjects")
LOG: Final = logging.getLogger(__name__)


def root(org: Org, call: Call) -> Answer:
    """``GET tooling``: the resources there are."""
    return Answer(200, {name: f"{call.base}{API}/{name}" for name in NAMES})


def query(org: Org, call: Call) -> Answer:
    """``GET tooling/query?q=``."""
    return _query(org, call, all_rows=False)


def query_all(org: Org, call: Call) -> Answer:
    """``GET tooling/queryAll?q=``."""
    return _query(org, call, all_rows=True)


def query_more(org: Org, call: Call) -> Answer:
    """``GET tooling/query/<locator>``."""
    return _page(call, org.tooling.more(_caller(call), call.segments[2], batch_size(call)), None)


def describe_all(org: Org, call: Call) -> Answer:
    """``GET tooling/sobjects``."""
    return unchanged_since(call, org.tooling.describe_all(_caller(call)), org.schema_changed_at)


def basic_information(org: Org, call: Call) -> Answer:
    """``GET tooling/sobjects/X``."""
    return Answer(200, org.tooling.basic(_caller(call), call.segments[2]))


def describe(org: Org, call: Call) -> Answer:
    """``GET tooling/sobjects/X/describe``."""
    described = org.tooling.describe(_caller(call), call.segments[2], call.origin)
    return unchanged_since(call, described, org.schema_changed_at)


def retrieve(org: Org, call: Call) -> Answer:
    """``GET tooling/sobjects/X/<id>``."""
    fields = asked_fields(call)
    row = org.tooling.row(_caller(call), call.segments[2], call.segments[3], tuple(fields) if fields else None)
    return Answer(200, _shown(row, call))


def search(org: Org, call: Call) -> Answer:
    """``GET tooling/search?q=``."""
    answer = data_search.search(org, call)
    return replace(answer, body=_shown(answer.body, call))


def recent(org: Org, call: Call) -> Answer:
    """``GET tooling/recent``: the Tooling API's objects that the caller looked at last. None has a page to be looked at."""
    return Answer(200, [])


def execute_anonymous(org: Org, call: Call) -> Answer:
    """``GET tooling/executeAnonymous?anonymousBody=``: code is refused as code that does not compile. It is never run."""
    if "anonymousBody" not in call.parameters:
        raise OrgError("MISSING_ARGUMENT", "The anonymousBody parameter is required")  # the words are a guess
    LOG.warning("executeAnonymous is refused: %s", NO_APEX)
    return Answer(200, no_apex())


# --- inside -------------------------------------------------------------------------------------------------------------


def _query(org: Org, call: Call, all_rows: bool) -> Answer:
    soql = call.parameters.get("q", "")
    if not soql.strip():
        raise OrgError("MALFORMED_QUERY", "A query string has to be specified")
    if call.parameters.get("columns", "").lower() == "true":
        return Answer(200, org.tooling.columns(_caller(call), soql))
    name, result = org.tooling.query(_caller(call), soql, all_rows, batch_size(call))
    return _page(call, result, name)


def _page(call: Call, result: QueryResult, type_name: str | None) -> Answer:
    """Return a page, whose keys are recorded (SFDO-Tooling/CumulusCI, tasks/apex tests; forcedotcom/salesforcedx-vscode)."""
    types = {record["attributes"]["type"] for record in result.records}
    body: dict[str, Any] = {
        "size": len(result.records) or result.total_size,  # of COUNT() a guess
        "totalSize": result.total_size,
        "done": result.done,
        "queryLocator": result.next_locator,
        "entityTypeName": types.pop() if types else type_name,
    }
    if result.next_locator is not None:
        body["nextRecordsUrl"] = f"{call.base}{API}/query/{result.next_locator}"
    return Answer(200, body | {"records": _shown(result.records, call)})


def _caller(call: Call) -> Caller:
    return replace(call.caller, api=API)


def _shown(value: Any, call: Call) -> Any:
    """Return records with addresses below the Tooling API."""
    if isinstance(value, list):
        return [_shown(one, call) for one in value]
    if not isinstance(value, dict):
        return value
    shown = {key: _shown(one, call) for key, one in value.items()}
    attributes = shown.get("attributes")
    if isinstance(attributes, dict) and str(attributes.get("url", "")).startswith(f"{call.base}/sobjects/"):
        attributes["url"] = call.base + API + str(attributes["url"]).removeprefix(call.base)
    return shown
