"""The rows that belong to no transcript: log-ins of agents are migrated, all others are kept for the restore."""

from __future__ import annotations

from .errors import RecordError
from .extract.tables import SourceRow
from .intake import FILE_OBJECTS, SESSION
from .ledger import Ledger
from .parts import DELETED, READ_FOR_NAMES, Made, Part, Setting, numbered, second
from .pieces import Draft
from .transform.agent_session import agent_session_row, agent_session_values
from .transform.names import AGENT_SESSION, AGENT_SESSION_ID, Naming, naming_of

_BY_PLAN = ("agent_sessions is false in the plan", "change the plan if they should be carried over")
_SETTINGS = ("read for names and labels only: the target has its own", "nothing to do")
_FILES = ("kept for the restore: the files of chats are ContentVersion rows of their own", "nothing to do")
_OTHER = ("not a chat record: kept for the restore", "nothing to do")


def settle(setting: Setting, part: Part) -> Made:
    """Migrate agent sessions; skip the rows of objects that are no chat."""
    assert part.block is not None
    draft = Draft()
    ledger = Ledger(setting.tables, draft, setting.plan)
    index = part.block.table
    table = setting.tables[index]
    doubles = part.doubles.get(table.object, frozenset())
    reason = _SETTINGS if table.object in READ_FOR_NAMES else _OTHER
    if table.object in FILE_OBJECTS:
        reason = _FILES
    is_session = table.object == SESSION and setting.plan.agent_sessions
    if table.object == SESSION:
        reason = _BY_PLAN
    for row in numbered(setting, part.block):
        if len(row.cells) != len(table.columns):
            ledger.ragged(index, row)
        elif not is_session:
            ledger.skipped(index, row, *reason)
        else:
            try:
                _agent_session(ledger, draft, index, row, row.number in doubles, naming_of(setting.plan))
            except RecordError as error:
                ledger.rejected(index, row, error.message, error.remedy)
    return Made(draft.pieces(), draft.rows, ledger.books, ledger.share, ledger.own_fields)


def _agent_session(ledger: Ledger, draft: Draft, index: int, row: SourceRow, is_double: bool, naming: Naming) -> None:
    result = agent_session_row(row.record(ledger.tables[index]), row.number, naming)
    if result.get("IsDeleted"):
        ledger.skipped(index, row, *DELETED)
        return
    if is_double:
        raise second(result[AGENT_SESSION_ID])
    ledger.note_own(AGENT_SESSION, index, result)
    draft.add(AGENT_SESSION, [result])
    ledger.migrated(index, row, agent_session_values(result, naming))
