"""Connected apps and grants, on each kind of store."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from chatlift.emulator.config import OrgConfig
from chatlift.emulator.errors import OrgError
from chatlift.emulator.org.grants import GrantRefused
from chatlift.emulator.org.org import Org

ADA = {"object": "User", "ref": "ada", "fields": {"Username": "ada@x.test", "LastName": "Ada"}}
APP = {
    "client_id": "web",
    "client_secret": "s3cret",
    "redirect_uris": ["https://app.test/back"],
    "run_as": "@ada",
    "scopes": ["api"],
}


def test_a_scenario_registers_apps_and_a_later_one_takes_their_place(org: Org) -> None:
    ada = org.seed({"records": [ADA], "connected_apps": [APP]})["ada"]
    app = org.connected_apps.find("web")
    assert app is not None
    assert (app.redirect_uris, app.run_as, app.scopes) == (("https://app.test/back",), ada, ("api",))
    assert (app.has_secret("s3cret"), app.has_secret("S3cret"), app.has_secret("")) == (True, False, False)
    assert "s3cret" not in repr(app)
    org.seed({"connected_apps": [{"client_id": "web", "run_as": "ADA@x.test"}]})
    app = org.connected_apps.find("web")
    assert app is not None
    assert (app.redirect_uris, app.run_as, app.scopes, app.has_secret("")) == ((), ada, (), False)
    assert org.connected_apps.find("WEB") is None
    assert org.connected_apps.find("web\0") is None


@pytest.mark.parametrize(
    ("apps", "problem"),
    [
        ({}, "must be a list"),
        ([5], "is an object"),
        ([{}], "client_id is missing"),
        ([{"client_id": ""}], "client_id is text"),
        ([{"client_id": "a\n"}], "printable"),
        ([APP | {"nonsense": 1}], "there is no key 'nonsense'"),
        ([APP | {"client_secret": 5}], "client_secret is text"),
        ([APP | {"certificate": "x"}], "is no PEM"),
        ([APP | {"certificate": "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"}], "is no PEM"),
        ([APP | {"redirect_uris": "https://app.test"}], "a list of texts"),
        ([APP | {"redirect_uris": ["javascript:alert(1)"]}], "no absolute address"),
        ([APP | {"redirect_uris": ["https://app.test/#x"]}], "no absolute address"),
        ([APP | {"redirect_uris": ["/back"]}], "no absolute address"),
        ([APP | {"scopes": ["everything"]}], "there is no scope 'everything'"),
        ([APP | {"run_as": "nobody@x.test"}], "there is no user"),
        ([APP | {"run_as": "@nobody"}], "there is no user"),
    ],
)
def test_an_app_that_does_not_fit_leaves_nothing(org: Org, apps: Any, problem: str) -> None:
    with pytest.raises(OrgError, match=problem) as refused:
        org.seed({"records": [ADA], "connected_apps": apps})
    assert refused.value.code == "INVALID_SCENARIO"
    assert "s3cret" not in str(refused.value)
    assert org.users.by_username("ada@x.test") is None
    assert org.connected_apps.find("web") is None


def test_a_key_that_is_no_rsa_key_is_refused(org: Org) -> None:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1()).public_key()
    pem = key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()
    with pytest.raises(OrgError, match="RSA"):
        org.seed({"connected_apps": [APP | {"certificate": pem, "run_as": None}]})


def test_a_reset_keeps_refresh_tokens_and_takes_apps_back_to_the_scenarios(store_url: str) -> None:
    scenario = {"records": [ADA], "connected_apps": [APP]}
    org = Org.open(OrgConfig(database=store_url, scenarios=(scenario,)))
    org.seed({"connected_apps": [{"client_id": "later"}, {"client_id": "web"}]})
    ada = (org.users.by_username("ada@x.test") or {})["Id"]
    other = org.seed({"records": [{"object": "User", "ref": "x", "fields": {"Username": "x@x.test", "LastName": "X"}}]})
    token = org.grants.give_refresh_token("web", ada, "api refresh_token")
    gone = org.grants.give_refresh_token("web", other["x"], "api")
    code = org.grants.give_code("web", ada, "api", "https://app.test/back")
    org.reset()
    kept = org.grants.refresh_grant(token)
    assert kept is not None
    assert (kept.user_id, kept.scope) == (ada, "api refresh_token")
    assert org.grants.refresh_grant(gone) is None
    with pytest.raises(GrantRefused):
        org.grants.trade_code(code, None, None, "")
    assert org.connected_apps.find("later") is None
    app = org.connected_apps.find("web")
    assert app is not None
    assert app.scopes == ("api",)
    org.close()


def test_a_restore_brings_the_apps_of_the_snapshot_and_keeps_who_is_logged_in() -> None:
    org = Org.open(OrgConfig())
    org.seed({"connected_apps": [{"client_id": "before"}]})
    snapshot = org.snapshot()
    org.seed({"connected_apps": [{"client_id": "after"}]})
    token = org.grants.give_refresh_token("after", org.users.administrator_id, "api")
    org.restore(snapshot)
    assert org.connected_apps.find("before") is not None
    assert org.connected_apps.find("after") is None
    assert org.grants.refresh_grant(token) is not None
    org.close()


def test_a_code_that_many_trade_at_once_is_good_for_one(org: Org) -> None:
    code = org.grants.give_code("web", org.users.administrator_id, "api", "https://app.test/back")

    def trade(_: int) -> bool:
        try:
            return org.grants.trade_code(code, "web", "https://app.test/back", "").scope == "api"
        except GrantRefused:
            return False

    with ThreadPoolExecutor(8) as threads:
        assert sorted(threads.map(trade, range(16))) == [False] * 15 + [True]


def test_a_device_that_many_poll_for_gets_one_session(org: Org) -> None:
    device_code, user_code = org.device_codes.begin("phone", "api")
    assert org.device_codes.decide(user_code, org.users.administrator_id)

    def poll(_: int) -> bool:
        try:
            return org.device_codes.poll(device_code, "phone").scope == "api"
        except GrantRefused:
            return False

    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(poll, range(16))) == 1


def test_grants_that_are_long_over_are_dropped(org: Org) -> None:
    for _ in range(3):
        org.grants.give_code("web", org.users.administrator_id, "api", "https://app.test/back")
        org.clock.advance(3 * 86_400)
    token = org.grants.give_refresh_token("web", org.users.administrator_id, "api")
    with org.store.read() as rows:
        assert rows.execute('SELECT COUNT(*) FROM "_grant"') == [(1,)]
    org.clock.advance(10_000 * 86_400)
    org.grants.give_code("web", org.users.administrator_id, "api", "https://app.test/back")
    assert org.grants.refresh_grant(token) is not None


def test_all_workers_of_a_store_sign_with_one_key(org: Org) -> None:
    from chatlift.emulator.org.signing import BadToken, OrgKey

    first, second = OrgKey(org.store), OrgKey(org.store)
    with ThreadPoolExecutor(4) as threads:
        names = {key["kid"] for key in threads.map(lambda key: key.public(), [first, second] * 2)}
    assert len(names) == 1
    token = first.sign({"sub": "x"})
    assert second.verified(token) == {"sub": "x"}
    head, _, signature = token.split(".")
    with pytest.raises(BadToken):
        second.verified(f"{head}.eyJzdWIiOiJ5In0.{signature}")
