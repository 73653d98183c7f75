"""The folder as CSV and Parquet: the rows that JSON lines hold, to the last null, and all that reads a folder reads them."""

import csv
import shutil
import sys
from collections.abc import Callable
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chatlift.migrate import Plan, TerminalError, UsageError
from chatlift.migrate.folder import read_rows
from chatlift.migrate.forms.columns import columns_of
from chatlift.migrate.layout import ROW_FILES
from chatlift.migrate.load.folder import FolderTarget, prepare, write_document
from chatlift.migrate.restore import restore_to
from chatlift.migrate.run import Hands, run
from chatlift.migrate.transform.documents import object_documents
from chatlift.migrate.verify import verify

Command = Callable[..., tuple[int, str, str]]
OTHERS = ("csv", "parquet")
SMALL = 2000
HOSTILE = st.one_of(
    st.sampled_from(
        [
            '"',
            '""',
            ',"",',
            "a\r\nb",
            "\r",
            "\n",
            "\0",
            "\ufeff",
            "null",
            "\\N",
            "\\.",
            "=1+1",
            "😀",
            " ",
            "#N/A",
            "\u2028",
        ]
    ),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=12),
)
TEXT = st.one_of(st.none(), st.just(""), HOSTILE)


@pytest.fixture(scope="module")
def day() -> ModuleType:
    """The support day of the migration's tests."""
    spec = spec_from_file_location("support_day", Path(__file__).with_name("conftest.py"))
    assert spec and spec.loader
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def rows(folder: Path) -> dict[str, list[dict[str, Any]]]:
    return {kind: list(read_rows(folder, kind)) for kind in ROW_FILES}


def quiet(step: str, done: int, total: int) -> None:
    """No progress."""


@pytest.mark.parametrize("session_based", [True, False])
def test_each_form_holds_the_same_rows_and_gives_the_source(
    session_based: bool, source: Path, tmp_path: Path, export: Any
) -> None:
    plan = Plan(session_based=session_based, agent_work=True)
    run(source, tmp_path / "jsonl", plan)
    for form in OTHERS:
        out = tmp_path / form
        outcome = run(source, out, plan, form=form)
        assert rows(out) == rows(tmp_path / "jsonl")
        assert {Path(item["name"]).suffix for item in outcome.manifest["files"]} == {f".{form}", ".jsonl"}
        assert verify(out, source) == []
        restore_to(out, tmp_path / f"back-{form}")
        assert export.tree(tmp_path / f"back-{form}") == export.tree(source)
        assert list((out / ".chatlift").iterdir()) == []


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(
    form=st.sampled_from(OTHERS),
    chats=st.lists(
        st.fixed_dictionaries(
            {
                "Body": st.lists(HOSTILE, max_size=3).map(
                    lambda texts: "%s" + "".join(f"( {n}s ) Dana K: {text}<br>" for n, text in enumerate(texts))
                ),
                "Browser": HOSTILE,
                "Rating__c": HOSTILE,
                "ChatKey": HOSTILE,
                "EndedBy": st.sampled_from(["", "Agent", "Visitor", "Odd"]),
                "EndTime": st.sampled_from(["", "2026-03-02 09:06:00", "2026-03-02T09:06:00.123Z"]),
                "Status": st.sampled_from(["Completed", "Missed", "Dropped", "InProgress"]),
                "LiveChatVisitorId": st.sampled_from(["", "571000000000001AAA", "571000000000012AAA"]),
                "WaitTime": st.sampled_from(["", "0", "7", "x"]),
            }
        ),
        max_size=4,
    ),
    detail=HOSTILE,
)
def test_whatever_a_chat_holds_comes_back_from_each_form(
    day: ModuleType, tmp_path: Path, form: str, chats: list[dict[str, str]], detail: str
) -> None:
    shutil.rmtree(tmp_path / "example", ignore_errors=True)
    place = tmp_path / "example"
    tables = day.support_tables()
    tables["LiveChatTranscriptEvent"].append(day.event(9, 1, "Other", Detail=detail))
    for number, chat in enumerate(chats, 100):
        tables["LiveChatTranscript"].append(
            day.transcript(number, **{**chat, "Body": chat["Body"].replace("%s", day.HEAD)})
        )
    source = day.write_folder(place / "source", tables)
    run(source, place / "out", Plan(), form=form)
    run(source, place / "lines", Plan())
    assert rows(place / "out") == rows(place / "lines")
    restore_to(place / "out", place / "back")
    assert day.tree(place / "back") == day.tree(source)


