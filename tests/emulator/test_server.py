"""The server: two ports, TLS, clients that misbehave, and the command that runs it."""

import http.client
import json
import os
import re
import signal
import socket
import ssl
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from chatlift.emulator import mock_salesforce
from chatlift.emulator.config import OrgConfig
from chatlift.emulator.live import LiveOrg, live_org
from chatlift.emulator.server import THREADS, PortServer
from chatlift.emulator.tls import NAMES, certificate, write_bundle

ROOT = "/services/data/v59.0"


@pytest.fixture(scope="module")
def live() -> Iterator[LiveOrg]:
    with live_org() as found:
        yield found


def connection(live: LiveOrg) -> socket.socket:
    parts = urlsplit(live.http)
    return socket.create_connection((parts.hostname or "", parts.port or 0), timeout=10)


# --- both ports


def test_a_server_that_is_idle_ends_without_waiting_for_a_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PortServer, "expiration_interval", 3600)
    before = threading.active_count()
    with live_org() as idle, idle.session() as session:
        session.get(f"{idle.https}/services/data")
    assert threading.active_count() == before


def test_both_ports_answer_as_the_same_org(live: LiveOrg) -> None:
    with live.session() as session:
        session.headers["Authorization"] = f"Bearer {live.org.token()}"
        made = session.post(f"{live.https}{ROOT}/sobjects/Contact", json={"LastName": "Ada"}).json()["id"]
        assert session.get(f"{live.http}{ROOT}/sobjects/Contact/{made}").json()["LastName"] == "Ada"


def test_addresses_in_answers_are_those_of_the_port_that_was_asked(live: LiveOrg) -> None:
    grant = {"grant_type": "password", "client_id": "c", "client_secret": "s", "username": "u", "password": "p"}
    with live.session() as session:
        for base in (live.https, live.http):
            assert session.post(f"{base}/services/oauth2/token", data=grant).json()["instance_url"] == base


def test_a_connection_is_kept_for_more_than_one_request(live: LiveOrg) -> None:
    parts = urlsplit(live.http)
    kept = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=10)
    for _ in range(3):
        kept.request("GET", "/services/data")
        answer = kept.getresponse()
        assert answer.status == 200
        answer.read()
        assert not answer.will_close
    kept.close()


def test_many_connections_are_kept_at_the_same_time(live: LiveOrg) -> None:
    parts = urlsplit(live.http)
    kept = [http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=10) for _ in range(60)]
    for _ in range(2):
        for one in kept:
            one.request("GET", "/services/data")
            answer = one.getresponse()
            answer.read()
            assert not answer.will_close
    for one in kept:
        one.close()


def test_a_large_answer_is_zipped_when_the_client_takes_it(live: LiveOrg) -> None:
    with live.session() as session:
        session.headers["Authorization"] = f"Bearer {live.org.token()}"
        described = session.get(f"{live.https}{ROOT}/sobjects/LiveAgentSession/describe")
        assert described.headers["Content-Encoding"] == "gzip"
        plain = session.get(
            f"{live.https}{ROOT}/sobjects/LiveAgentSession/describe", headers={"Accept-Encoding": "identity"}
        )
        assert "Content-Encoding" not in plain.headers
        assert plain.json() == described.json()


# --- the HTTP port as a proxy


@pytest.mark.parametrize(
    "host", ["login.salesforce.com", "LOGIN.salesforce.com:8443", "shop.my.salesforce.com", "localhost"]
)
def test_a_client_that_asks_for_a_host_of_salesforce_is_led_to_this_org(live: LiveOrg, host: str) -> None:
    grant = {"grant_type": "password", "client_id": "c", "client_secret": "s", "username": "u", "password": "p"}
    with live.session() as session:
        session.proxies = {"https": live.http}
        login = session.post(f"https://{host}/services/oauth2/token", data=grant, timeout=10)
        assert (login.status_code, login.json()["instance_url"]) == (200, f"https://{host.lower()}")
        session.headers["Authorization"] = f"Bearer {login.json()['access_token']}"
        for _ in range(2):  # the second goes through the same tunnel
            rows = session.get(f"https://{host}{ROOT}/query", params={"q": "SELECT COUNT() FROM User"}, timeout=10)
            assert rows.json()["totalSize"] >= 1


