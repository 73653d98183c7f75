"""Names of people: which words are names, and what stands for them."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ..plan import Privacy
from .keys import Key

_WORD = re.compile(r"[^\W\d_]+")
_UNSPACED = re.compile("[\u2e80-\u9fff\uac00-\ud7ff\u0e00-\u0eff]{2,}")
"""Scripts that put no spaces between words: there a name is looked for within words too."""


class Names:
    """The words that are known as names, and the pseudonyms that a key gives them."""

    def __init__(self, privacy: Privacy, key: Key) -> None:
        self._key = key
        self._kept = frozenset(word.casefold() for word in privacy.keep_words)
        self._ignores_case = privacy.ignore_case
        self.words: set[str] = set()
        self._unspaced: set[str] = set()
        self._found: re.Pattern[str] | None = None

    def words_of(self, name: str) -> set[str]:
        """Return the words of a name that are looked for in texts: those of two and more letters that are not kept."""
        return {word for word in _WORD.findall(name) if len(word) > 1 and word.casefold() not in self._kept}

    def learn(self, name: str) -> None:
        """Know the words of a name from now on."""
        for word in self.words_of(name):
            self.words.add(word.casefold() if self._ignores_case else word)
            if _UNSPACED.fullmatch(word):
                self._unspaced.add(word)
                self._found = None

    def is_name_like(self, author: str) -> bool:
        """Tell whether an author may be a person: up to four words, none of them in small letters."""
        words = _WORD.findall(author)
        return 0 < len(words) <= 4 and not any(word.islower() for word in words)

    def name(self, name: str) -> str:
        """Return what stands for a name: every word of it is replaced but the kept ones."""
        return _WORD.sub(lambda found: self._word(found[0]), name)

    def _word(self, word: str) -> str:
        return word if word.casefold() in self._kept else self._key.pseudonym(word)

    def text(self, text: str, more: Iterable[str] = ()) -> str:
        """Return a text with the known words, and `more` of them, replaced."""
        known = self.words
        own = {word.casefold() if self._ignores_case else word for word in more}
        present = _WORD.findall(text)
        if self._ignores_case:
            present = [word.casefold() for word in present]
        if not known.isdisjoint(present) or not own.isdisjoint(present):
            ignores_case = self._ignores_case

            def replaced(found: re.Match[str]) -> str:
                word = found[0].casefold() if ignores_case else found[0]
                return self._word(found[0]) if word in known or word in own else found[0]

            text = _WORD.sub(replaced, text)
        unspaced = [word for word in own if _UNSPACED.fullmatch(word)]
        if (self._unspaced or unspaced) and _UNSPACED.search(text):
            text = self._within(text, unspaced)
        return text

    def _within(self, text: str, more: list[str]) -> str:
        for word in sorted(more, key=len, reverse=True):
            text = text.replace(word, self._word(word))
        if self._found is None and self._unspaced:
            self._found = re.compile("|".join(sorted(self._unspaced, key=lambda word: (-len(word), word))))
        return self._found.sub(lambda found: self._word(found[0]), text) if self._found else text
