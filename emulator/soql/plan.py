"""What a query became: statements ready to run, and the functions that make records of their rows."""

from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

from ...schemas.field import SObject
from .shape import BuildRecords
from .sql import Statement


class Writer(Protocol):
    """What writes the statements of one SELECT."""

    def keys(self) -> Statement:
        """The row numbers of all rows in order; takes LIMIT and OFFSET."""
        ...

    def page(self) -> Statement:
        """Rows by a list of row numbers, in any order, the number last; takes the list."""
        ...

    def by_id(self) -> Statement:
        """Rows by a list of ids, in any order; takes the list first."""
        ...

    def child_keys(self) -> Statement:
        """Each parent's id with the row numbers of its rows, in order."""
        ...


@dataclass(frozen=True, slots=True)
class Marks:
    """What reading records changes in them: datetimes set to now, numbers that one is added to."""

    seen: tuple[str, ...]
    counted: tuple[str, ...]


class Selection:
    """Records that a SELECT gives, and how the further ones of them are read. Statements are written when asked for."""

    def __init__(
        self,
        writer: Writer,
        sobject: SObject,
        build: BuildRecords,
        children: "tuple[ChildPlan, ...]",
        limit: int | None,
        offset: int,
        localized: bool,
    ) -> None:
        self._writer = writer
        self.sobject = sobject
        self.build = build
        self.children = children
        self.limit = limit
        self.offset = offset
        self.localized = localized
        """Whether the records, or those of a child subquery, hold values written for the user's locale."""

    @cached_property
    def page(self) -> Statement:
        """Rows by a list of row numbers, in any order, the number last; takes the list."""
        return self._writer.page()


class Plan(Selection):
    """A query of records. Statements that take more parameters than their own name them, in order."""

    def __init__(
        self,
        writer: Writer,
        sobject: SObject,
        build: BuildRecords,
        children: "tuple[ChildPlan, ...]",
        limit: int | None,
        offset: int,
        localized: bool,
        sobjects: tuple[SObject, ...],
        first: Statement,
        single: bool,
        marks: Marks | None,
    ) -> None:
        super().__init__(writer, sobject, build, children, limit, offset, localized)
        self.sobjects = sobjects
        """Every object whose table the statements read."""
        self.first = first
        """Rows in order; takes what `window` returns."""
        self.single = single
        """Whether the query gives one row at most."""
        self.marks = marks
        self.is_plain = not (children or marks or localized or first.needs_calendar)
        """Whether `first` alone, with nothing known of the user but his id, makes the answer."""
        self.overflowed = False
        """Whether the last run found more than a page: a hint that the next one needs a view for two statements."""

    @cached_property
    def keys(self) -> Statement:
        """The row numbers of all rows in order; takes LIMIT and OFFSET."""
        return self._writer.keys()

    @cached_property
    def by_id(self) -> Statement:
        """Rows by a list of ids, in any order; takes the list first."""
        return self._writer.by_id()

    def window(self, size: int) -> tuple[int, ...]:
        """Return the last parameters of `first` for a page of rows: one row more tells whether there is a next page."""
        if self.single:
            return ()
        limit = self.limit
        return (size + 1 if limit is None or limit > size else limit, self.offset)


class ChildPlan(Selection):
    """A child subquery: one statement for a page of parents."""

    def __init__(
        self,
        writer: Writer,
        sobject: SObject,
        build: BuildRecords,
        children: "tuple[ChildPlan, ...]",
        limit: int | None,
        offset: int,
        localized: bool,
        statement: Statement,
    ) -> None:
        super().__init__(writer, sobject, build, children, limit, offset, localized)
        self.statement = statement
        """A row begins with the parent's id and its own. Takes the parents' ids as one list, put in at `ids_at`, and
        last how many rows of each parent are wanted, OFFSET added.
        """
        self.ids_at = statement.parameters.index(None)  # no other parameter is None

    @cached_property
    def keys(self) -> Statement:
        """Each parent's id with the row numbers of all its rows, in order; takes the parents' ids at `keys_ids_at`."""
        return self._writer.child_keys()

    @cached_property
    def keys_ids_at(self) -> int:
        """The place of the parents' ids among the parameters of `keys`."""
        return self.keys.parameters.index(None)


@dataclass(frozen=True, slots=True)
class GroupPlan:
    """An aggregate query: groups, all in one answer."""

    sobject: SObject
    sobjects: tuple[SObject, ...]
    statement: Statement
    """Takes LIMIT and OFFSET."""
    build: BuildRecords
    limit: int | None
    offset: int
    localized: bool


@dataclass(frozen=True, slots=True)
class CountPlan:
    """COUNT(): one number."""

    sobject: SObject
    sobjects: tuple[SObject, ...]
    statement: Statement


AnyPlan = Plan | GroupPlan | CountPlan
