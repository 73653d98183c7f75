"""The org that is loaded: what it says of its objects, finding records by keys, and writing many at once.

A call that failed in passing may have been carried out all the same, so nothing here repeats a call that inserts: the caller
looks again, and sends what is still missing.
"""

from __future__ import annotations

import csv
import io
from base64 import b64decode
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any
from urllib.parse import quote

import orjson

from ..errors import TerminalError, TransientError
from ..port import TRANSIENT_CODES, Org, Refused

COLLECTION = 200
"""Records of one call of sObject Collections (REST guide, "sObject Collections")."""
_RETRIEVE = 2000
_URL_CHARACTERS = 6000
"""Keys of one query: a URL takes 16,384 characters, and a machine on the way may take 8,192."""
_FILE_CHARACTERS = 3_000_000
"""From so many characters of base64 on a file is a call of its own, not in JSON. A choice of ours."""
_CALL_BYTES = 6_000_000
"""Bytes of one call: half of what the platform takes as JSON, so that one more record fits in any case."""
_BULK_BYTES = 60_000_000
"""Bytes of one upload: 150 MB after base64 are allowed, and 100 MB advised (Bulk API 2.0 guide, "Limits")."""
_RESERVE_PERCENT = 2
"""Share of an org's calls of 24 hours that a load leaves to its users: a choice of ours."""
_RESERVE = 20
"""Calls that the settling of one batch may take."""
_RECORD_BYTES = 2048
"""What most records take of an org's data storage (Help, "Data and File Storage Allocations")."""
_FIRST_POLL_SECONDS = 0.2
_LAST_POLL_SECONDS = 10.0
_POLLS = 5000


@dataclass(frozen=True, slots=True)
class Column:
    """A field of the target, as far as a load asks. choices: the values of one that may be empty and takes these alone."""

    name: str
    type: str
    is_createable: bool
    is_updateable: bool
    reference_to: tuple[str, ...]
    choices: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Described:
    """An sObject of the target."""

    name: str
    is_createable: bool
    is_updateable: bool
    is_deletable: bool
    columns: Mapping[str, Column]


@dataclass(slots=True)
class Result:
    """What became of one record: its id, or why it was refused."""

    id: str | None
    code: str = ""
    message: str = ""

    @property
    def is_transient(self) -> bool:
        """Tell whether the same record may succeed later."""
        return self.id is None and self.code in TRANSIENT_CODES

    @property
    def reason(self) -> str:
        """Return code and message in one line."""
        return " ".join(f"{self.code}: {self.message}".split())


def _nobody(job: str) -> None:
    return None


