"""When two requests are the same: by method, path, query in any order, and body by what it says, whatever secrets they carry.

Ids that a client makes anew in each run (UUIDs, as clients of enhanced chat do) may be other ones: `Shape` has them apart.
"""

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final
from urllib.parse import parse_qsl, unquote, unquote_plus

from lxml import etree

from .form import Asked
from .secrets import HIDDEN, SECRET_NAME, emails_hidden, is_secret, secrets_hidden, shapes_hidden

UUID: Final = re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", re.IGNORECASE)
_SLASHES: Final = re.compile(r"/{2,}")
_FORM: Final = "application/x-www-form-urlencoded"
_JSON_NAME: Final = SECRET_NAME
_BOUNDARY: Final = re.compile(r'boundary="?([^";,]{1,200})"?', re.IGNORECASE)
SHOWN: Final = 80
"""Characters of a value in an explanation."""


@dataclass(frozen=True)
class Shape:
    """A request as it is compared. address: method and path; body: a text that two bodies share which say the same."""

    method: str
    path: str
    query: tuple[tuple[str, ...], ...]
    body: str

    @cached_property
    def loose(self) -> tuple[str, str, str]:
        """Method, path, and the rest, with all UUIDs alike: what requests are found by."""
        rest = UUID.sub("?", json.dumps([self.query, self.body]))
        return self.method, UUID.sub("?", self.path), rest

    @cached_property
    def uuids(self) -> tuple[str, ...]:
        """The UUIDs in it, in order."""
        return tuple(UUID.findall(json.dumps([self.path, self.query, self.body])))


def shape(asked: Asked, *, hide_emails: bool = False) -> Shape:
    """Return a request as it is compared. hide_emails: whether addresses are all the same."""
    hide = emails_hidden if hide_emails else str
    path = _SLASHES.sub("/", unquote(asked.path)).rstrip("/") or "/"
    # The query of a SOAP call says nothing: simple-salesforce has one that comes of how it is told another host.
    given = () if path.startswith("/services/Soap/") and asked.method == "POST" else asked.query
    query = sorted((hide(pair[0]), *(hide(_value(pair[0], one)) for one in pair[1:])) for pair in given)
    return Shape(asked.method, hide(shapes_hidden(path)), tuple(query), hide(_body(asked.body, asked.content_type)))


def query_of(text: str) -> tuple[tuple[str, ...], ...]:
    """Return a query string as names and values; a name without ``=`` stands alone."""
    pairs = (pair.partition("=") for pair in text.split("&") if pair)
    return tuple(
        (unquote_plus(name), unquote_plus(value)) if equals else (unquote_plus(name),) for name, equals, value in pairs
    )


def _value(name: str, value: str) -> str:
    return HIDDEN if SECRET_NAME.fullmatch(name) and is_secret(value) else shapes_hidden(value)


def _body(body: bytes, content_type: str) -> str:
    boundary = _BOUNDARY.search(content_type)
    if boundary:
        body = body.replace(boundary[1].encode(), b"boundary")
    if not body:
        return ""
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return hashlib.sha256(body).hexdigest()
    if content_type.lower().startswith(_FORM):
        pairs = parse_qsl(text, keep_blank_values=True, errors="replace")
        return json.dumps(sorted([name, _value(name, value)] for name, value in pairs))
    if text.lstrip()[:1] in ("{", "["):
        try:
            return json.dumps(_json(json.loads(text)), sort_keys=True)
        except (ValueError, RecursionError):
            return secrets_hidden(text)
    if text.lstrip()[:1] == "<":
        found = _xml(body)
        if found is not None:
            return found
    return secrets_hidden(text)


def _json(value: Any, name: str = "") -> Any:
    if isinstance(value, dict):
        return {key: _json(one, key) for key, one in value.items()}
    if isinstance(value, list):
        return [_json(one, name) for one in value]
    if isinstance(value, str):
        secret = name != "code" and SECRET_NAME.fullmatch(name) and is_secret(value)
        return HIDDEN if secret else shapes_hidden(value)
    return value


def _xml(body: bytes) -> str | None:
    """Return a document whatever its prefixes, its order of attributes and the white space between its elements are."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True)
    try:
        return json.dumps(_element(etree.fromstring(body, parser)))
    except (etree.XMLSyntaxError, ValueError, RecursionError):
        return None


def _element(element: Any) -> list[Any]:
    name = etree.QName(element).localname if isinstance(element.tag, str) else ""
    text = (element.text or "").strip() if len(element) else element.text or ""
    if SECRET_NAME.fullmatch(name) and is_secret(text):
        text = HIDDEN
    attributes = sorted((str(key), str(value)) for key, value in element.attrib.items())
    return [
        str(element.tag),
        attributes,
        shapes_hidden(text),
        [_element(child) for child in element if isinstance(child.tag, str)],
    ]


# --- explanations -------------------------------------------------------------------------------------------------------


def unlike(asked: Shape, recorded: Shape) -> str:
    """Return in which way a request is not a recorded one, in a few words; empty when it is."""
    found = [*_unlike_queries(asked, recorded)]
    if asked.method != recorded.method:
        found.insert(0, f"the method is {recorded.method}")
    if UUID.sub("?", asked.path) != UUID.sub("?", recorded.path):
        found.insert(0, f"the path is {recorded.path}")
    if UUID.sub("?", asked.body) != UUID.sub("?", recorded.body):
        found.append(_unlike_bodies(asked.body, recorded.body))
    return "; ".join(found)


def _unlike_queries(asked: Shape, recorded: Shape) -> Iterator[str]:
    ours, theirs = ({pair[0]: pair[1] if len(pair) > 1 else "" for pair in one.query} for one in (asked, recorded))
    for name in sorted(ours.keys() | theirs.keys()):
        if name not in theirs:
            yield f"it has no {name}"
        elif name not in ours:
            yield f"it has {name}={_short(theirs[name])}"
        elif UUID.sub("?", ours[name]) != UUID.sub("?", theirs[name]):
            yield f"its {name} is {_short(theirs[name])}"


def _unlike_bodies(ours: str, theirs: str) -> str:
    if not ours or not theirs:
        return "it has a body" if theirs else "it has no body"
    try:
        place = next(_places(json.loads(ours), json.loads(theirs), "$"))
    except (ValueError, RecursionError, StopIteration):
        start = next(
            (at for at, (a, b) in enumerate(zip(ours, theirs, strict=False)) if a != b), min(len(ours), len(theirs))
        )
        return f"its body has {_short(theirs[max(0, start - 10) :])} at {start}"
    return f"its body has {place}"


def _places(ours: Any, theirs: Any, at: str) -> Iterator[str]:
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for key in sorted(ours.keys() | theirs.keys()):
            if key not in ours:
                yield f"{at}.{key} = {_short(theirs[key])}"
            elif key not in theirs:
                yield f"no {at}.{key}"
            else:
                yield from _places(ours[key], theirs[key], f"{at}.{key}")
    elif isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        for place, (one, other) in enumerate(zip(ours, theirs, strict=True)):
            yield from _places(one, other, f"{at}[{place}]")
    elif ours != theirs and not (
        isinstance(ours, str) and isinstance(theirs, str) and UUID.sub("?", ours) == UUID.sub("?", theirs)
    ):
        yield f"{at} = {_short(theirs)}"


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return repr(text if len(text) <= SHOWN else f"{text[:SHOWN]}…")
