"""The files of a target folder."""

from __future__ import annotations

SOBJECT_FILES = (
    "MessagingChannel",
    "MessagingEndUser",
    "MessagingSession",
    "MessagingSessionMetrics",
    "Conversation",
    "ConversationParticipant",
    "ConversationEntry",
    "Legacy_Agent_Session__c",
    "ContentVersion",
)
"""sObjects with a file each, parents before children."""

AGENT_WORK = "AgentWork"
"""Written where the plan asks for it, never loaded into an org: there it would route work."""

OFF_PLATFORM = "OffPlatformEntry"
SKIPPED = "skipped"
REJECTED = "rejected"
RESIDUE = "residue"
ROW_FILES = (*SOBJECT_FILES, AGENT_WORK, OFF_PLATFORM, SKIPPED, REJECTED, RESIDUE)

EMPTIES = "empties"
"""Beside CSV and Parquet files: the rows whose empty cells mean otherwise than their columns say."""

JSONL, CSV, PARQUET = "jsonl", "csv", "parquet"
FORMS = (JSONL, CSV, PARQUET)
"""The forms of the files of structures, by the ends of their names."""
ALWAYS_LINES = frozenset({SKIPPED, REJECTED, RESIDUE, EMPTIES})
"""Files of JSON lines whatever the form of the others: their rows are nested."""

MANIFEST = "manifest.json"
OBJECTS = "objects.json"
REPORT_JSON = "report.json"
REPORT_HTML = "report.html"
ORPHANS = "orphans"
DEVIATIONS = "deviations"
LISTS = (ORPHANS, DEVIATIONS)
"""Lists for people, `<name>.csv`: records that name one that is missing; chats whose messages are not as many as counted."""

CARRIED = "carried"
"""Folder of source files that are no tables, each named by the SHA-256 of its bytes."""

WORK = ".chatlift"
"""Folder of the work file."""

RUN_DATABASE = "run.db"

PARTS = "parts"
"""Folder within the work folder where results of workers wait."""

PULLED = "source"
"""Folder within the work folder where the rows of an org wait."""


def list_name(kind: str) -> str:
    """Return the file that holds a list."""
    return f"{kind}.csv"


def file_name(kind: str, form: str = JSONL) -> str:
    """Return the file that holds the rows of a kind."""
    return f"{kind}.{JSONL if kind in ALWAYS_LINES else form}"


def kinds_of(form: str) -> tuple[str, ...]:
    """Return the kinds of rows that a folder of a form has files for."""
    return ROW_FILES if form == JSONL else (*ROW_FILES, EMPTIES)
