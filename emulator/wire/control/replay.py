"""The cassette that the org answers from."""

from typing import Any

from ...org.org import Org
from ..replayed import Replayed


def shown(org: Org) -> dict[str, Any]:
    """Return which cassette it is, and which of its calls nobody has made yet."""
    player = org.room(Replayed).player
    if player is None:
        return {"cassette": None, "calls": 0, "unplayed": []}
    return {"cassette": player.cassette.name, "calls": len(player.cassette.calls), "unplayed": player.unplayed()}


def rewind(org: Org) -> dict[str, Any]:
    """Begin anew with its first call."""
    org.room(Replayed).forget()
    return shown(org)