def test_plain_http_goes_through_the_proxy_too(live: LiveOrg) -> None:
    with live.session() as session:
        session.proxies = {"http": live.http}
        assert session.get("http://login.salesforce.com/services/data", timeout=10).json()[-1]["version"]


def test_the_proxy_leads_to_no_other_host(live: LiveOrg) -> None:
    with live.session() as session:
        session.proxies = {"https": live.http}
        with pytest.raises(requests.exceptions.ProxyError, match="403"):
            session.get("https://pypi.org/", timeout=10)


def test_a_tunnel_that_speaks_no_tls_is_told_so(live: LiveOrg) -> None:
    with connection(live) as plain:
        plain.sendall(b"CONNECT login.salesforce.com:443 HTTP/1.1\r\nHost: login.salesforce.com:443\r\n\r\n")
        assert plain.recv(100) == b"HTTP/1.1 200 Connection established\r\n\r\n"
        plain.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert plain.recv(1000).startswith(b"HTTP/1.1 400")


@pytest.mark.parametrize(
    "asked", [b"login.salesforce.com", b"login.salesforce.com:x", b"/services/data", b":443", b"[::1:443"]
)
def test_a_tunnel_needs_a_host_and_a_port(live: LiveOrg, asked: bytes) -> None:
    with connection(live) as plain:
        plain.sendall(b"CONNECT %s HTTP/1.1\r\nHost: x\r\n\r\n" % asked)
        assert plain.recv(1000).split(b" ")[1] in (b"400", b"403")


def test_the_https_port_is_no_proxy(live: LiveOrg) -> None:
    with live.session() as session:
        assert session.request("CONNECT", f"{live.https}/x", timeout=10).status_code == 405


@pytest.mark.parametrize(
    "path", ["//services/data", "///services/data", "//services/data?x=//y", "//services/oauth2/userinfo"]
)
@pytest.mark.parametrize("scheme", ["https", "http"])
def test_slashes_before_a_path_are_one(live: LiveOrg, scheme: str, path: str) -> None:
    parts = urlsplit(getattr(live, scheme))
    with live.session() as session:
        session.headers["Authorization"] = f"Bearer {live.org.token()}"
        answer = session.get(f"{scheme}://{parts.netloc}{path}")
    assert answer.status_code == 200, answer.text


# --- bodies on the wire


def test_a_body_may_come_in_chunks(live: LiveOrg) -> None:
    with live.session() as session:
        session.headers.update({"Authorization": f"Bearer {live.org.token()}", "Content-Type": "application/json"})
        answer = session.post(f"{live.http}{ROOT}/sobjects/Contact", data=iter([b'{"Last', b'Name": "A"}']))
        assert answer.status_code == 201, answer.text


def test_a_refused_request_leaves_the_connection_usable(live: LiveOrg) -> None:
    with live.session() as session:
        for body in (b"x" * 100_000, iter([b"y" * 50_000])):
            assert session.post(f"{live.http}{ROOT}/sobjects/Contact", data=body).status_code == 401
        assert session.get(f"{live.http}/services/data").status_code == 200


def test_a_client_that_waits_for_leave_to_send_gets_it(live: LiveOrg) -> None:
    body = b'{"LastName": "A"}'
    head = (
        f"POST {ROOT}/sobjects/Contact HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {live.org.token()}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\nExpect: 100-continue\r\n\r\n"
    )
    with connection(live) as plain:
        plain.sendall(head.encode())
        assert plain.recv(1000).startswith(b"HTTP/1.1 100 ")
        plain.sendall(body)
        assert plain.recv(1000).startswith(b"HTTP/1.1 201 ")


