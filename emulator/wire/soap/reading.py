"""Read XML that anybody may have sent, within bounds: no document types, and no more of anything than a request can need.

expat hands over one piece at a time and stops at the first thing that is out of bounds, so that a bomb costs no more than the
bytes before it: a document type is refused before its entities are read, and no token is gathered beyond `LONGEST_TAG` bytes.
"""

import zlib
from dataclasses import dataclass, field
from typing import Final
from xml.parsers import expat

from ..exchange import unpacked
from .faults import CLIENT, SoapFault, not_xml
from .flavors import SOAP, XSI

DEEPEST: Final = 64
"""Elements inside each other; a record five relationships up needs a dozen."""
MOST_ELEMENTS: Final = 200_000
"""Elements of one request: 200 records of 800 fields, which is the most that a type has, leave room."""
MOST_ATTRIBUTES: Final = 32
"""Attributes of one element; a client sends a type, nil and what `mustUnderstand` says."""
LONGEST_TAG: Final = 262_144
"""Bytes of one tag, comment or processing instruction. Text is handed over in pieces and has no such bound."""
CHUNK: Final = 65_536
_BLANK: Final = " "
_TYPE, _NIL, _MUST_UNDERSTAND = f"{XSI}{_BLANK}type", f"{XSI}{_BLANK}nil", f"{SOAP}{_BLANK}mustUnderstand"
TRUE: Final = frozenset({"true", "1"})


@dataclass(slots=True)
class Element:
    """An element: names without prefixes, ``type`` the local name of its ``xsi:type``, ``text`` all of its text."""

    namespace: str
    name: str
    type: str | None = None
    is_nil: bool = False
    must_understand: bool = False
    text: str = ""
    children: "list[Element]" = field(default_factory=list)

    def child(self, name: str) -> "Element | None":
        """Return the first child of a local name: clients differ in namespaces and prefixes."""
        return next((one for one in self.children if one.name == name), None)


class _Reader:
    """Builds the elements of one document. Raises `SoapFault`."""

    def __init__(self) -> None:
        self.root: Element | None = None
        self._open: list[Element] = []
        self._texts: list[list[str]] = []
        self._count = 0

    def start(self, name: str, attributes: list[str]) -> None:
        self._count += 1
        if self._count > MOST_ELEMENTS:
            raise refused(f"more than {MOST_ELEMENTS} elements")
        if len(self._open) >= DEEPEST:
            raise refused(f"elements more than {DEEPEST} deep")
        namespace, _, local = name.rpartition(_BLANK)
        element = Element(namespace, local)
        if attributes:
            self._take(element, attributes)
        if self._open:
            self._open[-1].children.append(element)
        else:
            self.root = element
        self._open.append(element)
        self._texts.append([])

    def _take(self, element: Element, attributes: list[str]) -> None:
        if len(attributes) > 2 * MOST_ATTRIBUTES:
            raise refused(f"more than {MOST_ATTRIBUTES} attributes")
        for name, value in zip(attributes[::2], attributes[1::2], strict=True):
            if name == _TYPE:
                element.type = value.strip().rpartition(":")[2]
            elif name == _NIL:
                element.is_nil = value.strip() in TRUE
            elif name == _MUST_UNDERSTAND:
                element.must_understand = value.strip() in TRUE

    def text(self, text: str) -> None:
        if self._texts:
            self._texts[-1].append(text)

    def end(self, name: str) -> None:
        element, texts = self._open.pop(), self._texts.pop()
        element.text = "".join(texts)

    def doctype(self, *_: object) -> None:
        raise SoapFault(CLIENT, "DTD is not supported in SOAP requests")


def refused(what: str) -> SoapFault:
    """Return the fault of a request that is out of bounds; the platform's own words are not known."""
    return SoapFault(CLIENT, f"The content of the request is refused: it has {what}")


def read(raw: bytes, charset: str | None = None) -> Element:
    """Return the root of a document; ``charset`` is what the transport says of its encoding. Raises `SoapFault`, UNKNOWN_EXCEPTION."""
    parser = expat.ParserCreate(charset if charset in ENCODINGS else None, _BLANK)
    reader = _Reader()
    parser.ordered_attributes = True
    parser.buffer_text = True
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    parser.StartDoctypeDeclHandler = reader.doctype
    parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
    try:
        for place in range(0, len(raw), CHUNK):
            parser.Parse(raw[place : place + CHUNK], False)
            if place + CHUNK - parser.CurrentByteIndex > LONGEST_TAG:
                raise refused(f"a tag of more than {LONGEST_TAG} bytes")
        parser.Parse(b"", True)
    except (expat.ExpatError, LookupError, ValueError) as error:
        raise not_xml(str(error)) from error
    assert reader.root is not None  # expat refuses a document without one
    return reader.root


ENCODINGS: Final = frozenset({"utf-8", "utf-16", "iso-8859-1", "us-ascii"})
"""What expat reads by itself; another encoding is left to what the document says."""


def unzipped(raw: bytes, most: int) -> bytes | None:
    """Return what gzip bytes hold, or None when that is more than ``most`` bytes. Raises `SoapFault`."""
    found = bytearray()
    try:
        for piece in unpacked([raw]):
            found += piece
            if len(found) > most:
                return None
    except zlib.error as error:
        raise SoapFault(CLIENT, "The content of the request is not in GZIP format") from error
    return bytes(found)
