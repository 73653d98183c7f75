"""simple-salesforce, unchanged, in process and over HTTPS on a real socket: the same tests both ways."""

import base64
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests
from simple_salesforce import Salesforce
from simple_salesforce.exceptions import (
    SalesforceAuthenticationFailed,
    SalesforceExpiredSession,
    SalesforceMalformedRequest,
    SalesforceMoreThanOneRecord,
    SalesforceRefusedRequest,
    SalesforceResourceNotFound,
)

from chatlift.emulator import OrgHandle, mock_salesforce
from chatlift.emulator.live import LiveOrg, live_org

NOON = datetime(2026, 6, 15, 12, tzinfo=UTC)
SESSION = {"LoginTime": "2026-06-15T08:00:00Z", "LogoutTime": "2026-06-15T11:00:00Z"}


@dataclass(frozen=True, slots=True)
class Place:
    """Where an org is, and what a client must be told to find it there."""

    org: OrgHandle
    domain: Callable[[str], str | None]
    session: Callable[[], requests.Session]

    def login(self, username: str = "u@x.test", **options: Any) -> Salesforce:
        path = "services/oauth2/token" if "consumer_key" in options else "services/Soap/u/59.0"
        if "consumer_key" not in options:
            options = {"security_token": "t"} | options
        if options.get("organizationId"):
            options.pop("security_token")
        return Salesforce(username=username, password="p", domain=self.domain(path), session=self.session(), **options)


@pytest.fixture(scope="module")
def live() -> Iterator[LiveOrg]:
    with live_org() as found:
        yield found


@pytest.fixture(params=["inprocess", "server"])
def place(request: pytest.FixtureRequest) -> Iterator[Place]:
    if request.param == "inprocess":
        with mock_salesforce(now=NOON, frozen=True) as org:
            yield Place(org, lambda path: None, requests.Session)
    else:
        live: LiveOrg = request.getfixturevalue("live")
        live.org.prepare(now=NOON, frozen=True)
        host = live.https.removeprefix("https://")
        yield Place(live.org, lambda path: f"{host}/{path}?", live.session)


@pytest.fixture
def sf(place: Place) -> Salesforce:
    return place.login()


@pytest.fixture
def values(place: Place) -> dict[str, Any]:
    return {"AgentId": place.org.administrator["Id"], **SESSION}


def problem(error: pytest.ExceptionInfo[Any]) -> dict[str, Any]:
    (found,) = error.value.content
    assert isinstance(found, dict)
    return found


# --- ways in


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"organizationId": "00D5e0000000001"},
        {"consumer_key": "key", "consumer_secret": "secret"},
        {"version": "20.0"},
        {"version": "64.0"},
        {"client_id": "me"},
    ],
)
def test_each_login_gives_a_session(place: Place, options: dict[str, Any]) -> None:
    sf = place.login(**options)
    assert sf.query("SELECT COUNT() FROM User")["totalSize"] == 2
    assert sf.sf_version == options.get("version", "59.0")


def test_a_session_id_and_an_instance_are_enough(place: Place) -> None:
    token = place.org.token()
    for options in ({"instance_url": place.org.url}, {"instance": place.org.url.removeprefix("https://")}):
        sf = Salesforce(session_id=token, session=place.session(), **options)
        assert sf.Organization.get(place.org.org.users.organization["Id"])["Id"].startswith("00D")


def test_a_user_who_exists_is_who_creates(place: Place) -> None:
    profile = place.org.administrator["ProfileId"]
    fields = {"Username": "ada@x.test", "LastName": "Ada", "ProfileId": profile, "IsActive": True}
    ada = place.org.seed({"records": [{"object": "User", "ref": "ada", "fields": fields}]})["ada"]
    sf = place.login("ada@x.test")
    made = sf.Contact.create({"LastName": "X"})["id"]
    read = sf.Contact.get(made)
    assert (read["CreatedById"], read["OwnerId"]) == (ada, ada)


def test_a_user_who_may_not_log_in_is_told_so(place: Place) -> None:
    profile = place.org.administrator["ProfileId"]
    fields = {"Username": "gone@x.test", "LastName": "Gone", "ProfileId": profile, "IsActive": False}
    place.org.seed({"records": [{"object": "User", "fields": fields}]})
    with pytest.raises(SalesforceAuthenticationFailed) as refused:
        place.login("gone@x.test")
    assert refused.value.code == "INVALID_LOGIN"
    assert "Invalid username, password, security token; or user locked out." in str(refused.value)
    with pytest.raises(SalesforceAuthenticationFailed) as refused:
        place.login("gone@x.test", consumer_key="key", consumer_secret="secret")
    assert refused.value.code == "invalid_grant"
    assert "authentication failure" in str(refused.value)


