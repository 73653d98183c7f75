"""aiosalesforce, unchanged, over HTTPS on a real socket, by way of the proxy."""

import asyncio
import ssl
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

pytest.importorskip("aiosalesforce", reason="make clients runs it")

import httpx
from aiosalesforce import ClientCredentialsFlow, JwtBearerFlow, RetryPolicy, Salesforce, SoapLogin, format_soql
from aiosalesforce.exceptions import (
    AuthenticationError,
    MoreThanOneRecordError,
    NotFoundError,
    RequestLimitExceededError,
    SalesforceError,
)

pytestmark = pytest.mark.clients

Ask = Callable[[Callable[[Salesforce], Coroutine[Any, Any, Any]]], Any]
EXTERNAL_ID = {
    "objects": [{"name": "LiveChatTranscript", "fields": [
        {"name": "Legacy_Key__c", "type": "string", "length": 20, "externalId": True}]}]
}  # fmt: skip
HOST = "https://chatlift.my.salesforce.com"
SOAP = SoapLogin("admin@chatlift.test", "any", "any")


@pytest.fixture
def connect(
    org: dict[str, Any],
    snippets: Callable[[str, str], list[str]],
    trust: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> Callable[[], Salesforce]:
    """What docs/clients.md shows makes a client in the environment of `chatlift env`."""
    (shown,) = snippets("aiosalesforce", "python")
    monkeypatch.setenv("SSL_CERT_FILE", trust["SSL_CERT_FILE"])

    def make() -> Salesforce:
        names: dict[str, Any] = {}
        exec(shown, names)
        return names["sf"]

    return make


@pytest.fixture
def ask(connect: Callable[[], Salesforce]) -> Ask:
    """Runs a coroutine with a client that is closed afterwards."""

    def run(talk: Callable[[Salesforce], Coroutine[Any, Any, Any]]) -> Any:
        async def talked() -> Any:
            sf = connect()
            async with sf.httpx_client:
                return await talk(sf)

        return asyncio.run(talked())

    return run


async def rows(sf: Salesforce, query: str, **options: Any) -> list[dict[str, Any]]:
    return [record async for record in sf.query(query, **options)]


async def transcript(sf: Salesforce, **values: Any) -> str:
    visitor = await sf.sobject.create("LiveChatVisitor", {})
    made: str = await sf.sobject.create("LiveChatTranscript", {"LiveChatVisitorId": visitor, **values})
    return made


# --- login


@pytest.mark.parametrize("auth", [SOAP, ClientCredentialsFlow("k", "s")], ids=["soap", "client credentials"])
def test_every_login_gives_a_session(connect: Callable[[], Salesforce], auth: Any) -> None:
    async def talk() -> list[dict[str, Any]]:
        shown = connect()
        async with shown.httpx_client as http:
            return await rows(Salesforce(http, base_url=HOST, auth=auth), "SELECT Id FROM Organization")

    assert len(asyncio.run(talk())) == 1


def test_the_jwt_flow_gives_a_session(connect: Callable[[], Salesforce], tmp_path: Any) -> None:
    serialization = pytest.importorskip("cryptography.hazmat.primitives.serialization")
    rsa = pytest.importorskip("cryptography.hazmat.primitives.asymmetric.rsa")
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (tmp_path / "key.pem").write_bytes(key.private_bytes(*form))

    async def talk() -> list[dict[str, Any]]:
        shown = connect()
        auth = JwtBearerFlow("k", "admin@chatlift.test", tmp_path / "key.pem")
        async with shown.httpx_client as http:
            return await rows(Salesforce(http, base_url=HOST, auth=auth), "SELECT Id FROM Organization")

    assert len(asyncio.run(talk())) == 1


@pytest.mark.parametrize(
    ("auth", "code"),
    [
        (SoapLogin("admin@chatlift.test", "wrong", ""), "INVALID_LOGIN"),
        (ClientCredentialsFlow("nobody", "wrong"), "invalid_client"),
    ],
    ids=["soap", "client credentials"],
)
def test_a_refused_login_says_why(strict_server: dict[str, Any], auth: Any, code: str) -> None:
    async def talk() -> None:
        trusting = ssl.create_default_context(cafile=strict_server["ca"])
        async with httpx.AsyncClient(proxy=strict_server["http"], verify=trusting) as http:
            await rows(Salesforce(http, base_url=HOST, auth=auth), "SELECT Id FROM User")

    with pytest.raises(AuthenticationError) as refused:
        asyncio.run(talk())
    assert refused.value.error_code in (code, "invalid_client_id")


def test_a_session_that_ended_is_renewed(ask: Ask, org: dict[str, Any]) -> None:
    async def talk(sf: Salesforce) -> int:
        await rows(sf, "SELECT Id FROM User")
        token = await sf.auth.get_access_token(sf)
        await sf.httpx_client.post(f"{HOST}/services/oauth2/revoke", data={"token": token})
        again = await rows(sf, "SELECT Id FROM Organization")
        assert await sf.auth.get_access_token(sf) != token
        return len(again)

    assert ask(talk) == 1


# --- records


def test_a_record_is_created_read_changed_and_deleted(ask: Ask) -> None:
    async def talk(sf: Salesforce) -> None:
        made = await sf.sobject.create("Contact", {"LastName": "Ada", "Email": "ada@x.test"})
        assert made.startswith("003")
        assert len(made) == 18
        await sf.sobject.update("Contact", made, {"FirstName": "A."})
        read = await sf.sobject.get("Contact", made, fields=["Name", "Email"])
        assert (read["Name"], read["Email"], read["attributes"]["type"]) == ("A. Ada", "ada@x.test", "Contact")
        assert (await sf.sobject.get("Contact", made))["LastName"] == "Ada"
        await sf.sobject.delete("Contact", made)
        with pytest.raises(NotFoundError) as gone:
            await sf.sobject.get("Contact", made)
        assert gone.value.error_code in ("NOT_FOUND", "ENTITY_IS_DELETED")

    ask(talk)


def test_an_upsert_creates_once_and_then_changes(ask: Ask, steer: Callable[..., Any]) -> None:
    steer("POST", "objects", EXTERNAL_ID)

    async def talk(sf: Salesforce) -> None:
        visitor = await sf.sobject.create("LiveChatVisitor", {})
        key = ("LiveChatTranscript", "k 1", "Legacy_Key__c")
        made = await sf.sobject.upsert(*key, data={"LiveChatVisitorId": visitor, "Legacy_Key__c": "k 1"})
        assert made.created
        changed = await sf.sobject.upsert(*key, data={"Body": "new"})
        assert (changed.id, changed.created) == (made.id, False)
        read = await sf.sobject.get("LiveChatTranscript", "k 1", external_id_field="Legacy_Key__c")
        assert (read["Id"], read["Body"]) == (made.id, "new")
        await transcript(sf, Legacy_Key__c="k 1")
        with pytest.raises(MoreThanOneRecordError):
            await sf.sobject.upsert(*key, data={"Body": "which?"})

    ask(talk)


# --- queries


def test_pages_are_followed_and_deleted_records_are_there_when_asked_for(ask: Ask) -> None:
    async def talk(sf: Salesforce) -> None:
        for start in range(0, 2200, 200):
            records = [
                {"attributes": {"type": "Contact"}, "LastName": f"C{start + number:04}"} for number in range(200)
            ]
            url = f"{sf.base_url}/services/data/v60.0/composite/sobjects"
            answer = await sf.request("POST", url, json={"allOrNone": True, "records": records})
            assert all(one["success"] for one in answer.json())
        names = [row["LastName"] for row in await rows(sf, "SELECT LastName FROM Contact ORDER BY LastName")]
        assert names == [f"C{number:04}" for number in range(2200)]
        (first,) = await rows(sf, "SELECT Id FROM Contact WHERE LastName = 'C0000'")
        await sf.sobject.delete("Contact", first["Id"])
        deleted = "SELECT LastName FROM Contact WHERE IsDeleted = TRUE"
        assert await rows(sf, deleted) == []
        assert [row["LastName"] for row in await rows(sf, deleted, include_all_records=True)] == ["C0000"]

    ask(talk)


@pytest.mark.parametrize("name", ["O'Hara", 'a "b" \\ c', "50% _ \n\t é 😀"])
def test_a_formatted_query_finds_what_was_written(ask: Ask, name: str) -> None:
    async def talk(sf: Salesforce) -> None:
        made = await sf.sobject.create("Account", {"Name": name})
        query = format_soql(
            "SELECT Id, Name FROM Account WHERE Name = {name} AND Name IN {names}", name=name, names=[name]
        )
        assert [(row["Id"], row["Name"]) for row in await rows(sf, query)] == [(made, name.strip())]

    ask(talk)


def test_limits_and_describe_are_answered(ask: Ask) -> None:
    async def talk(sf: Salesforce) -> None:
        limits = await sf.get_limits()
        assert 0 < limits["DailyApiRequests"]["Remaining"] <= limits["DailyApiRequests"]["Max"]
        answer = await sf.request("GET", f"{sf.base_url}/services/data/v60.0/sobjects/LiveChatTranscript/describe")
        fields = {field["name"]: field for field in answer.json()["fields"]}
        assert fields["LiveChatVisitorId"]["referenceTo"] == ["LiveChatVisitor"]

    ask(talk)


# --- refusals


def test_a_refusal_is_raised_in_its_class_with_its_code(ask: Ask) -> None:
    async def talk(sf: Salesforce) -> None:
        for call, kind, code in (
            (lambda: sf.sobject.create("Contact", {}), SalesforceError, "REQUIRED_FIELD_MISSING"),
            (lambda: sf.sobject.create("Contact", {"Nonsense": 1}), SalesforceError, "INVALID_FIELD"),
            (lambda: sf.sobject.create("Nonsense", {}), NotFoundError, "NOT_FOUND"),
            (
                lambda: sf.sobject.update("Contact", "003000000000000AAA", {"LastName": "A"}),
                NotFoundError,
                "INVALID_CROSS_REFERENCE_KEY",
            ),
            (lambda: rows(sf, "SELECT Nonsense FROM Contact"), SalesforceError, "INVALID_FIELD"),
            (lambda: rows(sf, "SELECT Id FROM Contact WHERE"), SalesforceError, "MALFORMED_QUERY"),
        ):
            with pytest.raises(SalesforceError) as refused:
                await call()
            assert (type(refused.value), refused.value.error_code) == (kind, code)

    ask(talk)


def test_the_daily_limit_is_raised_in_its_class(ask: Ask, steer: Callable[..., Any]) -> None:
    async def talk(sf: Salesforce) -> None:
        await rows(sf, "SELECT Id FROM User")
        steer("PUT", "limits", {"DailyApiRequests": 1})
        sf.retry_policy = RetryPolicy()
        with pytest.raises(RequestLimitExceededError):
            await rows(sf, "SELECT Id FROM User")

    try:
        ask(talk)
    finally:
        steer("PUT", "limits", {"DailyApiRequests": None})


# --- composite


def test_a_batch_answers_part_by_part(ask: Ask) -> None:
    async def talk(sf: Salesforce) -> None:
        async with sf.composite.batch() as batch:
            made = batch.sobject.create("Contact", {"LastName": "Ada"})
            refused = batch.sobject.create("Contact", {})
            found = batch.query("SELECT LastName FROM Contact")
        assert made.id.startswith("003")
        assert (refused.is_success, refused.status_code) == (False, 400)
        assert [record["LastName"] for record in found.records] == ["Ada"]

    ask(talk)


def test_a_batch_halts_when_told_to(ask: Ask) -> None:
    async def talk(sf: Salesforce) -> None:
        async with sf.composite.batch(halt_on_error=True) as batch:
            batch.sobject.create("Contact", {})
            halted = batch.sobject.create("Contact", {"LastName": "Ada"})
        assert halted.status_code == 412
        assert await rows(sf, "SELECT Id FROM Contact") == []

    ask(talk)


def test_parts_of_a_composite_refer_to_each_other(ask: Ask) -> None:
    async def talk(sf: Salesforce) -> None:
        async with sf.composite(all_or_none=True) as parts:
            account = parts.sobject.create("Account", {"Name": "Shop"})
            contact = parts.sobject.create("Contact", {"LastName": "Ada", "AccountId": str(account.reference.id)})
            parts.sobject.update("Contact", str(contact.reference.id), {"FirstName": "A."})
        (read,) = await rows(sf, "SELECT Id, Name, AccountId FROM Contact")
        assert (read["Id"], read["Name"], read["AccountId"]) == (contact.id, "A. Ada", account.id)
        parts = sf.composite(all_or_none=True, autoraise=True)
        parts.sobject.create("Account", {"Name": "Gone"})
        parts.sobject.create("Contact", {})
        with pytest.raises(ExceptionGroup) as refused:
            await parts.execute()
        assert refused.group_contains(SalesforceError, match="Required fields are missing")
        assert [row["Name"] for row in await rows(sf, "SELECT Name FROM Account")] == ["Shop"]

    ask(talk)


# --- a chat


def test_a_transcript_and_its_events_come_back_as_they_were_written(ask: Ask) -> None:
    text = '<p align="center">Agent Ada</p>( 4s ) Ada: ¿5 < 6? It&#39;s 😀<br>line two\nline three<br>'

    async def talk(sf: Salesforce) -> None:
        made = await transcript(sf, Body=text, Status="Completed", EndedBy="Agent", ChatKey="k1")
        for kind, second in (("ChatRequest", 1), ("Accept", 5), ("EndAgent", 9)):
            event = {"LiveChatTranscriptId": made, "Type": kind, "Time": f"2026-06-15T11:00:0{second}Z"}
            await sf.sobject.create("LiveChatTranscriptEvent", event)
        (row,) = await rows(
            sf,
            "SELECT Body, Status, LiveChatVisitor.Name, (SELECT Type FROM LiveChatTranscriptEvents ORDER BY Time) "
            "FROM LiveChatTranscript WHERE ChatKey = 'k1'",
        )
        assert (row["Body"], row["Status"]) == (text, "Completed")
        assert row["LiveChatVisitor"]["Name"]
        assert [event["Type"] for event in row["LiveChatTranscriptEvents"]["records"]] == [
            "ChatRequest", "Accept", "EndAgent",
        ]  # fmt: skip
        await sf.sobject.delete("LiveChatTranscript", made)
        assert await rows(sf, "SELECT Id FROM LiveChatTranscriptEvent") == []

    ask(talk)
