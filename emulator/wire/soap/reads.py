"""``query`` and its pages, ``retrieve``, ``search``."""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from ...errors import OrgError
from ...org.many import own_id
from ...org.query import QueryResult
from ...soql.shape import Record
from ...sosl.errors import no_term
from .call import Call
from .records_in import no_such_field, sobject_named
from .records_out import id_of
from .results import check_number

MOST_READ: Final = 2000
"""Ids of one retrieve (SOAP API guide, "retrieve()")."""


class Page(NamedTuple):
    """The parts of a QueryResult in the order in which they are written."""

    records: list[Record]
    done: bool
    locator: str | None
    size: int


def query(call: Call) -> Page:
    """``query``: the rows that are not deleted."""
    return _query(call, all_rows=False)


def query_all(call: Call) -> Page:
    """``queryAll``: deleted rows too."""
    return _query(call, all_rows=True)


def _query(call: Call, all_rows: bool) -> Page:
    soql = call.text("queryString")
    if not soql.strip():
        raise OrgError("MALFORMED_QUERY", "A query string has to be specified")
    result = call.org.query.run(call.caller, soql, all_rows=all_rows, batch_size=call.headers.batch_size)
    _note(call, result.records)
    return _page(result)


def query_more(call: Call) -> Page:
    """``queryMore``: the rows from a locator's offset on."""
    return _page(call.org.query.more(call.caller, call.text("queryLocator"), batch_size=call.headers.batch_size))


def _page(result: QueryResult) -> Page:
    return Page(result.records, result.done, result.next_locator, result.total_size)


def retrieve(call: Call) -> list[Record | None]:
    """``retrieve``: the records of ids in their order, nil where there is none. Raises MALFORMED_ID, INVALID_FIELD."""
    ids: list[str] = call.arguments["ids"]
    check_number(ids, MOST_READ)
    sobject = sobject_named(call.org, call.caller, call.text("sObjectType").strip())
    if not sobject.supports("retrieve"):
        raise OrgError("INVALID_TYPE", f"entity type {sobject.name} does not support retrieve")  # the words are a guess
    names = [name.strip() for name in call.text("fieldList").split(",") if name.strip()]
    if not names:
        raise OrgError("MALFORMED_QUERY", "retrieve() needs a list of fields")  # the words are a guess
    for name in names:
        if sobject.field(name) is None:
            raise no_such_field(sobject, name)
    wanted = [own_id(sobject, one) for one in ids]
    rows = call.org.query.rows_by_id(call.caller, sobject, list(dict.fromkeys(wanted)), names)
    found = {id_of(row): row for row in rows}
    _note(call, rows)
    if "id" not in map(str.lower, names):  # the room that reads rows adds it
        for row in rows:
            row.pop("Id", None)
    return [found.get(one) for one in wanted]


def _note(call: Call, records: Sequence[Record]) -> None:
    """Let the one record of an answer be among those that the user saw last, where he asks for that.

    SOAP API guide, "MruHeader": an answer of several records changes nothing.
    """
    if call.headers.updates_mru and len(records) == 1 and "url" in records[0]["attributes"]:
        sobject = sobject_named(call.org, call.caller, records[0]["attributes"]["type"])
        call.org.query.viewed(call.caller, sobject, [id_of(records[0])])


def search(call: Call) -> dict[str, Any]:
    """``search``: records in the order of RETURNING, and labels where WITH METADATA asks for them."""
    sosl = call.text("searchString")
    if not sosl.strip():
        raise no_term()
    result = call.org.search.answer(call.caller, sosl)
    return {
        "queryId": None,
        "searchRecords": [{"record": record} for record in result.records],
        "searchResultsMetadata": result.metadata,
    }
