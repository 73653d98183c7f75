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
from ..store import Store, Transaction
from .chance import Chance
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

    @property
    def handle(self) -> str:
        """A name for the session that gives nothing away."""
        return hashlib.sha256(self.token.encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class SessionClient:
    """The OAuth client that began a session: its scopes, and the hash of the refresh token it came of or with."""

    client_id: str
    scope: str
    grant_hash: str = ""


_COLUMNS: Final = "s.token, s.user_id, s.created_at, s.used_at, c.client_id, c.scope, c.grant_hash"
_JOINED: Final = '"_session" s LEFT JOIN "_session_client" c ON c.token = s.token'


class Sessions:
    """Log users in and out."""

    def __init__(self, store: Store, clock: Clock, users: Users, config: OrgConfig, chance: Chance) -> None:
        self._store = store
        self._chance = chance
        self._clock = clock
        self._users = users
        self._strict = config.strict_auth
        self.timeout = config.session_timeout or (STRICT_TIMEOUT if config.strict_auth else None)
        self._known: dict[str, Session] = {}

    def login(self, username: str, password: str) -> Session | None:
        """Return a new session, or None when the user may not log in."""
        user_id = self.authenticate(username, password)
        return None if user_id is None else self.begin(user_id)

    def authenticate(self, username: str, password: str) -> str | None:
        """Return the id of the user that name and password stand for, or None when he may not log in."""
        user = self.named(username)
        if user is None or not user["IsActive"]:
            return None
        if self._strict and not self._password_fits(user["Id"], password):
            return None
        return str(user["Id"])

    def named(self, username: str) -> dict[str, Any] | None:
        """Return the user that a name stands for: any unknown one for the administrator, unless that is checked."""
        user = self._users.by_username(username)
        return self._users.administrator if user is None and not self._strict else user

    def begin(self, user_id: str, client: SessionClient | None = None) -> Session:
        """Return a new session of a user, which an OAuth client may have begun."""
        organization_id = str(self._users.organization["Id"])[:15]
        token = f"{organization_id}!{self._chance.text(72).replace('-', '.')}"
        now = datetime_text(self._clock.now())
        session = Session(token, user_id, now, now)
        place = self._store.placeholder
        with self._store.write() as transaction:
            transaction.run(
                f'INSERT INTO "_session" (token, user_id, created_at, used_at) VALUES ({", ".join([place] * 4)})',
                [token, user_id, now, now],
            )
            if client is not None:
                self._insert_client(transaction, token, client)
        return session

    def adopt(self, token: str, user_id: str) -> None:
        """Let a token be good that was not made here; one that is known stays whose it was."""
        if self.find(token) is not None:
            return
        now = datetime_text(self._clock.now())
        place = self._store.placeholder
        with self._store.write() as transaction:
            transaction.run(
                f'INSERT INTO "_session" (token, user_id, created_at, used_at) VALUES ({", ".join([place] * 4)})',
                [token, user_id, now, now],
            )

    def client_id(self, token: str) -> str | None:
        """Return the OAuth client that began a session, None for one that came of a login by name and password."""
        found = self._store.select(
            f'SELECT client_id FROM "_session_client" WHERE token = {self._store.placeholder}', [token]
        )
        return str(found[0][0]) if found else None

    def _insert_client(self, transaction: Transaction, token: str, client: SessionClient) -> None:
        places = ", ".join([self._store.placeholder] * 4)
        transaction.run(
            f'INSERT INTO "_session_client" (token, client_id, scope, grant_hash) VALUES ({places})',
            [token, client.client_id, client.scope, client.grant_hash],
        )

    def find(self, token: str) -> Session | None:
        """Return the session of a token, and note that it was used; None when there is none or it is over."""
        session = self._known.get(token) if self._store.dialect == "sqlite" else None
        if session is None:
            if not _is_text(token):
                return None
            place = self._store.placeholder
            sql = f'SELECT token, user_id, created_at, used_at FROM "_session" WHERE token = {place}'
            with self._store.read() as rows:
                found = rows.one(sql, [token])
            if found is None:
                return None
            session = self._known[token] = Session(*found)
        return session if self.timeout is None else self._alive(session, self.timeout)

    def is_over(self, session: Session) -> bool:
        """Tell whether a session has been idle for too long."""
        if self.timeout is None:
            return False
        return session.used_at < datetime_text(self._clock.now() - timedelta(seconds=self.timeout))

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

    def look(self, token: str) -> tuple[Session, SessionClient | None] | None:
        """Return the session of a token and who began it, without noting a use; None when there is none or it is over."""
        found = self._select(f"s.token = {self._store.placeholder}", [token]) if _is_text(token) else []
        return found[0] if found else None

    def listing(self) -> list[tuple[Session, SessionClient | None]]:
        """Return the sessions that are not over and who began them, oldest first."""
        return self._select("1 = 1", [])

    def _select(self, condition: str, parameters: list[str]) -> list[tuple[Session, SessionClient | None]]:
        with self._store.read() as rows:
            sql = f"SELECT {_COLUMNS} FROM {_JOINED} WHERE {condition} ORDER BY s.created_at, s.token"
            found = rows.execute(sql, parameters)
        pairs = [(Session(*row[:4]), None if row[4] is None else SessionClient(*row[4:])) for row in found]
        return [pair for pair in pairs if not self.is_over(pair[0])]

    def end(self, token: str) -> bool:
        """End a session; tell whether there was one."""
        if not _is_text(token):
            return False
        self._known.pop(token, None)
        place = self._store.placeholder
        with self._store.write() as transaction:
            transaction.run(f'DELETE FROM "_session_client" WHERE token = {place}', [token])
            return transaction.run(f'DELETE FROM "_session" WHERE token = {place}', [token]) > 0

    def end_of_user(self, user_id: str, client_id: str | None = None) -> int:
        """End the sessions of a user, or those alone that one client began; return how many there were."""
        found = self._select(f"s.user_id = {self._store.placeholder}", [user_id])
        wanted = [
            session for session, client in found if client_id is None or (client and client.client_id == client_id)
        ]
        return sum(self.end(session.token) for session in wanted)

    def end_of_grant(self, grant_hash: str) -> int:
        """End the sessions that came of a refresh token; return how many there were."""
        found = self._select(f"c.grant_hash = {self._store.placeholder}", [grant_hash])
        return sum(self.end(session.token) for session, _ in found)

    def all_rows(self) -> list[tuple[Any, ...]]:
        """Return every session and who began it, for a reset that keeps them."""
        with self._store.read() as rows:
            return rows.execute(f"SELECT {_COLUMNS} FROM {_JOINED}")

    def keep_latest(self, most: int) -> None:
        """End all sessions but those that began last."""
        self._known.clear()
        order = "rowid" if self._store.dialect == "sqlite" else "created_at"  # the org's clock may have been anywhere
        with self._store.write() as transaction:
            for (token,) in transaction.execute(f'SELECT token FROM "_session" ORDER BY {order} DESC')[most:]:
                self.end(token)

    def put_back(self, kept: list[tuple[Any, ...]]) -> None:
        """Let the sessions that a reset kept, and whose users are still there, be the org's only ones."""
        self._known.clear()
        place = self._store.placeholder
        with self._store.write() as transaction:
            transaction.run('DELETE FROM "_session"')
            transaction.run('DELETE FROM "_session_client"')
            there = {user_id for user_id in {row[1] for row in kept} if self._users.by_id(user_id)}
            rows = [row for row in kept if row[1] in there]
            transaction.run_many(
                f'INSERT INTO "_session" (token, user_id, created_at, used_at) VALUES ({", ".join([place] * 4)})',
                [row[:4] for row in rows],
            )
            for row in rows:
                if row[4] is not None:
                    self._insert_client(transaction, row[0], SessionClient(*row[4:]))

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


def _is_text(token: str) -> bool:
    """Tell whether a text may be a token; PostgreSQL takes no NUL, and SQLite no half of a character."""
    return token.isascii() and token.isprintable()


def _digest(salt: bytes, password: str) -> str:
    return hashlib.scrypt(password.encode(errors="surrogatepass"), salt=salt, n=2**12, r=8, p=1).hex()
