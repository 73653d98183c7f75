"""What a password must be: Salesforce Help, "Set Password Policies" (a new org's); the words are those of REST guide, "Manage User Passwords"."""

import secrets
from typing import Final

from ..errors import OrgError

SHORTEST: Final = 8


def check(password: str) -> None:
    """Raise INVALID_NEW_PASSWORD for a password that the org's policy does not take."""
    if len(password) < SHORTEST:
        raise OrgError("INVALID_NEW_PASSWORD", f"Your password must be at least {SHORTEST} characters long.")
    if not (any(map(str.isalpha, password)) and any(map(str.isdigit, password))):
        raise OrgError("INVALID_NEW_PASSWORD", "Your password must have a mix of letters and numbers.")


def make() -> str:
    """Return a password that nobody has chosen."""
    return f"{secrets.token_urlsafe(SHORTEST)}a1"