@pytest.mark.parametrize(
    "sent",
    [
        b"\r\n\r\n",
        b"nonsense\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET /services/data HTTP/1.1\r\nno colon\r\n\r\n",
        b"GET /services/data HTTP/1.1\r\nContent-Length: x\r\n\r\n",
        b"GET /services/data HTTP/1.1\r\nContent-Length: -5\r\n\r\n",
        b"POST /services/data HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"POST /services/data/v59.0/sobjects/User HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"POST /services/data/v59.0/sobjects/User HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
        b"POST /services/data/v59.0/sobjects/User HTTP/1.1\r\nContent-Length: 50\r\n\r\nab",
        b"GET /" + b"x" * 70_000 + b" HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nX: " + b"x" * 70_000 + b"\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET http://[::1/ HTTP/1.1\r\n\r\n",
        b"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n",
        b"CONNECT x:1 HTTP/1.1\r\n\r\n",
    ],
)
def test_bytes_that_are_no_request_do_no_harm(live: LiveOrg, sent: bytes) -> None:
    with connection(live) as plain:
        plain.sendall(sent)
        plain.shutdown(socket.SHUT_WR)
        answer = b""
        try:
            while piece := plain.recv(65536):
                answer += piece
        except ConnectionResetError:
            pass
    assert b"Traceback" not in answer
    assert not answer.startswith(b"HTTP/1.1 500")
    assert requests.get(f"{live.http}/services/data", timeout=10).status_code == 200


# --- TLS


def test_the_certificate_is_good_for_this_machine_and_for_salesforces_hosts(live: LiveOrg) -> None:
    parts = urlsplit(live.https)
    for name in (
        "localhost",
        "127.0.0.1",
        "login.salesforce.com",
        "emu.my.salesforce.com",
        "x.my.salesforce-scrt.com",
        "d.salesforceliveagent.com",
        "x.my.salesforcescrt.com",
    ):
        context = ssl.create_default_context(cafile=live.ca)
        with (
            socket.create_connection((parts.hostname or "", parts.port or 0), timeout=10) as plain,
            context.wrap_socket(plain, server_hostname=name) as tls,
        ):
            assert tls.version() in ("TLSv1.2", "TLSv1.3")


def test_the_certificate_is_no_good_for_other_hosts(live: LiveOrg) -> None:
    parts = urlsplit(live.https)
    context = ssl.create_default_context(cafile=live.ca)
    with (
        socket.create_connection((parts.hostname or "", parts.port or 0), timeout=10) as plain,
        pytest.raises(ssl.SSLCertVerificationError),
    ):
        context.wrap_socket(plain, server_hostname="example.com")


def test_plain_http_on_the_https_port_is_told_so(live: LiveOrg) -> None:
    answer = requests.get(live.https.replace("https", "http") + "/services/data", timeout=10)
    assert (answer.status_code, answer.text) == (400, "This port speaks HTTPS only.\n")


def test_connections_that_say_nothing_keep_nobody_out(live: LiveOrg) -> None:
    for base in (live.https, live.http):
        parts = urlsplit(base)
        silent = [
            socket.create_connection((parts.hostname or "", parts.port or 0), timeout=10) for _ in range(4 * THREADS)
        ]
        with live.session() as session:
            assert session.get(f"{base}/services/data", timeout=5).status_code == 200
        for plain in silent:
            plain.close()


def test_the_keys_are_readable_by_their_user_alone(tmp_path: Path) -> None:
    from chatlift.emulator.authority import make

    made = certificate(folder=tmp_path / "data")
    assert not made.is_there()
    make(made)
    assert made.is_there()
    for key in (made.key, made.ca_key):
        assert stat.S_IMODE(key.stat().st_mode) == 0o600
    first = made.ca.read_bytes()
    make(made)  # as another process that came second would
    assert made.ca.read_bytes() == first
    assert sorted(path.name for path in (tmp_path / "data").iterdir()) == ["tls"]


