"""What a query could be led by: the conditions of its WHERE that stand beside each other."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from .resolved import (
    AllOf,
    AnyOf,
    Column,
    Distance,
    Expression,
    Filter,
    Found,
    Inverse,
    Membership,
    OwnedByUser,
    ResolvedQuery,
)


@dataclass(frozen=True, slots=True)
class Condition:
    """One of the conditions that all must hold, and the fields it reads."""

    filter: Filter
    fields: tuple[str, ...]

    @property
    def is_scope(self) -> bool:
        """Tell whether it comes of USING SCOPE: who may see the row."""
        return isinstance(self.filter, OwnedByUser)


def conditions(query: ResolvedQuery) -> tuple[Condition, ...]:
    """Return the conditions of a query, each of which may lead it."""
    return tuple(Condition(part, tuple(dict.fromkeys(_fields(part)))) for part in _together(query.filter))


def counting(query: ResolvedQuery, filter_: Filter | None) -> ResolvedQuery:
    """Return the query that counts the rows of a condition."""
    return replace(query, shape=None, groups=None, order=(), limit=None, offset=0, children=(), filter=filter_)


def _together(filter_: Filter | None) -> Iterator[Filter]:
    if isinstance(filter_, AllOf):
        for part in filter_.parts:
            yield from _together(part)
    elif filter_ is not None:
        yield filter_


def _fields(filter_: Filter) -> Iterator[str]:
    if isinstance(filter_, AllOf | AnyOf):
        for part in filter_.parts:
            yield from _fields(part)
    elif isinstance(filter_, Inverse):
        yield from _fields(filter_.part)
    elif isinstance(filter_, Membership | OwnedByUser | Found):
        yield from _names(filter_.column)
    else:
        yield from _names(filter_.left)


def _names(expression: Expression) -> Iterator[str]:
    """Yield the names of the fields that a value reads."""
    if isinstance(expression, Distance):
        yield from (expression.latitude.field.name, expression.longitude.field.name)
    elif isinstance(expression, Column):
        yield ".".join((*expression.place, expression.field.name))
    else:
        yield from _names(expression.argument)
