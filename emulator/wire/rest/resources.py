"""Resources that are no rows: describes, replication, queries, limits."""

import re
from typing import Any, Final

from ...errors import OrgError
from ...org.org import Org
from ...org.query import QueryResult
from ...org.recent import KEPT_OF_TYPE
from .call import Answer, Call
from .conditions import unchanged_since
from .rows import sobject_of

LIST_VIEW: Final = re.compile(r"00B[0-9A-Za-z]{12}(?:[0-9A-Za-z]{3})?", re.ASCII)
"""The id of a list view, which can be explained as its query can."""
DEFAULT_BATCH: Final = 2000
SMALLEST_BATCH: Final = 200


def describe_all(org: Org, call: Call) -> Answer:
    """``GET sobjects``."""
    return unchanged_since(call, org.describe.global_(call.caller), org.schema_changed_at)


def basic_information(org: Org, call: Call) -> Answer:
    """``GET sobjects/X``."""
    name = sobject_of(org, call).name
    seen = org.recent_records.items(call.caller, KEPT_OF_TYPE, name)
    return Answer(200, org.describe.basic(call.caller, name) | {"recentItems": seen})


def describe(org: Org, call: Call) -> Answer:
    """``GET sobjects/X/describe``."""
    described = org.describe.sobject(call.caller, sobject_of(org, call).name, call.origin)
    return unchanged_since(call, described, org.schema_changed_at)


def updated(org: Org, call: Call) -> Answer:
    """``GET sobjects/X/updated/?start=&end=``."""
    return Answer(
        200, org.changes.updated(call.caller, sobject_of(org, call).name, instant(call, "start"), instant(call, "end"))
    )


def deleted(org: Org, call: Call) -> Answer:
    """``GET sobjects/X/deleted/?start=&end=``."""
    return Answer(
        200, org.changes.deleted(call.caller, sobject_of(org, call).name, instant(call, "start"), instant(call, "end"))
    )


def instant(call: Call, name: str) -> str | None:
    """Return a date parameter; a plus sign that was sent unescaped, and so arrived as a blank, is a plus sign again."""
    value = call.parameters.get(name)
    return None if value is None else value.strip().replace(" ", "+")


def query(org: Org, call: Call) -> Answer:
    """``GET query?q=``: the rows that are not deleted. ``GET query?explain=``: how the query would be run."""
    if "explain" in call.parameters and "q" not in call.parameters:
        asked = call.parameters["explain"].strip()
        soql = org.list_views.soql(call.caller, asked) if LIST_VIEW.fullmatch(asked) else asked
        return Answer(200, org.query.explain(call.caller, soql))
    return _query(org, call, all_rows=False)


def query_all(org: Org, call: Call) -> Answer:
    """``GET queryAll?q=``: deleted rows too."""
    return _query(org, call, all_rows=True)


def _query(org: Org, call: Call, all_rows: bool) -> Answer:
    soql = call.parameters.get("q", "")
    if not soql.strip():
        raise OrgError("MALFORMED_QUERY", "A query string has to be specified")
    if call.parameters.get("columns", "").lower() == "true":  # what it selects, and no rows (salesforcecli/plugin-data)
        return Answer(200, org.query.columns(call.caller, soql))
    return page(call, org.query.run(call.caller, soql, all_rows=all_rows, batch_size=batch_size(call)))


def page(call: Call, result: QueryResult) -> Answer:
    page: dict[str, Any] = {"totalSize": result.total_size, "done": result.done}
    if result.next_locator is not None:
        page["nextRecordsUrl"] = f"{call.base}/query/{result.next_locator}"
    return Answer(200, page | {"records": result.records})


def query_more(org: Org, call: Call) -> Answer:
    """``GET query/<locator>`` (``queryAll/<locator>`` is the same): the rows from the locator's offset on."""
    return page(call, org.query.more(call.caller, call.segments[1], batch_size=batch_size(call)))


def batch_size(call: Call) -> int:
    """Return the page size of ``Sforce-Query-Options: batchSize=n``. Sizes out of 200..2000 are cut to fit (a guess)."""
    for option in call.header("Sforce-Query-Options").split(","):
        name, _, number = option.partition("=")
        if name.strip().lower() == "batchsize" and number.strip().isdecimal():
            return min(max(int(number.strip()[:9]), SMALLEST_BATCH), DEFAULT_BATCH)
    return DEFAULT_BATCH
