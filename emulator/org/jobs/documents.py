"""Batches of the first Bulk API that are JSON or XML: both are bounded, and so are read as a whole.

XML is read by expat without any entity: a document type is refused as soon as it begins.
"""

import re
from typing import Any, Final
from xml.parsers import expat
from xml.sax.saxutils import escape

import orjson

from ....schemas.field import SObject
from ....schemas.values import from_text
from .errors import invalid_batch

NAMESPACE: Final = "http://www.force.com/2009/06/asyncapi/dataload"
_NIL: Final = "http://www.w3.org/2001/XMLSchema-instance nil"
MOST_DEPTH: Final = 8
_NOT_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def xml_text(text: str) -> str:
    """Return text as it stands in an element: what XML cannot hold is replaced, and a carriage return stays one."""
    return escape(_NOT_XML.sub("\ufffd", text), {"\r": "&#xD;"})


def records_of_json(text: str) -> list[dict[str, Any]]:
    """Return the records of a JSON array. Raises `BadData`; the wording is a guess."""
    try:
        loaded = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise invalid_batch(f"Failed to parse JSON: {error}") from None
    if not isinstance(loaded, list) or not all(isinstance(one, dict) for one in loaded):
        raise invalid_batch("Failed to parse JSON: an array of records is expected")
    return loaded


def records_of_xml(text: str, sobject: SObject) -> list[dict[str, Any]]:
    """Return the records of ``<sObjects><sObject>…``. Raises `BadData`; the wording is a guess."""
    return _Reader(sobject).read(text)


class _Reader:
    """Collects records while expat walks through the document."""

    def __init__(self, sobject: SObject) -> None:
        self._sobject = sobject
        self.records: list[dict[str, Any]] = []
        self._path: list[str] = []
        self._text: list[str] = []
        self._nil = False

    def read(self, text: str) -> list[dict[str, Any]]:
        parser = expat.ParserCreate("utf-8", " ")  # whatever the document says: the text is decoded already
        parser.StartDoctypeDeclHandler = self._doctype
        parser.StartElementHandler = self._begin
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text.append
        try:
            parser.Parse(text.encode(errors="replace"), True)
        except expat.ExpatError as error:
            raise invalid_batch(f"Failed to parse XML: {error}") from None
        return self.records

    def _doctype(self, *_: Any) -> None:
        raise invalid_batch("Failed to parse XML: a document type is not allowed")

    def _begin(self, name: str, attributes: dict[str, str]) -> None:
        local = name.rpartition(" ")[2]
        expected = ("sObjects", "sObject")
        if len(self._path) < 2 and local != expected[len(self._path)]:
            raise invalid_batch(f"Failed to parse XML: {expected[len(self._path)]} expected, not {local}")
        if len(self._path) >= MOST_DEPTH:
            raise invalid_batch("Failed to parse XML: elements lie too deep")
        self._path.append(local)
        if len(self._path) == 2:
            self.records.append({})
        self._text.clear()
        self._nil = attributes.get(_NIL, "").strip() in ("true", "1")

    def _end(self, _: str) -> None:
        path = self._path[2:]
        text = "".join(self._text)
        self._text.clear()
        self._path.pop()
        if not path:
            return
        record = self.records[-1]
        if len(path) == 1:
            if path[0] not in record:  # else it was a parent, whose parts are already there
                self._put(record, path[0], text)
        else:
            keys = [part for part in path[1:] if part != "sObject"]
            if len(keys) == 1:
                parent = record.setdefault(path[0], {})
                if isinstance(parent, dict):
                    if keys[0] == "type":
                        parent["attributes"] = {"type": text.strip()}
                    else:
                        parent[keys[0]] = text

    def _put(self, record: dict[str, Any], name: str, text: str) -> None:
        if name == "type" and self._sobject.field("type") is None:
            return
        if self._nil:
            record[name] = None
            self._nil = False
            return
        field = self._sobject.field(name)
        if text:
            record[name] = text if field is None else from_text(field, text)
        elif field is None:
            record[name] = text  # so that a name that is not there is told
