"""The settings of a channel in the words of our rep API: what each may be, and which field of the platform holds it, if one does."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from importlib import import_module
from typing import Any, Final, cast

from ...schemas.ids import InvalidId, normalize
from ..errors import OrgError
from .setup import Bot, Form, FormField, Keyset

WRONG: Final = "INVALID_ARGUMENT"
LONGEST_TEXT: Final = 65_536
"""Characters of an automatic response, the length of its field."""
LONGEST_WORDS: Final = 500
"""Characters of a list of keywords with its commas, the length of its field."""
YEAR: Final = 366 * 24 * 3600
MOST: Final = 1000
"""Entries of a list. A guess."""
CONTEXTS: Final = ("Conversation", "Session")
FIELD_TYPES: Final = ("Text", "Email", "PhoneNumber", "Checkbox", "ChoiceList")
"""Types of pre-chat fields (Metadata API, EmbeddedServiceFormField)."""
CONSENT_TYPES: Final = ("ImplicitOptIn", "ExplicitOptIn", "DoubleOptIn")
Read = Callable[[str, Any], Any]
Show = Callable[[Any], Any]


class Held(Enum):
    """What holds a setting: the channel's row, its keywords' rows, its skills' rows, or a line of ours."""

    CHANNEL = "MessagingChannel"
    KEYWORDS = "MsgChannelLanguageKeyword"
    SKILLS = "MessagingChannelSkill"
    OWN = ""


@dataclass(frozen=True, slots=True)
class Option:
    """A setting. attribute: of `Channel`. read: JSON to value, raises `OrgError`; show: value to JSON. field: of the row that holds it."""

    key: str
    attribute: str
    read: Read
    show: Show
    held: Held = Held.OWN
    field: str = ""


def wrong(key: str, remedy: str, *value: Any) -> OrgError:
    """Return the refusal of a value: its key, what may be given, and what was."""
    shown = f", not {_short(value[0])}" if value else ""
    return OrgError(WRONG, f"{key}: {remedy}{shown}")


def _short(value: Any) -> str:
    text = "null" if value is None else repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


# --- plain values -------------------------------------------------------------------------------------------------------


def _switch(key: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise wrong(key, "give true or false", value)
    return value


def _count(least: int, most: int, unit: str, *, or_none: bool = False) -> Read:
    def read(key: str, value: Any) -> int | None:
        if value is None and or_none:
            return None
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            off = ", or null to switch it off" if or_none else ""
            raise wrong(key, f"give {unit} as a whole number from {least} to {most}{off}", value)
        return value

    return read


def _weight(key: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= 1_000_000:
        raise wrong(key, "give a number above 0, in the units of the reps' capacity", value)
    return float(value)


def _text(longest: int, *, least: int = 0) -> Read:
    def read(key: str, value: Any) -> str:
        if value is None and least == 0:
            return ""
        if not isinstance(value, str) or not least <= len(value.strip()) or len(value) > longest or "\0" in value:
            kind = "text" if least == 0 else "text that is not empty"
            raise wrong(key, f"give {kind} of at most {longest} characters", value)
        return value

    return read


def _choice(*values: str) -> Read:
    def read(key: str, value: Any) -> str:
        if value not in values:
            raise wrong(key, f"give {', '.join(values[:-1])} or {values[-1]}", value)
        return str(value)

    return read


def _list(key: str, value: Any, what: str) -> list[Any]:
    if not isinstance(value, list) or len(value) > MOST:
        raise wrong(key, f"give a list of {what}", value)
    return value


def _texts(longest: int = LONGEST_TEXT) -> Read:
    one = _text(longest, least=1)

    def read(key: str, value: Any) -> tuple[str, ...]:
        found = [value] if isinstance(value, str) else _list(key, value, "texts")
        return tuple(one(f"{key}[{number}]", text) for number, text in enumerate(found))

    return read


def _keywords(key: str, value: Any) -> tuple[str, ...]:
    """Read keywords, which stand in one field with commas between them."""
    one = _text(LONGEST_WORDS, least=1)
    found = [one(f"{key}[{number}]", text).strip() for number, text in enumerate(_list(key, value, "keywords"))]
    for number, word in enumerate(found):
        if "," in word:
            raise wrong(f"{key}[{number}]", "give a keyword without a comma; each is an entry of its own", word)
    kept = tuple(dict.fromkeys(found))
    if len(",".join(kept)) > LONGEST_WORDS:
        raise wrong(key, f"give keywords of at most {LONGEST_WORDS} characters together, commas included")
    return kept


def _id(key: str, value: Any) -> str:
    try:
        return normalize(value) if isinstance(value, str) else normalize("")
    except InvalidId:
        raise wrong(key, "give a record id of 15 or 18 characters", value) from None


def _id_or_none(key: str, value: Any) -> str | None:
    return None if value is None else _id(key, value)


def _ids(key: str, value: Any) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_id(f"{key}[{number}]", one) for number, one in enumerate(_list(key, value, "ids"))))


