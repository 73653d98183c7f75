"""The small XML documents of the first Bulk API, read and written."""

from collections.abc import Iterable, Mapping
from typing import Any, Final
from xml.parsers import expat

from ...org.jobs.documents import NAMESPACE, xml_text
from ...org.jobs.errors import JobError

HEAD: Final = '<?xml version="1.0" encoding="UTF-8"?>'
XSI: Final = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'


class _NotAllowedError(Exception):
    """The document has a part that such a document never has."""


def fields_of(raw: bytes) -> dict[str, str]:
    """Return the texts of the elements below the root, by name. Raises InvalidJob; entities are refused unread."""
    found: dict[str, str] = {}
    path: list[str] = []
    parser = expat.ParserCreate(namespace_separator=" ")

    def begin(name: str, _: Any) -> None:
        path.append(name.rpartition(" ")[2])
        if len(path) > 4 or len(found) > 100:
            raise _NotAllowedError
        if len(path) == 2:
            found[path[1]] = ""

    def end(_: str) -> None:
        path.pop()

    def text(piece: str) -> None:
        if len(path) == 2:
            found[path[1]] += piece

    def doctype(*_: Any) -> None:
        raise _NotAllowedError

    parser.StartElementHandler, parser.EndElementHandler = begin, end
    parser.CharacterDataHandler, parser.StartDoctypeDeclHandler = text, doctype
    try:
        parser.Parse(raw, True)
    except (expat.ExpatError, _NotAllowedError, LookupError, ValueError):
        raise JobError("InvalidJob", "Unable to parse Job") from None
    return {name: value.strip() for name, value in found.items()}


def element(name: str, values: Mapping[str, Any]) -> str:
    """Return an element with an element for each value."""
    return f"<{name}>{''.join(_leaves(values))}</{name}>"


def root(name: str, values: Mapping[str, Any]) -> bytes:
    """Return a document whose root has an element for each value."""
    return f'{HEAD}<{name} xmlns="{NAMESPACE}">{"".join(_leaves(values))}</{name}>'.encode(errors="replace")


def list_of(name: str, elements: Iterable[str]) -> bytes:
    """Return a document whose root has elements that are written already."""
    return f'{HEAD}<{name} xmlns="{NAMESPACE}">{"".join(elements)}</{name}>'.encode(errors="replace")


def _leaves(values: Mapping[str, Any]) -> Iterable[str]:
    for name, value in values.items():
        yield f"<{name}>{text_of(value)}</{name}>"


def text_of(value: Any) -> str:
    """Return the text of an element."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return xml_text(str(value))
