"""A small Data Export in the documented form, and ways to write it."""

import csv
import io
import zipfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson
import pytest

Rows = Sequence[Mapping[str, str]]
Tables = dict[str, list[dict[str, str]]]
HEAD = (
    '<p align="center">Chat Started: Monday, March 02, 2026, 09:05:07 (+0100)</p>'
    '<p align="center">Chat Origin: Shop Button</p><p align="center">Agent Dana K</p>'
)
BODY = (
    HEAD + "( 4s ) Dana K: Hello, how can I help?<br>( 1m 10s ) Visitor: It&#39;s my &quot;order&quot;<br>line two<br>"
    "( 1h 0m 3s ) Dana K: Bye<br>"
)
DANA, BEN, ROBOT = "005000000000001AAA", "005000000000002AAA", "005000000000003AAA"


def transcript(number: int, **values: str) -> dict[str, str]:
    """A LiveChatTranscript row with the columns of a Data Export."""
    row = {
        "Id": f"570000000000{number:03}AAA",
        "OwnerId": DANA,
        "IsDeleted": "0",
        "Name": f"{number:08}",
        "CreatedDate": "2026-03-02 09:10:00",
        "CreatedById": DANA,
        "LastModifiedDate": "2026-03-02 09:10:00",
        "LastModifiedById": DANA,
        "SystemModstamp": "2026-03-02 09:10:00",
        "LiveChatVisitorId": f"571000000000{number:03}AAA",
        "Body": BODY,
        "AccountId": "",
        "ContactId": "",
        "LeadId": "",
        "CaseId": "500000000000001AAA",
        "LiveChatDeploymentId": "572000000000001AAA",
        "LiveChatButtonId": "573000000000001AAA",
        "SkillId": "",
        "ChatKey": f"f0a1b2c3-0000-4000-8000-{number:012}",
        "IpAddress": "192.0.2.7",
        "Browser": "Firefox 120",
        "BrowserLanguage": "en-US",
        "RequestTime": "2026-03-02 08:05:00",
        "StartTime": "2026-03-02 08:05:07",
        "EndTime": "2026-03-02 09:06:00",
        "WaitTime": "7",
        "ChatDuration": "3653",
        "Abandoned": "",
        "AverageResponseTimeVisitor": "66",
        "OperatorMessageCount": "2",
        "VisitorMessageCount": "1",
        "Status": "Completed",
        "EndedBy": "Agent",
        "SupervisorTranscriptBody": "",
        "IsChatbotSession": "0",
        "Rating__c": "5",
    }
    return row | values


def event(number: int, parent: int, kind: str, second: int = 0, **values: str) -> dict[str, str]:
    """A LiveChatTranscriptEvent row."""
    row = {
        "Id": f"57E000000{parent:03}{number:03}AAA",
        "IsDeleted": "0",
        "Name": f"{parent}-{number}",
        "CreatedDate": "2026-03-02 09:10:00",
        "LiveChatTranscriptId": f"570000000000{parent:03}AAA",
        "Type": kind,
        "Time": f"2026-03-02 08:05:{second:02}",
        "Detail": 'said "yes",\r\nthen left',
        "AgentId": DANA,
    }
    return row | values


def usual_events(parent: int) -> list[dict[str, str]]:
    """The events of a chat that an agent took and ended."""
    kinds = ("ChatRequest", "PushAssignment", "Accept", "EndAgent")
    return [
        event(number, parent, kind, number, AgentId="" if kind == "ChatRequest" else DANA)
        for number, kind in enumerate(kinds)
    ]


