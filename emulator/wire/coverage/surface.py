"""What a wire offers: its resources, as they stand in the tables that it answers by."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Resource:
    """A resource or a call.

    name: its address below the base of its protocol, ``sobjects/{object}/{id}``, or the name of its operation.
    methods: the HTTP methods that it takes; none for what is always posted to one address.
    since: the first API version that has it, 0 when all have.
    error: the code that it always answers, when it is there to refuse.
    """

    name: str
    methods: tuple[str, ...] = ()
    since: float = 0.0
    error: str = ""


@dataclass(frozen=True, slots=True)
class Surface:
    """A protocol: its name, where it is, and what it offers."""

    protocol: str
    base: str
    resources: tuple[Resource, ...]
