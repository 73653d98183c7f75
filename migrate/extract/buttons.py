"""The buttons that a source names, for a plan."""

from __future__ import annotations

import re
from pathlib import Path

from ..cells import read
from ..errors import RecordError
from ..port import Org
from ..transform.reading import fields_of
from .members import Members
from .source import Source


def buttons_of(path: Path) -> dict[str, str]:
    """Return a proposed DeveloperName for each button id of the transcripts, from LiveChatButton rows where there are any."""
    labels: dict[str, str] = {}
    seen: dict[str, None] = {}
    field = fields_of("LiveChatTranscript")["LiveChatButtonId"]
    with Members(path) as members:
        source = Source.survey(members)
        for index, table in enumerate(source.tables):
            if table.object not in ("LiveChatTranscript", "LiveChatButton"):
                continue
            for row in source.first_pass(index):
                if len(row.cells) != len(table.columns):
                    continue
                record = row.record(table)
                try:
                    if table.object == "LiveChatButton":
                        label = record.get("DeveloperName") or record.get("MasterLabel") or ""
                        labels[str(read(field, record.get("Id")))] = label
                    elif record.get("LiveChatButtonId"):
                        seen[str(read(field, record["LiveChatButtonId"]))] = None
                except RecordError:
                    continue
    return {button: _developer_name(labels.get(button, ""), button) for button in seen}


def buttons_of_org(org: Org) -> dict[str, str]:
    """Return a proposed DeveloperName for each button of an org."""
    if org.fields("LiveChatButton") is None:
        return {}
    rows = org.query("SELECT Id, DeveloperName FROM LiveChatButton ORDER BY Id")
    return {row["Id"]: _developer_name(row["DeveloperName"] or "", row["Id"]) for row in rows}


def _developer_name(label: str, button: str) -> str:
    name = re.sub(r"_+", "_", re.sub(r"[^A-Za-z0-9]", "_", label)).strip("_")[:80].rstrip("_")
    return name if name[:1].isalpha() else f"Legacy_Chat_{button}"