@dataclass(slots=True)
class Target:
    """One org that is written to. `opened` and `closed` are told of Bulk jobs, so that a resumed run can wait for them."""

    org: Org
    opened: Callable[[str], None] = _nobody
    closed: Callable[[str], None] = _nobody
    _known: dict[str, Described | None] = field(default_factory=dict)

    @property
    def path(self) -> str:
        """The path of the API version that is used."""
        return self.org.version_path

    def described(self, name: str) -> Described | None:
        """Return what the org says of an object, None when it has none of that name."""
        if name not in self._known:
            told = self.org.describe(name)
            self._known[name] = None if told is None else _described(told)
        return self._known[name]

    def needed(self, name: str) -> Described:
        """Return what the org says of an object that it must have. TerminalError when it has not."""
        told = self.described(name)
        if told is None:
            raise TerminalError(f"{self.org.url} has no object {name}:", "see to its licences and to the token's user")
        return told

    def see_to_limits(self) -> None:
        """Stop while the org still has calls for others. TerminalError when next to none are left today."""
        allowed, left = self.org.calls_allowed, self.org.calls_allowed - self.org.calls_used
        if allowed and left < reserved_calls(allowed):
            raise TerminalError(
                f"{self.org.url} has {left} of its {allowed} API calls of 24 hours left:",
                "run the same command later: it goes on where it stopped",
            )

    def lack_of_room(self, records: int, file_bytes: int) -> Iterator[str]:
        """Yield what the org's limits resource says of room that a load may not find: most records count 2 KB."""
        try:
            told = self.org.patiently(lambda: self.org.send("GET", f"{self.path}/limits")) or {}
        except Refused:
            return
        needed = {"DataStorageMB": records * _RECORD_BYTES >> 20, "FileStorageMB": file_bytes >> 20}
        for name, megabytes in needed.items():
            left = told.get(name, {}).get("Remaining")
            if isinstance(left, int) and left < megabytes:
                yield f"{name}: {left} left, about {megabytes} needed"

    # --- finding ------------------------------------------------------------------------------------------------------

    def select(
        self, fields: Sequence[str], name: str, by: str, keys: Sequence[str], also: str = ""
    ) -> list[dict[str, Any]]:
        """Return the records of an object whose field has one of these values; `also` is one more condition."""
        found: list[dict[str, Any]] = []
        for some in _groups(keys):
            named = ", ".join(f"'{soql_text(key)}'" for key in some)
            found += self.org.query(f"SELECT {', '.join(fields)} FROM {name} WHERE {by} IN ({named}){also}")
        return found

    def values(self, name: str, ids: Sequence[str], fields: Sequence[str]) -> dict[str, dict[str, Any]]:
        """Return fields of records by id; records that are not there are left out."""
        found: dict[str, dict[str, Any]] = {}
        path = f"{self.path}/composite/sobjects/{name}"
        for first in range(0, len(ids), _RETRIEVE):
            asked = {"ids": list(ids[first : first + _RETRIEVE]), "fields": list(fields)}
            for record in self.org.patiently(lambda asked=asked: self.org.send("POST", path, asked)):  # type: ignore[misc]
                if record is not None:
                    found[record["Id"]] = record
        return found

    def content(self, version: str) -> bytes:
        """Return what a file holds."""
        path = f"{self.path}/sobjects/ContentVersion/{version}/VersionData"
        return self.org.patiently(lambda: self.org.raw("GET", path).content)

    # --- writing ------------------------------------------------------------------------------------------------------

    def insert(self, name: str, records: Sequence[Mapping[str, Any]]) -> list[Result]:
        """Insert records, each by itself. Raises TransientError when it is not known whether they were."""
        return self._write("POST", name, records)

    def update(self, name: str, records: Sequence[Mapping[str, Any]]) -> list[Result]:
        """Update records that have an Id, each by itself."""
        return self._write("PATCH", name, [{"id": record["Id"], **_without(record, "Id")} for record in records])

    def delete(self, ids: Sequence[str]) -> list[Result]:
        """Delete records; one that is not there is as good as deleted."""
        results: list[Result] = []
        for first in range(0, len(ids), COLLECTION):
            some = ids[first : first + COLLECTION]
            path = f"{self.path}/composite/sobjects?ids={','.join(some)}&allOrNone=false"
            answers = self.org.patiently(lambda path=path: self.org.send("DELETE", path))  # type: ignore[misc]
            for id_, answer in zip(some, answers, strict=True):
                result = _result(answer)
                gone = result.code in ("ENTITY_IS_DELETED", "NOT_FOUND", "INVALID_CROSS_REFERENCE_KEY")
                results.append(Result(id_) if gone else result)
        return results

    def _write(self, method: str, name: str, records: Sequence[Mapping[str, Any]]) -> list[Result]:
        results: list[Result] = []
        for some in _portions(records):
            is_large = method == "POST" and len(some) == 1 and len(some[0].get("VersionData") or "") > _FILE_CHARACTERS
            results += [self._upload(name, some[0])] if is_large else self._write_some(method, name, some)
        return results

    def _upload(self, name: str, record: Mapping[str, Any]) -> Result:
        """Send a file as the second part of a call: base64 in JSON has a bound (REST guide, "Insert or Update Blob Data")."""
        content = b64decode(record["VersionData"])
        boundary = f"chatlift-{sha256(content).hexdigest()[:32]}"
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="entity_content"\r\nContent-Type: application/json\r\n\r\n'
        data = (
            f'\r\n--{boundary}\r\nContent-Disposition: form-data; name="VersionData"; filename="file"\r\n'
            "Content-Type: application/octet-stream\r\n\r\n"
        )
        body = b"".join(
            [
                head.encode(),
                orjson.dumps(_without(record, "VersionData")),
                data.encode(),
                content,
                f"\r\n--{boundary}--\r\n".encode(),
            ]
        )
        try:
            answer = self.org.send(
                "POST", f"{self.path}/sobjects/{name}", body, f'multipart/form-data; boundary="{boundary}"'
            )
        except Refused as error:
            return Result(None, error.code, error.said)
        return _result(answer)

    def _write_some(self, method: str, name: str, records: Sequence[Mapping[str, Any]]) -> list[Result]:
        """Send one call. One that is refused whole is split, until the record that it is about stands alone."""
        body = {"allOrNone": False, "records": [{"attributes": {"type": name}, **record} for record in records]}
        try:
            answers = self.org.send(method, f"{self.path}/composite/sobjects", body)
        except Refused as error:
            if len(records) == 1:
                return [Result(None, error.code, error.said)]
            half = len(records) // 2
            return self._write_some(method, name, records[:half]) + self._write_some(method, name, records[half:])
        if not isinstance(answers, list) or len(answers) != len(records):
            raise TransientError(f"{self.org.url} did not answer for each record", "try again later")
        return [_result(answer) for answer in answers]

    # --- Bulk API 2.0 ---------------------------------------------------------------------------------------------------

    def bulk(
        self, operation: str, name: str, records: Sequence[Mapping[str, Any]], keys: Sequence[str]
    ) -> list[Result]:
        """Insert or update records by Bulk API 2.0 jobs. The fields `keys` tell one record from another."""
        by_key: dict[tuple[str, ...], Result] = {}
        for some in _uploads(records):
            by_key |= self._job(operation, name, some, keys)
        lost = Result(None, "SERVER_UNAVAILABLE", "the job ended without a word on this record")
        return [by_key.get(_key(record, keys), lost) for record in records]

    def _job(self, operation: str, name: str, upload: bytes, keys: Sequence[str]) -> dict[tuple[str, ...], Result]:
        asked = {"operation": operation, "object": name, "contentType": "CSV", "lineEnding": "LF"}
        # A job that was made without an answer stays open and empty: it does nothing.
        job = str(self.org.patiently(lambda: self.org.send("POST", f"{self.path}/jobs/ingest", asked))["id"])
        self.opened(job)
        path = f"{self.path}/jobs/ingest/{job}"
        self.org.send("PUT", f"{path}/batches", upload, "text/csv; charset=UTF-8")
        self.org.patiently(lambda: self._close(path))
        told = self.settle(job)
        results: dict[tuple[str, ...], Result] = {}
        for row in self._rows(f"{path}/successfulResults"):
            results[_key(row, keys)] = Result(row["sf__Id"])
        for row in self._rows(f"{path}/failedResults"):
            code, _, message = row["sf__Error"].partition(":")
            results[_key(row, keys)] = Result(None, code, message.rpartition(":")[0] or message)
        self.closed(job)
        if not results and told != "JobComplete":
            raise TerminalError(
                f"{self.org.url}: the Bulk job {job} ended {told}:", "look at it under Bulk Data Load Jobs"
            )
        return results

    def _close(self, path: str) -> None:
        """Close a job; one that an unanswered call has closed is as good."""
        try:
            self.org.send("PATCH", path, {"state": "UploadComplete"})
        except Refused:
            if (self.org.send("GET", path) or {}).get("state") in (None, "Open", "Aborted"):
                raise

    def settle(self, job: str) -> str:
        """Wait until a job is over, and return its state; one that was not closed is aborted."""
        path = f"{self.path}/jobs/ingest/{job}"
        wait = _FIRST_POLL_SECONDS
        for _ in range(_POLLS):
            try:
                told = self.org.patiently(lambda: self.org.send("GET", path))
            except Refused:
                return "Unknown"
            state = str(told["state"]) if told else "Unknown"
            if state == "Open":
                self.org.patiently(lambda: self.org.send("PATCH", path, {"state": "Aborted"}))
                return "Aborted"
            if state in ("JobComplete", "Failed", "Aborted"):
                return state
            self.org.pause(wait)
            wait = min(wait * 1.5, _LAST_POLL_SECONDS)
        raise TerminalError(
            f"{self.org.url}: the Bulk job {job} does not come to an end:", "run the same command later"
        )

    def _rows(self, path: str) -> Iterator[dict[str, str]]:
        text = self.org.patiently(lambda: self.org.raw("GET", path).content).decode("utf-8")
        yield from csv.DictReader(io.StringIO(text, newline=""))


