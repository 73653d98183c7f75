"""Searches against a plain evaluator: random records, random changes, random searches, on each database.

The evaluator knows lists of words and nothing of indexes: it walks the tree of the search over every field of every note.
"""

import unicodedata
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chatlift.emulator.org.caller import Caller
from chatlift.emulator.org.org import Org

# --- searches: a tree, the text that means it, and what it finds --------------------------------------------------------

Words = list[list[str]]
"""The words of each field that is searched."""


@dataclass(frozen=True)
class Word:
    pattern: str

    def text(self) -> str:
        return self.pattern

    def holds(self, fields: Words) -> bool:
        return any(matches(self.pattern.lower(), word) for field in fields for word in field)


@dataclass(frozen=True)
class Phrase:
    words: tuple[str, ...]

    def text(self) -> str:
        return f'"{" ".join(self.words)}"'

    def holds(self, fields: Words) -> bool:
        size = len(self.words)
        return any(
            all(matches(pattern.lower(), word) for pattern, word in zip(self.words, field[at : at + size], strict=True))
            for field in fields
            for at in range(len(field) - size + 1)
        )


@dataclass(frozen=True)
class Operation:
    operator: str
    left: "Node"
    right: "Node"

    def text(self) -> str:
        left, right = self.left.text(), self.right.text()
        # No more parentheses than the order of the operators needs: OR within another, and any operation on the right.
        if isinstance(self.left, Operation) and self.left.operator == "OR" and self.operator != "OR":
            left = f"({left})"
        if isinstance(self.right, Operation) and not (self.operator == "OR" and self.right.operator != "OR"):
            right = f"({right})"
        return f"{left} {self.operator} {right}"

    def holds(self, fields: Words) -> bool:
        left, right = self.left.holds(fields), self.right.holds(fields)
        if self.operator == "OR":
            return left or right
        return left and (not right if self.operator == "AND NOT" else right)


Node = Word | Phrase | Operation


def matches(pattern: str, word: str) -> bool:
    """Tell whether a pattern is all of a word, letter by letter."""
    if not pattern:
        return not word
    if pattern[0] == "*":
        return matches(pattern[1:], word) or (bool(word) and matches(pattern, word[1:]))
    return bool(word) and pattern[0] in ("?", word[0]) and matches(pattern[1:], word[1:])


def words_of(text: str | None) -> list[str]:
    runs = groupby(unicodedata.normalize("NFC", text or "").lower(), key=str.isalnum)
    return ["".join(run) for is_word, run in runs if is_word]


VOCABULARY = ("ab", "abba", "ABé", "éab", "ba1", "aab", "ЖaЖ", "1b", "abab", "éa")
SEPARATORS = (" ", " ", " ", ", ", "-", ".", "\n", "_", " {", '"', "'s ", " (")


def with_wildcards(word: str, changes: list[tuple[str, int]]) -> str:
    """Put wildcards into a word behind its first letter: ``?`` for a letter, ``*`` for the rest or between letters."""
    for kind, place in changes:
        at = 1 + place % len(word)
        word = {"?": word[:at] + "?" + word[at + 1 :], "*": word[:at] + "*", "**": word[:at] + "*" + word[at:]}[kind]
    return word if sum(letter.isalnum() for letter in word) > 1 else "ab"


vocabulary = st.sampled_from(VOCABULARY)
changes = st.lists(st.tuples(st.sampled_from(["?", "*", "**"]), st.integers(0, 3)), max_size=2)
patterns = st.one_of(vocabulary, st.builds(with_wildcards, vocabulary, changes))
phrases = st.lists(patterns, min_size=2, max_size=3).map(lambda words: Phrase(tuple(words)))
nodes: st.SearchStrategy[Node] = st.recursive(
    patterns.map(Word) | phrases,
    lambda inner: st.builds(Operation, st.sampled_from(["AND", "OR", "AND NOT"]), inner, inner),
    max_leaves=6,
)
scopes = st.sampled_from(["ALL", "ALL", "NAME", "EMAIL", "PHONE", "SIDEBAR"])

# --- records and what happens to them -----------------------------------------------------------------------------------

written = vocabulary | vocabulary.map(lambda word: unicodedata.normalize("NFD", word))  # letters and accents apart
texts = st.lists(st.tuples(written, st.sampled_from(SEPARATORS)), max_size=6).map(
    lambda pairs: "".join(word + separator for word, separator in pairs).strip()[:200]
)
long_texts = st.lists(texts, max_size=3).map(lambda parts: " ".join(parts).strip() or None)
short = texts.map(lambda text: text or None)
records = st.fixed_dictionaries(
    {
        "Name": texts.map(lambda text: f"n {text}".strip()[:80].strip()),
        "Text__c": short,
        "Long__c": long_texts,
    },
    optional={
        "Mail__c": st.text("abA1", min_size=1, max_size=4).map(lambda text: f"{text}@ab.test"),
        "Phone__c": st.text("1 -(ab", min_size=1, max_size=6).map(lambda text: text.strip() or "1"),
    },
)
searches = st.lists(st.tuples(nodes, scopes), min_size=2, max_size=4)
steps = st.lists(
    st.one_of(
        st.tuples(st.just("create"), records),
        st.tuples(st.just("create"), records),
        st.tuples(st.just("update"), records),
        st.tuples(st.sampled_from(["delete", "undelete"]), st.none()),
        st.tuples(st.just("find"), searches),
        st.tuples(st.just("find"), searches),
    ),
    min_size=3,
    max_size=16,
)
FIELDS = {
    "ALL": ("Name", "Text__c", "Long__c", "Mail__c", "Phone__c"),
    "NAME": ("Name",),
    "EMAIL": ("Mail__c",),
    "PHONE": ("Phone__c",),
    "SIDEBAR": ("Name", "Mail__c", "Phone__c"),
}


@given(steps=steps, chance=st.randoms(use_true_random=False))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large])
def test_searches_find_what_a_plain_evaluator_finds(shared_org: Org, steps: list[tuple[str, Any]], chance: Any) -> None:
    org, me = shared_org, Caller(shared_org.users.administrator_id, "62.0")
    org.store.ensure(org.catalog.get("Note__c"))
    with org.store.write() as transaction:
        transaction.run('DELETE FROM "Note__c"')
        transaction.run('DELETE FROM "Note__c__long"')
    alive: dict[str, dict[str, Any]] = {}
    binned: dict[str, dict[str, Any]] = {}
    for action, detail in [*steps, ("find", [(Word("ab*"), "ALL"), (Word("a?*b"), "ALL")])]:
        if action == "create":
            alive[org.records.create(me, "Note__c", detail)] = dict(detail)
        elif action == "update" and alive:
            id_ = chance.choice(sorted(alive))
            org.records.update(me, "Note__c", id_, detail)
            alive[id_].update(detail)
        elif action == "delete" and alive:
            id_ = chance.choice(sorted(alive))
            org.records.delete(me, "Note__c", id_)
            binned[id_] = alive.pop(id_)
        elif action == "undelete" and binned:
            id_ = chance.choice(sorted(binned))
            org.records.undelete(me, "Note__c", id_)
            alive[id_] = binned.pop(id_)
        elif action == "find":
            for node, scope in detail:
                found = org.search.run(me, f"FIND {{{node.text()}}} IN {scope} FIELDS RETURNING Note__c(Id)")
                wanted = [
                    id_
                    for id_ in sorted(alive)
                    if node.holds([words_of(alive[id_].get(field)) for field in FIELDS[scope]])
                ]
                assert [record["Id"] for record in found] == wanted, (node.text(), scope, alive)
