"""What FORMAT makes of a value: numbers, amounts, dates and times as a user of a locale reads them.

Guide, "FORMAT()": the form is that of Salesforce Classic, ``4/10/2025, 3:31 PM`` and ``$44,000.00`` for en_US. The other
locales' forms are those of the Unicode CLDR; whether the platform prints each of them so is a guess, and `FORMS` is where
it is written down.
"""

from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

_SPACE: Final = "\u00a0"
_NARROW: Final = "\u202f"


@dataclass(frozen=True, slots=True)
class Form:
    """How a locale writes: the marks of its numbers, and patterns.

    ``y M d H h m a`` in a pattern stand for the parts of a date or time, doubled for two digits; ``yyyy`` for the year.
    In `amount` and `percent` ``#`` stands for the number, ``¤`` for the currency.
    """

    decimal: str
    group: str
    day: str
    time: str
    amount: str
    percent: str = "#%"
    between: str = ", "


_COMMA: Final = f"#{_SPACE}¤"
FORMS: Final[dict[str, Form]] = {
    "en_US": Form(".", ",", "M/d/yyyy", "h:mm a", "¤#"),
    "en": Form(".", ",", "dd/MM/yyyy", "HH:mm", "¤#"),
    "en_AU": Form(".", ",", "d/M/yyyy", "h:mm a", "¤#"),
    "en_CA": Form(".", ",", "yyyy-MM-dd", "h:mm a", "¤#"),
    "en_IN": Form(".", ",", "dd/MM/yyyy", "h:mm a", "¤#"),
    "en_NZ": Form(".", ",", "d/MM/yyyy", "h:mm a", "¤#"),
    "en_PH": Form(".", ",", "M/d/yyyy", "h:mm a", "¤#"),
    "de": Form(",", ".", "dd.MM.yyyy", "HH:mm", _COMMA, f"#{_SPACE}%"),
    "de_AT": Form(",", _SPACE, "dd.MM.yyyy", "HH:mm", f"¤{_SPACE}#", f"#{_SPACE}%"),
    "de_CH": Form(".", "’", "dd.MM.yyyy", "HH:mm", f"¤{_SPACE}#"),
    "fr": Form(",", _NARROW, "dd/MM/yyyy", "HH:mm", _COMMA, f"#{_NARROW}%", " "),
    "fr_CA": Form(",", _SPACE, "yyyy-MM-dd", "HH:mm", _COMMA, f"#{_SPACE}%", " "),
    "fr_CH": Form(",", _NARROW, "dd.MM.yyyy", "HH:mm", _COMMA, "#%", " "),
    "es": Form(",", ".", "d/M/yyyy", "H:mm", _COMMA, f"#{_SPACE}%"),
    "es_MX": Form(".", ",", "dd/MM/yyyy", "HH:mm", "¤#", "#%"),
    "es_US": Form(".", ",", "d/M/yyyy", "h:mm a", "¤#", f"#{_SPACE}%"),
    "it": Form(",", ".", "dd/MM/yyyy", "HH:mm", _COMMA),
    "pt": Form(",", _SPACE, "dd/MM/yyyy", "HH:mm", _COMMA),
    "pt_BR": Form(",", ".", "dd/MM/yyyy", "HH:mm", f"¤{_SPACE}#"),
    "nl": Form(",", ".", "dd-MM-yyyy", "HH:mm", f"¤{_SPACE}#"),
    "sv": Form(",", _SPACE, "yyyy-MM-dd", "HH:mm", _COMMA, f"#{_SPACE}%", " "),
    "da": Form(",", ".", "dd.MM.yyyy", "HH.mm", _COMMA, f"#{_SPACE}%", " "),
    "no": Form(",", _SPACE, "dd.MM.yyyy", "HH:mm", _COMMA, f"#{_SPACE}%"),
    "fi": Form(",", _SPACE, "d.M.yyyy", "H.mm", _COMMA, f"#{_SPACE}%", " "),
    "pl": Form(",", _SPACE, "d.MM.yyyy", "HH:mm", _COMMA),
    "cs": Form(",", _SPACE, "dd.MM.yyyy", "H:mm", _COMMA, f"#{_SPACE}%", " "),
    "hu": Form(",", _SPACE, "yyyy. MM. dd.", "H:mm", _COMMA, "#%", " "),
    "ru": Form(",", _SPACE, "dd.MM.yyyy", "HH:mm", _COMMA, f"#{_SPACE}%"),
    "uk": Form(",", _SPACE, "dd.MM.yyyy", "HH:mm", _COMMA),
    "tr": Form(",", ".", "d.MM.yyyy", "HH:mm", "¤#", "%#", " "),
    "ja": Form(".", ",", "yyyy/MM/dd", "H:mm", "¤#", "#%", " "),
    "ko": Form(".", ",", "yyyy. M. d.", "a h:mm", "¤#", "#%", " "),
    "zh": Form(".", ",", "yyyy/M/d", "HH:mm", "¤#", "#%", " "),
    "he": Form(".", ",", "d.M.yyyy", "H:mm", _COMMA),
    "th": Form(".", ",", "d/M/yyyy", "HH:mm", "¤#", "#%", " "),
}
"""Forms by locale, else by language, else that of en_US."""

