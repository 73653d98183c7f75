"""Apply the records of a batch, 200 at a time: each record by itself, each 200 in one transaction together with their outcomes.

What a record was told is kept as JSON: ``[id, created]`` for one that went well, ``[code, message, [field]]`` for one that did not.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import islice
from typing import Any, Final

from ....schemas.field import SObject
from ...errors import BadValue, OrgError
from ..caller import Caller
from ..many import delete_one, key_field, key_text, own_id, same_key, update_one, upsert_one
from ..org import Org
from ..together import write_each
from .documents import records_of_json, records_of_xml
from .drafts import Draft, check_documents, emptied_lookups, reader_of
from .errors import BadData, invalid_batch
from .sheet import DELIMITERS, read_rows, read_text
from .states import Api, Batch, Job

CHUNK: Final = 200
"""Records that the platform applies in one go ("General Guidelines for Data Loads", Bulk API Developer Guide)."""
MOST_BATCH_RECORDS: Final = 10_000
"""Of a batch of the first Bulk API ("Bulk API Limits")."""
Outcome = list[Any]


def drafts_of(job: Job, batch: Batch, sobject: SObject, pieces: Iterable[bytes]) -> Iterator[Draft]:
    """Yield the records of a batch. Raises `BadData` for what cannot be read."""
    spec, most = job.spec, None if job.api is Api.INGEST else MOST_BATCH_RECORDS
    if spec.content_type == "CSV":
        ending = spec.line_ending if job.api is Api.INGEST else None
        rows = read_rows(pieces, DELIMITERS[spec.column_delimiter], ending, batch.charset)
        header = next(rows, None)
        if header is None:
            raise invalid_batch("The CSV has no header")  # a guess
        read = reader_of(sobject, spec.operation, header)
        yield from map(read, rows if most is None else _bounded(rows, most))
        return
    text = read_text(pieces, batch.charset)
    records = records_of_json(text) if spec.content_type == "JSON" else records_of_xml(text, sobject)
    if most is not None and len(records) > most:
        raise too_many()
    yield from check_documents(sobject, spec.operation, records)


def _bounded(rows: Iterator[list[str]], most: int) -> Iterator[list[str]]:
    yield from islice(rows, most)
    if next(rows, None) is not None:
        raise too_many()


def too_many() -> BadData:
    """Say that a batch has too many records. A guess: the wording, and that those before it are applied."""
    return invalid_batch(f"Found more than {MOST_BATCH_RECORDS} records in the batch")


class Ingest:
    """Applies chunks of one job's records."""

    def __init__(self, org: Org, job: Job) -> None:
        """Raises `OrgError` where the object or the external id field is not there (any more)."""
        self._org = org
        self._operation = job.spec.operation
        self.caller = Caller(job.user_id, job.spec.version)
        self.sobject = org.records.sobject(self.caller, job.spec.sobject)
        self._key = None
        if self._operation == "upsert":
            self._key = key_field(self.sobject, job.spec.external_id_field or "Id")

    def apply(self, drafts: Sequence[Draft]) -> list[Outcome]:
        """Apply one chunk inside the open transaction; return the outcome of each record."""
        org, caller, sobject = self._org, self.caller, self.sobject
        drafts = [emptied_lookups(sobject, draft) if None in draft.values() else draft for draft in drafts]
        if self._operation == "insert":
            created = org.batches.create(caller, sobject.name, drafts)
            return [self._refused(one) if isinstance(one, OrgError) else [one, 1] for one in created]
        writes: list[Callable[[], tuple[str, bool]]]
        if self._key is not None:
            writes = self._upserts(drafts)
        else:
            write = {"update": self._update, "delete": self._delete, "hardDelete": self._hard_delete}[self._operation]
            writes = [partial(write, draft) for draft in drafts]
        outcomes = write_each(org, writes)
        return [self._refused(one) if isinstance(one, OrgError) else [one[0], int(one[1])] for one in outcomes]

    def _upserts(self, drafts: Sequence[Draft]) -> list[Callable[[], tuple[str, bool]]]:
        key = self._key
        assert key is not None
        keyed = [(draft.get(key.name), {name: draft[name] for name in draft if name != key.name}) for draft in drafts]
        given = Counter(key_text(value) for value, _ in keyed)

        def write(value: Any, rest: Draft) -> tuple[str, bool]:
            if key_text(value) is not None and given[key_text(value)] > 1:
                raise same_key(key, value)
            return upsert_one(self._org, self.caller, self.sobject, key, value, rest)

        return [partial(write, *one) for one in keyed]

    def _update(self, draft: Draft) -> tuple[str, bool]:
        rest = dict(draft)
        return update_one(self._org, self.caller, self.sobject, rest.pop("Id", None), rest), False

    def _delete(self, draft: Draft) -> tuple[str, bool]:
        return delete_one(self._org, self.caller, own_id(self.sobject, draft.get("Id"))), False

    def _hard_delete(self, draft: Draft) -> tuple[str, bool]:
        id18 = delete_one(self._org, self.caller, own_id(self.sobject, draft.get("Id")))
        if self.sobject.supports("undelete"):  # the others have left the recycle bin already
            self._org.records.purge(self.caller, self.sobject.name, id18)
        return id18, False

    def _refused(self, error: OrgError) -> Outcome:
        if isinstance(error, BadValue):
            field = self.sobject.field(error.field)
            label = field.label if field else error.field
            # Recorded for the Bulk API: "INVALID_TYPE_ON_FIELD_IN_RECORD:…: value not of required type: …".
            message = f"{label}: value not of required type: {error.value}"
            return ["INVALID_TYPE_ON_FIELD_IN_RECORD", message, [error.field]]
        return [error.code, error.message, list(error.fields or ())]
