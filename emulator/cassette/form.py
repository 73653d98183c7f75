"""The calls of a cassette, and their form in its file: one JSON object a line, each with its checksum.

    {"cassette":1,"program":"chatlift 0.1.0","recorded":"2026-02-14T09:00:00.000Z","scrubbed":["secrets"],"sum":"…"}
    {"call":1,"at":"…","ms":31.2,"after":0,"request":{"method","path","query","headers",…},"response":{"status","headers",…},"sum":"…"}

A body stands under ``json`` when its compact form is the very text that was sent, under ``json_spaced``, ``json_indented`` or
``json_pretty`` when another usual form is, else under ``text``, and under ``base64`` when it is no UTF-8. The checksum is over the text of the line without it, so that whoever edits a line by hand has to say so.
"""

import base64
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

VERSION: Final = 1
"""Of the form; a higher one is of a later program."""
SUM_DIGITS: Final = 16
_SUM: Final = re.compile(rf',"sum":"([0-9a-f]{{{SUM_DIGITS}}})"\}}\Z')
_HEADER_NAME: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,200}\Z")
_HEADER_VALUE: Final = re.compile(r"[\t\x20-\x7e\x80-\xff]*\Z")
_METHOD: Final = re.compile(r"[A-Z]{1,20}\Z")
LAYOUTS: Final[Mapping[str, Mapping[str, Any]]] = {
    "json": {"ensure_ascii": False, "separators": (",", ":")},
    "json_spaced": {},
    "json_indented": {"ensure_ascii": False, "indent": 2},
    "json_pretty": {"ensure_ascii": False, "indent": 2, "separators": (",", " : ")},
}
"""How JSON is written: by most programs, by Python's own module, and indented, as the platform does with ``X-PrettyPrint``."""
Headers = tuple[tuple[str, str], ...]
Query = tuple[tuple[str, ...], ...]
"""Names and values, unquoted; a name without ``=`` stands alone."""


class BadLine(ValueError):
    """A line is not what it should be. The message says what is wrong."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a client asked for. path is as it was sent, percent signs and all."""

    method: str
    path: str
    query: Query = ()
    headers: Headers = ()
    body: bytes = b""

    @property
    def content_type(self) -> str:
        return header(self.headers, "content-type")


@dataclass(frozen=True, slots=True)
class Event:
    """A piece of an event stream. after: the number of the last call that had been made when it came; ms since the stream began."""

    after: int
    ms: float
    text: str


@dataclass(frozen=True, slots=True)
class Answered:
    """What it was answered. missing: bytes at the end of the body that were too many to keep."""

    status: int
    headers: Headers = ()
    body: bytes = b""
    events: tuple[Event, ...] | None = None
    missing: int = 0

    @property
    def content_type(self) -> str:
        return header(self.headers, "content-type")


@dataclass(frozen=True, slots=True)
class Call:
    """One call. after: the number of the last call that had been made when its answer came; at: canonical time, UTC.

    missing: bytes at the end of the request's body that were too many to keep.
    """

    number: int
    at: str
    ms: float
    after: int
    asked: Asked
    answered: Answered
    missing: int = 0


@dataclass(frozen=True, slots=True)
class Heading:
    """The first line of a cassette. scrubbed: what was taken out besides secrets: ``emails``."""

    program: str
    recorded: str
    emails_scrubbed: bool = False


def header(headers: Headers, name: str) -> str:
    """Return the value of a header, by its name in lower case; empty where there is none."""
    return next((value for given, value in headers if given.lower() == name), "")


# --- writing ------------------------------------------------------------------------------------------------------------


def sealed(document: Mapping[str, Any]) -> str:
    """Return the line of a document, with its checksum, without a line break."""
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:SUM_DIGITS]
    return f'{text[:-1]},"sum":"{digest}"}}'


def heading_document(heading: Heading) -> dict[str, Any]:
    scrubbed = ["secrets", "emails"] if heading.emails_scrubbed else ["secrets"]
    return {"cassette": VERSION, "program": heading.program, "recorded": heading.recorded, "scrubbed": scrubbed}


def call_document(call: Call) -> dict[str, Any]:
    asked, answered = call.asked, call.answered
    request: dict[str, Any] = {"method": asked.method, "path": asked.path}
    if asked.query:
        request["query"] = [list(pair) for pair in asked.query]
    request["headers"] = _headers_document(asked.headers)
    request |= body_document(asked.body)
    if call.missing:
        request["missing_bytes"] = call.missing
    response: dict[str, Any] = {"status": answered.status, "headers": _headers_document(answered.headers)}
    if answered.events is not None:
        response["events"] = [{"after": one.after, "ms": one.ms, "text": one.text} for one in answered.events]
    response |= body_document(answered.body)
    if answered.missing:
        response["missing_bytes"] = answered.missing
    return {
        "call": call.number, "at": call.at, "ms": call.ms, "after": call.after, "request": request, "response": response,
    }  # fmt: skip


def body_document(body: bytes) -> dict[str, Any]:
    """Return a body under the key of its form; nothing for none."""
    if not body:
        return {}
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(body).decode()}
    if text[0] in "{[":
        try:
            loaded = json.loads(text)
            for key, layout in LAYOUTS.items():
                if json.dumps(loaded, **layout) == text:
                    return {key: loaded}
        except (ValueError, RecursionError):
            return {"text": text}
    return {"text": text}


