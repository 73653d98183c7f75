"""The books of a migration: every row and every message that was read is migrated, skipped or rejected."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from .counting import Tally

_EXAMPLES = 20
_MOST = 2000
"""So many months, statuses and buttons have accounts of their own; the chats of further ones are counted together."""

OTHERS = "others"
OUTCOMES = ("migrated", "skipped", "rejected")

Traits = tuple[str, str, str]
"""Month, status and button of a chat, as `counting.Traits` reads them; empty for none."""

BY = ("months", "statuses", "buttons")
"""What chats are counted by, in the order of `Traits`."""
ONE = {"months": "month", "statuses": "status", "buttons": "button"}
"""What one of them is called."""


@dataclass(slots=True)
class Account:
    """Counts of one object, or of messages."""

    read: int = 0
    migrated: int = 0
    skipped: int = 0
    rejected: int = 0

    @property
    def is_closed(self) -> bool:
        """Tell whether nothing is missing and nothing was counted twice."""
        return self.read == self.migrated + self.skipped + self.rejected

    def enter(self, what: str, number: int = 1) -> None:
        """Count rows that were read, migrated, skipped or rejected."""
        setattr(self, what, getattr(self, what) + number)

    def add(self, other: Account) -> None:
        """Take the counts of a part."""
        self.read += other.read
        self.migrated += other.migrated
        self.skipped += other.skipped
        self.rejected += other.rejected

    def to_json(self) -> dict[str, Any]:
        """Return the counts."""
        return {
            "read": self.read,
            "migrated": self.migrated,
            "skipped": self.skipped,
            "rejected": self.rejected,
            "closed": self.is_closed,
        }


@dataclass(slots=True)
class Chats:
    """Accounts of chats by month, by status and by button."""

    by: dict[str, dict[str, Account]] = field(default_factory=lambda: {name: {} for name in BY})

    def count(self, traits: Traits, what: str, number: int = 1) -> None:
        """Count chats as read, migrated, skipped or rejected."""
        for name, key in zip(BY, traits, strict=True):
            self._of(name, key).enter(what, number)

    def _of(self, name: str, key: str) -> Account:
        accounts = self.by[name]
        if key not in accounts and len(accounts) >= _MOST:
            key = OTHERS
        if key not in accounts:
            accounts[key] = Account()
        return accounts[key]

    def add(self, other: Chats) -> None:
        """Take the accounts of a part."""
        for name, accounts in other.by.items():
            for key, account in accounts.items():
                self._of(name, key).add(account)

    @property
    def is_closed(self) -> bool:
        """Tell whether all accounts are closed."""
        return all(account.is_closed for accounts in self.by.values() for account in accounts.values())

    def to_json(self) -> dict[str, Any]:
        """Return the accounts, by what they are counted by, in order of their keys."""
        return {
            name: {key: account.to_json() for key, account in sorted(accounts.items())}
            for name, accounts in self.by.items()
        }


@dataclass(slots=True)
class Books:
    """The accounts by object, the messages, and what the report tells besides."""

    objects: dict[str, Account] = field(default_factory=dict)
    messages: Account = field(default_factory=Account)
    chats: Chats = field(default_factory=Chats)
    tally: Tally = field(default_factory=Tally)
    reasons: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    grounds: Counter[str] = field(default_factory=Counter)
    statuses: Counter[str] = field(default_factory=Counter)
    warnings: dict[str, list[str]] = field(default_factory=dict)
    warning_counts: Counter[str] = field(default_factory=Counter)

    def of(self, name: str) -> Account:
        """Return the account of an object."""
        if name not in self.objects:
            self.objects[name] = Account()
        return self.objects[name]

    def warn(self, warning: str, id_: str) -> None:
        """Note a warning about a record; the first ids are kept as examples."""
        self.warning_counts[warning] += 1
        examples = self.warnings.setdefault(warning, [])
        if len(examples) < _EXAMPLES:
            examples.append(id_)

    def add(self, other: Books) -> None:
        """Take the books of a part."""
        for name, account in other.objects.items():
            self.of(name).add(account)
        self.messages.add(other.messages)
        self.chats.add(other.chats)
        self.tally.add(other.tally)
        self.reasons += other.reasons
        self.grounds += other.grounds
        self.statuses += other.statuses
        self.warning_counts += other.warning_counts
        for warning, ids in other.warnings.items():
            examples = self.warnings.setdefault(warning, [])
            examples += ids[: _EXAMPLES - len(examples)]

    @property
    def is_closed(self) -> bool:
        """Tell whether all accounts are closed."""
        return (
            self.messages.is_closed
            and self.chats.is_closed
            and all(account.is_closed for account in self.objects.values())
        )

    @property
    def rejected(self) -> int:
        """Return how many rows were rejected."""
        return sum(account.rejected for account in self.objects.values())
