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
    while len(ids) < count:
        high, low = divmod((first + len(ids)) % _COUNTERS, 3844)
        id_ = compose(prefix, instance, high * 3844)
        stem, letters = id_[:13], id_[15:17]
        part = slice(low, low + count - len(ids))
        last = _last_letters(id_[10:13].translate(_UPPER))
        ids += [f"{stem}{pair}{letters}{letter}" for pair, letter in zip(_PAIRS[part], last[part], strict=True)]
    return ids


@lru_cache(maxsize=8)
def _last_letters(bits: str) -> tuple[str, ...]:
    """Return the last letters of ids by their last two digits; bits are those of the three digits before."""
    return tuple(_LETTERS[bits + pair] for pair in _PAIR_BITS)


def derive(prefix: str, *keys: str) -> str:
    """Return an id that depends on nothing but the prefix and the keys."""
    return derived_id(prefix, derived_counter(*keys))


def derived_counter(*keys: str) -> int:
    """Return the counter of an id that is derived from these keys.

    It is taken from the SHA-256 of the keys, each preceded by its length so that no two key lists run together.
    """
    named = b"".join([b"%d:%b" % (len(part), part) for part in [key.encode() for key in keys]])
    digest = hashlib.sha256(named, usedforsecurity=False).digest()
    return int.from_bytes(digest[:8], "big") % _COUNTERS


def derived_id(prefix: str, counter: int) -> str:
    """Return the derived id of a counter: as `compose` gives it, without its detours, for a migration derives ten for each chat."""
    digits, letters = _derived_digits(counter % _COUNTERS)
    return f"{prefix}{DERIVED_INSTANCE}0{digits}{_derived_letter(prefix)}{letters}"


@lru_cache(maxsize=16)  # several records of one chat have its counter
def _derived_digits(counter: int) -> tuple[str, str]:
    number, fourth = divmod(counter, 3844)
    number, third = divmod(number, 3844)
    number, second = divmod(number, 3844)
    number, first = divmod(number, 3844)
    low = _PAIR_BITS[second]
    return (
        f"{DIGITS[number]}{_PAIRS[first]}{_PAIRS[second]}{_PAIRS[third]}{_PAIRS[fourth]}",
        _LETTERS[f"0{_DIGIT_BITS[number]}{_PAIR_BITS[first]}{low[0]}"]
        + _LETTERS[f"{low[1]}{_PAIR_BITS[third]}{_PAIR_BITS[fourth]}"],
    )


@lru_cache(maxsize=256)
def _derived_letter(prefix: str) -> str:
    return _LETTERS[f"{prefix}{DERIVED_INSTANCE}".translate(_UPPER)]
