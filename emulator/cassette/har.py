"""A cassette as HAR 1.2, the form of browsers' network tools (http://www.softwareishard.com/blog/har-12-spec/)."""

import base64
from typing import Any

from .file import Cassette
from .form import Call, Headers


def document(cassette: Cassette) -> dict[str, Any]:
    """Return the HAR document. Event streams are their texts; what HAR has no word for stands under ``_chatlift``."""
    name, _, version = cassette.heading.program.partition(" ")
    return {
        "log": {
            "version": "1.2",
            "creator": {"name": name, "version": version},
            "entries": [_entry(call) for call in cassette.calls],
        }
    }


def _entry(call: Call) -> dict[str, Any]:
    asked, answered = call.asked, call.answered
    query = "&".join("=".join(pair) for pair in asked.query)
    events = "".join(one.text for one in answered.events or ()).encode()
    request: dict[str, Any] = {
        "method": asked.method,
        "url": f"https://org.invalid{asked.path}{'?' if query else ''}{query}",
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": _headers(asked.headers),
        "queryString": [{"name": pair[0], "value": pair[1] if len(pair) > 1 else ""} for pair in asked.query],
        "headersSize": -1,
        "bodySize": len(asked.body),
    }
    if asked.body:
        request["postData"] = {"mimeType": asked.content_type, "text": asked.body.decode(errors="replace")}
    return {
        "startedDateTime": call.at,
        "time": call.ms,
        "request": request,
        "response": {
            "status": answered.status,
            "statusText": "",
            "httpVersion": "HTTP/1.1",
            "cookies": [],
            "headers": _headers(answered.headers),
            "content": _content(answered.body or events, answered.content_type),
            "redirectURL": "",
            "headersSize": -1,
            "bodySize": len(answered.body or events),
        },
        "cache": {},
        "timings": {"send": 0, "wait": call.ms, "receive": 0},
        "_chatlift": {"call": call.number, "after": call.after},
    }


def _headers(headers: Headers) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in headers]


def _content(body: bytes, content_type: str) -> dict[str, Any]:
    try:
        return {"size": len(body), "mimeType": content_type, "text": body.decode()}
    except UnicodeDecodeError:
        encoded = base64.b64encode(body).decode()
        return {"size": len(body), "mimeType": content_type, "text": encoded, "encoding": "base64"}
