"""Dry runs: what a load would meet in an org that is only read."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
import requests

from chatlift.emulator.config import OrgConfig
from chatlift.emulator.live import LiveOrg, live_org
from chatlift.emulator.objects import read_objects
from chatlift.migrate import Plan
from chatlift.migrate import loading as loads
from chatlift.migrate.dry.rehearse import rehearse
from chatlift.migrate.dry.schema import schema_of
from chatlift.migrate.load.loader import Options
from chatlift.migrate.port import Org
from chatlift.migrate.run import run
from chatlift.schemas.catalog import shipped
from chatlift.schemas.ids import normalize

Command = Callable[..., tuple[int, str, str]]
RULES = [
    {"name": "MessagingSession", "fields": [{"name": "Region__c", "type": "reference", "referenceTo": ["Area__c"]}]},
    {"name": "Area__c", "fields": [{"name": "Size__c", "type": "double"}]},
]


def token_file(live: LiveOrg, folder: Path, user: str = "u") -> Path:
    form = {"grant_type": "password", "username": user, "password": "p", "client_id": "x", "client_secret": "y"}
    answer = live.session().post(f"{live.http}/services/oauth2/token", data=form).json()
    (folder / "token").write_text(answer["access_token"])
    return folder / "token"


def records(live: LiveOrg) -> dict[str, int]:
    counts: dict[str, int] = live.session().get(f"{live.http}/_chatlift/health").json()["records"]
    return counts


def written_to(live: LiveOrg) -> list[str]:
    """What came to an org since the log was emptied and was no GET."""
    told = live.session().get(f"{live.http}/_chatlift/requests", params={"limit": 1000}).json()["requests"]
    return [f"{one['method']} {one['path']}" for one in told if one["method"] != "GET"]


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package for the support day."""
    from importlib.util import module_from_spec, spec_from_file_location

    folder = tmp_path_factory.mktemp("package")
    spec = spec_from_file_location("support", Path(__file__).with_name("conftest.py"))
    assert spec and spec.loader
    support = module_from_spec(spec)
    spec.loader.exec_module(support)
    run(support.write_folder(folder / "source", support.support_tables()), folder / "out", Plan())
    loads.package_from(folder / "out", folder / "package", ("file",))
    return folder / "package"


@pytest.fixture(scope="module")
def served(package: Path) -> Iterator[LiveOrg]:
    """An org with the package and a rule of its own: one org for all tests, reset for each."""
    with live_org(OrgConfig(objects=(*read_objects(str(package)), *RULES))) as live:
        yield live


@pytest.fixture
def org(served: LiveOrg) -> LiveOrg:
    assert served.session().post(f"{served.http}/_chatlift/reset", json={}).status_code == 200
    return served


def told(work: Path) -> dict[str, Any]:
    document: dict[str, Any] = orjson.loads((work / "dry-run" / "load.json").read_bytes())
    return document


def problems(work: Path) -> list[dict[str, Any]]:
    return [orjson.loads(line) for line in (work / "dry-run" / "problems.jsonl").read_bytes().splitlines()]


def inserted(work: Path) -> dict[str, tuple[int, int, int, int]]:
    return {
        name: (one["inserted"], one["updated"], one["same"], one["failed"])
        for name, one in told(work)["accounts"].items()
    }


