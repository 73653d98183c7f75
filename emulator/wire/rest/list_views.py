"""The list views of a type: listed, found by id or API name, described, run (REST guide, the pages of "List View")."""

from typing import Any, Final

from ....schemas.field import SObject
from ...errors import OrgError
from ...org.list_views import MOST, USUAL_LIMIT, ListViewRow
from ...org.org import Org
from ...soql.resolve import MAXIMUM_OFFSET
from .call import Answer, Call

PAGE: Final = 200
"""Views of one page where no limit is asked for; a guess."""


def listing(org: Org, call: Call) -> Answer:
    """``GET sobjects/X/listviews``: the views of a type, in pages."""
    sobject = org.records.sobject(call.caller, call.segments[1])
    rows = org.list_views.rows(call.caller, sobject)
    limit, offset = number(call, "limit", PAGE, least=1), number(call, "offset", 0)
    shown = rows[offset : offset + limit]
    more = None
    if offset + limit < len(rows):
        more = f"{call.base}/sobjects/{sobject.name}/listviews?limit={limit}&offset={offset + limit}"
    return Answer(200, page(call, sobject, shown, more))


def recent(org: Org, call: Call) -> Answer:
    """``GET sobjects/X/listviews/recent``: the views that the caller ran last."""
    sobject = org.records.sobject(call.caller, call.segments[1])
    return Answer(200, page(call, sobject, org.list_views.recent(call.caller, sobject), None))


def basic_information(org: Org, call: Call) -> Answer:
    """``GET sobjects/X/listviews/<id or API name>``."""
    sobject, row = found(org, call)
    return Answer(200, entry(call, sobject, row))


def describe(org: Org, call: Call) -> Answer:
    """``GET sobjects/X/listviews/<id or API name>/describe``: columns, order and query."""
    sobject, row = found(org, call)
    return Answer(200, org.list_views.describe(call.caller, sobject, row))


def results(org: Org, call: Call) -> Answer:
    """``GET sobjects/X/listviews/<id or API name>/results?limit=&offset=``. That an offset goes as far as one of SOQL is a guess."""
    sobject, row = found(org, call)
    limit, offset = (
        number(call, "limit", USUAL_LIMIT, least=1, most=MOST),
        number(call, "offset", 0, most=MAXIMUM_OFFSET),
    )
    return Answer(200, org.list_views.results(call.caller, sobject, row, limit, offset))


def found(org: Org, call: Call) -> tuple[SObject, ListViewRow]:
    """Return the type and the view that an address names. Raises NOT_FOUND."""
    sobject = org.records.sobject(call.caller, call.segments[1])
    return sobject, org.list_views.find(call.caller, sobject, call.segments[3])


def page(call: Call, sobject: SObject, rows: list[ListViewRow], more: str | None) -> dict[str, Any]:
    return {
        "done": more is None,
        "listviews": [entry(call, sobject, row) for row in rows],
        "nextRecordsUrl": more,
        "size": len(rows),
        "sobjectType": sobject.name,
    }


def entry(call: Call, sobject: SObject, row: ListViewRow) -> dict[str, Any]:
    url = f"{call.base}/sobjects/{sobject.name}/listviews/{row.id}"
    return {
        "describeUrl": f"{url}/describe",
        "developerName": row.view.developer_name,
        "id": row.id,
        "label": row.view.label,
        "resultsUrl": f"{url}/results",
        "soqlCompatible": row.soql_compatible,
        "url": url,
    }


def number(call: Call, name: str, usual: int, least: int = 0, most: int = 2**31 - 1) -> int:
    """Return a parameter that is a whole number. Raises ILLEGAL_QUERY_PARAMETER_VALUE (the words are a guess)."""
    given = call.parameters.get(name)
    if given is None:
        return usual
    if not (given.isascii() and given.isdigit() and len(given) <= 18 and least <= int(given) <= most):
        sentence = f"Value of parameter {name} must be a number from {least} to {most}: {given[:80]}"
        raise OrgError("ILLEGAL_QUERY_PARAMETER_VALUE", sentence)
    return int(given)
