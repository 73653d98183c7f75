"""The working copy of one step: the state as it becomes, and the effects so far."""

from dataclasses import dataclass, replace
from typing import Any, Final

from .effects import Effect, KeepOmniWork, KeepSession, TellVisitor
from .refusals import RuleRefused, Unknown
from .setup import AgentSettings, Button, Deployment, Desk, Routing
from .state import Agent, Attempt, Chat, Happening, Kind, Presence, Request, Stage, State, Tally

NO_DEPLOYMENT: Final = Deployment("", "")
NO_BUTTON: Final = Button("", "", routing=Routing.LEAST_ACTIVE)
"""What a chat runs by that was asked of an agent directly, without a button."""


@dataclass(slots=True)
class _Load:
    """What an agent has on his hands: open windows, those that his session counts, and such chats in which he talks."""

    windows: int = 0
    counted: int = 0
    talks: int = 0


class Draft:
    """A state in the making. Everything a rule changes goes through here."""

    def __init__(self, desk: Desk, state: State, now: int) -> None:
        self.desk = desk
        self.now = now
        self.agents = dict(state.agents)
        self.chats = dict(state.chats)
        self.requests = dict(state.requests)
        self.waits = dict(state.waits)
        self.serial = state.serial
        self.bots = state.bots
        self.effects: list[tuple[int, Effect]] = []
        """Each with the time at which it is asked for."""
        self.accepted: list[tuple[str, str]] = []
        """Requests, and the agents for whom they are accepted as soon as the present rule is done (R26)."""
        self._loads: dict[str, _Load] | None = None
        self._recounted: dict[str, None] = {}
        """Agents whose sessions are to be written, in the order in which they changed."""

    def state(self) -> State:
        """Return the state as it has become; the sessions of agents whose tally changed are to be written."""
        for agent_id in self._recounted:
            if agent_id in self.agents:
                self.emit(KeepSession(self.agents[agent_id]))
        return State(self.agents, self.chats, self.requests, self.waits, self.serial, self.now, self.bots)

    # --- finding --------------------------------------------------------------------------------------------------------

    def agent(self, agent_id: str) -> Agent:
        """Return an agent who is logged in. Raises `Unknown`."""
        found = self.agents.get(agent_id)
        if found is None:
            raise Unknown(f"the agent {agent_id} is not logged in to Chat")
        return found

    def chat(self, key: str) -> Chat:
        """Return a chat that runs, or whose windows are open. Raises `Unknown`."""
        found = self.chats.get(key)
        if found is None:
            raise Unknown(f"there is no chat {key}")
        return found

    def engaged(self, key: str, agent_id: str) -> Chat:
        """Return a chat in which an agent talks. Raises `RuleRefused` when it is over, or he is not in it."""
        self.agent(agent_id)
        chat = self.chat(key)
        if chat.stage is not Stage.ENGAGED:
            raise RuleRefused("R55", f"the chat is {chat.stage}")
        member = chat.member(agent_id)
        if member is None or not member.is_talking:
            raise RuleRefused("R54", f"the agent {agent_id} is not in this chat")
        return chat

    def button(self, chat: Chat) -> Button:
        """Return the button that a chat runs by."""
        return self.desk.buttons.get(chat.button_id or "", NO_BUTTON)

    def deployment(self, chat: Chat) -> Deployment:
        """Return the deployment that a chat came from."""
        return self.desk.deployments.get(chat.deployment_id or "", NO_DEPLOYMENT)

    def settings(self, agent_id: str) -> AgentSettings:
        return self.desk.settings_of(agent_id)

    def requests_of(self, chat_key: str, *kinds: Kind) -> list[Request]:
        """Return the open requests of a chat, of all kinds or of some."""
        return [
            request
            for request in self.requests.values()
            if request.chat_key == chat_key and (not kinds or request.kind in kinds)
        ]

    # --- changing -------------------------------------------------------------------------------------------------------

    def emit(self, effect: Effect) -> None:
        """Ask for an effect, as of now."""
        self.effects.append((self.now, effect))

    def drop(self, chat: Chat) -> None:
        """Let a chat go that is over."""
        for member in chat.members:
            self.settle(member.agent_id)
        self.chats.pop(chat.key)
        self._loads = None

    def number(self) -> int:
        """Return the next number of the desk."""
        self.serial += 1
        return self.serial

    def put(self, chat: Chat, **changes: Any) -> Chat:
        """Keep a chat, with changes. Whose part in it changes is accounted for up to now first."""
        if "members" in changes:
            for agent_id in {member.agent_id for member in (*chat.members, *changes["members"])}:
                self.settle(agent_id)
            self._loads = None
        self.chats[chat.key] = changed = replace(chat, **changes) if changes else chat
        return changed

    def change_member(self, chat: Chat, agent_id: str, **changes: Any) -> Chat:
        """Keep a chat with an agent's last part in it changed."""
        own = chat.member(agent_id)
        return self.put(
            chat, members=tuple(replace(member, **changes) if member is own else member for member in chat.members)
        )

    def note(self, chat: Chat, type_: str, agent_id: str | None = None, detail: str | None = None) -> Chat:
        """Keep a chat with one more step in its history."""
        step = Happening(type_, self.now, agent_id, detail, len(chat.messages))
        return self.put(chat, happenings=(*chat.happenings, step))

    def tell(self, chat: Chat, type_: str, **message: Any) -> None:
        """Send a message to the chat's visitor."""
        self.emit(TellVisitor(chat.key, type_, message))

    def change_agent(self, agent: Agent, **changes: Any) -> Agent:
        """Keep an agent, with changes; his session is to be written."""
        self.agents[agent.id] = changed = replace(agent, **changes)
        self._recounted[agent.id] = None
        return changed

    def count(self, agent_id: str, **more: int) -> None:
        """Add to counters of an agent's tally; nothing is counted for one who has left."""
        agent = self.agents.get(agent_id)
        if agent is not None:
            tally: Tally = agent.tally
            counted = {name: getattr(tally, name) + number for name, number in more.items()}
            self.change_agent(agent, tally=replace(tally, **counted))

    def settle(self, agent_id: str) -> None:
        """Count an agent's times up to now, by what he has been doing until now (R61 to R63)."""
        agent = self.agents.get(agent_id)
        if agent is None or agent.counted_until >= self.now:
            return
        seconds = self.now - agent.counted_until
        tally = agent.tally
        if agent.presence is not Presence.OFFLINE:
            is_online = agent.presence is Presence.ONLINE
            talks, is_full = self.counted_talks(agent_id), self.is_at_capacity(agent_id)
            tally = replace(
                tally,
                online=tally.online + seconds * is_online,
                away=tally.away + seconds * (not is_online),
                in_chats=tally.in_chats + seconds * (talks > 0),
                idle=tally.idle + seconds * (is_online and talks == 0),
                at_capacity=tally.at_capacity + seconds * is_full,
            )
        self.change_agent(agent, tally=tally, counted_until=self.now)

    def counts(self, chat: Chat) -> int:
        """Return 1 when an agent's LiveAgentSession counts what happens in a chat, else 0: Omni-Channel's are not (R5)."""
        return 0 if chat.by_omni else 1

    def omni(
        self, chat: Chat, agent_id: str | None = None, status: str | None = None, *, is_over: bool = False
    ) -> None:
        """Let the rows of a chat that Omni-Channel routes follow it."""
        if chat.by_omni:
            self.emit(KeepOmniWork(chat, agent_id, status, is_over))

    # --- load -----------------------------------------------------------------------------------------------------------

    def _load_of(self, agent_id: str) -> "_Load":
        """Return what an agent has on his hands; counted once for all agents, and again after somebody's part changed."""
        if self._loads is None:
            self._loads = {}
            for chat in self.chats.values():
                for agent in {member.agent_id for member in chat.members}:
                    load = self._loads.setdefault(agent, _Load())
                    own = [member for member in chat.members if member.agent_id == agent]
                    is_open = any(not member.closed for member in own)
                    load.windows += is_open
                    load.counted += is_open and self.counts(chat)
                    load.talks += any(member.is_talking for member in own) and self.counts(chat)
        return self._loads.get(agent_id, _Load())

    def counted_talks(self, agent_id: str) -> int:
        """Return in how many chats an agent talks that his LiveAgentSession counts: Omni-Channel's are not (R5)."""
        return self._load_of(agent_id).talks

    def windows(self, agent_id: str) -> int:
        """Return how many chats an agent has accepted and not closed yet (R9)."""
        return self._load_of(agent_id).windows

    def is_at_capacity(self, agent_id: str) -> bool:
        """Tell whether accepted chats that his session counts fill an agent's capacity; pushed requests do not (R63)."""
        return self._load_of(agent_id).counted >= self.settings(agent_id).capacity

    def load(self, agent_id: str) -> int:
        """Return how many chats count against an agent's capacity: open windows, and what is pushed to him (R9)."""
        pushed = sum(
            1
            for request in self.requests.values()
            if request.kind is Kind.CHAT and not request.is_listed and request.concerns(agent_id)
        )
        return self.windows(agent_id) + pushed

    def free(self, agent_id: str) -> int:
        """Return how many more chats an agent has room for (R10)."""
        return max(0, self.settings(agent_id).capacity - self.load(agent_id))

    def is_online(self, agent_id: str) -> bool:
        agent = self.agents.get(agent_id)
        return agent is not None and agent.presence is Presence.ONLINE

    def is_available(self, agent_id: str) -> bool:
        """Tell whether an agent can be given a new chat: Online, with room (R12)."""
        return self.is_online(agent_id) and self.free(agent_id) > 0

    def attempt_of(self, chat: Chat) -> Attempt | None:
        """Return the way in which an agent is being looked for."""
        return chat.queueing.attempts[0] if chat.queueing and chat.queueing.attempts else None
