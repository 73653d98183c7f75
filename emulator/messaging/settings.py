"""What steers enhanced chat and has no field on the platform: settings of channels, deployments as published, capacities of reps.

Each is a line of ``_messaging``. A channel's other settings are fields of its own rows (`channels`); what acts is neither, but the whole
of both as they were when the deployment was published last.
"""

import json
from dataclasses import dataclass
from typing import Any, Final

from ..org.org import Org
from ..running.codec import decode, encode
from ..store import Reader, Transaction
from ..store.watch import touch
from .setup import BOT_ENDS_SECONDS, CAPACITY, INACTIVE_ENDS_SECONDS, Bot, Channel, Deployment, Form, Keyset

STATE_KEY: Final = "messaging_setup"
"""The key under which ``_meta`` has a value that changes with all that steers enhanced chat (`store.watch`)."""
CHANNEL: Final = "channel"
DEPLOYMENT: Final = "deployment"
REP: Final = "capacity"


@dataclass(frozen=True, slots=True)
class Own:
    """The settings of a channel that have no field on the platform, under the names that `Channel` has for them."""

    session_based: bool = False
    user_verification: bool = False
    keysets: tuple[Keyset, ...] = ()
    inactivity_seconds: int | None = None
    inactive_ends_seconds: int = INACTIVE_ENDS_SECONDS
    bot_ends_seconds: int = BOT_ENDS_SECONDS
    attachments: bool = True
    max_file_bytes: int = 5_242_880
    push_timeout: int | None = None
    auto_accept: bool = False
    capacity_weight: float = 1.0
    bot: Bot | None = None
    forms: tuple[Form, ...] = ()
    queue_position: bool = True
    entries_on_platform: bool = False


@dataclass(frozen=True, slots=True)
class Placement:
    """A deployment: which channel it offers, on what platform. config_id: its EmbeddedServiceConfig row.

    published: the channel as it was at the last publishing, None before the first; published_at: when, milliseconds since 1970.
    """

    name: str
    label: str
    channel_id: str
    config_id: str = ""
    platform: str = "Web"
    published: Channel | None = None
    published_at: int | None = None

    @property
    def deployment(self) -> Deployment | None:
        """What clients meet; None before the first publishing."""
        if self.published is None:
            return None
        return Deployment(self.name, self.label, self.published, self.platform)


class ChannelSettings:
    """Reads and writes these lines for one org. What is written acts from the next reading of the set-up on."""

    def __init__(self, org: Org) -> None:
        self._org = org
        self._place = org.store.placeholder

    # --- channels -------------------------------------------------------------------------------------------------------

    def own(self, rows: Reader, channel_id: str) -> Own:
        """Return a channel's settings, the default ones where none were given."""
        body = self._line(rows, CHANNEL, channel_id)
        return Own() if body is None else decode(Own, body)

    def set_own(self, transaction: Transaction, channel_id: str, own: Own) -> None:
        self._put(transaction, CHANNEL, channel_id, encode(own))

    # --- deployments ----------------------------------------------------------------------------------------------------

    def placements(self, rows: Reader) -> dict[str, Placement]:
        """Return all deployments of enhanced chat by developer name."""
        return {name: decode(Placement, body) for name, body in self._lines(rows, DEPLOYMENT)}

    def placement(self, rows: Reader, name: str) -> Placement | None:
        body = self._line(rows, DEPLOYMENT, name)
        return None if body is None else decode(Placement, body)

    def set_placement(self, transaction: Transaction, placement: Placement) -> None:
        self._put(transaction, DEPLOYMENT, placement.name, encode(placement))

    # --- reps -----------------------------------------------------------------------------------------------------------

    def capacities(self, rows: Reader) -> dict[str, float]:
        """Return the capacities of those reps who have one of their own, by user id."""
        return {user_id: float(json.loads(body)) for user_id, body in self._lines(rows, REP)}

    def capacity(self, rows: Reader, user_id: str) -> float:
        body = self._line(rows, REP, user_id)
        return CAPACITY if body is None else float(json.loads(body))

    def set_capacity(self, transaction: Transaction, user_id: str, capacity: float) -> None:
        self._put(transaction, REP, user_id, json.dumps(capacity))

    # --- lines ----------------------------------------------------------------------------------------------------------

    def _line(self, rows: Reader, kind: str, key: str) -> str | None:
        sql = f'SELECT body FROM "_messaging" WHERE kind = {self._place} AND key = {self._place}'
        found = rows.one(sql, [kind, key])
        return None if found is None else str(found[0])

    def _lines(self, rows: Reader, kind: str) -> list[Any]:
        return rows.execute(f'SELECT key, body FROM "_messaging" WHERE kind = {self._place} ORDER BY key', [kind])

    def _put(self, transaction: Transaction, kind: str, key: str, body: str) -> None:
        transaction.run(
            f'INSERT INTO "_messaging" (kind, key, body) VALUES ({self._place}, {self._place}, {self._place})'
            " ON CONFLICT (kind, key) DO UPDATE SET body = excluded.body",
            [kind, key, body],
        )
        touch(transaction, self._org.store.dialect, STATE_KEY)
