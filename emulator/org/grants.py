"""Grants: what a user has let a client do, before and beside sessions.

A *code* is traded once for a session; a *refresh token* brings new sessions until it is revoked; a *device code* waits
until somebody approves it (see `device_codes`). Only their SHA-256 is kept: a row does not tell the token.
"""

import hashlib
import secrets
from base64 import urlsafe_b64encode
from contextlib import AbstractContextManager
from dataclasses import dataclass, fields, replace
from datetime import timedelta
from typing import Any, Final

from ...schemas.values import datetime_text
from ..errors import OrgError
from ..store import Store, Transaction
from .chance import Chance
from .clock import Clock
from .users import Users

CODE_SECONDS: Final = 900
"""Life of an authorization code ("OAuth 2.0 Web Server Flow": "The authorization code expires after 15 minutes")."""
SIGNING_KEY: Final = "signing_key"
"""The setting that holds the org's private key, which signs id tokens."""
KEPT_SECONDS: Final = 86_400
"""How long a row that is over is kept, so that its holder is told that it expired."""


class GrantRefused(OrgError):
    """An OAuth error: the code of RFC 6749, 5.2, in lower case, and the platform's description."""


@dataclass(frozen=True, slots=True)
class Grant:
    """A row of grants; times are canonical text.

    kind: code, refresh or device; state: waiting (device), open, used, denied
    user_id: empty while a device code waits
    """

    token_hash: str
    kind: str
    state: str
    client_id: str
    user_id: str
    scope: str
    created_at: str
    expires_at: str | None = None
    redirect_uri: str = ""
    challenge: str = ""
    nonce: str = ""
    user_code: str = ""
    polled_at: str | None = None


COLUMNS: Final = tuple(column.name for column in fields(Grant))


def digest(token: str) -> str:
    """Return what is kept of a token."""
    return hashlib.sha256(token.encode(errors="surrogatepass")).hexdigest()


def is_challenge_met(challenge: str, verifier: str) -> bool:
    """Tell whether a verifier belongs to an S256 challenge (RFC 7636, 4.6)."""
    made = urlsafe_b64encode(hashlib.sha256(verifier.encode(errors="surrogatepass")).digest()).rstrip(b"=").decode()
    return secrets.compare_digest(made, challenge.rstrip("="))