# --- values with parts --------------------------------------------------------------------------------------------------


def _parts(key: str, value: Any, known: Mapping[str, Read], needed: tuple[str, ...] = ()) -> dict[str, Any]:
    """Read an object whose keys are known."""
    if not isinstance(value, Mapping):
        raise wrong(key, f"give an object with the keys {', '.join(known)}", value)
    for name in value:
        if name not in known:
            raise wrong(f"{key}.{name}", f"there is no such key; the keys are {', '.join(known)}")
    for name in needed:
        if name not in value:
            raise wrong(f"{key}.{name}", "is missing")
    return {name: known[name](f"{key}.{name}", one) for name, one in value.items()}


def _replies(key: str, value: Any) -> tuple[tuple[str, str], ...]:
    """Read a bot's replies: an object of word and answer, or a list of such pairs where their order counts."""
    one = _text(LONGEST_TEXT, least=1)
    pairs = list(value.items()) if isinstance(value, Mapping) else _list(key, value, "pairs of word and answer")
    found: list[tuple[str, str]] = []
    for number, pair in enumerate(pairs):
        if not isinstance(pair, list | tuple) or len(pair) != 2:
            raise wrong(f"{key}[{number}]", "give a pair of word and answer", pair)
        found.append((one(f"{key}[{number}]", pair[0]), one(f"{key}[{number}]", pair[1])))
    return tuple(found)


_BOT: Final[Mapping[str, tuple[str, Read]]] = {
    "name": ("name", _text(80, least=1)),
    "greeting": ("greeting", _texts()),
    "replies": ("replies", _replies),
    "fallback": ("fallback", _text(LONGEST_TEXT)),
    "handsOverOn": ("hands_over_on", _texts(LONGEST_WORDS)),
    "endsOn": ("ends_on", _texts(LONGEST_WORDS)),
}


def _bot(key: str, value: Any) -> Bot | None:
    if value is None:
        return None
    given = _parts(key, value, {name: read for name, (_, read) in _BOT.items()}, ("name",))
    return Bot(**{_BOT[name][0]: one for name, one in given.items()})


def _show_bot(bot: Bot | None) -> Any:
    if bot is None:
        return None
    return {name: _json(getattr(bot, attribute)) for name, (attribute, _) in _BOT.items()} | {
        "replies": [list(pair) for pair in bot.replies]
    }


_FIELD: Final[Mapping[str, tuple[str, Read]]] = {
    "name": ("name", _text(80, least=1)),
    "type": ("type", _choice(*FIELD_TYPES)),
    "order": ("order", _count(0, MOST, "its place")),
    "required": ("required", _switch),
    "isHidden": ("is_hidden", _switch),
    "maxCharacterCount": ("max_character_count", _count(1, LONGEST_TEXT, "its length")),
}


def _form_fields(key: str, value: Any) -> tuple[FormField, ...]:
    known = {name: read for name, (_, read) in _FIELD.items()}
    fields: list[FormField] = []
    for number, one in enumerate(_list(key, value, "fields")):
        given = _parts(f"{key}[{number}]", one, known, ("name",))
        made = {_FIELD[name][0]: part for name, part in given.items()}
        fields.append(FormField(**{"order": number + 1} | made))
    names = [field.name for field in fields]
    for name in names:
        if names.count(name) > 1:
            raise wrong(key, f"give each field once; there is more than one {name!r}")
    return tuple(fields)


def _forms(key: str, value: Any) -> tuple[Form, ...]:
    known: dict[str, Read] = {"displayContext": _choice(*CONTEXTS), "formFields": _form_fields}
    forms: list[Form] = []
    for number, one in enumerate(_list(key, value, "pre-chat forms")):
        given = _parts(f"{key}[{number}]", one, known, ("displayContext",))
        forms.append(Form(given["displayContext"], given.get("formFields", ())))
    contexts = [form.display_context for form in forms]
    if len(contexts) != len(set(contexts)):
        raise wrong(key, "give one form for each displayContext")
    return tuple(forms)


def show_form(form: Form) -> dict[str, Any]:
    """Return a form as the configuration of a token has it."""
    fields = [
        {name: getattr(field, attribute) for name, (attribute, _) in _FIELD.items()}
        for field in sorted(form.fields, key=lambda field: field.order)
    ]
    return {"displayContext": form.display_context, "formFields": fields}


def _public_key(key: str, value: Any) -> str:
    # Loaded with the first key: a set-up without one does not pay for the library.
    read = cast("Callable[[str], str]", import_module("..org.signing", __package__).public_key)
    text: str = _text(20_000, least=1)(key, value)
    try:
        return read(text)
    except ValueError as error:
        raise wrong(key, f"give the PEM of an RSA public key or certificate; this one {error}") from None


