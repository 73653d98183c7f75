"""The header ``Sforce-Enable-PKChunking`` of the first Bulk API."""

import re
from dataclasses import replace

from ....schemas.ids import InvalidId, normalize
from ...org.jobs.chunking import LARGEST_CHUNK, USUAL_CHUNK
from ...org.jobs.errors import JobError
from ...org.jobs.states import Spec


def chunked(spec: Spec, header: str) -> Spec:
    """Return what the header ``Sforce-Enable-PKChunking`` makes of a query: ``true`` or ``chunkSize=…; parent=…; startRow=…``."""
    given = header.strip()
    if not given or given.lower() == "false":
        return spec
    size, start = USUAL_CHUNK, ""
    for option in [] if given.lower() == "true" else given.split(";"):
        name, _, value = (part.strip() for part in option.partition("="))
        if name.lower() == "chunksize":
            if not re.fullmatch(r"\d{1,9}", value) or not 0 < int(value) <= LARGEST_CHUNK:
                raise _no_chunks(f"chunkSize must be from 1 to {LARGEST_CHUNK}")
            size = int(value)
        elif name.lower() == "startrow":
            try:
                start = normalize(value)
            except InvalidId:
                raise _no_chunks(f"startRow is no id: {value}") from None
        elif name.lower() == "parent":
            # The guide has it for queries on sharing objects alone, and none of those is here.
            raise _no_chunks(f"{spec.sobject} is no sharing object of {value}")
        elif option.strip():
            raise _no_chunks(f"{name} is no option")
    return replace(spec, chunk_size=size, start_row=start)


def _no_chunks(problem: str) -> JobError:
    return JobError("InvalidJob", f"Sforce-Enable-PKChunking: {problem}")  # a guess: the words
