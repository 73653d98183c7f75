"""The words of a transcript's headings, in the languages in which they were seen (R72).

English and Spanish ones stand in public samples. They follow the agent's language (User.LanguageLocaleKey); agents of other languages, of
which no sample is public, write the English ones. The punctuation of the Spanish ones and the words of their dates were not seen: guesses.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Labels:
    """Headings with places for what they name. weekdays begin with Monday."""

    started: str
    origin: str
    agent: str
    transferred: str
    weekdays: tuple[str, ...]
    months: tuple[str, ...]


ENGLISH: Final = Labels(
    started="Chat Started: {date}",
    origin="Chat Origin: {button}",
    agent="Agent {name}",
    transferred="Chat Transferred From {giver} To {taker}",
    weekdays=("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    months=tuple("January February March April May June July August September October November December".split()),
)
SPANISH: Final = Labels(
    started="Ha comenzado el chat: {date}",
    origin="Origen de chat: {button}",
    agent="Agente {name}",
    transferred="Chat transferido desde {giver} A {taker}",
    weekdays=("lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo"),
    months=tuple("enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre".split()),
)


def labels_of(language: str) -> Labels:
    """Return the labels of a language, given as in User.LanguageLocaleKey (``es``, ``es_MX``)."""
    return SPANISH if language.partition("_")[0] == "es" else ENGLISH
