"""Literals: what is written is what is read."""

import re

from hypothesis import given
from hypothesis import strategies as st

from chatlift.emulator.soql.literals import pattern_value, quoted, text_value

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=60)


@given(TEXT)
def test_a_quoted_text_is_read_as_it_was(text: str) -> None:
    literal = quoted(text)
    assert (literal[0], literal[-1]) == ("'", "'")
    assert text_value(literal[1:-1]) == text
    assert "\n" not in literal


@given(TEXT)
def test_a_quoted_pattern_stands_for_itself(text: str) -> None:
    """What is left of a pattern when its own wild cards and its escapes are taken away is the text."""
    pattern = pattern_value(quoted(text, "%", "%", is_pattern=True)[1:-1])
    inner = pattern.removeprefix("%").removesuffix("%")
    assert re.sub(r"\\(.)", r"\1", inner, flags=re.DOTALL) == text
    assert not re.search(r"(?<!\\)(?:\\\\)*[%_]", inner)


def test_a_quoted_text_has_no_nul() -> None:
    assert quoted("a\0b") == "'ab'"
