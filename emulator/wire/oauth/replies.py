"""Answers in the forms that a client may ask for: JSON, XML, a query string, a page, a way back."""

import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote, urlencode
from xml.sax.saxutils import escape

import orjson
from flask import Response

from ..exchange import PlainResponse
from .errors import Refused

JSON: Final = "application/json;charset=UTF-8"
CONTENT_TYPES: Final = {
    "json": JSON,
    "xml": "application/xml;charset=UTF-8",
    "urlencoded": "application/x-www-form-urlencoded;charset=UTF-8",
}
ACCEPTED: Final = {
    "application/json": "json",
    "application/xml": "xml",
    "text/xml": "xml",
    "application/x-www-form-urlencoded": "urlencoded",
}
DECLARATION: Final = '<?xml version="1.0" encoding="UTF-8"?>'
SCHEMA_INSTANCE: Final = "http://www.w3.org/2001/XMLSchema-instance"
NOT_IN_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
NO_CACHE: Final = (("Cache-Control", "no-cache, no-store"), ("Pragma", "no-cache"))
PAGE_HEADERS: Final = (
    *NO_CACHE,
    ("Content-Type", "text/html;charset=UTF-8"),
    (
        "Content-Security-Policy",
        "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'",
    ),
    ("X-Frame-Options", "DENY"),
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "no-referrer"),
)


def wanted_format(form: Mapping[str, str], accept: str) -> str:
    """Return json, xml or urlencoded: the parameter ``format``, or else the first known type of the Accept header.

    Raises `Refused` for another ``format``; whether the platform does is not known.
    """
    if "format" in form:
        asked = form["format"].lower()
        if asked not in CONTENT_TYPES:
            raise Refused("invalid_request", "format not supported")
        return asked
    return ACCEPTED.get(accept.partition(",")[0].partition(";")[0].strip().lower(), "json")


def reply(body: Mapping[str, Any], format_: str = "json", root: str = "OAuth", status: int = 200) -> Response:
    """Return an answer that no cache may keep."""
    if format_ == "xml":
        content = xml(root, body).encode()
    elif format_ == "urlencoded":
        content = urlencode(body, quote_via=quote).encode()
    else:
        content = orjson.dumps(body)
    response = Response(content, status, content_type=CONTENT_TYPES[format_])
    response.headers.extend(NO_CACHE)
    return response


def empty() -> Response:
    """Return 200 without a body."""
    response = Response(b"", 200, content_type=JSON)
    response.headers.extend(NO_CACHE)
    return response


def page(html: str, status: int = 200) -> Response:
    """Return a page that runs no script and stands in no frame."""
    body = html.encode()
    return PlainResponse([body], status, [*PAGE_HEADERS, ("Content-Length", str(len(body)))])


def sent_to(location: str) -> Response:
    """Return a redirect, its address exactly as given."""
    return PlainResponse(status=302, headers=[*NO_CACHE, ("Location", location), ("Referrer-Policy", "no-referrer")])


def with_parameters(uri: str, parameters: Mapping[str, str], in_fragment: bool = False) -> str:
    """Return an address with parameters, empty ones left out, in its query or in a fragment."""
    text = urlencode({name: value for name, value in parameters.items() if value}, quote_via=quote)
    if not text:
        return uri
    if in_fragment:
        return f"{uri}#{text}"
    return f"{uri}{'&' if '?' in uri else '?'}{text}"


def xml(root: str, body: Mapping[str, Any]) -> str:
    """Return values as an XML document; the root of OAuth's own answers has no attributes, None is nil."""
    inner = "".join(element(name, value) for name, value in body.items())
    attributes = f' xmlns:xsi="{SCHEMA_INSTANCE}"' if "xsi:nil" in inner else ""
    return f"{DECLARATION}<{root}{attributes}>{inner}</{root}>"


def element(name: str, value: Any) -> str:
    if value is None:
        return f'<{name} xsi:nil="true"/>'
    if isinstance(value, Mapping):
        return f"<{name}>{''.join(element(key, inner) for key, inner in value.items())}</{name}>"
    text = str(value).lower() if isinstance(value, bool) else NOT_IN_XML.sub("\ufffd", str(value))
    return f"<{name}>{escape(text)}</{name}>"
