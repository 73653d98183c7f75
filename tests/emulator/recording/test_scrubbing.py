"""Secrets are taken out wherever they stand, each with one stand-in; what is none stays."""

import json
from urllib.parse import quote, quote_plus
from xml.sax.saxutils import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatlift.emulator.cassette.hosts import Origin, filled, replacing
from chatlift.emulator.cassette.secrets import Scrubber
from chatlift.emulator.recording.rewriting import flowing

SESSION = "00D5e0000000001!AQEAQFhkjh34jkh5kjh34kjh5kjhKJHKJH.kjhKJHkjh_kjh-kjh"
JWT = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhZGEiLCJleHAiOjE3NzEwNTk2MDB9.c2lnbmF0dXJl-_x"
REFRESH = "5Aep861TSESvWeug_xvFHRBTTbf_YrTWgEyjBJrfKKSGYmyFGKpzLfYGjbTsfpcLDsOFsFYnJsZCWPCEk_"
secrets = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), min_size=12, max_size=40).filter(
    lambda text: text == text.strip() and "scrubbed" not in text and any(map(str.isalnum, text))
)


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (f'{{"access_token":"{SESSION}","refresh_token":"{REFRESH}","id_token":"{JWT}"}}', "application/json"),
        (f"<sessionId>{SESSION}</sessionId><refresh>{REFRESH}</refresh><j>{JWT}</j>", "text/xml"),
        (f"token={quote(SESSION)}&refresh_token={REFRESH}&assertion={JWT}", "application/x-www-form-urlencoded"),
        (f"look: {SESSION}, {REFRESH} and {JWT}", "text/plain"),
        (f'"Id","Note"\n"1","{SESSION} {REFRESH} {JWT}"', "text/csv"),
        (
            f"retURL=%2Fx%3Fsid%3D{quote(SESSION)}%26t%3D{REFRESH}%26j%3D{JWT}&u=%2Fx%253Fsid%253D{quote(quote(SESSION))}",
            "text/plain",
        ),
        (f"_{SESSION}_{REFRESH}_{JWT}", "text/plain"),
        (json.dumps({"note": f"<a>{SESSION}</a>"}).replace("!", "\\u0021"), "application/json"),
        (f"<a>{SESSION.replace('!', '&#33;')}</a><b>{SESSION.replace('!', '&#x21;')}</b>", "text/xml"),
    ],
)
def test_tokens_go_in_every_form(body: str, content_type: str) -> None:
    scrubbed = Scrubber().body(body.encode(), content_type, "/").decode()
    for secret in (SESSION[20:], REFRESH[10:], JWT[24:]):
        assert secret not in scrubbed
    assert "scrubbed" in scrubbed


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be", "latin-1"])
def test_passwords_go_in_every_encoding(encoding: str) -> None:
    mark = b"\xfe\xff" if encoding == "utf-16-be" else b""
    body, clean = (
        mark + f"<a>é</a><password>{value}</password>".encode(encoding) for value in ("hunter2", "scrubbed-1")
    )
    assert Scrubber().body(body, "text/xml", "/") == clean


def test_a_session_has_one_stand_in_however_it_is_written() -> None:
    scrubber = Scrubber()
    assert (
        scrubber.text(f"{SESSION} {quote(quote(SESSION))}")
        == "00D5e0000000001!scrubbed.1 00D5e0000000001%2521scrubbed.1"
    )
    assert scrubber.count == 1


@given(secrets)
def test_a_secret_is_found_by_its_name_and_then_everywhere(secret: str) -> None:
    scrubber = Scrubber()
    json_body = json.dumps({"client_secret": secret}, ensure_ascii=False)
    stand_in = json.loads(scrubber.body(json_body.encode(), "application/json", "/"))["client_secret"]
    form = scrubber.body(
        f"client_secret={quote_plus(secret)}".encode(), "application/x-www-form-urlencoded", "/"
    ).decode()
    xml = scrubber.body(f"<password>{escape(secret)}</password>".encode(), "text/xml", "/").decode()
    text = scrubber.body(f"it was {secret}.".encode(), "text/plain", "/").decode()
    path = scrubber.path(f"/x/{quote(secret, safe='')}/y")
    assert form == f"client_secret={stand_in}"
    assert xml == f"<password>{stand_in}</password>"
    assert text == f"it was {stand_in}."
    assert path == f"/x/{stand_in}/y"
    assert scrubber.count == 1


