"""What clients hold of an org, and so outlives a reset: sessions, refresh tokens, the key that signed id tokens."""

from dataclasses import dataclass
from typing import Any, Final

from ..store import Store
from .grants import SIGNING_KEY, Grants
from .sessions import Sessions

SESSIONS_KEPT: Final = 100
"""How many logins outlive a new beginning: clients keep theirs from test to test, and thousands would slow each reset."""


@dataclass(frozen=True, slots=True)
class Kept:
    """Rows that stand aside while all others are replaced."""

    sessions: list[tuple[Any, ...]]
    refresh_tokens: list[tuple[Any, ...]]
    signing_key: str | None


@dataclass(frozen=True, slots=True)
class Logins:
    """The logins of an org."""

    store: Store
    sessions: Sessions
    grants: Grants

    def kept(self) -> Kept:
        """Return them as they are, to `put_back`."""
        return Kept(self.sessions.all_rows(), self.grants.all_rows(), self.store.meta(SIGNING_KEY))

    def put_back(self, kept: Kept) -> None:
        """Have them again among the rows that are there now."""
        with self.store.write() as transaction:
            self.sessions.put_back(kept.sessions)
            self.grants.put_back(kept.refresh_tokens)
            if kept.signing_key is not None:
                transaction.set_meta(SIGNING_KEY, kept.signing_key)

    def keep_latest(self, is_seeded: bool) -> None:
        """Let all sessions go but the latest; under a seeded chance all of them, for the next one has the first one's token."""
        self.sessions.keep_latest(0 if is_seeded else SESSIONS_KEPT)
