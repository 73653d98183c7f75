"""Taking a run back: what it made is deleted, what it changed is as it was. A rollback that was broken off goes on.

Messaging channels stay, because no API call deletes one, and so do live conversations and messaging users who have sessions of others;
metrics go with their session.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from ..journal import Change, Journal
from ..transform.names import AGENT_SESSION
from .attached import LINK
from .carriers import MESSAGE
from .cascade import ATTACHED, IN_USE, LINKED, METRICS, USER, documents_of_versions, forget_links, with_sessions
from .history import NAME as HISTORY
from .itinerary import KEYS
from .lanes import FILES
from .target import COLLECTION, Target

FILE_KINDS = (f"{FILES} archive", f"{FILES} json", f"{FILES} html", ATTACHED)
_ORDER = (
    HISTORY,
    LINK,
    *FILE_KINDS,
    MESSAGE,
    "ConversationEntry",
    AGENT_SESSION,
    METRICS,
    "ConversationParticipant",
    "MessagingSession",
    "MessagingEndUser",
    "Conversation",
    "MessagingChannel",
)
"""Children before parents."""
_KEYS = {**KEYS, LINK: (LINKED, "ContentDocumentId")}
"""What tells a record from all others of its object; a file is not to be told from its like."""
_NOW = "now "
"""Under this and a former id the journal keeps the id of a record that was made anew: its children name the former one."""


@dataclass(slots=True)
class Undone:
    """What a rollback did, by object, what it had to leave (messaging channels, say) and what it failed to do."""

    deleted: dict[str, int] = field(default_factory=dict)
    restored: dict[str, int] = field(default_factory=dict)
    kept: dict[str, int] = field(default_factory=dict)
    left: list[str] = field(default_factory=list)


def roll_back(run: str, journal: Journal, target: Target, progress: Callable[[str, int, int], None]) -> Undone:
    """Take a run back."""
    undone = Undone()
    for job in journal.open_jobs():
        target.settle(job)
        journal.settle_job(job)
    for name in sorted(journal.changed_objects(run), key=_ORDER.index, reverse=True):
        for change in journal.changes(run, name):
            reason = _restore(change, journal, target)
            if reason:
                undone.left.append(f"{name} {change.target}: {reason}")
                continue
            undone.restored[name] = undone.restored.get(name, 0) + 1
            progress(f"restoring {name}", undone.restored[name], 0)
            journal.drop_change(change.number)
    for name in _ORDER:
        rows = journal.of_run(run, name)
        while some := list(islice(rows, COLLECTION)):
            progress(f"deleting {name}", undone.deleted.get(name, 0), 0)
            _delete(name, some, journal, target, undone)
    return undone


def _delete(name: str, rows: list[tuple[str, str | None]], journal: Journal, target: Target, undone: Undone) -> None:
    ids = {id_: found for id_, found in rows if found}
    gone = [id_ for id_, found in rows if not found]
    if name == METRICS:
        gone += ids
        ids = {}
    elif name.startswith(FILES):
        documents = documents_of_versions(ids, target)
        gone += [id_ for id_ in ids if id_ not in documents]
        ids = documents
    else:
        if name == USER and (busy := with_sessions(list(ids.values()), target)):
            undone.kept[IN_USE] = undone.kept.get(IN_USE, 0) + len(busy)
            ids = {id_: found for id_, found in ids.items() if found not in busy}
        told = None if name == HISTORY else target.described(name)
        if told is None or not told.is_deletable:
            undone.kept[name] = undone.kept.get(name, 0) + len(ids)
            ids = {}
    deleted = 0
    for (id_, found), result in zip(ids.items(), target.delete(list(ids.values())), strict=True):
        if result.id is None:
            undone.left.append(f"{name} {found}: {result.reason}")
        else:
            gone.append(id_)
            deleted += 1
    with journal.together():
        for id_ in gone:
            journal.forget(name, id_)
    if deleted:
        undone.deleted[name] = undone.deleted.get(name, 0) + deleted


def _restore(change: Change, journal: Journal, target: Target) -> str:
    """Restore what stood before a change. Returns why it could not be, empty when it was."""
    if change.kind == "update":
        now = _now(change.target, journal)
        [result] = target.update(change.object, [{"Id": now, **_as_of_now(change.before, journal)}])
    elif change.kind == "version":
        held = target.values(FILES, [change.target], ["Title", "PathOnClient"]).get(change.target)
        if held is None:
            return "the earlier version is gone"
        content = b64encode(target.content(change.target)).decode()
        record = {"ContentDocumentId": _now(change.before["document"], journal), "Title": held["Title"]}
        [result] = target.insert(FILES, [{**record, "PathOnClient": held["PathOnClient"], "VersionData": content}])
    else:
        return _made_anew(change, journal, target)
    if result.id is None:
        return result.reason
    journal.unsettle(change.object, change.id, result.id)
    return ""


def _made_anew(change: Change, journal: Journal, target: Target) -> str:
    """Insert a record that was replaced or deleted as it was; what had come in its place is deleted first."""
    made = journal.known(change.object, [change.id]).get(change.id)
    kind = change.object.partition(" ")[0]
    standing = _now(change.target, journal)
    if standing in target.values(kind, [standing], ["Id"]):  # the deletion was refused or never sent, or is taken back
        _adopt(change, standing, journal)
        return ""
    instead = made.target if made is not None and made.target != change.target else None
    if instead and instead in target.values(kind, [instead], ["Id"]):
        there = {change.id: instead}
        gone = list((documents_of_versions(there, target) if kind == FILES else there).values())
        for refused in target.delete(gone):
            if refused.id is None:
                return f"what stands in its place could not be deleted: {refused.reason}"
    held = {
        name: value
        for name, value in change.before["values"].items()
        if value is not None and name not in ("Id", "attributes")
    }
    record = _as_of_now(held, journal)
    anew = _inserted_before(kind, record, target)
    if anew is None:
        [result] = target.insert(kind, [record])
        if result.id is None:
            return result.reason
        anew = result.id
    if kind == FILES and "document" in change.before:
        document = target.values(FILES, [anew], ["ContentDocumentId"])[anew]["ContentDocumentId"]
        journal.put(_NOW + change.before["document"], document)
    if kind == "MessagingSession":
        forget_links(change.id, journal)
    journal.put(_NOW + change.target, anew)
    if instead:  # what was kept later names it
        journal.put(_NOW + instead, anew)
    _adopt(change, anew, journal)
    return ""


def _adopt(change: Change, found: str, journal: Journal) -> None:
    """Note the record that stands for a row; one that no row stands for is somebody else's."""
    if change.id != change.target:
        journal.adopt(change.object, change.id, found, change.before["run"])


def _inserted_before(kind: str, record: Mapping[str, Any], target: Target) -> str | None:
    """Return the record that a rollback which was broken off has made anew, None when there is none."""
    keys = _KEYS.get(kind)
    if keys is None or record.get(keys[0]) is None:
        return None
    for found in target.select(["Id", *keys], kind, keys[0], [str(record[keys[0]])]):
        if all(found.get(name) == record.get(name) for name in keys):
            return str(found["Id"])
    return None


def _now(id_: str, journal: Journal) -> str:
    """Return the id of the record that was made anew in the place of another one, else that one's."""
    while (later := journal.get(_NOW + id_)) is not None:
        id_ = later
    return id_


def _as_of_now(values: Mapping[str, Any], journal: Journal) -> dict[str, Any]:
    """Return the values with the ids of records that were made anew in the place of those that they name."""
    return {
        name: _now(value, journal) if isinstance(value, str) and len(value) == 18 else value
        for name, value in values.items()
    }
