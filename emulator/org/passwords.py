"""What a password must be: Salesforce Help, "Set Password Policies" (a new org's); the words are those of REST guide, "Manage User Passwords"."""

import secrets
from typing import Final

from ..errors import OrgError
from .caller import Caller
from .rights import Rights

SHORTEST: Final = 8


def check_right(rights: Rights, caller: Caller, user_id: str) -> None:
    """Raise INSUFFICIENT_ACCESS where a user without "Manage Users" is about another's password.

    SOAP API guide, "setPassword()": "sufficient access rights to change the password for the specified user"; the words are a guess.
    """
    if user_id != caller.user_id and not rights.allows(caller, "ManageUsers"):
        raise OrgError("INSUFFICIENT_ACCESS", "insufficient access rights on object id")


def check(password: str) -> None:
    """Raise INVALID_NEW_PASSWORD for a password that the org's policy does not take."""
    if len(password) < SHORTEST:
        raise OrgError("INVALID_NEW_PASSWORD", f"Your password must be at least {SHORTEST} characters long.")
    if not (any(map(str.isalpha, password)) and any(map(str.isdigit, password))):
        raise OrgError("INVALID_NEW_PASSWORD", "Your password must have a mix of letters and numbers.")


def make() -> str:
    """Return a password that nobody has chosen."""
    return f"{secrets.token_urlsafe(SHORTEST)}a1"
