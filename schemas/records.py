"""Record schemas: what a record of an sObject may hold when it is created, updated or seeded.

The marshmallow schema of an sObject is the source of truth and the reporter of errors. `RecordSchema` is what callers
use: it runs a table of the schema's own rules first, which is many times faster, and hands a record to marshmallow only
when the table refuses it.
"""

from collections.abc import Mapping
from enum import Enum
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields

from .catalog import Catalog
from .field import Field, SObject
from .rules import PARSE, READ_ONLY, REQUIRED, VALUE, Refused, Rule, Violation, rule_for


class Operation(Enum):
    """Why a record is written; a seed may write fields that no API call may."""

    CREATE = "create"
    UPDATE = "update"
    SEED = "seed"


class RecordInvalid(ValueError):
    """A record is refused. ``violations`` are all of the first kind that there is, in the order of the record's fields."""

    def __init__(self, violations: tuple[Violation, ...]) -> None:
        super().__init__(violations[0].message)
        self.violations = violations


class RecordField(fields.Field):  # type: ignore[type-arg]  # marshmallow 3 and 4 differ in whether it is generic
    """A marshmallow field that takes what one sObject field takes."""

    def __init__(self, field: Field, operation: Operation, prefixes: frozenset[str]) -> None:
        # A seed cannot name a record of a type that the catalog does not have, such as a user licence.
        unknown_target = operation is Operation.SEED and field.type == "reference" and not prefixes
        super().__init__(required=is_required(field, operation) and not unknown_target, allow_none=True)
        self.sobject_field = field
        self.operation = operation
        self.rule = full_rule(field, operation, rule_for(field, prefixes))

    def deserialize(self, value: Any, attr: str | None = None, data: Any = None, **kwargs: Any) -> Any:
        """Return the canonical value; raise ValidationError with one `Violation`."""
        if attr is None or data is None or attr not in data:
            return super().deserialize(value, attr, data, **kwargs)
        try:
            return self.rule(value)
        except Refused as refused:
            raise ValidationError([refused.violation]) from None


def is_writable(field: Field, operation: Operation) -> bool:
    """Tell whether an operation may name the field at all."""
    if operation is Operation.SEED:
        return field.is_stored
    return field.createable if operation is Operation.CREATE else field.updateable


def is_required(field: Field, operation: Operation) -> bool:
    """Tell whether a create must name the field: a create-able field that is neither nillable nor defaulted."""
    if operation is Operation.UPDATE or field.nillable or field.defaulted_on_create or field.type == "boolean":
        return False
    return field.createable and field.initial_value is None


def full_rule(field: Field, operation: Operation, rule: Rule) -> Rule:
    """Return a field's rule with those of the operation around it: who may write it, and what null means."""
    if not is_writable(field, operation):
        return _read_only_rule(field, operation)
    default = field.initial_value if operation is not Operation.UPDATE else None

    def whole(value: Any) -> Any:
        canonical = None if value is None else rule(value)
        if canonical is not None or field.nillable:
            return canonical
        if field.type == "boolean":
            # Recorded: "Trade-In Used As Deposit?: value not of required type" for a null checkbox.
            problem = f"{field.label}: value not of required type"
            raise Refused(Violation(VALUE, "INVALID_TYPE_ON_FIELD_IN_RECORD", problem, (field.name,), value))
        if operation is not Operation.UPDATE and (field.defaulted_on_create or default is not None):
            return default
        if operation is Operation.SEED and not field.createable:
            return None
        raise Refused(missing((field.name,)))

    return whole


def _read_only_rule(field: Field, operation: Operation) -> Rule:
    def refuse(value: Any) -> Any:
        if field.name == "Id" and operation is Operation.CREATE:
            # A guess: the wording of the answer to a create that names the Id.
            problem = "cannot specify Id in an insert call"
            raise Refused(Violation(READ_ONLY, "INVALID_FIELD_FOR_INSERT_UPDATE", problem, ("Id",), value))
        if field.name == "Id":
            # Recorded: jesperfj/force-rest-api#69.
            problem = "The Id field should not be specified in the sobject data."
            raise Refused(Violation(PARSE, "INVALID_FIELD", problem, None, value))
        raise Refused(read_only((field.name,)))

    return refuse