def test_a_set_of_files_that_was_cut_off_is_made_anew(tmp_path: Path) -> None:
    from chatlift.emulator.authority import make

    made = certificate(folder=tmp_path)
    make(made)
    made.key.write_bytes(b"")
    assert not made.is_there()
    make(made)
    assert made.is_there()


def test_a_host_of_ones_own_has_an_authority_of_its_own(tmp_path: Path) -> None:
    usual, own = certificate(folder=tmp_path), certificate("org.internal", "127.0.0.1", "0.0.0.0", folder=tmp_path)
    assert usual.names == NAMES
    assert own.names == (*NAMES, "org.internal")
    assert own.folder != usual.folder


def test_the_bundle_holds_all_authorities_that_were_trusted_and_ours(tmp_path: Path) -> None:
    from chatlift.emulator.authority import make

    made = certificate(folder=tmp_path)
    make(made)
    company = tmp_path / "company.pem"
    company.write_bytes(made.ca.read_bytes().replace(b"BEGIN", b"BEGIN"))
    import certifi

    bundle = write_bundle(made, [str(company), certifi.where(), str(tmp_path / "missing.pem"), str(made.bundle)])
    text = bundle.read_text()
    assert Path(certifi.where()).read_text() in text
    assert text.count(made.ca.read_text()) == 2  # the company's and ours are the same here
    context = ssl.create_default_context(cafile=str(bundle))
    assert context.cert_store_stats()["x509_ca"] > 100


# --- many at once


def test_eight_threads_create_each_record_once(store_url: str) -> None:
    count = 25
    with live_org(OrgConfig(database=store_url)) as live:
        token = live.org.token()
        made: list[str] = []
        problems: list[str] = []

        def create(number: int) -> None:
            with requests.Session() as session:
                session.headers["Authorization"] = f"Bearer {token}"
                for turn in range(count):
                    body = {"LastName": f"{number}-{turn}"}
                    answer = session.post(f"{live.http}{ROOT}/sobjects/Contact", json=body, timeout=60)
                    (made.append(answer.json()["id"]) if answer.status_code == 201 else problems.append(answer.text))

        threads = [threading.Thread(target=create, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert problems == []
        headers = {"Authorization": f"Bearer {token}"}
        query = {"q": "SELECT Id, LastName FROM Contact"}
        rows = requests.get(f"{live.http}{ROOT}/query", params=query, headers=headers, timeout=60).json()["records"]
        assert sorted(row["Id"] for row in rows) == sorted(made)
        assert {row["LastName"] for row in rows} == {f"{number}-{turn}" for number in range(8) for turn in range(count)}


# --- the command


class Serve:
    """A `chatlift serve` process."""

    def __init__(self, folder: Path, *options: str, **environment: str) -> None:
        self.ready_file = folder / "ready.json"
        command = [sys.executable, "-m", "chatlift", "serve", "--port", "0", "--http-port", "0"]
        self.process = subprocess.Popen(
            [*command, "--ready-file", str(self.ready_file), *options],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=os.environ | environment,
        )

    def ready(self) -> dict[str, Any]:
        deadline = time.monotonic() + 30
        while not self.ready_file.exists():
            assert self.process.poll() is None, self.process.communicate()
            assert time.monotonic() < deadline
            time.sleep(0.01)
        found: dict[str, Any] = json.loads(self.ready_file.read_text())
        return found

    def end(self, how: int = signal.SIGTERM) -> tuple[str, str]:
        self.process.send_signal(how)
        printed, complaints = self.process.communicate(timeout=20)
        return printed, complaints


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., Serve]]:
    started: list[Serve] = []

    def start(*options: str, **environment: str) -> Serve:
        started.append(Serve(tmp_path, *options, **environment))
        return started[-1]

    yield start
    for one in started:
        one.process.kill()
        one.process.communicate()


