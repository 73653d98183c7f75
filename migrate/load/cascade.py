"""What a deletion would take along, and what it takes: a messaging user goes with all sessions, those too that somebody else made; a
file goes with all its versions."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any

from ..errors import TransientError
from ..journal import Journal
from .attached import KIND, LINK
from .carriers import MESSAGE, OF_SESSION
from .lanes import FILES
from .target import COLLECTION, Result, Target

Standing = tuple[str, str, str | None]
"""A record that stands in the org: its row's id in the folder form, its own, and the run that made it."""

_TO_LINK = "to link "
"""Under this and a session's row the journal keeps the links that its files need once it is made anew."""
_OF_A_LINK = ("ContentDocumentId", "ShareType", "Visibility")
_OF_A_FILE = ("Title", "PathOnClient", "FirstPublishLocationId")
ATTACHED = f"{FILES} {KIND}"
METRICS = "MessagingSessionMetrics"
_SESSION = "0Mw"
LINKED = "LinkedEntityId"
ENTRY = "ConversationEntry"
USER = "MessagingEndUser"
AGAIN = "run the same command later: it goes on where it stopped"
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
    if told is None or not told.is_createable or not rows:
        return
    if kind == FILES:
        _keep_files(run, name, rows, journal, target)
        return
    fields = [column.name for column in told.columns.values() if column.is_createable]
    held = target.values(kind, [found for _, found, _ in rows], ["Id", *fields])
    with journal.together():
        before = (
            (id_, found, "delete", {"values": held[found], "run": maker}) for id_, found, maker in rows if found in held
        )
        journal.changed(run, name, before)


def _keep_files(run: str, name: str, rows: Sequence[Standing], journal: Journal, target: Target) -> None:
    """Keep files with what they hold, each by itself. A file that was brought along hangs on another session than it came with."""
    held = target.values(FILES, [found for _, found, _ in rows], ["Id", "ContentDocumentId", *_OF_A_FILE])
    documents = list(dict.fromkeys(str(version["ContentDocumentId"]) for version in held.values()))
    linked: dict[str, list[str]] = {}
    for link in target.select([LINKED, "ContentDocumentId"], LINK, "ContentDocumentId", documents):
        linked.setdefault(link["ContentDocumentId"], []).append(link[LINKED])
    for id_, found, maker in rows:
        if found not in held:
            continue
        document = held[found]["ContentDocumentId"]
        values = {field: held[found].get(field) for field in _OF_A_FILE}
        places = linked.get(document, [])
        if values["FirstPublishLocationId"] not in places:
            sessions = [place for place in places if place.startswith(_SESSION)]
            values["FirstPublishLocationId"] = next(iter(sessions), values["FirstPublishLocationId"])
        values["VersionData"] = b64encode(target.content(found)).decode()
        journal.changed(run, name, [(id_, found, "delete", {"values": values, "run": maker, "document": document})])


def keep_belongings(
    run: str, sessions: Mapping[str, str], journal: Journal, target: Target, with_entries: bool = False
) -> None:
    """Keep what goes with sessions that a run deletes, whoever made it: metrics, links, entries, the look-ups of messages.

    sessions: records by their rows' ids. with_entries: whether loads have written entries on sessions.
    """
    targets = list(sessions.values())
    kept = [(METRICS, "MessagingSessionId"), (LINK, LINKED)]
    if with_entries or journal.has(ENTRY):
        kept.append((ENTRY, "ConversationId"))
    for name, by in kept:
        told = target.described(name)
        if told is not None and by in told.columns:
            found = [record["Id"] for record in target.select(["Id"], name, by, targets)]
            rows = _standing(name, found, journal)
            keep(run, name, rows, journal, target)
            journal.gone(name, [id_ for id_, _, _ in rows])
    if target.described(MESSAGE) is not None:
        held = {row["Id"]: row[OF_SESSION] for row in target.select(["Id", OF_SESSION], MESSAGE, OF_SESSION, targets)}
        rows = _standing(MESSAGE, list(held), journal)
        with journal.together():
            journal.changed(run, MESSAGE, ((id_, found, "update", {OF_SESSION: held[found]}) for id_, found, _ in rows))
        journal.gone(MESSAGE, [id_ for id_, _, _ in rows])