@pytest.mark.parametrize(
    "body",
    [
        '{"token_type":"Bearer","expires_in":7200,"errorCode":"INVALID_SESSION_ID","code":"404"}',
        '{"sessionId":"0b2ae5a2-6f0e-4f9c-9f0e-0d7f0c4f5a11","passwordExpired":false,"password":null}',
        "<passwordExpired>false</passwordExpired><sessionSecondsValid>7200</sessionSecondsValid><sessionId/>",
        '{"Id":"003000000000001AAA","Name":"Token Ring","SecretSauce__c":"mustard"}',
    ],
)
def test_what_is_no_secret_stays(body: str) -> None:
    assert Scrubber().body(body.encode(), "application/json", "/").decode() == body


def test_headers_that_nothing_is_known_of_are_kept_by_their_names_alone() -> None:
    given_headers = (
        ("Authorization", f"Bearer {SESSION}"),
        ("Cookie", "sid=abc"),
        ("X-Api-Gateway", "4711"),
        ("Sforce-Query-Options", "batchSize=200"),
        ("X-LIVEAGENT-AFFINITY", "null"),
        ("Sforce-Auth-Token", "4712"),
        ("Content-Length", "5"),
    )
    assert Scrubber().request_headers(given_headers) == (
        ("Authorization", "Bearer 00D5e0000000001!scrubbed.1"),
        ("Cookie", "***"),
        ("X-Api-Gateway", "***"),
        ("Sforce-Query-Options", "batchSize=200"),
        ("X-LIVEAGENT-AFFINITY", "null"),
        ("Sforce-Auth-Token", "scrubbed-2"),
    )


def test_headers_of_answers_are_known_by_their_names() -> None:
    given_headers = (("X-Auth-Token", "4711"), ("X-SFDC-Session", "4712"), ("X-Next", "https://x.test/?otp=4713"))
    assert Scrubber().answer_headers(given_headers) == (
        ("X-Auth-Token", "scrubbed-1"),
        ("X-SFDC-Session", "scrubbed-2"),
        ("X-Next", "https://x.test/?otp=scrubbed-3"),
    )


def test_cookies_of_answers_keep_their_names() -> None:
    scrubbed = Scrubber().answer_headers((("Set-Cookie", f"sid={SESSION}; Domain=.salesforce.com; Path=/; Secure"),))
    assert scrubbed == (("Set-Cookie", "sid=00D5e0000000001!scrubbed.1; Path=/; Secure"),)


ACME = Origin("https", "acme.my.salesforce.com")
LOCAL = Origin("https", "localhost:8443")


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ("https://acme.my.salesforce.com/x", "https://localhost:8443/x"),
        ("https:\\/\\/ACME.my.salesforce.com\\/x", "https:\\/\\/localhost:8443\\/x"),
        ("https%3A%2F%2Facme.my.salesforce.com%2Fx", "https%3A%2F%2Flocalhost%3A8443%2Fx"),
        ("host acme.my.salesforce.com.", "host localhost:8443."),
        ("https://not-acme.my.salesforce.com.evil.test", "https://not-acme.my.salesforce.com.evil.test"),
        ("https://acme.my.salesforce.com.evil.test", "https://acme.my.salesforce.com.evil.test"),
        ("https://acme.my.salesforce.com:9999/", "https://acme.my.salesforce.com:9999/"),
    ],
)
def test_hosts_are_replaced_in_all_their_forms(given: str, wanted: str) -> None:
    assert replacing({ACME: LOCAL})(given) == wanted
    assert filled(replacing({ACME: "org"})(given), LOCAL).replace("\\/\\/", "//").lower() == (
        wanted.replace("https:\\/\\/", "https://").lower() if "\\" in given else wanted.lower()
    )


@given(st.lists(st.integers(1, 9), max_size=40), st.integers(1, 5))
def test_a_host_is_replaced_wherever_the_pieces_of_a_long_body_end(cuts: list[int], times: int) -> None:
    text = '{"url":"https://acme.my.salesforce.com/a"} ' * times
    pieces, rest = [], text
    for cut in cuts:
        pieces.append(rest[:cut].encode())
        rest = rest[cut:]
    replace = replacing({ACME: LOCAL})
    assert b"".join(flowing([*pieces, rest.encode()], replace)).decode() == replace(text)
