"""Requests with a condition: what has changed since a date, or is no longer what the client holds.

REST guide, "Conditional Request Headers": the dates work for rows and describes, entity tags for rows of Account alone, and
nothing for DELETE. A failed condition is 412, an unchanged record 304. As in HTTP, a date that cannot be read is passed over on a
GET; on a PATCH it is refused with 400.
"""

import base64
import hashlib
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any, Final

import orjson
from werkzeug.http import parse_date

from ....schemas.field import SObject
from ....schemas.values import read_datetime
from ...errors import OrgError
from ...org.org import Org
from .call import Answer, Call

TAGGED: Final = "Account"
CONDITIONS: Final = (
    "HTTP_IF_MODIFIED_SINCE",
    "HTTP_IF_UNMODIFIED_SINCE",
    "HTTP_IF_MATCH",
    "HTTP_IF_NONE_MATCH",
)
CHANGED_AT: Final = ("LastModifiedDate", "SystemModstamp")
NOT_MODIFIED: Final = 304
ZIPPED: Final = '-gzip"'
"""What the platform puts at the end of the tag of an answer that it zips."""


def concern(sobject: SObject, call: Call) -> bool:
    """Tell whether an answer on a row depends on a condition, or shows what conditions are about."""
    return sobject.name == TAGGED or any(name in call.environ for name in CONDITIONS)


def read_row(org: Org, call: Call, sobject: SObject, id18: str, record: dict[str, Any]) -> Answer:
    """Answer a GET of a row with its headers, or 304; raises PRECONDITION_FAILED."""
    whole = None if call.parameters.get("fields") else record
    headers, modified = state(org, call, sobject, id18, whole)
    tag = headers[0][1] if len(headers) > 1 else None
    check_unchanged(call, tag, modified)
    if tag is not None and (listed := tags(call, "HTTP_IF_NONE_MATCH")):
        unchanged = matches(tag, listed)
    else:
        since = moment(call, "HTTP_IF_MODIFIED_SINCE")
        unchanged = since is not None and modified is not None and modified <= since
    shown = headers if sobject.name == TAGGED else ()
    return Answer(NOT_MODIFIED, headers=headers) if unchanged else Answer(200, record, shown)


def applies_to_write(call: Call) -> bool:
    """Tell whether a PATCH has a condition."""
    return any(name in call.environ for name in CONDITIONS[1:])


def check_write(org: Org, call: Call, sobject: SObject, id18: str) -> None:
    """Refuse a PATCH of a row whose condition fails. Raises PRECONDITION_FAILED, and 400 for a header that cannot be read."""
    given = call.environ.get("HTTP_IF_UNMODIFIED_SINCE")
    if given is not None and parse_date(given) is None:
        raise OrgError("INVALID_FIELD", f"Invalid value for header If-Unmodified-Since: {given}")  # a guess: the code
    headers, modified = state(org, call, sobject, id18)
    tag = headers[0][1] if len(headers) > 1 else None
    for name in ("HTTP_IF_MATCH", "HTTP_IF_NONE_MATCH"):
        if tag is not None and any(not is_tag(one) for one in tags(call, name)):
            raise OrgError("INVALID_FIELD", f"Invalid value for header {name[5:].replace('_', '-').title()}")
    check_unchanged(call, tag, modified)
    if tag is not None and matches(tag, tags(call, "HTTP_IF_NONE_MATCH")):
        raise failed()


def check_unchanged(call: Call, tag: str | None, modified: datetime | None) -> None:
    listed = tags(call, "HTTP_IF_MATCH")
    if tag is not None and listed:
        if not matches(tag, listed):
            raise failed()
        return
    until = moment(call, "HTTP_IF_UNMODIFIED_SINCE")
    if until is not None and modified is not None and modified > until:
        raise failed()


def state(
    org: Org, call: Call, sobject: SObject, id18: str, row: dict[str, Any] | None = None
) -> tuple[tuple[tuple[str, str], ...], datetime | None]:
    """Return a row's headers, the entity tag first where it has one, and when it was changed, to the second.

    row: the whole record, if it has been read already.
    """
    names = [name for name in CHANGED_AT if sobject.field(name)]
    tagged = sobject.name == TAGGED
    if not tagged and not names:
        return (), None
    if row is None:
        row = org.records.retrieve(call.caller, sobject.name, id18, None if tagged else names)
    changed = next((row[name] for name in names if row.get(name)), None)
    headers = []
    if tagged:
        headers.append(("ETag", entity_tag(row)))
    modified = None
    if changed is not None:
        modified = read_datetime(changed).replace(microsecond=0)
        headers.append(("Last-Modified", format_datetime(modified, usegmt=True)))
    return tuple(headers), modified


def entity_tag(content: Any) -> str:
    """Return the tag of a content: a hash of it, in the form of the guide's ``"U5iWijwWbQD18jeiXwsqxeGpZQk="``."""
    digest = hashlib.sha1(orjson.dumps(content), usedforsecurity=False).digest()
    return f'"{base64.b64encode(digest).decode()}"'


def moment(call: Call, name: str) -> datetime | None:
    """Return the date in a header; None when there is none that can be read."""
    given = call.environ.get(name)
    found = parse_date(given) if given else None
    return None if found is None else found.astimezone(UTC)


def tags(call: Call, name: str) -> list[str]:
    return [one.strip() for one in call.environ.get(name, "").split(",") if one.strip()]


def is_tag(text: str) -> bool:
    return text == "*" or (len(text) > 1 and text.removeprefix("W/")[0] == '"' == text[-1])


def matches(tag: str, listed: list[str]) -> bool:
    """Tell whether a tag is among those of a header; ``*`` is any."""
    return any(one == "*" or one.removeprefix("W/").replace(ZIPPED, '"') == tag for one in listed)


def failed() -> OrgError:
    """Return the answer to a condition that fails; status 412 is documented, code and words are a guess."""
    return OrgError("PRECONDITION_FAILED", "The precondition given in the request headers evaluated to false.")


def unchanged_since(call: Call, body: Any, changed: datetime) -> Answer:
    """Answer a describe with its tag and date, or 304 when it has not changed since (recorded: CumulusCI cassettes)."""
    modified = changed.astimezone(UTC).replace(microsecond=0)
    tag = f'"{hashlib.sha1(orjson.dumps(body), usedforsecurity=False).hexdigest()[:8]}"'
    headers = (("ETag", tag), ("Last-Modified", format_datetime(modified, usegmt=True)))
    since = moment(call, "HTTP_IF_MODIFIED_SINCE")
    if since is not None and modified <= since:
        return Answer(NOT_MODIFIED, headers=headers)
    return Answer(200, body, headers)
