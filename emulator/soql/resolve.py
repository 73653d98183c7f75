"""Resolve a statement against the catalog: one tree in, one tree out.

The order of checks is the platform's as far as it is known: grammar, object, fields and relationships left to right,
types, limits.
"""

from collections.abc import Iterator
from typing import Final

from ...schemas.catalog import Catalog
from ...schemas.field import SObject
from .errors import malformed, no_such_child, refused
from .filters import Filters, NoSubselects, RowLeftSides
from .functions import Functions
from .groups import GroupedValues, is_aggregate
from .literals import whole
from .paths import Paths, find_object, kind_of
from .resolved import (
    AllOf,
    Children,
    Column,
    Expression,
    Filter,
    Groups,
    Kind,
    Membership,
    ResolvedQuery,
    Shape,
    SortKey,
)
from .scopes import Surroundings
from .shapes import ShapeBuilder
from .tree import Call, Distance, Item, Number, OrderItem, Path, Query, TypeOf
from .tree import Children as ChildQuery
from .tree import Expression as Written

MAXIMUM_OFFSET: Final = 2000
ROWS_WITHOUT_LIMIT: Final = 2000
"""Rows of a query that has an OFFSET and no LIMIT (guide, "OFFSET"; redspire/cropredysfdc)."""
MAXIMUM_SUBQUERIES: Final = 20
MAXIMUM_CHILD_LEVELS: Final = 5
"""Parent-to-child levels from API 58, the main object counted; two before (guide, "relationship query limitations")."""
DEEP_CHILDREN_SINCE: Final = 58.0
MAXIMUM_SEMI_JOINS: Final = 2
MAXIMUM_SORT_KEYS: Final = 32
"""A guess; the guide gives no number."""

TYPEOF_SINCE: Final = 46.0
FIELDS_SINCE: Final = 51.0
FIELDS_ROWS: Final = 200


def resolve(text: str, query: Query, catalog: Catalog, version: float) -> ResolvedQuery:
    """Return a statement with every name resolved. Raises OrgError with the place in ``text``."""
    sobject = find_object(text, catalog, version, query.sources[0].path)
    return _Statement(text, catalog, version, sobject, query).resolved()


