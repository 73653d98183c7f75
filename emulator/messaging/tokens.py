"""Access tokens of end users: whose they are, for which deployment, and until when (Messaging API, "Authorization").

A token is a JSON Web Token that the org signs; it says all there is to know, so that it outlives a reset as every session does.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final
from uuid import uuid4

from ..errors import OrgError
from ..org.org import Org
from ..org.signing import BadToken, OrgKey, is_signed, read_token
from .refusals import Unknown
from .runtime import MessagingRuntime
from .setup import Deployment, Keyset

VERIFIED_SECONDS: Final = 6 * 3600
ANONYMOUS_SECONDS: Final = 3600
"""How long a token is good (Salesforce Help, messaging_auto_session_expiry_enhanced: 6 hours for verified users, 1 hour for others)."""
PLATFORMS: Final = ("Web", "Mobile")
ISSUER: Final = "iamessage"
ANONYMOUS: Final = "v2/iamessage/ANON/{org}/uid:{uid}"
"""Subject of a user who is not verified. Recorded where a customer's token could not be verified; MessagingEndUser rows of other orgs
have ``v2/iamessage/UNAUTH/NA/uid:…`` for guests, and which of them an org writes when is not documented."""
VERIFIED: Final = "v2/iamessage/AUTH/{keyset}/uid:{uid}"
"""Subject of a verified user (recorded in MessagingEndUser.MessagingPlatformKey)."""
LONGEST_SUBJECT: Final = 255
"""The length of MessagingEndUser.MessagingPlatformKey."""
LONGEST_CAPABILITIES: Final = 20
CLOSES_CONVERSATIONS: Final = 260
"""The first capabilitiesVersion of a mobile SDK that copes with closed conversations. A guess: "you must use the latest SDK version"
(Salesforce Help, miaw_session_based_chat) names none."""
CUSTOM_CLIENT: Final = 1
"""capabilitiesVersion of custom clients, whose code is the customer's own."""
CLOCK_SKEW_SECONDS: Final = 300
"""By how much the clock of who issued a customer's token may be ahead. A guess."""
PLATFORM_HOST: Final = re.compile(
    r"(?:[a-z0-9-]+\.)+(?:salesforce\.com|force\.com|salesforce-scrt\.com|site\.com)", re.IGNORECASE
)


class TokenRefused(OrgError):
    """A token is missing, not this org's, or over."""

    def __init__(self, message: str) -> None:
        super().__init__("UNAUTHORIZED", message)


class BadRequest(OrgError):
    """What was sent cannot be used; the message says why."""

    def __init__(self, message: str) -> None:
        super().__init__("BAD_REQUEST", message)


@dataclass(frozen=True, slots=True)
class Token:
    """Who calls: an end user by one of his clients.

    deployment: the name for which the token was given. device: where the client runs; client: the client itself, anew with each
    token. issued, expires: seconds since 1970 of the org's clock.
    """

    subject: str
    deployment: str
    platform: str
    capabilities: str
    device: str
    client: str
    is_verified: bool
    issued: int
    expires: int

    @property
    def is_old_mobile_sdk(self) -> bool:
        """Tell whether the client stands for an app with an SDK that does not know closed conversations."""
        given = self.capabilities
        return self.platform == "Mobile" and given.isdecimal() and CUSTOM_CLIENT < int(given) < CLOSES_CONVERSATIONS


@dataclass(frozen=True, slots=True)
class Issued:
    """A new token as text, and what its client is told with it: the stream's last event, and the deployment with its forms."""

    text: str
    token: Token
    last_event: int
    deployment: Deployment


