"""The parts of a composite request: how they are written, and how one is sent down the same routes as a call of its own."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final
from urllib.parse import quote

import orjson

from ....errors import OrgError, not_found
from ...api_versions import NUMBERS
from ..call import ROOT, Answer, Call, decoded, header_key, segments_of
from .references import References
from .request import malformed, text, wrong_type

METHODS: Final = frozenset({"POST", "PUT", "PATCH", "GET", "DELETE"})
INHERITED: Final = frozenset({"accept", "authorization", "content-type"})
"""Headers that a part takes from the whole and may not set (REST guide, "Composite Subrequest")."""
SHOWN_HEADERS: Final = frozenset({"Location", "ETag", "Last-Modified"})
STRICT_IDS_SINCE: Final = 52.0
"""REST guide, "Behavior and Responses If There Are Illegal Characters in Reference IDs"."""
JSON_BODY: Final = {"CONTENT_TYPE": "application/json"}
PARTED: Final = frozenset({"batch", "graph", "tree"})
"""The composite resources that cannot be a part of another."""
_REFERENCE_ID: Final = re.compile(r"[A-Za-z0-9]\w*", re.ASCII)
DUPLICATE_REFERENCE: Final = "Duplicate ReferenceId provided in the request."
"""A guess: the words for trees, which are not recorded either."""


@dataclass(frozen=True, slots=True)
class Subrequest:
    """A part of a composite or graph request, as it was written."""

    method: str
    url: str
    reference_id: str
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


def read_subrequests(documents: list[dict[str, Any]], version: float) -> list[Subrequest]:
    """Return the parts. Raises JSON_PARSER_ERROR for a malformed one, INVALID_INPUT for a reference id that is given twice."""
    found = [read_subrequest(document, version) for document in documents]
    if len({one.reference_id for one in found}) < len(found):
        raise OrgError("INVALID_INPUT", DUPLICATE_REFERENCE)
    return found


def read_subrequest(document: dict[str, Any], version: float) -> Subrequest:
    method, url, reference_id = text(document, "method"), text(document, "url"), text(document, "referenceId")
    if method not in METHODS:
        raise malformed(f"'{method}' is not a method of a subrequest: POST, PUT, PATCH, GET or DELETE.")
    if not url.startswith((f"{ROOT}/", "@{")):
        raise malformed(f"The URL of a subrequest must start with '{ROOT}/': {url}")
    if version >= STRICT_IDS_SINCE and not _REFERENCE_ID.fullmatch(reference_id):
        raise malformed(  # recorded: guardian/support-service-lambdas#1512
            f"Provided referenceId ('{reference_id}') must start with a letter or a number, "
            "and it can contain only letters, numbers and underscores ('_')."
        )
    return Subrequest(method, url, reference_id, document.get("body"), read_headers(document.get("httpHeaders")))


def read_headers(given: Any) -> dict[str, str]:
    if given is None:
        return {}
    if not isinstance(given, dict) or not all(isinstance(value, str) for value in given.values()):
        raise wrong_type("httpHeaders", "an object of strings")
    for name in given:
        if name.lower() in INHERITED:
            raise malformed(f"The header '{name}' cannot be set in a subrequest.")
    return given


def send(call: Call, part: Subrequest, references: References, inside: str) -> Answer:
    """Answer a part with its references resolved. Raises PROCESSING_HALTED for a reference that leads nowhere."""
    url = references.in_url(part.url)
    body = None if part.body is None else references.in_body(part.body)
    headers = {header_key(name): value for name, value in part.headers.items()}
    return send_to(call, part.method, url, body, inside, headers)


def send_to(
    call: Call, method: str, url: str, body: Any, inside: str, headers: Mapping[str, str] | None = None
) -> Answer:
    """Answer a method at a URL below ``/services/data`` as a part of a call, by the routes that all calls take."""
    below, refused = target(url)
    if below is None:
        return refused
    version, sent, query = below
    return call.again(
        replace(
            call,
            method=method,
            version=version,
            sent=sent,
            segments=decoded(sent),
            query=query,
            environ=JSON_BODY | dict(headers or {}),
            caller=replace(call.caller, version=version),
            raw=b"" if body is None else orjson.dumps(body),
            inside=inside,
        )
    )


def target(url: str) -> tuple[tuple[str, tuple[str, ...], str] | None, Answer]:
    """Return version, segments and query of a URL, or the answer to one that leads nowhere.

    Clients send queries unescaped, blanks included (SFDO-Tooling/CumulusCI), so what is not ASCII or is blank is escaped here.
    """
    path, _, query = url.partition("?")
    try:
        version, *sent = segments_of(quote(path, safe="/%:@+,;=&$!*'()~"))
    except (OrgError, ValueError):
        return None, nowhere()
    if version not in NUMBERS or (sent[:1] == ["composite"] and (len(sent) < 2 or sent[1] in PARTED)):
        return None, nowhere()
    return (NUMBERS[version], tuple(sent), query), nowhere()


def nowhere() -> Answer:
    error = not_found()
    return Answer(404, [{"errorCode": error.code, "message": error.message}])


def shown(answer: Answer, reference_id: str | None) -> dict[str, Any]:
    """Return a result as composite and graph show it."""
    headers = {name: value for name, value in answer.headers if name in SHOWN_HEADERS}
    return {
        "body": answer.body,
        "httpHeaders": headers,
        "httpStatusCode": answer.status,
        "referenceId": reference_id,
    }
