"""Text folds letter by letter, and never from another alphabet into ASCII."""

import pytest

from chatlift.schemas.folding import fold, foreign_letters


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("", ""),
        ("Alpha", "alpha"),
        ("ÉLAN", "élan"),
        ("ΣΊΣΥΦΟΣ", "σίσυφοσ"),
        ("Σίσυφος", "σίσυφοσ"),
        ("ЖУК", "жук"),
        ("straße", "straße"),
        ("STRAẞE", "straße"),
        ("\U00010400", "\U00010428"),
        ("\u212a ı ſ İ", "\u212a ı ſ İ"),  # Kelvin, dotless i, long s and dotted I stay themselves
    ],
)
def test_text_folds(text: str, folded: str) -> None:
    assert fold(text) == folded
    assert fold(folded) == folded


def test_one_letter_folds_to_one_beyond_ascii() -> None:
    letters, folded = foreign_letters()
    assert len(letters) == len(folded) > 1300
    assert min(letters) >= "\x80"
    assert min(folded) >= "\x80"
    assert not set(letters) & set(folded)
