"""Connected apps: which clients the org knows, and what each may ask for.

A secret is kept as it was given, for answers are signed with it ("Authorization Through OAuth": ``signature``). It is
compared and signed with, and leaves the store in no answer and no log line.
"""

import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final, cast

import orjson

from ..errors import OrgError
from ..store import Store, Transaction
from .users import Users

if TYPE_CHECKING:
    from collections.abc import Callable

KEYS: Final = frozenset({"client_id", "client_secret", "certificate", "redirect_uris", "run_as", "scopes"})
REFRESH_SCOPES: Final = frozenset({"refresh_token", "offline_access"})
"""Two words for the same leave: to be given a refresh token."""
SCOPES: Final = (
    frozenset(
        "address api cdp_api cdp_ingest_api cdp_profile_api cdp_query_api chatbot_api chatter_api content"
        " custom_permissions eclair_api einstein_gpt_api email forgot_password full id interaction_api lightning openid"
        " pardot_api phone profile pwdless_login_api scrt_api sfap_api user_registration_api visualforce wave_api web".split()
    )
    | REFRESH_SCOPES
)
"""The words of help page "OAuth Tokens and Scopes"."""
MAX_TEXT: Final = 2000
_URI: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):[!-~]+\Z")
_SCRIPT_SCHEMES: Final = frozenset({"javascript", "data", "vbscript", "file", "blob", "about"})


def is_redirect_uri(uri: str) -> bool:
    """Tell whether a browser may be sent to an address: absolute, without a fragment, no script."""
    found = _URI.match(uri)
    if found is None or len(uri) > MAX_TEXT or "#" in uri:
        return False
    scheme = found[1].lower()
    return scheme not in _SCRIPT_SCHEMES and (scheme not in ("http", "https") or uri[len(scheme) :].startswith("://"))


@dataclass(frozen=True, slots=True)
class ConnectedApp:
    """A client that is registered.

    public_key: PEM of the RSA key that its assertions are checked with
    run_as: id of the user that its client credentials stand for
    scopes: what it may ask for; empty is everything
    """

    client_id: str
    client_secret: str | None = field(default=None, repr=False)
    public_key: str | None = None
    redirect_uris: tuple[str, ...] = ()
    run_as: str | None = None
    scopes: tuple[str, ...] = ()

    def has_secret(self, secret: str) -> bool:
        """Tell whether a secret is this app's, in a time that says nothing about it."""
        kept = self.client_secret or ""
        fits = hmac.compare_digest(kept.encode(errors="surrogatepass"), secret.encode(errors="surrogatepass"))
        return fits and self.client_secret is not None

    def may_ask_for(self, scope: str) -> bool:
        """Tell whether a scope is among the app's; ``full`` covers all but refresh tokens (the same help page)."""
        if scope not in SCOPES:
            return False
        if not self.scopes or scope in self.scopes:
            return True
        if scope in REFRESH_SCOPES:
            return bool(REFRESH_SCOPES & set(self.scopes))
        return "full" in self.scopes


