"""Chatbots: one leads the chats of a button until it hands them on to agents, or ends them.

The platform plays the bot's dialogs itself; here a script or a test speaks for it (`Console.bot_says`). What is written is the platform's:
LiveChatTranscriptEvent.Type has ChatbotEstablished, ChatbotEndChat, ChatbotEndedChatByAction, TransferredToSbrSkill, TransferredToQueue,
TransferredToButton and the failures of these three (object reference), and the notices of the transcript stand in public samples.
"""

from dataclasses import replace
from typing import Any, Final

from . import endings, notices, routing
from .draft import Draft
from .events import BotCloses, BotEnds, BotOpens, BotTransfers, BotWrites
from .refusals import RuleRefused, Unknown
from .setup import Routing
from .state import Attempt, Chat, Message, Queueing, Role, Stage

HANDED_ON: Final[dict[Routing, tuple[str, str]]] = {
    Routing.OMNI: ("TransferredToQueue", "TransferToQueueFailed"),
    Routing.OMNI_SKILLS: ("TransferredToSbrSkill", "TransferredToSbrSkillFailed"),
}
"""How a hand-over to agents is told, by the routing of their button; any other one is a transfer to a button."""
TO_BUTTON: Final = ("TransferredToButton", "TransferToButtonFailed")


def opens(draft: Draft, event: BotOpens) -> None:
    """A bot takes over a button: it answers whoever asks for a chat there from now on."""
    if event.button_id not in draft.desk.buttons:
        raise Unknown(f"there is no button {event.button_id}")
    draft.bots = {**draft.bots, event.button_id: event.name}


def closes(draft: Draft, event: BotCloses) -> None:
    """The bot leaves the button; what it has begun it goes on with."""
    if event.button_id not in draft.bots:
        raise Unknown(f"no bot answers at the button {event.button_id}")
    draft.bots = {button_id: name for button_id, name in draft.bots.items() if button_id != event.button_id}


def answers_at(draft: Draft, button_id: str) -> bool:
    """Tell whether a bot answers at a button; at one that is not active nobody does."""
    button = draft.desk.buttons.get(button_id)
    return button is not None and button.is_active and button_id in draft.bots


def takes(draft: Draft, chat: Chat) -> bool:
    """Let the bot of a new chat's button answer it, if there is one: nobody else need be there."""
    attempts = chat.queueing.attempts if chat.queueing else ()
    if not answers_at(draft, chat.button_id or "") or not attempts or attempts[0].agent_id is not None:
        return False
    name = draft.bots[chat.button_id or ""]
    chat = draft.put(chat, stage=Stage.BOT, queueing=None, bot=name, bot_since=draft.now)
    draft.tell(chat, "ChatRequestSuccess", **notices.request_success(draft, chat))
    notices.tell_sensitive_rules(draft, chat)
    chat = draft.note(chat, "ChatbotEstablished")
    draft.tell(chat, "ChatEstablished", **_established(name))
    draft.omni(chat)
    return True


def _established(name: str) -> dict[str, Any]:
    """Return what the visitor is told of who talks. That a bot is shown as an agent without an id is a guess."""
    idle = {"isEnabled": False}
    return {"name": name, "userId": "", "items": [], "sneakPeekEnabled": False, "chasitorIdleTimeout": idle}


def writes(draft: Draft, event: BotWrites) -> None:
    """The bot says something. No count and no response time includes it (R68, our reading)."""
    chat = led(draft, event.chat_key)
    said = Message(Role.BOT, chat.bot or "", event.text, draft.now)
    chat = draft.put(chat, messages=(*chat.messages, said), unanswered_since=None)
    draft.tell(
        chat, "ChatMessage", text=event.text, name=said.name, schedule={"responseDelayMilliseconds": 0}, agentId=""
    )  # fmt: skip


def transfers(draft: Draft, event: BotTransfers) -> None:
    """The bot hands the chat on to the agents of its button, or of another; while nobody is there it keeps it."""
    chat = led(draft, event.chat_key)
    button_id = event.to_button_id or chat.button_id or ""
    button = draft.desk.buttons.get(button_id)
    if button is None:
        raise Unknown(f"there is no button {button_id}")
    done, failed = HANDED_ON.get(button.routing, TO_BUTTON)
    detail = button_id
    if button.routing is Routing.OMNI_SKILLS:
        detail = ", ".join(draft.desk.skill_names.get(skill, skill) for skill in button.skills)
    if routing.refusal(draft, button_id, chat.key) is not None:
        draft.note(chat, failed, detail=detail)
        return
    chat = draft.note(chat, done, detail=detail)
    chat = draft.put(
        chat,
        stage=Stage.WAITING,
        button_id=button_id,
        by_omni=chat.by_omni or button.routing.is_omni,
        queueing=Queueing((Attempt(button_id=button_id),)),
    )
    chat = draft.put(chat, queueing=replace(chat.queueing or Queueing(()), position=routing.place_of(draft, chat)))
    draft.omni(chat)


def ends(draft: Draft, event: BotEnds) -> None:
    """The bot ends the chat, by its dialog or by an automated action. LiveChatTranscript.EndedBy knows no bot: System, a guess."""
    chat = endings.begun_by_bot(draft, led(draft, event.chat_key))
    type_ = "ChatbotEndedChatByAction" if event.by_action else "ChatbotEndChat"
    endings.finish(draft, chat, type_, None, endings.SYSTEM, endings.COMPLETED, "agent")


def led(draft: Draft, key: str) -> Chat:
    """Return a chat that a bot leads. Raises `RuleRefused`."""
    chat = draft.chat(key)
    if chat.stage is not Stage.BOT:
        raise RuleRefused("Chatbot", "no bot leads this chat")
    return chat
