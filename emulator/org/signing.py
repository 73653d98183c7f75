"""Signatures: those of clients, checked with the key of their certificate, and the org's own (RS256, RFC 7518)."""

import base64
import hashlib
from typing import Any, Final

import orjson
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from ..store import Store
from .grants import SIGNING_KEY

KEY_BITS: Final = 2048
_LONGEST_PART: Final = 32_768


class BadToken(ValueError):
    """A text is no JSON Web Token that can be read."""


def public_key(pem: str) -> str:
    """Return the PEM of the RSA key in a certificate, or of one given as such. Raises ValueError."""
    try:
        data = pem.strip().encode()
        if "BEGIN CERTIFICATE" in pem:
            key: object = x509.load_pem_x509_certificate(data).public_key()
        else:
            key = serialization.load_pem_public_key(data)
    except (ValueError, UnsupportedAlgorithm):
        raise ValueError("is no PEM of a certificate or a public key") from None
    if not isinstance(key, rsa.RSAPublicKey):
        raise ValueError("must hold an RSA key: assertions are signed with RS256")
    return key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()


def encoded(data: bytes) -> str:
    """Return base64url without padding (RFC 7515)."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def read_token(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return header and claims of a JSON Web Token, its signature unchecked. Raises `BadToken`."""
    parts = token.split(".")
    if len(parts) != 3 or any(len(part) > _LONGEST_PART for part in parts):
        raise BadToken("is no JSON Web Token")
    header, claims = (_object(part) for part in parts[:2])
    return header, claims


def _object(part: str) -> dict[str, Any]:
    try:
        found = orjson.loads(_decoded(part))
    except ValueError:
        raise BadToken("is no JSON Web Token") from None
    if not isinstance(found, dict):
        raise BadToken("is no JSON Web Token")
    return found


def _decoded(part: str) -> bytes:
    return base64.b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True)


def is_signed(token: str, key_pem: str) -> bool:
    """Tell whether the signature of a JSON Web Token was made with the private half of an RSA key."""
    text, _, signature = token.rpartition(".")
    key = serialization.load_pem_public_key(key_pem.encode())
    if not isinstance(key, rsa.RSAPublicKey):
        return False
    try:
        key.verify(_decoded(signature), text.encode(), padding.PKCS1v15(), hashes.SHA256())
    except (InvalidSignature, ValueError):
        return False
    return True


class OrgKey:
    """The key that the org signs with. It is made when first needed, and kept in the store."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._loaded: tuple[str, rsa.RSAPrivateKey] | None = None

    def sign(self, claims: dict[str, Any]) -> str:
        """Return a JSON Web Token with these claims."""
        key = self._key()
        header = {"alg": "RS256", "kid": _name(key), "typ": "JWT"}
        text = ".".join(encoded(orjson.dumps(part)) for part in (header, claims))
        return f"{text}.{encoded(key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256()))}"

    def verified(self, token: str) -> dict[str, Any]:
        """Return the claims of a token that the org has signed. Raises `BadToken`."""
        header, claims = read_token(token)
        pem = self._key().public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )  # fmt: skip
        if header.get("alg") != "RS256" or not is_signed(token, pem.decode()):
            raise BadToken("is not signed by this org")
        return claims

    def public(self) -> dict[str, str]:
        """Return the public half as a JSON Web Key (RFC 7517)."""
        key = self._key()
        numbers = key.public_key().public_numbers()
        shown = {name: encoded(number.to_bytes((number.bit_length() + 7) // 8)) for name, number in
                 (("n", numbers.n), ("e", numbers.e))}  # fmt: skip
        return {"kty": "RSA", "use": "sig", "alg": "RS256", "kid": _name(key), **shown}

    def _key(self) -> rsa.RSAPrivateKey:
        kept = self._store.meta(SIGNING_KEY)
        if kept is None:
            kept = self._make()
        if self._loaded is None or self._loaded[0] != kept:  # a snapshot may have brought another
            loaded = serialization.load_pem_private_key(kept.encode(), None)
            if not isinstance(loaded, rsa.RSAPrivateKey):
                raise TypeError("the org's signing key is no RSA key")
            self._loaded = kept, loaded
        return self._loaded[1]

    def _make(self) -> str:
        """Make the key, unless another worker has made it meanwhile; return its PEM."""
        made = rsa.generate_private_key(65537, KEY_BITS).private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        with self._store.write() as transaction:
            there = self._store.meta(SIGNING_KEY)
            if there is not None:
                return there
            transaction.set_meta(SIGNING_KEY, made.decode())
        return made.decode()


def _name(key: rsa.RSAPrivateKey) -> str:
    return hashlib.sha256(str(key.public_key().public_numbers().n).encode()).hexdigest()[:16]
