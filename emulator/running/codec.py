"""States as JSON and back, so that what runs is rows of the store."""

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

import orjson

T = TypeVar("T")
Reading = Callable[[Any], Any]


def encode(value: Any) -> str:
    """Return a value of the machine as JSON text."""
    return orjson.dumps(value).decode()


def decode(kind: type[T], text: str) -> T:
    """Return the value of a type that `encode` wrote."""
    return value_of(kind, orjson.loads(text))


def value_of(kind: type[T], loaded: Any) -> T:
    """Return the value of a type that JSON, already read, stands for; keys that the type does not have are left out."""
    return cast(T, _reader(cast(Any, kind))(loaded))


@cache
def _reader(kind: Any) -> Reading:
    """Return what reads a type of the machine: a dataclass, an enum, a tuple of one type, a plain value, or one of these or None."""
    if is_dataclass(kind):
        return _dataclass_reader(kind)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return kind
    if get_origin(kind) in (Union, UnionType):
        (known,) = (part for part in get_args(kind) if part is not NoneType)
        inner = _reader(known)
        return lambda value: None if value is None else inner(value)
    if get_origin(kind) is tuple:
        parts = get_args(kind)
        if parts[-1] is Ellipsis:
            each = _reader(parts[0])
            return lambda values: tuple(each(value) for value in values)
        readers = tuple(map(_reader, parts))
        return lambda values: tuple(read(value) for read, value in zip(readers, values, strict=True))
    return lambda value: value


def _dataclass_reader(kind: Any) -> Reading:
    hints = get_type_hints(kind)
    readers = {field.name: _reader(hints[field.name]) for field in fields(kind)}

    def read(values: Mapping[str, Any]) -> Any:
        return kind(**{name: readers[name](value) for name, value in values.items() if name in readers})

    return read