def test_a_session_that_ended_is_expired(place: Place) -> None:
    token = place.org.token()
    sf = Salesforce(instance_url=place.org.url, session_id=token, session=place.session())
    assert sf.limits()["DailyApiRequests"]["Max"] == 15000
    place.org.org.sessions.end(token)
    with pytest.raises(SalesforceExpiredSession) as error:
        sf.query("SELECT Id FROM User")
    assert problem(error) == {"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}


def test_a_client_that_logged_in_itself_does_so_again(place: Place, sf: Salesforce) -> None:
    first = sf.session_id
    assert first is not None
    place.org.org.sessions.end(first)
    assert sf.query("SELECT COUNT() FROM User")["totalSize"] == 2
    assert sf.session_id != first


# --- records


def test_an_agent_session_lives_its_life(sf: Salesforce, values: dict[str, Any]) -> None:
    made = sf.LiveAgentSession.create(values | {"ChatReqAssigned": 4})
    assert made == {"id": made["id"], "success": True, "errors": []}
    read = sf.LiveAgentSession.get(made["id"])
    assert (read["ChatReqAssigned"], read["LoginTime"]) == (4, "2026-06-15T08:00:00.000+0000")
    assert sf.LiveAgentSession.update(made["id"], {"ChatReqAssigned": None, "ChatReqEngaged": 2}) == 204
    read = sf.LiveAgentSession.get(made["id"])
    assert (read["ChatReqAssigned"], read["ChatReqEngaged"]) == (None, 2)
    assert sf.LiveAgentSession.delete(made["id"]) == 204
    for call in (sf.LiveAgentSession.get, sf.LiveAgentSession.delete):
        with pytest.raises(SalesforceResourceNotFound):
            call(made["id"])


def test_a_transcript_lives_its_life(sf: Salesforce) -> None:
    text = "<p align='center'>Chat</p>( 3s ) Ada: ¿5 < 6? 😀<br>\n\"quoted\"" * 2_000
    visitor = sf.LiveChatVisitor.create({})["id"]
    made = sf.LiveChatTranscript.create({"LiveChatVisitorId": visitor, "Body": text, "Status": "Completed"})["id"]
    assert sf.LiveChatTranscript.get(made)["Body"] == text
    sf.LiveChatTranscript.update(made, {"Body": "short"})
    assert sf.LiveChatTranscript.get(made)["Body"] == "short"
    (row,) = sf.query_all("SELECT Id, Body, Status FROM LiveChatTranscript")["records"]
    assert (row["Id"], row["Body"], row["Status"]) == (made, "short", "Completed")
    sf.LiveChatTranscript.delete(made)
    assert sf.query("SELECT Id FROM LiveChatTranscript")["totalSize"] == 0
    (row,) = sf.query("SELECT Id, IsDeleted FROM LiveChatTranscript", include_deleted=True)["records"]
    assert row["IsDeleted"] is True


def test_a_record_is_read_by_another_unique_field(sf: Salesforce, place: Place) -> None:
    assert sf.User.get_by_custom_id("Username", "admin@chatlift.test")["Id"] == place.org.administrator["Id"]
    with pytest.raises(SalesforceResourceNotFound):
        sf.User.get_by_custom_id("Username", "nobody@x.test")


def test_a_key_of_several_records_is_more_than_one(sf: Salesforce, place: Place) -> None:
    field = {"name": "Key__c", "type": "string", "length": 20, "externalId": True, "custom": True}
    place.org.seed({"objects": [{"name": "Contact", "fields": [field]}]})
    for name in ("A", "B"):
        sf.Contact.create({"LastName": name, "Key__c": "a b&c"})
    with pytest.raises(SalesforceMoreThanOneRecord) as error:
        sf.Contact.get_by_custom_id("Key__c", "a b&c")
    assert len(error.value.content) == 2
    assert sf.Contact.upsert("Key__c/other", {"LastName": "C"}) == 201
    assert sf.Contact.upsert("Key__c/other", {"LastName": "D"}) == 200


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"AgentId": None, "LoginTime": None}, ("REQUIRED_FIELD_MISSING", ["AgentId", "LoginTime"])),
        ({"Nonsense": 1}, ("INVALID_FIELD", None)),
        ({"ChatReqAssigned": "x"}, ("JSON_PARSER_ERROR", None)),
        ({"CreatedDate": "2026-01-01T00:00:00Z"}, ("INVALID_FIELD_FOR_INSERT_UPDATE", ["CreatedDate"])),
        ({"AgentId": "nobody"}, ("MALFORMED_ID", ["AgentId"])),
    ],
)
def test_a_refused_value_is_a_malformed_request(
    sf: Salesforce, values: dict[str, Any], changes: dict[str, Any], expected: tuple[str, list[str] | None]
) -> None:
    with pytest.raises(SalesforceMalformedRequest) as error:
        sf.LiveAgentSession.create(values | changes)
    found = problem(error)
    assert (found["errorCode"], found.get("fields")) == expected


