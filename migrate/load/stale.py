"""Records of earlier runs whose rows are no longer in the source: a chat that was deleted there goes here, too."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

from ..errors import TerminalError
from ..journal import Journal
from .cascade import USER, Standing, documents_of_versions, keep, keep_belongings, with_sessions
from .lanes import FILES
from .target import COLLECTION, Target

_STAYING = frozenset({"MessagingChannel", "conversationHistory"})
_WITH_THEIR_SESSION = _STAYING | {"MessagingSessionMetrics"}
"""What no call deletes: metrics go with their session, channels and live conversations stay."""

_MOST = 100
_MOST_PERCENT = 20
"""More than this many rows, and more than this share, do not leave a source in passing: a choice of ours."""


def delete_stale(run: str, journal: Journal, target: Target, names: Sequence[str]) -> tuple[dict[str, int], list[str]]:
    """Delete the records that runs of this journal made and that this run did not meet, children first.

    Returns how many, by lane, and what could not be deleted: the next such run tries again. A messaging user who has sessions of others
    stays. Raises TerminalError, and deletes nothing, when so many sessions went that the source was hardly read in full.
    """
    gone, standing = journal.stale_count(run, "MessagingSession"), journal.standing_count("MessagingSession")
    if gone > max(_MOST, standing * _MOST_PERCENT // 100):
        raise TerminalError(
            f"{gone} of {standing} chats that were loaded are gone from the source; nothing was deleted:",
            "see whether the source's user may still read them all, or take their run back with `migrate rollback`",
        )
    deleted: dict[str, int] = {}
    left: list[str] = []
    for name in reversed(names):
        deleted[name] = delete_unmet(run, name, journal, target, left)
    return deleted, left


def delete_unmet(run: str, name: str, journal: Journal, target: Target, left: list[str]) -> int:
    """Delete what earlier runs made in a lane and this run did not meet, and return how many records; `left` takes what stayed."""
    deleted = 0
    rows = journal.stale(run, name)
    while some := list(islice(rows, COLLECTION)):
        deleted += _delete(run, name, some, journal, target, left)
    return deleted


def _delete(run: str, name: str, rows: list[Standing], journal: Journal, target: Target, left: list[str]) -> int:
    """Delete some records, and return how many were. What is not ours is forgotten alone."""
    gone = {id_ for id_, _, _ in rows}
    ours = {id_: found for id_, found, maker in rows if maker is not None}
    if name == USER and (busy := with_sessions(list(ours.values()), target)):
        gone -= {id_ for id_, found in ours.items() if found in busy}
        ours = {id_: found for id_, found in ours.items() if found not in busy}
    if name == "MessagingSession":
        keep_belongings(run, ours, journal, target)
    if name not in _STAYING:
        keep(run, name, [row for row in rows if row[0] in ours], journal, target)
    if name in _WITH_THEIR_SESSION:
        ours = {}
    elif name.startswith(FILES):
        ours = documents_of_versions(ours, target)
    for (id_, found), result in zip(ours.items(), target.delete(list(ours.values())), strict=True):
        if result.id is None:
            gone.discard(id_)
            left.append(f"{name} {found} is no longer in the source and could not be deleted: {result.reason}")
    with journal.together():
        for id_ in gone:
            journal.forget(name, id_)
    return len(gone & ours.keys())