def test_a_dry_run_writes_nothing_and_tells_what_a_load_then_does(
    chatlift: Command, source: Path, tmp_path: Path, org: LiveOrg
) -> None:
    work = tmp_path / "work"
    token = ("--target-token-file", token_file(org, tmp_path), "--work", work, "--workers", 1)
    before = records(org)
    org.session().delete(f"{org.http}/_chatlift/requests")
    status, out, err = chatlift("migrate", source, org.http, "--dry-run", *token)
    assert (status, err) == (0, "")
    assert f"dry run: nothing was written to {org.http}; report: {work / 'dry-run' / 'load.html'}" in out
    assert (written_to(org), records(org)) == ([], before)
    document = told(work)
    assert (document["dryRun"], document["assumedPackage"], document["findings"]) == (True, "", [])
    page = (work / "dry-run" / "load.html").read_text()
    assert "Dry run of a load into http" in page
    assert "rollback" not in page
    # Nothing of it is taken for a load.
    assert sorted(path.name for path in work.iterdir()) == ["dry-run"]
    assert chatlift("migrate", "retry", work / "dry-run")[0] == 2
    assert chatlift("migrate", "verify", work / "dry-run", *token[:2])[0] == 2
    # The load does what was told, with about as many calls.
    foretold, calls = inserted(work), document["allowances"]["DailyApiRequests"]["needed"]
    org.session().delete(f"{org.http}/_chatlift/requests")
    assert chatlift("migrate", source, org.http, *token)[0] == 0
    loaded = orjson.loads((work / "load.json").read_bytes())
    assert foretold == {
        name: (one["inserted"], one["updated"], one["same"], one["failed"]) for name, one in loaded["accounts"].items()
    }
    made = org.session().get(f"{org.http}/_chatlift/requests", params={"limit": 1000}).json()["requests"]
    assert abs(len(made) - calls) <= 8
    # A second dry run knows what the load made, by its journal; the journal stays as it is.
    api, user = f"{org.http}/services/data/v60.0", org.session()
    user.headers["Authorization"] = f"Bearer {Path(token[1]).read_text()}"
    query = "SELECT Id FROM MessagingSession WHERE Legacy_Transcript_Id__c = '570000000000001AAA'"
    session = user.get(f"{api}/query", params={"q": query}).json()["records"][0]["Id"]
    user.patch(f"{api}/sobjects/MessagingSession/{session}", json={"Legacy_Ip_Address__c": "198.51.100.9"})
    rows = (source / "LiveChatTranscript.csv").read_text().replace("Firefox 120", "Firefox 121", 1)
    (source / "LiveChatTranscript.csv").write_text(rows.replace(",Completed,", ",Missed,", 1))
    kept, before = (work / "journal.db").read_bytes(), records(org)
    org.session().delete(f"{org.http}/_chatlift/requests")
    assert chatlift("migrate", "run", source, org.http, "--dry-run", *token)[0] == 0
    assert inserted(work)["MessagingSession"] == (0, 1, 5, 0)
    assert inserted(work)["ContentVersion json"] == (0, 1, 5, 0)
    assert ((work / "journal.db").read_bytes(), records(org), written_to(org)) == (kept, before, [])
    assert "rollback" in (work / "load.html").read_text()


def test_rules_of_the_target_are_checked_row_by_row(
    chatlift: Command, source: Path, tmp_path: Path, package: Path, export: Any
) -> None:
    rules = [
        {
            "name": "MessagingSession",
            "fields": [
                {"name": "Rating__c", "type": "picklist", "restrictedPicklist": True, "picklistValues": ["4"]},
                {"name": "Region__c", "type": "string", "length": 10, "nillable": False},
            ],
        }
    ]
    documents = read_objects(str(package))
    for document in documents:
        document["fields"] = [one for one in document["fields"] if one["name"] != "Rating__c"]
    work = tmp_path / "work"
    with live_org(OrgConfig(objects=(*documents, *rules))) as live:
        token = ("--target-token-file", token_file(live, tmp_path))
        status, out, _ = chatlift(
            "migrate", "run", source, live.http, "--dry-run", "--work", work, "--workers", 1, *token
        )
        assert (status, written_to(live)) == (3, ["POST /services/oauth2/token"])
        assert "each of them with its reason" in out
        assert records(live).get("MessagingSession", 0) == 0
    refused = [one for one in problems(work) if one["object"] == "MessagingSession"]
    assert len(refused) == 6
    assert {one["state"] for one in refused} == {"failed"}
    assert "REQUIRED_FIELD_MISSING" in refused[0]["reason"]
    assert "before the load" in refused[0]["remedy"]
    assert refused[0]["row"]["Legacy_Transcript_Id__c"] == "570000000000001AAA"
    assert {one["state"] for one in problems(work) if one["object"] == "ContentVersion html"} == {"blocked"}


