"""Whatever is sent, the answer is the platform's: never a server error of ours, never a traceback, always its form of error."""

import gzip
import io
import json
import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import unquote_to_bytes

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatlift.emulator.app import create_app
from chatlift.emulator.config import OrgConfig
from chatlift.emulator.org.org import Org

pytestmark = pytest.mark.proof

ROOT = "/services/data/v59.0"
ID = "0HK5e0000000999GAA"  # nobody has it
IDENTITY_ERRORS = {
    b"Bad_OAuth_Token",
    b"Missing_OAuth_Token",
    b"Bad_Id",
    b"Wrong_Org",
}  # the identity service speaks plain words
AGENT_SESSION = {
    "AgentId": "0055e0000000001AAA",
    "LoginTime": "2026-06-15T08:00:00Z",
    "LogoutTime": "2026-06-15T11:00:00Z",
    "ChatReqAssigned": 3,
}


@dataclass(frozen=True, slots=True)
class Sent:
    """One request as bytes go over the wire; `path` is percent-encoded and may hold a query."""

    method: str
    path: str
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = (("Content-Type", "application/json"),)


@dataclass(frozen=True, slots=True)
class Got:
    status: int
    type: str
    body: bytes


class Caller:
    """Calls the WSGI application directly, as a server does, with a valid session."""

    def __init__(self) -> None:
        self.org = Org.open(OrgConfig())
        self.app = create_app(self.org)
        session = self.org.sessions.login("admin@chatlift.test", "p")
        assert session
        self.token = session.token
        agent = self.org.users.administrator_id
        made = self.send(
            Sent("POST", f"{ROOT}/sobjects/LiveAgentSession", json.dumps(AGENT_SESSION | {"AgentId": agent}).encode())
        )
        self.malformer = Malformer(20260615, agent, json.loads(made.body)["id"])

    def send(self, sent: Sent) -> Got:
        path, _, query = sent.path.partition("?")
        environ: dict[str, Any] = {
            "REQUEST_METHOD": sent.method,
            "SCRIPT_NAME": "",
            "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
            "QUERY_STRING": query,
            "SERVER_NAME": "localhost",
            "SERVER_PORT": "8080",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": "127.0.0.1",
            "HTTP_HOST": "localhost:8080",
            "HTTP_AUTHORIZATION": f"Bearer {self.token}",
            "CONTENT_LENGTH": str(len(sent.body)),
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(sent.body),
            "wsgi.errors": io.StringIO(),
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
        }
        for name, value in sent.headers:
            key = name.upper().replace("-", "_")
            environ[key if key in {"CONTENT_TYPE", "CONTENT_LENGTH"} else f"HTTP_{key}"] = value
        seen: dict[str, Any] = {}

        def start_response(status: str, headers: list[tuple[str, str]], _: Any = None) -> Callable[[bytes], object]:
            seen["status"], seen["headers"] = int(status[:3]), {name.lower(): value for name, value in headers}
            return io.BytesIO().write

        parts = self.app.wsgi_app(environ, start_response)
        body = b"".join(parts)
        close = getattr(parts, "close", None)
        if close:
            close()
        return Got(seen["status"], seen["headers"].get("content-type", ""), body)

    def check(self, sent: Sent) -> Got:
        got = self.send(sent)
        told = f"{sent} -> {got.status} {got.body[:300]!r}"
        assert b"Traceback" not in got.body, told
        path = "/" + unquote_to_bytes(sent.path.partition("?")[0]).decode("latin-1").lstrip("/")
        if path.startswith("/services/Soap"):  # a fault of SOAP has status 500
            assert got.status in {200, 404, 405, 415, 500}, told
            assert got.status != 500 or b":Fault>" in got.body or sent.method == "HEAD", told
            return got
        assert got.status < 500, told
        if got.status < 400 or sent.method == "HEAD":
            return got
        is_oauth = f"{path}/".startswith(("/services/oauth2/", "/id/"))
        if is_oauth and got.body in IDENTITY_ERRORS:
            return got
        is_oauth = is_oauth or f"{path}/".startswith(tuple(f"{page}/" for page in (*OPENID, *OAUTH_PAGES)))
        if path.rstrip("/") in OAUTH_PAGES and got.type.startswith("text/html"):
            assert got.body.startswith(b"<!DOCTYPE html>") and got.status == 400, told
            return got
        if is_oauth and got.type.startswith("application/xml"):
            assert b"<OAuth><error>" in got.body, told
            return got
        if not is_oauth and got.type.startswith("application/xml"):
            assert b"<Errors><Error><errorCode>" in got.body, told
            return got
        problem = json.loads(got.body)
        if is_oauth:
            assert isinstance(problem, dict) and {"error", "error_description"} <= set(problem), told
        else:
            assert isinstance(problem, list) and problem, told
            assert all({"errorCode", "message"} <= set(one) <= {"errorCode", "message", "fields"} for one in problem), (
                told
            )
        return got


