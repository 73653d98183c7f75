"""The org's ids and auto-numbers: the only place that makes them."""

from typing import Final

from ...schemas.field import SObject
from ...schemas.ids import COUNTER_WIDTH, compose, decode62
from ..store import Transaction

RESERVED_BELOW: Final = 62**COUNTER_WIDTH // 2
"""Counters of ids from here on are never reached, and so need not be passed over."""
NAME_WIDTH: Final = 8
"""Digits of an auto-number. A guess, after the platform's default display format ``{00000000}``."""


class IdMaker:
    """Make ids and auto-numbers from counters in the store: the same calls give the same ids."""

    def __init__(self, instance: str) -> None:
        self.instance = instance

    def next_id(self, transaction: Transaction, prefix: str) -> str:
        """Return the next id of a key prefix."""
        return compose(prefix, self.instance, transaction.next_number(f"id:{prefix}"))

    def next_name(self, transaction: Transaction, sobject: SObject, field: str) -> str:
        """Return the next auto-number of a field."""
        return str(transaction.next_number(f"name:{sobject.name}.{field}")).zfill(NAME_WIDTH)

    def reserve_id(self, transaction: Transaction, id_: str) -> None:
        """See to it that an id given from outside is never made again."""
        counter = decode62(id_[15 - COUNTER_WIDTH : 15])
        if id_[3:6] == self.instance + "0" and counter < RESERVED_BELOW:
            self._raise_counter(transaction, f"id:{id_[:3]}", counter)

    def reserve_name(self, transaction: Transaction, sobject: SObject, field: str, name: str) -> None:
        """See to it that an auto-number given from outside is never made again."""
        if name.isascii() and name.isdigit() and len(name) <= 12:
            self._raise_counter(transaction, f"name:{sobject.name}.{field}", int(name))

    def _raise_counter(self, transaction: Transaction, key: str, least: int) -> None:
        place = transaction.placeholder
        transaction.run(
            f'INSERT INTO "_counter" (key, value) VALUES ({place}, {place}) ON CONFLICT (key) DO UPDATE SET value ='
            ' CASE WHEN "_counter".value < excluded.value THEN excluded.value ELSE "_counter".value END',
            [key, least],
        )
