"""Rows of a source with their personal data masked."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any, Final

from ...schemas.catalog import shipped
from ...schemas.field import Field
from ..errors import UsageError
from ..plan import Plan, Privacy
from ..transform.body import ParsedBody, parse
from ..transform.end_user import is_name_key
from ..transform.labels import labels_of
from .bodies import authors_of, masked_body
from .keys import KEY_VARIABLE, Key
from .names import Names
from .patterns import masked, patterns_of

_TRANSCRIPT = "LiveChatTranscript"
_CONTEXT = "ConversationContextEntry"
_BODIES = ("Body", "SupervisorTranscriptBody")
_TEXT = frozenset(
    {"string", "textarea", "url", "email", "phone", "combobox", "encryptedstring", "address", "multipicklist"}
)
_NUMBERS = frozenset({"int", "long", "double", "currency", "percent"})
_NUMBER = re.compile(r"[+-]?\d{1,18}(?:\.\d+)?\Z")
_CODES = frozenset({"ChatKey", "SessionKey", "Name"})
"""Text fields of the chat objects whose usual values are numbers and GUIDs."""

_NAMES: Final = {
    "User": ("FirstName", "LastName", "MiddleName", "Name", "SenderName"),
    "Contact": ("FirstName", "LastName", "MiddleName", "Name"),
    "Lead": ("FirstName", "LastName", "MiddleName", "Name"),
    "Account": ("FirstName", "LastName", "MiddleName"),
}
_TAGS: Final = {
    "User": ("Username", "Alias", "CommunityNickname", "Email", "SenderEmail", "FederationIdentifier", "Signature")
}
"""Fields that are made of a user's name; they are hashed as wholes."""

_CODE = re.compile(
    r"[+-]?\d{1,8}(?:\.\d+)?\Z|(?=[A-Za-z0-9]*[A-Za-z])(?=[A-Za-z]*[0-9])[A-Za-z0-9]{15}(?:[A-Za-z0-9]{3})?\Z"
    r"|\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)?)?\Z"
    r"|[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}\Z"
)
"""Numbers, ids, times, GUIDs: in fields that usually hold these they are no text."""

Count = Callable[[str, str], None]


@dataclass(frozen=True, slots=True)
class _Column:
    """How a column is masked: "drop", "hash", "tag", "name", "body", "context", "text", "number" or "code"; `limit` characters at most."""

    place: str
    kind: str
    limit: int = 0
    choices: frozenset[str] = frozenset()


