"""Text deltas give the original back, and keep off a text that was edited."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatlift.migrate.delta import Delta, difference, splice


@given(st.text(), st.text())
def test_difference_leads_from_one_text_to_the_other(rebuilt: str, original: str) -> None:
    delta = difference(rebuilt, original)
    if delta is None:
        assert rebuilt == original
    else:
        assert delta.apply(rebuilt) == original
        assert Delta.from_json(delta.to_json()) == delta


def test_difference_is_small() -> None:
    delta = difference("a" * 1000 + "x" + "b" * 1000, "a" * 1000 + "yz" + "b" * 1000)
    assert delta is not None
    assert delta.splices == ((1000, 1001, "yz"),)


def test_splices_that_are_right_are_taken() -> None:
    delta = difference("one two", "1ne tw0", ((0, 1, "1"), (6, 7, "0")))
    assert delta is not None
    assert len(delta.splices) == 2
    wrong = difference("one two", "1ne tw0", ((0, 1, "?"),))
    assert wrong is not None
    assert wrong.apply("one two") == "1ne tw0"


def test_edited_text_is_left_alone() -> None:
    delta = difference("rebuilt", "original")
    assert delta is not None
    assert delta.apply("edited") == "edited"


def test_splice_works_from_the_left() -> None:
    assert splice("abcdef", [(0, 1, "X"), (2, 2, "-"), (4, 6, "")]) == "Xb-cd"


@pytest.mark.parametrize("flat", [[], [1, 2], ["1"], [1, 2, 3, 4], [1, "2", 3, "4"]])
def test_other_shapes_are_refused(flat: list[object]) -> None:
    with pytest.raises(ValueError, match="not a delta"):
        Delta.from_json(flat)
