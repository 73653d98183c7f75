"""The hosts of an org in what is recorded: on the wire they become the recorder's own, in the cassette a placeholder.

Each host has three forms: with its scheme (``https://acme.my.salesforce.com``, its slashes escaped or not), quoted as in a query
(``https%3A%2F%2F…``), and bare.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, urlsplit

MARK: Final = "chatlift"
_PLACEHOLDER: Final = re.compile(r"\{\{chatlift:[a-z]{1,20}(\.host|\.quoted)?\}\}")
"""``{{chatlift:org}}`` is scheme and host, ``….host`` the host alone, ``….quoted`` the former, quoted."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Scheme and host, with its port unless it is the usual one: ``https``, ``acme.my.salesforce.com``."""

    scheme: str
    host: str

    @classmethod
    def of(cls, url: str) -> "Origin":
        parts = urlsplit(url)
        return cls(parts.scheme.lower(), parts.netloc.lower())

    def __str__(self) -> str:
        return f"{self.scheme}://{self.host}"


Replacement = Callable[[str], str]


def replacing(table: Mapping[Origin, Origin | str]) -> Replacement:
    """Return what replaces hosts in a text: by other hosts, or by a placeholder of a name. A host of another port is another one."""
    if not table:
        return lambda text: text
    known = {origin.host: found for origin, found in table.items()}
    hosts = "|".join(re.escape(host) for host in sorted(known, key=len, reverse=True))
    quoted = "|".join(re.escape(quote(host, safe="")) for host in sorted(known, key=len, reverse=True))
    pattern = re.compile(
        rf"(?:(?P<scheme>https?)(?P<slashes>:\\?/\\?/))?(?<![\w.-])(?P<host>{hosts})(?![\w-]|\.\w|:\d)"
        rf"|(?P<first>https?%3A%2F%2F)(?P<quoted>{quoted})(?![\w-]|\.\w|%3A\d)",
        re.IGNORECASE,
    )
    by_quoted = {quote(host, safe="").lower(): found for host, found in known.items()}

    def replaced(found: re.Match[str]) -> str:
        if found["quoted"]:
            other = by_quoted[found["quoted"].lower()]
            return f"{{{{{MARK}:{other}.quoted}}}}" if isinstance(other, str) else quote(str(other), safe="")
        other = known[found["host"].lower()]
        if not found["scheme"]:
            return f"{{{{{MARK}:{other}.host}}}}" if isinstance(other, str) else other.host
        if isinstance(other, str):
            return f"{{{{{MARK}:{other}}}}}"
        return f"{other.scheme}{found['slashes']}{other.host}"

    marks = tuple(known)

    def replace(text: str) -> str:
        lower = text.lower()
        if not any(mark in lower or quote(mark, safe="").lower() in lower for mark in marks):
            return text
        return pattern.sub(replaced, text)

    return replace


def filled(text: str, origin: Origin) -> str:
    """Return a recorded text with a host in the place of all placeholders."""
    if "{{chatlift:" not in text:
        return text

    def fill(found: re.Match[str]) -> str:
        form = found[1]
        return origin.host if form == ".host" else quote(str(origin), safe="") if form == ".quoted" else str(origin)

    return _PLACEHOLDER.sub(fill, text)