def support_tables() -> Tables:
    """A day of chats: completed, bot hand-over, missed, dropped, blocked, running; with users, sessions and pre-chat details."""
    bot = (
        '<p align="center">Chat Started: Monday, March 02, 2026, 10:00:00 (+0000)</p>( 2s ) Helper Bot: Hi<br>'
        '( 9s ) Visitor: agent please<br><p align="center">Agent Chatbot successfully transferred the chat to skill</p>'
        '<p align="center">Chat Started: Monday, March 02, 2026, 10:00:30 (+0000)</p><p align="center">Chat Origin: Shop EN</p>'
        '<p align="center">Chat Transferred From Helper Bot To Dana K</p>( 12s ) Dana K: Hello<br>'
    )
    named = (
        HEAD
        + "( 4s ) Acme Support: Hello Eve 😀<br>( 9s ) Eve Olin: Two things:<br>- a<br>- b &amp; c<br>( 12s ) Acme Support: ok<br>"
    )
    missed = {"StartTime": "", "ChatDuration": "", "Body": "", "OperatorMessageCount": "", "VisitorMessageCount": ""}
    return {
        "LiveChatTranscript": [
            transcript(1, SupervisorTranscriptBody=HEAD + "( 8s ) Sue Visor: offer a refund<br>"),
            transcript(2, Body=bot, IsChatbotSession="1"),
            transcript(3, Body=named, ContactId="003000000000001AAA", AccountId="001000000000001AAA"),
            transcript(4, Status="Missed", EndedBy="System", WaitTime="", Abandoned="60", **missed),
            transcript(5, Status="Dropped", EndedBy="System", LiveChatVisitorId="571000000000001AAA"),
            transcript(6, Status="Blocked", EndedBy="Agent", LiveChatButtonId=""),
            transcript(7, Status="InProgress", EndedBy="", EndTime=""),
        ],
        "LiveChatTranscriptEvent": [
            *usual_events(1),
            event(0, 2, "ChatRequest", 0, AgentId="", Time="2026-03-02 10:00:00"),
            event(1, 2, "ChatbotEstablished", 1, AgentId=ROBOT, Time="2026-03-02 10:00:01"),
            event(2, 2, "TransferredToSbrSkill", 2, AgentId=ROBOT, Time="2026-03-02 10:00:20"),
            event(3, 2, "Accept", 3, Time="2026-03-02 10:00:30"),
            event(4, 2, "EndVisitor", 4, Time="2026-03-02 10:02:00"),
            *usual_events(3),
            event(0, 4, "ChatRequest", 0, AgentId=""),
            event(1, 4, "CancelNoAgent", 9, AgentId=""),
            event(1, 1, "FlagRaised", 5, Id="57E000000001091AAA"),
            event(1, 7, "ChatRequest", 5),
        ],
        "LiveChatVisitor": [
            {
                "Id": f"571000000000{number:03}AAA",
                "IsDeleted": "0",
                "Name": f"{number:05}",
                "CreatedDate": "2026-03-01 10:00:00",
                "SessionKey": f"c0ffee00-0000-4000-8000-{number:012}",
            }
            for number in (1, 2, 3, 4, 9)
        ],
        "LiveAgentSession": [
            {
                "Id": f"0HK000000000{number:03}AAA",
                "OwnerId": DANA,
                "Name": f"S-{number}",
                "AgentId": DANA,
                "LoginTime": "2026-03-02 08:00:00",
                "LogoutTime": "2026-03-02 17:00:00",
                "ChatReqAssigned": "12",
                "TimeIdle": "300",
                "Shift__c": "early",
            }
            for number in (1, 2)
        ],
        "ConversationContextEntry": [
            {
                "Id": f"577000000000{number:03}AAA",
                "ParentId": "570000000000003AAA",
                "CustomDetailContextKey": key,
                "CustomDetailContextValue": value,
            }
            for number, (key, value) in enumerate([("FirstName", "Eve"), ("LastName", "Olin"), ("Topic", "a, b\nc")], 1)
        ],
        "User": [
            {"Id": DANA, "FirstName": "Dana", "LastName": "Kern", "Name": "Dana Kern", "IsActive": "1"},
            {"Id": BEN, "FirstName": "Ben", "LastName": "Jo", "Name": "Ben Jo", "IsActive": "0"},
        ],
        "LiveChatButton": [{"Id": "573000000000001AAA", "MasterLabel": "Shop Button", "DeveloperName": "Shop_Button"}],
        "Account": [{"Id": "001000000000001AAA", "Name": "=1+1"}],
    }


def csv_text(rows: Iterable[Mapping[str, str]], line_end: str = "\r\n", quoting: int = csv.QUOTE_ALL) -> str:
    """Rows as a CSV file."""
    listed = list(rows)
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, quoting=quoting, lineterminator=line_end)  # type: ignore[arg-type]
    writer.writerow(listed[0])
    writer.writerows(row.values() for row in listed)
    return stream.getvalue()


def write_folder(folder: Path, tables: Mapping[str, Rows], **spelling: Any) -> Path:
    """Write tables as CSV files."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in tables.items():
        (folder / f"{name}.csv").write_bytes(csv_text(rows, **spelling).encode())
    return folder


def write_zip(path: Path, files: Mapping[str, bytes]) -> Path:
    """Write a zip."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def rows_of(folder: Path, kind: str) -> list[dict[str, Any]]:
    """The rows of a file of a target folder."""
    return [orjson.loads(line) for line in (folder / f"{kind}.jsonl").read_bytes().splitlines()]


def tree(folder: Path) -> dict[str, bytes]:
    """All files below a folder."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


class Export:
    """What tests say about exports, so that they need no imports from here."""

    HEAD, BODY, DANA, BEN, ROBOT = HEAD, BODY, DANA, BEN, ROBOT
    transcript = staticmethod(transcript)
    event = staticmethod(event)
    usual_events = staticmethod(usual_events)
    tables = staticmethod(support_tables)
    csv_text = staticmethod(csv_text)
    folder = staticmethod(write_folder)
    zip = staticmethod(write_zip)
    rows = staticmethod(rows_of)
    tree = staticmethod(tree)
    json = staticmethod(lambda path: orjson.loads(path.read_bytes()))


@pytest.fixture
def export() -> type[Export]:
    return Export


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """The support day as a folder of CSV files."""
    return write_folder(tmp_path / "source", support_tables())


@pytest.fixture
def chatlift(capfd: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Run the command in this process: exit status, standard output, standard error."""
    from chatlift.__main__ import main

    def run(*words: object) -> tuple[int, str, str]:
        capfd.readouterr()
        with pytest.raises(SystemExit) as ended:
            main([str(word) for word in words], prog_name="chatlift")
        out, err = capfd.readouterr()
        return int(ended.value.code or 0), out, err

    return run