_KEYSET: Final[Mapping[str, tuple[str, Read]]] = {
    "name": ("name", _text(80, least=1)),
    "keyId": ("key_id", _text(255, least=1)),
    "publicKey": ("public_key", _public_key),
    "issuer": ("issuer", _text(2000)),
}


def _keysets(key: str, value: Any) -> tuple[Keyset, ...]:
    known = {name: read for name, (_, read) in _KEYSET.items()}
    found: list[Keyset] = []
    for number, one in enumerate(_list(key, value, "keysets")):
        given = _parts(f"{key}[{number}]", one, known, ("name", "keyId", "publicKey"))
        found.append(Keyset(**{_KEYSET[name][0]: part for name, part in given.items()}))
    if len({one.key_id for one in found}) != len(found):
        raise wrong(key, "give each keyId once: a token names its key by it")
    return tuple(found)


def _show_keysets(keysets: tuple[Keyset, ...]) -> Any:
    return [{name: getattr(one, attribute) for name, (attribute, _) in _KEYSET.items()} for one in keysets]


def _json(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


# --- all of them --------------------------------------------------------------------------------------------------------


def _made(*options: Option) -> Mapping[str, Option]:
    return {option.key: option for option in options}


OPTIONS: Final = _made(
    Option("label", "label", _text(80, least=1), _json, Held.CHANNEL, "MasterLabel"),
    Option("active", "is_active", _switch, _json, Held.CHANNEL, "IsActive"),
    Option("sessionBased", "session_based", _switch, _json),
    Option("userVerification", "user_verification", _switch, _json),
    Option("keysets", "keysets", _keysets, _show_keysets),
    Option("optOutKeywords", "opt_out_keywords", _keywords, _json, Held.KEYWORDS, "OptOutKeywords"),
    Option("optInKeywords", "opt_in_keywords", _keywords, _json, Held.KEYWORDS, "OptInKeywords"),
    Option("helpKeywords", "help_keywords", _keywords, _json, Held.KEYWORDS, "HelpKeywords"),
    Option("optOutConfirmation", "opt_out_confirmation", _text(LONGEST_TEXT), _json, Held.KEYWORDS, "OptOutConfirmation"),
    Option("optInConfirmation", "opt_in_confirmation", _text(LONGEST_TEXT), _json, Held.KEYWORDS, "OptInConfirmation"),
    Option("helpResponse", "help_response", _text(LONGEST_TEXT), _json, Held.KEYWORDS, "HelpResponse"),
    Option("consentType", "consent_type", _choice(*CONSENT_TYPES), _json, Held.CHANNEL, "ConsentType"),
    Option("optInPrompt", "opt_in_prompt", _text(LONGEST_TEXT), _json, Held.CHANNEL, "OptInPrompt"),
    Option("inactivitySeconds", "inactivity_seconds", _count(1, YEAR, "seconds", or_none=True), _json),
    Option("inactiveEndsSeconds", "inactive_ends_seconds", _count(1, YEAR, "seconds"), _json),
    Option("botEndsSeconds", "bot_ends_seconds", _count(1, YEAR, "seconds"), _json),
    Option("attachments", "attachments", _switch, _json),
    Option("maxFileBytes", "max_file_bytes", _count(1, 100 * 1024 * 1024, "bytes"), _json),
    Option("queueId", "queue_id", _id_or_none, _json, Held.CHANNEL, "TargetQueueId"),
    Option("skillIds", "skill_ids", _ids, _json, Held.SKILLS, "SkillId"),
    Option("fallbackQueueId", "fallback_queue_id", _id_or_none, _json, Held.CHANNEL, "FallbackQueueId"),
    Option("pushTimeoutSeconds", "push_timeout", _count(1, YEAR, "seconds", or_none=True), _json),
    Option("autoAccept", "auto_accept", _switch, _json),
    Option("capacityWeight", "capacity_weight", _weight, _json),
    Option("initialResponse", "initial_response", _text(LONGEST_TEXT), _json, Held.CHANNEL, "InitialResponse"),
    Option("engagedResponse", "engaged_response", _text(LONGEST_TEXT), _json, Held.CHANNEL, "EngagedResponse"),
    Option("endResponse", "end_response", _text(LONGEST_TEXT), _json, Held.CHANNEL, "ConversationEndResponse"),
    Option("bot", "bot", _bot, _show_bot),
    Option("forms", "forms", _forms, lambda forms: [show_form(form) for form in forms]),
    Option("queuePosition", "queue_position", _switch, _json),
    Option("entriesOnPlatform", "entries_on_platform", _switch, _json),
)  # fmt: skip
"""Every setting by its key."""