def test_an_object_that_is_not_there_is_not_found(sf: Salesforce) -> None:
    for call in (sf.Nonsense__c.describe, sf.Nonsense__c.metadata, lambda: sf.Nonsense__c.create({})):
        with pytest.raises(SalesforceResourceNotFound) as error:
            call()
        assert problem(error)["errorCode"] == "NOT_FOUND"


# --- queries, describes, changes


def test_all_pages_are_walked_through(sf: Salesforce, place: Place) -> None:
    records = [{"object": "Contact", "fields": {"LastName": f"n{number:04}"}} for number in range(4_100)]
    place.org.seed({"records": records})
    query = "SELECT LastName FROM Contact ORDER BY LastName"
    wanted = [f"n{number:04}" for number in range(4_100)]
    assert sf.query(query)["nextRecordsUrl"].endswith("-2000")
    assert [row["LastName"] for row in sf.query_all(query)["records"]] == wanted
    assert [row["LastName"] for row in sf.query_all_iter(query)] == wanted


@pytest.mark.parametrize("query", ["SELECT Id FROM", "SELECT Nonsense FROM User", "SELECT Id FROM Nonsense"])
def test_a_refused_query_is_a_malformed_request(sf: Salesforce, query: str) -> None:
    with pytest.raises(SalesforceMalformedRequest):
        sf.query(query)


def test_searches_find_records(sf: Salesforce, place: Place) -> None:
    refs = place.org.seed({"records": [{"object": "Account", "ref": "a", "fields": {"Name": "Marie-Pier Möbel"}}]})
    (found,) = sf.search("FIND {marie pier MÖB*} IN NAME FIELDS RETURNING Account(Name)")["searchRecords"]
    assert found["Name"] == "Marie-Pier Möbel"
    assert [row["Id"] for row in sf.quick_search("möbel")["searchRecords"]] == [refs["a"]]
    assert sf.quick_search("nothing") == {"searchRecords": []}


def test_a_refused_search_is_a_malformed_request(sf: Salesforce) -> None:
    with pytest.raises(SalesforceMalformedRequest) as error:
        sf.quick_search("Marie-Pier Martin")
    assert problem(error)["errorCode"] == "MALFORMED_SEARCH"


def test_describes_name_their_object(sf: Salesforce) -> None:
    described = sf.LiveAgentSession.describe()
    assert (described["name"], described["keyPrefix"]) == ("LiveAgentSession", "0HK")
    assert sf.LiveAgentSession.metadata()["objectDescribe"]["label"] == described["label"]
    assert "LiveChatTranscript" in [entry["name"] for entry in sf.describe()["sobjects"]]


def test_what_changed_and_what_went_is_told(sf: Salesforce, values: dict[str, Any], place: Place) -> None:
    kept, gone = (sf.LiveAgentSession.create(values)["id"] for _ in range(2))
    place.org.clock.advance(minutes=5)
    sf.LiveAgentSession.delete(gone)
    place.org.clock.advance(minutes=5)
    window = (NOON - timedelta(minutes=5), NOON + timedelta(minutes=10))
    assert sf.LiveAgentSession.updated(*window)["ids"] == [kept]
    (deleted,) = sf.LiveAgentSession.deleted(*window)["deletedRecords"]
    assert deleted == {"id": gone, "deletedDate": "2026-06-15T12:05:00.000+0000"}
    place.org.undelete("LiveAgentSession", gone)
    place.org.clock.advance(minutes=5)
    window = (window[0], NOON + timedelta(minutes=15))
    assert sf.LiveAgentSession.updated(*window)["ids"] == sorted([kept, gone])
    assert sf.LiveAgentSession.deleted(*window)["deletedRecords"] == []


def test_the_use_of_the_api_is_read_from_the_answers(sf: Salesforce) -> None:
    sf.query("SELECT Id FROM User")
    used = sf.api_usage["api-usage"]
    assert 0 < used.used < used.total


