"""A cassette's file: written a whole line at a time, so that a recorder that is killed leaves one that can be read."""

import os
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Final

from ..errors import UsageError
from .form import BadLine, Call, Heading, call_document, heading_document, opened, read_call, read_heading, sealed

MOST_BYTES: Final = 1 << 30
"""The largest file that is read."""
STAND_IN: Final = re.compile(rb"scrubbed[-.]([0-9]{1,12})")
MODE: Final = 0o600
"""What an org answered is nobody else's business, secrets or not."""


@dataclass(frozen=True, slots=True)
class Cassette:
    """What a file holds: calls in the order in which they were made. cut: whether the end of its last line is missing."""

    name: str
    heading: Heading
    calls: tuple[Call, ...]
    cut: bool = False


def read_cassette(path: Path | str, *, unsealed: bool = False) -> Cassette:
    """Read a file. Raises `UsageError`, which names the line. unsealed: whether checksums may be wrong or missing."""
    lines, cut = _lines(Path(path))
    heading: Heading | None = None
    calls: dict[int, Call] = {}
    for number, line in enumerate(lines, 1):
        try:
            if heading is None and not line.lstrip().startswith("{"):
                raise UsageError(f"{path} is no cassette: it does not begin with a line of JSON")
            document = opened(line, unsealed=unsealed)
            if heading is None:
                heading = read_heading(document)
                continue
            call = read_call(document)
            if call.number in calls:
                raise BadLine(f"there is another call {call.number} before it")
            calls[call.number] = call
        except BadLine as error:
            advice = "; if you edited it, say `chatlift cassette seal`" if "checksum" in str(error) else ""
            raise UsageError(f"{path}, line {number}: {error}{advice}") from None
    if heading is None:
        raise UsageError(f"{path} is no cassette: it is empty")
    return Cassette(str(path), heading, tuple(calls[number] for number in sorted(calls)), cut)


def _lines(path: Path) -> tuple[Iterator[str], bool]:
    """Return the whole lines of a file, and whether a part of one stands behind them. Raises `UsageError`."""
    try:
        if path.stat().st_size > MOST_BYTES:
            raise UsageError(f"{path} is larger than {MOST_BYTES} bytes; record it in parts")
        content = path.read_bytes()
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}; name a cassette") from None
    whole, _, rest = content.rpartition(b"\n")
    try:
        text = whole.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UsageError(f"{path} is no cassette: it is not in UTF-8") from None
    lines = (line.removesuffix("\r") for line in text.split("\n") if line.strip())
    return lines, bool(rest.strip())


def seal(path: Path) -> int:
    """Write the checksums of a file anew, after somebody edited it; return how many calls it has. Raises `UsageError`."""
    found = read_cassette(path, unsealed=True)
    if found.cut:
        raise UsageError(f"{path}: the last line has no end; end it with a line break")
    made = [sealed(heading_document(found.heading)), *(sealed(call_document(call)) for call in found.calls)]
    draft = path.with_name(f".{path.name}.sealed")
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, MODE)
        with os.fdopen(descriptor, "wb") as file:
            file.writelines(f"{line}\n".encode("utf-8", "surrogatepass") for line in made)
        draft.replace(path)
    except OSError as error:
        with suppress(OSError):
            draft.unlink()
        raise UsageError(f"cannot write {path}: {error.strerror}; name a file that can be written") from None
    return len(found.calls)


class CassetteWriter:
    """Adds calls to a file, from several threads. Each goes to the system in one piece, as soon as it is there."""

    def __init__(self, path: Path, heading: Heading, *, append: bool = False, force: bool = False) -> None:
        """Begin a file, or go on with one. Raises `UsageError`, also for a file that is there when neither is wanted."""
        self.path = path
        self.heading = heading
        self.first = 1
        """The number that the first call gets."""
        self.stand_ins = 0
        """The highest number that a stand-in for a secret has so far."""
        self._lock = Lock()
        if append and force:
            raise UsageError("--append and --force exclude each other")
        if path.exists() and not append and not force:
            raise UsageError(f"{path} is there already; add to it with --append, or overwrite it with --force")
        try:
            self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, MODE)
        except OSError as error:
            raise UsageError(f"cannot write {path}: {error.strerror}; name a file that can be written") from None
        try:
            _lock_file(self._descriptor, path)  # before anything in it is touched
            if append and path.stat().st_size:
                self._go_on()
            else:
                os.ftruncate(self._descriptor, 0)
                self._write(sealed(heading_document(heading)))
        except UsageError:
            os.close(self._descriptor)
            raise

    def _go_on(self) -> None:
        before = read_cassette(self.path)
        if before.heading.emails_scrubbed != self.heading.emails_scrubbed:
            was = "with" if before.heading.emails_scrubbed else "without"
            raise UsageError(f"{self.path} was begun {was} --scrub-emails; go on likewise")
        self.heading = before.heading
        self.first = max((call.number for call in before.calls), default=0) + 1
        content = self.path.read_bytes()
        self.stand_ins = max((int(found[1]) for found in STAND_IN.finditer(content)), default=0)
        # What stands behind the last whole line was being written when the last recorder was killed.
        os.ftruncate(self._descriptor, content.rfind(b"\n") + 1)

    def add(self, call: Call) -> None:
        """Add a call."""
        self._write(sealed(call_document(call)))

    def _write(self, line: str) -> None:
        content = f"{line}\n".encode("utf-8", "surrogatepass")
        with self._lock:
            while content:
                content = content[os.write(self._descriptor, content) :]

    def close(self) -> None:
        with self._lock:
            os.close(self._descriptor)

    def __enter__(self) -> "CassetteWriter":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _lock_file(descriptor: int, path: Path) -> None:
    """Keep other recorders out for as long as the file is open. Raises `UsageError`. Windows has no such lock."""
    try:
        import fcntl  # noqa: PLC0415  # not there on Windows
    except ImportError:
        return
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise UsageError(f"{path} is being written by another recorder; stop that one, or name another file") from None