class Grants:
    """Give codes and refresh tokens, and take them back."""

    def __init__(self, store: Store, clock: Clock, users: Users, chance: Chance) -> None:
        self._store = store
        self.chance = chance
        self._clock = clock
        self._users = users

    # --- codes

    def give_code(
        self, client_id: str, user_id: str, scope: str, redirect_uri: str, challenge: str = "", nonce: str = ""
    ) -> str:
        """Return a new authorization code."""
        code = "aPrx" + self.chance.text(48).replace("-", ".") + "=="
        self.keep(
            Grant(digest(code), "code", "open", client_id, user_id, scope, self.moment(), self.moment(CODE_SECONDS),
                  redirect_uri, challenge, nonce)
        )  # fmt: skip
        return code

    def trade_code(self, code: str, client_id: str | None, redirect_uri: str | None, verifier: str) -> Grant:
        """Return the grant of a code, which is used then. Raises `GrantRefused`.

        client_id, redirect_uri: what must be those that the code was given for; None is not compared. A code whose
        verifier is wrong stays as it was, so that a thief cannot use it up.
        """
        with self._store.write():
            grant = self.find("code", code)
            if grant is None:
                raise GrantRefused("invalid_grant", "invalid authorization code")
            if grant.state != "open" or self.is_over(grant):
                raise GrantRefused("invalid_grant", "expired authorization code")
            if client_id is not None and client_id != grant.client_id:
                raise GrantRefused("invalid_grant", "invalid authorization code")
            if redirect_uri is not None and redirect_uri != grant.redirect_uri:
                raise GrantRefused("redirect_uri_mismatch", "redirect_uri must match configuration")
            # Recorded in salesforce.stackexchange 330168.
            if grant.challenge and not is_challenge_met(grant.challenge, verifier):
                raise GrantRefused("invalid_grant", "invalid code verifier")
            self.change(grant, state="used")
        return grant

    # --- refresh tokens

    def give_refresh_token(self, client_id: str, user_id: str, scope: str) -> str:
        """Return a new refresh token; it is good until it is revoked."""
        token = "5Aep861" + self.chance.text(60).replace("-", ".")
        self.keep(Grant(digest(token), "refresh", "open", client_id, user_id, scope, self.moment()))
        return token

    def refresh_grant(self, token: str) -> Grant | None:
        """Return what a refresh token stands for, or None."""
        return self.find("refresh", token)

    def revoke_refresh_token(self, grant: Grant) -> None:
        """Forget a refresh token. Its sessions are ended by `Sessions.end_of_grant`."""
        with self._store.write() as transaction:
            transaction.run(f'DELETE FROM "_grant" WHERE token_hash = {self._store.placeholder}', [grant.token_hash])

    # --- what a reset keeps

    def all_rows(self) -> list[tuple[Any, ...]]:
        """Return every refresh token as a row of its table, for a reset that keeps them."""
        with self._store.read() as rows:
            return rows.execute(f"""SELECT {", ".join(COLUMNS)} FROM "_grant" WHERE kind = 'refresh'""")

    def put_back(self, kept: list[tuple[Any, ...]]) -> None:
        """Let the refresh tokens that a reset kept, and whose users are still there, be the org's only grants."""
        with self._store.write() as transaction:
            transaction.run('DELETE FROM "_grant"')
            for row in kept:
                if self._users.by_id(Grant(*row).user_id):
                    self._insert(transaction, row)

    # --- rows

    def writing(self) -> AbstractContextManager[Transaction]:
        """Open a transaction in which a row that was read is still the same when it is written."""
        return self._store.write()

    def moment(self, seconds: int = 0) -> str:
        """Return the org's time, some seconds on, as canonical text."""
        return datetime_text(self._clock.now() + timedelta(seconds=seconds))

    def is_over(self, grant: Grant) -> bool:
        """Tell whether the time of a grant has run out."""
        return grant.expires_at is not None and grant.expires_at <= self.moment()

    def keep(self, grant: Grant) -> None:
        """Write a new row, and drop those that have been over for long."""
        with self._store.write() as transaction:
            transaction.run(
                f'DELETE FROM "_grant" WHERE expires_at < {self._store.placeholder}', [self.moment(-KEPT_SECONDS)]
            )
            self._insert(transaction, [getattr(grant, name) for name in COLUMNS])

    def change(self, grant: Grant, **values: str | None) -> Grant:
        """Write other values into a row."""
        place = self._store.placeholder
        assignments = ", ".join(f"{name} = {place}" for name in values)
        with self._store.write() as transaction:
            transaction.run(
                f'UPDATE "_grant" SET {assignments} WHERE token_hash = {place}', [*values.values(), grant.token_hash]
            )
        return replace(grant, **values)  # type: ignore[arg-type]  # columns by name

    def find(self, kind: str, token: str) -> Grant | None:
        """Return the row of a token, or None."""
        return self.first("token_hash", kind, digest(token))

    def first(self, column: str, kind: str, value: str) -> Grant | None:
        """Return the newest row of a kind with a value in a column, or None."""
        place = self._store.placeholder
        sql = (
            f'SELECT {", ".join(COLUMNS)} FROM "_grant" WHERE {column} = {place} AND kind = {place}'
            " ORDER BY created_at DESC LIMIT 1"
        )
        with self._store.read() as rows:
            found = rows.one(sql, [value, kind])
        return None if found is None else Grant(*found)

    def _insert(self, transaction: Transaction, row: Any) -> None:
        places = ", ".join([self._store.placeholder] * len(COLUMNS))
        transaction.run(f'INSERT INTO "_grant" ({", ".join(COLUMNS)}) VALUES ({places})', list(row))