class _Statement:
    """One SELECT: the statement itself, a child subquery or a sub-select."""

    def __init__(
        self,
        text: str,
        catalog: Catalog,
        version: float,
        sobject: SObject,
        query: Query,
        parent: "_Statement | None" = None,
        is_subselect: bool = False,
    ) -> None:
        self._text = text
        self._catalog = catalog
        self._version = version
        self._sobject = sobject
        self._query = query
        self._parent = parent
        self._is_subselect = is_subselect
        self._level: int = parent._level + 1 if parent else 1
        self._semi_joins = 0
        self._children: list[Children] = []
        self.paths = Paths(text, catalog, version, sobject)
        self.paths.name_main(query.sources[0].alias)
        for source in query.sources[1:]:
            self.paths.name_source(source)
        self._functions = Functions(text, self.paths)
        self._grouped: GroupedValues | None = None

    def resolved(self) -> ResolvedQuery:
        """Resolve the clauses in the order of the text."""
        query = self._query
        shape, groups = self._selected()
        around = Surroundings(self._text, self._catalog, self._version, self._sobject, self.paths)
        parts = (around.scope(query.scope), self._where())
        present = tuple(part for part in parts if part is not None)
        around.check(query.withs)
        marks = around.marks(query, is_inner=self._parent is not None, has_records=shape is not None)
        return ResolvedQuery(
            sobject=self._sobject,
            shape=shape,
            filter=AllOf(present) if len(present) > 1 else present[0] if present else None,
            order=self._order(),
            limit=self._limit(),
            offset=self._offset(),
            children=tuple(self._children),
            groups=groups,
            joins=self.paths.joins,
            seen=marks.seen,
            counted=marks.counted,
        )

    # --- SELECT ---------------------------------------------------------------------------------------------------------

    def _selected(self) -> tuple[Shape | None, Groups | None]:
        """Return the record or the groups that the SELECT list asks for; COUNT() and sub-selects have neither."""
        if self._is_subselect:
            return None, None
        if self._is_count():
            self._check_count()
            return None, None
        if is_aggregate(self._query):
            return None, self._groups()
        return self._shape(), None

    def _is_count(self) -> bool:
        item = self._query.items[0]
        return isinstance(item, Item) and isinstance(item.expression, Call) and item.expression.argument is None

    def _check_count(self) -> None:
        query = self._query
        if self._parent:
            raise malformed(self._text, query.items[0].at, "COUNT() is not allowed in a subquery")
        if query.group_by:
            raise malformed(self._text, query.group_by.at, "COUNT() is not allowed with GROUP BY")
        if query.order_by:
            raise malformed(self._text, query.order_by[0].expression.at, "COUNT() is not allowed with ORDER BY")

    def _groups(self) -> Groups:
        query = self._query
        if self._parent:
            raise malformed(self._text, query.items[0].at, "Aggregate queries are not allowed in a subquery")
        if query.limit and not query.group_by:
            sentence = "Non-grouped query that uses overall aggregate functions cannot also use LIMIT"
            raise malformed(self._text, query.limit.at, sentence)
        for item in query.items:
            if not isinstance(item, Item):
                raise malformed(self._text, item.at, "TYPEOF and subqueries are not allowed in an aggregate query")
        items = tuple(item for item in query.items if isinstance(item, Item))
        grouped = self._grouped = GroupedValues(self._text, self._functions, query.group_by)
        outputs = grouped.outputs(items)
        having = None
        if query.group_by and query.group_by.having:
            having = Filters(self._text, grouped, NoSubselects(self._text)).resolve(query.group_by.having)
        return Groups(grouped.kind, grouped.keys, outputs, having)

    def _shape(self) -> Shape:
        builder = ShapeBuilder(self._text, self.paths)
        for item in self._query.items:
            if isinstance(item, TypeOf):
                self._add_by_type(builder, item)
            elif isinstance(item, ChildQuery):
                self._check_alias(item.alias, item.at)
                self._add_children(builder, item)
            elif isinstance(item.expression, Path):
                self._check_alias(item.alias, item.expression.at)
                builder.add(item.expression)
            elif isinstance(item.expression, Call) and item.expression.name.upper() == "FIELDS":
                self._check_alias(item.alias, item.at)
                for name in self._fields_of(item.expression):
                    builder.add(Path((name,), item.at))
            elif isinstance(item.expression, Call) and item.expression.name.upper() == "TOLABEL":
                builder.add_function(*self._functions.label(item.expression), item.alias)
            elif isinstance(item.expression, Call) and item.expression.name.upper() == "FORMAT":
                builder.add_function(*self._functions.formatted(item.expression), item.alias)
            elif isinstance(item.expression, Distance):
                builder.add_distance(item.expression.path, self._functions.distance(item.expression), item.alias)
            else:
                raise self._functions.refusal(item.expression)
        return builder.built()

    def _fields_of(self, call: Call) -> Iterator[str]:
        """Yield the names that FIELDS stands for (guide, "SELECT", "FIELDS()")."""
        argument = call.argument
        which = argument.text.upper() if isinstance(argument, Path) else ""
        if which not in ("ALL", "CUSTOM", "STANDARD"):
            raise malformed(self._text, call.at, "The SOQL FIELDS function takes ALL, CUSTOM or STANDARD")
        if self._version < FIELDS_SINCE:
            raise malformed(self._text, call.at, f"Unknown function: {call.name}")
        limit = self._limit()
        if which != "STANDARD" and (self._query.limit is None or limit is None or limit > FIELDS_ROWS):
            sentence = f"The SOQL FIELDS function must have a LIMIT of at most {FIELDS_ROWS}"
            raise malformed(self._text, call.at, sentence)
        for field in self._sobject.fields:
            if which == "ALL" or field.custom == (which == "CUSTOM"):
                yield field.name

    def _add_by_type(self, builder: ShapeBuilder, item: TypeOf) -> None:
        if self._version < TYPEOF_SINCE:
            raise malformed(self._text, item.at, f"TYPEOF is supported from API version {TYPEOF_SINCE} on")
        self._check_alias(item.alias, item.at)
        builder.add_by_type(item)

    def _check_alias(self, alias: str | None, at: int) -> None:
        if alias is not None:
            raise malformed(self._text, at, "only aggregate expressions use field aliasing")

    def _add_children(self, builder: ShapeBuilder, item: ChildQuery) -> None:
        """Resolve a child subquery; FROM names the relationship, the parent object or its alias may stand before it."""
        source = item.query.sources[0].path
        names = self.paths.relative(source)
        relationship = self._sobject.child(names[0]) if len(names) == 1 else None
        child = self._catalog.find(relationship.child_sobject, self._version) if relationship else None
        if relationship is None or relationship.relationship_name is None or child is None:
            raise no_such_child(self._text, source.at, source.text)
        levels = MAXIMUM_CHILD_LEVELS if self._version >= DEEP_CHILDREN_SINCE else 2
        if self._level >= levels:
            raise malformed(self._text, item.at, f"Relationship queries have at most {levels} levels")
        if len(self._children) >= MAXIMUM_SUBQUERIES:
            raise malformed(self._text, item.at, f"Maximum {MAXIMUM_SUBQUERIES} subqueries are allowed")
        statement = _Statement(self._text, self._catalog, self._version, child, item.query, parent=self)
        reference = statement.paths.column_at((), relationship.field)
        builder.add_children(relationship.relationship_name, len(self._children), source.at)
        self._children.append(Children(statement.resolved(), reference))

    # --- WHERE ----------------------------------------------------------------------------------------------------------

    def _where(self) -> Filter | None:
        if self._query.where is None:
            return None
        left_sides = RowLeftSides(self._text, self.paths, self._functions)
        return Filters(self._text, left_sides, self).resolve(self._query.where)

    def membership(self, left: Expression, written: Written, negated: bool, query: Query, inside: str) -> Membership:
        """Return a semi- or anti-join; its restrictions are those of the guide's "Comparison operators"."""
        column = self._checked_semi_join(left, written, inside)
        sobject = find_object(self._text, self._catalog, self._version, query.sources[0].path)
        statement = _Statement(self._text, self._catalog, self._version, sobject, query, is_subselect=True)
        item = query.items[0]
        expression = item.expression if isinstance(item, Item) else written
        selected = statement.paths.column(expression) if isinstance(expression, Path) else None
        if selected is None or kind_of(selected.field) is not Kind.ID:
            name = selected.field.name if selected else getattr(expression, "name", "")
            sentence = f"semi join sub selects can only query id fields, cannot use: '{name}'"
            raise malformed(self._text, expression.at, sentence)
        if not self.paths.referred(column) & statement.paths.referred(selected):
            sentence = f"The sub-select gives ids of another object than the field '{column.field.name}' refers to"
            raise malformed(self._text, expression.at, sentence)
        return Membership(column, negated, statement.resolved(), selected)

    def _checked_semi_join(self, left: Expression, written: Written, inside: str) -> Column:
        if self._is_subselect:
            raise malformed(self._text, written.at, "Nesting of semi join sub-selects is not supported")
        if inside == "OR":
            raise malformed(self._text, written.at, "Semi join sub-selects are not allowed with the 'OR' operator")
        if inside:
            sentence = "Semi join sub-selects are only allowed at the top level WHERE expressions and not in nested WHERE expressions."
            raise malformed(self._text, written.at, sentence)
        if not isinstance(left, Column) or kind_of(left.field) is not Kind.ID or left.place:
            sentence = "The left side of a semi join must be an id field of the main object"
            raise malformed(self._text, written.at, sentence)
        self._semi_joins += 1
        if self._semi_joins > MAXIMUM_SEMI_JOINS:
            raise malformed(self._text, written.at, f"Maximum {MAXIMUM_SEMI_JOINS} semi join sub-selects are allowed")
        return left

    # --- the clauses after it -------------------------------------------------------------------------------------------

    def _order(self) -> tuple[SortKey, ...]:
        items = self._query.order_by
        if len(items) > MAXIMUM_SORT_KEYS:
            at = items[MAXIMUM_SORT_KEYS].expression.at
            raise malformed(self._text, at, f"Maximum {MAXIMUM_SORT_KEYS} fields are allowed in ORDER BY")
        return tuple(self._sort_key(item) for item in items)

    def _sort_key(self, item: OrderItem) -> SortKey:
        path = item.expression
        if self._grouped:
            return SortKey(self._grouped.value(path, "Ordered field"), item.descending, item.nulls_last)
        if isinstance(path, Distance):
            return SortKey(self._functions.distance(path), item.descending, item.nulls_last)
        if not isinstance(path, Path):
            raise self._functions.refusal(path)
        column = self.paths.column(path)
        unsortable = kind_of(column.field) in (Kind.ADDRESS, Kind.BINARY, Kind.MULTIPICKLIST)
        if (
            unsortable
            or not column.field.sortable
            or any(field is not None and field.is_long for field in column.stored)
        ):
            # MALFORMED_QUERY, not INVALID_FIELD: two public projects met it so on real orgs.
            raise malformed(self._text, path.at, f"field '{column.field.name}' can not be sorted in a query call")
        return SortKey(column, item.descending, item.nulls_last)

    def _limit(self) -> int | None:
        limit = self._query.limit
        if limit is None:
            return ROWS_WITHOUT_LIMIT if self._query.offset is not None and not self._is_count() else None
        return self._not_negative(limit, "LIMIT")

    def _offset(self) -> int:
        offset = self._query.offset
        if offset is None:
            return 0
        number = self._not_negative(offset, "OFFSET")
        if number > MAXIMUM_OFFSET:
            sentence = f"Maximum SOQL offset allowed is {MAXIMUM_OFFSET}"
            raise refused("NUMBER_OUTSIDE_VALID_RANGE", self._text, offset.at, sentence)
        if self._parent and (self._parent._query.limit is None or self._parent._limit() != 1):
            raise malformed(
                self._text, offset.at, "OFFSET is allowed in a subquery only if the parent query has LIMIT 1"
            )
        return number

    def _not_negative(self, number: Number, clause: str) -> int:
        value = whole(number.text)
        if value < 0:
            raise malformed(self._text, number.at, f"{clause} can not be negative")
        return value
