"""Records of earlier runs whose rows are no longer in the source: a chat that was deleted there goes here, too."""

from __future__ import annotations

from collections.abc import Sequence

from ..errors import TerminalError
from ..journal import Journal
from .lanes import FILES
from .target import Target

_WITH_THEIR_SESSION = frozenset({"MessagingSessionMetrics", "MessagingChannel", "conversationHistory"})
"""What no call deletes: metrics go with their session, channels and live conversations stay."""


_MOST = 100
_MOST_PERCENT = 20
"""More than this many rows, and more than this share, do not leave a source in passing: a choice of ours."""


def delete_stale(run: str, journal: Journal, target: Target, names: Sequence[str]) -> dict[str, int]:
    """Delete the records that runs of this journal made and that this run did not meet, children first.

    Raises TerminalError, and deletes nothing, when so many sessions went that the source was hardly read in full.
    """
    gone, standing = journal.stale_count(run, "MessagingSession"), journal.standing_count("MessagingSession")
    if gone > max(_MOST, standing * _MOST_PERCENT // 100):
        raise TerminalError(
            f"{gone} of {standing} chats that were loaded are gone from the source; nothing was deleted:",
            "see whether the source's user may still read them all, or take their run back with `migrate rollback`",
        )
    deleted: dict[str, int] = {}
    for name in reversed(names):
        while stale := journal.stale(run, name):
            ours = {id_: found for id_, found, maker in stale if maker is not None}
            if name in _WITH_THEIR_SESSION:
                ours = {}
            elif name.startswith(FILES):
                held = target.values(FILES, list(ours.values()), ["Id", "ContentDocumentId"])
                ours = {id_: held[found]["ContentDocumentId"] for id_, found in ours.items() if found in held}
            else:
                _keep(run, name, ours, journal, target)
            target.delete(list(ours.values()))
            with journal.together():
                for id_, *_ in stale:
                    journal.forget(name, id_)
            deleted[name] = deleted.get(name, 0) + len(ours)
    return deleted


def _keep(run: str, name: str, ours: dict[str, str], journal: Journal, target: Target) -> None:
    """Keep what the records hold, so that a rollback makes them anew."""
    told = target.needed(name)
    fields = [column.name for column in told.columns.values() if column.is_createable and column.type != "base64"]
    held = target.values(name, list(ours.values()), ["Id", *fields])
    with journal.together():
        rows = (
            (id_, found, "delete", {"values": held[found], "run": None}) for id_, found in ours.items() if found in held
        )
        journal.changed(run, name, rows)
