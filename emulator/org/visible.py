"""Which types a caller sees."""

from ...schemas.field import SObject
from ..errors import OrgError
from .caller import Caller
from .records import Records


def visible(records: Records, caller: Caller, name: str) -> SObject | None:
    """Find a type as the caller sees it; None where his version or his rights hide it."""
    try:
        return records.sobject(caller, name)
    except OrgError:
        return None
