"""Which personal data a migration masks. The key of its hashes is never part of a plan."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from ...schemas.catalog import shipped
from ..errors import UsageError

BUILT_IN: Final = ("email", "phone", "card", "iban", "ip")
"""Patterns that need no regular expression of the user's."""

WAYS: Final = ("drop", "hash")
_FIELD = re.compile(r"([A-Za-z]\w*)\.([A-Za-z][\w. -]*)\Z")
_JOINS = frozenset(
    {
        "Id",
        "LiveChatVisitorId",
        "LiveChatTranscriptId",
        "ParentId",
        "LiveChatButtonId",
        "Status",
        "RequestTime",
        "StartTime",
        "CreatedDate",
        "IsDeleted",
    }
)
"""Fields that tell which rows belong together, or that a session cannot do without."""

_TEXT = frozenset({"string", "textarea", "url", "email", "phone", "combobox", "encryptedstring"})


@dataclass(frozen=True, slots=True)
class Privacy:
    """The privacy switches, all off by default.

    fields: `drop` or `hash` by `Object.Field`. names: "keep" or "pseudonymise" the names of visitors and agents, wherever
    they stand. name_fields: fields besides the known ones that hold names, as `Object.Field`; for a pre-chat detail
    `ConversationContextEntry.KEY`. keep_words: words of names that are left as they are. ignore_case: names in texts are found
    in any case. mask: built-in patterns that are masked in texts; patterns: regular expressions by a name of their own. patterns_as:
    "label" writes `[email]`, "hash" writes `[email 1f3a…]`. other_files: "leave out" or "keep" files that are no tables.
    """

    fields: Mapping[str, str] = field(default_factory=dict)
    names: str = "keep"
    name_fields: tuple[str, ...] = ()
    keep_words: tuple[str, ...] = (
        "Agent", "Bot", "Chat", "Chatbot", "Customer", "Desk", "Einstein", "Guest", "Help", "Helper", "Sales", "Service",
        "Support", "System", "Team", "The", "Virtual", "Visitor",
    )  # fmt: skip
    ignore_case: bool = False
    mask: tuple[str, ...] = ()
    patterns: Mapping[str, str] = field(default_factory=dict)
    patterns_as: str = "label"
    other_files: str = "leave out"

    def __post_init__(self) -> None:
        _one_of("names", self.names, ("keep", "pseudonymise"))
        _one_of("patterns_as", self.patterns_as, ("label", "hash"))
        _one_of("other_files", self.other_files, ("leave out", "keep"))
        for name in self.mask:
            _one_of("mask", name, BUILT_IN)
        for place, way in self.fields.items():
            _check_field(place, way)
        for place in self.name_fields:
            if not _FIELD.match(place):
                raise UsageError(f"privacy.name_fields: {place!r} is no field:", "write Object.Field")
        for name, pattern in self.patterns.items():
            _check_pattern(name, pattern)

    @property
    def is_on(self) -> bool:
        """Tell whether anything is masked."""
        return bool(self.fields or self.mask or self.patterns or self.names != "keep")

    @property
    def needs_key(self) -> bool:
        """Tell whether something is hashed."""
        hashes_patterns = self.patterns_as == "hash" and bool(self.mask or self.patterns or self.masks_addresses)
        return self.names != "keep" or "hash" in self.fields.values() or hashes_patterns

    @property
    def masks_addresses(self) -> bool:
        """Tell whether IP addresses are masked in texts too: whoever masks their field means the address."""
        return any(place.lower().endswith(".ipaddress") for place in self.fields)

    def to_json(self) -> dict[str, Any]:
        """Return the switches as plain values."""
        values = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}


def _one_of(key: str, value: object, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise UsageError(f"privacy.{key} = {value!r} is not possible:", f"use one of {', '.join(allowed)}")


def _check_field(place: str, way: object) -> None:
    where = f"privacy.fields.{place!r}"
    found = _FIELD.match(place)
    if found is None:
        raise UsageError(f"{where} is no field:", 'write "Object.Field" = "drop" or "hash"')
    if way not in WAYS:
        raise UsageError(f"{where} = {way!r} is not possible:", f"use one of {', '.join(WAYS)}")
    sobject = shipped().find(found[1])
    if sobject is None:
        return
    known = sobject.field(found[2])
    if known is None and not found[2].endswith("__c") and "." not in found[2]:
        raise UsageError(f"{where}: {sobject.name} has no such field:", "check its spelling")
    if found[2] in _JOINS or (known is not None and known.name in _JOINS):
        raise UsageError(f"{where} cannot be masked:", "chats are put together by this field")
    is_text = known is None or known.type in _TEXT or (known.type == "picklist" and not known.restricted_picklist)
    if way == "hash" and not is_text:
        raise UsageError(f"{where}: a hash is no value of this field:", "use drop")


def _check_pattern(name: str, pattern: str) -> None:
    if not re.fullmatch(r"[A-Za-z][\w-]{0,29}", name):
        raise UsageError(f"privacy.patterns.{name!r} is no name of a pattern:", "use letters and digits")
    try:
        compiled = re.compile(pattern)
    except re.error as error:
        raise UsageError(f"privacy.patterns.{name} is no regular expression ({error}):", "correct it") from None
    if compiled.match(""):
        raise UsageError(f"privacy.patterns.{name} fits the empty text:", "write what it must find")