@pytest.fixture(scope="module")
def caller() -> Iterator[Caller]:
    made = Caller()
    yield made
    made.org.close()


METHODS = ("GET", "POST", "PATCH", "PUT", "DELETE", "HEAD", "OPTIONS", "TRACE", "BREW", "get", "POST\x7f")
VERSIONS = (
    "v59.0",
    "v20.0",
    "v68.0",
    "v19.0",
    "v69.0",
    "v0.0",
    "v",
    "vX.Y",
    "v59",
    "59.0",
    "v59.0.0",
    "v-1.0",
    "v1e3",
    "%ff",
)
OBJECTS = (
    "LiveAgentSession",
    "liveagentsession",
    "LiveChatTranscript",
    "LiveChatDeployment",
    "User",
    "Nonsense__c",
    "",
    ".",
    "..",
    "%00",
    "%2e%2e",
    "%C3%A9",
    "%ff%fe",
    "LiveAgentSession%20",
    "'; DROP TABLE User; --",
    "x" * 3000,
)
IDS = (
    ID,
    ID[:15],
    ID.lower(),
    ID[:17] + "B",
    "0HK",
    "000000000000000AAA",
    "0055e0000000001AAA",
    "0" * 18,
    "%00" * 15,
    "%F0%9F%98%80",
    "..%2f..%2fetc",
    "'\"",
    "x" * 5000,
    "",
    "null",
    "-1",
)
REST = ("describe", "updated", "deleted", "layouts", "Username/x", "Id/" + ID, "ChatKey/%ff", "describe/describe", "/")
QUERIES = (
    "SELECT Id FROM LiveAgentSession",
    "SELECT Id, Agent.Name FROM LiveAgentSession WHERE LoginTime > 2026-01-01T00:00:00Z ORDER BY Id LIMIT 5",
    "SELECT Id, (SELECT Type FROM LiveChatTranscriptEvents) FROM LiveChatTranscript WHERE Status IN ('Missed', 'x')",
    "SELECT COUNT() FROM User WHERE Name LIKE '%\\'a_' AND (NOT IsActive = false)",
)
WINDOWS = (
    "start=2026-06-15T00:00:00Z&end=2026-06-15T12:00:00Z",
    "start=x&end=y",
    "start=&end=",
    "end=2026-06-15T12:00:00Z",
    "start=9999-99-99T99:99:99Z&end=2026-06-15T12:00:00Z",
    "start=2026-06-15T12:00:00%2B25:00&end=0001-01-01T00:00:00-23:59",
    "start=%00&start=%ff",
    "",
)
BODIES = (
    b"",
    b" ",
    b"null",
    b"true",
    b"0",
    b'"text"',
    b"[]",
    b"{}",
    b"[{}]",
    b'{"AgentId": {"a": 1}}',
    b'{"AgentId": ["x"]}',
    b'{"ChatReqAssigned": 1e400}',
    b'{"ChatReqAssigned": 99999999999999999999999999}',
    b'{"ChatReqAssigned": NaN}',
    b'{"ChatReqAssigned": 1.5}',
    b'{"ChatReqAssigned": true}',
    b'{"LoginTime": 12}',
    b'{"LoginTime": "2026-13-45T99:99:99Z"}',
    b'{"AgentId": "\\ud800"}',
    b'{"AgentId": "\\u0000"}',
    b'{"a": 1, "a": 2}',
    b'{"attributes": {"type": "User"}}',
    b'{"attributes": 5}',
    b'{"": ""}',
    b"{'AgentId': 'x'}",
    b'{"AgentId": "x",}',
    b'{"AgentId": "x"} trailing',
    b"\xef\xbb\xbf{}",
    b'{"AgentId": "\xff\xfe"}',
    '{"AgentId": "x"}'.encode("utf-16"),
    b"[" * 20_000,
    b'{"a":' * 5_000,
    b"<sobject><AgentId>x</AgentId></sobject>",
    b"AgentId=x&LoginTime=y",
    gzip.compress(b"{}"),
)
TYPES = (
    "application/json",
    "application/json; charset=utf-8",
    "application/json; charset=klingon",
    "application/xml",
    "text/plain",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "multipart/form-data",
    "",
    "application/json;;;=",
    "ÿ/ÿ",
)
ODD_HEADERS = (
    ("Content-Encoding", "gzip"),
    ("Content-Encoding", "br"),
    ("Accept", "application/xml"),
    ("Accept", "image/png"),
    ("Accept", "a/b;q=x"),
    ("Sforce-Query-Options", "batchSize=x"),
    ("Sforce-Query-Options", "batchSize=999999999999999999999"),
    ("If-Modified-Since", "yesterday"),
    ("Range", "bytes=-x"),
    ("Authorization", "Bearer "),
    ("Authorization", "Basic eA=="),
    ("Authorization", "OAuth \xff"),
    ("Cookie", 'a="'),
    ("Expect", "a miracle"),
)
OPENID = ("/id/keys", "/.well-known/openid-configuration")
OAUTH_PAGES = ("/services/oauth2/authorize", "/setup/connect", "/services/auth/idp/oidc/logout")
"""Where people look: errors are pages."""
FORMS = (
    b"",
    b"client_id=%00&redirect_uri=https://a.test/&response_type=code&decision=allow&username=a",
    b"client_id=a&redirect_uri=javascript:x&response_type=code&decision=deny",
    b"client_id=a&redirect_uri=https://a.test/&response_type=token+id_token&scope=%00&state=%0d%0a%ff",
    b"client_id=a&redirect_uri=https://a.test/&response_type=code&code_challenge=%00&nonce=%00",
    b"user_code=%00&decision=allow&username=%00&password=%ff",
    b"id_token_hint=a.b.c&post_logout_redirect_uri=x",
    b"grant_type=device&code=%00&client_id=a",
    b"response_type=device_code&client_id=%0a",
    b"token=%00&token_type_hint=%00",
    b"token=x&format=xml",
    b"access_token=%00&format=yaml",
    b"grant_type=password",
    b"grant_type=password&username=&password=",
    b"grant_type=%ff%fe&client_id=%00",
    b"grant_type=refresh_token&refresh_token=nothing",
    b"grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer&assertion=a.b.c",
    b"grant_type=authorization_code&code=x",
    b"&&&===",
    b"grant_type=password&grant_type=password&username=a&username=b",
)
ENVELOPES = (
    b"",
    b"<",
    b"<a/>",
    b"<?xml version='1.0' encoding='klingon'?><a/>",
    b'<!DOCTYPE a [<!ENTITY b "cc"><!ENTITY c "&b;&b;&b;&b;">]><a>&c;</a>',
    b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>',
    b'<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body/></e:Envelope>',
    b'<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body><login xmlns="urn:partner.soap.sforce.com">'
    b"<username></username></login></e:Body></e:Envelope>",
    b'<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body><brew xmlns="urn:partner.soap.sforce.com"/>'
    b"</e:Body></e:Envelope>",
    b"\xff\xfe<\x00a\x00/\x00>\x00",
    b"<a>" * 5_000,
)


