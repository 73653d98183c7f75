"""How the bodies of batches, trees and collections are read: JSON, XML, or JSON with files beside it.

XML: REST guide, "sObject Tree Request Body", shows ``records`` once for each record, with ``type`` and ``referenceId`` as attributes.
Of collections and batches the guide names no more than the formats and the root ``batch``; here they are written in the same manner,
and the parts of a batch may also stand inside one ``batchRequests`` (both a guess). Files: "Insert or Update Blob Data".
"""

from dataclasses import replace
from typing import Any, Final

from lxml import etree
from werkzeug.http import parse_options_header

from ....errors import OrgError
from .. import markup
from ..body import document, parsed
from ..call import Call
from ..multipart import MULTIPART, parts
from .request import malformed

PART_NAME: Final = "binaryPartName"
PART_ALIAS: Final = "binaryPartNameAlias"
LISTS: Final = frozenset({"batchRequests", "fields", "ids", "records"})
"""Elements that are one of several, even where there is one alone."""

Contents = dict[str, str]
"""The base64 text of each file, by the name of its part."""


def read(call: Call) -> tuple[Call, dict[str, Any], Contents]:
    """Return the call with nothing but its document for a body, the document, and the files beside it.

    Raises JSON_PARSER_ERROR, XML_PARSER_ERROR, INVALID_MULTIPART_REQUEST and UNSUPPORTED_MEDIA_TYPE.
    """
    content_type = call.environ.get("CONTENT_TYPE", "")
    if content_type.startswith(MULTIPART):
        raw, contents = parts(call.raw, parse_options_header(content_type)[1])
        return replace(call, raw=raw), parsed(raw), contents
    if content_type.partition(";")[0].strip().lower() in markup.XML_TYPES and call.raw.strip():
        return call, read_xml(call.raw), {}
    return call, document(call), {}


def with_file(values: dict[str, Any], named: Any, contents: Contents) -> dict[str, Any]:
    """Return the fields of a record with the file that ``named`` says belongs to one of them.

    Both names or none (REST guide, "Batch Request Body"); the sentences of the refusals are guesses.
    """
    if not isinstance(named, dict):
        return values
    name, field = named.get(PART_NAME), named.get(PART_ALIAS)
    if name is None and field is None:
        return values
    if not isinstance(name, str) or not isinstance(field, str):
        raise malformed(f"'{PART_NAME}' and '{PART_ALIAS}' must both be given, as strings.")
    if name not in contents:
        raise OrgError("INVALID_MULTIPART_REQUEST", f"The request has no binary part '{name}'.")
    return values | {field: contents[name]}


def read_xml(raw: bytes) -> dict[str, Any]:
    """Return the document that XML stands for. Values stay text."""
    given = _object(markup.root(raw))
    found: dict[str, Any] = given if isinstance(given, dict) else {}
    inside = found.get("batchRequests")
    if isinstance(inside, list) and len(inside) == 1 and isinstance(inside[0], dict) and "method" not in inside[0]:
        found["batchRequests"] = [
            one for value in inside[0].values() for one in (value if isinstance(value, list) else [value])
        ]
    return found


def _object(parent: Any) -> Any:
    """Return an element as the JSON value that it stands for; attributes are those of a record."""
    if parent.get(f"{{{markup.XSI}}}nil") in ("true", "1"):
        return None
    attributes = {name: value for name, value in parent.attrib.items() if not name.startswith("{")}
    if not len(parent) and (not attributes or (parent.text or "").strip()):
        return parent.text or ""
    found: dict[str, Any] = {"attributes": attributes} if attributes else {}
    for child in parent.iterchildren(tag=etree.Element):
        name = etree.QName(child).localname
        value = _object(child)
        if name in LISTS:
            found.setdefault(name, []).append(value)
        elif name in found:  # several of a name are a list, as those inside ``batchRequests`` are
            before = found[name]
            found[name] = [*before, value] if isinstance(before, list) else [before, value]
        else:
            found[name] = value
    return found
