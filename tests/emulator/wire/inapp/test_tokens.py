"""Access tokens: strangers and verified end users, and when a token is none or over."""

import base64
import json
import time
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from chatlift.emulator import mock_salesforce
from chatlift.emulator.messaging import EndUser

from .conftest import KEY, SCENARIO, Office, refusal


def encoded(part: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()


def customer_token(key: rsa.RSAPrivateKey = KEY, header: Any = None, **claims: Any) -> str:
    """A token that the customer's shop issues for its own user."""
    head = {"alg": "RS256", "typ": "JWT", "kid": "k1"} | (header or {})
    now = int(time.time())
    body = {
        "iss": "https://shop.test",
        "sub": "maya@x.test",
        "aud": "https://acme.my.salesforce.com",
        "iat": now,
        "exp": now + 600,
    }
    text = f"{encoded(head)}.{encoded({k: v for k, v in (body | claims).items() if v is not None})}"
    signature = key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())
    return f"{text}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


def asked(office: Office, **body: Any) -> dict[str, Any]:
    org_id = office.live.org.organization_id
    return {"orgId": org_id, "esDeveloperName": "Web_Chat", "capabilitiesVersion": "1", "platform": "Web"} | body


def test_a_customers_token_names_the_end_user(office: Office) -> None:
    maya = office.end_user("Known_Chat")
    assert maya.log_in(customer_token()) == "v2/iamessage/AUTH/shop/uid:maya@x.test"
    maya.begin()
    (row,) = office.rows("SELECT Name, MessagingPlatformKey FROM MessagingEndUser")
    assert row["MessagingPlatformKey"] == maya.subject
    assert row["Name"] == "maya@x.test"


def test_a_verified_end_user_has_his_conversations_on_every_device(office: Office) -> None:
    phone, tablet = office.end_user("Known_Chat", platform="Mobile"), office.end_user("Known_Chat")
    phone.log_in(customer_token())
    id_ = phone.begin()
    tablet.log_in(customer_token())
    assert [one["conversationId"] for one in tablet.conversations()["conversations"]] == [id_]
    tablet.conversation_id = id_
    tablet.say("from the other device")
    assert phone.context["deviceId"] != tablet.context["deviceId"]
    stranger = office.end_user("Known_Chat")
    stranger.log_in(customer_token(sub="tom@x.test"))
    stranger.conversation_id = id_
    assert refusal(stranger.routing_status)[0] == 403


OTHER = rsa.generate_private_key(65537, 2048)
UNVERIFIED: dict[str, dict[str, Any]] = {
    "another key": {"key": OTHER},
    "another key's name": {"header": {"kid": "k2"}},
    "no key's name": {"header": {"kid": None}},
    "another algorithm": {"header": {"alg": "HS256"}},
    "no algorithm": {"header": {"alg": "none"}},
    "another issuer": {"iss": "https://elsewhere.test"},
    "no issuer": {"iss": None},
    "another audience": {"aud": "https://elsewhere.test"},
    "a host that only ends like the platform's": {"aud": "https://evilsalesforce.com"},
    "no audience": {"aud": None},
    "expired": {"exp": 1_000_000_000},
    "never ending": {"exp": None},
    "an end that is no number": {"exp": "tomorrow"},
    "from the future": {"iat": 4_000_000_000},
    "nobody": {"sub": None},
    "a sub that is no text": {"sub": 7},
    "a sub of two lines": {"sub": "a\nb"},
    "a long sub": {"sub": "a" * 250},
}


@pytest.mark.parametrize("kind", UNVERIFIED)
def test_who_cannot_be_verified_is_a_stranger(office: Office, kind: str) -> None:
    subject = office.end_user("Known_Chat").log_in(customer_token(**UNVERIFIED[kind]))
    assert subject.startswith("v2/iamessage/ANON/")


@pytest.mark.parametrize("kind", UNVERIFIED)
def test_under_strict_authentication_he_gets_no_token(strict_office: Office, kind: str) -> None:
    end_user = strict_office.end_user("Known_Chat")
    assert refusal(lambda: end_user.log_in(customer_token(**UNVERIFIED[kind])))[0] == 401


@pytest.mark.parametrize("text", ["nonsense", "a.b.c", "." * 5, "e30.e30.e30"])
def test_what_is_no_json_web_token_verifies_nobody(office: Office, text: str) -> None:
    assert office.end_user("Known_Chat").log_in(text).startswith("v2/iamessage/ANON/")


