"""The cassette that an org answers from, if it has one."""

from threading import Event
from typing import TYPE_CHECKING

from ..org.org import Org

if TYPE_CHECKING:
    from ..cassette.player import Player


class Replayed:
    """A room of the org: the cassette begins anew when the org does. stopped: set when the org closes."""

    def __init__(self, org: Org) -> None:
        self.player: Player | None = None
        self.stopped = Event()

    def forget(self) -> None:
        """Begin anew."""
        if self.player is not None:
            self.player.rewind()

    def catch_up(self) -> None:
        """Nothing falls due here."""

    def close(self) -> None:
        """Let go of whoever waits for more of it."""
        self.stopped.set()
