"""The org's ids and auto-numbers: the only place that makes them."""

from datetime import UTC, datetime
from typing import Final

from ...schemas.autonumber import DEFAULT_FORMAT, number_in, written
from ...schemas.field import Field, SObject
from ...schemas.ids import COUNTER_WIDTH, compose, decode62
from ..store import Transaction

RESERVED_BELOW: Final = 62**COUNTER_WIDTH // 2
"""Counters of ids from here on are never reached, and so need not be passed over."""


class IdMaker:
    """Make ids and auto-numbers from counters in the store: the same calls give the same ids."""

    def __init__(self, instance: str) -> None:
        self.instance = instance

    def next_id(self, transaction: Transaction, prefix: str) -> str:
        """Return the next id of a key prefix."""
        return compose(prefix, self.instance, transaction.next_number(f"id:{prefix}"))

    def next_ids(self, transaction: Transaction, prefix: str, count: int) -> list[str]:
        """Return as many next ids of a key prefix, in order."""
        first = transaction.next_number(f"id:{prefix}", count) - count + 1
        return [compose(prefix, self.instance, number) for number in range(first, first + count)]

    def next_names(
        self, transaction: Transaction, sobject: SObject, field: Field, now: datetime, count: int
    ) -> list[str]:
        """Return as many next auto-numbers of a field, in order."""
        last = transaction.next_number(f"name:{sobject.name}.{field.name}", count) + max(field.starting_number - 1, 0)
        form, day = field.display_format or DEFAULT_FORMAT, now.astimezone(UTC).date()
        return [written(form, number, day) for number in range(last - count + 1, last + 1)]

    def next_name(self, transaction: Transaction, sobject: SObject, field: Field, now: datetime) -> str:
        """Return the next auto-number of a field. A guess: the dates in it are those of UTC."""
        number = transaction.next_number(f"name:{sobject.name}.{field.name}") + max(field.starting_number - 1, 0)
        return written(field.display_format or DEFAULT_FORMAT, number, now.astimezone(UTC).date())

    def reserve_id(self, transaction: Transaction, id_: str) -> None:
        """See to it that an id given from outside is never made again."""
        counter = decode62(id_[15 - COUNTER_WIDTH : 15])
        if id_[3:6] == self.instance + "0" and counter < RESERVED_BELOW:
            self._raise_counter(transaction, f"id:{id_[:3]}", counter)

    def reserve_name(self, transaction: Transaction, sobject: SObject, field: Field, name: str) -> None:
        """See to it that an auto-number given from outside is never made again."""
        number = number_in(field.display_format or DEFAULT_FORMAT, name)
        if number is not None:
            least = number - max(field.starting_number - 1, 0)
            self._raise_counter(transaction, f"name:{sobject.name}.{field.name}", max(least, 0))

    def _raise_counter(self, transaction: Transaction, key: str, least: int) -> None:
        place = transaction.placeholder
        transaction.run(
            f'INSERT INTO "_counter" (key, value) VALUES ({place}, {place}) ON CONFLICT (key) DO UPDATE SET value ='
            ' CASE WHEN "_counter".value < excluded.value THEN excluded.value ELSE "_counter".value END',
            [key, least],
        )
