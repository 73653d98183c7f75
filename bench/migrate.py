"""A migration from folder to folder, against json.loads and json.dumps of the same bytes, file to file; processes; memory."""

import csv
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from statistics import median

from bench.timing import show
from chatlift.migrate.plan import Plan
from chatlift.migrate.run import Hands
from chatlift.migrate.run import run as migrate
from chatlift.schemas.ids import compose

TRANSCRIPTS = int(os.environ.get("CHATLIFT_BENCH_TRANSCRIPTS", "40000"))
REPETITIONS = 3
WORDS = (
    "hello thanks order number account please check the delivery address is wrong can you help me with my invoice "
    "I&#39;ll look into that one moment refund &quot;blue&quot; shipment tomorrow"
).split()
AGENT = "005000000000001AAA"
EVENTS = ("ChatRequest", "PushAssignment", "Accept", "FlagRaised", "EndAgent")
BEGIN = datetime(2024, 3, 4, 8, 5, tzinfo=UTC)
APART = 53
"""Seconds from one chat to the next: no two have their times in common, as in a real export."""


def run() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source = folder / "source"
        generate(source, TRANSCRIPTS)
        text = folder / "same.jsonl"
        with text.open("w") as file:
            for table in sorted(source.iterdir()):
                with table.open(newline="") as rows:
                    file.writelines(json.dumps(row) + "\n" for row in csv.DictReader(rows))
        took = measured(source, folder, text)
        size = sum(file.stat().st_size for file in source.iterdir()) / 1e6
        rate = f"{TRANSCRIPTS / took['1']:,.0f} transcripts/s, {size / took['1']:.1f} MB/s"
        what = f"migration, {TRANSCRIPTS:,} transcripts, one process"
        ratio = took["busy json"] / took["busy 1"]
        show(what, "json.loads and dumps (processor time)", ratio, ">= 0.6", f"{rate}; see decision 0013")
        rate = f"{TRANSCRIPTS / took['2']:,.0f} transcripts/s"
        show("two processes", "one process (speed)", took["1"] / took["2"], ">= 1.8", rate)
        generate(folder / "few", TRANSCRIPTS // 10)
        few, many = (peak(path, folder / "out") for path in (folder / "few", source))
        show(
            f"peak memory of {TRANSCRIPTS:,}",
            f"of {TRANSCRIPTS // 10:,}",
            many / few,
            "flat",
            f"{many:.0f} MB, under 300",
        )


def measured(source: Path, folder: Path, text: Path) -> dict[str, float]:
    """Median seconds of the works in turn, and the least seconds of a processor (busy) of those that are one process."""
    took: dict[str, list[float]] = {"json": [], "1": [], "2": []}
    busy: dict[str, list[float]] = {"json": [], "1": [], "2": []}
    for turn in range(REPETITIONS):
        for name, times in took.items():
            out = folder / f"out-{name}-{turn}"
            begun, used = time.perf_counter(), time.process_time()
            if name == "json":
                reencode(text, folder / "again.jsonl")
            else:
                migrate(source, out, Plan(), hands=Hands(workers=int(name)))
            times.append(time.perf_counter() - begun)
            busy[name].append(time.process_time() - used)
            if out.exists():
                for path in out.glob("*.json*"):
                    path.unlink()
    least = {f"busy {name}": min(times) for name, times in busy.items()}
    return least | {name: median(times) for name, times in took.items()}


def reencode(source: Path, target: Path) -> None:
    with source.open() as given, target.open("w") as written:
        for line in given:
            written.write(json.dumps(json.loads(line)) + "\n")


def peak(source: Path, target: Path) -> float:
    """Megabytes that a process of its own needs at most."""
    code = f"import bench.migrate as b; b.tell({str(source)!r}, {str(target)!r})"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    for path in target.glob("*.json*"):
        path.unlink()
    return float(done.stdout)


def tell(source: str, target: str) -> None:
    """Migrate in this process and print its peak memory in megabytes."""
    migrate(Path(source), Path(target), Plan(), hands=Hands(workers=1))
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def generate(folder: Path, count: int) -> None:
    """Write an export of chats with bodies of typical length, two to four thousand characters, and their events."""
    folder.mkdir()
    chance = Random(1)
    lines = [said(chance) for _ in range(300)]
    write(folder / "LiveChatTranscript.csv", (transcript(number, chance.choice(lines)) for number in range(count)))
    write(folder / "LiveChatTranscriptEvent.csv", (event(number) for number in range(count * len(EVENTS))))
    write(folder / "LiveChatVisitor.csv", (visitor(number) for number in range(count) if number % 7 != 3))
    write(folder / "User.csv", iter([{"Id": AGENT, "FirstName": "Dana", "LastName": "Kern", "Name": "Dana Kern"}]))


def write(path: Path, rows: Iterator[dict[str, str]]) -> None:
    first = next(rows)
    with path.open("w", newline="") as file:
        writer = csv.writer(file, quoting=csv.QUOTE_ALL)
        writer.writerow(first)
        writer.writerow(first.values())
        writer.writerows(row.values() for row in rows)


def moment(chat: int, seconds: int) -> datetime:
    """The time so many seconds after a chat was asked for."""
    return BEGIN + timedelta(seconds=chat * APART + seconds)


def cell(chat: int, seconds: int) -> str:
    """The same as a cell."""
    return f"{moment(chat, seconds):%Y-%m-%d %H:%M:%S}"


def stamps(chat: int) -> dict[str, str]:
    """What the platform sets when it writes a record."""
    return {"CreatedDate": cell(chat, 3900), "SystemModstamp": cell(chat, 3900)}


def said(chance: Random) -> str:
    """The lines of a body as the runtime writes it."""
    text = ""
    seconds = 0
    for number in range(chance.randint(8, 32)):
        seconds += chance.randint(2, 40)
        stamp = f"{seconds // 60}m {seconds % 60}s" if seconds > 59 else f"{seconds}s"
        words = " ".join(chance.choices(WORDS, k=chance.randint(4, 22)))
        text += f"( {stamp} ) {'Visitor' if number % 2 else 'Dana K'}: {words}<br>"
    return text


def heading(chat: int) -> str:
    """The paragraphs that a body begins with."""
    local = moment(chat, 7) + timedelta(hours=1)
    return (
        f'<p align="center">Chat Started: {local:%A, %B %d, %Y, %H:%M:%S} (+0100)</p>'
        '<p align="center">Chat Origin: Shop Button</p><p align="center">Agent Dana K</p>'
    )


def transcript(number: int, lines: str) -> dict[str, str]:
    """A chat; every seventh visitor is one who came before."""
    return {
        "Id": compose("570", "00", number + 1), "OwnerId": AGENT, "IsDeleted": "0", "Name": f"{number:08}",
        **stamps(number), "CreatedById": AGENT, "LastModifiedDate": cell(number, 3900), "LastModifiedById": AGENT,
        "LiveChatVisitorId": compose("571", "00", number - 2 if number % 7 == 3 else number + 1),
        "Body": heading(number) + lines, "AccountId": "", "ContactId": "", "LeadId": "", "CaseId": "500000000000001AAA",
        "LiveChatDeploymentId": "572000000000001AAA", "LiveChatButtonId": "573000000000001AAA", "SkillId": "",
        "ChatKey": f"f0a1b2c3-0000-4000-8000-{number:012}", "IpAddress": "192.0.2.7", "Browser": "Firefox 120",
        "BrowserLanguage": "en-US", "RequestTime": cell(number, 0), "StartTime": cell(number, 7),
        "EndTime": cell(number, 3660), "WaitTime": "7", "ChatDuration": "3653", "Abandoned": "",
        "AverageResponseTimeVisitor": "66", "OperatorMessageCount": str(lines.count(" ) Dana K: ")),
        "VisitorMessageCount": str(lines.count(" ) Visitor: ")), "Status": "Completed",
        "EndedBy": "Agent", "SupervisorTranscriptBody": "", "IsChatbotSession": "0", "Rating__c": "5",
    }  # fmt: skip


def event(number: int) -> dict[str, str]:
    chat, place = divmod(number, len(EVENTS))
    return {
        "Id": compose("57E", "00", number + 1), "IsDeleted": "0", "Name": f"{chat}-{place}", **stamps(chat),
        "LiveChatTranscriptId": compose("570", "00", chat + 1), "Type": EVENTS[place],
        "Time": cell(chat, place), "Detail": "", "AgentId": "" if place == 0 else AGENT,
    }  # fmt: skip


def visitor(number: int) -> dict[str, str]:
    return {
        "Id": compose("571", "00", number + 1), "IsDeleted": "0", "Name": f"{number:08}", **stamps(number),
        "SessionKey": f"c0ffee00-0000-4000-8000-{number:012}",
    }  # fmt: skip
