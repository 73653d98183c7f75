"""simple-salesforce, unchanged, over HTTPS on a real socket."""

import logging
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from simple_salesforce import Salesforce
from simple_salesforce.exceptions import (
    SalesforceAuthenticationFailed,
    SalesforceExpiredSession,
    SalesforceMalformedRequest,
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


def test_a_session_id_of_one_client_serves_another(
    sf: Salesforce, org: dict[str, Any], session: requests.Session
) -> None:
    other = Salesforce(instance_url=org["https"], session_id=sf.session_id, session=session)
    assert other.query("SELECT Id FROM Organization")["totalSize"] == 1


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
