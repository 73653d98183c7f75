"""django-salesforce, unchanged, over HTTPS on a real socket: the integration tests that it ships, and models of our own."""

import importlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("salesforce", reason="make clients runs it")

pytestmark = pytest.mark.clients

HERE = Path(__file__).with_name("django_salesforce")
OWN_SETTINGS = """
INSTALLED_APPS = ["django.contrib.contenttypes", "salesforce", "desk"]
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"
USE_TZ = True
SECRET_KEY = "none"
"""
ITS_SETTINGS = """
from salesforce.testrunner.settings import *
SF_EXAMPLE_CUSTOM_INSTALLED = True
{shown}
DATABASES["other"] = DATABASES["salesforce"] | {{"USER": "other@chatlift.test"}}
DATABASES["default"]["NAME"] = ":memory:"
"""
ITS_TESTS = (
    "salesforce.tests.test_auth",
    "salesforce.tests.test_basic",
    "salesforce.tests.test_browser",
    "salesforce.tests.test_bulk",
    "salesforce.tests.test_documents",
    "salesforce.tests.test_integration",
    "salesforce.tests.test_utils",
)
SKIPPED = {"Beatbox needs to be installed in order to run this test."}
"""Beatbox is a SOAP client for Python 2."""


# --- its own tests


def test_the_integration_tests_that_it_ships_pass(
    org: dict[str, Any],
    steer: Callable[..., Any],
    snippets: Callable[[str, str], list[str]],
    trust: dict[str, str],
    tmp_path: Path,
) -> None:
    steer("PUT", "clock", {"now": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"), "frozen": False})
    leads = [{"object": "Lead", "fields": {"LastName": f"L{number}", "Company": "C"}} for number in range(2001)]
    scenario = json.loads((HERE / "scenario.json").read_text())
    steer("POST", "seed", scenario | {"records": scenario["records"] + leads})
    (shown,) = snippets("django-salesforce", "python")
    (tmp_path / "shown.py").write_text(ITS_SETTINGS.format(shown=shown))
    done = subprocess.run(
        [sys.executable, "-m", "django", "test", "--verbosity", "2", "--settings", "shown", *ITS_TESTS],
        cwd=tmp_path,
        env=trust,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert int(re.findall(r"^Ran (\d+) tests", done.stderr, re.M)[0]) > 90
    assert set(re.findall(r"skipped [\"'](.*)[\"']$", done.stderr, re.M)) <= SKIPPED


# --- models of our own


@pytest.fixture(scope="module")
def desk(
    snippets: Callable[[str, str], list[str]],
    trust: dict[str, str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Any:
    """The models, in a Django whose settings are those that docs/clients.md shows."""
    folder = tmp_path_factory.mktemp("site")
    (shown,) = snippets("django-salesforce", "python")
    (folder / "site_settings.py").write_text(shown + OWN_SETTINGS)
    sys.path[:0] = [str(folder), str(HERE)]
    os.environ |= {"DJANGO_SETTINGS_MODULE": "site_settings", "REQUESTS_CA_BUNDLE": trust["REQUESTS_CA_BUNDLE"]}
    importlib.import_module("django").setup()
    return importlib.import_module("desk.models")


@pytest.fixture
def connection(desk: Any, org: dict[str, Any]) -> Any:
    """The raw connection of the client, logged in."""
    found = importlib.import_module("django.db").connections["salesforce"]
    found.cursor()
    return found.connection


@pytest.fixture
def refused(desk: Any, connection: Any) -> type[Exception]:
    error: type[Exception] = importlib.import_module("salesforce").SalesforceError
    return error


def transcript(desk: Any, **values: Any) -> Any:
    visitor = desk.LiveChatVisitor.objects.create()
    return desk.LiveChatTranscript.objects.create(visitor=visitor, **values)


@pytest.mark.parametrize("auth", ["SalesforcePasswordAuth", "SalesforceClientCredentialsAuth"])
def test_every_login_gives_a_session(connection: Any, org: dict[str, Any], auth: str) -> None:
    module = importlib.import_module("salesforce.auth")
    settings = connection.settings_dict | {"USER": "admin@chatlift.test"}
    found = getattr(module, auth)("salesforce", settings).authenticate()
    assert found["instance_url"] == org["https"]
    assert found["access_token"].startswith("00D")


def test_its_soap_login_asks_for_a_version_without_login(connection: Any) -> None:
    module = importlib.import_module("salesforce.auth")
    settings = connection.settings_dict | {"USER": "admin@chatlift.test"}
    login = module.SimpleSfPasswordAuth("salesforce", settings)
    with pytest.raises(importlib.import_module("salesforce.dbapi.exceptions").SalesforceAuthError, match="SOAP Login"):
        login.authenticate()


def test_a_transcript_is_created_read_changed_and_deleted(desk: Any, connection: Any) -> None:
    text = '<p align="center">Agent Ada</p>( 4s ) Ada: ¿5 < 6? It&#39;s 😀<br>line two\nline three<br>'
    begun = datetime(2026, 6, 15, 11, 0, 0, tzinfo=UTC)
    made = transcript(desk, status="Completed", body=text, chat_key="k'1", start_time=begun)
    assert len(made.pk) == 18
    read = desk.LiveChatTranscript.objects.select_related("visitor").get(chat_key="k'1")
    assert (read.pk, read.body, read.status, read.start_time) == (made.pk, text, "Completed", begun)
    assert (read.name, bool(read.visitor.name)) == ("00000001", True)
    read.status, read.body = "Missed", None
    read.save()
    changed = desk.LiveChatTranscript.objects.get(pk=made.pk)
    assert (changed.status, changed.body, changed.chat_key) == ("Missed", None, "k'1")
    changed.delete()
    assert not desk.LiveChatTranscript.objects.filter(pk=made.pk).exists()
    assert desk.LiveChatTranscript.objects.query_all().filter(pk=made.pk).exists()


def test_events_are_made_in_bulk_and_counted_by_type(desk: Any, connection: Any) -> None:
    made = transcript(desk)
    other = transcript(desk, status="Missed")
    event = desk.LiveChatTranscriptEvent
    times = [datetime(2026, 6, 15, 11, 0, second, tzinfo=UTC) for second in range(3)]
    kinds = ("ChatRequest", "Accept", "EndAgent")
    event.objects.bulk_create(
        event(transcript=made, type=kind, time=time) for kind, time in zip(kinds, times, strict=True)
    )
    event.objects.create(transcript=other, type="ChatRequest", time=times[0])
    assert [one.type for one in made.events.order_by("time")] == list(kinds)
    assert event.objects.filter(transcript__status="Missed").count() == 1
    models = importlib.import_module("django.db.models")
    counted = event.objects.order_by().values("type").annotate(n=models.Count("pk"))
    assert {row["type"]: row["n"] for row in counted} == {"ChatRequest": 2, "Accept": 1, "EndAgent": 1}
    assert event.objects.filter(time__range=(times[1], times[2])).count() == 2
    assert desk.LiveChatTranscript.objects.filter(status="Missed").update(body="nobody came") == 1
    assert desk.LiveChatTranscript.objects.get(status="Missed").body == "nobody came"
    assert event.objects.filter(transcript=made).delete()[0] == 3


def test_pages_are_followed(desk: Any, connection: Any) -> None:
    for start in range(0, 2200, 200):
        desk.Contact.objects.bulk_create(desk.Contact(last_name=f"C{start + n:04}") for n in range(200))
    assert [contact.last_name for contact in desk.Contact.objects.order_by("last_name")] == [
        f"C{number:04}" for number in range(2200)
    ]
    assert desk.Contact.objects.count() == 2200


def test_describes_make_models(connection: Any, capsys: pytest.CaptureFixture[str]) -> None:
    call = importlib.import_module("django.core.management").call_command
    call("inspectdb", "LiveChatTranscript", "LiveChatVisitor", database="salesforce")
    written = capsys.readouterr().out
    assert "class LiveChatTranscript(models.Model):" in written
    assert re.search(r"live_chat_visitor = models.ForeignKey\('?LiveChatVisitor'?, ", written)
    assert re.search(r"^    body = models.TextField\(.*blank=True, null=True\)", written, re.M)
    compile(written, "models.py", "exec")


def test_an_upsert_goes_through_the_raw_connection(desk: Any, connection: Any, external_ids: None) -> None:
    visitor = desk.LiveChatVisitor.objects.create()
    path = "sobjects/LiveChatTranscript/Legacy_Id__c/k1"
    made = connection.handle_api_exceptions("PATCH", path, json={"LiveChatVisitorId": visitor.pk})
    changed = connection.handle_api_exceptions("PATCH", path, json={"Body": "new"})
    assert (made.status_code, made.json()["created"]) == (201, True)
    assert (changed.status_code, changed.json()["id"]) == (200, made.json()["id"])
    assert desk.LiveChatTranscript.objects.get(pk=made.json()["id"]).body == "new"


def test_a_refusal_has_the_platforms_code(desk: Any, connection: Any, refused: type[Exception]) -> None:
    made = transcript(desk)

    def wrong_status() -> None:
        transcript(desk, status="Finished")

    def nobody() -> None:
        desk.LiveChatTranscript.objects.create(visitor_id="5ZVnobody")

    def unknown_field() -> None:
        list(desk.Contact.objects.raw("SELECT Id, Nonsense FROM Contact"))

    def no_field() -> None:
        connection.handle_api_exceptions("PATCH", f"sobjects/LiveChatTranscript/{made.pk}", json={"Nonsense": 1})

    def unknown_type() -> None:
        connection.handle_api_exceptions("GET", "sobjects/Nonsense/describe")

    for call, code in (
        (wrong_status, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"),
        (nobody, "MALFORMED_ID"),
        (unknown_field, "INVALID_FIELD"),
        (no_field, "INVALID_FIELD"),
        (unknown_type, "NOT_FOUND"),
    ):
        with pytest.raises(refused) as caught:
            call()
        data: Any = caught.value
        assert data.data[0]["errorCode"] == code


def test_a_session_that_ended_is_renewed(desk: Any, connection: Any) -> None:
    transcript(desk)
    importlib.import_module("salesforce.auth").oauth_data["salesforce"]["access_token"] += "gone"
    assert desk.LiveChatTranscript.objects.count() == 1
