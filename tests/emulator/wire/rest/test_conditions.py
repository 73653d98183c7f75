"""Requests with a condition: dates for rows and describes, entity tags for accounts."""

import pytest

from ..conftest import Client

# The org's clock stands at 2026-06-15T12:00:00Z.
BEFORE = "Mon, 15 Jun 2026 11:59:59 GMT"
THEN = "Mon, 15 Jun 2026 12:00:00 GMT"
AFTER = "Mon, 15 Jun 2026 12:00:01 GMT"


@pytest.fixture
def account(client: Client) -> str:
    made: str = client.post("sobjects/Account", json={"Name": "A"}).json()["id"]
    return f"sobjects/Account/{made}"


@pytest.fixture
def contact(client: Client) -> str:
    made: str = client.post("sobjects/Contact", json={"LastName": "C"}).json()["id"]
    return f"sobjects/Contact/{made}"


@pytest.mark.parametrize(
    ("header", "date", "status"),
    [
        ("If-Modified-Since", BEFORE, 200),
        ("If-Modified-Since", THEN, 304),
        ("If-Modified-Since", AFTER, 304),
        ("If-Modified-Since", "yesterday", 200),
        ("If-Unmodified-Since", BEFORE, 412),
        ("If-Unmodified-Since", THEN, 200),
        ("If-Unmodified-Since", "yesterday", 200),
    ],
)
@pytest.mark.parametrize("kind", ["account", "contact"])
def test_a_row_is_read_if_its_date_allows(
    client: Client, account: str, contact: str, kind: str, header: str, date: str, status: int
) -> None:
    answer = client.get(account if kind == "account" else contact, headers={header: date})
    assert answer.status_code == status
    if status == 304:
        assert (answer.content, answer.headers["Last-Modified"]) == (b"", THEN)
    if status == 412:
        assert answer.json()[0]["errorCode"] == "PRECONDITION_FAILED"


def test_only_accounts_show_what_conditions_are_about(client: Client, account: str, contact: str) -> None:
    # REST guide, "Execute Dependent Requests in a Single API Call": the account has both headers, the user none
    answer = client.get(account)
    assert answer.headers["Last-Modified"] == THEN
    assert answer.headers["ETag"].startswith('"') and answer.headers["ETag"].endswith('="')
    assert not {"ETag", "Last-Modified"} & client.get(contact).headers.keys()
    url = f"/services/data/v59.0/{account}"
    parts = [{"method": "GET", "url": url, "referenceId": "r"}]
    (found,) = client.post("composite", json={"compositeRequest": parts}).json()["compositeResponse"]
    assert found["httpHeaders"] == {"ETag": answer.headers["ETag"], "Last-Modified": THEN}
    parts[0]["httpHeaders"] = {"If-Modified-Since": AFTER}  # type: ignore[assignment]
    (found,) = client.post("composite", json={"compositeRequest": parts}).json()["compositeResponse"]
    assert (found["httpStatusCode"], found["body"]) == (304, None)


def test_an_entity_tag_changes_with_the_account(client: Client, account: str) -> None:
    first = client.get(account).headers["ETag"]
    assert client.get(account, headers={"If-None-Match": first}).status_code == 304
    assert client.get(account, headers={"If-None-Match": f'"x", {first[:-1]}-gzip"'}).status_code == 304
    assert client.get(account, headers={"If-Match": '"x"'}).status_code == 412
    assert client.get(account + "?fields=Name", headers={"If-Match": first}).status_code == 200
    changed = client.send("PATCH", account, json={"Name": "B"}, headers={"If-Match": first})
    assert changed.status_code == 204
    assert client.get(account, headers={"If-None-Match": first}).status_code == 200
    for headers in ({"If-Match": first}, {"If-None-Match": "*"}):
        assert client.send("PATCH", account, json={"Name": "C"}, headers=headers).status_code == 412
    assert client.get(account).json()["Name"] == "B"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"If-Unmodified-Since": BEFORE}, 412),
        ({"If-Unmodified-Since": THEN}, 204),
        ({"If-Unmodified-Since": "yesterday"}, 400),
        ({"If-Match": "no tag"}, 400),
        ({"If-None-Match": '"other"'}, 204),
    ],
)
def test_a_row_is_changed_if_its_condition_allows(
    client: Client, account: str, headers: dict[str, str], status: int
) -> None:
    assert client.send("PATCH", account, json={"Name": "B"}, headers=headers).status_code == status
    assert client.get(account).json()["Name"] == ("B" if status == 204 else "A")


def test_nothing_holds_a_deletion_back(client: Client, account: str) -> None:
    assert client.send("DELETE", account, headers={"If-Unmodified-Since": BEFORE}).status_code == 204


@pytest.mark.parametrize("path", ["sobjects", "sobjects/Account/describe"])
def test_a_describe_is_read_if_something_has_changed(client: Client, path: str) -> None:
    # recorded: CumulusCI, ManualEditTestCompositeParallelSalesforce
    first = client.get(path)
    assert {"ETag", "Last-Modified"} <= first.headers.keys()
    since = {"If-Modified-Since": first.headers["Last-Modified"]}
    again = client.get(path, headers=since)
    assert (again.status_code, again.content) == (304, b"")
    assert (again.headers["ETag"], again.headers["Last-Modified"]) == (
        first.headers["ETag"],
        first.headers["Last-Modified"],
    )
    field = {"name": "Own__c", "type": "string", "length": 9, "custom": True}
    client.org.seed({"objects": [{"name": "Account", "fields": [field]}]})
    assert client.get(path, headers=since).status_code == 200
