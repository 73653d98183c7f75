"""One SOAP call: what was asked, of which API and version, by whom."""

from dataclasses import dataclass
from typing import Any

from ...org.caller import Caller
from ...org.org import Org
from .flavors import Flavor
from .headers import Headers


@dataclass(frozen=True, slots=True)
class Call:
    """A call as an operation takes it.

    caller: whose session it is; of a login the administrator, whom it does not ask.
    arguments: by name, as the table has them.
    origin: scheme and host of the URLs in the answer.
    """

    org: Org
    flavor: Flavor
    version: str
    caller: Caller
    arguments: dict[str, Any]
    headers: Headers
    origin: str

    def text(self, name: str) -> str:
        """Return an argument that is text; empty when it was not sent."""
        value: str | None = self.arguments[name]
        return value or ""
