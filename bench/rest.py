"""REST retrieve and create over 8 kept connections, against a Flask echo on the same server; https against http."""

import json
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import requests

from bench.timing import medians, show
from chatlift.fixtures.serving import serving

CONNECTIONS = 8
CALLS = 250  # on each connection, in one repetition


def run() -> None:
    with serving() as org, echo() as plain:
        token = login(org.http)
        path = f"/services/data/v59.0/sobjects/LiveAgentSession/{first_session(org.http, token)}"
        body = json.dumps({"Name": "Northwind", "Phone": "555", "Site": "Leith"})
        get = request("GET", path, token)
        post = request("POST", "/services/data/v59.0/sobjects/Account", token, body)
        took = medians(
            {
                "echo": hammer(plain, get),
                "retrieve": hammer(org.http, get),
                "retrieve tls": hammer(org.https, get, org.ca),
                "echo post": hammer(plain, post),
                "create": hammer(org.http, post),
            }
        )
    calls = CONNECTIONS * CALLS
    show(
        "REST retrieve, 8 connections",
        "Flask echo, same server (calls/s)",
        took["echo"] / took["retrieve"],
        ">= 0.8",
        rate(calls, took["retrieve"]),
    )
    show(
        "REST create, 8 connections",
        "Flask echo, same server (calls/s)",
        took["echo post"] / took["create"],
        ">= 0.8",
        rate(calls, took["create"]),
    )
    show(
        "https retrieve",
        "the same over http (time)",
        took["retrieve tls"] / took["retrieve"],
        "<= 1.25",
        rate(calls, took["retrieve tls"]),
    )


def rate(calls: int, seconds: float) -> str:
    return f"{calls / seconds:,.0f} calls/s"


@contextmanager
def echo() -> Iterator[str]:
    """The URL of the echo, in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        ready = Path(folder) / "ready.json"
        process = subprocess.Popen([sys.executable, "-m", "bench.echo", str(ready)])
        try:
            while not ready.exists():
                time.sleep(0.01)
            yield json.loads(ready.read_text())["http"]
        finally:
            process.kill()
            process.wait()


def login(url: str) -> str:
    grant = {"grant_type": "password", "client_id": "c", "client_secret": "s", "username": "u", "password": "p"}
    token: str = requests.post(f"{url}/services/oauth2/token", data=grant, timeout=30).json()["access_token"]
    return token


def first_session(url: str, token: str) -> str:
    """A new agent session's id."""
    headers = {"Authorization": f"Bearer {token}"}
    user = requests.get(
        f"{url}/services/data/v59.0/query", params={"q": "SELECT Id FROM User LIMIT 1"}, headers=headers, timeout=30
    ).json()
    values = {
        "AgentId": user["records"][0]["Id"],
        "LoginTime": "2026-06-15T08:00:00Z",
        "LogoutTime": "2026-06-15T09:00:00Z",
    }
    made = requests.post(
        f"{url}/services/data/v59.0/sobjects/LiveAgentSession", json=values, headers=headers, timeout=30
    ).json()
    id_: str = made["id"]
    return id_


def request(method: str, path: str, token: str, body: str = "") -> bytes:
    head = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n"
    return (head + f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}").encode()


def hammer(url: str, sent: bytes, ca: str | None = None) -> Callable[[], None]:
    """A work: the same request `CALLS` times on each of `CONNECTIONS` connections at once, without a client's own cost."""
    parts = urlsplit(url)

    def connect() -> socket.socket:
        made = socket.create_connection((parts.hostname or "", parts.port or 0))
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if parts.scheme == "https":
            return ssl.create_default_context(cafile=ca).wrap_socket(made, server_hostname="localhost")
        return made

    def one(failed: list[bytes]) -> None:
        with connect() as line:
            for _ in range(CALLS):
                line.sendall(sent)
                answer = whole(line)
                if not answer.startswith((b"HTTP/1.1 200", b"HTTP/1.1 201")):
                    failed.append(answer)

    def work() -> None:
        failed: list[bytes] = []
        threads = [threading.Thread(target=one, args=(failed,)) for _ in range(CONNECTIONS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert not failed, failed[0]

    return work


def whole(line: socket.socket) -> bytes:
    """One answer, read by its Content-Length."""
    got = line.recv(65536)
    while b"\r\n\r\n" not in got:
        got += line.recv(65536)
    head, _, body = got.partition(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
    while len(body) < length:
        body += line.recv(65536)
    return head + b"\r\n\r\n" + body
