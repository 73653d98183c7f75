"""Default values as the platform writes them: formulas, of which the literal ones are understood."""

import re
from typing import Any, Final

from .field import DOUBLE_TYPES, Field

_TEXT: Final = re.compile(r'"((?:[^"\\]|\\.)*)"\Z|\'((?:[^\'\\]|\\.)*)\'\Z', re.DOTALL)
_NUMBER: Final = re.compile(r"[+-]?(\d{1,18}(\.\d{1,18})?|\.\d{1,18})\Z", re.ASCII)
_MOMENT: Final = re.compile(r'(?i:DATEVALUE|DATETIMEVALUE|TIMEVALUE)\(\s*"([^"\\]{1,40})"\s*\)\Z')
_ESCAPE: Final = re.compile(r"\\(.)", re.DOTALL)
_ESCAPED: Final = {"n": "\n", "r": "\r", "t": "\t"}
_FUNCTIONS: Final = {"date": "DATEVALUE", "datetime": "DATETIMEVALUE", "time": "TIMEVALUE"}


class NotLiteral(ValueError):
    """A formula must be computed to know its value."""


def literal(formula: str, type_: str) -> Any:
    """Return the JSON value of a literal formula for a field type. Raises `NotLiteral`."""
    text = formula.strip()
    if found := _TEXT.match(text):
        if type_ == "boolean" or type_ in DOUBLE_TYPES:
            raise NotLiteral(formula)
        inner = found.group(1) if found.group(1) is not None else found.group(2)
        return _ESCAPE.sub(lambda match: _ESCAPED.get(match.group(1), match.group(1)), inner)
    if type_ == "boolean" and text.lower() in ("true", "false"):
        return text.lower() == "true"
    if _NUMBER.match(text) and (type_ in DOUBLE_TYPES or type_ == "int"):
        return float(text) if type_ != "int" or "." in text else int(text)
    if type_ in _FUNCTIONS and (found := _MOMENT.match(text)):
        moment = found.group(1)
        if type_ != "datetime":
            return moment
        return moment.replace(" ", "T") if moment[-1] in "Zz" else moment.replace(" ", "T") + "Z"
    raise NotLiteral(formula)


def formula_of(field: Field) -> str | None:
    """Return the formula of a custom field's default value; a checkbox and a picklist say theirs elsewhere."""
    value = field.default_value
    if value is None or not field.custom or field.type in ("boolean", "picklist", "multipicklist"):
        return None
    if field.type in _FUNCTIONS:
        return f'{_FUNCTIONS[field.type]}("{str(value).replace("+0000", "Z")}")'
    if isinstance(value, (int, float)):
        return f"{value:.18f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)
    escaped = str(value).replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\r", "\\r")
    return f'"{escaped}"'