def test_rights_of_the_user_are_checked(chatlift: Command, source: Path, tmp_path: Path, org: LiveOrg) -> None:
    seed = {
        "records": [{"object": "User", "fields": {"Username": "loader@x.test", "LastName": "L"}}],
        "permissions": [
            {"profile": "Standard User", "users": ["loader@x.test"], "objects": {"MessagingSession": "R", "Lead": ""}}
        ],
    }
    assert org.session().post(f"{org.http}/_chatlift/seed", json=seed).status_code == 200
    work = tmp_path / "work"
    token = ("--target-token-file", token_file(org, tmp_path, "loader@x.test"))
    words = ("migrate", "run", source, org.http, "--dry-run", "--work", work, "--workers", 1, *token)
    assert chatlift(*words)[0] == 3
    refused = [one["reason"] for one in problems(work) if one["object"] == "MessagingSession"]
    assert len(refused) == 6
    assert "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY" in refused[0]
    seed = {"permissions": [{"profile": "Standard User", "fields": {"MessagingSession.Rating__c": "read"}}]}
    assert org.session().post(f"{org.http}/_chatlift/seed", json=seed).status_code == 200
    status, _, err = chatlift(*words)
    assert status == 2
    assert "the token's user may not write MessagingSession.Rating__c" in err
    # With the permission set of the package he could do both.
    assert chatlift(*words, "--assume-package")[0] == 0
    assert "may not write" in told(work)["assumedPackage"]


def test_an_org_without_the_package_is_refused_as_by_a_load_unless_it_is_assumed(
    chatlift: Command, source: Path, tmp_path: Path
) -> None:
    work = tmp_path / "work"
    with live_org() as live:
        token = ("--target-token-file", token_file(live, tmp_path))
        words = ("migrate", "run", source, live.http, "--dry-run", "--work", work, "--workers", 1, *token)
        status, _, err = chatlift(*words)
        assert status == 2
        assert f"deploy the package {work}/dry-run/package first" in err
        assert "or add --assume-package" in err
        status, out, err = chatlift(*words, "--assume-package")
        assert (status, err) == (0, "")
        assert f"as if the package were deployed: {live.http} lacks MessagingEndUser.Legacy_" in out
        assert inserted(work)["MessagingSession"] == (6, 0, 0, 0)
        assert inserted(work)["Legacy_Agent_Session__c"] == (2, 0, 0, 0)
        assert "As if the package were deployed." in (work / "dry-run" / "load.html").read_text()


def test_limits_of_the_target_are_in_force_and_the_rest_is_checked_all_the_same(
    chatlift: Command, source: Path, tmp_path: Path, org: LiveOrg
) -> None:
    work = tmp_path / "work"
    token = ("--target-token-file", token_file(org, tmp_path))
    org.session().put(f"{org.http}/_chatlift/limits", json={"DailyApiRequests": 70})
    status, out, err = chatlift("migrate", "run", source, org.http, "--dry-run", "--work", work, "--workers", 1, *token)
    assert status == 1
    assert "the load would stop after" in err
    assert "that are left: not enough" in out
    assert inserted(work)["ContentVersion archive"] == (1, 0, 0, 0)


