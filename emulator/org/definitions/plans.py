"""Plans of queries of definitions: what the platform asks of them, and names of custom objects in place of their ids.

Tooling API, "SOQL Operation Limitations", says of these types that COUNT(), LIMIT, OFFSET, OR and NOT fail or do nothing.
Public tools use all of them against real orgs (dxatscale/sfpowerkit#135, forcedotcom/SFDX-Data-Move-Utility-Desktop-App#14
and #32, SalesforceLabs/OrgCheck), so they work here; grouping and a missing filter are refused.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from ....schemas.catalog import Catalog
from ...errors import OrgError
from ...soql.dialect import DialectName
from ...soql.plans import Plans
from ...soql.resolved import AllOf, AnyOf, Column, Constant, Expression, Filter, Inverse, Operand, ResolvedQuery, Test
from .names import entity_id
from .rows import Described

REIFIED: Final = {
    "FieldDefinition": ("EntityDefinitionId", "DurableId"),
    "EntityParticle": ("EntityDefinitionId", "FieldDefinitionId", "DurableId"),
    "PicklistValueInfo": ("EntityParticleId", "DurableId"),
}
"""Columns of which a query must name one. Recorded for the first two; of the third, the columns are a guess."""
UNGROUPED: Final = "The requested operation is not yet supported by this SObject storage type, contact salesforce.com support for more information."
"""The documented sentence; the code is a guess."""


class DefinitionPlans(Plans):
    """Plans of queries of definitions; ``described`` is what the rows describe."""

    def __init__(self, dialect: DialectName, described: Described) -> None:
        super().__init__(dialect)
        self._described = described

    def resolved(self, catalog: Catalog, text: str, version: str) -> ResolvedQuery:
        query = super().resolved(catalog, text, version)
        _check(query)
        return replace(query, filter=self._by_durable_id(query.filter))

    def _by_durable_id(self, filter_: Filter | None) -> Filter | None:
        """Return a filter whose EntityDefinitionId is compared with DurableIds, where the query has names too."""
        if isinstance(filter_, AllOf | AnyOf):
            return replace(filter_, parts=tuple(part for one in filter_.parts if (part := self._by_durable_id(one))))
        if isinstance(filter_, Inverse):
            part = self._by_durable_id(filter_.part)
            return filter_ if part is None else Inverse(part)
        if isinstance(filter_, Test) and _is_entity_id(filter_.left):
            return replace(filter_, operands=tuple(map(self._as_durable_id, filter_.operands)))
        return filter_

    def _as_durable_id(self, operand: Operand) -> Operand:
        if not isinstance(operand, Constant) or not isinstance(operand.value, str):
            return operand
        found = self._described.catalog.find(operand.value)
        return Constant(entity_id(found) if found else operand.value[:15] if _is_id(operand.value) else operand.value)


def _is_entity_id(expression: Expression) -> bool:
    return isinstance(expression, Column) and expression.field.name == "EntityDefinitionId"


def _is_id(text: str) -> bool:
    return len(text) == 18 and text.startswith("01I")


def _check(query: ResolvedQuery) -> None:
    """Raise MALFORMED_QUERY for what the platform does not do with these types."""
    if query.sobject.group != "definitions":
        return
    if query.groups is not None:
        raise OrgError("MALFORMED_QUERY", UNGROUPED)
    columns = REIFIED.get(query.sobject.name)
    if columns and not any(_reads(test, columns) for test in _conjuncts(query.filter)):
        named = ",".join(columns)
        problem = f"{query.sobject.name}: a filter on a reified column is required [{named}]"
        raise OrgError("MALFORMED_QUERY", problem)


def _conjuncts(filter_: Filter | None) -> Iterator[Filter]:
    """Yield what must hold whatever else does. Alternatives that all name a column count too."""
    if isinstance(filter_, AllOf):
        for part in filter_.parts:
            yield from _conjuncts(part)
    elif filter_ is not None:
        yield filter_


def _reads(filter_: Filter, columns: tuple[str, ...]) -> bool:
    """Tell whether a condition picks rows by one of the columns, or by a field of the row that it leads to."""
    if isinstance(filter_, AnyOf):
        return all(any(_reads(one, columns) for one in _conjuncts(part)) for part in filter_.parts)
    if (
        not isinstance(filter_, Test)
        or not isinstance(filter_.left, Column)
        or filter_.operator not in ("=", "IN", "LIKE")
    ):
        return False
    place = filter_.left.place
    return f"{place[0]}Id" in columns if place else filter_.left.field.name in columns
