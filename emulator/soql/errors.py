"""What a refused query answers: an `OrgError` whose message shows the place in the text.

The block around the message, as servers print it: a line break, an excerpt of the query, a caret under the offending
word, ``ERROR at Row:1:Column:8`` (both count from 1), and the sentence. Seen in recorded answers of SFDO-Tooling/CumulusCI
(test_count_sobjects__errors) and apache/camel-quarkus#3022.
"""

from typing import Final

from ..errors import OrgError

EXCERPT_BEFORE: Final = 30
EXCERPT_AFTER: Final = 31
"""Characters of the line kept before and after the place, both widened to whole words.

Read off recorded answers: roblesterjr04/EloquentSalesForce#68, forcedotcom/cli#1356, forcedotcom/soql-tooling#86,
forcedotcom/SFDX-Data-Move-Utility#1194, boomii/bdw#94. Nobody documents the rule.
"""

_BETWEEN_WORDS: Final = " \t,"

CUSTOM_FIELD_ADVICE: Final = (
    "If you are attempting to use a custom field, be sure to append the '__c' after the custom field name. "
    "Please reference your WSDL or the describe call for the appropriate names."
)
CUSTOM_ENTITY_ADVICE: Final = (
    "If you are attempting to use a custom object, be sure to append the '__c' after the entity name. "
    "Please reference your WSDL or the describe call for the appropriate names."
)
CUSTOM_RELATIONSHIP_ADVICE: Final = (
    "If you are attempting to use a custom relationship, be sure to append the '__r' after the custom relationship name. "
    "Please reference your WSDL or the describe call for the appropriate names."
)


def context(query: str, at: int) -> str:
    """Return the block that shows the place ``at`` (an offset) in the query."""
    start = query.rfind("\n", 0, at) + 1
    end = query.find("\n", at)
    end = len(query) if end < 0 else end
    first = max(start, at - EXCERPT_BEFORE)
    while first > start and query[first - 1] not in _BETWEEN_WORDS:
        first -= 1
    last = min(end, at + EXCERPT_AFTER)
    while last < end and query[last] not in _BETWEEN_WORDS:
        last += 1
    row = query.count("\n", 0, at) + 1
    return f"\n{query[first:last]}\n{' ' * (at - first)}^\nERROR at Row:{row}:Column:{at - start + 1}\n"


def refused(code: str, query: str, at: int, sentence: str) -> OrgError:
    """Return an error with the place in the query."""
    return OrgError(code, context(query, at) + sentence)


def malformed(query: str, at: int, sentence: str) -> OrgError:
    """Return MALFORMED_QUERY with the place in the query."""
    return refused("MALFORMED_QUERY", query, at, sentence)


def unexpected(query: str, at: int, kind: str, text: str) -> OrgError:
    """Return the refusal of a word that the grammar does not take there.

    Bare for words, quoted for the rest: ``unexpected token: OR``, ``unexpected token: '('`` (xjsender/SublimeApex#23,
    simple-salesforce/simple-salesforce#500). The first word of all is refused without a place.
    """
    sentence = f"unexpected token: {text}" if kind == "name" else f"unexpected token: '{text}'"
    if not query[:at].strip():
        return OrgError("MALFORMED_QUERY", sentence)
    return malformed(query, at, sentence)


def no_such_column(query: str, at: int, name: str, entity: str) -> OrgError:
    """Return INVALID_FIELD for a field that the object does not have."""
    return refused("INVALID_FIELD", query, at, f"No such column '{name}' on entity '{entity}'. {CUSTOM_FIELD_ADVICE}")


def no_such_relationship(query: str, at: int, name: str) -> OrgError:
    """Return INVALID_FIELD for a parent relationship that the object does not have."""
    sentence = f"Didn't understand relationship '{name}' in field path. {CUSTOM_RELATIONSHIP_ADVICE}"
    return refused("INVALID_FIELD", query, at, sentence)


def no_such_child(query: str, at: int, name: str) -> OrgError:
    """Return INVALID_FIELD for a child relationship that the object does not have; the code is a guess."""
    sentence = f"Didn't understand relationship '{name}' in FROM part of query call. {CUSTOM_RELATIONSHIP_ADVICE}"
    return refused("INVALID_FIELD", query, at, sentence)


def no_such_entity(query: str, at: int, name: str) -> OrgError:
    """Return INVALID_TYPE for an object that there is not."""
    sentence = f"sObject type '{name}' is not supported. {CUSTOM_ENTITY_ADVICE}"
    return refused("INVALID_TYPE", query, at, sentence)
