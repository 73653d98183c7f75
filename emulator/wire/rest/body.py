"""The body of a REST request: its bounds, its encodings, its JSON, and the complaints about each."""

import codecs
import zlib
from typing import Any, Final

import orjson
from flask import Request
from werkzeug.http import parse_options_header

from ...errors import OrgError
from ..exchange import MAX_BODY_BYTES, body_of, is_packed, unpacked
from . import markup
from .call import Call
from .jackson import Path, Place, Token, fault, field, root
from .multipart import MAX_MULTIPART_BYTES, MULTIPART, parts

ATTRIBUTES: Final = "attributes"
"""What every record of an answer carries beside its fields. Sent back in a body it is passed over: the reader of collections
and trees, which asks for it, is the same (a guess for single rows: no answer was found that refuses it)."""
USUAL_TYPE: Final = "application/json"
JSON_TYPES: Final = frozenset({"", "application/json", "text/json"})
MISSING: Final = "The HTTP entity body is required, but this request has no entity body."
"""Seen in the answers that several public REST test suites expect of a real org."""
TOO_LARGE: Final = (
    "; nested exception is: \n\tcommon.exception.ApiException: Maximum size of request reached. "
    f"Maximum size of request is {MAX_BODY_BYTES} bytes."
)
"""Recorded in SalesforceMobileSDK-iOS#3575, with JSON_PARSER_ERROR."""


def parser_error(message: str) -> OrgError:
    return OrgError("JSON_PARSER_ERROR", message)


def read(request: Request) -> bytes:
    """Return the request's body, unzipped when it came as gzip. Raises JSON_PARSER_ERROR above the size bound."""
    is_multipart = request.environ.get("CONTENT_TYPE", "").startswith(MULTIPART)
    raw = body_of(request, MAX_MULTIPART_BYTES if is_multipart else MAX_BODY_BYTES)
    if raw is None:
        raise parser_error(TOO_LARGE)
    if raw and is_packed(request):
        return unzip(raw)
    return raw


def unzip(raw: bytes) -> bytes:
    plain = bytearray()
    try:
        for piece in unpacked([raw]):
            plain += piece
            if len(plain) > MAX_BODY_BYTES:
                raise parser_error(TOO_LARGE)
    except zlib.error as error:
        raise parser_error("Not in GZIP format") from error
    return bytes(plain)


def values(call: Call) -> dict[str, Any]:
    """Return the fields of a record given as JSON, as XML, or as JSON with files beside it; without its ``attributes``."""
    content_type = call.environ.get("CONTENT_TYPE", "")
    if content_type.startswith(MULTIPART):
        raw, contents = parts(call.raw, parse_options_header(content_type)[1])
        loaded = parsed(raw) | contents
    elif content_type.partition(";")[0].strip().lower() in markup.XML_TYPES:
        if not call.raw.strip():
            raise parser_error(MISSING)
        loaded = markup.record(call.raw)
    else:
        loaded = document(call)
    if isinstance(loaded.get(ATTRIBUTES), dict):
        del loaded[ATTRIBUTES]
    return loaded


def document(call: Call) -> dict[str, Any]:
    """Return a body that is a JSON object.

    Raises UNSUPPORTED_MEDIA_TYPE for a body of another type ("MediaType of 'x' is not supported by this resource",
    kevinohara80/nforce#74) and JSON_PARSER_ERROR for one that is no object. Of a name given twice the last counts, as it
    does for Jackson (a guess: no recorded answer was found).
    """
    raw = call.raw
    content_type = call.environ.get("CONTENT_TYPE", "")
    if content_type != USUAL_TYPE:
        raw = as_utf8(content_type, raw)
    return parsed(raw)