def chatlift(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "chatlift", *arguments], capture_output=True, text=True, timeout=30, check=False
    )


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_serve_says_where_it_is_and_ends_cleanly(serve: Callable[..., Serve], how: int) -> None:
    running = serve()
    ready = running.ready()
    assert ready.keys() == {"https", "http", "ca", "pid", "control_token"}
    assert ready["pid"] == running.process.pid
    assert stat.S_IMODE(running.ready_file.stat().st_mode) == 0o600
    with requests.Session() as session:
        session.trust_env = False
        session.verify = ready["ca"]
        assert session.get(f"{ready['https']}/services/data").status_code == 200
        assert session.get(f"{ready['http']}/_chatlift/health").json()["status"] == "ok"
    printed, complaints = running.end(how)
    assert (running.process.returncode, complaints) == (0, "")
    assert not running.ready_file.exists()
    for client in ("simple-salesforce", "curl", "sf ", "jsforce", "chatlift env"):
        assert client in printed
    token = re.search(r"SF_ACCESS_TOKEN='([^']+)'", printed)
    assert token
    assert re.fullmatch(r"00D\w{12}![.\w]+", token[1])  # what sf accepts as a token


def test_the_options_reach_the_org(serve: Callable[..., Serve], tmp_path: Path) -> None:
    objects = tmp_path / "objects"
    objects.mkdir()
    field = {"name": "Level__c", "type": "int", "digits": 3, "custom": True}
    (objects / "contact.json").write_text(json.dumps({"name": "Contact", "fields": [field]}))
    (tmp_path / "seed.json").write_text(
        json.dumps({"records": [{"object": "Contact", "fields": {"LastName": "Ada", "Level__c": 3}}]})
    )
    running = serve(
        "--objects", str(objects), "--seed", str(tmp_path / "seed.json"), "--now", "2026-06-15T12:00:00Z",
        "--base-url", "https://org.example.test", "--no-control", "--session-timeout", "3600",
        "--db", f"sqlite:///{tmp_path / 'org.db'}", "--trusted-proxy", "10.0.0.0/8", "--poll-seconds", "7",
    )  # fmt: skip
    base = running.ready()["http"]
    grant = {"grant_type": "password", "client_id": "c", "client_secret": "s", "username": "u", "password": "p"}
    token = requests.post(f"{base}/services/oauth2/token", data=grant, timeout=10).json()
    assert token["instance_url"] == "https://org.example.test"
    assert token["issued_at"].startswith("17815")
    headers = {"Authorization": f"Bearer {token['access_token']}"}
    query = {"q": "SELECT LastName, Level__c FROM Contact"}
    (row,) = requests.get(f"{base}{ROOT}/query", params=query, headers=headers, timeout=10).json()["records"]
    assert (row["LastName"], row["Level__c"]) == ("Ada", 3)
    assert requests.get(f"{base}/_chatlift/health", timeout=10).status_code == 404
    assert requests.get(f"{base}/_chatlift/chat/supervisor", timeout=10).status_code == 404
    begun = requests.get(f"{base}/chat/rest/System/SessionId", headers={"X-LIVEAGENT-API-VERSION": "60"}, timeout=10)
    assert begun.json()["clientPollTimeout"] == 7
    running.end()
    assert (tmp_path / "org.db").exists()


