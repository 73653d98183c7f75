"""XML in place of JSON: which of the two an answer is in, how a JSON value looks as XML, and records that come as XML.

REST guide, "Using REST API Resources": the ending ``.xml`` or ``.json`` of an address decides, then the first of the two types that
``Accept`` names. The names of the outermost elements are the guide's for rows, queries, versions, replication and errors; for the
other resources they are guesses.
"""

import re
from typing import Any, Final
from xml.sax.saxutils import escape, quoteattr

from lxml import etree

from ...errors import OrgError
from .errors import BAD_REQUEST

XML: Final = "application/xml;charset=UTF-8"
XML_TYPES: Final = frozenset({"application/xml", "text/xml"})
JSON_ONLY: Final = frozenset({("composite",), ("composite", "graph")})
"""Composite and graph are documented as JSON alone."""
ENDINGS: Final = (".xml", ".json")
XSI: Final = "http://www.w3.org/2001/XMLSchema-instance"
DECLARATION: Final = '<?xml version="1.0" encoding="UTF-8"?>'
RESULT: Final = "Result"
TREE: Final = ("composite", "tree")
"""Its answers are the guide's to the letter ("sObject Tree Response Body"): they declare no namespace."""
ROOTS: Final = {
    (): "Resources",
    ("limits",): "LimitsSnapshot",
    ("sobjects",): "DescribeGlobal",
    ("theme",): "DescribeThemeResult",
    ("composite", "batch"): "batchResults",
    TREE: "SObjectTreeResponse",
    ("search",): "SearchResult",
    ("parameterizedSearch",): "SearchResult",
}
DESCRIBES: Final = {
    (): "DescribeSobjectResult",
    ("layouts",): "DescribeLayoutResult",
    ("namedLayouts",): "DescribeLayoutResult",
    ("compactLayouts",): "DescribeCompactLayoutsResult",
    ("approvalLayouts",): "DescribeApprovalLayoutResult",
}
"""Roots of what stands below ``sobjects/X/describe``; those of layouts are the types of the SOAP API, a guess."""
ITEMS: Final = {"versions": "Version", "tabs": "DescribeTab", "quickActions": "DescribeAvailableQuickActionResult"}
"""Names of the elements of a list, which stand in one with an ``s`` at its end."""
NAMED_AFTER_OBJECT: Final = frozenset({"updated", "deleted"})
_MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+0000")
_FORBIDDEN: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def is_wanted(accept: str, path: str) -> bool:
    """Tell whether an answer is to be XML."""
    if path.endswith(ENDINGS):
        return path.endswith(".xml")
    if "xml" not in accept:
        return False
    for one in accept.lower().split(","):
        media_type = one.partition(";")[0].strip()
        if media_type in ("application/json", "*/*"):
            return False
        if media_type == "application/xml":
            return True
    return False


def without_ending(segments: tuple[str, ...]) -> tuple[str, ...]:
    """Return the segments of an address without the ending that chooses a form."""
    if segments and segments[-1].endswith(ENDINGS):
        return (*segments[:-1], segments[-1].rpartition(".")[0])
    return segments


def dump(body: Any, status: int, segments: tuple[str, ...]) -> bytes:
    """Return an answer's body as a document."""
    if status >= BAD_REQUEST and isinstance(body, list):
        content = "".join(element("Error", dict(sorted(one.items()))) for one in body)
        return f"{DECLARATION}<Errors>{content}</Errors>".encode()
    if isinstance(body, list):
        name = ITEMS.get(segments[-1], RESULT) if segments else RESULT
        content = "".join(element(name, one) for one in body)
        declared = f' xmlns:xsi="{XSI}"' if "xsi:nil" in content else ""
        return f"{DECLARATION}<{name}s{declared}>{content}</{name}s>".encode()
    return (DECLARATION + element(root_of(body, segments), body, namespace=segments[:2] != TREE)).encode()


def root_of(body: dict[str, Any], segments: tuple[str, ...]) -> str:
    """Return the name of the outermost element."""
    attributes = body.get("attributes")
    if isinstance(attributes, dict):
        return str(attributes["type"])
    if "totalSize" in body:
        return "QueryResult"
    if segments[2:] and segments[2] in NAMED_AFTER_OBJECT:
        return segments[1]
    if segments[2:3] == ("describe",):
        return DESCRIBES.get(segments[3:4], RESULT)
    return ROOTS.get(segments) or ROOTS.get(segments[:2], RESULT)


def element(name: str, value: Any, namespace: bool = False) -> str:
    """Return a JSON value as elements: an array repeats its name, fields of a record keep their order, others are sorted."""
    declared = f' xmlns:xsi="{XSI}"' if namespace else ""
    if value is None:
        return f'<{name}{declared} xsi:nil="true"/>'
    if isinstance(value, list):
        return "".join(element(name, one) for one in value)
    if not isinstance(value, dict):
        return f"<{name}{declared}>{escape(text(value))}</{name}>"
    attributes = value.get("attributes")
    if isinstance(attributes, dict):
        declared += "".join(f" {key}={quoteattr(str(one))}" for key, one in attributes.items())
        entries = [(key, one) for key, one in value.items() if key != "attributes"]
    else:
        entries = sorted(value.items())
    return f"<{name}{declared}>{''.join(element(key, one) for key, one in entries)}</{name}>"


def text(value: Any) -> str:
    """Return the text of a JSON scalar; moments end in ``Z`` (REST guide, "Get Deleted"). What XML cannot hold is left out."""
    if isinstance(value, bool):
        return "true" if value else "false"
    found = str(value)
    if _MOMENT.fullmatch(found):
        return found[:-5] + "Z"
    return _FORBIDDEN.sub("", found)


def record(raw: bytes) -> dict[str, Any]:
    """Return the fields of a record given as XML, whatever its element is called; values stay text. Raises XML_PARSER_ERROR."""
    return fields(root(raw))


def root(raw: bytes) -> Any:
    """Return the outermost element of a document. Raises XML_PARSER_ERROR."""
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True
    )
    try:
        found = etree.fromstring(raw, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise OrgError("XML_PARSER_ERROR", str(error)) from error
    if found.getroottree().docinfo.internalDTD is not None:
        raise OrgError("XML_PARSER_ERROR", "A document type is not allowed.")
    return found


def fields(parent: Any) -> dict[str, Any]:
    """Return the children of an element by name, in which lookups by another key are objects."""
    found: dict[str, Any] = {}
    for child in parent.iterchildren(tag=etree.Element):
        name = etree.QName(child).localname
        if child.get(f"{{{XSI}}}nil") in ("true", "1"):
            found[name] = None
        elif len(child):
            found[name] = fields(child)
        else:
            found[name] = child.text or ""
    if parent.get("type") is not None:
        found["attributes"] = {"type": parent.get("type")}
    return found
