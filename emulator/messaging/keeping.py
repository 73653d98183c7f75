"""How what runs is kept: a row for each rep, conversation, session and work, and one for what belongs to the whole."""

from typing import Final

from ..running.keeping import Form, Part
from .state import Conversation, Rep, Session, State, Work

MESSAGING: Final = Form(
    "_messaging",
    State,
    (
        Part("rep", "reps", Rep, lambda item: item[1].order),
        Part("conversation", "conversations", Conversation, lambda item: item[1].number),
        Part("session", "sessions", Session, lambda item: item[1].number),
        Part("work", "work", Work, lambda item: item[1].number),
    ),
    ("serial", "time"),
)
CLOSED: Final = "closed"
CLOSED_OF: Final = "closed of "
"""Kind of the rows of conversations that have left the state; and, with a subject behind it, of the rows that name his."""
