"""simple-salesforce, unchanged, over HTTPS on a real socket."""

import base64
import logging
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from simple_salesforce import Salesforce
from simple_salesforce.exceptions import (
    SalesforceAuthenticationFailed,
    SalesforceExpiredSession,
    SalesforceGeneralError,
    SalesforceMalformedRequest,
    SalesforceMoreThanOneRecord,
    SalesforceResourceNotFound,
)

pytestmark = pytest.mark.clients

WINDOW = (datetime(2026, 6, 15, 11, 55, tzinfo=UTC), datetime(2026, 6, 15, 12, 30, tzinfo=UTC))


@pytest.fixture
def session(org: dict[str, Any]) -> Iterator[requests.Session]:
    with requests.Session() as made:
        made.trust_env = False  # REQUESTS_CA_BUNDLE would win over `verify`
        made.verify = org["ca"]
        yield made


OAUTH = "services/oauth2/token?"
"""What ends the host of a domain for the OAuth flows."""
APP = {"consumer_key": "app", "consumer_secret": "secret"}


def private_key() -> str:
    """An RSA key of somebody who is not asked who he is: assertions are checked under strict authentication alone."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = serialization.PrivateFormat.PKCS8
    return key.private_bytes(serialization.Encoding.PEM, pem, serialization.NoEncryption()).decode()


def login(org: dict[str, Any], session: requests.Session) -> Salesforce:
    """The documented way to another host: the domain is put before `.salesforce.com`, which ends as a query."""
    host = urlsplit(org["https"]).netloc
    return Salesforce(
        username="admin@chatlift.test",
        password="p",
        security_token="t",
        domain=f"{host}/services/Soap/u/59.0?",
        session=session,
        version="59.0",
    )


@pytest.fixture
def sf(org: dict[str, Any], session: requests.Session) -> Salesforce:
    return login(org, session)


@pytest.fixture
def agent(sf: Salesforce) -> str:
    found: str = sf.query("SELECT Id FROM User WHERE Username = 'admin@chatlift.test'")["records"][0]["Id"]
    return found


def session_values(agent: str, **changes: Any) -> dict[str, Any]:
    times = {"LoginTime": "2026-06-15T08:00:00Z", "LogoutTime": "2026-06-15T11:00:00Z"}
    return {"AgentId": agent, **times, **changes}


def transcript(sf: Salesforce, **values: Any) -> str:
    visitor = sf.LiveChatVisitor.create({})["id"]
    made: str = sf.LiveChatTranscript.create({"LiveChatVisitorId": visitor, **values})["id"]
    return made


def test_a_password_login_goes_to_the_host_in_the_domain(sf: Salesforce, org: dict[str, Any]) -> None:
    assert sf.sf_instance == urlsplit(org["https"]).netloc
    assert sf.query("SELECT COUNT() FROM User")["totalSize"] >= 1


def test_the_lines_of_the_page_log_in(
    org: dict[str, Any], snippets: Callable[[str, str], list[str]], trust: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "shown.py").write_text(snippets("simple-salesforce", "python")[0] + "print(sf.limits())\n")
    command = [sys.executable, "shown.py"]
    done = subprocess.run(command, cwd=tmp_path, env=trust, capture_output=True, text=True, timeout=60, check=False)
    assert "DailyApiRequests" in done.stdout, done.stderr


@pytest.mark.parametrize("address", ["instance", "instance_url"])
def test_a_session_id_of_one_client_serves_another(
    sf: Salesforce, org: dict[str, Any], session: requests.Session, address: str
) -> None:
    place = {"instance": urlsplit(org["https"]).netloc, "instance_url": org["https"]}
    other = Salesforce(session_id=sf.session_id, session=session, **{address: place[address]})
    assert other.query("SELECT Id FROM Organization")["totalSize"] == 1


@pytest.mark.parametrize(
    ("flow", "given"),
    [
        ("password", {"username": "admin@chatlift.test", "password": "p", **APP}),
        ("client-credentials", APP),
        ("jwt-bearer", {"username": "admin@chatlift.test", "consumer_key": "app", "privatekey": ""}),
        ("jwt-bearer", {"username": "admin@chatlift.test", "consumer_key": "app", "privatekey_file": ""}),
    ],
)
def test_each_oauth_flow_logs_in(
    org: dict[str, Any], session: requests.Session, tmp_path: Path, flow: str, given: dict[str, str]
) -> None:
    if "privatekey" in given:
        given = given | {"privatekey": private_key()}
    if "privatekey_file" in given:
        (tmp_path / "key.pem").write_text(private_key())
        given = given | {"privatekey_file": str(tmp_path / "key.pem")}
    made = Salesforce(session=session, domain=f"{urlsplit(org['https']).netloc}/{OAUTH}", **given)
    assert made.auth_type == flow
    assert made.query("SELECT Id FROM Organization")["totalSize"] == 1


def test_a_login_from_a_trusted_network_names_its_organization(
    sf: Salesforce, org: dict[str, Any], session: requests.Session
) -> None:
    organization = sf.query("SELECT Id FROM Organization")["records"][0]["Id"]
    made = Salesforce(
        username="admin@chatlift.test",
        password="p",
        organizationId=organization,
        domain=f"{urlsplit(org['https']).netloc}/services/Soap/u/59.0?",
        session=session,
    )
    assert made.auth_type == "ipfilter"
    assert made.query("SELECT Id FROM Organization")["totalSize"] == 1


def test_a_session_that_ended_is_begun_anew_by_a_client_that_logged_in(sf: Salesforce) -> None:
    old = sf.session_id
    url = f"{sf.oauth2_url}revoke"
    assert sf.session.post(url, data={"token": old}, timeout=30).status_code == 200
    assert sf.query("SELECT Id FROM Organization")["totalSize"] == 1
    assert sf.session_id != old


def test_a_token_of_the_oauth_password_flow_is_a_session_id(org: dict[str, Any], session: requests.Session) -> None:
    grant = {
        "grant_type": "password",
        "client_id": "c",
        "client_secret": "s",
        "username": "admin@chatlift.test",
        "password": "p",
    }
    token = session.post(f"{org['https']}/services/oauth2/token", data=grant, timeout=30).json()
    client = Salesforce(instance_url=token["instance_url"], session_id=token["access_token"], session=session)
    assert client.query("SELECT Id FROM Organization")["totalSize"] == 1


def test_a_token_that_nobody_gave_is_an_expired_session(org: dict[str, Any], session: requests.Session) -> None:
    client = Salesforce(instance_url=org["https"], session_id="00D!nobody", session=session)
    with pytest.raises(SalesforceExpiredSession) as error:
        client.query("SELECT Id FROM User")
    assert error.value.content == [{"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}]


def test_a_wrong_password_is_a_failed_authentication_where_passwords_count(strict_server: dict[str, Any]) -> None:
    host = urlsplit(strict_server["https"]).netloc
    with requests.Session() as session:
        session.verify, session.trust_env = strict_server["ca"], False
        asked = {
            "username": "admin@chatlift.test",
            "security_token": "",
            "domain": f"{host}/services/Soap/u/59.0?",
            "session": session,
        }
        with pytest.raises(SalesforceAuthenticationFailed) as error:
            Salesforce(password="wrong", **asked)
        assert error.value.code == "INVALID_LOGIN"
        assert Salesforce(password=strict_server["admin_password"], **asked).query("SELECT Id FROM User")["done"]


def test_an_agent_session_is_created_read_changed_and_deleted(sf: Salesforce, agent: str) -> None:
    made = sf.LiveAgentSession.create(session_values(agent, ChatReqAssigned=4, ChatReqEngaged=3))
    assert made == {"id": made["id"], "success": True, "errors": []}
    assert made["id"].startswith("0HK")
    assert len(made["id"]) == 18
    read = sf.LiveAgentSession.get(made["id"])
    assert read["attributes"] == {
        "type": "LiveAgentSession",
        "url": f"/services/data/v59.0/sobjects/LiveAgentSession/{made['id']}",
    }
    assert (read["AgentId"], read["ChatReqAssigned"], read["ChatReqTimedOut"]) == (agent, 4, None)
    assert read["LoginTime"] == "2026-06-15T08:00:00.000+0000"
    assert sf.LiveAgentSession.update(made["id"], {"ChatReqTimedOut": 1}) == 204
    assert sf.LiveAgentSession.get(made["id"])["ChatReqTimedOut"] == 1
    assert sf.LiveAgentSession.delete(made["id"]) == 204
    with pytest.raises(SalesforceResourceNotFound) as error:
        sf.LiveAgentSession.get(made["id"])
    assert error.value.content == [{"errorCode": "NOT_FOUND", "message": "The requested resource does not exist"}] or (
        error.value.content[0]["errorCode"] == "ENTITY_IS_DELETED"
    )


def test_missing_required_fields_are_named(sf: Salesforce) -> None:
    with pytest.raises(SalesforceMalformedRequest) as error:
        sf.LiveAgentSession.create({"ChatReqAssigned": 1})
    (problem,) = error.value.content
    assert problem["errorCode"] == "REQUIRED_FIELD_MISSING"
    assert sorted(problem["fields"]) == ["AgentId", "LoginTime", "LogoutTime"]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"Nonsense": 1}, "INVALID_FIELD"),
        ({"ChatReqAssigned": "x"}, "JSON_PARSER_ERROR"),
        ({"CreatedDate": "2026-01-01T00:00:00Z"}, "INVALID_FIELD_FOR_INSERT_UPDATE"),
    ],
)
def test_refused_values_raise_with_the_platforms_code(
    sf: Salesforce, agent: str, changes: dict[str, Any], code: str
) -> None:
    with pytest.raises(SalesforceMalformedRequest) as error:
        sf.LiveAgentSession.create(session_values(agent, **changes))
    assert error.value.content[0]["errorCode"] == code


def test_a_status_outside_its_picklist_is_refused(sf: Salesforce) -> None:
    with pytest.raises(SalesforceMalformedRequest) as error:
        transcript(sf, Status="Finished")
    assert error.value.content[0]["errorCode"] == "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"
    assert error.value.content[0]["fields"] == ["Status"]


def test_describe_and_metadata_name_the_object(sf: Salesforce) -> None:
    described = sf.LiveAgentSession.describe()
    assert (described["name"], described["keyPrefix"]) == ("LiveAgentSession", "0HK")
    fields = {field["name"]: field for field in described["fields"]}
    assert (fields["AgentId"]["nillable"], fields["AgentId"]["referenceTo"]) == (False, ["User"])
    assert sf.LiveAgentSession.metadata()["objectDescribe"]["name"] == "LiveAgentSession"
    assert "LiveChatTranscript" in {sobject["name"] for sobject in sf.describe()["sobjects"]}


def test_updated_and_deleted_tell_of_changes_in_their_window(sf: Salesforce, agent: str, advance: Any) -> None:
    kept = sf.LiveAgentSession.create(session_values(agent))["id"]
    gone = sf.LiveAgentSession.create(session_values(agent))["id"]
    advance(120)
    sf.LiveAgentSession.delete(gone)
    advance(3600)
    updated = sf.LiveAgentSession.updated(*WINDOW)
    deleted = sf.LiveAgentSession.deleted(*WINDOW)
    assert kept in updated["ids"]
    assert [record["id"] for record in deleted["deletedRecords"]] == [gone]
    assert deleted["deletedRecords"][0]["deletedDate"] == "2026-06-15T12:02:00.000+0000"


def test_a_transcript_comes_back_as_it_was_written(sf: Salesforce) -> None:
    text = '<p align="center">Agent Ada L</p>( 4s ) Ada L: ¿It&#39;s "5 < 6"?<br>line two\nline three 😀<br>'
    made = transcript(sf, Body=text, Status="Completed", EndedBy="Agent", ChatKey="7c1d")
    read = sf.LiveChatTranscript.get(made)
    assert (read["Body"], read["Status"], read["EndedBy"], read["ChatKey"]) == (text, "Completed", "Agent", "7c1d")
    assert read["Name"]


def test_query_all_walks_through_all_pages(sf: Salesforce, agent: str) -> None:
    wanted = {sf.LiveAgentSession.create(session_values(agent, ChatReqAssigned=n))["id"] for n in range(5)}
    gathered = sf.query_all("SELECT Id, ChatReqAssigned FROM LiveAgentSession ORDER BY ChatReqAssigned DESC")
    assert (gathered["done"], gathered["totalSize"]) == (True, 5)
    assert [record["ChatReqAssigned"] for record in gathered["records"]] == [4, 3, 2, 1, 0]
    assert {record["Id"] for record in gathered["records"]} == wanted


def test_query_all_iter_and_next_pages_give_each_row_once(sf: Salesforce, org: dict[str, Any]) -> None:
    visitor = sf.LiveChatVisitor.create({})["id"]
    for number in range(205):
        sf.LiveChatTranscript.create({"LiveChatVisitorId": visitor, "ChatKey": f"k{number:03}"})
    sf.headers["Sforce-Query-Options"] = "batchSize=200"
    query = "SELECT ChatKey FROM LiveChatTranscript ORDER BY ChatKey"
    first = sf.query(query)
    assert (len(first["records"]), first["done"], first["totalSize"]) == (200, False, 205)
    assert len(sf.query_more(first["nextRecordsUrl"], identifier_is_url=True)["records"]) == 5
    keys = [record["ChatKey"] for record in sf.query_all_iter(query)]
    assert keys == [f"k{number:03}" for number in range(205)]


def test_deleted_rows_are_only_in_query_all_with_deleted(sf: Salesforce) -> None:
    made = transcript(sf)
    sf.LiveChatTranscript.delete(made)
    where = f"SELECT Id, IsDeleted FROM LiveChatTranscript WHERE Id = '{made}'"
    assert sf.query(where)["totalSize"] == 0
    (row,) = sf.query(where, include_deleted=True)["records"]
    assert row["IsDeleted"] is True


def test_relations_are_followed_in_both_directions(sf: Salesforce) -> None:
    made = transcript(sf, Status="Missed")
    for kind in ("ChatRequest", "CancelNoAgent"):
        sf.LiveChatTranscriptEvent.create({"LiveChatTranscriptId": made, "Type": kind, "Time": "2026-06-15T11:00:00Z"})
    (event, _) = sf.query("SELECT LiveChatTranscript.Status FROM LiveChatTranscriptEvent ORDER BY Type")["records"]
    assert event["LiveChatTranscript"]["Status"] == "Missed"
    (row,) = sf.query("SELECT Id, (SELECT Type FROM LiveChatTranscriptEvents ORDER BY Type) FROM LiveChatTranscript")[
        "records"
    ]
    assert [child["Type"] for child in row["LiveChatTranscriptEvents"]["records"]] == ["CancelNoAgent", "ChatRequest"]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("SELECT Nonsense FROM LiveAgentSession", "INVALID_FIELD"),
        ("SELECT Id FROM Nonsense", "INVALID_TYPE"),
        ("SELECT Id FROM LiveAgentSession WHERE", "MALFORMED_QUERY"),
    ],
)
def test_refused_queries_raise_with_the_platforms_code(sf: Salesforce, query: str, code: str) -> None:
    with pytest.raises(SalesforceMalformedRequest) as error:
        sf.query(query)
    assert error.value.content[0]["errorCode"] == code


def test_an_agent_session_has_no_upsert(sf: Salesforce, agent: str) -> None:
    with pytest.raises((SalesforceMalformedRequest, SalesforceResourceNotFound)):
        sf.LiveAgentSession.upsert("Id/0HK000000000001AAA", session_values(agent))


def test_an_external_id_finds_its_record_or_makes_one(sf: Salesforce, external_ids: None) -> None:
    visitor = sf.LiveChatVisitor.create({})["id"]
    values = {"LiveChatVisitorId": visitor, "Status": "Completed"}
    assert sf.LiveChatTranscript.upsert("Legacy_Id__c/chat-1%2F2", values) == 201
    assert sf.LiveChatTranscript.upsert("Legacy_Id__c/chat-1%2F2", {"Status": "Missed"}) == 200
    found = sf.LiveChatTranscript.get_by_custom_id("Legacy_Id__c", "chat-1/2")  # which it escapes, unlike an upsert's
    assert (found["Legacy_Id__c"], found["Status"]) == ("chat-1/2", "Missed")
    with pytest.raises(SalesforceResourceNotFound):
        sf.LiveChatTranscript.get_by_custom_id("Legacy_Id__c", "none")


def test_a_key_of_several_records_is_more_than_one(sf: Salesforce, org: dict[str, Any]) -> None:
    key = {"name": "Kind__c", "type": "string", "length": 20, "externalId": True}
    answer = sf.session.post(f"{org['https']}/_chatlift/objects", json={"name": "Account", "fields": [key]}, timeout=30)
    assert answer.ok, answer.text
    for _ in range(2):
        sf.Account.create({"Name": "A", "Kind__c": "shop"})
    with pytest.raises(SalesforceMoreThanOneRecord) as error:
        sf.Account.get_by_custom_id("Kind__c", "shop")
    assert len(error.value.content) == 2


def test_searches_passwords_layouts_and_limits(sf: Salesforce, agent: str) -> None:
    sf.Account.create({"Name": "Zephyrine"})
    found = sf.search("FIND {Zephyrine} IN NAME FIELDS RETURNING Account(Name)")
    assert [record["Name"] for record in found["searchRecords"]] == ["Zephyrine"]
    assert len(sf.quick_search("Zephyrine")["searchRecords"]) == 1
    sf.set_password(agent, "chosen-1234")
    with pytest.raises(SalesforceMalformedRequest) as error:
        sf.set_password(agent, "short")
    assert error.value.content[0]["errorCode"] == "INVALID_NEW_PASSWORD"
    master = sf.Account.describe()["recordTypeInfos"][0]["recordTypeId"]
    assert sf.Account.describe_layout(master)["detailLayoutSections"]
    assert sf.limits()["DailyApiRequests"]["Max"] > 0
    with pytest.raises(SalesforceGeneralError) as wrong:
        sf.restful("limits", method="PUT")
    assert (wrong.value.status, wrong.value.content[0]["errorCode"]) == (405, "METHOD_NOT_ALLOWED")


def test_bytes_come_back_from_a_file(sf: Salesforce, tmp_path: Path) -> None:
    content = bytes(range(256))
    (tmp_path / "odd.bin").write_bytes(content)
    version = sf.ContentVersion.create(
        {"Title": "odd", "PathOnClient": "odd.bin", "VersionData": base64.b64encode(content).decode()}
    )["id"]
    assert sf.ContentVersion.get_base64(version, "VersionData") == content


def test_an_object_of_a_younger_version_is_unknown(
    org: dict[str, Any], sf: Salesforce, session: requests.Session
) -> None:
    old = Salesforce(instance_url=org["https"], session_id=sf.session_id, session=session, version="27.0")
    with pytest.raises(SalesforceResourceNotFound) as error:
        old.LiveAgentSession.describe()
    assert error.value.content == [{"errorCode": "NOT_FOUND", "message": "The requested resource does not exist"}]


def test_usage_of_the_api_is_read_from_every_answer(sf: Salesforce) -> None:
    sf.query("SELECT Id FROM User")
    usage = sf.api_usage["api-usage"]
    assert 0 < usage.used <= usage.total


def test_nothing_is_logged_as_an_error(sf: Salesforce, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        sf.query("SELECT Id FROM User")
    assert caplog.records == []
