"""Text as the words that a search finds: runs of letters and digits, without regard to case.

The SOSL guide says that text is split at blanks and punctuation ("FIND {SearchQuery}", "Search Terms"). Which characters the
platform takes for punctuation is a guess: here every character but letters and digits, in every alphabet. Languages without
blanks between words are not taken apart, as the platform does; a run of their letters is one word.
"""

import re
from typing import Final
from unicodedata import normalize

from .folding import fold

WORD: Final = re.compile(r"[^\W_]+")
"""A word in text, whatever its case."""


def plain(text: str) -> str:
    """Return text in the form whose words are compared: composed letters, without their case."""
    return text.lower() if text.isascii() else fold(normalize("NFC", text))


def words(text: str) -> list[str]:
    """Return the words of a text in order."""
    return WORD.findall(plain(text))
