"""The migration at full size: `python -m bench.million --help`. Rate, memory of each process and of all together, and the proof.

The work is done as a user does it, by the command, in processes of their own; their memory is read while they run.
"""

import argparse
import csv
import json
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from bench.migrate import generate, reencode

_EVERY = 0.25
"""Seconds from one look at the memory to the next."""


@dataclass
class Watched:
    """What a command took: seconds, those of processors that were busy with it, and megabytes of its largest process and of all its
    processes at one time, a page that several of them share counted once."""

    seconds: float = 0.0
    busy: float = 0.0
    largest: float = 0.0
    together: float = 0.0
    processes: set[int] = field(default_factory=set)

    def look(self, root: int) -> None:
        """Look at the processes that come from one."""
        sizes = sizes_of(root)
        self.processes |= sizes.keys()
        self.largest = max(self.largest, *(resident for resident, _ in sizes.values()), 0.0)
        self.together = max(self.together, sum(share for _, share in sizes.values()))


def main(words: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.million", description=__doc__)
    parser.add_argument("--transcripts", type=int, default=1_000_000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--source", type=Path, help="a folder that an earlier call generated")
    parser.add_argument("--place", type=Path, help="where the source and the target go; a temporary folder by default")
    parser.add_argument("--json", type=int, default=20_000, help="transcripts whose rows json reads and writes")
    asked = parser.parse_args(words)
    with tempfile.TemporaryDirectory(dir=asked.place) as name:
        place = Path(name)
        source = asked.source or place / "source"
        if not source.exists():
            generate(source, asked.transcripts)
        size = sum(file.stat().st_size for file in source.iterdir())
        tell(f"{asked.transcripts:,} transcripts, {size / 1e9:.2f} GB")
        target = place / "target"
        run = watched("migrate", "run", str(source), str(target), "--workers", str(asked.workers))
        written = sum(file.stat().st_size for file in target.glob("*.*"))
        tell(f"migrate run --workers {asked.workers}: {told(run, asked.transcripts)}, {written / 1e9:.2f} GB written")
        alone = seconds_of_json(place, asked.json) / asked.json
        tell(f"json.loads and dumps of the same rows: {alone * 1e6:.0f} µs a chat")
        rate, busy = alone * asked.transcripts / run.seconds, alone * asked.transcripts / run.busy
        tell(f"rate against json: {rate:.3f} with {asked.workers} processes, {busy:.3f} a processor")
        verify = watched("migrate", "verify", str(target), "--source", str(source))
        tell(f"migrate verify --source: {told(verify, asked.transcripts)}")


def tell(text: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {text}", flush=True)


def told(watched: Watched, transcripts: int) -> str:
    return (
        f"{watched.seconds:,.0f} s, {transcripts / watched.seconds:,.0f} transcripts/s, "
        f"{watched.busy / transcripts * 1e6:,.0f} µs of processors a chat, largest of "
        f"{len(watched.processes)} processes {watched.largest:.0f} MB, all together {watched.together:.0f} MB"
    )


def seconds_of_json(place: Path, transcripts: int) -> float:
    """Return the processor seconds that json takes for the rows of a smaller source, file to file."""

    generate(place / "few", transcripts)
    text = place / "same.jsonl"
    with text.open("w") as file:
        for table in sorted((place / "few").iterdir()):
            with table.open(newline="") as rows:
                file.writelines(json.dumps(row) + "\n" for row in csv.DictReader(rows))
    took = []
    for _ in range(3):
        begun = time.process_time()
        reencode(text, place / "again.jsonl")
        took.append(time.process_time() - begun)
    return min(took)


def watched(*words: str) -> Watched:
    """Run the command and watch its processes. It has to end well."""
    found = Watched()
    begun, busy = time.perf_counter(), busy_children()
    with subprocess.Popen([sys.executable, "-m", "chatlift", *words], stdout=subprocess.DEVNULL) as process:
        while process.poll() is None:
            found.look(process.pid)
            time.sleep(_EVERY)
    found.seconds, found.busy = time.perf_counter() - begun, busy_children() - busy
    if process.returncode:
        sys.exit(f"{' '.join(words[:2])} ended with {process.returncode}")
    return found


def busy_children() -> float:
    """Return the processor seconds of the processes that were started here and have ended, with theirs."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def sizes_of(root: int) -> dict[int, tuple[float, float]]:
    """Return by process id, of a process and of all that come from it, the resident megabytes, and those with its share of what several
    have (Rss and Pss). Linux alone tells so."""
    parents: dict[int, int] = {}
    for path in Path("/proc").iterdir():
        if path.name.isdigit():
            try:
                parents[int(path.name)] = int((path / "stat").read_text().rpartition(")")[2].split()[1])
            except (OSError, IndexError):
                continue
    family = {root}
    while more := {child for child, parent in parents.items() if parent in family} - family:
        family |= more
    sizes = {}
    for child in family:
        try:
            lines = Path(f"/proc/{child}/smaps_rollup").read_text().splitlines()[1:]
        except OSError:
            continue
        told = {name: int(rest.split()[0]) / 1024 for name, _, rest in (line.partition(":") for line in lines)}
        sizes[child] = told["Rss"], told["Pss"]
    return sizes


if __name__ == "__main__":
    main(sys.argv[1:])
