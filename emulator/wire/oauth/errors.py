"""How the OAuth endpoints refuse: as a token answer, in one word, on a page, or by sending the browser back."""

from ...errors import OrgError
from ...org.grants import GrantRefused


class Refused(GrantRefused):
    """An OAuth error: its code in lower case, and the status it is answered with."""

    def __init__(self, code: str, description: str, status: int = 400) -> None:
        super().__init__(code, description)
        self.status = status


class WordRefused(OrgError):
    """A refusal of the identity service: a word as plain text."""

    def __init__(self, code: str, status: int) -> None:
        super().__init__(code, code)
        self.status = status


class PageRefused(Refused):
    """A refusal that a person reads: nobody has shown that the browser may be sent back to the client."""


class SentBack(Refused):
    """A refusal that the browser carries back to the client."""

    def __init__(self, location: str, code: str, description: str) -> None:
        super().__init__(code, description, 302)
        self.location = location


def bad_client_id() -> Refused:
    """Return the refusal of a client that the org does not know (recorded in restforce#46)."""
    return Refused("invalid_client_id", "client identifier invalid")


def bad_client(status: int = 400) -> Refused:
    """Return the refusal of a wrong secret (recorded in restforce#338)."""
    return Refused("invalid_client", "invalid client credentials", status)


def bad_grant(description: str = "authentication failure") -> Refused:
    return Refused("invalid_grant", description)


def missing(name: str) -> Refused:
    """Return the refusal of a request without a parameter; the words are ours."""
    return Refused("invalid_request", f"missing required parameter: {name}")
