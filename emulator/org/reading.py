"""One call's reading: rows of statements, records of rows, and the rows of child subqueries.

The children of a page of parents come by one statement for each subquery. Where a parent has more of them than a page
takes, one more statement finds the row numbers of all of them, and they leave a cursor.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ..soql.dates import Calendar
from ..soql.dialect import Dialect
from ..soql.formats import Formats
from ..soql.plan import ChildPlan, Selection
from ..soql.shape import Record
from ..soql.sql import Literals, Statement
from ..store.base import Reader
from .caller import Caller
from .clock import Clock
from .cursor import Cursor, Cursors
from .users import Users

Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class MoreChildren:
    """Children of a record that are not on its page."""

    result: Record
    """What stands in the record: its ``nextRecordsUrl`` is still to be written."""
    part: str
    parent: str
    row_keys: Sequence[int]


class Reading:
    """Read for one caller, at one moment, in one view of the rows."""

    def __init__(
        self, reader: Reader, dialect: Dialect, users: Users, caller: Caller, clock: Clock, literals: Literals | None
    ) -> None:
        self._reader = reader
        self._dialect = dialect
        self._users = users
        self._caller = caller
        self._clock = clock
        self._literals = literals
        self._calendar: Calendar | None = None
        self._forms: Formats | None = None
        self.size = 0
        """Rows of a page."""
        self.more: list[MoreChildren] = []
        """What the records read so far have not room for."""

    def rows(self, statement: Statement, *more: Any) -> list[Row]:
        """Run a statement that takes ``more`` as its last parameters."""
        calendar = self._calendar_for(statement)
        parameters = statement.bound(calendar, self._caller.user_id, self._literals)
        return self._reader.execute(statement.text_for(calendar), [*parameters, *more])

    def keys(self, statement: Statement, *more: Any) -> Iterator[int]:
        """Yield the row numbers that a statement finds, as they come."""
        calendar = self._calendar_for(statement)
        parameters = statement.bound(calendar, self._caller.user_id, self._literals)
        for (key,) in self._reader.stream(statement.text_for(calendar), [*parameters, *more]):
            yield key

    def page(self, plan: Selection, keys: Sequence[int], part: str) -> list[Record]:
        """Return the records with these row numbers, in their order; rows that are gone are left out."""
        found = {row[-1]: row[:-1] for row in self.rows(plan.page, self._dialect.list_parameter(keys))}
        return self.records(plan, [found[key] for key in keys if key in found], part)

    def records(self, plan: Selection, rows: Sequence[Row], part: str) -> list[Record]:
        """Make records of rows whose first column is their id, and fetch the rows of their child subqueries."""
        forms = self.forms if plan.localized else None
        if not plan.children or not rows:
            return plan.build(rows, ({},) * len(plan.children), forms)
        ids = [row[0] for row in rows]
        children = [
            self._children(child, ids, f"{part}.{number}" if part else str(number))
            for number, child in enumerate(plan.children)
        ]
        return plan.build(rows, children, forms)

    @property
    def forms(self) -> Formats:
        """How the caller reads numbers and dates."""
        if self._forms is None:
            locale = self._users.locale_of(self._caller.user_id)
            org_locale = self._users.organization.get("DefaultLocaleSidKey") or "en_US"
            self._forms = Formats(locale.locale, locale.time_zone, org_locale)
        return self._forms

    # --- inside ---------------------------------------------------------------------------------------------------------

    def _calendar_for(self, statement: Statement) -> Calendar | None:
        if not statement.needs_calendar:
            return None
        if self._calendar is None:
            locale = self._users.locale_of(self._caller.user_id)
            named_by_start = bool(self._users.organization.get("UsesStartDateAsFiscalYearName"))
            self._calendar = Calendar(
                self._clock.now(), locale.time_zone, locale.first_weekday, locale.fiscal_start_month, named_by_start
            )
        return self._calendar

    def _children(self, plan: ChildPlan, parent_ids: list[str], part: str) -> Mapping[str, Record]:
        # One row more than a page takes tells whether there are more.
        rows = self._of_parents(plan.statement, plan.ids_at, parent_ids, plan.offset + self.size + 1)
        found: dict[str, list[Row]] = {}
        for row in rows:
            found.setdefault(row[0], []).append(row[1:])
        full = [parent for parent, own in found.items() if len(own) > self.size]
        for parent in full:
            found[parent].pop()
        shown = [row for own in found.values() for row in own]
        records = iter(self.records(plan, shown, part))
        results: dict[str, Record] = {}
        for parent, own in found.items():
            results[parent] = {"totalSize": len(own), "done": True, "records": [next(records) for _ in own]}
        if full:
            self._note_more(plan, results, full, part)
        return results

    def _note_more(self, plan: ChildPlan, results: dict[str, Record], parents: list[str], part: str) -> None:
        keys: dict[str, list[int]] = {parent: [] for parent in parents}
        for parent, key in self._of_parents(plan.keys, plan.keys_ids_at, parents):
            keys[parent].append(key)
        for parent in parents:
            own = results[parent]
            results[parent] = {
                "totalSize": len(keys[parent]), "done": False, "nextRecordsUrl": None, "records": own["records"]
            }  # fmt: skip
            self.more.append(MoreChildren(results[parent], part, parent, keys[parent]))

    def _of_parents(
        self, statement: Statement, ids_at: int, parent_ids: list[str], bound: int | None = None
    ) -> list[Row]:
        calendar = self._calendar_for(statement)
        parameters = list(statement.bound(calendar, self._caller.user_id, self._literals))
        parameters[ids_at] = self._dialect.list_parameter(parent_ids)
        if bound is not None:
            parameters[-1] = bound
        return self._reader.execute(statement.text_for(calendar), parameters)


def keep_more(reading: Reading, cursors: Cursors, now: datetime, root: Cursor, base: str) -> None:
    """Open cursors for the children that had no room, and write where their next pages are."""
    for more in reading.more:
        cursor = cursors.open_child(now, root, more.part, more.parent, more.row_keys)
        more.result["nextRecordsUrl"] = f"{base}/query/{cursor.locator(reading.size)}"
