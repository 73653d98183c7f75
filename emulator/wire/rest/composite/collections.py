"""``/composite/sobjects``: up to 200 records in one request, of several types.

Every well-formed request is answered 200 with an array in the order of the request; an item that failed says so itself
(REST guide, "sObject Collections").
"""

from collections import Counter
from functools import partial
from typing import Any, Final

from .....schemas.field import SObject
from .....schemas.ids import InvalidId, normalize
from ....errors import OrgError, not_found
from ....org.many import check_mix, delete_one, key_field, key_text, same_key, update_one, upsert_one
from ....org.org import Org
from ..body import ATTRIBUTES
from ..call import Answer, Call
from .items import (
    Result,
    answer,
    check_number,
    failed,
    fields_of,
    parameter,
    read_records,
    succeeded,
    taken,
    type_of,
    write,
)
from .reading import read as read_body
from .reading import with_file
from .request import flag, required, wrong_type

MOST_READ: Final = 2000
"""Records that a retrieve with a body may ask for (advisors-excel-llc/salesforce-rest-sdk#43; REST guide)."""


def create(org: Org, call: Call) -> Answer:
    """``POST composite/sobjects``."""
    call, asked, contents = read_body(call)
    records = read_records(asked)
    sobjects = [type_of(org, call, record) for record in records]
    check_mix(sobjects)
    results = write(
        org,
        call,
        [
            partial(
                org.records.create,
                call.caller,
                sobject.name,
                with_file(fields_of(record), record.get(ATTRIBUTES), contents),
            )
            for sobject, record in zip(sobjects, records, strict=True)
        ],
        flag(asked, "allOrNone"),
    )
    return answer([succeeded(one) if isinstance(one, str) else failed(one) for one in results])


def update(org: Org, call: Call) -> Answer:
    """``PATCH composite/sobjects``: each record has its ``id``."""
    call, asked, contents = read_body(call)
    records = read_records(asked)
    sobjects = [type_of(org, call, record) for record in records]
    check_mix(sobjects)
    targets = [taken(record, "Id") for record in records]

    writes = [
        partial(update_one, org, call.caller, sobject, id_, with_file(fields_of(record), named, contents))
        for sobject, (id_, record), named in zip(
            sobjects, targets, [record.get(ATTRIBUTES) for record in records], strict=True
        )
    ]
    results = write(org, call, writes, flag(asked, "allOrNone"))
    return answer(
        [
            succeeded(one) if isinstance(one, str) else failed(one, id_)
            for one, (id_, _) in zip(results, targets, strict=True)
        ]
    )


def delete(org: Org, call: Call) -> Answer:
    """``DELETE composite/sobjects?ids=a,b&allOrNone=true``: the ids may be of several types."""
    ids = [one.strip() for one in parameter(call, "ids").split(",")]
    check_number(ids)

    all_or_none = call.parameters.get("allOrNone", "").lower() == "true"
    results = write(org, call, [partial(delete_one, org, call.caller, one) for one in ids], all_or_none)
    return answer(
        [
            succeeded(one) if isinstance(one, str) else failed(one, given)
            for one, given in zip(results, ids, strict=True)
        ]
    )


def upsert(org: Org, call: Call) -> Answer:
    """``PATCH composite/sobjects/X/<field>``: the value of the field stands in each record; ``Id`` is taken too.

    Recorded with ``Id`` for the field, where a record with an empty Id is created (CumulusCI, TestUpsert cassettes).
    """
    sobject = one_type(org, call)
    field = key_field(sobject, call.segments[3])
    call, asked, _ = read_body(call)
    records = read_records(asked)
    for record in records:
        if type_of(org, call, record) is not sobject:
            raise wrong_type("type", sobject.name)
    keyed = [taken(record, field.name) for record in records]
    given = Counter(key_text(key) for key, _ in keyed)

    def change(key: Any, record: dict[str, Any]) -> tuple[str, bool]:
        if key_text(key) is not None and given[key_text(key)] > 1:
            raise same_key(field, key)
        return upsert_one(org, call.caller, sobject, field, key, record)

    writes = [partial(change, key, fields_of(record)) for key, record in keyed]
    results: list[Result] = []
    for one in write(org, call, writes, flag(asked, "allOrNone")):
        results.append(failed(one) if isinstance(one, OrgError) else succeeded(one[0], created=one[1]))
    return answer(results)


def retrieve(org: Org, call: Call) -> Answer:
    """``GET composite/sobjects/X?ids=&fields=``: the records in the order of the ids, null where there is none."""
    ids = [one.strip() for one in parameter(call, "ids").split(",")]
    return read(org, call, ids, [one.strip() for one in parameter(call, "fields").split(",")])


def retrieve_many(org: Org, call: Call) -> Answer:
    """``POST composite/sobjects/X`` with ``{"ids": […], "fields": […]}``."""
    call, asked, _ = read_body(call)
    return read(org, call, texts(asked, "ids"), texts(asked, "fields"))


def texts(asked: dict[str, Any], name: str) -> list[str]:
    found = required(asked, name)
    if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
        raise wrong_type(name, "an array of strings")
    return found


def read(org: Org, call: Call, ids: list[str], fields: list[str]) -> Answer:
    """Answer the records of ids; an id that is none is null too (REST guide, "Get Records Using sObject Collections")."""
    if len(ids) > MOST_READ:  # the recorded sentence of the writes, with this limit: a guess
        problem = f"record limit reached. cannot submit more than {MOST_READ} records into this call"
        raise OrgError("EXCEEDED_ID_LIMIT", problem)
    sobject = org.records.sobject(call.caller, one_type(org, call).name, "retrieve")
    wanted = [canonical(one) for one in ids]
    rows = org.query.rows_by_id(call.caller, sobject, sorted({one for one in wanted if one}), fields)
    found = {row["Id"]: row for row in rows}
    return Answer(200, [found.get(one) for one in wanted])


def canonical(given: str) -> str:
    try:
        return normalize(given)
    except InvalidId:
        return ""


def one_type(org: Org, call: Call) -> SObject:
    found = org.seen_by(call.caller).find(call.segments[2], call.caller.number)
    if found is None:
        raise not_found()
    return found
