"""What a transcript becomes: rows by sObject, each a dictionary of field name to value."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ..plan import Plan
from ..written import Written

Row = dict[str, Any]
Filed = tuple[Row, int | None]
"""A ContentVersion of a chat, and the time of the event that tells of it, in seconds since 1970."""


@dataclass(frozen=True, slots=True)
class Structures:
    """The rows of one transcript.

    Values are text, bool, int or None; datetimes are `2026-03-02T08:05:07.000Z`, ids have 18 characters. off_platform rows
    are not of an sObject: entries that enhanced chat keeps off platform. Both they and the entries are written already.
    warnings are short codes with an explanation. messages is how many lines with an author the bodies have, voices how many
    entries there are of each ActorType, ActorName and ground of the role.
    residue tells, by body field and row (its Seq, an o before that of an
    off-platform entry), what the rebuild of a piece lacks; the empty key holds text before the first.
    plain: the body fields of the usual form throughout, which the rows are known to give again.
    """

    channel: Row
    end_user: Row
    session: Row
    metrics: tuple[Row, ...]
    conversation: Row
    participants: tuple[Row, ...]
    written_entries: Written
    written_off_platform: Written
    messages: int = 0
    voices: dict[tuple[str, str | None, str], int] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    residue: dict[str, dict[str, Any]] = field(default_factory=dict)
    work: tuple[Row, ...] = ()
    plain: frozenset[str] = frozenset()
    files: tuple[Row, ...] = ()

    @property
    def entries(self) -> tuple[Row, ...]:
        """Return the conversation entries."""
        return self.written_entries.rows()

    @property
    def off_platform(self) -> tuple[Row, ...]:
        """Return the off-platform entries."""
        return self.written_off_platform.rows()


@dataclass(frozen=True, slots=True)
class Person:
    """A User row as far as a migration asks: its names, and whether it is active."""

    id: str
    first_name: str = ""
    last_name: str = ""
    name: str = ""
    is_active: bool = True

    @property
    def names(self) -> tuple[str, ...]:
        """Return the names under which this person may write in a chat, the full ones first."""
        full = f"{self.first_name} {self.last_name}".strip()
        short = f"{self.first_name} {self.last_name[:1]}" if self.first_name and self.last_name else ""
        return tuple(dict.fromkeys(name for name in (full, self.name, short, f"{short}." if short else "") if name))


@dataclass(frozen=True, slots=True)
class Parent:
    """A Contact, Lead, Account or Case row as far as a migration asks; account is that of a contact."""

    name: str = ""
    account: str | None = None
    is_deleted: bool = False


@dataclass(frozen=True, slots=True)
class Links:
    """What other transcripts of the same visitor decide about the messaging user.

    contact, account and lead are those of the messaging user; variant tells a second one of the same visitor on the same
    channel apart (the contact id), empty for the first. has_taken_key tells that another messaging user of the channel has
    this one's platform key, has_shared_chat_key that another transcript has this one's ChatKey.
    """

    contact: str | None = None
    account: str | None = None
    lead: str | None = None
    variant: str = ""
    has_taken_key: bool = False
    has_shared_chat_key: bool = False


def linked(links: Links, plan: Plan) -> tuple[str | None, str | None, str | None]:
    """Return the account, contact and lead that a messaging user is linked with by the plan."""
    return (
        links.account if "AccountId" in plan.links else None,
        links.contact if "ContactId" in plan.links else None,
        links.lead if "LeadId" in plan.links else None,
    )
