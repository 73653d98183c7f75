"""Snapshots: under names, over HTTP and in files."""

import hashlib
import json
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import requests

from chatlift.emulator import OrgHandle, mock_salesforce
from chatlift.emulator.app import create_app
from chatlift.emulator.config import OrgConfig
from chatlift.emulator.errors import UsageError
from chatlift.emulator.live import LiveOrg, live_org
from chatlift.emulator.org.counts import record_counts
from chatlift.emulator.org.org import Org
from chatlift.emulator.scenario import open_org
from chatlift.emulator.store.portable import MARK
from chatlift.emulator.wire.exchange import Settings

from .conftest import Client

FILE = {"Content-Type": "application/octet-stream"}


def names(client: Client) -> list[str]:
    answer = client.get("query?q=SELECT+LastName+FROM+Contact+ORDER+BY+LastName")
    assert answer.status_code == 200, answer.text
    return [row["LastName"] for row in answer.json()["records"]]


def add(client: Client, name: str) -> str:
    answer = client.post("sobjects/Contact", json={"LastName": name})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def search(client: Client, word: str) -> int:
    found = client.get(f"search?q=FIND+%7B{word}%7D+RETURNING+Contact(Id)")
    assert found.status_code == 200, found.text
    return len(found.json()["searchRecords"])


# --- going back ---------------------------------------------------------------------------------------------------------


def test_the_same_place_is_gone_back_to_again_and_again(client: Client) -> None:
    add(client, "Ada")
    client.org.snapshots.take("one")
    snapshot = client.org.snapshot()
    for turn in range(3):
        assert add(client, f"B{turn}") == "0035e0000000002AAA"
        client.post("sobjects/Account", json={"Name": "new table"})
        assert search(client, "Ada") == 1
        assert search(client, f"B{turn}") == 1
        client.org.snapshots.restore("one")
        assert names(client) == ["Ada"]
        assert search(client, f"B{turn}") == 0
        client.org.restore(snapshot)
        assert names(client) == ["Ada"]
        assert client.get("query?q=SELECT+Id+FROM+Account").json()["totalSize"] == 0
    client.org.reset()
    assert names(client) == []
    assert add(client, "C") == "0035e0000000001AAA"


def test_a_failed_write_after_going_back_leaves_nothing(client: Client) -> None:
    client.org.snapshots.take("one")
    client.org.snapshots.restore("one")
    records = [{"attributes": {"type": "Contact"}, "LastName": "A"}, {"attributes": {"type": "Contact"}}]
    answer = client.post("composite/sobjects", json={"allOrNone": True, "records": records}).json()
    assert [one["success"] for one in answer] == [False, False]
    assert names(client) == []
    with pytest.raises(Exception, match="no object"):
        client.org.seed({"records": [{"object": "Contact", "fields": {"LastName": "A"}}, {"object": "Nonsense"}]})
    assert names(client) == []
    add(client, "B")
    assert names(client) == ["B"]


def test_objects_and_the_clock_go_back_too(org: OrgHandle) -> None:
    client = Client(org)
    org.snapshots.take("blank")
    field = {"name": "X__c", "type": "int", "digits": 3, "custom": True}
    org.seed({"objects": [{"name": "Contact", "fields": [field]}]})
    org.clock.advance(days=3)
    assert client.post("sobjects/Contact", json={"LastName": "A", "X__c": 3}).status_code == 201
    for _ in range(2):
        org.snapshots.restore("blank")
        assert client.post("sobjects/Contact", json={"LastName": "A", "X__c": 3}).status_code == 400
        assert org.clock.now().isoformat() == "2026-06-15T12:00:00+00:00"


def test_sessions_stay_valid(client: Client) -> None:
    client.org.snapshots.take("before")
    later = client.org.token()
    client.org.snapshots.restore("before")
    client.session.headers["Authorization"] = f"Bearer {later}"
    assert names(client) == []


def test_names_and_their_bounds(org: OrgHandle) -> None:
    org.snapshots.take("one")
    org.snapshots.take("two")
    org.seed({"records": [{"object": "Contact", "fields": {"LastName": "A"}}]})
    org.snapshots.take("one")
    assert org.snapshots.names() == ["two", "one"]
    org.reset()
    assert org.snapshots.names() == ["two", "one"]
    org.snapshots.restore("one")
    assert names(Client(org)) == ["A"]
    org.snapshots.drop("one")
    for act in (org.snapshots.restore, org.snapshots.drop):
        with pytest.raises(UsageError, match="there is no snapshot 'one'"):
            act("one")
    for wrong in ("", "1", "-x", "a b", "ü", "x" * 65, "a/b"):
        with pytest.raises(UsageError, match="a snapshot's name begins with a letter"):
            org.snapshots.take(wrong)
    for number in range(99):
        org.snapshots.take(f"n{number}")
    with pytest.raises(UsageError, match="100 copies"):
        org.snapshots.take("more")


