"""Presence statuses of Omni-Channel: which one a rep means, and whether work comes to him in it."""

from collections.abc import Iterator
from typing import Final

from ..errors import OrgError
from ..org.integrity import live_condition
from ..org.org import Org
from ..running.records import SystemRecords
from ..store import Transaction
from ..store.layout import quoted
from .events import SetPresence

FIRST: Final = "Online"
"""What a rep is who logs in without a word on it."""
OFFLINE: Final = "Offline"
"""No status of its own: a rep who is Offline is logged out."""
STANDARD: Final = (FIRST, "Away", "Busy")
"""Statuses that are made when they are first asked for. A guess: on the platform an administrator makes each."""
_UNAVAILABLE: Final = frozenset({"away", "busy", "break", "lunch", "training", "meeting", "unavailable", "offline"})


def takes_work(name: str) -> bool:
    """Tell whether reps get work in a status.

    On the platform a status says so by its channels, which are metadata and no field of ServicePresenceStatus. A guess: a status whose
    name has a word such as Away or Busy in it has none.
    """
    return _UNAVAILABLE.isdisjoint(name.lower().replace("_", " ").replace("-", " ").split())


class Statuses:
    """The ServicePresenceStatus rows of one org."""

    def __init__(self, org: Org) -> None:
        self._org = org
        self._records = SystemRecords(org)

    def presence(self, rep_id: str, name: str, transaction: Transaction, at_ms: int) -> SetPresence:
        """Return the event that a rep takes a status on, given by its label, its developer name or its id. Raises `OrgError`."""
        found = list(self._rows(transaction))
        wanted = name.casefold()
        for id_, developer_name, label in found:
            if wanted in (developer_name.casefold(), label.casefold()) or name == id_:
                return self._event(rep_id, id_, label, transaction)
        standard = next((one for one in STANDARD if one.casefold() == wanted), None)
        if standard is None:
            known = ", ".join(dict.fromkeys([*(label for _, _, label in found), *STANDARD, OFFLINE]))
            raise OrgError("INVALID_ARGUMENT", f"there is no presence status {name!r}; there are {known}")
        values = {"DeveloperName": standard, "MasterLabel": standard, "Language": "en_US"}
        by = self._records.automated_process
        id_ = self._records.create(by, "ServicePresenceStatus", values, transaction, at_ms / 1000)
        return self._event(rep_id, id_, standard, transaction)

    def _event(self, rep_id: str, id_: str, label: str, transaction: Transaction) -> SetPresence:
        presence_id = self._records.new_id("UserServicePresence", transaction)
        return SetPresence(rep_id, presence_id, id_, label, takes_work(label))

    def _rows(self, transaction: Transaction) -> Iterator[tuple[str, str, str]]:
        """Yield id, developer name and label of each status."""
        sobject = self._org.catalog.get("ServicePresenceStatus")
        self._org.store.ensure(sobject)
        live = live_condition(self._org.store, sobject).removeprefix(" AND ")
        names = ", ".join(map(quoted, ("Id", "DeveloperName", "MasterLabel")))
        sql = f'SELECT {names} FROM {quoted("ServicePresenceStatus")} WHERE {live or "1 = 1"} ORDER BY "Id"'
        for id_, developer_name, label in transaction.execute(sql):
            yield id_, developer_name or "", label or developer_name or ""
