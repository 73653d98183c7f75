"""The cassette that an org answers from, if it has one."""

from importlib import import_module
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

from ..org.org import Org
from .exchange import Settings

if TYPE_CHECKING:
    from ..cassette.player import Player
    from .replaying import Replaying


class Replayed:
    """A room of the org: the cassette begins anew when the org does. stopped: set when the org closes."""

    def __init__(self, org: Org) -> None:
        self._org = org
        self.settings = Settings()
        self.player: Player | None = None
        self.answering: Replaying | None = None
        """What answers first; what it needs is loaded with the first cassette."""
        self.stopped = Event()

    def put_in(self, path: Path | str, *, is_strict: bool) -> None:
        """Answer from a cassette from now on. is_strict: refuse what it does not have, at any address. Raises `UsageError`."""
        cassette = import_module("..cassette.file", __package__).read_cassette(path)
        player: Player = import_module("..cassette.player", __package__).Player(cassette)
        make = import_module(".replaying", __package__).Replaying
        self.answering = make(player, self._org, self.settings, self.stopped, is_strict=is_strict)
        self.player = player

    def take_out(self) -> None:
        """Let the org answer for itself."""
        self.answering = self.player = None

    def forget(self) -> None:
        """Begin anew."""
        if self.player is not None:
            self.player.rewind()

    def catch_up(self) -> None:
        """Nothing falls due here."""

    def close(self) -> None:
        """Let go of whoever waits for more of it."""
        self.stopped.set()