def test_a_channel_that_verifies_nobody_knows_strangers_alone(office: Office) -> None:
    assert office.end_user("Web_Chat").log_in(customer_token()).startswith("v2/iamessage/ANON/")


@pytest.mark.parametrize("audience", ["acme.my.salesforce-scrt.com", ["https://x.test", "https://acme.my.site.com/a"]])
def test_an_audience_is_a_host_of_the_platform_or_this_org(office: Office, audience: Any) -> None:
    for meant in (audience, office.live.https, office.live.org.organization_id):
        assert "/AUTH/" in office.end_user("Known_Chat").log_in(customer_token(aud=meant))


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"orgId": "00D000000000009"}, 400),
        ({"orgId": "short"}, 400),
        ({"orgId": None}, 400),
        ({"orgId": ["00D"]}, 400),
        ({"esDeveloperName": "Unknown"}, 404),
        ({"esDeveloperName": "Draft_Chat"}, 404),
        ({"esDeveloperName": None}, 400),
        ({"esDeveloperName": 7}, 400),
        ({"platform": "Fridge"}, 400),
        ({"capabilitiesVersion": ["1"]}, 400),
        ({"capabilitiesVersion": "1" * 30}, 400),
    ],
)
def test_a_token_is_given_for_this_org_and_a_published_deployment(
    office: Office, body: dict[str, Any], status: int
) -> None:
    end_user = office.end_user()
    path = "authorization/unauthenticated/access-token"
    assert refusal(lambda: end_user.call("POST", path, asked(office, **body)))[0] == status


@pytest.mark.parametrize(
    "body", [{}, {"customerIdentityToken": 7}, {"authorizationType": "SAML", "customerIdentityToken": "a"}]
)
def test_who_names_no_customers_token_gets_none(office: Office, body: dict[str, Any]) -> None:
    path = "authorization/authenticated/access-token"
    assert refusal(lambda: office.end_user().call("POST", path, asked(office, **body)))[0] == 400


def test_an_org_is_named_by_15_or_18_characters(office: Office) -> None:
    for org_id in (office.live.org.organization_id, office.live.org.organization_id[:15]):
        answer = office.end_user().call(
            "POST", "authorization/unauthenticated/access-token", asked(office, orgId=org_id)
        )
        _, claims, _ = answer.json()["accessToken"].split(".")
        told = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))
        assert told["orgId"] == office.live.org.organization_id[:15]


def test_a_token_outlives_a_reset(office: Office) -> None:
    maya = office.begun()
    office.live.org.reset()
    assert maya.conversations()["openConversationsFound"] == 0


def test_tokens_never_expire_unless_sessions_do(office: Office) -> None:
    maya = office.begun()
    office.live.org.clock.advance(days=400)
    maya.say("still here")


def test_a_strangers_token_is_good_for_an_hour_and_a_verified_ones_for_six(strict_office: Office) -> None:
    stranger, maya = strict_office.end_user(), strict_office.end_user("Known_Chat")
    stranger.log_in()
    maya.log_in(customer_token())
    strict_office.live.org.clock.advance(minutes=59)
    stranger.conversations()
    strict_office.live.org.clock.advance(minutes=2)
    assert refusal(stranger.conversations) == (401, "Jwt is expired")
    assert refusal(stranger.continue_session) == (401, "Jwt is expired")
    strict_office.live.org.clock.advance(hours=4, minutes=58)
    maya.conversations()
    strict_office.live.org.clock.advance(minutes=2)
    assert refusal(maya.conversations) == (401, "Jwt is expired")


def test_a_clock_that_is_set_back_ends_no_token(strict_office: Office) -> None:
    stranger = strict_office.begun()
    strict_office.live.org.clock.advance(days=-3)
    stranger.say("yesterday")


def test_a_session_timeout_is_how_long_a_token_lasts() -> None:
    with mock_salesforce(seed=SCENARIO, session_timeout=60, now="2026-06-15T12:00:00Z", frozen=True) as org:
        maya = EndUser(org.url, org.organization_id, "Web_Chat")
        maya.begin()
        org.clock.advance(seconds=59)
        maya.continue_session()
        org.clock.advance(seconds=59)
        maya.say("still here")
        org.clock.advance(seconds=1)
        assert refusal(lambda: maya.say("and now?")) == (401, "Jwt is expired")
