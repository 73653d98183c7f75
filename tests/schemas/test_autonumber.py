"""Display formats of auto-numbers."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatlift.schemas.autonumber import InvalidFormat, check_format, number_in, written

DAY = date(2026, 3, 9)


@pytest.mark.parametrize(
    ("display_format", "number", "text"),
    [
        ("{0}", 7, "7"),
        ("{0000}", 7, "0007"),
        ("{0000}", 12345, "12345"),
        ("T-{YYYY}{MM}{DD}-{000}", 42, "T-20260309-042"),
        ("{YY}/{00}.", 3, "26/03."),
    ],
)
def test_a_number_is_written_and_read_back(display_format: str, number: int, text: str) -> None:
    check_format(display_format)
    assert written(display_format, number, DAY) == text
    assert number_in(display_format, text) == number


@pytest.mark.parametrize("display_format", ["", "A", "{YYYY}", "{0}{0}", "{0", "{0}}", "{}{0}", "{1}", "{00000000000}"])
def test_what_is_no_format_is_refused(display_format: str) -> None:
    with pytest.raises(InvalidFormat):
        check_format(display_format)


@pytest.mark.parametrize("text", ["T-7", "T-20260309-", "x", "T-20260309-042 ", "T-20260309-٤٢", ""])
def test_text_of_another_form_has_no_number(text: str) -> None:
    assert number_in("T-{YYYY}{MM}{DD}-{000}", text) is None


@given(st.text("A-. [](+*", max_size=8), st.integers(1, 10), st.integers(0, 10**9))
def test_any_prefix_is_taken_as_it_stands(prefix: str, width: int, number: int) -> None:
    display_format = prefix + "{" + "0" * width + "}"
    assert number_in(display_format, written(display_format, number, DAY)) == number