def note_links(sessions: Mapping[str, str], journal: Journal, target: Target) -> None:
    """Note which files hang on sessions that are made anew; `bring_along` links them to the new ones."""
    links: dict[str, list[dict[str, Any]]] = {}
    found = target.select(["Id", LINKED, *_OF_A_LINK], LINK, LINKED, list(sessions.values()))
    known = {one: (id_, maker) for id_, one, maker in _standing(LINK, [link["Id"] for link in found], journal)}
    for link in found:
        id_, maker = known[link["Id"]]
        row = None if id_ == link["Id"] else [id_, maker]
        links.setdefault(link[LINKED], []).append({"row": row, **{name: link[name] for name in _OF_A_LINK}})
    with journal.together():
        for id_, session in sessions.items():
            before = journal.get(_TO_LINK + id_)
            if (
                before is not None and before["instead"] != session
            ):  # a load was broken off before it brought them along
                there = {link["ContentDocumentId"] for link in links.get(session, ())}
                links.setdefault(session, []).extend(
                    link for link in before["links"] if link["ContentDocumentId"] not in there
                )
            if session in links:
                journal.put(_TO_LINK + id_, {"instead": session, "links": links[session]})
            elif before is not None:
                journal.drop(_TO_LINK + id_)


def forget_links(session: str, journal: Journal) -> None:
    """Forget the files of a session that stands again."""
    journal.drop(_TO_LINK + session)


def bring_along(run: str, journal: Journal, target: Target) -> None:
    """Link the files of sessions that were made anew to those that stand in their place. TransientError when some could not be now."""
    failed: Result | None = None
    names = journal.names(_TO_LINK)
    while some := list(islice(names, COLLECTION)):
        now = journal.targets("MessagingSession", [name.removeprefix(_TO_LINK) for name in some])
        pending = {}
        for name in some:
            told, session = journal.get(name), now.get(name.removeprefix(_TO_LINK))
            if session is not None and session != told["instead"]:
                pending[name] = [{**link, LINKED: session} for link in told["links"]]
        sessions = list(dict.fromkeys(link[LINKED] for links in pending.values() for link in links))
        there = {
            (link[LINKED], link["ContentDocumentId"]): link["Id"]
            for link in target.select(["Id", LINKED, "ContentDocumentId"], LINK, LINKED, sessions)
        }
        missing = [
            (name, link)
            for name, links in pending.items()
            for link in links
            if (link[LINKED], link["ContentDocumentId"]) not in there
        ]
        records = [{LINKED: link[LINKED], **{field: link[field] for field in _OF_A_LINK}} for _, link in missing]
        for (name, link), result in zip(missing, target.insert(LINK, records), strict=True):
            if result.id is not None:
                there[link[LINKED], link["ContentDocumentId"]] = result.id
            elif result.is_transient:
                failed = result
                pending.pop(name, None)
            else:
                detail = f"{link[LINKED]}: {result.reason}"
                journal.note(
                    run, "file that a session lost when it was replaced", LINK, link["ContentDocumentId"], detail
                )
        with journal.together():
            for name, links in pending.items():
                for link in links:
                    made = there.get((link[LINKED], link["ContentDocumentId"]))
                    if link["row"] and made:
                        journal.adopt(LINK, link["row"][0], made, link["row"][1])
                journal.drop(name)
    if failed is not None:
        raise TransientError(f"{target.org.url} answered {failed.reason}", AGAIN)


def _standing(name: str, found: Sequence[str], journal: Journal) -> list[Standing]:
    """Return records with what the journal knows of them; one that it does not know goes by its own id."""
    known = {made.target: (id_, made.run) for id_, made in journal.made_as(name, found).items()}
    return [(known[one][0], one, known[one][1]) if one in known else (one, one, None) for one in found]
