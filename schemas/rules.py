"""What one field takes: each function turns a JSON value into its canonical form or raises `Refused`.

Codes and messages are the platform's; where a message quotes the field it is by label, as in the recorded answers of
CoderDojo/community-platform#762 (STRING_TOO_LONG) and hicham-elmansouri/SFRelatedListEditor#11 (restricted picklist).
"""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from .field import DOUBLE_TYPES, Field
from .ids import InvalidId, normalize
from .values import InvalidValue, parse_base64, parse_date, parse_datetime, parse_time

Rule = Callable[[Any], Any]
TextRule = Callable[[Any], str | None]

PARSE, READ_ONLY, VALUE, REQUIRED = range(4)
"""The order in which kinds of violation are reported: a later one is not looked at while an earlier one stands."""

_EMAIL: Final = re.compile(r"[^@\s,;<>()\[\]\\\"]+@[^@\s,;<>()\[\]\\\"]+\.[^@\s.,;<>()\[\]\\\"]+\Z")
_LARGEST: Final = 10**308
"""Whole numbers from here on are beyond every double."""
_DEGREES: Final = {"__Latitude__s": 90.0, "__Longitude__s": 180.0}
"""Endings of the two parts of a location, and what they go up to (Salesforce Help, "Geolocation Custom Field")."""
_NUMBER: Final = re.compile(r"\s*[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?\s*\Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class Violation:
    """One reason why a record is refused."""

    kind: int
    code: str
    message: str
    fields: tuple[str, ...] | None = None
    """None where the platform's answer has no ``fields`` key."""
    value: Any = None
    field: str = ""
    type_name: str = ""
    """The field and the type that a value could not be read as, for JSON_PARSER_ERROR."""


class Refused(ValueError):
    """A value breaks a rule of its field."""

    def __init__(self, violation: Violation) -> None:
        super().__init__(violation.message)
        self.violation = violation


def unreadable(field: Field, value: Any) -> Refused:
    """Say that a JSON value is not of the field's type; the wire adds what it knows of the place in the text."""
    problem = f"Cannot deserialize instance of {field.type}"
    return Refused(Violation(PARSE, "JSON_PARSER_ERROR", problem, None, value, field.name, field.type))


def _invalid(field: Field, code: str, problem: str, value: Any) -> Refused:
    return Refused(Violation(VALUE, code, f"{field.label}: {problem}{value}", (field.name,), value))


def scalar_text(value: Any) -> str | None:
    """Return the text of a JSON scalar for a text field. A guess: numbers and booleans are taken as they are written."""
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int) and abs(value) >= _LARGEST:
        return None
    return str(value) if isinstance(value, (int, float)) and math.isfinite(value) else None


def storable(text: str) -> str:
    """Return text as databases can keep it: without NUL, and with U+FFFD for half of a surrogate pair."""
    if text.isascii():
        return text.replace("\x00", "")
    return text.replace("\x00", "").encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def text_rule(field: Field) -> TextRule:
    """Take text up to the field's length; empty text is no value."""
    limit = field.length or math.inf

    def rule(value: Any) -> str | None:
        if type(value) is str and value.isascii() and "\x00" not in value:
            text: str | None = value  # the short way of nearly all
        else:
            text = scalar_text(value)
        if text is None:
            raise unreadable(field, value)
        if len(text) > limit:
            raise Refused(
                Violation(
                    VALUE,
                    "STRING_TOO_LONG",
                    f"{field.label}: data value too large: {text} (max length={field.length})",
                    (field.name,),
                    value,
                )
            )
        return text or None

    return rule


def picklist_rule(field: Field) -> Rule:
    """Take one value of a restricted picklist, any text of another."""
    text_of = text_rule(field)
    if not field.restricted_picklist:
        return text_of
    allowed = frozenset(value.value for value in field.picklist_values if value.active)

    def rule(value: Any) -> str | None:
        text = text_of(value)
        if text is not None and text not in allowed:
            raise _invalid(
                field, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", "bad value for restricted picklist field: ", text
            )
        return text

    return rule


def multipicklist_rule(field: Field) -> Rule:
    """Take values joined by semicolons, each once, in the order of the picklist."""
    text_of = text_rule(field)
    order = {value.value: place for place, value in enumerate(field.picklist_values) if value.active}

    def rule(value: Any) -> str | None:
        text = text_of(value)
        if text is None:
            return None
        chosen = dict.fromkeys(part.strip() for part in text.split(";") if part.strip())
        if field.restricted_picklist:
            for part in chosen:
                if part not in order:
                    raise _invalid(
                        field,
                        "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
                        "bad value for restricted picklist field: ",
                        part,
                    )
        return ";".join(sorted(chosen, key=lambda part: order.get(part, len(order)))) or None

    return rule