VALUES = st.fixed_dictionaries(
    {"Name": TEXT},
    optional={
        "Legacy_Button_Id__c": TEXT,
        "IsActive": st.one_of(st.none(), st.booleans()),
        "CreatedDate": st.sampled_from([None, "2026-03-02T09:05:07.123Z", "1583-01-01T00:00:00.000Z"]),
    },
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(form=st.sampled_from(OTHERS), values=st.lists(VALUES, max_size=6), payloads=st.lists(TEXT, max_size=3))
def test_null_empty_text_and_a_missing_field_stay_apart(
    tmp_path: Path, form: str, values: list[dict[str, Any]], payloads: list[str | None]
) -> None:
    shutil.rmtree(tmp_path / "out", ignore_errors=True)
    prepare(tmp_path / "out", form)
    target = FolderTarget(tmp_path / "out", form)
    channels = [{"Id": f"{number:018}", **row} for number, row in enumerate(values)]
    off = [{"Id": str(number), "Payload": {"text": text}, "Seq": 7} for number, text in enumerate(payloads)]
    target.add("MessagingChannel", channels)
    target.add("OffPlatformEntry", off)
    try:
        files = target.finish(object_documents(), quiet)
    finally:
        target.discard()
    write_document(tmp_path / "out" / "manifest.json", {"tool": "chatlift", "format": 1, "form": form, "files": files})
    assert list(read_rows(tmp_path / "out", "MessagingChannel")) == channels
    assert list(read_rows(tmp_path / "out", "OffPlatformEntry")) == off
    assert list(read_rows(tmp_path / "out", "Conversation")) == []


def test_the_bytes_do_not_depend_on_who_does_the_work(source: Path, tmp_path: Path, export: Any) -> None:
    for form in OTHERS:
        trees = []
        for workers in (1, 2):
            out = tmp_path / f"{form}-{workers}"
            run(source, out, Plan(), origin="x", hands=Hands(workers=workers, block_size=SMALL), form=form)
            trees.append(export.tree(out))
        assert trees[0] == trees[1]


@pytest.mark.parametrize("form", OTHERS)
def test_a_run_that_stopped_between_two_files_ends_in_the_same_bytes(
    form: str, source: Path, tmp_path: Path, export: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, calls = tmp_path / "out", []

    def stopped(*_: Any) -> Any:
        calls.append(_)
        if len(calls) == 4:
            raise OSError("no space left")
        return columns_of(*_)

    with monkeypatch.context() as patch:
        patch.setattr("chatlift.migrate.forms.recast.columns_of", stopped)
        with pytest.raises(OSError, match="no space"):
            run(source, out, Plan(), form=form)
    assert len(list(out.glob(f"Messaging*.{form}"))) == 3
    run(source, out, Plan(), form=form)
    run(source, tmp_path / "undisturbed", Plan(), form=form)
    assert export.tree(out) == export.tree(tmp_path / "undisturbed")


def test_csv_is_as_the_documentation_says(source: Path, tmp_path: Path, export: Any) -> None:
    tables = export.tables()
    tables["LiveChatTranscript"][0]["Browser"] = 'a "quoted",\r\nname'
    export.folder(source, tables)
    run(source, tmp_path / "out", Plan(), form="csv")
    text = (tmp_path / "out" / "MessagingSession.csv").read_bytes().decode()
    header, first = text.split("\n", 1)
    assert header.startswith("Id,MessagingChannelId,") and '"' not in header
    assert '"Agent",2026-03-02T08:05:00.000Z,2026-03-02T08:05:07.000Z,2026-03-02T09:06:00.000Z,"Agent",' in first
    assert '"a ""quoted"",\r\nname",7,3653,,' in first  # a wait, a duration, and nobody who went away
    assert ',false,"00000001",' in first
    with (tmp_path / "out" / "MessagingSession.csv").open(newline="") as stream:
        assert next(csv.DictReader(stream))["Legacy_Browser__c"] == 'a "quoted",\r\nname'


def test_parquet_has_the_types_of_the_fields(source: Path, tmp_path: Path) -> None:
    import pyarrow.parquet as parquet

    run(source, tmp_path / "out", Plan(), form="parquet")
    schema = parquet.read_schema(tmp_path / "out" / "MessagingSession.parquet")
    types = {name: str(schema.field(name).type) for name in schema.names}
    assert types["StartTime"] == "timestamp[ms, tz=UTC]"
    assert (types["Id"], types["Rating__c"], types["IsDeleted"]) == ("string", "string", "bool")
    assert types["Legacy_Wait_Time__c"] == "int64"
    table = parquet.read_table(tmp_path / "out" / "MessagingSession.parquet")
    assert table.column("StartTime").null_count == 0
    assert table.column("Legacy_Abandoned__c").null_count == 5
    off = parquet.read_table(tmp_path / "out" / "OffPlatformEntry.parquet", columns=["Payload"])
    assert all(isinstance(orjson.loads(text.as_py()), dict) for text in off.column(0))


def test_a_csv_file_that_another_tool_wrote_shows_its_edit_in_the_source(source: Path, tmp_path: Path) -> None:
    run(source, tmp_path / "out", Plan(), form="csv")
    path = tmp_path / "out" / "ConversationEntry.csv"
    with path.open(newline="") as stream:
        table = list(csv.DictReader(stream))
    for row in table:
        row["Message"] = row["Message"].replace("Hello Eve 😀", 'Good "day"')
    with path.open("w", newline="", encoding="utf-8-sig") as stream:
        writer = csv.DictWriter(
            stream, list(reversed(table[0]))
        )  # other quoting, line ends and order of columns, a mark
        writer.writeheader()
        writer.writerows(reversed(table))
    restore_to(tmp_path / "out", tmp_path / "back")
    before = (source / "LiveChatTranscript.csv").read_bytes()
    after = (tmp_path / "back" / "LiveChatTranscript.csv").read_bytes()
    assert after == before.replace("Hello Eve 😀".encode(), b"Good &quot;day&quot;") != before
    findings = verify(tmp_path / "out")
    assert findings[0].startswith("ConversationEntry.csv: changed since it was written")


def test_an_edited_parquet_file_shows_in_the_source(source: Path, tmp_path: Path) -> None:
    import pyarrow
    import pyarrow.compute
    import pyarrow.parquet as parquet

    run(source, tmp_path / "out", Plan(), form="parquet")
    path = tmp_path / "out" / "ConversationEntry.parquet"
    table = parquet.read_table(path)
    place = table.schema.get_field_index("Message")
    said = pyarrow.compute.replace_substring(table.column(place), "Hello Eve 😀", "Hi")
    table = table.set_column(place, "Message", said.cast(pyarrow.large_string()))
    parquet.write_table(table, path, compression="gzip")
    restore_to(tmp_path / "out", tmp_path / "back")
    before = (source / "LiveChatTranscript.csv").read_bytes()
    after = (tmp_path / "back" / "LiveChatTranscript.csv").read_bytes()
    assert after == before.replace("Hello Eve 😀".encode(), b"Hi") != before


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda data: data.replace(b"false", b"perhaps"), "row 1: IsActive is not true or false"),
        (lambda data: data + b'"open', "row 3: a quote is not closed"),
        (lambda data: data + b"1,2,3\n", "row 3 has 3 cells, the header has"),
        (lambda data: data + b"\xff\n", "row 3 is not UTF-8"),
        (lambda data: b"", "has no header"),
        (lambda data: data.replace(b",DeveloperName,", b",Id,"), "a column twice"),
    ],
)
def test_a_damaged_csv_file_is_one_line(
    change: Callable[[bytes], bytes], told: str, source: Path, tmp_path: Path, chatlift: Command
) -> None:
    run(source, tmp_path / "out", Plan(), form="csv")
    path = tmp_path / "out" / "MessagingChannel.csv"
    path.write_bytes(change(path.read_bytes()))
    status, _, err = chatlift("migrate", "verify", tmp_path / "out")
    assert told in err
    assert status in (1, 2) and "Traceback" not in err


