"""Who wrote a line: end user, agent or bot, and how that was found out.

The author of a line is a label, not an identity: agents may share a custom name, a visitor may have an agent's name, and
headings may hold an unresolved placeholder. So each decision names its ground, weaker grounds are used only where
stronger ones are silent, and a guess says that it is one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from .body import Kind, Labels, Piece
from .structures import Person

Decision = tuple[str, str]  # ActorType, ground

VISITOR_LABEL = "visitor label"
AGENT_HEADING = "agent heading"
TRANSFER_HEADING = "transfer heading"
EVENT_USER = "event user"
OWNER = "owner"
PRE_CHAT = "pre-chat name"
CONTACT = "contact name"
CHATBOT = "chatbot session"
COUNTS = "message counts"
ONLY_LEFT = "only author left"
NOT_VISITOR = "not the visitor"
ROLE_WORD = "role word"
SHARED = "ambiguous: visitor and agent share the name"
GUESS = "guess"
NOTICE = "notice"
UNPARSED = "unparsed"
EVENT = "event"
AMBIGUOUS = frozenset({SHARED, GUESS})

_ROLE_WORDS = {
    "agent": "Agent", "rep": "Agent", "operator": "Agent", "customer": "EndUser", "visitor": "EndUser",
    "end user": "EndUser", "client": "EndUser", "user": "EndUser", "contact": "EndUser", "bot": "Bot", "chatbot": "Bot",
    "system": "System", "supervisor": "Supervisor",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Grounds:
    """What is known about the people of a chat besides its lines.

    event_people and owner are users that events and OwnerId name; visitor_names come from pre-chat details, parent_names
    are those of contact and lead; has_bot tells that a bot took part; the counts are OperatorMessageCount and VisitorMessageCount.
    """

    event_people: tuple[Person, ...] = ()
    owner: Person | None = None
    visitor_names: frozenset[str] = frozenset()
    has_bot: bool = False
    agent_count: int | None = None
    visitor_count: int | None = None
    parent_names: tuple[str, ...] = ()


def decide(pieces: Sequence[Piece], labels: Labels, grounds: Grounds) -> dict[str, Decision]:
    """Return `(ActorType, ground)` by author, for every author of a line."""
    lines = [piece for piece in pieces if piece[0] is Kind.LINE]
    counts = Counter([piece[2] for piece in lines])
    words = {piece.name: piece.role for piece in lines if piece[6]}
    decided: dict[str, Decision] = {}
    for author, word in words.items():
        role = _ROLE_WORDS.get(word.lower())
        if role:
            decided[author] = (role, ROLE_WORD)
    for author in counts:
        if labels.is_visitor(author):
            decided.setdefault(author, ("EndUser", VISITOR_LABEL))
    named = _named_in_headings(pieces, labels, grounds) | _named_elsewhere(grounds)
    for author in counts:
        if author in decided:
            continue
        if author in named:
            of_visitor = author in grounds.visitor_names or author in grounds.parent_names
            is_shared = of_visitor and named[author][0] == "Agent"
            decided[author] = ("Agent", SHARED) if is_shared else named[author]
        elif author in grounds.visitor_names:
            decided[author] = ("EndUser", PRE_CHAT)
        elif author in grounds.parent_names:
            decided[author] = ("EndUser", CONTACT)
    if grounds.has_bot:
        for author in _before_any_agent(pieces):
            decided.setdefault(author, ("Bot", CHATBOT))
    left = [author for author in counts if author not in decided]
    if left:
        decided.update(_by_elimination(left, counts, decided, grounds))
    return decided


def _named_in_headings(pieces: Sequence[Piece], labels: Labels, grounds: Grounds) -> dict[str, Decision]:
    named: dict[str, Decision] = {}
    for place, piece in enumerate(pieces):
        if piece[0] is Kind.LINE:
            continue
        if piece.kind is Kind.AGENT:
            named.setdefault(piece.name, ("Agent", AGENT_HEADING))
        elif piece.kind is Kind.TRANSFERRED:
            giver, taker = labels.transfer_names(piece.text.strip()) or ("", "")
            handed_over = any(p.kind is Kind.NOTICE and labels.is_hand_over(p.text.strip()) for p in pieces[:place])
            from_bot = (grounds.has_bot or handed_over) and named.get(giver, ("",))[0] != "Agent"
            named.setdefault(giver, ("Bot" if from_bot else "Agent", TRANSFER_HEADING))
            named.setdefault(taker, ("Agent", TRANSFER_HEADING))
    named.pop("", None)
    return named


def _named_elsewhere(grounds: Grounds) -> dict[str, Decision]:
    named: dict[str, Decision] = {}
    for person in grounds.event_people:
        for name in person.names:
            named.setdefault(name, ("Agent", EVENT_USER))
    if grounds.owner:
        for name in grounds.owner.names:
            named.setdefault(name, ("Agent", OWNER))
    return named


def _before_any_agent(pieces: Sequence[Piece]) -> list[str]:
    """Return the authors, other than a visitor who goes by label, of the segments before a heading names an agent."""
    found: list[str] = []
    for piece in pieces:
        if piece.kind in (Kind.AGENT, Kind.TRANSFERRED):
            break
        if piece.kind is Kind.LINE:
            found.append(piece.name)
    # Of several authors the visitor is one; the bot greets, so it is the first to write.
    return found[:1]


def _by_elimination(
    left: list[str], counts: Mapping[str, int], decided: Mapping[str, Decision], grounds: Grounds
) -> dict[str, Decision]:
    roles = {role for role, _ in decided.values()}
    if "EndUser" in roles:
        return dict.fromkeys(left, ("Agent", NOT_VISITOR))
    if len(left) == 1 and roles & {"Agent", "Bot"}:
        return {left[0]: ("EndUser", ONLY_LEFT)}
    by_count = [author for author in left if grounds.visitor_count and counts[author] == grounds.visitor_count]
    if len(by_count) == 1 and (len(left) > 1 or grounds.agent_count == 0):
        return _one_visitor(left, by_count[0], COUNTS)
    if len(left) == 1:
        return {left[0]: ("Agent", GUESS)}
    # Nothing tells them apart: agents greet first, so the second to write is taken for the visitor.
    return _one_visitor(left, left[0] if "Agent" in roles else left[1], GUESS)


def _one_visitor(authors: Iterable[str], visitor: str, ground: str) -> dict[str, Decision]:
    return {author: ("EndUser" if author == visitor else "Agent", ground) for author in authors}
