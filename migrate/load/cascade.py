"""What a deletion would take along, and what it takes: a messaging user goes with all sessions, those too that somebody else made; a
file goes with all its versions."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping, Sequence

from ..journal import Journal, Made
from ..transform.transcript import metric_ids
from .attached import KIND, LINK
from .carriers import ENTRY_ID, MESSAGE, OF_SESSION
from .lanes import FILES
from .target import Target

Standing = tuple[str, str, str | None]
"""A record that stands in the org: its row's id in the folder form, its own, and the run that made it."""

SESSION_FILES = (f"{FILES} html", f"{FILES} json")
_OF_A_FILE = ("Title", "PathOnClient", "FirstPublishLocationId")
ATTACHED = f"{FILES} {KIND}"
METRICS = "MessagingSessionMetrics"
ENTRY = "ConversationEntry"
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


def part_with(
    run: str, sessions: Mapping[str, str], counters: Mapping[str, int], journal: Journal, target: Target
) -> None:
    """Make ready for sessions that a run makes anew: what goes with them is kept for a rollback, and their files are deleted.

    A deleted session takes its metrics, links and entries along, and leaves its files behind. sessions: records by their rows' ids; counters: of
    the ids that are derived from their transcripts.
    """
    metrics = [id_ for counter in counters.values() for id_ in metric_ids(counter)]
    keep(run, METRICS, _ours(journal.known(METRICS, metrics)), journal, target)
    _keep_messages(run, list(sessions.values()), journal, target)
    if journal.standing_count(ENTRY):
        entries = target.select(["Id"], ENTRY, "ConversationId", list(sessions.values()))
        keep(run, ENTRY, _ours(journal.made_as(ENTRY, [entry["Id"] for entry in entries])), journal, target)
    links = list(target.select(["Id", "ContentDocumentId"], LINK, "LinkedEntityId", list(sessions.values())))
    keep(run, LINK, _ours(journal.made_as(LINK, [link["Id"] for link in links])), journal, target)
    documents = list(dict.fromkeys(str(link["ContentDocumentId"]) for link in links))
    versions = target.select(["Id"], FILES, "ContentDocumentId", documents, " AND IsLatest = true")
    attached = journal.made_as(ATTACHED, [version["Id"] for version in versions])
    for name, known in (*((name, journal.known(name, list(sessions))) for name in SESSION_FILES), (ATTACHED, attached)):
        rows = _ours(known)
        keep(run, name, rows, journal, target)
        target.delete(list(documents_of_versions({id_: found for id_, found, _ in rows}, target).values()))


def _keep_messages(run: str, sessions: Sequence[str], journal: Journal, target: Target) -> None:
    """Keep which sessions messages are looked up by: the platform empties the field when a session is deleted."""
    if target.described(MESSAGE) is None:
        return
    held = {row[ENTRY_ID]: row for row in target.select(["Id", ENTRY_ID, OF_SESSION], MESSAGE, OF_SESSION, sessions)}
    ours = _ours(journal.known(MESSAGE, list(held)))
    rows = [(id_, found, "update", {OF_SESSION: held[id_][OF_SESSION]}) for id_, found, _ in ours]
    with journal.together():
        journal.changed(run, MESSAGE, rows)


def _ours(known: Mapping[str, Made]) -> list[Standing]:
    """Return the records that runs of this journal made."""
    return [(id_, made.target, made.run) for id_, made in known.items() if made.target and made.run]
