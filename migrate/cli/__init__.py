"""`chatlift migrate`: the whole migration, or one of its steps; `chatlift describe import`. Rooms are loaded when a command runs."""

from . import checking, loads, preparing, running
from .group import migrate
from .schema import describe

__all__ = ["checking", "describe", "loads", "migrate", "preparing", "running"]
