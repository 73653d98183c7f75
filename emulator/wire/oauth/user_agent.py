"""The user-agent flow: the token answer stands in the fragment of the address that the browser is sent to."""

from typing import Final

from .call import Call, Client
from .issue import issue

RESPONSE_TYPES: Final = (frozenset({"token"}), frozenset({"token", "id_token"}))


def token_parameters(call: Call, client: Client, user_id: str, scope: str, nonce: str) -> dict[str, str]:
    """Return the token answer as parameters of a fragment."""
    return {name: str(value) for name, value in issue(call, client, user_id, scope, nonce=nonce).items()}