@dataclass(frozen=True, slots=True)
class ConnectedApps:
    """Keep and find connected apps."""

    store: Store
    users: Users

    def find(self, client_id: str) -> ConnectedApp | None:
        """Return the app with a client id, or None."""
        sql = (
            "SELECT client_id, client_secret, public_key, redirect_uris, run_as, scopes"
            f' FROM "_connected_app" WHERE client_id = {self.store.placeholder}'
        )
        if "\0" in client_id or not client_id.isprintable():
            return None
        with self.store.read() as rows:
            found = rows.one(sql, [client_id])
        if found is None:
            return None
        uris, scopes = (tuple(orjson.loads(text)) for text in (found[3], found[5]))
        return ConnectedApp(found[0], found[1], found[2], uris, found[4], scopes)

    def client_ids(self) -> list[str]:
        """Return the ids of all apps."""
        with self.store.read() as rows:
            return [id_ for (id_,) in rows.execute('SELECT client_id FROM "_connected_app" ORDER BY client_id')]

    def register(self, transaction: Transaction, entries: Any, refs: Mapping[str, str]) -> None:
        """Keep the apps of a scenario document; one with a known client id takes the older one's place.

        Raises INVALID_SCENARIO.
        """
        if not isinstance(entries, list):
            raise _bad("connected_apps", "must be a list")
        place = transaction.placeholder
        for number, entry in enumerate(entries):
            app = self._read(f"connected_apps[{number}]", entry, refs)
            transaction.run(f'DELETE FROM "_connected_app" WHERE client_id = {place}', [app.client_id])
            transaction.run(
                'INSERT INTO "_connected_app" (client_id, client_secret, public_key, redirect_uris, run_as, scopes)'
                f" VALUES ({', '.join([place] * 6)})",
                [
                    app.client_id,
                    app.client_secret,
                    app.public_key,
                    orjson.dumps(app.redirect_uris).decode(),
                    app.run_as,
                    orjson.dumps(app.scopes).decode(),
                ],
            )

    def _read(self, place: str, entry: Any, refs: Mapping[str, str]) -> ConnectedApp:
        if not isinstance(entry, Mapping):
            raise _bad(place, f"a connected app is an object with the keys {', '.join(sorted(KEYS))}")
        for key in entry:
            if key not in KEYS:
                raise _bad(place, f"there is no key {key!r}; the keys are {', '.join(sorted(KEYS))}")
        client_id = _text(place, entry, "client_id")
        if client_id is None:
            raise _bad(place, "client_id is missing")
        certificate = _text(place, entry, "certificate")
        return ConnectedApp(
            client_id,
            _text(place, entry, "client_secret"),
            None if certificate is None else _public_key(place, certificate),
            _redirect_uris(place, entry),
            self._run_as(place, _text(place, entry, "run_as"), refs),
            _scopes(place, entry),
        )

    def _run_as(self, place: str, name: str | None, refs: Mapping[str, str]) -> str | None:
        """Return the id of a user who is named by user name, id or ``@ref``."""
        if name is None:
            return None
        user = self.users.by_id(refs.get(name[1:], "")) if name.startswith("@") else None
        user = user or self.users.by_username(name) or self.users.by_id(name)
        if user is None:
            raise _bad(place, f"run_as: there is no user {name!r}")
        return str(user["Id"])


def _text(place: str, entry: Mapping[str, Any], key: str) -> str | None:
    value = entry.get(key)
    if value is None:
        return None
    most = 10 * MAX_TEXT if key == "certificate" else MAX_TEXT
    if not isinstance(value, str) or not value.strip() or len(value) > most or "\0" in value:
        raise _bad(place, f"{key} is text of 1 to {most} characters")
    if key == "client_id" and not value.isprintable():
        raise _bad(place, "client_id is printable text")
    return value


def _texts(place: str, entry: Mapping[str, Any], key: str) -> tuple[str, ...]:
    found = entry.get(key) or []
    if not isinstance(found, list) or not all(isinstance(value, str) for value in found):
        raise _bad(place, f"{key} is a list of texts")
    return tuple(found)


def _redirect_uris(place: str, entry: Mapping[str, Any]) -> tuple[str, ...]:
    found = _texts(place, entry, "redirect_uris")
    for uri in found:
        if not is_redirect_uri(uri):
            raise _bad(place, f"redirect_uris: {uri!r} is no absolute address without a fragment")
    return found


def _scopes(place: str, entry: Mapping[str, Any]) -> tuple[str, ...]:
    found = _texts(place, entry, "scopes")
    for scope in found:
        if scope not in SCOPES:
            raise _bad(place, f"scopes: there is no scope {scope!r}; there are {', '.join(sorted(SCOPES))}")
    return found


def _public_key(place: str, certificate: str) -> str:
    # Loaded with the first certificate: a start without one does not pay for the library.
    read = cast("Callable[[str], str]", import_module(".signing", __package__).public_key)
    try:
        return read(certificate)
    except ValueError as error:
        raise _bad(place, f"certificate: {error}") from None


def _bad(place: str, problem: str) -> OrgError:
    return OrgError("INVALID_SCENARIO", f"{place}: {problem}")