def test_records_that_are_there_are_met(chatlift: Command, source: Path, tmp_path: Path, org: LiveOrg) -> None:
    """Without a journal: what is there is found by its keys, with owners, parents and files."""
    work = tmp_path / "work"
    seed = {
        "records": [
            {"object": "User", "fields": {"Id": "005000000000001AAA", "Username": "dana@x.test", "LastName": "Kern"}},
            {"object": "Case", "fields": {"Id": "500000000000001AAA"}},
        ]
    }
    assert org.session().post(f"{org.http}/_chatlift/seed", json=seed).status_code == 200
    token = ("--target-token-file", token_file(org, tmp_path), "--workers", 1)
    assert chatlift("migrate", "run", source, org.http, "--work", tmp_path / "real", *token)[0] == 0
    rows = (source / "LiveChatTranscript.csv").read_text()
    (source / "LiveChatTranscript.csv").write_text(rows.replace("2026-03-02 09:06:00", "2026-03-02 09:07:00", 1))
    before = records(org)
    org.session().delete(f"{org.http}/_chatlift/requests")
    words = ("migrate", "run", source, org.http, "--dry-run", "--work", work, *token)
    assert chatlift(*words)[::2] == (0, "")
    assert inserted(work)["MessagingSession"] == (0, 0, 6, 0)
    assert inserted(work)["ContentVersion html"] == (0, 1, 5, 0)
    assert [one["reason"] for one in problems(work)] == ["differs in fields that can be set on insert only: EndTime"]
    assert not [note for note in told(work)["notes"] if note["note"].startswith(("owner", "not checked"))]
    assert chatlift(*words, "--replace")[0] == 0
    assert told(work)["accounts"]["MessagingSession"]["replaced"] == 1
    assert (records(org), written_to(org)) == (before, [])


