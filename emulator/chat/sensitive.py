"""Sensitive-data rules at work: what is taken out of a message before anybody sees or keeps it (R38)."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

import regex

from .setup import EnforcedOn, SensitiveDataRule

LONGEST_SEARCH: Final = 0.25
"""Seconds that one rule may look through one message; an admin's pattern must not stop the desk."""
WITHHELD: Final = "***"
"""What stands in place of a message that a rule could not look through in time. A guess: nothing unseen goes out."""


def cleaned(
    rules: Sequence[SensitiveDataRule], said_by: EnforcedOn, text: str
) -> tuple[str, tuple[SensitiveDataRule, ...]]:
    """Return a message without what the rules take out, and the rules that found something, by priority."""
    found = []
    for rule in sorted(rules, key=lambda rule: rule.priority):
        if said_by not in rule.enforced_on:
            continue
        pattern = _compiled(rule.pattern)
        if pattern is None:
            continue
        replacement = "" if rule.removes else rule.replacement
        try:
            text, times = pattern.subn(lambda _: replacement, text, timeout=LONGEST_SEARCH)  # noqa: B023
        except TimeoutError:
            text, times = WITHHELD, 1
        if times:
            found.append(rule)
    return text, tuple(found)


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> "regex.Pattern[str] | None":
    try:
        return regex.compile(pattern)
    except regex.error:  # written for another dialect of patterns: it can find nothing
        return None
