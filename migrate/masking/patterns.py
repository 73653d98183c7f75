"""Patterns of personal data in texts: e-mail addresses, telephone and card numbers, IBANs, IP addresses, and a user's own."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import ip_address

from ..plan import Privacy
from .keys import Key

_EMAIL = re.compile(r"[^\s@<>()\[\],;:\"]{1,64}@[^\s@<>()\[\],;:\"]{1,200}\.[^\s@<>()\[\],;:\".]{2,60}")
_IBAN = re.compile(r"(?<![A-Za-z0-9])[A-Za-z]{2}\d{2}(?: ?[A-Za-z0-9]{4}){2,7}(?: ?[A-Za-z0-9]{1,3})?(?![A-Za-z0-9])")
_CARD = re.compile(r"(?<![\d-])(?:\d[ -]?){12,18}\d(?![\d-])")
_IP = re.compile(r"(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?!\d|\.\d)|(?=[0-9A-Fa-f.]*:[0-9A-Fa-f.]*:)[0-9A-Fa-f:.]{2,60}")
_PHONE = re.compile(r"(?<![\w.+-])(?:\+|00)?\(?\d(?:[\s().\-/]{0,3}\d){6,14}(?![\w-])")
_DATE = re.compile(r"\d{4}-\d\d-\d\d|\d\d?[./]\d\d?[./]\d{4}")


def _is_iban(text: str) -> bool:
    bare = text.replace(" ", "").upper()
    if not 15 <= len(bare) <= 34:
        return False
    turned = bare[4:] + bare[:4]
    return int("".join(str(int(character, 36)) for character in turned)) % 97 == 1


def _is_card(text: str) -> bool:
    digits = [int(character) for character in text if character.isdigit()]
    doubled = [sum(divmod(2 * digit, 10)) for digit in digits[-2::-2]]
    return len(set(digits)) > 1 and (sum(doubled) + sum(digits[-1::-2])) % 10 == 0


def _address(text: str) -> str:
    """Return the IP address in a run of the characters of addresses: what stands before it may be of them, too."""
    if "." in text and ":" not in text:
        return text if _is_address(text) else ""
    bare = text.rstrip(".")
    for _ in range(3):
        for candidate in (bare, bare.rstrip(":")):
            if sum(character.isalnum() for character in candidate) >= 3 and _is_address(candidate):
                return candidate
        _, colon, bare = bare.partition(":")
        if not colon:
            break
    return ""


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _is_phone(text: str) -> bool:
    digits = sum(character.isdigit() for character in text)
    has_mark = text[0] == "+" or text.startswith("0")
    return (digits >= 9 or has_mark) and not _DATE.match(text)


def _if(is_one: Callable[[str], bool]) -> Callable[[str], str]:
    return lambda text: text if is_one(text) else ""


_BUILT_IN: dict[str, tuple[re.Pattern[str], Callable[[str], str]]] = {
    "email": (_EMAIL, str),
    "iban": (_IBAN, _if(_is_iban)),
    "card": (_CARD, _if(_is_card)),
    "ip": (_IP, _address),
    "phone": (_PHONE, _if(_is_phone)),
}


@dataclass(frozen=True, slots=True)
class Pattern:
    """One pattern: its name, the key of the plan that asks for it, what finds it, and which part of a find is meant, if any."""

    name: str
    plan: str
    regex: re.Pattern[str]
    part: Callable[[str], str]


def patterns_of(privacy: Privacy) -> tuple[Pattern, ...]:
    """Return the patterns that are masked, the user's own first."""
    own = [Pattern(name, f"privacy.patterns.{name}", re.compile(text), str) for name, text in privacy.patterns.items()]
    wanted = {name: f"privacy.mask.{name}" for name in privacy.mask}
    if privacy.masks_addresses:
        wanted.setdefault("ip", "privacy.fields")
    return (*own, *(Pattern(name, wanted[name], *found) for name, found in _BUILT_IN.items() if name in wanted))


def masked(text: str, pattern: Pattern, key: Key | None) -> str:
    """Return the text with all finds of the pattern replaced; with a key each keeps what tells it from others."""

    def replacement(found: re.Match[str]) -> str:
        value = pattern.part(found[0])
        if not value:
            return found[0]
        return found[0].replace(
            value, f"[{pattern.name}]" if key is None else f"[{pattern.name} {key.hash(value)[:12]}]"
        )

    return pattern.regex.sub(replacement, text)
