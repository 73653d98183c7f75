"""What a query became: statements ready to run, and the functions that make records of their rows."""

from dataclasses import dataclass

from ...schemas.field import SObject
from .shape import BuildRecords
from .sql import Statement


@dataclass(frozen=True, slots=True)
class ChildPlan:
    """A child subquery: one statement for a page of parents."""

    statement: Statement
    """Takes the parents' ids as one list, put in at `ids_at`; a row begins with the parent's id and its own."""
    ids_at: int
    build: BuildRecords
    children: tuple["ChildPlan", ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """A query of records. Statements that take more parameters than their own name them, in order."""

    sobject: SObject
    sobjects: tuple[SObject, ...]
    """Every object whose table the statements read."""
    first: Statement
    """Rows in order; takes LIMIT and OFFSET."""
    keys: Statement
    """The row numbers of all rows in order; takes LIMIT and OFFSET."""
    page: Statement
    """Rows by a list of row numbers, in any order, the number last; takes the list."""
    by_id: Statement
    """Rows by a list of ids, in any order; takes the list first."""
    build: BuildRecords
    children: tuple[ChildPlan, ...]
    limit: int | None
    offset: int


@dataclass(frozen=True, slots=True)
class GroupPlan:
    """An aggregate query: groups, all in one answer."""

    sobjects: tuple[SObject, ...]
    statement: Statement
    """Takes LIMIT and OFFSET."""
    build: BuildRecords
    limit: int | None
    offset: int


@dataclass(frozen=True, slots=True)
class CountPlan:
    """COUNT(): one number."""

    sobjects: tuple[SObject, ...]
    statement: Statement


AnyPlan = Plan | GroupPlan | CountPlan
