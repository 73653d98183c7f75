"""Faults: what goes wrong on purpose."""

from collections.abc import Mapping
from typing import Any

from ...org.fault_rules import BadRule
from ...org.org import Org
from ..guard import ControlRefused


def shown(org: Org) -> dict[str, Any]:
    """Return the rules in force, with how many calls each has fitted and struck."""
    return org.faults.document()


def put(org: Org, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Put rules in the place of those that there are."""
    try:
        org.faults.set(wanted)
    except BadRule as error:
        raise ControlRefused(400, "INVALID_ARGUMENT", str(error)) from None
    return shown(org)


def clear(org: Org) -> dict[str, Any]:
    """Take all rules away."""
    return put(org, {})
