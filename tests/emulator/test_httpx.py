"""Clients that stand on httpx, in process: unchanged, and with a transport of their own."""

import asyncio
import subprocess
import sys
from collections.abc import Iterator

import httpx
import pytest
from aiosalesforce import Salesforce as AsyncSalesforce
from aiosalesforce import SoapLogin

from chatlift.emulator import OrgHandle, mock_salesforce

DATA = "https://acme.my.salesforce.com/services/data"


@pytest.fixture
def org() -> Iterator[OrgHandle]:
    with mock_salesforce() as org:
        yield org


def auth(org: OrgHandle) -> dict[str, str]:
    return {"Authorization": f"Bearer {org.token()}"}


def test_an_unchanged_asynchronous_client_logs_in_writes_and_queries(org: OrgHandle) -> None:
    async def script() -> list[str]:
        async with httpx.AsyncClient() as client:
            sf = AsyncSalesforce(
                client,
                base_url="https://acme.my.salesforce.com",
                auth=SoapLogin("admin@chatlift.test", "any", "any"),
            )
            await asyncio.gather(*(sf.sobject.create("Contact", {"LastName": f"Ada {n}"}) for n in range(5)))
            return [row["LastName"] async for row in sf.query("SELECT LastName FROM Contact ORDER BY LastName")]

    assert asyncio.run(script()) == [f"Ada {n}" for n in range(5)]
    assert len(org.requests) >= 7


def test_an_unchanged_client_reads_what_another_wrote(org: OrgHandle) -> None:
    made = httpx.post(f"{DATA}/v59.0/sobjects/Contact", json={"LastName": "Grün"}, headers=auth(org))
    assert made.status_code == 201
    with httpx.Client(headers=auth(org)) as client:
        found = client.get(f"{DATA}/v59.0/query", params={"q": "SELECT LastName FROM Contact"})
        assert found.json()["records"][0]["LastName"] == "Grün"
        assert client.head(f"{DATA}/v59.0/sobjects/Contact").content == b""
        with client.stream("GET", DATA) as answer:
            assert b"".join(answer.iter_bytes()).startswith(b"[")


def test_other_hosts_are_refused_and_let_through_when_asked(live_url: str) -> None:
    with mock_salesforce(), pytest.raises(httpx.ConnectError, match="is no Salesforce host; pass passthrough=True"):
        httpx.get(live_url)
    with mock_salesforce(passthrough=True):
        assert httpx.get(live_url).text == "the network"
        assert httpx.get(DATA).status_code == 200


def test_orgs_nest_and_afterwards_nothing_is_mocked() -> None:
    before = httpx.HTTPTransport.handle_request, httpx.AsyncHTTPTransport.handle_async_request
    with mock_salesforce(hosts=["crm.example.invalid"]) as outer:
        with mock_salesforce() as inner:
            httpx.get(DATA)
            httpx.get("https://crm.example.invalid/services/data")  # a host of the outer one alone
        assert (len(outer.requests), len(inner.requests)) == (1, 1)
    assert (httpx.HTTPTransport.handle_request, httpx.AsyncHTTPTransport.handle_async_request) == before


def test_a_client_with_a_transport_of_ours_leaves_all_else_alone(org: OrgHandle) -> None:
    transport = org.httpx_transport(hosts=["crm.example.invalid"])

    async def ask() -> int:
        async with httpx.AsyncClient(transport=transport) as client:
            return (await client.get(DATA)).status_code

    with mock_salesforce() as inner, httpx.Client(transport=transport) as client:
        assert client.get("https://crm.example.invalid/services/data").status_code == 200
        assert asyncio.run(ask()) == 200
        with pytest.raises(httpx.ConnectError):
            client.get("https://example.invalid/")
        assert (len(org.requests), len(inner.requests)) == (2, 0)


def test_a_transport_lets_other_hosts_through_when_asked(live_url: str) -> None:
    async def ask(transport: httpx.AsyncBaseTransport) -> str:
        async with httpx.AsyncClient(transport=transport) as client:
            return (await client.get(live_url)).text

    with mock_salesforce(passthrough=True) as org:
        transport = org.httpx_transport(passthrough=True)
        with httpx.Client(transport=transport) as client:
            assert client.get(live_url).text == "the network"
        assert asyncio.run(ask(transport)) == "the network"


@pytest.mark.parametrize(
    ("rule", "error"),
    [
        ({"drop": True}, httpx.RemoteProtocolError),
        ({"truncate": 3}, httpx.RemoteProtocolError),
        ({"latency_ms": 60_000}, httpx.ReadTimeout),
    ],
)
def test_what_goes_wrong_on_purpose_comes_as_httpx_tells_it(
    org: OrgHandle, rule: dict[str, int], error: type[Exception]
) -> None:
    async def ask() -> None:
        async with httpx.AsyncClient(timeout=httpx.Timeout(5, read=0.01)) as client:
            await client.get(DATA)

    with org.faults.during({"path": "/services/data", **rule}):
        with pytest.raises(error), httpx.Client(timeout=httpx.Timeout(5, read=0.01)) as client:
            client.get(DATA)
        with pytest.raises(error):
            asyncio.run(ask())
    asyncio.run(ask())


def test_a_call_that_is_given_up_keeps_nobody_waiting(org: OrgHandle) -> None:
    async def script() -> None:
        async with httpx.AsyncClient(timeout=None) as client:
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(client.get(DATA), 0.01)

    with org.faults.during({"path": "/services/data", "latency_ms": 60_000}):
        asyncio.run(script())


def test_calls_of_an_asynchronous_client_do_not_wait_for_one_another(org: OrgHandle) -> None:
    async def script() -> None:
        async with httpx.AsyncClient(timeout=None) as client:
            slow = asyncio.create_task(client.get(f"{DATA}/v59.0"))
            while not org.faults.shown()[0]["struck"]:
                await client.get(DATA)
            assert not slow.done()
            slow.cancel()

    with org.faults.during({"path": "*/v59.0", "latency_ms": 60_000}):
        asyncio.run(script())


def test_httpx_is_caught_when_it_is_imported_later_and_nothing_loads_it_for_us() -> None:
    program = f"""
import sys
from chatlift.emulator import mock_salesforce
with mock_salesforce() as outer:
    with mock_salesforce() as org:
        assert "httpx" not in sys.modules
        import httpx
        assert httpx.__spec__.loader is httpx.__loader__ and type(httpx.__loader__).__name__ == "SourceFileLoader"
        assert httpx.get("{DATA}").status_code == 200
    assert httpx.get("{DATA}").status_code == 200
    assert (len(org.requests), len(outer.requests)) == (1, 1)
assert httpx.HTTPTransport.handle_request.__module__ == "httpx._transports.default"
assert not [finder for finder in sys.meta_path if type(finder).__module__.startswith("chatlift")]
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")


def test_where_httpx_is_not_installed_it_is_named() -> None:
    program = """
import sys
sys.modules["httpx"] = None
from chatlift.emulator import mock_salesforce
from chatlift.emulator.errors import UsageError
with mock_salesforce() as org:
    try:
        org.httpx_transport()
    except UsageError as error:
        assert str(error) == "httpx is not installed: pip install httpx", error
    else:
        raise SystemExit("no error")
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