class Malformer:
    """Makes requests that are wrong in one or a few places, the same ones for the same seed."""

    def __init__(self, seed: int, agent: str, session: str) -> None:
        self.random = random.Random(seed)
        self.values = AGENT_SESSION | {"AgentId": agent}
        self.session = session

    def request(self) -> Sent:
        kind = self.random.choices(
            (self.row, self.query, self.window, self.odd_path, self.oauth, self.soap), (8, 4, 2, 2, 1, 1)
        )[0]
        sent: Sent = kind()
        while self.random.random() < 0.3:
            sent = self.spoil(sent)
        if sent.method == "DELETE" and self.session[:15] in sent.path:  # the record that the corpus writes to stays
            return replace(sent, method="GET")
        return sent

    def one(self, values: tuple[Any, ...]) -> Any:
        return self.random.choice(values)

    def row(self) -> Sent:
        version = "v59.0" if self.random.random() < 0.8 else self.one(VERSIONS)
        path = f"/services/data/{version}/sobjects/{self.one(OBJECTS[:1] * 30 + OBJECTS)}"
        new = self.random.random() < 0.4
        if not new:
            path += f"/{self.one((self.session,) * 30 + IDS)}"
        if self.random.random() < 0.2:
            path += f"/{self.one(REST)}"
        if self.random.random() < 0.2:
            path += "?fields=" + self.one(("Id", "Nonsense", "Id,,Name", "%ff", "Id,Agent.Name", "", "Id'"))
        usual = ("POST", "POST") if new else ("PATCH",)
        return Sent(self.one((*METHODS[:6], *usual)), path, self.body(new))

    def body(self, new: bool = True) -> bytes:
        if self.random.random() < 0.4:
            return bytes(self.one(BODIES))
        values = self.values if new else {"ChatReqAssigned": 3}
        for _ in range(self.random.randint(0, 3)):
            name = self.one(
                (*values, "Status", "Nonsense", "Id", "OwnerId", "Body", "attributes", "CreatedDate", "\u0000", "é")
            )
            wrong: tuple[Any, ...] = (
                None,
                True,
                -1,
                2**63,
                1.5,
                "",
                "x" * 300,
                "2026-02-30T00:00:00Z",
                [],
                {},
                "\ud83d\ude00",
                ID,
                [[]],
                1e308,
            )
            values = values | {name: self.one(wrong)}
        return json.dumps(values).encode()

    def query(self) -> Sent:
        text = bytearray(self.one(QUERIES).encode())
        for _ in range(self.random.randint(0, 4)):
            at = self.random.randrange(len(text) + 1)
            text[at : at + self.random.choice((0, 0, 1, 5))] = self.one(
                (b"'", b"(", b")", b"\\", b",", b" ", b"\xff", b"\x00", b"SELECT", b":")
            )
        encoded = "".join(f"%{byte:02X}" for byte in text)
        where = self.one(
            ("query", "queryAll", "query/01g000000000000-2000", "query/%ff", "query/", "queryAll/x", "query/0-0")
        )
        return Sent(
            self.one(("GET", "GET", "POST", "HEAD")), f"{ROOT}/{where}?{self.one(('q', 'q', 'q', 'Q', ''))}={encoded}"
        )

    def window(self) -> Sent:
        return Sent(
            "GET",
            f"{ROOT}/sobjects/{self.one(OBJECTS[:1] * 30 + OBJECTS)}/{self.one(('updated', 'deleted'))}?{self.one(WINDOWS)}",
        )

    def odd_path(self) -> Sent:
        pieces = (
            "services",
            "data",
            "v59.0",
            "sobjects",
            "query",
            "..",
            "%2f",
            "",
            "Soap",
            "u",
            "%ff",
            "id",
            "x" * 500,
            "%",
            "%zz",
            ";a=b",
        )
        return Sent(
            self.one(METHODS), "/" + "/".join(self.random.choices(pieces, k=self.random.randint(0, 7))), self.body()
        )

    def oauth(self) -> Sent:
        what = self.one(("token", "revoke", "userinfo", "introspect", "authorize", "nothing", ""))
        path = self.one((f"/services/oauth2/{what}", f"/services/oauth2/{what}", *OPENID, *OAUTH_PAGES))
        form = (("Content-Type", "application/x-www-form-urlencoded"),)
        return Sent(self.one(("POST", "GET", "PUT")), path, self.one(FORMS), form)

    def soap(self) -> Sent:
        path = self.one(
            (
                "/services/Soap/u/59.0",
                "/services/Soap/u/x",
                "/services/Soap/u",
                "/services/Soap/c/59.0",
                "/services/Soap/u/59.0/00D",
            )
        )
        headers = (
            ("Content-Type", self.one(("text/xml", "text/xml; charset=utf-8", "application/json"))),
            ("SOAPAction", self.one(("login", "''", ""))),
        )
        return Sent(self.one(("POST", "POST", "POST", "GET")), path, self.one(ENVELOPES), headers)

    def spoil(self, sent: Sent) -> Sent:
        choice = self.random.randrange(6)
        if choice == 0 and sent.body:
            return replace(sent, body=sent.body[: self.random.randrange(len(sent.body))])
        if choice == 1 and sent.body:
            at = self.random.randrange(len(sent.body))
            return replace(sent, body=sent.body[:at] + bytes([self.random.randrange(256)]) + sent.body[at + 1 :])
        if choice == 2:
            return replace(sent, headers=(*sent.headers, self.one(ODD_HEADERS)))
        if choice == 3:
            return replace(sent, headers=(("Content-Type", self.one(TYPES)),))
        if choice == 4:
            return replace(sent, method=self.one(METHODS))
        at = self.random.randrange(1, len(sent.path) + 1)
        return replace(sent, path=sent.path[:at] + self.one(("%", "/", "?", "%2F", "&", "=", "%00")) + sent.path[at:])


