"""What a deletion would take along, and what it takes: a messaging user goes with all sessions, those too that somebody else made; a
file goes with all its versions."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any

from ..journal import Journal
from .attached import KIND, LINK
from .carriers import MESSAGE, OF_SESSION
from .lanes import FILES
from .target import COLLECTION, Target

Standing = tuple[str, str, str | None]
"""A record that stands in the org: its row's id in the folder form, its own, and the run that made it."""

_TO_LINK = "to link "
"""Under this and a session's row the journal keeps the links that its files need once it is made anew."""
_OF_A_LINK = ("ContentDocumentId", "ShareType", "Visibility")
_OF_A_FILE = ("Title", "PathOnClient", "FirstPublishLocationId")
ATTACHED = f"{FILES} {KIND}"
METRICS = "MessagingSessionMetrics"
LINKED = "LinkedEntityId"
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
    with journal.together():
        for id_, found, maker in rows:
            if found in held:
                content = {"VersionData": b64encode(target.content(found)).decode()} if kind == FILES else {}
                journal.changed(run, name, [(id_, found, "delete", {"values": held[found] | content, "run": maker})])


def part_with(
    run: str, sessions: Mapping[str, str], journal: Journal, target: Target, with_entries: bool = False
) -> None:
    """Keep what goes with sessions that a run makes anew, whoever made it; `bring_along` links their files to the new ones.

    A deleted session takes its metrics, links and entries along, empties the look-ups of messages, and leaves files behind. sessions:
    records by their rows' ids. with_entries: whether loads have written entries on sessions.
    """
    targets = list(sessions.values())
    kept = [(METRICS, "MessagingSessionId"), (LINK, LINKED)]
    if with_entries or journal.has(ENTRY):
        kept.append((ENTRY, "ConversationId"))
    for name, by in kept:
        told = target.described(name)
        if told is not None and by in told.columns:
            found = [record["Id"] for record in target.select(["Id"], name, by, targets)]
            keep(run, name, _standing(name, found, journal), journal, target)
    if target.described(MESSAGE) is not None:
        held = {row["Id"]: row[OF_SESSION] for row in target.select(["Id", OF_SESSION], MESSAGE, OF_SESSION, targets)}
        rows = _standing(MESSAGE, list(held), journal)
        with journal.together():
            journal.changed(run, MESSAGE, ((id_, found, "update", {OF_SESSION: held[found]}) for id_, found, _ in rows))
    links: dict[str, list[dict[str, Any]]] = {}
    for link in target.select(["Id", LINKED, *_OF_A_LINK], LINK, LINKED, targets):
        links.setdefault(link[LINKED], []).append({name: link[name] for name in _OF_A_LINK})
    with journal.together():
        for id_, session in sessions.items():
            if session in links:
                journal.put(_TO_LINK + id_, {"instead": session, "links": links[session]})


def bring_along(run: str, journal: Journal, target: Target) -> None:
    """Link the files of sessions that were made anew to those that stand in their place."""
    names = iter(journal.names(_TO_LINK))
    while some := list(islice(names, COLLECTION)):
        now = journal.targets("MessagingSession", [name.removeprefix(_TO_LINK) for name in some])
        pending = {}
        for name in some:
            told, session = journal.get(name), now.get(name.removeprefix(_TO_LINK))
            if session is not None and session != told["instead"]:
                pending[name] = [{**link, LINKED: session} for link in told["links"]]
        sessions = list(dict.fromkeys(link[LINKED] for links in pending.values() for link in links))
        there = {
            (link[LINKED], link["ContentDocumentId"])
            for link in target.select([LINKED, "ContentDocumentId"], LINK, LINKED, sessions)
        }
        missing = [
            link
            for links in pending.values()
            for link in links
            if (link[LINKED], link["ContentDocumentId"]) not in there
        ]
        for link, result in zip(missing, target.insert(LINK, missing), strict=True):
            if result.id is None:
                detail = f"{link[LINKED]}: {result.reason}"
                journal.note(
                    run, "file that a session lost when it was replaced", LINK, link["ContentDocumentId"], detail
                )
        with journal.together():
            for name in pending:
                journal.drop(name)


def _standing(name: str, found: Sequence[str], journal: Journal) -> list[Standing]:
    """Return records with what the journal knows of them; one that it does not know goes by its own id."""
    known = {made.target: (id_, made.run) for id_, made in journal.made_as(name, found).items()}
    return [(known[one][0], one, known[one][1]) if one in known else (one, one, None) for one in found]
