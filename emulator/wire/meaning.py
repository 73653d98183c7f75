"""What a request means, told by its address and the beginning of its body: for faults and the request log, which look at all
protocols from outside. Nothing here is refused: what is not understood is left empty.
"""

import html
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl

from ..errors import OrgError
from ..org.fault_rules import Asked
from ..soql.parser import parse

REST: Final = "rest"
BULK2: Final = "bulk2"
BULK1: Final = "bulk1"
SOAP: Final = "soap"
OAUTH: Final = "oauth"

_DATA: Final = re.compile(r"/services/data/v[0-9.]+(?:/(?P<below>.*))?", re.DOTALL)
_ASYNC: Final = re.compile(r"/services/async/[0-9.]+/(?P<below>.*)", re.DOTALL)
_BODY: Final = re.compile(r"<(?:\w+:)?Body\b[^>]*>\s*<(?:\w+:)?(?P<operation>\w+)")
_QUERY_STRING: Final = re.compile(r"<(?:\w+:)?(?:queryString|searchString)>(?P<text>[^<]*)")
_XML_TYPE: Final = re.compile(
    r"<(?:\w+:)?(?:type|sObjectType|sObject)\b[^>]*>\s*(?P<a>\w+)\s*<|<(?:\w+:)?sObjects?\b[^>]*\btype=\"(?:\w+:)?(?P<b>\w+)\""
)
_JSON_TYPE: Final = re.compile(r'"attributes"\s*:\s*\{[^{}]*?"type"\s*:\s*"(\w+)"')
_JOB_OBJECT: Final = re.compile(r'"object"\s*:\s*"(\w+)"|<(?:\w+:)?object>\s*(\w+)')
_JOB_QUERY: Final = re.compile(r'"query"\s*:\s*"((?:[^"\\]|\\.)*)"')
_METHODS: Final = {"POST": "create", "PATCH": "update", "DELETE": "delete"}
_AFTER_OBJECT: Final = {"describe": "describe", "updated": "getUpdated", "deleted": "getDeleted"}
_JOB_CALLS: Final = {"POST": "createJob", "GET": "getJob", "PATCH": "changeJob", "DELETE": "deleteJob"}
_BATCH_CALLS: Final = {"POST": "createBatch", "PUT": "createBatch", "GET": "getBatch"}
Jobs = Callable[[str], str | None]
"""Returns the type that a bulk job is about."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """What was understood of a request.

    api: rest, soap, bulk1, bulk2, oauth, or the first word of any other path.
    operation: in the words of the SOAP API where it has one, ``create``, ``queryMore``; for others the end of the address.
    objects: the types that it names; of a query the one it reads. soql: the text of a query.
    """

    api: str = ""
    operation: str = ""
    objects: tuple[str, ...] = ()
    soql: str | None = None

    def asked(self, method: str, path: str, *, is_part: bool = False, has_session: bool = True) -> Asked:
        """Return what rules ask about the request."""
        return Asked(method, path, self.api, self.operation, self.objects, is_part, has_session)


def meaning(method: str, path: str, query: str, body: str, job: Jobs = lambda id_: None) -> Meaning:
    """Return what a request means; of a body its beginning is enough."""
    if found := _DATA.fullmatch(path):
        segments = tuple((found["below"] or "").strip("/").split("/"))
        if segments[0] == "jobs":
            return _bulk(BULK2, method, segments[1:], body, job)
        return of_rest(method, segments, query, body)
    if found := _ASYNC.fullmatch(path):
        return _bulk(BULK1, method, tuple(found["below"].strip("/").split("/")), body, job)
    if path.startswith("/services/Soap"):
        return _soap(body)
    words = path.strip("/").split("/")
    if path.startswith("/services/data"):
        return Meaning(REST, "versions")
    if path.startswith("/services/oauth2") or words[0] in ("id", ".well-known"):
        return Meaning(OAUTH, "identity" if words[0] == "id" else words[-1])
    return Meaning(words[0], "/".join(words[2:4]))


def of_rest(method: str, segments: tuple[str, ...], query: str, body: str) -> Meaning:
    """Return what a call below ``/services/data/vNN.0`` means."""
    parameters = dict(parse_qsl(query)) if query else {}
    if method == "POST" and "_HttpMethod" in parameters:
        method = parameters["_HttpMethod"].upper()
    if segments[0] == "tooling":
        segments = segments[1:] or ("",)
    first, rest = segments[0], segments[1:]
    if first in ("query", "queryAll"):
        if rest and rest != ("",):
            return Meaning(REST, "queryMore")
        text = parameters.get("q") or parameters.get("explain", "")
        return Meaning(REST, "explain" if "explain" in parameters else first, _read(text), text or None)
    if first == "sobjects":
        return _sobjects(method, rest)
    if first == "composite" and rest:
        return _composite(method, rest, body)
    return Meaning(REST, segments[-1] if first == "parameterizedSearch" else first or "resources")


def _sobjects(method: str, rest: tuple[str, ...]) -> Meaning:
    if not rest or not rest[0]:
        return Meaning(REST, "describeGlobal")
    objects, below = (rest[0],), rest[1:]
    if not below:
        return Meaning(REST, "create" if method == "POST" else "describe", objects)
    if below[0] in _AFTER_OBJECT:
        return Meaning(REST, _AFTER_OBJECT[below[0]], objects)
    if len(below) == 2 and method in ("PATCH", "POST"):
        return Meaning(REST, "upsert", objects)
    return Meaning(REST, _METHODS.get(method, "retrieve"), objects)


def _composite(method: str, rest: tuple[str, ...], body: str) -> Meaning:
    if rest[0] == "tree":
        return Meaning(REST, "create", rest[1:2])
    if rest[0] != "sobjects":
        return Meaning(REST, rest[0])
    if len(rest) > 2:
        return Meaning(REST, "upsert", rest[1:2])
    if len(rest) == 2:
        return Meaning(REST, "retrieve", rest[1:2])
    return Meaning(REST, _METHODS.get(method, "retrieve"), tuple(dict.fromkeys(_JSON_TYPE.findall(body))))


def _bulk(api: str, method: str, segments: tuple[str, ...], body: str, job: Jobs) -> Meaning:
    below = segments[1:]
    if len(below) < 1:
        named = _JOB_OBJECT.search(body)
        asked = _JOB_QUERY.search(body)
        soql = re.sub(r'\\(["\\/])', r"\1", asked[1]) if asked else None
        objects = (named[1] or named[2],) if named else _read(soql or "")
        return Meaning(api, _JOB_CALLS.get(method, ""), objects, soql)
    name = job(below[0])
    objects = (name,) if name else ()
    if len(below) == 1:
        # The first Bulk API changes a job by another POST.
        return Meaning(api, "changeJob" if method == "POST" else _JOB_CALLS.get(method, ""), objects)
    last = below[-1].lower()
    if last in ("batch", "batches") or (len(below) == 3 and below[1] == "batch"):
        return Meaning(api, _BATCH_CALLS.get(method, ""), objects)
    return Meaning(api, "getResults", objects)


def _soap(body: str) -> Meaning:
    found = _BODY.search(body)
    if found is None:
        return Meaning(SOAP, "describe" if not body else "")
    text = _QUERY_STRING.search(body)
    soql = html.unescape(text["text"]) if text else None
    if soql is not None:
        return Meaning(SOAP, found["operation"], _read(soql), soql if found["operation"] != "search" else None)
    names = (one["a"] or one["b"] for one in _XML_TYPE.finditer(body, found.end()))
    return Meaning(SOAP, found["operation"], tuple(dict.fromkeys(names)))


def _read(soql: str) -> tuple[str, ...]:
    """Return the type that a query reads; none when it is no query."""
    if not soql.strip():
        return ()
    try:
        return (parse(soql).sources[0].path.text,)
    except OrgError:
        return ()
