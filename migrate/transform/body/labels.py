"""The words of headings in the languages they were seen in; a plan can add to them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from .pieces import Kind

_MONTH_WORDS = {
    "en": "january february march april may june july august september october november december",
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    # The months of the other languages are the calendar's; no body in these languages was seen.
    "de": "januar februar märz april mai juni juli august september oktober november dezember",
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "pt": "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
    "it": "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
    "nl": "januari februari maart april mei juni juli augustus september oktober november december",
}


def _months() -> dict[str, int]:
    table: dict[str, int] = {}
    for words in _MONTH_WORDS.values():
        for number, word in enumerate(words.split(), 1):
            table.setdefault(word, number)
    return table


# Notices whose wording was seen in public samples, hand-over and file; some begin like an agent heading and are none.
_KNOWN_NOTICE = re.compile(
    r"Agent .{1,200} requested a file transfer|File transfer succeeded|"
    r"Agente? Chatbot (?:successfully transferred|transferred|failed to transfer|no transfirió|transfirió)"
)


@dataclass(frozen=True, slots=True)
class Labels:
    """The beginnings of headings, what a visitor without a name is called, and the words that tell a hand-over by a bot.

    notices: how further notices begin, which nothing but their wording marks in plain copies. zone: the time zone of bracketed
    times, which name none.

    English and Spanish headings were seen; the punctuation of the Spanish ones was not, so a colon is optional.
    """

    started: tuple[str, ...] = ("Chat Started", "Ha comenzado el chat")
    origin: tuple[str, ...] = ("Chat Origin", "Origen de chat", "Origen del chat")
    agent: tuple[str, ...] = ("Agent", "Agente")
    transferred: tuple[tuple[str, str], ...] = (
        ("Chat Transferred From", "To"),
        ("Chat transferred From", "To"),
        ("Chat transferido desde", "A"),
    )
    visitor: tuple[str, ...] = ("Visitor", "Visitante")
    handed_over: tuple[str, ...] = (
        "Agent Chatbot successfully transferred the chat",
        "Agent Chatbot transferred the chat",
        "Agente Chatbot transfirió",
    )
    notices: tuple[str, ...] = ()
    months: dict[str, int] = field(default_factory=_months)
    zone: str = "UTC"

    def is_visitor(self, author: str) -> bool:
        """Tell whether this author is a visitor who gave no name."""
        return author in self.visitor

    def is_hand_over(self, notice: str) -> bool:
        """Tell whether this notice says that a bot handed the chat over."""
        return notice.startswith(self.handed_over)

    def tells_of_bot(self, notice: str) -> bool:
        """Tell whether this notice says that a bot took part: that it handed the chat over, or tried to."""
        return notice.startswith(("Agent Chatbot ", "Agente Chatbot ", *self.handed_over))

    def is_known_notice(self, text: str) -> bool:
        """Tell whether a line of a plain copy is a notice: nothing but its wording marks it there."""
        return _KNOWN_NOTICE.match(text) is not None or (bool(self.notices) and text.startswith(self.notices))

    def classify(self, text: str, in_heading: bool) -> tuple[Kind, str]:
        """Return what a paragraph is and the name it gives. An agent heading stands only among headings."""
        for label in self.started:
            if text.startswith(label):
                return Kind.STARTED, ""
        for label in self.origin:
            if text.startswith(label):
                return Kind.ORIGIN, text[len(label) :].lstrip(": ").rstrip()
        if self.transfer_names(text) is not None:
            return Kind.TRANSFERRED, ""
        if in_heading and not self.is_known_notice(text):
            for label in self.agent:
                if text.startswith(f"{label} "):
                    return Kind.AGENT, text[len(label) + 1 :].strip()
        return Kind.NOTICE, ""

    def transfer_names(self, text: str) -> tuple[str, str] | None:
        """Return who handed the chat over and who took it, from a transfer heading; None for any other text."""
        for beginning, middle in self.transferred:
            if text.startswith(f"{beginning} "):
                giver, found, taker = text[len(beginning) + 1 :].partition(f" {middle} ")
                if found:
                    return giver.strip(), taker.strip()
        return None

    def started_label(self, text: str) -> str:
        """Return the label of a Chat Started heading with the punctuation and spaces that follow it."""
        for label in self.started:
            if text.startswith(label):
                rest = text[len(label) :]
                return label + rest[: len(rest) - len(rest.lstrip(":： \t\n"))]
        return ""


LABELS = Labels()
