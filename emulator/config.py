"""How one org is set up."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

MEMORY: Final = "sqlite://"


@dataclass(frozen=True, slots=True)
class OrgConfig:
    """What `Org.open` needs to know; every value has the default of ``chatlift serve``."""

    database: str = MEMORY
    """``sqlite://`` (in memory), ``sqlite:///PATH`` or ``postgresql+psycopg://…``."""
    objects: tuple[Mapping[str, Any], ...] = ()
    """Descriptor documents of the org's own objects, or of more fields for shipped ones."""
    scenarios: tuple[Mapping[str, Any], ...] = ()
    """Scenario documents that are seeded, in order, into a blank org."""
    now: datetime | None = None
    """What the clock shows when the org opens; None is the time of the machine."""
    frozen: bool = False
    """Whether the clock stands still until it is moved."""
    strict_auth: bool = False
    administrator_password: str | None = None
    """The administrator's password under strict authentication."""
    session_timeout: int | None = None
    """Seconds of idleness after which a session ends; None: never, or two hours under strict authentication."""
    permissive_messaging: bool = False
    """Whether API callers may write the records of enhanced chat that the platform alone writes (`org.permissive`)."""
    chance: int | None = None
    """What tokens and codes are drawn from, the same in every run, for an org in memory; None draws what nobody can guess."""
    instance: str = "5e"
    """The two characters of every id that name the instance."""
