"""Metadata XML, which anybody may have written: no document types, no entities, no network, bounded depth and size."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from lxml import etree

from ..errors import UsageError

NAMESPACE: Final = "http://soap.sforce.com/2006/04/metadata"
LONGEST_VALUE: Final = 200


class Element:
    """An element of a metadata file; what is wrong with it is said with the file's name."""

    def __init__(self, node: etree._Element, file: Path) -> None:
        self._node = node
        self.file = file

    @property
    def name(self) -> str:
        """The local name."""
        return etree.QName(self._node).localname

    @property
    def content(self) -> str:
        """The text, without blanks around it."""
        return (self._node.text or "").strip()

    def __iter__(self) -> Iterator["Element"]:
        return (Element(node, self.file) for node in self._node if isinstance(node.tag, str))

    def all(self, name: str) -> list["Element"]:
        """Return the children of a name."""
        return [child for child in self if child.name == name]

    def first(self, name: str) -> "Element | None":
        """Return the only child of a name, or None. Raises `UsageError` when there are several."""
        found = self.all(name)
        if len(found) > 1:
            raise self.wrong(f"{name} is given {len(found)} times")
        return found[0] if found else None

    def text(self, name: str) -> str | None:
        """Return the text of the only child of a name, without blanks around it; None for an empty one."""
        child = self.first(name)
        if child is None:
            return None
        if len(child._node):
            raise self.wrong(f"{name} holds no text")
        return (child._node.text or "").strip() or None

    def value(self) -> str:
        """Return the text of the element itself, without blanks around it."""
        return (self._node.text or "").strip()

    def flag(self, name: str) -> bool:
        """Return whether a child says true; a missing one says false."""
        text = self.text(name)
        if text not in (None, "true", "false"):
            raise self.wrong(f"{name} is true or false, not {text[:LONGEST_VALUE]!r}")
        return text == "true"

    def number(self, name: str) -> int | None:
        """Return the whole number of a child, or None."""
        text = self.text(name)
        if text is None:
            return None
        if not (text.isascii() and text.isdigit() and len(text) <= 9):
            raise self.wrong(f"{name} is a whole number, not {text[:LONGEST_VALUE]!r}")
        return int(text)

    def only(self, known: frozenset[str], what: str = "") -> None:
        """Refuse a child that is not known. Raises `UsageError`."""
        for child in self:
            if child.name not in known:
                raise self.wrong(f"{what}{child.name} is not emulated; leave it out, or the whole file")

    def wrong(self, problem: str) -> UsageError:
        """Return the error that says what is wrong in this file."""
        return UsageError(f"objects: {self.file}: {problem}")


def parse(raw: bytes, file: Path, root: str) -> Element:
    """Return the root of a metadata file, which must be of a name. Raises `UsageError`."""
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False, huge_tree=False,
        remove_comments=True, remove_pis=True,
    )  # fmt: skip
    try:
        node = etree.fromstring(raw, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise UsageError(f"objects: {file} is not XML: {error}") from None
    found = Element(node, file)
    if node.getroottree().docinfo.doctype:  # type: ignore[union-attr]  # the stubs say it may be None
        raise found.wrong("a document type (DTD) is refused")
    if node.tag != f"{{{NAMESPACE}}}{root}":
        raise found.wrong(f"the root is {node.tag!s}, not {root} of {NAMESPACE}")
    return found
