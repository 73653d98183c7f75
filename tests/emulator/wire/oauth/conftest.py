"""Two orgs on real sockets, one that checks clients and one that does not, and a client for both."""

import base64
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID

from chatlift.emulator.config import OrgConfig
from chatlift.emulator.live import LiveOrg, live_org

NOON = datetime(2026, 6, 15, 12, tzinfo=UTC)
BACK = "https://app.test/callback?x=1"
OTHER = "com.example.app:/done"
ADMIN = {"username": "admin@chatlift.test", "password": "secret"}
ADA = {"username": "ada@x.test", "password": "pw"}


@dataclass(frozen=True, slots=True)
class Keys:
    """A private key, a certificate of it, and its public half, all PEM."""

    private: str
    certificate: str
    public: str

    def signed(self, claims: dict[str, Any], algorithm: str = "RS256") -> str:
        """Return claims as an assertion."""
        key = serialization.load_pem_private_key(self.private.encode(), None)
        assert isinstance(key, rsa.RSAPrivateKey)
        parts = [json.dumps(part).encode() for part in ({"alg": algorithm}, claims)]
        text = ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)
        signature = key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())
        return f"{text}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


def make_keys() -> Keys:
    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "app")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(NOON)
        .not_valid_after(NOON + timedelta(days=9999))
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    public = key.public_key().public_bytes(pem, serialization.PublicFormat.SubjectPublicKeyInfo)
    return Keys(private.decode(), certificate.public_bytes(pem).decode(), public.decode())


@pytest.fixture(scope="session")
def keys() -> Keys:
    return make_keys()


@pytest.fixture(scope="session")
def other_keys() -> Keys:
    return make_keys()


@pytest.fixture(scope="session")
def scenario(keys: Keys) -> dict[str, Any]:
    """Two people, and apps that differ in what they may do."""
    web = {"client_id": "web", "client_secret": "web secret", "redirect_uris": [BACK, OTHER]}
    return {
        "records": [
            {"object": "User", "ref": "ada", "fields": {"Username": "ada@x.test", "LastName": "Ada & <b>Co</b>"}},
            {"object": "User", "fields": {"Username": "gone@x.test", "LastName": "Gone", "IsActive": False}},
        ],
        "passwords": {"admin@chatlift.test": "secret", "ada@x.test": "pw"},
        "connected_apps": [
            web | {"scopes": ["full", "refresh_token", "openid"]},
            {"client_id": "robot", "client_secret": "robot secret", "run_as": "@ada", "scopes": ["api"]},
            {"client_id": "idle", "client_secret": "idle secret"},
            {"client_id": "jwt", "certificate": keys.certificate},
            {"client_id": "public key", "certificate": keys.public},
            {"client_id": "phone", "redirect_uris": [OTHER], "scopes": ["api", "refresh_token"]},
        ],
    }


class OAuth:
    """Sends requests to a live org, without a session of its own."""

    def __init__(self, live: LiveOrg) -> None:
        self.live = live
        self.org = live.org
        self.session = live.session()

    def send(self, method: str, path: str, **options: Any) -> requests.Response:
        return self.session.request(method, self.live.https + path, timeout=10, allow_redirects=False, **options)

    def post(self, endpoint: str, **form: str) -> requests.Response:
        return self.send("POST", f"/services/oauth2/{endpoint}", data=form)

    def token(self, **form: str) -> dict[str, Any]:
        answer = self.post("token", **form)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def refused(self, **form: str) -> tuple[str, str]:
        """Return error and description of a token request that must fail."""
        answer = self.post("token", **form)
        assert answer.status_code == 400, answer.text
        return answer.json()["error"], answer.json()["error_description"]

    def works(self, token: str) -> bool:
        """Tell whether REST takes a token."""
        answer = self.send("GET", "/services/data/v59.0/limits", headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code in (200, 401)
        return answer.status_code == 200

    def decide(self, user: dict[str, str] = ADMIN, decision: str = "allow", /, **asked: str) -> requests.Response:
        """Open the authorise page as a browser does, fill it in and send what its form holds."""
        shown = self.send("GET", "/services/oauth2/authorize", params=asked)
        assert shown.status_code == 200, shown.text
        hidden = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', shown.text))
        fields = {name: unescape(value) for name, value in hidden.items()}
        return self.post("authorize", **fields, **user, decision=decision)

    def code(self, **asked: str) -> str:
        """Return the code that a user's approval brings."""
        wanted = {"response_type": "code", "client_id": "web", "redirect_uri": BACK} | asked
        answer = self.decide(**wanted)
        assert answer.status_code == 302, answer.text
        return parameters(answer.headers["Location"])["code"]

    def close(self) -> None:
        self.session.close()


def parameters(location: str) -> dict[str, str]:
    """Return what an address carries in its query and its fragment."""
    parts = urlsplit(location)
    return dict(parse_qsl(parts.query) + parse_qsl(parts.fragment))


@pytest.fixture(scope="module")
def strict_live(scenario: dict[str, Any]) -> Iterator[LiveOrg]:
    with live_org(OrgConfig(strict_auth=True, scenarios=(scenario,), now=NOON, frozen=True)) as live:
        yield live


@pytest.fixture(scope="module")
def lax_live(scenario: dict[str, Any]) -> Iterator[LiveOrg]:
    with live_org(OrgConfig(scenarios=(scenario,), now=NOON, frozen=True)) as live:
        yield live


@pytest.fixture
def strict(strict_live: LiveOrg) -> Iterator[OAuth]:
    """An org at noon that checks users, clients and signatures."""
    strict_live.org.reset()
    found = OAuth(strict_live)
    yield found
    found.close()


@pytest.fixture
def lax(lax_live: LiveOrg) -> Iterator[OAuth]:
    """An org at noon that lets anybody in."""
    lax_live.org.reset()
    found = OAuth(lax_live)
    yield found
    found.close()


@pytest.fixture(params=["strict", "lax"])
def oauth(request: pytest.FixtureRequest) -> OAuth:
    """Both."""
    found: OAuth = request.getfixturevalue(request.param)
    return found