def reserved_calls(allowed: int) -> int:
    """Return how many of the calls that an org is allowed a load leaves to others."""
    return max(_RESERVE, allowed * _RESERVE_PERCENT // 100)


def soql_text(value: str) -> str:
    """Return text as it stands between quotes in SOQL."""
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return escaped.replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t")


def _described(told: Mapping[str, Any]) -> Described:
    columns = {
        column["name"]: Column(
            column["name"],
            column["type"],
            bool(column["createable"]),
            bool(column["updateable"]),
            tuple(column.get("referenceTo") or ()),
            _choices(column),
        )
        for column in told["fields"]
    }
    can_create, can_update, can_delete = (bool(told.get(flag)) for flag in ("createable", "updateable", "deletable"))
    return Described(str(told["name"]), can_create, can_update, can_delete, columns)


def _choices(column: Mapping[str, Any]) -> frozenset[str] | None:
    if column["type"] != "picklist" or not column.get("restrictedPicklist") or not column.get("nillable"):
        return None
    return frozenset(str(one["value"]) for one in column.get("picklistValues") or () if one.get("active", True))


def _result(answer: Mapping[str, Any]) -> Result:
    if answer.get("success"):
        return Result(str(answer["id"]))
    errors = answer.get("errors") or [{}]
    code = str(errors[0].get("statusCode") or errors[0].get("errorCode") or "UNKNOWN_EXCEPTION")
    return Result(None, code, str(errors[0].get("message") or ""))


def _without(record: Mapping[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in record.items() if key != name}


def _groups(keys: Sequence[str]) -> Iterator[list[str]]:
    """Yield keys in groups that the URL of a query takes."""
    some: list[str] = []
    size = 0
    for key in keys:
        length = len(quote(key)) + 12
        if some and size + length > _URL_CHARACTERS:
            yield some
            some, size = [], 0
        some.append(key)
        size += length
    if some:
        yield some


def _portions(records: Sequence[Mapping[str, Any]]) -> Iterator[list[Mapping[str, Any]]]:
    """Yield records in portions of a call, by number and by bytes."""
    some: list[Mapping[str, Any]] = []
    size = 0
    for record in records:
        length = len(orjson.dumps(record))
        is_file = length > _FILE_CHARACTERS
        if some and (len(some) == COLLECTION or is_file or size > _FILE_CHARACTERS or size + length > _CALL_BYTES):
            yield some
            some, size = [], 0
        some.append(record)
        size += length
    if some:
        yield some


def _uploads(records: Sequence[Mapping[str, Any]]) -> Iterator[bytes]:
    """Yield CSV files of records, none larger than an upload may be. Null is #N/A, and what a record has not is empty."""
    columns = list(dict.fromkeys(name for record in records for name in record))
    head = _line(columns)
    held, size = [head], len(head)
    for record in records:
        line = _line([_cell(record[name]) if name in record else "" for name in columns])
        if size + len(line) > _BULK_BYTES and len(held) > 1:
            yield b"".join(held)
            held, size = [head], len(head)
        held.append(line)
        size += len(line)
    yield b"".join(held)


def _line(cells: Sequence[str]) -> bytes:
    stream = io.StringIO(newline="")
    csv.writer(stream, quoting=csv.QUOTE_ALL, lineterminator="\n").writerow(cells)
    return stream.getvalue().encode()


def _cell(value: Any) -> str:
    if value is None:
        return "#N/A"
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _key(record: Mapping[str, Any], keys: Sequence[str]) -> tuple[str, ...]:
    return tuple("" if record.get(name) is None else _cell(record[name]) for name in keys)
