"""What a user agent says of a visitor's browser and system: LiveChatTranscript.Browser and Platform."""

from functools import cache
from importlib import import_module
from typing import Any, Final

MOST_LETTERS: Final = 1_000
"""What is longer is no browser's user agent, and is not searched."""


def browser_and_platform(user_agent: str | None) -> tuple[str | None, str | None]:
    """Return ``Firefox 147.0`` and ``Linux``; None for what the text does not tell.

    That the browser has two numbers and the platform none is our reading: the platform documents neither form.
    """
    if not user_agent or len(user_agent) > MOST_LETTERS:
        return None, None
    found = _parser().parse(user_agent)
    browser = None
    if found.user_agent is not None:
        agent = found.user_agent
        version = ".".join(number for number in (agent.major, agent.minor) if number)
        browser = f"{agent.family.removeprefix('Mobile ')} {version}".strip()
    return browser, found.os.family if found.os is not None else None


@cache
def _parser() -> Any:
    """Return the parser; its thousand patterns are read when the first chat ends."""
    return import_module("ua_parser")
