"""What became of the records of a job, read back one after another: the uploaded data beside the outcomes that were kept."""

import json
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Final

from ..org import Org
from .errors import BadData
from .extract import unpacked
from .ingest import Outcome
from .sheet import DELIMITERS, LINE_ENDINGS, read_rows, written
from .states import Batch, Job
from .table import JobTable

SUCCESSFUL: Final = ("sf__Id", "sf__Created")
FAILED: Final = ("sf__Id", "sf__Error")
BLOCK: Final = 500
"""Lines that are sent together."""


class Results:
    """Reads results piece by piece: none of them is in memory as a whole."""

    def __init__(self, org: Org, table: JobTable) -> None:
        self._org = org
        self._table = table

    def outcomes(self, batch: Batch) -> Iterator[Outcome]:
        """Yield what became of each record that was processed, in order."""
        for part in self._table.parts(batch.id, "outcome"):
            yield from json.loads(part)

    def data(self, batch: Batch) -> Iterator[bytes]:
        """Yield the data as it was uploaded."""
        return self._table.parts(batch.id, "data")

    def successful(self, job: Job) -> Iterator[bytes]:
        """Yield the CSV of the records that went well: id, whether it is new, and the uploaded cells."""
        return self._sheet(job, SUCCESSFUL, True)

    def failed(self, job: Job) -> Iterator[bytes]:
        """Yield the CSV of the records that were refused: id, why, and the uploaded cells."""
        return self._sheet(job, FAILED, False)

    def unprocessed(self, job: Job) -> Iterator[bytes]:
        """Yield the CSV of the records that nobody got to: of a job that failed or was aborted."""
        delimiter = DELIMITERS[job.spec.column_delimiter]
        if not job.batches:
            return iter(())
        processed = job.batches[0].processed

        def lines() -> Iterator[str]:
            for number, row in enumerate(self._rows(job)):
                if number == 0 or number > processed:
                    yield written(row, delimiter)

        return blocks(lines(), LINE_ENDINGS[job.spec.line_ending])

    def _sheet(self, job: Job, before: tuple[str, str], wanted: bool) -> Iterator[bytes]:
        delimiter = DELIMITERS[job.spec.column_delimiter]

        def lines() -> Iterator[str]:
            rows = self._rows(job)
            header = next(rows, None)
            yield written((*before, *(header or ())), delimiter)
            if header is None:
                return
            for row, outcome in zip(rows, self.outcomes(job.batches[0]), strict=False):
                if (len(outcome) == 2) is wanted:
                    told = (outcome[0], "true" if outcome[1] else "false") if wanted else ("", error_text(outcome))
                    yield written((*told, *row), delimiter)

        return blocks(lines(), LINE_ENDINGS[job.spec.line_ending])

    def _rows(self, job: Job) -> Iterator[list[str]]:
        """Yield header and rows of the uploaded data as far as they can be read."""
        if not job.batches:
            return
        batch, spec = job.batches[0], job.spec
        try:
            yield from read_rows(self.data(batch), DELIMITERS[spec.column_delimiter], None, batch.charset)
        except BadData:
            return

    # --- queries --------------------------------------------------------------------------------------------------------

    def query_rows(self, batch: Batch, start: int, count: int) -> Iterator[str]:
        """Yield rows of a query's result as they were written, from one on."""
        skipped = 0
        for number, records in enumerate(self._table.record_counts(batch.id, "rows")):
            if skipped + records > start:
                first = number
                break
            skipped += records
        else:
            return
        for part in self._table.parts(batch.id, "rows", first):
            rows = unpacked(part)
            wanted = rows[max(start - skipped, 0) : start + count - skipped]
            yield from wanted
            skipped += len(rows)
            if skipped >= start + count:
                return

    def query_page(self, job: Job, header: str, start: int, count: int) -> Iterator[bytes]:
        """Yield a page of the CSV of a query job: the header, then rows."""
        rows = self.query_rows(job.batches[0], start, count)
        return blocks(chain([header], rows), LINE_ENDINGS[job.spec.line_ending])


def error_text(outcome: Outcome) -> str:
    """Return why a record was refused as a result CSV has it: ``CODE:message:field,field --``.

    Recorded in the Bulk API guide, "View Batch Results": ``REQUIRED_FIELD_MISSING:Required fields are missing:
    [LastName]:LastName --``.
    """
    code, message, fields = outcome
    return f"{code}:{message}:{','.join(fields)} --" if fields else f"{code}:{message}:--"


def blocks(lines: Iterable[str], ending: str) -> Iterator[bytes]:
    """Yield lines with their endings, many at a time."""
    kept: list[str] = []
    for line in lines:
        kept.append(line)
        if len(kept) >= BLOCK:
            yield (ending.join(kept) + ending).encode(errors="replace")
            kept.clear()
    if kept:
        yield (ending.join(kept) + ending).encode(errors="replace")
