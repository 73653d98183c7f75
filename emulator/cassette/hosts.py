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
LONGEST_SCHEME: Final = 14
_SCHEME: Final = re.compile(r"https?(?:(?P<slashes>:\\?/\\?/)|(?P<quoted>%3A%2F%2F))\Z", re.IGNORECASE)
_BEFORE: Final = re.compile(r"[\w.-]\Z")
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
    known = {
        form: found for origin, found in table.items() for form in (origin.host, quote(origin.host, safe="").lower())
    }
    if not known:
        return lambda text: text
    pattern = re.compile(
        rf"(?:{'|'.join(re.escape(host) for host in sorted(known, key=len, reverse=True))})(?![\w-]|\.\w|:\d|%3A\d)",
        re.IGNORECASE,
    )

    def replace(text: str) -> str:
        lower = text.lower()
        if not any(host in lower for host in known):
            return text
        made, end = [], 0
        for found in pattern.finditer(text):
            before = text[max(end, found.start() - LONGEST_SCHEME) : found.start()]
            scheme = _SCHEME.search(before)
            if scheme is None and (_BEFORE.search(before) or "%" in found[0]):
                continue
            start = found.start() - (len(scheme[0]) if scheme else 0)
            made += [text[end:start], _written(known[found[0].lower()], scheme)]
            end = found.end()
        return "".join([*made, text[end:]])

    return replace


def _written(other: Origin | str, scheme: re.Match[str] | None) -> str:
    """Return what stands for a host and the scheme before it, in the same form."""
    if isinstance(other, str):
        form = ".host" if scheme is None else ".quoted" if scheme["quoted"] else ""
        return f"{{{{{MARK}:{other}{form}}}}}"
    if scheme is None:
        return other.host
    return quote(str(other), safe="") if scheme["quoted"] else f"{other.scheme}{scheme['slashes']}{other.host}"


def filled(text: str, origin: Origin) -> str:
    """Return a recorded text with a host in the place of all placeholders."""
    if "{{chatlift:" not in text:
        return text

    def fill(found: re.Match[str]) -> str:
        form = found[1]
        return origin.host if form == ".host" else quote(str(origin), safe="") if form == ".quoted" else str(origin)

    return _PLACEHOLDER.sub(fill, text)
