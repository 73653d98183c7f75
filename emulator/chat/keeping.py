"""How the running desk is kept: a row for each agent, chat and request, and one for what belongs to the desk as a whole."""

from typing import Final

from ..running.keeping import Form, Part
from .state import Agent, Chat, Request, State

DESK: Final = Form(
    "_chat",
    State,
    (
        Part("agent", "agents", Agent, lambda item: item[1].order),
        Part("chat", "chats", Chat, lambda item: item[1].number),
        Part("request", "requests", Request, lambda item: int(item[0][1:])),
    ),
    ("waits", "serial", "time", "bots"),
)
