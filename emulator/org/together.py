"""Several writes in one go: each by itself, or all or none of them.

REST collections, SOAP calls and Bulk batches have the same rule: a write that fails leaves no trace, and where all or none was
asked for it takes the others with it.
"""

from collections.abc import Callable, Sequence
from typing import Final, TypeVar

from ..errors import OrgError
from .org import Org

T = TypeVar("T")
ROLLED_BACK: Final = OrgError(
    "ALL_OR_NONE_OPERATION_ROLLED_BACK",
    "Record rolled back because not all records were valid and the request was using AllOrNone header",
    (),
)
"""What the writes that went well are told (REST guide, "Create Records Using sObject Collections")."""


class _UndoneError(Exception):
    """Rolls a transaction back."""


def write_each(org: Org, writes: Sequence[Callable[[], T]], all_or_none: bool = False) -> list[T | OrgError]:
    """Run writes in one transaction; return what each returned, or why it was refused, in order.

    A write that raises anything but `OrgError` undoes all of them.
    """
    outcomes: list[T | OrgError] = []
    try:
        with org.transaction() as transaction:
            for write in writes:
                try:
                    with transaction.savepoint():
                        outcomes.append(write())
                except OrgError as error:
                    outcomes.append(error)
            if all_or_none and any(isinstance(outcome, OrgError) for outcome in outcomes):
                raise _UndoneError
    except _UndoneError:
        return [outcome if isinstance(outcome, OrgError) else ROLLED_BACK for outcome in outcomes]
    return outcomes
