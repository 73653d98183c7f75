"""How a query would be run, in the shape of the platform's query plans.

REST API guide, "Get Feedback on Query Performance" and "Query Performance Feedback". The numbers are real: the rows that a
plan's leading condition finds and the rows of the object are counted, and the database is asked whether an index leads.
The platform's own indexes and its formula of cost are not public.
"""

import re
from dataclasses import replace
from typing import Any, Final

from ..errors import OrgError
from ..soql.explained import Condition, conditions, counting
from ..soql.plan import CountPlan
from ..soql.plans import Plans
from ..soql.resolved import Filter, ResolvedQuery
from ..soql.sql import Statement
from ..store.layout import Dialect
from .caller import Caller
from .reading import Reading

UNINDEXED: Final = "Not considering filter for optimization because unindexed"
"""The note of the guide's example."""
SELECTIVE_SHARE: Final = 0.3
"""The share of the rows at which an index costs as much as a scan (Salesforce help, "Query & Search Optimization Cheat
Sheet": a standard index is selective below 30% of the first million rows). The cost between is a guess.
"""
_ELSEWHERE: Final = re.compile(r"00[OB][0-9A-Za-z]{12}(?:[0-9A-Za-z]{3})?", re.ASCII)
"""The id of a report or of a list view, which can be explained too."""


def refuse_ids(soql: str) -> None:
    """Refuse the id of a report or list view: the org has none. Raises INVALID_ID (the words are a guess)."""
    if _ELSEWHERE.fullmatch(soql.strip()):
        raise OrgError("INVALID_ID", f"invalid report or list view id: {soql.strip()}")


class Explanation:
    """The plans of one query."""

    def __init__(self, reading: Reading, plans: Plans, dialect: Dialect, caller: Caller, query: ResolvedQuery) -> None:
        self._reading = reading
        self._plans = plans
        self._dialect = dialect
        self._caller = caller
        self._query = query

    def document(self, soql: str) -> dict[str, Any]:
        """Return the answer: plans, the cheapest first, and the query."""
        total = self._count(self._counting(None))
        found = conditions(self._query)
        led = {condition: plan for condition in found if (plan := self._led_by(condition)) is not None}
        notes = [self._note(condition.fields) for condition in found if condition not in led]
        if self._query.sobject.field("IsDeleted"):
            notes.append(self._note(("IsDeleted",)))
        plans = [self._plan(condition, self._count(plan), total, notes) for condition, plan in led.items()]
        everything = self._count(self._counting(self._query.filter))
        plans.append(self._plan(None, everything, total, notes))
        return {"plans": sorted(plans, key=lambda plan: float(plan["relativeCost"])), "sourceQuery": soql}

    def _led_by(self, condition: Condition) -> CountPlan | None:
        """Return the plan that counts what a condition finds, if an index leads to it; none leads from a parent."""
        if any("." in name for name in condition.fields):
            return None
        plan = self._counting(condition.filter)
        return plan if self._uses_index(plan.statement) else None

    def _counting(self, filter_: Filter | None) -> CountPlan:
        return self._plans.count(counting(self._query, filter_), self._caller.version)

    def _count(self, plan: CountPlan) -> int:
        return int(self._reading.rows(plan.statement)[0][0])

    def _uses_index(self, statement: Statement) -> bool:
        """Ask the database whether it finds the main rows by an index."""
        if self._dialect == "sqlite":
            rows = self._reading.rows(replace(statement, text=f"EXPLAIN QUERY PLAN {statement.text}"))
            return any(str(row[-1]).startswith("SEARCH t USING") for row in rows)
        # A small table is scanned whatever indexes there are: the question is whether one could lead.
        self._reading.rows(Statement("SELECT set_config('enable_seqscan', 'off', true)", (), False, False))
        rows = self._reading.rows(replace(statement, text=f"EXPLAIN {statement.text}"))
        return any("Index Cond" in str(row[0]) for row in rows)

    def _plan(
        self, condition: Condition | None, cardinality: int, total: int, notes: list[dict[str, Any]]
    ) -> dict[str, Any]:
        operation = "TableScan" if condition is None else "Sharing" if condition.is_scope else "Index"
        cost = 1.0 if condition is None else cardinality / (total * SELECTIVE_SHARE) if total else 0.0
        return {
            "cardinality": cardinality,
            "fields": [] if condition is None else list(condition.fields),
            "leadingOperationType": operation,
            "notes": notes,
            "relativeCost": round(cost, 3),
            "sobjectCardinality": total,
            "sobjectType": self._query.sobject.name,
        }

    def _note(self, fields: tuple[str, ...]) -> dict[str, Any]:
        name = self._query.sobject.name
        return {"description": UNINDEXED, "fields": list(fields), "tableEnumOrId": name}
