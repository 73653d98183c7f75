"""Who may log in, and when a session is over."""

from datetime import UTC, datetime

import pytest

from chatlift.emulator.config import OrgConfig
from chatlift.emulator.org.org import Org
from chatlift.emulator.org.sessions import SessionClient

ADA = {"object": "User", "ref": "ada", "fields": {"Username": "ada@x.test", "LastName": "Ada"}}
GONE = {"object": "User", "fields": {"Username": "gone@x.test", "LastName": "Gone", "IsActive": False}}


def test_a_known_user_logs_in_as_himself_and_anybody_else_as_the_administrator(org: Org) -> None:
    refs = org.seed({"records": [ADA, GONE]})
    ada, other = org.sessions.login("ADA@x.test", "whatever"), org.sessions.login("nobody@x.test", "")
    assert ada is not None
    assert other is not None
    assert ada.user_id == refs["ada"]
    assert other.user_id == org.users.administrator_id
    assert org.sessions.login("gone@x.test", "") is None
    assert ada.token.startswith(org.users.organization["Id"][:15] + "!")
    assert ada.token != other.token


def test_a_session_lasts_until_it_is_ended(org: Org) -> None:
    session = org.sessions.begin(org.users.administrator_id)
    org.clock.advance(365 * 86_400)
    assert org.sessions.find(session.token) is not None
    assert org.sessions.end(session.token) is True
    assert org.sessions.find(session.token) is None
    assert org.sessions.end(session.token) is False


def test_an_idle_session_is_over_after_its_time_and_a_used_one_is_not(store_url: str) -> None:
    org = Org.open(OrgConfig(database=store_url, session_timeout=600, frozen=True))
    session = org.sessions.begin(org.users.administrator_id)
    for _ in range(3):
        org.clock.advance(599)
        assert org.sessions.find(session.token) is not None
    org.clock.advance(-86_400)
    assert org.sessions.find(session.token) is not None
    org.clock.advance(86_400 + 601)
    assert org.sessions.find(session.token) is None
    org.close()


def test_strict_authentication_asks_for_a_known_user_and_his_password(store_url: str) -> None:
    org = Org.open(
        OrgConfig(database=store_url, strict_auth=True, administrator_password="secret",
                  scenarios=({"records": [ADA, GONE], "passwords": {"ada@x.test": "pw", "gone@x.test": "pw"}},),
                  now=datetime(2026, 2, 14, tzinfo=UTC))
    )  # fmt: skip
    assert org.sessions.login("admin@chatlift.test", "secret") is not None
    assert org.sessions.login("ada@x.test", "pw") is not None
    for username, password in [
        ("ada@x.test", "PW"),
        ("ada@x.test", ""),
        ("nobody@x.test", "pw"),
        ("gone@x.test", "pw"),
    ]:
        assert org.sessions.login(username, password) is None
    assert org.store.meta(f"password:{org.users.administrator_id}") != "secret"
    assert org.sessions.timeout == 7200
    org.close()


def test_names_and_passwords_may_hold_any_character(store_url: str) -> None:
    org = Org.open(OrgConfig(database=store_url, strict_auth=True, administrator_password="\ud800\x00"))
    assert org.sessions.login("admin@chatlift.test", "\ud800\x00") is not None
    for username in ("\ud800", "a\x00b", "😀", ""):
        assert org.sessions.login(username, "x") is None
    org.close()


@pytest.mark.parametrize("token", ["", "\x00", "a\x00b", "\ud800", "é", "\n"])
def test_what_cannot_be_a_token_is_none(org: Org, token: str) -> None:
    assert org.sessions.find(token) is None
    assert org.sessions.look(token) is None
    assert org.sessions.end(token) is False


def test_sessions_are_listed_with_who_began_them_and_until_they_are_over(store_url: str) -> None:
    org = Org.open(OrgConfig(database=store_url, session_timeout=600, frozen=True))
    admin = org.users.administrator_id
    old = org.sessions.begin(admin)
    org.clock.advance(400)
    web = org.sessions.begin(admin, SessionClient("web", "api", "abc"))
    listed = [(session.token, client and client.client_id) for session, client in org.sessions.listing()]
    assert listed == [(old.token, None), (web.token, "web")]
    assert old.token not in old.handle
    org.clock.advance(400)
    assert [session for session, _ in org.sessions.listing()] == [web]
    assert org.sessions.look(old.token) is None
    assert org.sessions.end_of_user(admin, "another") == 0
    assert org.sessions.end_of_grant("abc") == 1
    assert org.sessions.listing() == []
    org.close()


def test_a_reset_keeps_who_began_a_session(org: Org) -> None:
    client = SessionClient("web", "api refresh_token", "abc")
    session = org.sessions.begin(org.users.administrator_id, client)
    org.reset()
    found = org.sessions.look(session.token)
    assert found is not None
    assert found[1] == client