@pytest.mark.parametrize("change", [lambda data: data[:-40], lambda data: b"no parquet at all", lambda data: b""])
def test_a_damaged_parquet_file_is_one_line(
    change: Callable[[bytes], bytes], source: Path, tmp_path: Path, chatlift: Command
) -> None:
    run(source, tmp_path / "out", Plan(), form="parquet")
    path = tmp_path / "out" / "MessagingSession.parquet"
    path.write_bytes(change(path.read_bytes()))
    status, _, err = chatlift("migrate", "restore", tmp_path / "out", tmp_path / "back")
    assert status == 2 and "MessagingSession.parquet cannot be read" in err and "Traceback" not in err


def test_a_value_of_another_type_is_refused_and_not_bent(tmp_path: Path) -> None:
    for form, wrong in (("csv", "yes"), ("parquet", "yes"), ("csv", 1), ("parquet", 1)):
        prepare(tmp_path / form, form)
        target = FolderTarget(tmp_path / form, form)
        target.add("MessagingChannel", [{"Id": "1", "IsActive": wrong}])
        with pytest.raises(TerminalError, match=f"MessagingChannel.{form}: IsActive '{wrong}' is no boolean"):
            target.finish(object_documents(), quiet)
        target.discard()


def test_a_run_replaces_a_result_of_another_form(source: Path, tmp_path: Path, export: Any) -> None:
    out = tmp_path / "out"
    for form in ("csv", "parquet", "jsonl", "csv"):
        run(source, out, Plan(), form=form)
        run(source, tmp_path / f"new-{form}", Plan(), form=form)
        assert export.tree(out) == export.tree(tmp_path / f"new-{form}")


