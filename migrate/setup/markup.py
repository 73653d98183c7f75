"""Metadata components as XML. What comes from rows is escaped, and characters that XML does not have are left out."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

NAMESPACE = "http://soap.sforce.com/2006/04/metadata"
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_NAME_LIMIT = 80

Node = tuple[str, "str | bool | int | float | Sequence[Node]"]
"""An element: its name, and its text or its elements."""


@dataclass(frozen=True, slots=True)
class Component:
    """One component: metadata type, full name, folder and suffix of its file, its elements, and what a reader should know."""

    kind: str
    name: str
    folder: str
    suffix: str
    elements: tuple[Node, ...]
    note: str = ""

    @property
    def path(self) -> str:
        """Return the file's place below the package folder."""
        return f"{self.folder}/{self.name}.{self.suffix}-meta.xml"

    def text(self) -> str:
        """Return the file."""
        note = f"<!-- {comment(self.note)} -->\n" if self.note else ""
        head = f'<?xml version="1.0" encoding="UTF-8"?>\n{note}<{self.kind} xmlns="{NAMESPACE}">\n'
        return head + _written(self.elements, 1) + f"</{self.kind}>\n"


def _written(elements: Sequence[Node], depth: int) -> str:
    indent = "    " * depth
    lines = []
    for name, value in elements:
        if isinstance(value, bool):
            lines.append(f"{indent}<{name}>{'true' if value else 'false'}</{name}>\n")
        elif isinstance(value, str | int | float):
            lines.append(f"{indent}<{name}>{escape(clean(str(value)))}</{name}>\n")
        else:
            lines.append(f"{indent}<{name}>\n{_written(value, depth + 1)}{indent}</{name}>\n")
    return "".join(lines)


def clean(text: str) -> str:
    """Return the text without characters that XML does not have."""
    return _NOT_XML.sub("", text)


def comment(text: str) -> str:
    """Return the text as a comment may hold it."""
    return re.sub(r"-(?=-)|-\Z", "- ", clean(text))


def label(text: str, fallback: str) -> str:
    """Return a label of 80 characters at most."""
    return " ".join(clean(text).split())[:_NAME_LIMIT].strip() or fallback


class DeveloperNames:
    """Names of components, each given once: letters, digits and single underscores, at most 80, told apart without case."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def give(self, text: str, fallback: str) -> str:
        """Return a name that stands for a text."""
        plain = re.sub(r"_+", "_", re.sub(r"[^A-Za-z0-9]", "_", text)).strip("_")[:_NAME_LIMIT].strip("_")
        name = plain if plain[:1].isalpha() else fallback
        found, count = name, 1
        while found.lower() in self._taken:
            count += 1
            found = f"{name[: _NAME_LIMIT - len(str(count)) - 1].rstrip('_')}_{count}"
        self._taken.add(found.lower())
        return found
