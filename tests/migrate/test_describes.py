"""An org's describes as files, and an org that is made of them."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
import responses
from click.testing import CliRunner, Result

from chatlift.__main__ import main
from chatlift.fixtures.serving import Ready, serving
from chatlift.migrate.describes import without_formulas

VISIT: dict[str, Any] = {
    "name": "Visit__c",
    "fields": [
        {"name": "Key__c", "type": "string", "length": 20, "externalId": True, "unique": True, "defaultValue": "k"},
        {"name": "Chat__c", "type": "reference", "referenceTo": ["LiveChatTranscript"], "childRelationshipName": "Stays__r",
         "nillable": False, "cascadeDelete": True},
        {"name": "State__c", "type": "picklist", "restrictedPicklist": True, "picklistValues": ["New", {"value": "Old", "label": "Gone"}]},
        {"name": "Place__c", "type": "location"},
    ],
    "recordTypes": [{"developerName": "Short", "name": "A short one"}, {"developerName": "Long", "default": True}],
}  # fmt: skip
MOOD = {
    "name": "LiveChatTranscript",
    "fields": [{"name": "Mood__c", "type": "double", "precision": 5, "scale": 2, "defaultValue": 1.5}],
}


def describe(org: Ready, name: str) -> Any:
    with requests.Session() as session:
        session.verify = org.ca
        answer = session.get(
            f"{org.http}/services/data/v62.0/sobjects/{name}/describe", headers=bearer(org), timeout=30
        )
    return json.loads(answer.text.replace(org.http, ""))


def bearer(org: Ready) -> dict[str, str]:
    return {"Authorization": f"Bearer {token(org)}"}


def token(org: Ready) -> str:
    form = {"grant_type": "password", "client_id": "c", "client_secret": "s", "username": "u", "password": "p"}
    return str(requests.post(f"{org.http}/services/oauth2/token", data=form, timeout=30).json()["access_token"])


def run(*arguments: str, token: str = "") -> Result:
    return CliRunner().invoke(main, ["describe", "import", *arguments], env={"CHATLIFT_SOURCE_TOKEN": token})


@pytest.fixture(scope="module")
def org(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ready]:
    folder = tmp_path_factory.mktemp("objects")
    (folder / "all.json").write_text(json.dumps([VISIT, MOOD]))
    with serving("--objects", str(folder)) as ready:
        yield ready


def test_an_orgs_schema_goes_round(org: Ready, tmp_path: Path) -> None:
    done = run(org.http, "--out", str(tmp_path / "d"), token=token(org))
    assert (done.exit_code, done.stderr) == (0, "")
    with serving("--objects", str(tmp_path / "d")) as other:
        with requests.Session() as session:
            names = [
                [entry["name"] for entry in session.get(f"{one.http}/services/data/v62.0/sobjects", headers=bearer(one), timeout=30).json()["sobjects"]]
                for one in (org, other)
            ]  # fmt: skip
        assert names[0] == names[1] and "Visit__c" in names[0]
        assert done.stdout == f"{len(names[0])} describes written to {tmp_path / 'd'}, 0 were there\n"
        for name in names[0]:
            assert describe(other, name) == describe(org, name), name


def test_an_import_goes_on_where_it_stopped_with_the_same_bytes(org: Ready, tmp_path: Path) -> None:
    folder, given = tmp_path / "d", token(org)
    names = ["--object", "Visit__c", "--object", "case"]
    assert run(org.http, "--out", str(folder), *names, token=given).stdout.startswith("2 describes written")
    before = {file.name: file.read_bytes() for file in folder.iterdir()}
    assert sorted(before) == [".origin.json", "Case.json", "Visit__c.json"]
    (folder / "Case.json").write_bytes(before["Case.json"][:100])
    again = run(org.http, "--out", str(folder), *names, token=given)
    assert again.stdout == f"1 describes written to {folder}, 1 were there\n"
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == before


@pytest.mark.parametrize(
    ("arguments", "given", "code", "problem"),
    [
        (["http://org.test", "--out", "d"], "t", 2, "is not encrypted"),
        (["https://org.test", "--out", "d"], "", 2, "no access token"),
        (["{http}", "--out", "d"], "wrong", 1, "refuses the access token"),
        (["{http}", "--out", "d", "--object", "Nope__c"], "{token}", 2, "the org has no object Nope__c"),
        (["{http}", "--out", "d", "--object", "../x"], "{token}", 1, "is no name of an object"),
        (["{http}", "--out", "other"], "{token}", 2, "is not empty"),
    ],
)
def test_what_cannot_be_imported_is_said_in_one_line(
    org: Ready, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    arguments: list[str], given: str, code: int, problem: str,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "mine.txt").write_text("mine")
    done = run(*(word.format(http=org.http) for word in arguments), token=given.format(token=token(org)))
    assert done.exit_code == code
    assert problem in done.stderr and done.stderr.count("\n") == 1
    assert not (tmp_path / "x.json").exists()


@responses.activate
def test_names_from_an_org_are_no_paths(tmp_path: Path) -> None:
    responses.get("https://org.test/services/data/", json=[{"url": "/services/data/v62.0"}])
    responses.get("https://org.test/services/data/v62.0/sobjects", json={"sobjects": [{"name": "../evil"}]})
    done = run("https://org.test", "--out", str(tmp_path / "d"), token="t")
    assert (done.exit_code, "is no name of an object" in done.stderr) == (1, True)
    assert not (tmp_path / "evil.json").exists()


def test_formulas_can_be_left_out_by_name() -> None:
    fields = [
        {"name": "A__c", "custom": True, "calculated": True},
        {"name": "IsNew", "custom": False, "calculated": True},
        {"name": "B__c", "custom": True, "defaultValueFormula": "TODAY()"},
        {"name": "C__c", "custom": True, "defaultValueFormula": '"x"'},
    ]
    described, named = without_formulas({"name": "V__c", "fields": fields})
    assert named == ["V__c.A__c", "V__c.B__c (default value)"]
    assert described["fields"] == [fields[1], {**fields[2], "defaultValueFormula": None}, fields[3]]
