"""Jobs, their batches and their parts as rows of the store.

A part is a piece of something long: of the data as it was uploaded (``data``), what became of 200 records (``outcome``), rows of
a query's result (``rows``). Parts are compressed, and are read one at a time.
"""

import json
import zlib
from collections.abc import Iterator
from dataclasses import asdict, replace
from typing import Any, Final, Literal

from ...store import Reader, Store, Transaction
from .states import Api, Batch, BatchState, Job, JobState, Spec

Kind = Literal["data", "outcome", "rows"]
_JOB: Final = "id, api, mark, user_id, state, created_at, modified_at, spec, message"
_BATCH: Final = (
    "id, job_id, number, state, message, created_at, modified_at, due_at, polls_left, applied, processed, failed, millis,"
    " charset, asked"
)
LEVEL: Final = 1
"""Of compression: the fastest."""


class JobTable:
    """Read and write the rows of jobs."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._place = store.placeholder

    # --- jobs -----------------------------------------------------------------------------------------------------------

    def insert(self, transaction: Transaction, job: Job) -> None:
        values = [
            job.id, job.api.value, job.mark, job.user_id, job.state.value, job.created_at, job.modified_at,
            json.dumps(asdict(job.spec)), job.message,
        ]  # fmt: skip
        transaction.run(f'INSERT INTO "_job" ({_JOB}) VALUES ({self._places(9)})', values)

    def save(self, transaction: Transaction, job: Job) -> None:
        """Write what may change of a job: its state, its message, when it changed."""
        place = self._place
        transaction.run(
            f'UPDATE "_job" SET state = {place}, message = {place}, modified_at = {place} WHERE id = {place}',
            [job.state.value, job.message, job.modified_at, job.id],
        )

    def find(self, id_: str) -> Job | None:
        """Return the job of an id, with its batches; 15 characters of the id are enough."""
        with self._store.read() as rows:
            found = rows.one(f'SELECT {_JOB} FROM "_job" WHERE substr(id, 1, 15) = {self._place}', [id_[:15]])
            if found is None:
                return None
            return replace(_job(found), batches=self._batches(rows, found[0]))

    def listing(self, apis: list[Api], after: str, count: int) -> list[Job]:
        """Return jobs in the order of their ids, behind one, each with its batches."""
        with self._store.read() as rows:
            found = rows.execute(
                f'SELECT {_JOB} FROM "_job" WHERE id > {self._place} AND api IN ({self._places(len(apis))})'
                f" ORDER BY id LIMIT {count}",
                [after, *(api.value for api in apis)],
            )
            return [replace(_job(row), batches=self._batches(rows, row[0])) for row in found]

    def delete(self, transaction: Transaction, job: Job) -> None:
        """Remove a job and all that it has."""
        place = self._place
        batches = f'SELECT id FROM "_job_batch" WHERE job_id = {place}'
        transaction.run(f'DELETE FROM "_job_part" WHERE batch_id IN ({batches})', [job.id])
        transaction.run(f'DELETE FROM "_job_batch" WHERE job_id = {place}', [job.id])
        transaction.run(f'DELETE FROM "_job" WHERE id = {place}', [job.id])

    # --- batches --------------------------------------------------------------------------------------------------------

    def insert_batch(self, transaction: Transaction, batch: Batch) -> None:
        transaction.run(f'INSERT INTO "_job_batch" ({_BATCH}) VALUES ({self._places(15)})', _batch_row(batch))

    def save_batch(self, transaction: Transaction, batch: Batch) -> None:
        names = _BATCH.split(", ")[2:]
        changes = ", ".join(f"{name} = {self._place}" for name in names)
        transaction.run(
            f'UPDATE "_job_batch" SET {changes} WHERE id = {self._place}', [*_batch_row(batch)[2:], batch.id]
        )

    def remove_batch(self, transaction: Transaction, id_: str) -> None:
        transaction.run(f'DELETE FROM "_job_part" WHERE batch_id = {self._place}', [id_])
        transaction.run(f'DELETE FROM "_job_batch" WHERE id = {self._place}', [id_])

    def remove_uploads(self, transaction: Transaction, job: Job) -> None:
        """Remove batches of a job whose data is not all there: it closes, or their upload was cut off with the process."""
        found = transaction.execute(
            f'SELECT id FROM "_job_batch" WHERE job_id = {self._place} AND state = {self._place}',
            [job.id, BatchState.UPLOADING.value],
        )
        for (id_,) in found:
            self.remove_batch(transaction, id_)

    def waiting(self) -> list[tuple[str, str]]:
        """Return job and time of each batch that is to be worked on and waits for no question, the next one first."""
        places = f"{self._place}, {self._place}"
        found = self._store.select(
            'SELECT b.job_id, b.due_at FROM "_job_batch" b JOIN "_job" j ON j.id = b.job_id'
            f" WHERE b.state IN ({places}) AND b.polls_left <= 0 AND (j.state = {self._place}"
            f" OR (j.api = {self._place} AND j.state IN ({places}))) ORDER BY b.due_at, b.id LIMIT 1",
            [
                BatchState.QUEUED.value, BatchState.IN_PROGRESS.value, JobState.UPLOAD_COMPLETE.value,
                Api.CLASSIC.value, JobState.OPEN.value, JobState.CLOSED.value,
            ],
        )  # fmt: skip
        return [(row[0], row[1]) for row in found]

    def _batches(self, rows: Reader, job_id: str) -> tuple[Batch, ...]:
        found = rows.execute(
            f'SELECT {_BATCH} FROM "_job_batch" WHERE job_id = {self._place} AND state <> {self._place} ORDER BY number, id',
            [job_id, BatchState.UPLOADING.value],
        )
        return tuple(_batch(row) for row in found)

    # --- parts ----------------------------------------------------------------------------------------------------------

    def add_part(
        self, transaction: Transaction, batch_id: str, kind: Kind, number: int, records: int, data: bytes
    ) -> None:
        transaction.run(
            f'INSERT INTO "_job_part" (batch_id, kind, number, records, content) VALUES ({self._places(5)})',
            [batch_id, kind, number, records, zlib.compress(data, LEVEL)],
        )

    def drop_parts(self, transaction: Transaction, batch_id: str, kind: Kind) -> None:
        place = self._place
        transaction.run(f'DELETE FROM "_job_part" WHERE batch_id = {place} AND kind = {place}', [batch_id, kind])

    def parts(self, batch_id: str, kind: Kind, first: int = 0) -> Iterator[bytes]:
        """Yield the parts of a batch in order, each read when it is asked for."""
        place, number = self._place, first
        while True:
            found = self._store.select(
                f'SELECT content FROM "_job_part" WHERE batch_id = {place} AND kind = {place} AND number = {place}',
                [batch_id, kind, number],
            )
            if not found:
                return
            yield zlib.decompress(found[0][0])
            number += 1

    def record_counts(self, batch_id: str, kind: Kind) -> list[int]:
        """Return how many records each part of a batch has, in order."""
        place = self._place
        found = self._store.select(
            f'SELECT records FROM "_job_part" WHERE batch_id = {place} AND kind = {place} ORDER BY number',
            [batch_id, kind],
        )
        return [row[0] for row in found]

    def _places(self, count: int) -> str:
        return ", ".join([self._place] * count)


def _job(row: tuple[Any, ...]) -> Job:
    id_, api, mark, user_id, state, created_at, modified_at, spec, message = row
    return Job(
        id_, Api(api), mark, user_id, JobState(state), created_at, modified_at, Spec(**json.loads(spec)), message
    )


def _batch(row: tuple[Any, ...]) -> Batch:
    id_, job_id, number, state, *rest = row
    return Batch(id_, job_id, number, BatchState(state), *rest)


def _batch_row(batch: Batch) -> list[Any]:
    return [
        batch.id, batch.job_id, batch.number, batch.state.value, batch.message, batch.created_at, batch.modified_at,
        batch.due_at, batch.polls_left, batch.applied, batch.processed, batch.failed, batch.millis, batch.charset, batch.asked,
    ]  # fmt: skip
