"""Look through a cassette for what should not leave the house: before it is handed to somebody else."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from .file import Cassette
from .form import Call
from .secrets import Scrubber

_EMAIL = re.compile(r"[\w.%+-]+@[\w-]+(?:\.[\w-]+)+")
_HOST = re.compile(r"https?://([\w.-]+\.(?:salesforce|force|salesforceliveagent|salesforcescrt|salesforce-scrt)\.com)")


@dataclass(frozen=True, slots=True)
class Leftover:
    """Something in a call that looks like a secret: where, by the words of the file."""

    number: int
    place: str


@dataclass(frozen=True, slots=True)
class Looked:
    """What was found: secrets by their places; how often e-mail addresses and hosts of Salesforce's stand there."""

    secrets: tuple[Leftover, ...]
    emails: int
    hosts: tuple[tuple[str, int], ...]


def look(cassette: Cassette) -> Looked:
    """Look through all texts of a cassette."""
    secrets: list[Leftover] = []
    emails, hosts = 0, Counter[str]()
    for call in cassette.calls:
        for place, text, content_type in _texts(call):
            scrubber = Scrubber()
            scrubbed = scrubber.body(text.encode("utf-8", "surrogatepass"), content_type, call.asked.path)
            if scrubber.count and scrubbed != text.encode("utf-8", "surrogatepass"):
                secrets.append(Leftover(call.number, place))
            emails += sum(not one.endswith("scrubbed.example") for one in _EMAIL.findall(text))
            hosts.update(_HOST.findall(text))
    return Looked(tuple(secrets), emails, tuple(sorted(hosts.items())))


def _texts(call: Call) -> Iterator[tuple[str, str, str]]:
    asked, answered = call.asked, call.answered
    yield "request.path", asked.path, ""
    for pair in asked.query:
        yield "request.query", "&".join(("?" + "=".join(pair),)), ""
    for name, value in asked.headers:
        yield f"request.headers.{name}", value, ""
    for name, value in answered.headers:
        yield f"response.headers.{name}", value, ""
    yield "request body", asked.body.decode(errors="replace"), asked.content_type
    yield "response body", answered.body.decode(errors="replace"), answered.content_type
    for event in answered.events or ():
        yield "response.events", event.text, ""