class Tokens:
    """Gives tokens out and checks them."""

    def __init__(self, org: Org) -> None:
        self._org = org
        self._runtime = org.room(MessagingRuntime)
        self._key = OrgKey(org.store)
        self._checks_all = org.config.strict_auth
        self._expire = org.config.strict_auth or org.config.session_timeout is not None

    # --- giving out -----------------------------------------------------------------------------------------------------

    def anonymous(self, org_id: Any, deployment_name: Any, platform: Any, capabilities: Any) -> Issued:
        """Return a token of a new end user. Raises `BadRequest`, and `Unknown` for a deployment that is not there."""
        deployment = self._deployment(org_id, deployment_name)
        return self._issue(self._stranger(), deployment, _platform(platform), _capabilities(capabilities))

    def authenticated(
        self, org_id: Any, deployment_name: Any, platform: Any, capabilities: Any, customer_token: Any, origin: str
    ) -> Issued:
        """Return a token of the end user whom a customer's own token names.

        One that cannot be verified gives a stranger's token, as the platform does without a word (recorded); under strict
        authentication it raises `TokenRefused`. origin: this org's URL, which the token may be meant for.
        """
        deployment = self._deployment(org_id, deployment_name)
        if not isinstance(customer_token, str) or not customer_token:
            raise BadRequest("customerIdentityToken is required")
        chosen = _platform(platform), _capabilities(capabilities)
        try:
            subject = self._verified_subject(deployment, customer_token, origin)
        except BadToken as problem:
            if self._checks_all:
                raise TokenRefused(f"the customerIdentityToken {problem}") from None
            return self._issue(self._stranger(), deployment, *chosen)
        return self._issue(subject, deployment, *chosen, is_verified=True)

    def continued(self, token: Token) -> Issued:
        """Return another token of the same end user, for a new client on the same device."""
        deployment = self._named(token.deployment)
        issued, expires = self._times(token.is_verified)
        return self._sign(replace(token, client=str(uuid4()), issued=issued, expires=expires), deployment)

    def _issue(
        self, subject: str, deployment: Deployment, platform: str, capabilities: str, *, is_verified: bool = False
    ) -> Issued:
        issued, expires = self._times(is_verified)
        device, client = str(uuid4()), str(uuid4())
        token = Token(subject, deployment.name, platform, capabilities, device, client, is_verified, issued, expires)
        return self._sign(token, deployment)

    def _sign(self, token: Token, deployment: Deployment) -> Issued:
        text = self._key.sign(
            {
                "iss": ISSUER,
                "sub": token.subject,
                "orgId": self._org_id[:15],
                "apiVersion": "v2",
                "esDeveloperName": token.deployment,
                "platform": token.platform,
                "endUserCapabilities": token.capabilities,
                "deviceId": token.device,
                "clientId": token.client,
                "verified": token.is_verified,
                "iat": token.issued,
                "exp": token.expires,
            }
        )
        with self._org.store.read() as rows:
            last_event = self._runtime.streams.last_number(rows)
        return Issued(text, token, last_event, deployment)

    def _times(self, is_verified: bool) -> tuple[int, int]:
        now = self._now
        lifetime = self._org.config.session_timeout or (VERIFIED_SECONDS if is_verified else ANONYMOUS_SECONDS)
        return now, now + lifetime

    def _stranger(self) -> str:
        return ANONYMOUS.format(org=self._org_id[:15], uid=uuid4())

    # --- checking -------------------------------------------------------------------------------------------------------

    def check(self, text: str) -> Token:
        """Return what a token says. Raises `TokenRefused` for one that this org has not signed, and one that is over."""
        try:
            claims = self._key.verified(text)
        except BadToken:
            raise TokenRefused("Jwt is not valid") from None
        if claims.get("iss") != ISSUER or claims.get("orgId") != self._org_id[:15]:
            raise TokenRefused("Jwt is not valid")
        token = Token(
            str(claims["sub"]), str(claims["esDeveloperName"]), str(claims["platform"]), str(claims["endUserCapabilities"]),
            str(claims["deviceId"]), str(claims["clientId"]), bool(claims["verified"]), int(claims["iat"]), int(claims["exp"]),
        )  # fmt: skip
        self.check_time(token)
        return token

    def check_time(self, token: Token) -> None:
        """Raise `TokenRefused` for a token that is over, where sessions expire at all."""
        if self._expire and self._now >= token.expires:
            raise TokenRefused("Jwt is expired")

    def is_this_org(self, org_id: str) -> bool:
        """Tell whether an id of 15 or 18 characters is this org's."""
        return len(org_id) in (15, 18) and org_id[:15] == self._org_id[:15]

    @property
    def _org_id(self) -> str:
        return str(self._org.users.organization["Id"])

    @property
    def _now(self) -> int:
        return int(self._org.clock.now().timestamp())

    def _deployment(self, org_id: Any, name: Any) -> Deployment:
        if not isinstance(org_id, str) or not self.is_this_org(org_id):
            raise BadRequest("orgId is not the id of this org")
        if not isinstance(name, str) or not name:
            raise BadRequest("esDeveloperName is required")
        return self._named(name)

    def _named(self, name: str) -> Deployment:
        found = self._runtime.look(lambda setup, state, now: setup.deployments.get(name))
        if found is None or not found.channel.is_active:
            raise Unknown(f"there is no published deployment {name} with an active channel")
        return found

    # --- customers' tokens ----------------------------------------------------------------------------------------------

    def _verified_subject(self, deployment: Deployment, text: str, origin: str) -> str:
        """Return the subject that a customer's token proves. Raises `BadToken` with the reason where it proves none."""
        channel = deployment.channel
        if not channel.user_verification:
            raise BadToken("is for a channel that verifies nobody")
        header, claims = read_token(text)
        if header.get("alg") != "RS256":
            raise BadToken("is not signed with RS256")
        keyset = _keyset(channel.keysets, header.get("kid"))
        if not is_signed(text, keyset.public_key):
            raise BadToken("has another signature than its key makes")
        issuer = claims.get("iss")
        if not isinstance(issuer, str) or not issuer or (keyset.issuer and issuer != keyset.issuer):
            raise BadToken("has another issuer than the keyset")
        if not any(self._is_meant(audience, origin) for audience in _audiences(claims)):
            raise BadToken("is meant for another audience")
        self._check_times(claims)
        uid = claims.get("sub")
        if not isinstance(uid, str) or not uid or not uid.isprintable():
            raise BadToken("names nobody in sub")
        subject = VERIFIED.format(keyset=keyset.name, uid=uid)
        if len(subject) > LONGEST_SUBJECT:
            raise BadToken("has a sub that is too long")
        return subject

    def _is_meant(self, audience: str, origin: str) -> bool:
        """Tell whether a token's audience is this org: its address, any host of the platform, or its id. A guess."""
        if audience.rstrip("/") == origin or self.is_this_org(audience):
            return True
        host = audience.partition("://")[2].partition("/")[0] if "://" in audience else audience
        return PLATFORM_HOST.fullmatch(host) is not None

    def _check_times(self, claims: Mapping[str, Any]) -> None:
        expires, issued = claims.get("exp"), claims.get("iat")
        if not isinstance(expires, int | float) or self._now >= expires:
            raise BadToken("is expired")
        if issued is not None and (not isinstance(issued, int | float) or issued > self._now + CLOCK_SKEW_SECONDS):
            raise BadToken("is from the future")


def _keyset(keysets: Iterable[Keyset], key_id: Any) -> Keyset:
    for keyset in keysets:
        if keyset.key_id == key_id:
            return keyset
    raise BadToken("names a key that no keyset of the channel has")


def _audiences(claims: Mapping[str, Any]) -> list[str]:
    given = claims.get("aud")
    return [one for one in (given if isinstance(given, list) else [given]) if isinstance(one, str)]


def _platform(given: Any) -> str:
    if given is None:
        return PLATFORMS[0]
    if given not in PLATFORMS:
        raise BadRequest(f"platform is one of {', '.join(PLATFORMS)}")
    return str(given)


def _capabilities(given: Any) -> str:
    if given is None:
        return str(CUSTOM_CLIENT)
    if not isinstance(given, str | int) or isinstance(given, bool) or not 0 < len(str(given)) <= LONGEST_CAPABILITIES:
        raise BadRequest("capabilitiesVersion is a short text, such as 1")
    return str(given)
