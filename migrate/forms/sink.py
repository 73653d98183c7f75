"""A file on its way, with size and digest."""

from __future__ import annotations

from hashlib import sha256
from typing import IO, Any


class Sink:
    """A file that is written from its beginning to its end, with size and digest."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.digest = sha256()
        self.size = 0
        self.closed = False

    def write(self, data: Any) -> int:
        """Append bytes."""
        self._file.write(data)
        self.digest.update(data)
        self.size += len(data)
        return len(data)

    def tell(self) -> int:
        """Return how many bytes there are."""
        return self.size

    def flush(self) -> None:
        """Hand on what waits."""
        self._file.flush()

    def close(self) -> None:
        """Leave the file open: whoever opened it closes it."""
        self.closed = True
