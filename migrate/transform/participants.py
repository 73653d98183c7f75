"""ConversationParticipant: the end user, each agent who took part, the bot, the supervisors who whispered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ...schemas.ids import derive
from .body import Kind, Piece
from .events import Presence
from .roles import Decision
from .structures import Person, Row

APP_TYPES = {"EndUser": "iamessage", "Agent": "agent", "Supervisor": "agent", "Bot": "chatbot"}
"""ConversationParticipant.AppType of each role, as enhanced chat names its senders (Messaging API, "Server-Sent Event Structure");
all but the first are guesses."""


@dataclass(frozen=True, slots=True)
class Cast:
    """The participants of a conversation, and their ids by author name and by user id."""

    rows: tuple[Row, ...]
    by_author: Mapping[str, str]
    by_user: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Scene:
    """The conversation that the participants belong to, with its end user; when the bot came and the visitor left; who owns
    the chat."""

    transcript: str
    conversation: str
    end_user: str
    end_user_name: str
    platform_key: str
    start: str
    end: str
    bot_joined: str | None = None
    visitor_left: str | None = None
    owner: Person | None = None


def cast(
    scene: Scene,
    decided: Mapping[str, Decision],
    present: Sequence[Presence],
    people: Mapping[str, Person],
    whisperers: Sequence[str] = (),
) -> Cast:
    """Return the participants. An agent of the events and an author of the body are one where a name of the user says so,
    or where one of each is left."""
    rows: list[Row] = []
    by_author: dict[str, str] = {}
    by_user: dict[str, str] = {}
    end_user = _row(
        scene, "EndUser", "", scene.end_user, scene.platform_key, scene.end_user_name, None, scene.visitor_left
    )
    rows.append(end_user)
    agents = [author for author, (role, _) in decided.items() if role == "Agent"]
    matched = _match(agents, present, people)
    for author, (role, _) in decided.items():
        if role == "EndUser":
            by_author[author] = end_user["Id"]
    for presence in present:
        known_as = next((name for name, user in matched.items() if user == presence.agent), None)
        person = people.get(presence.agent)
        name = known_as or (person.names[0] if person and person.names else presence.agent)
        entity = presence.agent if presence.agent.startswith("005") else None
        row = _row(scene, "Agent", presence.agent, entity, presence.agent, name, presence.joined, presence.left)
        rows.append(row)
        by_user[presence.agent] = row["Id"]
    for author, (role, _) in decided.items():
        if role not in ("Agent", "Bot", "Supervisor"):
            continue
        user = matched.get(author) if role == "Agent" else None
        if user is not None:
            by_author[author] = by_user[user]
            continue
        owner = scene.owner
        if role == "Agent" and owner and owner.id not in by_user and author in owner.names:
            row = _row(scene, role, owner.id, owner.id, owner.id, author, None, None)
            rows.append(row)
            by_author[author] = by_user[owner.id] = row["Id"]
            continue
        joined = scene.bot_joined if role == "Bot" else None
        row = _row(scene, role, author, None, author, author, joined, None)
        rows.append(row)
        by_author[author] = row["Id"]
    if scene.bot_joined and not any(role == "Bot" for role, _ in decided.values()):
        rows.append(_row(scene, "Bot", "", None, "Chatbot", "Chatbot", scene.bot_joined, None))
    for author in dict.fromkeys(whisperers):
        if author not in by_author:
            rows.append(_row(scene, "Supervisor", author, None, author, author, None, None))
    return Cast(tuple(rows), by_author, by_user)


def whisper_authors(pieces: Sequence[Piece]) -> list[str]:
    """Return the authors of a SupervisorTranscriptBody in order."""
    return [piece.name for piece in pieces if piece.kind is Kind.LINE]


def _match(agents: Sequence[str], present: Sequence[Presence], people: Mapping[str, Person]) -> dict[str, str]:
    matched: dict[str, str] = {}
    for author in agents:
        users = [p.agent for p in present if p.agent in people and author in people[p.agent].names]
        if len(users) == 1:
            matched[author] = users[0]
    authors_left = [author for author in agents if author not in matched]
    users_left = [p.agent for p in present if p.agent not in matched.values()]
    if len(authors_left) == 1 and len(users_left) == 1:
        matched[authors_left[0]] = users_left[0]
    return matched


def _row(
    scene: Scene,
    role: str,
    key: str,
    entity: str | None,
    participant_key: str,
    name: str,
    joined: str | None,
    left: str | None,
) -> Row:
    return {
        "Id": derive("0ec", scene.transcript, role, key),
        "ConversationId": scene.conversation,
        "ParticipantEntityId": entity,
        "ParticipantKey": participant_key[:120],
        "ParticipantRole": role,
        "ParticipantDisplayName": name[:255],
        "AppType": APP_TYPES[role],
        "JoinedTime": joined or scene.start,
        "LeftTime": left or scene.end,
        "LastActiveTime": left or scene.end,
    }
