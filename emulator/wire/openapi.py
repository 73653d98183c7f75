"""Our own APIs as OpenAPI 3.1 documents, made from short descriptions that stand beside the calls.

A shape is written as what it describes: ``{"now": "time", "frozen": "boolean", "tick_seconds?": "number"}``. Words are ``text``, ``time``
(ISO 8601), ``integer``, ``number``, ``boolean`` and ``any``, with ``?`` behind it where null may stand; ``=A|B`` is one of these words; ``[shape]`` is a list;
a key with ``?`` behind it may be missing, and ``...`` says of what shape any other keys are. A `Named` shape is written once and referred to.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from ... import __version__

Shape = Any
JSON: Final = "application/json"
WORDS: Final[Mapping[str, Mapping[str, Any]]] = {
    "text": {"type": "string"},
    "time": {"type": "string", "format": "date-time"},
    "integer": {"type": "integer"},
    "number": {"type": "number"},
    "boolean": {"type": "boolean"},
    "any": {},
}
REST_OF_KEYS: Final = "..."
METHODS: Final = ("GET", "PUT", "POST", "DELETE")


@dataclass(frozen=True, slots=True)
class Named:
    """A shape with a name of its own."""

    name: str
    shape: Shape


@dataclass(frozen=True, slots=True)
class Described:
    """What a call does, takes and answers. ``file`` is the content type of a body or an answer that is no JSON."""

    does: str
    answer: Shape = field(default_factory=dict)
    body: Shape = None
    query: Mapping[str, str] = field(default_factory=dict)
    file: str = ""


_BRACES: Final = re.compile(r"\{([^}]+)\}")
Descriptions = Mapping[tuple[str, str], Described]
"""(method, path) -> description."""
ERROR: Final = Named("Errors", [{"errorCode": "text", "message": "text"}])


def document(title: str, about: str, prefix: str, described: Descriptions) -> dict[str, Any]:
    """Return the OpenAPI document of one API, whose paths stand below a prefix."""
    named: dict[str, Any] = {}
    paths: dict[str, dict[str, Any]] = {}
    for (method, path), one in sorted(described.items(), key=lambda item: (item[0][1], METHODS.index(item[0][0]))):
        path = _BRACES.sub(_one_word, path)
        paths.setdefault(f"{prefix}/{path}", {})[method.lower()] = _operation(method, path, one, named)
    return {
        "openapi": "3.1.0",
        "info": {"title": title, "version": __version__, "description": about},
        "paths": paths,
        "components": {
            "schemas": dict(sorted(named.items())),
            "securitySchemes": {
                "token": {
                    "type": "apiKey",
                    "in": "header",
                    "name": "X-Chatlift-Token",
                    "description": "Needed off loopback, behind a proxy and under --strict-auth.",
                }
            },
        },
        "security": [{}, {"token": []}],
    }


def _one_word(found: re.Match[str]) -> str:
    """``{id or name}`` is ``{idOrName}``."""
    first, *more = found[1].split()
    return "{" + first + "".join(word.capitalize() for word in more) + "}"


def _operation(method: str, path: str, one: Described, named: dict[str, Any]) -> dict[str, Any]:
    words = [
        {"name": word, "in": "path", "required": True, "schema": {"type": "string"}} for word in _BRACES.findall(path)
    ]
    asked = [
        {"name": name, "in": "query", "description": text, "schema": {"type": "string"}}
        for name, text in one.query.items()
    ]
    operation: dict[str, Any] = {"operationId": operation_id(method, path), "summary": one.does}
    if words or asked:
        operation["parameters"] = [*words, *asked]
    if one.body is not None:
        content = {"schema": schema(one.body, named)}
        operation["requestBody"] = {"content": {one.file or JSON: content}}
    is_file = one.file and one.body is None
    answer = {"schema": {"type": "string", "format": "binary"} if is_file else schema(one.answer, named)}
    operation["responses"] = {
        "200": {"description": "Done.", "content": {one.file if is_file else JSON: answer}},
        "default": {"description": "Refused.", "content": {JSON: {"schema": schema(ERROR, named)}}},
    }
    return operation


def operation_id(method: str, path: str) -> str:
    """Return the name of a call: ``GET clock`` is ``getClock``."""
    words = re.findall(r"[A-Za-z]+", path)
    return method.lower() + "".join(word[0].upper() + word[1:] for word in words)


def schema(shape: Shape, named: dict[str, Any]) -> dict[str, Any]:
    """Return the JSON Schema of a shape; named ones are put into ``named``."""
    if isinstance(shape, Named):
        if shape.name not in named:
            named[shape.name] = {}  # a shape may hold itself
            named[shape.name] = schema(shape.shape, named)
        return {"$ref": f"#/components/schemas/{shape.name}"}
    if isinstance(shape, str):
        return _word(shape)
    if isinstance(shape, list):
        return {"type": "array", "items": schema(shape[0], named)}
    keys = {key.removesuffix("?"): schema(value, named) for key, value in shape.items() if key != REST_OF_KEYS}
    rest = schema(shape[REST_OF_KEYS], named) if REST_OF_KEYS in shape else False
    needed = [key for key in shape if key != REST_OF_KEYS and not key.endswith("?")]
    found: dict[str, Any] = {"type": "object", "properties": keys, "additionalProperties": rest}
    return found | {"required": needed} if needed else found


def _word(word: str) -> dict[str, Any]:
    if word.startswith("="):
        return {"enum": word[1:].split("|")}
    found = dict(WORDS[word.removesuffix("?")])
    return found | {"type": [found["type"], "null"]} if word.endswith("?") else found