def email_rule(field: Field) -> Rule:
    """Take an e-mail address."""
    text_of = text_rule(field)

    def rule(value: Any) -> str | None:
        text = text_of(value)
        if text is not None and not _EMAIL.match(text):
            raise _invalid(field, "INVALID_EMAIL_ADDRESS", "invalid email address: ", text)
        return text

    return rule


def boolean_rule(field: Field) -> Rule:
    """Take true and false; a guess: also the words in lower case (``FALSE`` is refused by a real org)."""

    def rule(value: Any) -> bool:
        if isinstance(value, bool):
            return value
        if value == "true" or value == "false":
            return bool(value == "true")
        raise unreadable(field, value)

    return rule


def int_rule(field: Field) -> Rule:
    """Take whole numbers of at most the field's digits, also written as text."""
    bound = 10 ** (field.digits or 9)

    def rule(value: Any) -> int | None:
        number = _number(field, value)
        if number is None:
            return None
        if isinstance(number, float) and not number.is_integer():
            raise unreadable(field, value)
        if abs(number) >= bound:
            raise _invalid(
                field, "NUMBER_OUTSIDE_VALID_RANGE", "value outside of valid range on numeric field: ", value
            )
        return int(number)

    return rule


def double_rule(field: Field) -> Rule:
    """Take numbers of at most the field's whole digits, however many decimals they have.

    Only pages of the platform round to a field's scale; an API value is kept and returned as it came (Salesforce Help,
    "Salesforce Number Field Stores More Decimal Places Than Defined When Set via API or Apex").
    """
    bound = 10.0 ** ((field.precision or 18) - field.scale)
    for ending, degrees in _DEGREES.items():
        if field.compound_field_name and field.name.endswith(ending):
            bound = math.nextafter(degrees, math.inf)

    def rule(value: Any) -> float | None:
        number = _number(field, value)
        if number is None:
            return None
        if not abs(number) < bound:
            raise _invalid(
                field, "NUMBER_OUTSIDE_VALID_RANGE", "value outside of valid range on numeric field: ", value
            )
        return float(number) + 0.0  # no negative zero

    return rule


def _number(field: Field, value: Any) -> int | float | None:
    if value == "":
        return None
    number = None
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        number = value
    elif isinstance(value, str) and len(value) < 400 and _NUMBER.match(value):
        number = int(value) if value.strip().lstrip("+-").isdigit() else float(value)
    if number is None or (isinstance(number, int) and abs(number) >= _LARGEST):
        raise unreadable(field, value)
    return number


def _parsed_rule(field: Field, parse: Callable[[str], Any]) -> Rule:
    """Take text that a parser understands. No text is no value, but a file without a byte is a file: an attachment may
    be made with an empty Body (the integration tests of django-salesforce)."""
    empty = b"" if field.type == "base64" else None

    def rule(value: Any) -> Any:
        if value == "":
            return empty
        if isinstance(value, str):
            try:
                return parse(value)
            except InvalidValue:
                pass
        raise unreadable(field, value)

    return rule


def reference_rule(field: Field, prefixes: frozenset[str]) -> Rule:
    """Take ids of the types that the field refers to; whether the record exists is for the org to say.

    Text that is no id is MALFORMED_ID (REST guide, "errorcodes"); a guess: an id of another type has the same words
    with the code FIELD_INTEGRITY_EXCEPTION.
    """

    def rule(value: Any) -> str | None:
        if value == "":
            return None
        if not isinstance(value, str):
            raise unreadable(field, value)
        try:
            id_ = normalize(value)
        except InvalidId:
            raise _invalid(field, "MALFORMED_ID", "id value of incorrect type: ", value) from None
        if id_[:3] not in prefixes:
            raise _invalid(field, "FIELD_INTEGRITY_EXCEPTION", "id value of incorrect type: ", value)
        return id_

    return rule


def rule_for(field: Field, prefixes: frozenset[str]) -> Rule:
    """Return the rule of a field; ``prefixes`` are the key prefixes of the types that it may refer to."""
    if field.type in ("reference", "id"):
        return reference_rule(field, prefixes)
    if field.type in DOUBLE_TYPES:
        return double_rule(field)
    parsers = {"datetime": parse_datetime, "date": parse_date, "time": parse_time, "base64": parse_base64}
    if field.type in parsers:
        return _parsed_rule(field, parsers[field.type])
    rules: dict[str, Callable[[Field], Rule]] = {
        "picklist": picklist_rule,
        "multipicklist": multipicklist_rule,
        "email": email_rule,
        "boolean": boolean_rule,
        "int": int_rule,
    }
    return rules.get(field.type, text_rule)(field)