def test_wrong_use_is_one_line(
    chatlift: Command, source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHATLIFT_TARGET_TOKEN", "x")
    for words, problem in (
        (("out", "--dry-run"), "--dry-run goes with an org as the target"),
        (("https://example.test", "--assume-package"), "--assume-package goes with --dry-run"),
        (("https://example.test", "--dry-run", "--since", "last"), "--since keeps what it read"),
    ):
        status, out, err = chatlift("migrate", source, *words)
        assert (status, out) == (2, "")
        assert problem in err
    assert not (tmp_path / "out").exists()


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_the_private_org_ends_with_the_dry_run(source: Path, tmp_path: Path, org: LiveOrg, number: int) -> None:
    home = tmp_path / "tmp"
    home.mkdir()
    words = [sys.executable, "-m", "chatlift", "migrate", "run", str(source), org.http, "--dry-run", "--workers", "1"]
    environment = {
        **os.environ, "CHATLIFT_TARGET_TOKEN": token_file(org, tmp_path).read_text(), "TMPDIR": str(home), "SECRET": "s",
    }  # fmt: skip
    process = subprocess.Popen(
        words, cwd=tmp_path, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    ready: list[Path] = []
    while not ready and process.poll() is None:
        ready = list(home.glob("chatlift-dry-run-*/ready.json"))
    told = json.loads(ready[0].read_bytes())
    secrets = Path(f"/proc/{told['pid']}/environ")
    if secrets.exists():
        held = secrets.read_bytes()
        assert b"SECRET" not in held
        assert b"CHATLIFT_TARGET_TOKEN" not in held
    process.send_signal(number)
    process.wait(timeout=60)
    while True:
        try:
            requests.get(f"{told['http']}/_chatlift/health", timeout=5)
        except requests.RequestException:
            break
    assert process.returncode != 0


class Told:
    """An org that answers describes and nothing else."""

    url = "https://example.test"

    def __init__(self, describes: dict[str, Any]) -> None:
        self.describes = describes

    def describe(self, name: str) -> dict[str, Any] | None:
        return self.describes.get(name)


def test_what_a_describe_cannot_tell_is_named(org: LiveOrg, tmp_path: Path) -> None:
    api = Org(org.http, token_file(org, tmp_path).read_text())
    names = ("MessagingSession", "MessagingEndUser", "Conversation", "User", "ContentVersion")
    describes = {name: api.describe(name) for name in names}
    session = describes["MessagingSession"]
    assert session is not None
    usual = next(one for one in session["fields"] if one["name"] == "Legacy_Name__c")
    odd: list[dict[str, Any]] = [
        {"name": "Computed__c", "nillable": False, "defaultValueFormula": "TODAY()"},
        {"name": "Filled__c", "nillable": False, "createable": False, "updateable": False},
        {
            "name": "Elsewhere__c",
            "type": "reference",
            "referenceTo": ["Nowhere__c"],
            "relationshipName": "Elsewhere__r",
        },
        {"name": "Strange__c", "type": "newtype"},
        {"name": "Sum__c", "calculated": True, "calculatedFormula": "1+1"},
    ]
    session["fields"] += [usual | one for one in odd]
    session["fields"] = [one for one in session["fields"] if one["name"] != "AcceptTime"]
    session["deletable"] = False
    session["recordTypeInfos"] = [{"name": "Web", "master": False, "active": True}]
    schema = schema_of(Told(describes), [], frozenset())  # type: ignore[arg-type]
    found = {(name, field) for name, field, _ in schema.unchecked}
    assert found >= {("MessagingSession", f"{name}__c") for name in ("Computed", "Elsewhere", "Strange")}
    assert (schema.rights["MessagingSession"], schema.rights["Account"]) == ("CER", "")
    served = shipped().extended(schema.documents).get("MessagingSession")
    fields = {name: served.field(name) for name in ("Computed__c", "Filled__c", "AcceptTime", "Strange__c", "Sum__c")}
    assert [one and (one.createable, one.nillable) for one in fields.values()] == [
        (True, True), (False, True), (False, True), None, None,
    ]  # fmt: skip


def test_an_org_that_lets_conversations_be_made_is_rehearsed_as_such(
    chatlift: Command, source: Path, tmp_path: Path, package: Path
) -> None:
    work = tmp_path / "work"
    with live_org(OrgConfig(objects=tuple(read_objects(str(package))), permissive_messaging=True)) as live:
        token = ("--target-token-file", token_file(live, tmp_path))
        status, _, err = chatlift(
            "migrate", "run", source, live.http, "--dry-run", "--work", work, "--workers", 1, *token
        )
    assert (status, err) == (0, "")
    assert inserted(work)["Conversation"] == (6, 0, 0, 0)
    assert inserted(work)["ConversationEntry"][0] > 6
    assert not [note for note in told(work)["notes"] if note["note"].startswith("not checked")]


class OtherPrefix(Org):
    """An org whose metrics have ids with a key prefix that is not the private org's: it is not public."""

    def query(self, soql: str, with_deleted: bool = False) -> Iterator[dict[str, Any]]:
        for row in super().query(soql, with_deleted):
            if "FROM MessagingSessionMetrics" in soql:
                row["Id"] = normalize(f"1zZ{row['Id'][3:15]}")
            yield row


def test_bulk_uploads_are_counted_and_records_with_an_unknown_key_prefix_met(
    source: Path, tmp_path: Path, org: LiveOrg
) -> None:
    def folder(place: Path) -> int:
        return run(source, place, Plan()).exit_code

    def quiet(step: str, done: int, total: int) -> None:
        """No progress."""

    token = token_file(org, tmp_path).read_text()
    bulk = rehearse(folder, Org(org.http, token), tmp_path / "work", Plan(), Options(bulk_rows=6), quiet)
    assert (bulk.exit_code, bulk.document["accounts"]["MessagingSession"]["inserted"]) == (0, 6)
    assert (
        bulk.document["allowances"]["bulkUploads"],
        bulk.document["allowances"]["DailyBulkApiBatches"]["needed"],
    ) == (2, 2)
    loads.load("x", folder, Org(org.http, token), tmp_path / "real", Plan(), Options(), quiet, checks=False)
    seen = rehearse(folder, OtherPrefix(org.http, token), tmp_path / "work", Plan(), Options(), quiet)
    assert (seen.exit_code, seen.findings) == (0, [])
    assert seen.document["accounts"]["MessagingSessionMetrics"]["same"] == 16
