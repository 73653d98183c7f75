"""The org as a client sees it: pages, errors, and where a token may go."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import responses

from chatlift.emulator import OrgHandle, mock_salesforce
from chatlift.emulator.client.errors import BadUse, Failed, refusal
from chatlift.emulator.client.org import Org, checked, is_local, log_in
from chatlift.emulator.config import OrgConfig
from chatlift.emulator.live import live_org

URL = "https://northlight.my.salesforce.com"
VERSIONS = [{"label": "Summer '23", "url": "/services/data/v58.0", "version": "58.0"}]


@pytest.fixture
def emulated() -> Iterator[OrgHandle]:
    with mock_salesforce(now="2026-06-15T12:00:00Z", frozen=True) as handle:
        yield handle


@pytest.fixture
def http() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


def org(http: responses.RequestsMock, answers: dict[str, Any]) -> Org:
    """An org that gives these answers to these paths."""
    for path, answer in {"/services/data/": VERSIONS, **answers}.items():
        http.get(URL + path, json=answer)
    return Org(URL, "00Dtoken")


def test_pages_follow_one_another(emulated: OrgHandle) -> None:
    account = {"object": "Account", "fields": {"Name": "Acme"}}
    emulated.seed({"records": [account] * 2_500})
    pages = list(Org(emulated.url, emulated.token()).query("SELECT Id FROM Account"))
    assert [(page.total, len(page.records)) for page in pages] == [(2_500, 2_000), (2_500, 500)]


def test_deleted_records_come_with_query_all(emulated: OrgHandle) -> None:
    emulated.seed({"records": [{"object": "Account", "fields": {"Name": "Acme"}, "deleted": True}]})
    found = Org(emulated.url, emulated.token())
    assert [page.total for page in found.query("SELECT Id FROM Account")] == [0]
    assert [page.total for page in found.query("SELECT Id FROM Account", all_rows=True)] == [1]


def test_further_pages_of_child_rows_are_fetched(http: responses.RequestsMock) -> None:
    first = {
        "totalSize": 2,
        "done": False,
        "nextRecordsUrl": "/services/data/v58.0/query/01g1-1",
        "records": [{"Id": "3"}],
    }
    found = org(http, {
        "/services/data/v58.0/query": {"totalSize": 1, "done": True, "records": [{"Id": "1", "Contacts": first}]},
        "/services/data/v58.0/query/01g1-1": {"totalSize": 2, "done": True, "records": [{"Id": "4"}]},
    })  # fmt: skip
    (page,) = found.query("SELECT Id, (SELECT Id FROM Contacts) FROM Account")
    assert page.records == [
        {"Id": "1", "Contacts": {"totalSize": 2, "done": True, "records": [{"Id": "3"}, {"Id": "4"}]}}
    ]


@pytest.mark.parametrize("following", ["@evil.test/services/", "https://evil.test/services/", ".evil.test/", None])
def test_a_next_page_elsewhere_is_not_fetched(http: responses.RequestsMock, following: str | None) -> None:
    page: dict[str, Any] = {"totalSize": 2, "done": False, "nextRecordsUrl": following, "records": []}
    found = org(http, {"/services/data/v58.0/query": page})
    with pytest.raises(Failed, match="does not say where the next page is"):
        list(found.query("SELECT Id FROM Account"))


def test_a_netrc_file_does_not_win_over_the_token(
    http: responses.RequestsMock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("default login somebody password secret\n")
    monkeypatch.setenv("NETRC", str(netrc))
    org(http, {})
    assert [call.request.headers["Authorization"] for call in http.calls] == ["Bearer 00Dtoken"]


def test_a_local_org_lets_its_administrator_in(emulated: OrgHandle) -> None:
    token = log_in(emulated.url, "any")
    assert [
        page.total for page in Org(emulated.url, token).query("SELECT COUNT() FROM User WHERE IsActive = true")
    ] != [0]


def test_a_local_org_that_checks_passwords_lets_its_administrator_in() -> None:
    config = OrgConfig(strict_auth=True, administrator_password="<a & b> ä")
    with live_org(config) as org:
        found = Org(org.http, log_in(org.http, "<a & b> ä"))
        assert [page.total for page in found.query("SELECT COUNT() FROM User")] != [0]
        with pytest.raises(
            Failed, match=r"does not let admin@chatlift\.test in; set CHATLIFT_ADMIN_PASSWORD to his password or give"
        ):
            log_in(org.http, "any")


def test_a_token_that_is_not_known(emulated: OrgHandle) -> None:
    with pytest.raises(Failed, match=r"^INVALID_SESSION_ID: Session expired or invalid; get a new access token$"):
        list(Org(emulated.url, "00Dnonsense").query("SELECT Id FROM Account"))


def test_what_is_no_org(http: responses.RequestsMock) -> None:
    with pytest.raises(Failed, match="does not answer as an org"):
        org(http, {"/services/data/": {}})


def test_an_org_that_does_not_answer() -> None:
    with pytest.raises(
        Failed, match=r"http://127\.0\.0\.1:9 did not answer \(ConnectionError\); is `chatlift serve` running\?"
    ):
        Org("http://127.0.0.1:9", "x")


@pytest.mark.parametrize(
    ("url", "plain"),
    [
        ("https://x.my.salesforce.com", "https://x.my.salesforce.com"),
        ("https://x.my.salesforce.com/lightning?a=b", "https://x.my.salesforce.com"),
        ("http://localhost:8080/", "http://localhost:8080"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("http://[::1]:8080", "http://[::1]:8080"),
    ],
)
def test_an_org_is_named_by_scheme_host_and_port(url: str, plain: str) -> None:
    assert checked(url) == plain


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://x.my.salesforce.com", "is not encrypted"),
        ("http://127.0.0.1.evil.test", "is not encrypted"),
        ("https://ada:secret@x.my.salesforce.com", "holds credentials"),
        ("x.my.salesforce.com", "is named by its URL"),
        ("ftp://x.my.salesforce.com", "is named by its URL"),
        ("https://", "is named by its URL"),
        ("https://x:port", "cannot be read"),
        ("http://[", "cannot be read"),
    ],
)
def test_urls_that_are_refused(url: str, said: str) -> None:
    with pytest.raises(BadUse, match=said) as refused:
        checked(url)
    assert "secret" not in str(refused.value)


def test_only_this_machine_is_local() -> None:
    assert is_local("https://localhost:8443")
    assert not is_local("https://localhost.evil.test")


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (400, [{"errorCode": "INVALID_FIELD", "message": "\nSELECT x\n       ^\nERROR at Row:1:Column:8\nNo such\ncolumn"}], "INVALID_FIELD at row 1, column 8: No such column"),
        (400, [{"errorCode": "MALFORMED_QUERY", "message": "unexpected token: q"}], "MALFORMED_QUERY: unexpected token: q"),
        (400, [{"errorCode": "X", "message": "\x1b[31mred"}], "X: \ufffd[31mred"),
        (414, "long", "https://x answered 414; the query is too long for a URL"),
        (500, None, "https://x answered 500"),
    ],
)  # fmt: skip
def test_a_refusal_is_one_line(status: int, body: Any, said: str) -> None:
    assert str(refusal("https://x", status, json.dumps(body).encode())) == said
