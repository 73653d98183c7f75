"""Bots: scripted participants who serve a session until they hand it over or end it."""

from . import endings, entries, handing
from .draft import Draft
from .events import BotSays
from .refusals import RuleRefused
from .setup import Bot
from .state import Ender, Role, Session, Status


def join(draft: Draft, session: Session, bot: Bot) -> None:
    """Let the bot of a channel take a session."""
    session = draft.note_session(session, bot=bot.name, bot_idle_since=draft.now)
    session = draft.come_in(session, Role.BOT, bot.name, bot.name)
    session = draft.change_status(session, Status.ACTIVE, agent_type="Bot")
    for text in bot.greeting:
        say(draft, session, text)


def hear(draft: Draft, session: Session, text: str) -> None:
    """Let the bot answer what the end user wrote, by its script: ending before handing over before replies."""
    bot = draft.channel_of(session).bot
    if session.bot is None or bot is None:
        return
    draft.note_session(session, bot_idle_since=draft.now)
    session = draft.sessions[session.id]
    said = text.casefold()
    if _any(said, bot.ends_on):
        endings.finish(draft, session, Ender.BOT)
    elif _any(said, bot.hands_over_on):
        hand_over(draft, session)
    else:
        answer = next((reply for word, reply in bot.replies if word.casefold() in said), bot.fallback)
        if answer:
            say(draft, session, answer)


def hand_over(draft: Draft, session: Session) -> None:
    """Let the bot go, and look for a rep."""
    handing.to_reps(draft, go(draft, session), is_transfer=True)


def go(draft: Draft, session: Session) -> Session:
    """Let the bot leave a session."""
    participant = session.participant(Role.BOT, session.bot or "")
    if participant is not None:
        session = draft.go_out(session, participant)
    return draft.note_session(session, bot=None, bot_idle_since=None)


def speak(draft: Draft, event: BotSays) -> None:
    """The bot says something beside its script."""
    session = draft.running(event.session_id)
    if session.bot is None:
        raise RuleRefused("no bot leads this session")
    message = event.message
    draft.add(
        session, Role.BOT, "Message", entries.message(message.id, message.abstract, entries.AUTOMATED), message.id,
        subject=session.bot, name=session.bot, text=message.text, client_time=message.client_time,
    )  # fmt: skip


def say(draft: Draft, session: Session, text: str) -> None:
    draft.say(session, Role.BOT, session.bot or "", session.bot or "", text)


def _any(said: str, words: tuple[str, ...]) -> bool:
    return any(word.casefold() in said for word in words)
