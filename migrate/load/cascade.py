"""What a deletion would take along, and what it takes: a messaging user goes with all sessions, those too that somebody else made; a
file goes with all its versions."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping, Sequence

from ..journal import Journal
from .lanes import FILES
from .target import Target

Standing = tuple[str, str, str | None]
"""A record that stands in the org: its row's id in the folder form, its own, and the run that made it."""

SESSION_FILES = (f"{FILES} html", f"{FILES} json")
_OF_A_FILE = ("Title", "PathOnClient", "FirstPublishLocationId")
USER = "MessagingEndUser"
IN_USE = f"{USER} (has other sessions)"
"""How a user is counted that is not deleted, because a person or another migration has sessions on it."""


def with_sessions(users: Sequence[str], target: Target) -> set[str]:
    """Return those of these messaging users that have sessions."""
    name = "MessagingEndUserId"
    return {str(record[name]) for record in target.select([name], "MessagingSession", name, users)}


def documents_of_versions(versions: Mapping[str, str], target: Target) -> dict[str, str]:
    """Return the documents of file versions that are there by the same keys: a version alone is not deleted."""
    if not versions:
        return {}
    held = target.values(FILES, list(versions.values()), ["Id", "ContentDocumentId"])
    return {key: held[version]["ContentDocumentId"] for key, version in versions.items() if version in held}


def keep(run: str, name: str, rows: Sequence[Standing], journal: Journal, target: Target) -> None:
    """Keep what records hold that a run is about to delete, so that a rollback makes them anew."""
    kind = name.partition(" ")[0]
    told = target.described(kind)
    if told is None or not told.is_createable:
        return
    fields = [column.name for column in told.columns.values() if column.is_createable]
    if kind == FILES:
        fields = list(_OF_A_FILE)
    held = target.values(kind, [found for _, found, _ in rows], ["Id", *fields])
    for id_, found, maker in rows:
        if found in held:
            content = {"VersionData": b64encode(target.content(found)).decode()} if kind == FILES else {}
            journal.changed(run, name, [(id_, found, "delete", {"values": held[found] | content, "run": maker})])


def delete_pages(run: str, sessions: Sequence[str], journal: Journal, target: Target) -> None:
    """Delete the texts of sessions, named by their ids in the folder form, that are made anew: a deleted session leaves its files behind."""
    for name in SESSION_FILES:
        known = journal.known(name, sessions)
        rows = [(id_, made.target, made.run) for id_, made in known.items() if made.target and made.run]
        keep(run, name, rows, journal, target)
        target.delete(list(documents_of_versions({id_: found for id_, found, _ in rows}, target).values()))