def test_an_org_begins_as_a_snapshot_with_tokens_of_a_number(serve: Callable[..., Serve], tmp_path: Path) -> None:
    with mock_salesforce(now="2026-02-14T09:00:00Z", frozen=True) as org:
        org.seed({"records": [{"object": "Account", "fields": {"Name": "Acme"}}]})
        org.snapshots.take("then")
        org.snapshots.save("then", tmp_path / "then.db")
    (tmp_path / "more.json").write_text(json.dumps({"records": [{"object": "Account", "fields": {"Name": "More"}}]}))
    grant = {"grant_type": "password", "client_id": "c", "client_secret": "s", "username": "u", "password": "p"}
    found = []
    for database in ((), ("--db", f"sqlite:///{tmp_path / 'org.db'}")):
        chance = () if database else ("--chance", "7")
        running = serve(
            "--snapshot", str(tmp_path / "then.db"), "--seed", str(tmp_path / "more.json"), *chance, *database
        )
        base = running.ready()["http"]
        token = requests.post(f"{base}/services/oauth2/token", data=grant, timeout=10).json()
        headers = {"Authorization": f"Bearer {token['access_token']}"}
        for name in ("Late", ""):
            if name:
                requests.post(f"{base}{ROOT}/sobjects/Account", json={"Name": name}, headers=headers, timeout=10)
            else:
                requests.post(f"{base}/_chatlift/reset", json={}, timeout=10)
            query = {"q": "SELECT Name FROM Account ORDER BY Id"}
            rows = requests.get(f"{base}{ROOT}/query", params=query, headers=headers, timeout=10).json()["records"]
            assert [row["Name"] for row in rows] == ["Acme", "More", *[name] * bool(name)]
        assert requests.get(f"{base}/_chatlift/clock", timeout=10).json()["now"] == "2026-02-14T09:00:00.000Z"
        found.append(token["access_token"])
        running.end()
    with mock_salesforce(chance=7) as org:
        assert found[0] in (org.token(), org.token())  # the server's start draws one to print
        assert found[1] != found[0]


def with_app(folder: Path) -> str:
    """Return a scenario file with the one client that these tests use."""
    file = folder / "app.json"
    file.write_text(json.dumps({"connected_apps": [{"client_id": "c", "client_secret": "s"}]}))
    return str(file)


def test_strict_authentication_asks_for_the_administrators_password(
    serve: Callable[..., Serve], tmp_path: Path
) -> None:
    running = serve("--strict-auth", "--seed", with_app(tmp_path), CHATLIFT_ADMIN_PASSWORD="secret")
    ready = running.ready()
    assert ready["admin_password"] == "secret"
    grant = {"grant_type": "password", "client_id": "c", "client_secret": "s", "username": "admin@chatlift.test"}
    for password, status in (("secret", 200), ("wrong", 400)):
        answer = requests.post(
            f"{ready['http']}/services/oauth2/token", data=grant | {"password": password}, timeout=10
        )
        assert answer.status_code == status
    health = f"{ready['http']}/_chatlift/health"
    assert requests.get(health, timeout=10).status_code == 401
    assert requests.get(health, headers={"X-Chatlift-Token": ready["control_token"]}, timeout=10).status_code == 200


def test_an_org_that_was_kept_takes_the_password_of_this_start(serve: Callable[..., Serve], tmp_path: Path) -> None:
    grant = {"grant_type": "password", "client_id": "c", "client_secret": "s", "username": "admin@chatlift.test"}
    for password in ("first", "second"):
        running = serve(
            "--strict-auth", "--db", f"sqlite:///{tmp_path / 'org.db'}", "--seed", with_app(tmp_path),
            CHATLIFT_ADMIN_PASSWORD=password,
        )  # fmt: skip
        url = f"{running.ready()['http']}/services/oauth2/token"
        assert requests.post(url, data=grant | {"password": password}, timeout=10).status_code == 200
        running.end()