CURRENCIES: Final[dict[str, tuple[str, int]]] = {
    "US": ("$", 2), "GB": ("£", 2), "JP": ("¥", 0), "CN": ("¥", 2), "IN": ("₹", 2), "KR": ("₩", 0), "BR": ("R$", 2),
    "CH": ("CHF", 2), "LI": ("CHF", 2), "SE": ("kr", 2), "NO": ("kr", 2), "DK": ("kr.", 2), "PL": ("zł", 2), "CZ": ("Kč", 2),
    "HU": ("Ft", 2), "RU": ("₽", 2), "UA": ("₴", 2), "TR": ("₺", 2), "IL": ("₪", 2), "TH": ("฿", 2), "AU": ("$", 2),
    "CA": ("$", 2), "NZ": ("$", 2), "MX": ("$", 2), "SG": ("$", 2), "HK": ("HK$", 2), "ZA": ("R", 2),
}  # fmt: skip
"""The currency's sign and its decimals by the country of the org's locale, which decides an org's one currency."""
_EURO: Final = frozenset("AD AT BE CY DE EE ES FI FR GR HR IE IT LT LU LV MC MT NL PT SI SK SM".split())


class Formats:
    """The forms of one user."""

    def __init__(self, locale: str, time_zone: tzinfo, org_locale: str) -> None:
        """Take the user's locale and zone, and the org's locale, whose country has the org's currency."""
        self._form = form_of(locale)
        self._time_zone = time_zone
        country = org_locale.partition("_")[2][:2]
        self._sign, self._decimals = ("€", 2) if country in _EURO else CURRENCIES.get(country, CURRENCIES["US"])

    def number(self, value: float | None, scale: int) -> str | None:
        """Return a number with so many decimals."""
        return None if value is None else self._digits(value, scale)

    def percent(self, value: float | None, scale: int) -> str | None:
        """Return a percentage."""
        return None if value is None else self._form.percent.replace("#", self._digits(value, scale))

    def amount(self, value: float | None, scale: int) -> str | None:
        """Return an amount in the org's currency, whose own decimals count."""
        if value is None:
            return None
        sign = "-" if value < 0 else ""
        digits = self._digits(abs(value), self._decimals)
        return sign + self._form.amount.replace("#", digits).replace("¤", self._sign)

    def day(self, value: str | None, scale: int = 0) -> str | None:
        """Return a canonical date."""
        return None if value is None else _written(self._form.day, date.fromisoformat(value), 0, 0)

    def moment(self, value: str | None, scale: int = 0) -> str | None:
        """Return a canonical datetime, in the user's zone."""
        if value is None:
            return None
        local = datetime.fromisoformat(value).astimezone(self._time_zone)
        pattern = f"{self._form.day}{self._form.between}{self._form.time}"
        return _written(pattern, local.date(), local.hour, local.minute)

    def clock(self, value: str | None, scale: int = 0) -> str | None:
        """Return a canonical time of day."""
        return None if value is None else _written(self._form.time, date.min, int(value[:2]), int(value[3:5]))

    def _digits(self, value: float, scale: int) -> str:
        exact = Decimal(str(value)).quantize(Decimal(1).scaleb(-scale), ROUND_HALF_UP)
        text = f"{exact:,f}".replace(",", "\0").replace(".", self._form.decimal)
        return text.replace("\0", self._form.group)


def form_of(locale: str) -> Form:
    """Return the form of a locale such as ``de_AT``."""
    language = locale.partition("_")[0]
    language = {"nb": "no", "nn": "no", "iw": "he"}.get(language, language)
    return FORMS.get(locale) or FORMS.get(language) or FORMS["en_US"]


def _written(pattern: str, day: date, hour: int, minute: int) -> str:
    """Fill in a pattern; the longer of two words of the same letter comes first."""
    words = (
        ("yyyy", f"{day.year:04d}"), ("MM", f"{day.month:02d}"), ("M", str(day.month)), ("dd", f"{day.day:02d}"),
        ("d", str(day.day)), ("HH", f"{hour:02d}"), ("H", str(hour)), ("h", str(hour % 12 or 12)), ("mm", f"{minute:02d}"),
    )  # fmt: skip
    text = pattern
    for word, value in words:
        text = text.replace(word, value)
    return text.replace("a", "AM" if hour < 12 else "PM")