# --- files --------------------------------------------------------------------------------------------------------------


def test_a_file_carries_an_org_to_another_one(client: Client, tmp_path: Path) -> None:
    field = {"name": "X__c", "type": "int", "digits": 3, "custom": True}
    client.org.seed({"objects": [{"name": "Contact", "fields": [field]}]})
    last = [add(client, name) for name in ("Ada", "Ben", "Cy")][-1]
    client.send("PATCH", f"sobjects/Contact/{last}", json={"X__c": 7})
    search(client, "Ada")
    client.org.snapshots.take("three")
    file = tmp_path / "three.db"
    client.org.snapshots.save("three", file)
    assert [path.name for path in tmp_path.iterdir()] == ["three.db"]
    with mock_salesforce(now="2030-01-01T00:00:00Z") as other:
        assert other.snapshots.load(file) == "three"
        there = Client(other)
        assert names(there) == []
        other.snapshots.restore("three")
        assert names(there) == ["Ada", "Ben", "Cy"]
        assert there.get(f"sobjects/Contact/{last}").json()["X__c"] == 7
        assert other.clock.now().isoformat() == "2026-06-15T12:00:00+00:00"
        assert add(there, "Dee") > last  # the ids of the file are not given again
        assert (search(there, "Ada"), search(there, "Dee")) == (1, 1)
        profile = there.get("query?q=SELECT+Id+FROM+Profile+LIMIT+1").json()["records"][0]["Id"]
        assert (
            there.send("PATCH", f"sobjects/Profile/{profile}", json={"PermissionsApiEnabled": True}).status_code < 500
        )
        assert other.snapshots.load(file, "again") == "again"


def test_a_file_is_a_plain_database_without_secrets(client: Client, tmp_path: Path) -> None:
    add(client, "Ada")
    search(client, "Ada")
    grant = {"grant_type": "password", "client_id": "c", "client_secret": "s", "username": "u", "password": "p"}
    token = client.post("/services/oauth2/token", data=grant | {"scope": "refresh_token openid"}).json()
    client.org.snapshots.take("x")
    file = tmp_path / "x.db"
    client.org.snapshots.save("x", file)
    content = file.read_bytes()
    bearer = str(client.session.headers["Authorization"]).removeprefix("Bearer ")
    for secret in (bearer, token["access_token"], "PRIVATE KEY"):
        assert secret.encode() not in content
    with closing(sqlite3.connect(f"file:{file}?mode=ro&immutable=1", uri=True)) as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert database.execute('SELECT "LastName" FROM "Contact"').fetchall() == [("Ada",)]
        assert database.execute("SELECT DISTINCT type FROM sqlite_master ORDER BY 1").fetchall() == [
            ("index",),
            ("table",),
        ]
    line = json.loads(content[content.rfind(MARK) + len(MARK) :])
    assert (line["form"], line["name"], line["chatlift"]) == (1, "x", "0.1.0")


def rewritten(file: bytes, sql: str) -> bytes:
    """Return a file whose database was changed by a statement, with a checksum that fits."""
    at = file.rfind(MARK)
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as copy:
        copy.deserialize(file[:at])
        copy.execute(sql)
        return sealed(copy.serialize(), file)


def sealed(plain: bytes, file: bytes) -> bytes:
    """Return a database with the last line of a file, and a checksum that fits."""
    line = json.loads(file[file.rfind(MARK) + len(MARK) :]) | {"sha256": hashlib.sha256(plain).hexdigest()}
    return plain + MARK + json.dumps(line).encode() + b"\n"


def relined(file: bytes, **changes: Any) -> bytes:
    at = file.rfind(MARK)
    return file[:at] + MARK + json.dumps(json.loads(file[at + len(MARK) :]) | changes).encode() + b"\n"


