"""Sessions: who is logged in, by which token, and since when nothing came.

A user name that exists logs in as that user, any other as the administrator, with any password; under strict
authentication the name must be that of an active user, and the password the one that the org was given for it.
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from ...schemas.values import datetime_text
from ..config import OrgConfig
from ..store import Store
from .clock import Clock
from .users import Users

STRICT_TIMEOUT: Final = 7200
"""Seconds of idleness after which a session ends under strict authentication (recorded ``sessionSecondsValid``)."""
_USE_NOTED_EVERY: Final = timedelta(seconds=30)
_SALT_BYTES: Final = 16


@dataclass(frozen=True, slots=True)
class Session:
    """One login. Times are canonical text, UTC."""

    token: str
    user_id: str
    created_at: str
    used_at: str


class Sessions:
    """Log users in and out."""

    def __init__(self, store: Store, clock: Clock, users: Users, config: OrgConfig) -> None:
        self._store = store
        self._clock = clock
        self._users = users
        self._strict = config.strict_auth
        self.timeout = config.session_timeout or (STRICT_TIMEOUT if config.strict_auth else None)
        self._known: dict[str, Session] = {}

    def login(self, username: str, password: str) -> Session | None:
        """Return a new session, or None when the user may not log in."""
        user = self._users.by_username(username)
        if self._strict:
            if user is None or not user["IsActive"] or not self._password_fits(user["Id"], password):
                return None
        elif user is None:
            user = self._users.administrator
        elif not user["IsActive"]:
            return None
        return self.begin(user["Id"])

    def begin(self, user_id: str) -> Session:
        """Return a new session of a user."""
        organization_id = str(self._users.organization["Id"])[:15]
        token = f"{organization_id}!{secrets.token_urlsafe(72).replace('-', '.')}"
        now = datetime_text(self._clock.now())
        session = Session(token, user_id, now, now)
        place = self._store.placeholder
        with self._store.write() as transaction:
            transaction.run(
                f'INSERT INTO "_session" (token, user_id, created_at, used_at) VALUES ({", ".join([place] * 4)})',
                [token, user_id, now, now],
            )
        return session

    def find(self, token: str) -> Session | None:
        """Return the session of a token, and note that it was used; None when there is none or it is over."""
        session = self._known.get(token) if self._store.dialect == "sqlite" else None
        if session is None:
            place = self._store.placeholder
            sql = f'SELECT token, user_id, created_at, used_at FROM "_session" WHERE token = {place}'
            with self._store.read() as rows:
                found = rows.one(sql, [token])
            if found is None:
                return None
            session = self._known[token] = Session(*found)
        return session if self.timeout is None else self._alive(session, self.timeout)

    def _alive(self, session: Session, timeout: int) -> Session | None:
        now = self._clock.now()
        if session.used_at < datetime_text(now - timedelta(seconds=timeout)):
            self.end(session.token)
            return None
        if session.used_at >= datetime_text(now - _USE_NOTED_EVERY):
            return session
        used_at = datetime_text(now)
        place = self._store.placeholder
        with self._store.write() as transaction:
            transaction.run(f'UPDATE "_session" SET used_at = {place} WHERE token = {place}', [used_at, session.token])
        session = self._known[session.token] = Session(session.token, session.user_id, session.created_at, used_at)
        return session

    def end(self, token: str) -> bool:
        """End a session; tell whether there was one."""
        self._known.pop(token, None)
        with self._store.write() as transaction:
            return transaction.run(f'DELETE FROM "_session" WHERE token = {self._store.placeholder}', [token]) > 0

    def all_rows(self) -> list[tuple[Any, ...]]:
        """Return every session as a row of its table, for a reset that keeps them."""
        with self._store.read() as rows:
            return rows.execute('SELECT token, user_id, created_at, used_at FROM "_session"')

    def put_back(self, kept: list[tuple[Any, ...]]) -> None:
        """Let the sessions that a reset kept, and whose users are still there, be the org's only ones."""
        self._known.clear()
        place = self._store.placeholder
        with self._store.write() as transaction:
            transaction.run('DELETE FROM "_session"')
            for row in kept:
                if self._users.by_id(row[1]):
                    transaction.run(
                        f'INSERT INTO "_session" (token, user_id, created_at, used_at) VALUES ({", ".join([place] * 4)})',
                        row,
                    )

    def set_password(self, user_id: str, password: str) -> None:
        """Keep what strict authentication asks of a user: a salted hash, never the password."""
        salt = secrets.token_bytes(_SALT_BYTES)
        with self._store.write() as transaction:
            transaction.set_meta(f"password:{user_id}", salt.hex() + _digest(salt, password))

    def _password_fits(self, user_id: str, password: str) -> bool:
        kept = self._store.meta(f"password:{user_id}")
        if not kept:
            return False
        salt = bytes.fromhex(kept[: 2 * _SALT_BYTES])
        return hmac.compare_digest(kept[2 * _SALT_BYTES :], _digest(salt, password))


def _digest(salt: bytes, password: str) -> str:
    return hashlib.scrypt(password.encode(errors="surrogatepass"), salt=salt, n=2**12, r=8, p=1).hex()