def read_only(names: tuple[str, ...]) -> Violation:
    """Say that fields cannot be written (recorded: simpleforce#9, CoderDojo/community-platform#618)."""
    return Violation(
        READ_ONLY,
        "INVALID_FIELD_FOR_INSERT_UPDATE",
        f"Unable to create/update fields: {', '.join(names)}. Please check the security settings of this field and "
        "verify that it is read/write for your profile or permission set.",
        names,
    )


def missing(names: tuple[str, ...]) -> Violation:
    """Say that required fields have no value (recorded: jsforce test/http-api.test.ts)."""
    return Violation(REQUIRED, "REQUIRED_FIELD_MISSING", f"Required fields are missing: [{', '.join(names)}]", names)


def unknown(sobject: SObject, name: str) -> Violation:
    """Say that a type has no such field (recorded: restforce write_error fixture)."""
    return Violation(PARSE, "INVALID_FIELD", f"No such column '{name}' on sobject of type {sobject.name}")


def marshmallow_schema(sobject: SObject, operation: Operation, catalog: Catalog) -> Schema:
    """Make the marshmallow schema of an sObject for an operation; its errors are lists of `Violation`."""
    declared = {
        field.name: RecordField(field, operation, reference_prefixes(sobject, field, catalog))
        for field in sobject.fields
    }
    return Schema.from_dict(declared, name=f"{sobject.name}{operation.name.title()}")(unknown=RAISE)  # type: ignore[arg-type]


def reference_prefixes(sobject: SObject, field: Field, catalog: Catalog) -> frozenset[str]:
    """Return the key prefixes of the types that a field refers to, as far as the catalog knows them."""
    if field.type == "id":
        return frozenset({sobject.key_prefix} if sobject.key_prefix else ())
    targets = (catalog.find(name) for name in field.reference_to)
    return frozenset(target.key_prefix for target in targets if target is not None and target.key_prefix)


class RecordSchema:
    """Check records of one sObject for one operation."""

    def __init__(self, sobject: SObject, operation: Operation, catalog: Catalog) -> None:
        self.sobject = sobject
        self.schema = marshmallow_schema(sobject, operation, catalog)
        declared = {name: field for name, field in self.schema.fields.items() if isinstance(field, RecordField)}
        self._rules: dict[str, Rule] = {name: field.rule for name, field in declared.items()}
        self._required = frozenset(name for name, field in declared.items() if field.required)
        self._lower_names = {name.lower(): name for name in declared}

    def load(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return the canonical values of a record whose field names may be in any case. Raises `RecordInvalid`."""
        accepted = self.accept(values)
        return self.report(values) if accepted is None else accepted

    def accept(self, values: Mapping[str, Any]) -> dict[str, Any] | None:
        """Return the canonical values, or None when the record needs a report of what is wrong with it."""
        rules = self._rules
        accepted: dict[str, Any] = {}
        try:
            for name, value in values.items():
                if name not in rules:
                    name = self._lower_names[name.lower()]
                accepted[name] = rules[name](value)
        except (Refused, KeyError):
            return None
        return accepted if self._required <= accepted.keys() else None

    def load_value(self, name: str, value: Any) -> Any:
        """Return the canonical value of one field. Raises `Refused`."""
        return self._rules[name](value)

    def report(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Load a record by marshmallow. Raises `RecordInvalid`."""
        canonical: dict[str, Any] = {self._lower_names.get(name.lower(), name): value for name, value in values.items()}
        try:
            loaded: dict[str, Any] = self.schema.load(canonical)
        except ValidationError as error:
            raise RecordInvalid(self._violations(canonical, dict(error.messages_dict))) from None
        return loaded

    def _violations(self, values: Mapping[str, Any], messages: Mapping[str, Any]) -> tuple[Violation, ...]:
        for name in values:
            if name not in self._rules:
                return (unknown(self.sobject, name),)
        found: list[Violation] = []
        absent: list[str] = []
        for name in [*values, *(name for name in self._rules if name not in values)]:
            for message in messages.get(name, ()):
                if not isinstance(message, Violation) or message.kind == REQUIRED:
                    absent.append(name)
                else:
                    found.append(message)
        if absent:
            order = [name for name in self._rules if name in absent]
            found.append(missing(tuple(order)))
        first = min(violation.kind for violation in found)
        kept = [violation for violation in found if violation.kind == first]
        if first == READ_ONLY and not any(violation.fields == ("Id",) for violation in kept):
            return (read_only(tuple(name for violation in kept for name in violation.fields or ())),)
        return tuple(kept)
