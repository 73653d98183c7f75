"""Who calls, and in which API version."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Caller:
    """The user whose session a call carries, and the version in its address."""

    user_id: str
    version: str = "60.0"
    api: str = ""
    """What stands behind the version in the paths of the API that is called: ``/tooling``, nothing for the usual one."""
    is_system: bool = False
    """Whether the platform itself acts, in the user's name: no right of his is asked for."""

    @property
    def number(self) -> float:
        """The API version as a number."""
        return float(self.version)

    @property
    def base(self) -> str:
        """The path under which this version's REST resources stand."""
        return f"/services/data/v{self.version}{self.api}"
