"""A work folder tells of one org alone: of its address, and of the org that was found there. A refreshed sandbox is another one."""

from __future__ import annotations

from pathlib import Path

from ..errors import UsageError
from ..journal import Journal
from ..port import Org, Refused

_URL = "target"
_ID = "organization"


def check_claim(journal: Journal, org: Org, work: Path) -> None:
    """Raise UsageError when a journal tells of another org: its ids mean other records there, or none."""
    known = journal.get(_URL)
    if known not in (None, org.url):
        raise UsageError(f"{work} tells of loads into {known}:", "name another folder with --work")
    if (once := journal.get(_ID)) is not None and (now := _id_of(org)) not in (None, once):
        raise UsageError(
            f"{work} tells of loads into the org {once}, and {org.url} is {now} now:",
            "a refreshed sandbox is another org: name another folder with --work",
        )


def claim(journal: Journal, org: Org) -> None:
    """Note which org a journal tells of from now on."""
    journal.put(_URL, org.url)
    if journal.get(_ID) is None:
        journal.put(_ID, _id_of(org))


def claimed(journal: Journal) -> str | None:
    """Return the address of the org that a journal tells of."""
    url: str | None = journal.get(_URL)
    return url


def _id_of(org: Org) -> str | None:
    try:
        return next((str(record["Id"]) for record in org.query("SELECT Id FROM Organization")), None)
    except Refused:  # not every user may read it
        return None