def _headers_document(headers: Headers) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in headers:
        if name in found:
            before = found[name]
            found[name] = [*(before if isinstance(before, list) else [before]), value]
        else:
            found[name] = value
    return found


# --- reading ------------------------------------------------------------------------------------------------------------


def opened(line: str, *, unsealed: bool = False) -> dict[str, Any]:
    """Return the document of a line. Raises `BadLine`. unsealed: whether its checksum may be another one, or missing."""
    found = _SUM.search(line)
    if not unsealed:
        if found is None:
            raise BadLine("it has no checksum")
        text = f"{line[: found.start()]}}}"
        if hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:SUM_DIGITS] != found[1]:
            raise BadLine("it was changed or damaged: its checksum is another one")
    try:
        document = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise BadLine(f"it is no JSON: {error}") from None
    if not isinstance(document, dict):
        raise BadLine("it is no JSON object")
    document.pop("sum", None)
    return document


def read_heading(document: Mapping[str, Any]) -> Heading:
    """Return the first line. Raises `BadLine`."""
    version = document.get("cassette")
    if not isinstance(version, int) or isinstance(version, bool):
        raise BadLine("it does not begin a cassette")
    program, recorded, scrubbed = (document.get(key) for key in ("program", "recorded", "scrubbed"))
    if version > VERSION:
        raise BadLine(f"it was written by a later ChatLift ({str(program)[:50]}); bring this one up to date")
    if not isinstance(program, str) or not isinstance(recorded, str) or not isinstance(scrubbed, list):
        raise BadLine("program, recorded or scrubbed is missing")
    return Heading(program, recorded, "emails" in scrubbed)


def read_call(document: Mapping[str, Any]) -> Call:
    """Return a call. Raises `BadLine`."""
    try:
        return _read_call(document)
    except RecursionError:
        raise BadLine("a body is nested too deeply") from None


def _read_call(document: Mapping[str, Any]) -> Call:
    request, response = _object(document, "request"), _object(document, "response")
    method, path = _text(request, "method"), _text(request, "path")
    if not _METHOD.match(method):
        raise BadLine("request.method is no method")
    if not path.startswith("/"):
        raise BadLine("request.path does not begin with a slash")
    asked = Asked(method, path, _query(request.get("query", [])), _headers(request), read_body(request))
    events = response.get("events")
    status = _number(response, "status")
    if not 200 <= status <= 599:
        raise BadLine("response.status is no status")
    answered = Answered(
        status, _headers(response), read_body(response), None if events is None else _events(events),
        _number(response, "missing_bytes", 0),
    )  # fmt: skip
    ms = document.get("ms")
    if isinstance(ms, bool) or not isinstance(ms, int | float):
        raise BadLine("ms is no number")
    return Call(
        _number(document, "call"), _text(document, "at"), float(ms), _number(document, "after"), asked, answered,
        _number(request, "missing_bytes", 0),
    )  # fmt: skip


def read_body(holder: Mapping[str, Any]) -> bytes:
    """Return the body, whatever key it stands under. Raises `BadLine`."""
    for key, layout in LAYOUTS.items():
        if key in holder:
            return json.dumps(holder[key], **layout).encode("utf-8", "surrogatepass")
    if "text" in holder:
        return _text(holder, "text").encode("utf-8", "surrogatepass")
    if "base64" in holder:
        try:
            return base64.b64decode(_text(holder, "base64"), validate=True)
        except ValueError:
            raise BadLine("base64 is none") from None
    return b""


def _object(holder: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = holder.get(key)
    if not isinstance(found, dict):
        raise BadLine(f"{key} is no object")
    return found


def _text(holder: Mapping[str, Any], key: str) -> str:
    found = holder.get(key)
    if not isinstance(found, str):
        raise BadLine(f"{key} is no text")
    return found


def _number(holder: Mapping[str, Any], key: str, default: int | None = None) -> int:
    found = holder.get(key, default)
    if isinstance(found, bool) or not isinstance(found, int) or found < 0:
        raise BadLine(f"{key} is no whole number")
    return found


def _query(given: Any) -> Query:
    if not isinstance(given, list):
        raise BadLine("request.query is no list")
    for pair in given:
        if not isinstance(pair, list) or len(pair) not in (1, 2) or not all(isinstance(one, str) for one in pair):
            raise BadLine("request.query is no list of names and values")
    return tuple(tuple(pair) for pair in given)


def _headers(holder: Mapping[str, Any]) -> Headers:
    found: list[tuple[str, str]] = []
    for name, given in _object(holder, "headers").items():
        for value in given if isinstance(given, list) else [given]:
            if not isinstance(value, str) or not _HEADER_NAME.match(name) or not _HEADER_VALUE.match(value):
                raise BadLine(f"{name[:50]!r} is no header, or has a value that is none")
            found.append((name, value))
    return tuple(found)


def _events(given: Any) -> tuple[Event, ...]:
    if not isinstance(given, list):
        raise BadLine("response.events is no list")
    found = []
    for one in given:
        ms = one.get("ms") if isinstance(one, dict) else None
        if isinstance(ms, bool) or not isinstance(ms, int | float):
            raise BadLine("an event has no ms")
        found.append(Event(_number(one, "after"), float(ms), _text(one, "text")))
    return tuple(found)
