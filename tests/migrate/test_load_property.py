"""Whatever a legacy chat holds: migrate it into an org, restore it from there, and it is the same to the byte."""

import shutil
from collections.abc import Iterator
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chatlift.emulator.config import OrgConfig
from chatlift.emulator.live import LiveOrg, live_org
from chatlift.emulator.objects import read_objects
from chatlift.migrate import Plan
from chatlift.migrate.load.loader import Options
from chatlift.migrate.load.reclaim import reclaim
from chatlift.migrate.loading import load, package_from
from chatlift.migrate.port import Org
from chatlift.migrate.restore import restore_to
from chatlift.migrate.run import run

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=60)
HOSTILE = st.sampled_from(
    [
        "",
        " ",
        " x ",
        "a\r\nb",
        "\r",
        "#N/A",
        "'",
        "\\",
        "<script>alert(1)</script>",
        "&amp;&#39;",
        "=1+1",
        "\ufeff",
        "null",
        "00570",
    ]
)
LINE = st.builds(
    "( {}s ) {}: {}<br>".format, st.integers(0, 4000), st.sampled_from(["Dana K", "Visitor", "A: b"]), TEXT
)
BODY = st.one_of(
    st.just(""),
    TEXT,
    st.lists(LINE, max_size=4).map("".join).map(lambda lines: "%s" + lines),
)


@pytest.fixture(scope="module")
def day() -> ModuleType:
    """The support day of the migration's tests."""
    spec = spec_from_file_location("support_day", Path(__file__).with_name("conftest.py"))
    assert spec and spec.loader
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def live(day: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveOrg]:
    place = tmp_path_factory.mktemp("package")
    run(day.write_folder(place / "source", day.support_tables()), place / "out", Plan())
    package_from(place / "out", place / "package", ("file",))
    with live_org(OrgConfig(objects=tuple(read_objects(str(place / "package"))))) as live:
        yield live


def quiet(step: str, done: int, total: int) -> None:
    """No progress."""


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(
    chats=st.lists(
        st.fixed_dictionaries(
            {
                "Body": BODY,
                "SupervisorTranscriptBody": st.one_of(st.just(""), BODY),
                "Browser": st.one_of(HOSTILE, TEXT),
                "Location": st.one_of(HOSTILE, TEXT),
                "Rating__c": st.one_of(HOSTILE, TEXT),
                "ChatKey": st.one_of(HOSTILE, TEXT),
                "EndTime": st.sampled_from(["", "2026-03-02 09:06:00", "2026-03-02T09:06:00.123Z"]),
                "Status": st.sampled_from(["Completed", "Missed", "Dropped", "InProgress", "Odd"]),
                "LiveChatVisitorId": st.sampled_from(["", "571000000000001AAA", "571000000000002AAA"]),
                "ContactId": st.sampled_from(["", "003000000000001AAA"]),
                "WaitTime": st.sampled_from(["", "0", "7", "x"]),
            }
        ),
        min_size=1,
        max_size=3,
    ),
    bulk=st.booleans(),
)
def test_restore_from_an_org_gives_the_source(
    day: ModuleType, live: LiveOrg, tmp_path: Path, chats: list[dict[str, str]], bulk: bool
) -> None:
    session = live.session()
    assert session.post(f"{live.http}/_chatlift/reset", json={}).status_code == 200
    form = {"grant_type": "password", "username": "u", "password": "p", "client_id": "x", "client_secret": "y"}
    token = session.post(f"{live.http}/services/oauth2/token", data=form).json()["access_token"]
    org = Org(live.http, token, lambda seconds: None)
    place = tmp_path / "example"
    shutil.rmtree(place, ignore_errors=True)
    tables = day.support_tables()
    for number, chat in enumerate(chats, 100):
        body = chat["Body"].replace("%s", day.HEAD, 1) if chat["Body"].startswith("%s") else chat["Body"]
        tables["LiveChatTranscript"].append(day.transcript(number, **{**chat, "Body": body}))
    columns = dict.fromkeys(name for row in tables["LiveChatTranscript"] for name in row)
    tables["LiveChatTranscript"] = [
        {name: row.get(name, "") for name in columns} for row in tables["LiveChatTranscript"]
    ]
    source = day.write_folder(place / "source", tables)

    def folder(target: Path) -> int:
        return run(source, target, Plan()).exit_code

    outcome = load("x", folder, org, place / "work", Plan(), Options(bulk_rows=2 if bulk else 2000), quiet)
    assert outcome.document["failed"] == 0, (place / "work" / "problems.jsonl").read_text()
    assert not outcome.findings
    reclaim(org, place / "reclaimed", "", quiet)
    restore_to(place / "reclaimed", place / "restored")
    assert day.tree(place / "restored") == day.tree(source)
