"""Compare two answers to the same call: status, headers that clients go by, and bodies by what they say.

What cannot be equal in two orgs is compared by rule: record ids and UUIDs stand for the same things all through and have the same
type, times have the same form, tokens are there, counters are numbers.
"""

import csv
import io
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qsl

from lxml import etree

from ..cassette.form import Headers, header
from ..cassette.secrets import shapes_hidden
from .names import CUSTOM, ID, STAND_IN, TIME, UUID, Names, is_id

HEADERS: Final = (
    "content-type", "location", "sforce-limit-info", "sforce-locator", "sforce-numberofrecords", "www-authenticate", "retry-after",
    "allow", "warning", "content-disposition",
)  # fmt: skip
"""Headers that clients go by."""
COUNTERS: Final = frozenset({
    "Remaining", "apexProcessingTime", "apiActiveProcessingTime", "issued_at", "totalProcessingTime", "total_processing_time",
    "offset", "estimatedWaitTime", "serverTimestamp", "transcriptedTimestamp", "timestamp", "clientPollTimeout", "exp", "iat", "nbf",
    "retries", "cardinality", "relativeCost", "sobjectCardinality",
})  # fmt: skip
"""Keys of numbers that tell of the moment or of an org's size; of them the type alone is compared."""
STATES: Final = ("Open", "UploadComplete", "Queued", "InProgress", "JobComplete", "Completed")
"""A bulk job may be further on than it was when somebody asked then."""
STATE_KEYS: Final = frozenset({"state", "stateMessage"})
KINDS: Final[tuple[tuple[Any, str], ...]] = (
    (bool, "boolean"), ((int, float), "number"), (str, "text"), (dict, "object"), (list, "list"),
)  # fmt: skip
LONGEST: Final = 200
_FORM: Final = "application/x-www-form-urlencoded"
_DIGITS: Final = re.compile(r"\d+")
_MASKED: Final = re.compile(rf"{STAND_IN.pattern}|{UUID.pattern}|{TIME.pattern}|{ID.pattern}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Side:
    """One answer."""

    status: int
    headers: Headers
    body: bytes

    @property
    def content_type(self) -> str:
        return header(self.headers, "content-type").lower().replace(" ", "").replace('"', "")


@dataclass(frozen=True, slots=True)
class Gap:
    """One difference. at: ``status``, ``header …`` or a place in the body, ``$.records[0].Name``. None: nothing is there.

    kind: missing (in the emulated answer), extra (there), type, value, form (of a time), length, name (an id that stood for another record).
    """

    at: str
    kind: str
    recorded: Any
    emulated: Any


def gaps(recorded: Side, emulated: Side, names: Names) -> Iterator[Gap]:
    """Yield the differences of two answers, and let `names` learn from them."""
    if recorded.status != emulated.status:
        yield Gap("status", "value", recorded.status, emulated.status)
    yield from _header_gaps(recorded, emulated, names)
    ours, theirs = parsed(recorded.body, recorded.content_type), parsed(emulated.body, emulated.content_type)
    try:
        yield from list(_values(ours, theirs, "$", "", names))
    except RecursionError:
        yield Gap("$", "value", "nested too deeply to be compared", "")


def _header_gaps(recorded: Side, emulated: Side, names: Names) -> Iterator[Gap]:
    for name in HEADERS:
        ours, theirs = header(recorded.headers, name), header(emulated.headers, name)
        at = f"header {name}"
        if name == "content-type":
            ours, theirs = recorded.content_type, emulated.content_type
        if name == "sforce-limit-info":  # api-usage=18/5000: the form counts
            ours, theirs = _DIGITS.sub("9", ours), _DIGITS.sub("9", theirs)
        if ours and not theirs:
            yield Gap(at, "missing", ours, None)
        elif theirs and not ours:
            yield Gap(at, "extra", None, theirs)
        else:
            yield from _texts(ours, theirs, at, names)


def parsed(body: bytes, content_type: str) -> Any:
    """Return a body as values, lists and mappings, whatever its form."""
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        return {"bytes": len(body)}
    if not text.strip():
        return None
    start = text.lstrip()[:1]
    if start in ("{", "["):
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            return text
    if start == "<" and "html" not in content_type:
        parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True)
        try:
            root = etree.fromstring(text.encode(), parser)
        except (etree.XMLSyntaxError, ValueError):
            return text
        return {etree.QName(root).localname: _element(root, "")}
    if content_type.startswith("text/csv"):
        return _table(text)
    if content_type.startswith(_FORM):
        return dict(parse_qsl(text, keep_blank_values=True))
    return text


