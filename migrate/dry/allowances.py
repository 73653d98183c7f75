"""What a rehearsed load uses of an org's allowances, beside what the org has left."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import requests

from ..errors import MigrationError
from ..port import Org

CALLS: Final = "DailyApiRequests"
BATCHES: Final = "DailyBulkApiBatches"
BATCH_ROWS: Final = 10_000
"""Rows of an upload that count as one batch (Bulk API 2.0 guide, "Limits")."""
_RECORD_BYTES: Final = 2048
"""What most records take of an org's data storage (Help, "Data and File Storage Allocations")."""
_EXCEEDED: Final = "REQUEST_LIMIT_EXCEEDED"


@dataclass(slots=True)
class Allowances:
    """Calls, uploads and bytes of a rehearsed load; `told` is the target's limits resource, `stops` where a load would stop."""

    told: Mapping[str, Any]
    calls: int = 0
    uploads: int = 0
    batches: int = 0
    file_bytes: int = 0
    records: int = 0
    stops: list[str] = field(default_factory=list)

    def of(self, name: str) -> tuple[int, int] | None:
        """Return what is allowed and what is left of an allowance, None when the org does not say."""
        entry = self.told.get(name)
        allowed, left = (entry.get(key) if isinstance(entry, Mapping) else None for key in ("Max", "Remaining"))
        return (allowed, left) if isinstance(allowed, int) and isinstance(left, int) else None

    def document(self) -> dict[str, Any]:
        """Return what a load needs of each allowance, and what of it the org has."""
        needed = {
            CALLS: self.calls,
            BATCHES: self.batches,
            "DataStorageMB": -(-self.records * _RECORD_BYTES >> 20),
            "FileStorageMB": -(-self.file_bytes >> 20),
        }
        document: dict[str, Any] = {}
        for name, number in needed.items():
            allowed, left = self.of(name) or (None, None)
            document[name] = {
                "needed": number,
                "left": left,
                "allowed": allowed,
                "fits": left is None or number <= left,
            }
        return {**document, "bulkUploads": self.uploads}


class CountedOrg(Org):
    """The private org, each of whose calls is one that a load makes of the target."""

    def __init__(self, url: str, token: str, ca: str, used: Allowances, lift: Callable[[], bool]) -> None:
        self._used, self._lift = used, lift
        super().__init__(url, token, trusts=ca)

    def raw(self, method: str, path: str, body: Any = None, content_type: str = "") -> requests.Response:
        """Make one call, and count it. One that goes beyond the target's limits is noted and made all the same."""
        self._used.calls += 1
        self._used.uploads += method == "PUT" and path.endswith("/batches")
        try:
            return super().raw(method, path, body, content_type)
        except MigrationError as error:
            if _EXCEEDED not in error.message or not self._lift():
                raise
        return super().raw(method, path, body, content_type)
