"""getUpdated and getDeleted: which records changed, and which went, between two times.

Sources: REST API guide, "sObject Get Updated" and "sObject Get Deleted"; the two messages are recorded in
restforce#667 (the words start and end are swapped there too) and jsforce#406.
"""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from ...schemas.field import SObject
from ...schemas.values import InvalidValue, datetime_text, parse_date, read_datetime
from ..errors import OrgError, not_found
from ..store import Store
from ..store.layout import quoted
from .caller import Caller
from .clock import Clock
from .deletion import BIN_DAYS
from .integrity import live_condition
from .records import Records

UPDATED_DAYS: Final = 30
"""How far back getUpdated looks."""
MOST_IDS: Final = 600_000
STAMPS: Final = ("SystemModstamp", "LastModifiedDate", "CreatedDate")
"""What tells when a record changed: the first of these that its type has. History rows never change again."""

TOO_SHORT: Final = "startDate must be at least one minute greater than endDate"
TOO_OLD: Final = "startDate before org replication enabled date"


class Changes:
    """Answer getUpdated and getDeleted for callers."""

    def __init__(self, store: Store, clock: Clock, records: Records) -> None:
        self._store = store
        self._clock = clock
        self._records = records

    def updated(self, caller: Caller, sobject_name: str, start: str | None, end: str | None) -> dict[str, Any]:
        """Return ``ids`` of the live records changed in [start, end), and ``latestDateCovered``."""
        sobject = self._replicated(caller, sobject_name, "getUpdated")
        since, until = self._window(start, end, UPDATED_DAYS)
        stamp = quoted(next(name for name in STAMPS if sobject.field(name)))
        place = self._store.placeholder
        sql = f'SELECT "Id" FROM {quoted(sobject.name)} WHERE {stamp} >= {place} AND {stamp} < {place}'
        with self._store.reading(sobject) as rows:
            found = rows.execute(
                f'{sql}{live_condition(self._store, sobject)} ORDER BY "Id" LIMIT {MOST_IDS + 1}',
                [datetime_text(since), datetime_text(until)],
            )
        self._check_number(len(found))
        return {"ids": [row[0] for row in found], "latestDateCovered": self._covered(until)}

    def deleted(self, caller: Caller, sobject_name: str, start: str | None, end: str | None) -> dict[str, Any]:
        """Return ``deletedRecords`` (``id``, ``deletedDate``) of [start, end) and the two dates around them."""
        sobject = self._replicated(caller, sobject_name, "getDeleted")
        since, until = self._window(start, end, BIN_DAYS)
        place = self._store.placeholder
        with self._store.read() as rows:
            found = rows.execute(
                f'SELECT id, deleted_at FROM "_deleted" WHERE sobject = {place} AND deleted_at >= {place}'
                f" AND deleted_at < {place} ORDER BY deleted_at, id LIMIT {MOST_IDS + 1}",
                [sobject.name, datetime_text(since), datetime_text(until)],
            )
        self._check_number(len(found))
        return {
            "deletedRecords": [{"deletedDate": deleted_at, "id": id_} for id_, deleted_at in found],
            "earliestDateAvailable": datetime_text(self._earliest(BIN_DAYS)),
            "latestDateCovered": self._covered(until),
        }

    def _replicated(self, caller: Caller, sobject_name: str, call: str) -> SObject:
        sobject = self._records.sobject(caller, sobject_name)
        if not sobject.supports(call):
            raise not_found()
        return sobject

    def _window(self, start: str | None, end: str | None, days: int) -> tuple[datetime, datetime]:
        """Return both ends without their seconds, which the platform ignores."""
        since, until = (_minute(_moment(text, name)) for text, name in ((start, "start"), (end, "end")))
        if until - since < timedelta(minutes=1):
            raise OrgError("INVALID_REPLICATION_DATE", TOO_SHORT)
        if since < self._earliest(days):
            raise OrgError("INVALID_REPLICATION_DATE", TOO_OLD)
        return since, until

    def _earliest(self, days: int) -> datetime:
        return _minute(self._clock.now() - timedelta(days=days))

    def _covered(self, until: datetime) -> str:
        """Return the end of the last minute that is wholly past, as far as it was asked for."""
        return datetime_text(min(until, _minute(self._clock.now())))

    def _check_number(self, number: int) -> None:
        if number > MOST_IDS:
            raise OrgError("EXCEEDED_ID_LIMIT", f"more than {MOST_IDS} records changed in the given time")


def _minute(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(second=0, microsecond=0)


def _moment(text: str | None, name: str) -> datetime:
    """Read one end of the window; an unencoded plus sign has become a blank on the way here."""
    try:
        given = (text or "").strip().replace(" ", "+")
        return read_datetime(given) if "T" in given else read_datetime(parse_date(given) + "T00:00:00Z")
    except InvalidValue:
        # A guess: simple-salesforce#266 reports a 400 that says the date is not in the correct format.
        problem = f"{name} date is not in the correct format: {text or ''}"
        raise OrgError("INVALID_REPLICATION_DATE", problem) from None
