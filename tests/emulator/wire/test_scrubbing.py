"""Secrets in requests are not shown."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatlift.emulator.wire.scrubbing import HIDDEN, scrubbed, scrubbed_body, scrubbed_path, scrubbed_query

SECRET = "gEhEim.123-_"
FORM = "application/x-www-form-urlencoded"
NAMES = (
    "password newPassword NewPassword client_secret sessionId session_id access_token refresh_token securityToken token"
    " assertion client_assertion code_verifier signature sid customerIdentityToken affinityToken apiKey private_key"
).split()


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "body",
    [
        '{{"username": "u", "{name}": "{secret}", "last": "kept"}}',
        '{{"{name}":"a\\"{secret}","last":"kept"}}',
        '{{"last": "kept", "{name}" : "{secret}',
        "<e><last>kept</last><{name}>{secret}</{name}></e>",
        '<e><last>kept</last><n1:{name} xsi:type="xsd:string">{secret}</n1:{name}>',
        "<e><last>kept</last><{name}><![CDATA[<{secret}]]></{name}>",
        "<e><last>kept</last><{name}>{secret}",
        "last=kept&{name}={secret}",
        '--b\r\nContent-Disposition: form-data; name="last"\r\n\r\nkept\r\n--b\r\n'
        'Content-Disposition: form-data; name="{name}"\r\n\r\n{secret}\r\n--b--',
    ],
)
def test_a_secret_under_its_name_is_hidden_and_nothing_else(name: str, body: str) -> None:
    shown = scrubbed(body.format(name=name, secret=SECRET))
    assert SECRET not in shown
    assert "kept" in shown
    assert HIDDEN in shown


@pytest.mark.parametrize(
    "token",
    [
        "00D5e0000000001!AQ.abc_DEF-123",
        "00D5e0000000001AAA!AQ.abc",
        "00D5e0000000001%21AQ.abc",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln",
        "5Aep861abc.DEF",
        "aPrxabc.DEF==",
    ],
)
def test_a_token_is_known_by_its_looks(token: str) -> None:
    for text in (token, f"Bearer {token}", f"<x>{token}</x>", f'{{"x": "{token}"}}', f"/a/{token}/b"):
        assert token[-8:] not in scrubbed(text)


def test_a_form_is_shown_decoded_but_for_its_secrets() -> None:
    body = f"grant_type=password&username=a%40x.test&pass%77ord={SECRET}&client_secret={SECRET}&code={SECRET}"
    shown = scrubbed_body(body, f"{FORM}; charset=UTF-8")
    assert shown == "grant_type=password&username=a@x.test&password=***&client_secret=***&code=***"


def test_a_query_string_and_a_path() -> None:
    assert scrubbed_query(f"q=SELECT+Id&access_token={SECRET}&oauth_token={SECRET}&q=2") == {
        "q": "SELECT Id",
        "access_token": HIDDEN,
        "oauth_token": HIDDEN,
    }
    assert scrubbed_path(f"/chat/rest/System/SessionId/{SECRET}!x") == "/chat/rest/System/SessionId/***"
    assert scrubbed_path("/services/data/v59.0/sobjects/Contact") == "/services/data/v59.0/sobjects/Contact"


@pytest.mark.parametrize(
    "text",
    [
        '{"LastName": "Ada", "Email": "a@x.test", "Description": "my code is 5"}',
        "<LastName>Ada</LastName>",
        "SELECT Id FROM Contact WHERE LastName = 'Passwort'",
    ],
)
def test_what_is_no_secret_stays(text: str) -> None:
    assert scrubbed(text) == text


@given(
    st.text(alphabet="abc {}[]:,<>&=\n\u00e4\x00", max_size=200),
    st.sampled_from(NAMES),
    st.text(alphabet="ghijk6789", min_size=12, max_size=40),
)
def test_a_json_secret_is_hidden_whatever_stands_before_it(before: str, name: str, secret: str) -> None:
    assert secret not in scrubbed(f'{{"a": "{before}", "{name}": "{secret}"}}')