def test_files_that_only_seem_to_be_ours_are_not_touched(source: Path, tmp_path: Path) -> None:
    run(source, tmp_path / "out", Plan())
    mine = tmp_path / "out" / "MessagingSession.csv"
    mine.write_text("made by hand")
    for form in ("csv", "jsonl"):
        with pytest.raises(UsageError, match=r"holds MessagingSession\.csv, which the migration there did not write"):
            run(source, tmp_path / "out", Plan(), form=form)
    assert mine.read_text() == "made by hand" and verify(tmp_path / "out") == []


@pytest.mark.parametrize("form", OTHERS)
def test_all_steps_read_each_form(form: str, source: Path, tmp_path: Path, export: Any, chatlift: Command) -> None:
    out = tmp_path / "out"
    status, told, err = chatlift("migrate", source, out, "--format", form, "--workers", "1")
    assert (status, err) == (0, "") and "verified: no finding" in told
    assert export.json(out / "report.json")["verification"]["passed"]
    assert chatlift("migrate", "verify", out, "--source", source)[0] == 0
    assert chatlift("migrate", "report", out)[0] == 0
    assert chatlift("migrate", "package", out, tmp_path / "package")[0] == 0
    assert chatlift("migrate", "restore", out, tmp_path / "back")[0] == 0
    assert export.tree(tmp_path / "back") == export.tree(source)


def test_parquet_without_pyarrow_is_one_line_that_names_the_extra(
    source: Path, tmp_path: Path, chatlift: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    from chatlift.migrate.forms import parquet

    run(source, tmp_path / "made", Plan(), form="parquet")
    parquet.library.cache_clear()
    with monkeypatch.context() as patch:
        patch.setitem(sys.modules, "pyarrow", None)
        for words in (("run", source, tmp_path / "out", "--format", "parquet"), ("verify", tmp_path / "made")):
            status, _, err = chatlift("migrate", *words)
            assert status == 2 and "Parquet files need pyarrow: pip install 'chatlift[parquet]'" in err
        assert not (tmp_path / "out").exists()
    status, _, err = chatlift("migrate", "run", source, tmp_path / "out", "--format", "xlsx")
    assert status == 2 and "'xlsx' is not one of" in err