def parsed(raw: bytes) -> dict[str, Any]:
    """Return a JSON object in UTF-8. Raises JSON_PARSER_ERROR."""
    if not raw.strip():
        raise parser_error(MISSING)
    try:
        loaded = orjson.loads(raw.removeprefix(codecs.BOM_UTF8))
    except orjson.JSONDecodeError as error:
        raise parser_error(complaint(raw, error)) from error
    if not isinstance(loaded, dict):
        token = root(text(raw))
        place = token.place if token else Place(1, 1)
        name = token.name if token else "VALUE_NULL"
        # The START_ARRAY form stands in the tests of WWW::Salesforce; the others are the same sentence.
        raise parser_error(f"Can not deserialize SObject out of {name} token at {place}")
    return loaded


def as_utf8(content_type: str, raw: bytes) -> bytes:
    """Return a body of a JSON type in UTF-8, whatever encoding it says. Raises UNSUPPORTED_MEDIA_TYPE for another type."""
    media_type, parameters = parse_options_header(content_type)
    media_type = media_type.lower()
    if media_type not in JSON_TYPES:
        raise OrgError("UNSUPPORTED_MEDIA_TYPE", f"MediaType of '{media_type}' is not supported by this resource")
    charset = parameters.get("charset", "utf-8").lower()
    return raw if charset in ("utf-8", "utf8") else text(raw, charset).encode(errors="surrogatepass")


def text(raw: bytes, charset: str = "utf-8") -> str:
    """Return a body as text. Raises JSON_PARSER_ERROR when it is not of that encoding or the encoding is unknown."""
    try:
        return raw.decode("utf-8-sig" if charset.lower() in ("utf-8", "utf8") else charset)
    except LookupError as error:
        raise parser_error(f"Unsupported encoding: {charset}") from error
    except UnicodeError as error:
        raise parser_error(invalid_utf8(raw, error)) from error


def invalid_utf8(raw: bytes, error: UnicodeError) -> str:
    """Return Jackson's complaint about bytes that are no UTF-8."""
    at = error.start if isinstance(error, UnicodeDecodeError) else 0
    before = raw[:at].decode(errors="replace")
    line = before.count("\n") + 1
    column = len(before) - (before.rfind("\n") + 1) + 1
    return f"Invalid UTF-8 start byte 0x{raw[at]:x} at {Place(line, column)}"


def complaint(raw: bytes, error: orjson.JSONDecodeError) -> str:
    """Return what Jackson says about a body that orjson refused."""
    found = fault(text(raw))
    if found is not None:
        return f"{found.message} at {found.place}"
    # Jackson reads a lone surrogate or a number beyond every double; we cannot keep either, so the parser's own words stand here.
    return f"{error.msg} at {Place(error.lineno, error.colno)}"


def misfit(raw: bytes, name: str, value: Any, type_name: str, path: Path = ()) -> str:
    """Return the complaint about a field whose JSON value does not fit its type, with the place in the body.

    The path leads to the record in a body that holds several.

    Recorded forms: restforce#619 and #897 (VALUE_STRING), SalesforceMobileSDK-ReactNative#194 (START_OBJECT) and
    verbb/formie#2124 (START_ARRAY, which lacks the second half).
    """
    token = field(raw.decode(errors="replace"), name, path) or stand_in(value)
    if token.name == "START_ARRAY":
        return f"Cannot deserialize instance of {type_name} from START_ARRAY value {token.place}"
    return (
        f"Cannot deserialize instance of {type_name} from {token.name} value {token.text} "
        f"or request may be missing a required field at {token.place}"
    )


def stand_in(value: Any) -> Token:
    """Return a token for a value whose place in the body is not known (it came in another encoding)."""
    names = {
        bool: "VALUE_TRUE",
        int: "VALUE_NUMBER_INT",
        float: "VALUE_NUMBER_FLOAT",
        list: "START_ARRAY",
        dict: "START_OBJECT",
    }
    name = "VALUE_FALSE" if value is False else names.get(type(value), "VALUE_STRING")
    shown = {"START_OBJECT": "{", "VALUE_TRUE": "true", "VALUE_FALSE": "false"}.get(name, str(value))
    return Token(name, shown, Place(-1, -1))