class RowMask:
    """The masks of one plan and key. Rows are learnt from first, so that names are known wherever they stand, then masked."""

    @classmethod
    def of(cls, plan: Plan, key: Key | None) -> RowMask | None:
        """Return the masks of a plan, None when it masks nothing. UsageError when they need a key and there is none."""
        if not plan.privacy.is_on:
            return None
        if plan.privacy.needs_key and key is None:
            raise UsageError(
                "the plan hashes personal data, and there is no privacy key:",
                f"give --privacy-key-file FILE or set {KEY_VARIABLE}",
            )
        return cls(plan, key)

    def __init__(self, plan: Plan, key: Key | None) -> None:
        self.privacy: Privacy = plan.privacy
        self.key = key
        self.labels = labels_of(plan)
        self.names = Names(plan.privacy, key) if key is not None and plan.privacy.names != "keep" else None
        self.patterns = patterns_of(plan.privacy)
        self._pattern_key = key if plan.privacy.patterns_as == "hash" else None
        self._name_places = {place.lower() for place in plan.privacy.name_fields}
        self._fields = {place.lower(): (place, way) for place, way in plan.privacy.fields.items()}
        self._bodies: dict[str, ParsedBody] = {}
        self.counts: Counter[tuple[str, str, str]] = Counter()
        self.columns = lru_cache(maxsize=256)(self._columns)

    # --- what a column is ---------------------------------------------------------------------------------------------

    def _columns(self, sobject: str, columns: tuple[str, ...]) -> tuple[_Column | None, ...]:
        return tuple(self._column(sobject, name) for name in columns)

    def _column(self, sobject: str, name: str) -> _Column | None:
        found = shipped().find(sobject)
        field: Field | None = found.field(name) if found else None
        name = field.name if field else name
        place = f"{sobject}.{name}"
        limit = field.length if field and field.type in _TEXT else 0
        if place.lower() in self._fields:
            return _Column(place, self._fields[place.lower()][1], limit)
        if field is not None and field.type == "base64" and self.privacy.other_files != "keep":
            return _Column(place, "drop")
        if field is not None and field.type in ("id", "reference", "boolean"):
            return None if not self._has_texts else _Column(place, "code")
        if self.names is not None:
            if name in _NAMES.get(sobject, ()) or place.lower() in self._name_places:
                return _Column(place, "name", limit)
            if name in _TAGS.get(sobject, ()):
                return _Column(place, "tag", limit)
        if not self._has_texts:
            return None
        if sobject == _TRANSCRIPT and name in _BODIES:
            return _Column(place, "body", limit)
        if sobject == _CONTEXT and name == "CustomDetailContextValue":
            return _Column(place, "context", limit)
        if field is not None and field.type in _NUMBERS:
            return _Column(place, "number")
        is_code = field is not None and (field.auto_number or (sobject.startswith("Live") and name in _CODES))
        is_text = field is None or (field.type in _TEXT and not is_code)
        choices = frozenset(value.value for value in field.picklist_values) if field else frozenset()
        return _Column(place, "text" if is_text else "code", limit, choices)

    @property
    def _has_texts(self) -> bool:
        return bool(self.patterns or self.names is not None)

    # --- learning -----------------------------------------------------------------------------------------------------

    @property
    def learns(self) -> bool:
        """Tell whether rows have to be learnt from before they are masked."""
        return self.names is not None

    def learn(self, sobject: str, columns: tuple[str, ...], cells: Sequence[str]) -> None:
        """Know the names in a row from now on."""
        if self.names is None or len(cells) != len(columns):
            return
        for column, cell in zip(self.columns(sobject, columns), cells, strict=True):
            if not cell or column is None:
                continue
            if column.kind == "name":
                self.names.learn(cell)
            elif column.kind == "body":
                for author in authors_of(self._parsed(cell), self.labels):
                    if self.names.is_name_like(author):
                        self.names.learn(author)
            elif column.kind == "context" and self._is_name_key(columns, cells):
                self.names.learn(cell)

    def _is_name_key(self, columns: tuple[str, ...], cells: Sequence[str]) -> bool:
        try:
            key = cells[columns.index("CustomDetailContextKey")]
        except ValueError:
            return False
        return is_name_key(key) or f"{_CONTEXT}.{key}".lower() in self._name_places

    def _parsed(self, body: str) -> ParsedBody:
        """Return the pieces of a body; those of the row at hand are kept."""
        found = self._bodies.get(body)
        if found is None:
            if len(self._bodies) > 2:
                self._bodies.clear()
            found = self._bodies[body] = parse(body, (), self.labels)
        return found

    # --- masking ------------------------------------------------------------------------------------------------------

    def cells(self, sobject: str, columns: tuple[str, ...], cells: Sequence[str]) -> list[str] | None:
        """Return the cells of a row with personal data masked, None when there is none in it.

        Of a row with more or fewer cells than columns nobody can say what is in it: its cells are emptied.
        """
        if len(cells) != len(columns):
            self.counts[f"{sobject} (rows with a wrong number of cells)", "drop", "privacy"] += 1
            return [""] * len(cells)
        kinds = self.columns(sobject, columns)
        own = self._own_names(kinds, cells)
        result = list(cells)
        for place, (column, cell) in enumerate(zip(kinds, cells, strict=True)):
            if cell and column is not None:
                result[place] = self._cell(column, cell, own, columns, cells)
        return None if result == list(cells) else result

    def _own_names(self, kinds: Sequence[_Column | None], cells: Sequence[str]) -> frozenset[str]:
        """Return the words of the names that the bodies of this row give: within the row they are names, whoever it is."""
        if self.names is None:
            return frozenset()
        words: set[str] = set()
        for column, cell in zip(kinds, cells, strict=True):
            if cell and column is not None and column.kind == "body":
                for author in authors_of(self._parsed(cell), self.labels):
                    if self.names.is_name_like(author):
                        words |= self.names.words_of(author)
        return frozenset(words)

    def _cell(
        self, column: _Column, cell: str, own: frozenset[str], columns: tuple[str, ...], cells: Sequence[str]
    ) -> str:
        kind, place = column.kind, column.place
        if kind == "drop":
            asked = self._fields.get(place.lower())
            self._count(place, "drop", f"privacy.fields.{asked[0]}" if asked else "privacy.other_files")
            return ""
        if kind == "hash" and self.key is not None:
            self._count(place, "hash", f"privacy.fields.{self._fields[place.lower()][0]}")
            return self.key.hash(cell)[: column.limit or None]
        if kind == "tag" and self.key is not None:
            self._count(place, "hash", "privacy.names")
            return self.key.hash(cell)[: column.limit or None]
        if kind == "code" and (cell in column.choices or _CODE.match(cell)):
            return cell
        if kind == "number" and _NUMBER.match(cell):
            return cell
        if kind == "name" or (kind == "context" and self.names is not None and self._is_name_key(columns, cells)):
            new = self._name(place, cell)
        elif kind == "body":
            new = self._body(place, cell, own)
        else:
            new = self._text(place, cell, own)
        return new[: column.limit] if column.limit and len(cell) <= column.limit else new

    def _name(self, place: str, cell: str) -> str:
        assert self.names is not None  # columns of names are made with them alone
        new = self.names.name(self._patterned(place, cell))
        if new != cell:
            self._count(place, "pseudonymise", "privacy.names")
        return new

    def _body(self, place: str, cell: str, own: frozenset[str]) -> str:
        found: set[tuple[str, str]] = set()

        def text(value: str) -> str:
            return self._masked(value, own, lambda how, plan: found.add((how, plan)))

        def name(value: str) -> str:
            new = value if self.names is None else self.names.name(value)
            if new != value:
                found.add(("pseudonymise", "privacy.names"))
            return new

        new = masked_body(self._parsed(cell), self.labels, name, text)
        if new is None:
            return cell
        for how, plan in found:
            self._count(place, how, plan)
        return new

    def _text(self, place: str, cell: str, own: frozenset[str]) -> str:
        return self._masked(cell, own, partial(self._count, place))

    def _patterned(self, place: str, cell: str) -> str:
        return self._masked(cell, frozenset(), partial(self._count, place), with_names=False)

    def _masked(self, text: str, own: frozenset[str], count: Callable[[str, str], Any], with_names: bool = True) -> str:
        """Return a text with patterns and names masked."""
        for pattern in self.patterns:
            new = masked(text, pattern, self._pattern_key)
            if new != text:
                count(f"mask {pattern.name}", pattern.plan)
                text = new
        if with_names and self.names is not None:
            new = self.names.text(text, own)
            if new != text:
                count("pseudonymise", "privacy.names")
                text = new
        return text

    def _count(self, place: str, how: str, plan: str) -> None:
        self.counts[place, how, plan] += 1

    def account(self) -> dict[str, Any]:
        """Return what the manifest says of the masks: which fields, how, how many cells, by which key of the plan."""
        return {
            "lossless": False,
            "masked": [
                {"field": place, "how": how, "cells": count, "plan": plan}
                for (place, how, plan), count in sorted(self.counts.items())
            ],
            "keyCheck": self.key.check if self.key is not None else None,
        }
