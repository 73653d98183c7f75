"""AgentWork rows of an org or a snapshot: who was offered a chat that Omni-Channel routed. Read where the plan asks for them."""

from __future__ import annotations

from itertools import chain
from pathlib import Path

from ..masking import RowMask
from ..transform.work import FIELDS, WORK
from .files import Keeper
from .writing import Progress, write_object

_FIELDS = ("Id", "WorkItemId", *FIELDS)


def pull_work(keeper: Keeper, folder: Path, progress: Progress, mask: RowMask | None = None) -> None:
    """Add the AgentWork rows of transcripts to a folder that an org was read into."""
    (folder / f"{WORK}.csv").unlink(missing_ok=True)
    rows = iter(keeper.on_chats(WORK, _FIELDS, "WorkItemId"))
    first = next(rows, None)
    if first is not None:
        fields = [name for name in _FIELDS if name in first]
        write_object(folder, WORK, fields, chain([first], rows), progress, mask)