Change = Callable[[bytes], bytes]
WRONG: dict[str, tuple[Change, str]] = {
    "nothing": (lambda file: b"", "no snapshot of ChatLift"),
    "another file": (lambda file: b"x" * 10_000, "no snapshot of ChatLift"),
    "a database": (lambda file: file[: file.rfind(MARK)], "its end is missing"),
    "a line that is no JSON": (lambda file: file[: file.rfind(MARK)] + MARK + b"{", "last line is damaged"),
    "a line of another kind": (lambda file: file[: file.rfind(MARK)] + MARK + b"[]", "last line is damaged"),
    "a changed byte": (lambda file: file[:5000] + bytes([file[5000] ^ 1]) + file[5001:], "its checksum is another one"),
    "a later form": (lambda file: relined(file, form=2, chatlift="9.9"), r"by a later ChatLift \(9.9\)"),
    "a trigger": (
        lambda file: rewritten(file, "CREATE TRIGGER t AFTER INSERT ON User BEGIN DELETE FROM User; END"),
        "neither table nor index: t",
    ),
    "a view": (lambda file: rewritten(file, "CREATE VIEW v AS SELECT 1"), "neither table nor index: v"),
    "a virtual table": (
        lambda file: rewritten(file, "CREATE VIRTUAL TABLE f USING fts5(x)"),
        "neither table nor index: f",
    ),
    "a name that is no text": (
        lambda file: sealed(file[: file.rfind(MARK)].replace(b'TABLE "_seen" (', b"TABLE _seen \xff\xff("), file),
        "cannot be read",
    ),
    "another database": (lambda file: rewritten(file, 'DROP TABLE "_meta"'), "holds no org"),
    "no administrator": (lambda file: rewritten(file, 'DELETE FROM "_meta"'), "holds no org"),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_a_file_that_is_none_is_refused(org: OrgHandle, tmp_path: Path, wrong: str) -> None:
    change, problem = WRONG[wrong]
    org.snapshots.take("x")
    file = tmp_path / "x.db"
    org.snapshots.save("x", file)
    file.write_bytes(change(file.read_bytes()))
    with pytest.raises(UsageError, match=problem):
        org.snapshots.load(file)
    assert org.snapshots.names() == ["x"]


def test_a_file_that_cannot_be_read_or_written_says_so(org: OrgHandle, tmp_path: Path) -> None:
    org.snapshots.take("x")
    with pytest.raises(UsageError, match=r"cannot read .*: No such file"):
        org.snapshots.load(tmp_path / "none")
    with pytest.raises(UsageError, match=r"cannot write .*: No such file"):
        org.snapshots.save("x", tmp_path / "none" / "x.db")


# --- over HTTP ----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def live() -> Iterator[LiveOrg]:
    with live_org() as running:
        yield running


def test_all_of_it_over_http(live: LiveOrg) -> None:
    base = f"{live.http}/_chatlift/snapshots"
    live.org.seed({"records": [{"object": "Contact", "fields": {"LastName": "Kept"}}]})
    with live.session() as session:
        made = session.post(base, json={"name": "kept"}, timeout=10).json()
        assert (made["name"], made["bytes"] > 0) == ("kept", True)
        unnamed = session.post(base, json={}, timeout=10).json()
        assert unnamed["name"] is None
        assert [one["id"] for one in session.get(base, timeout=10).json()["snapshots"]] == [made["id"], unnamed["id"]]
        live.org.reset()
        for key in (made["id"], "kept"):
            answer = session.post(f"{base}/{key}/restore", json={}, timeout=10)
            assert (answer.status_code, answer.json()) == (200, {"restored": made["id"]})
            assert session.get(f"{live.http}/_chatlift/health", timeout=10).json()["records"]["Contact"] == 1
        file = session.get(f"{base}/kept", timeout=10)
        assert (file.status_code, file.headers["Content-Type"]) == (200, "application/octet-stream")
        assert file.headers["Content-Disposition"] == 'attachment; filename="kept.chatlift.db"'
        taken = session.post(f"{base}/import?name=came", data=file.content, headers=FILE, timeout=10)
        assert (taken.status_code, taken.json()["name"]) == (200, "came")
        assert session.delete(f"{base}/came", timeout=10).json() == {"deleted": taken.json()["id"]}
        assert session.delete(f"{base}/{unnamed['id']}", timeout=10).status_code == 200
        for method, path in (("GET", "none"), ("DELETE", "none"), ("POST", "none/restore")):
            answer = session.request(method, f"{base}/{path}", json={}, timeout=10)
            assert (answer.status_code, answer.json()[0]["errorCode"]) == (404, "NOT_FOUND")
        for body in ({"name": "a b"}, {"name": 5}):
            assert session.post(base, json=body, timeout=10).status_code == 409
        assert session.post(base, json={"nonsense": 1}, timeout=10).status_code == 400
        damaged = session.post(f"{base}/import", data=file.content[:-100], headers=FILE, timeout=10)
        assert (damaged.status_code, damaged.json()[0]["errorCode"]) == (400, "INVALID_SNAPSHOT")
        assert session.post(f"{base}/import", data=file.content, timeout=10).status_code == 415
        assert session.post(f"{base}/import", json={}, timeout=10).status_code == 415
    live.org.reset()


NUMBER = {"type": "int", "digits": 3, "custom": True}
FIELD = {"name": "Contact", "fields": [{"name": "Level__c", **NUMBER}]}
MORE = {"name": "Contact", "fields": [{"name": "More__c", **NUMBER}]}
PROBE = "SELECT Id, LastName, Level__c, IsDeleted, CreatedDate, Description FROM Contact ORDER BY LastName"


def filled(handle: OrgHandle) -> dict[str, str]:
    handle.clock.set("2026-02-14T09:00:00Z")
    contacts = [
        {
            "object": "Contact",
            "ref": name,
            "fields": {"LastName": name, "Level__c": level, "Description": "long " * 6_000},
        }
        for name, level in (("Ada", 3), ("Bea", None))
    ]
    return handle.seed({"objects": [FIELD], "records": contacts})


def rows(handle: OrgHandle) -> list[dict[str, Any]]:
    session = handle.mount(requests.Session())
    session.headers["Authorization"] = f"Bearer {handle.token()}"
    answer = session.get(f"{handle.url}/services/data/v59.0/query", params={"q": PROBE})
    assert answer.status_code == 200, answer.text
    return [{name: value for name, value in row.items() if name != "attributes"} for row in answer.json()["records"]]


def handle_of(org: Org) -> OrgHandle:
    return OrgHandle(org, create_app(org, Settings(in_process=True)), "https://chatlift.my.salesforce.com")


def test_every_store_keeps_them(store_url: str) -> None:
    org = open_org(OrgConfig(database=store_url))
    try:
        handle = handle_of(org)
        filled(handle)
        before = rows(handle)
        assert [row["Level__c"] for row in before] == [3, None]
        handle.snapshots.take("one")
        for _ in range(2):
            new = {"object": "Contact", "ref": "new", "fields": {"LastName": "New", "More__c": 1}}
            made = handle.seed({"objects": [MORE], "records": [new]})
            assert len(rows(handle)) == 3
            handle.snapshots.restore("one")
            assert rows(handle) == before
            assert org.catalog.get("Contact").field("More__c") is None
        assert handle.seed({"records": [{"object": "Contact", "ref": "new", "fields": {"LastName": "New"}}]}) == made
        handle.reset()
        assert "Contact" not in record_counts(org.store, org.catalog)
    finally:
        org.close()


def test_a_file_goes_from_one_kind_of_database_to_another_and_back(postgresql_url: str, tmp_path: Path) -> None:
    file, back = tmp_path / "a.db", tmp_path / "b.db"
    with mock_salesforce() as there:
        filled(there)
        before = rows(there)
        there.snapshots.take("one")
        there.snapshots.save("one", file)
    org = open_org(OrgConfig(database=postgresql_url))
    try:
        handle = handle_of(org)
        handle.snapshots.restore(handle.snapshots.load(file))
        assert rows(handle) == before
        assert handle.administrator["Username"] == "admin@chatlift.test"
        handle.seed({"records": [{"object": "Account", "fields": {"Name": "Acme"}}]})
        handle.snapshots.take("two")
        handle.snapshots.save("two", back)
        damaged = tmp_path / "c.db"
        damaged.write_bytes(back.read_bytes()[:-500])
        with pytest.raises(UsageError, match="no snapshot"):
            handle.snapshots.load(damaged)
        assert rows(handle) == before
    finally:
        org.close()
    with mock_salesforce() as here:
        here.snapshots.restore(here.snapshots.load(back))
        assert rows(here) == before
        assert record_counts(here.org.store, here.org.catalog)["Account"] == 1


# --- one instance on one file -------------------------------------------------------------------------------------------


def test_a_second_instance_on_a_file_is_refused(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'org.db'}"
    first = open_org(OrgConfig(database=url))
    with pytest.raises(UsageError, match=r"org\.db is in use by another ChatLift; stop that one"):
        open_org(OrgConfig(database=url))
    (tmp_path / "link.db").symlink_to(tmp_path / "org.db")
    with pytest.raises(UsageError, match=r"link\.db is in use by another ChatLift"):
        open_org(OrgConfig(database=f"sqlite:///{tmp_path / 'link.db'}"))
    command = [sys.executable, "-m", "chatlift", "serve", "--port", "0", "--http-port", "0", "--db", url]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, "is in use by another ChatLift" in done.stderr) == (2, True)
    assert len(done.stderr.strip().splitlines()) == 1
    first.close()
    assert not (tmp_path / "org.db-owner").exists()
    open_org(OrgConfig(database=url)).close()


def test_an_owner_that_died_is_no_owner(tmp_path: Path) -> None:
    (tmp_path / "org.db-owner").touch()
    open_org(OrgConfig(database=f"sqlite:///{tmp_path / 'org.db'}")).close()


def test_requests_go_on_after_a_snapshot_is_put_back_in_between(live: LiveOrg) -> None:
    live.org.snapshots.take("t")
    with live.session() as session:
        session.headers["Authorization"] = f"Bearer {live.org.token()}"
        for _ in range(3):
            made = session.post(f"{live.http}/services/data/v59.0/sobjects/Contact", json={"LastName": "A"}, timeout=10)
            assert made.status_code == 201
            live.org.snapshots.restore("t")
    assert isinstance(made, requests.Response)
