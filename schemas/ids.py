"""Record ids: the 15 and 18 character forms, their checksum, their order, and making new ones.

An id is a key prefix (3 characters), an instance (2), a reserved ``0`` and a base-62 counter (9); the 18 character
form adds one checksum letter for each block of five, which tells the upper-case letters of that block.
Source: https://salesforce.stackexchange.com/questions/1653/what-are-salesforce-ids-composed-of ; the digit order
``0-9A-Za-z`` is that of consecutive ids in the recorded answers of SFDO-Tooling/CumulusCI.
"""

import hashlib
from functools import lru_cache
from typing import Final

DIGITS: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
CHECKSUM: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
COUNTER_WIDTH: Final = 9
DERIVED_INSTANCE: Final = "zz"
"""Instance characters of ids made by `derive`, which no counter of the emulator uses."""
MASTER_RECORD_TYPE: Final = "012000000000000AAA"

_VALUE: Final = {digit: value for value, digit in enumerate(DIGITS)}
_COUNTERS: Final = 62**COUNTER_WIDTH
_PAIRS: Final = tuple(high + low for high in DIGITS for low in DIGITS)
_UPPER: Final = str.maketrans({digit: "1" if digit.isupper() else "0" for digit in DIGITS})
_DIGIT_BITS: Final = tuple(DIGITS.translate(_UPPER))
_PAIR_BITS: Final = tuple(pair.translate(_UPPER) for pair in _PAIRS)
_LETTERS: Final = {f"{bits:05b}"[::-1]: letter for bits, letter in enumerate(CHECKSUM)}
_ALPHABET: Final = frozenset(DIGITS)


class InvalidId(ValueError):
    """The text is not an id in either form."""


def suffix(id15: str) -> str:
    """Return the three checksum letters of a 15 character id."""
    bits = id15.translate(_UPPER)
    return _LETTERS[bits[:5]] + _LETTERS[bits[5:10]] + _LETTERS[bits[10:15]]


def to18(id15: str) -> str:
    """Return the 18 character form of a 15 character id."""
    return id15 + suffix(id15)


@lru_cache(maxsize=4096)
def normalize(text: str) -> str:
    """Return the canonical 18 character form of an id given in either form.

    A 15 character id is case-sensitive. In an 18 character one the checksum decides the case of the letters, so that a
    program that changed the case still names the same record. Raises `InvalidId`.
    """
    if len(text) == 15 and _ALPHABET.issuperset(text):
        return text + suffix(text)
    if len(text) != 18 or not _ALPHABET.issuperset(text):
        raise InvalidId(text)
    id15 = text[:15]
    if suffix(id15) == text[15:]:
        return text
    return _restore_case(text)


def _restore_case(text: str) -> str:
    restored = ""
    for block, letter in enumerate(text[15:].upper()):
        bits = CHECKSUM.find(letter)
        if bits < 0:
            raise InvalidId(text)
        for place, character in enumerate(text[5 * block : 5 * block + 5]):
            if bits >> place & 1:
                if not character.isalpha():
                    raise InvalidId(text)
                restored += character.upper()
            else:
                restored += character.lower()
    return restored + suffix(restored)


def is_id(text: object) -> bool:
    """Tell whether a value is an id in either form."""
    if not isinstance(text, str):
        return False
    try:
        normalize(text)
    except InvalidId:
        return False
    return True


def key_prefix(id_: str) -> str:
    """Return the three characters that name the type of record."""
    return id_[:3]


def encode62(number: int, width: int = COUNTER_WIDTH) -> str:
    """Return a number as base-62 digits, padded with ``0`` to a width. Raises ValueError when it does not fit."""
    if not 0 <= number < (_COUNTERS if width == COUNTER_WIDTH else 62**width):
        raise ValueError(f"{number} does not fit {width} base-62 digits")
    if width == COUNTER_WIDTH:  # nearly always: a counter is four pairs behind one digit
        number, fourth = divmod(number, 3844)
        number, third = divmod(number, 3844)
        number, second = divmod(number, 3844)
        number, first = divmod(number, 3844)
        return DIGITS[number] + _PAIRS[first] + _PAIRS[second] + _PAIRS[third] + _PAIRS[fourth]
    digits = ""
    rest = number
    while rest:
        rest, value = divmod(rest, 3844)
        digits = _PAIRS[value] + digits
    return digits.removeprefix("0").rjust(width, "0")


def decode62(text: str) -> int:
    """Return the number that base-62 digits stand for. Raises KeyError for another character."""
    number = 0
    for character in text:
        number = number * 62 + _VALUE[character]
    return number


def compose(prefix: str, instance: str, counter: int) -> str:
    """Return the 18 character id of a key prefix, a two character instance and a counter."""
    return to18(f"{prefix}{instance}0{encode62(counter)}")


def consecutive(prefix: str, instance: str, first: int, count: int) -> list[str]:
    """Return the ids of as many counters that follow each other, as `compose` gives them; after the last counter comes 0."""
    ids: list[str] = []
    high, stem, letters, bits = -1, "", "", ""
    for counter in range(first, first + count):
        rest, low = divmod(counter % _COUNTERS, 3844)
        if rest != high:
            high = rest
            id_ = compose(prefix, instance, rest * 3844)
            stem, letters = id_[:13], id_[15:17]
            bits = id_[10:13].translate(_UPPER)
        ids.append(f"{stem}{_PAIRS[low]}{letters}{_LETTERS[bits + _PAIR_BITS[low]]}")
    return ids


def derive(prefix: str, *keys: str) -> str:
    """Return an id that depends on nothing but the prefix and the keys.

    The counter is taken from the SHA-256 of the keys, each preceded by its length so that no two key lists run together.
    """
    named = b""
    for key in keys:
        part = key.encode()
        named += b"%d:%b" % (len(part), part)
    digest = hashlib.sha256(named, usedforsecurity=False).digest()
    number = int.from_bytes(digest[:8], "big") % _COUNTERS
    # The id as `compose` gives it, without its detours: a migration derives ten ids for each chat.
    number, fourth = divmod(number, 3844)
    number, third = divmod(number, 3844)
    number, second = divmod(number, 3844)
    number, first = divmod(number, 3844)
    low = _PAIR_BITS[second]
    return (
        f"{prefix}{DERIVED_INSTANCE}0{DIGITS[number]}{_PAIRS[first]}{_PAIRS[second]}{_PAIRS[third]}{_PAIRS[fourth]}"
        f"{_derived_letter(prefix)}{_LETTERS['0' + _DIGIT_BITS[number] + _PAIR_BITS[first] + low[0]]}"
        f"{_LETTERS[low[1] + _PAIR_BITS[third] + _PAIR_BITS[fourth]]}"
    )


@lru_cache(maxsize=256)
def _derived_letter(prefix: str) -> str:
    return _LETTERS[f"{prefix}{DERIVED_INSTANCE}".translate(_UPPER)]