def _element(element: Any, inside: str) -> Any:
    """Return an element as a mapping: its attributes, its namespace where it is another one, its children by name, in lists."""
    name = etree.QName(element)
    found: dict[str, Any] = {f"@{etree.QName(key).localname}": value for key, value in element.attrib.items()}
    if name.namespace and name.namespace != inside:
        found["@namespace"] = name.namespace
    children = [child for child in element if isinstance(child.tag, str)]
    for child in children:
        found.setdefault(etree.QName(child).localname, []).append(_element(child, name.namespace or inside))
    text = element.text or ""
    if children or not found:
        return found or text
    return found | ({"#text": text} if text else {})


def _table(text: str) -> Any:
    try:
        rows = list(csv.reader(io.StringIO(text, newline="")))
    except csv.Error:
        return text
    return {"columns": rows[0], "rows": rows[1:]} if rows else text


def _values(ours: Any, theirs: Any, at: str, key: str, names: Names) -> Iterator[Gap]:
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for name in [*ours, *(name for name in theirs if name not in ours)]:
            place = f"{at}.{name}"
            if name not in theirs:
                yield Gap(place, "missing", _shown(ours[name]), None)
            elif name not in ours:
                yield Gap(place, "extra", None, _shown(theirs[name]))
            else:
                yield from _values(ours[name], theirs[name], place, name, names)
    elif isinstance(ours, list) and isinstance(theirs, list):
        for number, (one, other) in enumerate(zip(ours, theirs, strict=False)):
            yield from _values(one, other, f"{at}[{number}]", key, names)
        if len(ours) != len(theirs):
            yield Gap(at, "length", len(ours), len(theirs))
    elif _kind(ours) != _kind(theirs):
        yield Gap(at, "type", _shown(ours), _shown(theirs))
    elif isinstance(ours, str):
        if key in STATE_KEYS and ours in STATES and theirs in STATES:
            if STATES.index(theirs) < STATES.index(ours):
                yield Gap(at, "value", ours, theirs)
        elif not (key in COUNTERS and ours.isdecimal() and theirs.isdecimal()):
            yield from _texts(ours, theirs, at, names)
    elif ours != theirs and not (key in COUNTERS and _kind(ours) == "number"):
        yield Gap(at, "value", ours, theirs)


def _kind(value: Any) -> str:
    for kind, name in KINDS:
        if isinstance(value, kind):
            return name
    return "null"


def _texts(ours: str, theirs: str, at: str, names: Names) -> Iterator[Gap]:
    if STAND_IN.fullmatch(ours):
        if theirs:
            names.bind_secret(ours, theirs)
        else:
            yield Gap(at, "missing", "a secret", "")
        return
    if ours == theirs and not _MASKED.search(ours):
        return
    parts, others = _MASKED.findall(ours), _MASKED.findall(theirs)
    if _MASKED.sub("\0", ours) != _MASKED.sub("\0", theirs) or len(parts) != len(others):
        if names.emulated(ours) != theirs:
            yield Gap(at, "value", _shown(ours), _shown(theirs))
        return
    for one, other in zip(parts, others, strict=True):
        kind = _unlike(one, other, names)
        if kind:
            yield Gap(at, kind, _shown(ours), _shown(theirs))
            return


def _unlike(one: str, other: str, names: Names) -> str:
    """Return the kind of difference between two words that need not be equal; empty when they go together."""
    if STAND_IN.fullmatch(one):
        names.bind_secret(one, other)
        return ""
    if TIME.fullmatch(one) or TIME.fullmatch(other):
        return "" if _DIGITS.sub("9", one) == _DIGITS.sub("9", other) else "form"
    if UUID.fullmatch(one):
        return "" if UUID.fullmatch(other) and names.binds(one, other) else "name"
    if is_id(one) and is_id(other) and len(one) == len(other):
        is_own = one.startswith(CUSTOM) and other.startswith(CUSTOM)
        if one[:3] != other[:3] and not is_own:
            return "value"
        return "" if names.binds(one, other) else "name"
    return "" if one == other else "value"


def _shown(value: Any) -> Any:
    if isinstance(value, str):
        text = shapes_hidden(value)
        return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
    if isinstance(value, dict | list):
        text = shapes_hidden(json.dumps(value, ensure_ascii=False))
        return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
    return value
