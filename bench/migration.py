"""A migration from folder to folder on one core, against json.loads and json.dumps of the same bytes, file to file."""

import csv
import json
import tempfile
from pathlib import Path

from bench.timing import medians, show
from chatlift.fixtures.demo import CHAT, OTHERS, client
from chatlift.fixtures.export import export
from chatlift.fixtures.serving import serving
from chatlift.migrate.plan import Plan
from chatlift.migrate.run import run as migrate
from chatlift.schemas.catalog import shipped

COPIES = 150  # of the day's 17 transcripts
PREFIXES = {shipped().get(name).key_prefix for name in CHAT}


def run() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with serving("--seed", "support-day") as org:
            export(client(org), CHAT + OTHERS, folder / "day")
        source = multiply(folder / "day", folder / "source")
        text = folder / "same.jsonl"
        with text.open("w") as file:
            for table in source.iterdir():
                with table.open(newline="") as rows:
                    file.writelines(json.dumps(row) + "\n" for row in csv.DictReader(rows))
        turns = iter(range(100))
        took = medians(
            {
                "migrate": lambda: migrate(source, folder / f"out-{next(turns)}", Plan()),
                "json": lambda: reencode(text, folder / "again.jsonl"),
            },
            repetitions=3,
        )
        size = sum(file.stat().st_size for file in source.iterdir()) / 1e6
    note = f"{17 * COPIES / took['migrate']:,.0f} transcripts/s, {size / took['migrate']:.1f} MB/s"
    show(
        f"migration, {17 * COPIES:,} transcripts",
        "json.loads and dumps (speed)",
        took["json"] / took["migrate"],
        ">= 0.6",
        note,
    )


def multiply(day: Path, source: Path) -> Path:
    """The day's export many times over, with ids of their own for the records of the chats."""
    source.mkdir()
    for table in day.iterdir():
        with table.open(newline="") as given, (source / table.name).open("w", newline="") as written:
            rows = list(csv.reader(given))
            out = csv.writer(written, quoting=csv.QUOTE_ALL, lineterminator="\n")
            out.writerow(rows[0])
            copies = COPIES if table.stem in CHAT else 1
            out.writerows([renumbered(cell, copy) for cell in row] for copy in range(copies) for row in rows[1:])
    return source


def renumbered(cell: str, copy: int) -> str:
    """The same record's id in another copy: the counter of an id has nine places, the day needs the last three."""
    if len(cell) == 18 and cell[5] == "0" and cell[:3] in PREFIXES:
        return f"{cell[:6]}{copy:06d}{cell[12:]}"
    return f"{cell[:-4]}{copy:04d}" if len(cell) == 36 and cell.count("-") == 4 else cell


def reencode(source: Path, target: Path) -> None:
    with source.open() as given, target.open("w") as written:
        for line in given:
            written.write(json.dumps(json.loads(line)) + "\n")