def test_limits_are_told_and_held(sf: Salesforce, place: Place) -> None:
    told = sf.limits()
    assert told["DailyApiRequests"]["Max"] == 15_000
    used = told["DailyApiRequests"]["Max"] - told["DailyApiRequests"]["Remaining"]
    place.org.seed({"org": {"limits": {"DailyApiRequests": used + 1}}})
    sf.query("SELECT Id FROM User")
    with pytest.raises(SalesforceRefusedRequest) as refused:
        sf.query("SELECT Id FROM User")
    assert problem(refused) == {"errorCode": "REQUEST_LIMIT_EXCEEDED", "message": "TotalRequests Limit exceeded."}
    place.org.clock.advance(hours=25)
    sf.query("SELECT Id FROM User")


def test_list_views_and_recent_records_go_through_restful(sf: Salesforce, values: dict[str, Any]) -> None:
    kept = sf.LiveAgentSession.create(values)["id"]
    listed = sf.restful("sobjects/LiveAgentSession/listviews")["listviews"]
    whole = next(one for one in listed if one["developerName"] == "AllChatSessions")
    found = sf.restful(f"sobjects/LiveAgentSession/listviews/{whole['id']}/results", params={"limit": 1})
    assert {"fieldNameOrPath": "Id", "value": kept} in found["records"][0]["columns"]
    sf.query(f"SELECT Id FROM LiveAgentSession WHERE Id = '{kept}' FOR VIEW")
    assert sf.restful("recent")[0]["Id"] == kept


def test_composites_go_through_restful(sf: Salesforce) -> None:
    base = f"/services/data/v{sf.sf_version}"
    parts = [
        {"method": "POST", "url": f"{base}/sobjects/Account", "referenceId": "a", "body": {"Name": "A"}},
        {
            "method": "POST",
            "url": f"{base}/sobjects/Contact",
            "referenceId": "c",
            "body": {"LastName": "C", "AccountId": "@{a.id}"},
        },
    ]
    document = {"allOrNone": True, "compositeRequest": parts}
    account, contact = sf.restful("composite", method="POST", json=document)["compositeResponse"]
    assert sf.Contact.get(contact["body"]["id"])["AccountId"] == account["body"]["id"]
    read = sf.restful("composite/sobjects/Account", {"ids": account["body"]["id"], "fields": "Name"})
    assert [row["Name"] for row in read] == ["A"]
    refused = sf.restful(
        "composite",
        method="POST",
        json=document | {"compositeRequest": [*parts, parts[0] | {"body": {}, "referenceId": "x"}]},
    )
    assert [one["httpStatusCode"] for one in refused["compositeResponse"]] == [400, 400, 400]
    assert sf.query("SELECT COUNT() FROM Account")["totalSize"] == 1


def test_a_file_comes_back_as_its_bytes(sf: Salesforce) -> None:
    account = sf.Account.create({"Name": "A"})["id"]
    data = bytes(range(256)) * 64
    made = sf.ContentVersion.create(
        {
            "PathOnClient": "a.bin",
            "VersionData": base64.b64encode(data).decode(),
            "FirstPublishLocationId": account,
        }
    )["id"]
    path = sf.ContentVersion.get(made)["VersionData"]
    read = sf.session.get(f"https://{sf.sf_instance}{path}", headers=sf.headers, timeout=30)
    assert (read.content, read.headers["Content-Type"]) == (data, "application/octet-stream")
    (link,) = sf.query(f"SELECT ContentDocumentId FROM ContentDocumentLink WHERE LinkedEntityId = '{account}'")[
        "records"
    ]
    assert sf.ContentDocument.get(link["ContentDocumentId"])["LatestPublishedVersionId"] == made
    document = ("entity_document", (None, '{"PathOnClient": "b.txt"}', "application/json"))
    headers = {"Authorization": sf.headers["Authorization"]}
    sent = sf.session.post(
        f"{sf.base_url}sobjects/ContentVersion",
        files=[document, ("VersionData", ("b", data))],
        headers=headers,
        timeout=30,
    )
    assert sent.status_code == 201, sent.text
    assert sf.ContentVersion.get(sent.json()["id"])["ContentSize"] == len(data)


def test_a_parent_is_reached_through_its_child(sf: Salesforce) -> None:
    account = sf.Account.create({"Name": "A"})["id"]
    contact = sf.Contact.create({"LastName": "C", "AccountId": account})["id"]
    assert sf.restful(f"sobjects/Contact/{contact}/Account")["Name"] == "A"
    children = sf.restful(f"sobjects/Account/{account}/Contacts", {"fields": "LastName"})
    assert [row["LastName"] for row in children["records"]] == ["C"]