def test_addresses_told_by_a_proxy_on_this_machine_count(live: LiveOrg) -> None:
    grant = {"grant_type": "password", "client_id": "c", "client_secret": "s", "username": "u", "password": "p"}
    headers = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "org.example.test, inner"}
    token = requests.post(f"{live.http}/services/oauth2/token", data=grant, headers=headers, timeout=10).json()
    assert token["instance_url"] == "https://org.example.test"


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--now", "noon"), "noon"),
        (("--seed", "no-such-scenario"), "no-such-scenario"),
        (("--seed", "/no/such/file.json"), "/no/such/file.json"),
        (("--objects", "/no/such/folder"), "/no/such/folder"),
        (("--db", "mysql://x"), "mysql"),
        (("--db", "sqlite:////no/such/folder/org.db"), "/no/such/folder/org.db"),
        (("--port", "99999"), "99999"),
        (("--port", "x"), "x"),
        (("--host", "256.256.256.256"), "256.256.256.256"),
        (("--base-url", "ftp://x"), "ftp://x"),
        (("--trusted-proxy", "here"), "here"),
        (("--instance", "zz"), "is not two letters or digits"),
        (("--session-timeout", "0"), "0"),
        (("--workers", "2"), "--workers"),
        (("--ready-file", "/no/such/folder/ready"), "/no/such/folder/ready"),
        (("--snapshot", "/no/such/snapshot.db"), "/no/such/snapshot.db"),
        (("--snapshot", __file__), "no snapshot"),
        (("--snapshot", __file__, "--db", f"sqlite:///{__file__}"), "name another file"),
        (("--snapshot", __file__, "--db", "postgresql://x/y"), "on SQLite"),
        (("--chance", "1", "--strict-auth"), "--chance"),
        (("--replay", "/no/such.cassette"), "/no/such.cassette"),
    ],
)
def test_a_mistake_in_an_option_is_one_line_and_exit_2(options: tuple[str, ...], told: str) -> None:
    ports = () if "--port" in options else ("--port", "0")
    done = chatlift("serve", *ports, "--http-port", "0", *options)
    assert done.returncode == 2
    assert told in done.stderr
    assert done.stderr.count("\n") == 1
    assert "Traceback" not in done.stderr


def test_a_file_that_is_no_scenario_is_a_mistake(tmp_path: Path) -> None:
    for text in ("", "[]", "{", '{"records": 5}', '{"records": [{"object": "Nonsense"}]}'):
        (tmp_path / "seed.json").write_text(text)
        done = chatlift("serve", "--port", "0", "--http-port", "0", "--seed", str(tmp_path / "seed.json"))
        assert (done.returncode, done.stderr.count("\n")) == (2, 1), (text, done.stderr)


def test_a_port_in_use_is_named_with_its_option() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        for option, other in (("--port", "--http-port"), ("--http-port", "--port")):
            done = chatlift("serve", option, str(port), other, "0")
            assert done.returncode == 2
            assert f"cannot listen on 127.0.0.1:{port}: it is in use; choose another with {option}" in done.stderr


def test_a_host_that_is_not_here_is_named_with_its_option() -> None:
    done = chatlift("serve", "--host", "999.1.1.1", "--port", "0", "--http-port", "0")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "cannot listen on 999.1.1.1: it is no address of this machine; choose another with --host" in done.stderr


def test_a_ready_file_that_cannot_be_written_is_said_before_anything_is_served(tmp_path: Path) -> None:
    done = chatlift("serve", "--port", "0", "--http-port", "0", "--ready-file", str(tmp_path / "no" / "ready.json"))
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)


def test_env_writes_a_path_with_a_quote_so_that_the_shell_reads_it(tmp_path: Path) -> None:
    home = tmp_path / "o'brien"
    command = (
        f'eval "$({sys.executable} -m chatlift env --shell bash)"; test -f "$SSL_CERT_FILE" && echo "$SSL_CERT_FILE"'
    )
    done = subprocess.run(
        ["bash", "-c", command],
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
        env=os.environ | {"CHATLIFT_HOME": str(home)},
    )
    assert done.stdout.strip() == str(home / "tls" / "bundle.pem")


def test_env_prints_the_variables_in_the_words_of_a_shell() -> None:
    done = chatlift("env", "--shell", "bash")
    lines = done.stdout.splitlines()
    assert [line.partition("=")[0] for line in lines] == [
        "export SSL_CERT_FILE",
        "export REQUESTS_CA_BUNDLE",
        "export CURL_CA_BUNDLE",
        "export NODE_EXTRA_CA_CERTS",
    ]
    bundle = lines[0].split("'")[1]
    assert Path(bundle).is_file()
    assert chatlift("env", "--shell", "fish").stdout.splitlines()[0] == f"set -gx SSL_CERT_FILE '{bundle}'"
    assert chatlift("env", "--shell", "powershell").stdout.splitlines()[0] == f"$Env:SSL_CERT_FILE = '{bundle}'"