def test_no_malformed_request_of_the_corpus_gets_past_the_platforms_errors(
    caller: Caller, sized: Callable[[int], int]
) -> None:
    statuses = Counter(caller.check(caller.malformer.request()).status for _ in range(sized(40_000)))
    rare = [status for status in (200, 201, 204, 400, 404, 405) if statuses[status] * 1000 < statuses.total()]
    assert not rare, f"the corpus no longer reaches the checks that it was made for: {statuses}"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=50),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(max_size=20) | st.sampled_from(sorted(AGENT_SESSION)), inner, max_size=4)
    ),
    max_leaves=12,
)


@settings(max_examples=2 * settings.default.max_examples if settings.default else 200)
@given(
    method=st.sampled_from(METHODS),
    object_name=st.sampled_from(OBJECTS[:6]) | st.text(max_size=20),
    tail=st.lists(st.sampled_from(IDS) | st.text(max_size=30), max_size=3),
    body=JSON.map(lambda value: json.dumps(value).encode()) | st.binary(max_size=200),
)
def test_no_request_that_hypothesis_finds_does(
    caller: Caller, method: str, object_name: str, tail: list[str], body: bytes
) -> None:
    path = "/".join(
        "".join(f"%{byte:02X}" for byte in part.encode("utf-8", "surrogatepass")) for part in (object_name, *tail)
    )
    caller.check(Sent(method, f"{ROOT}/sobjects/{path}", body))
