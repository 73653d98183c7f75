"""The text of a plan file: every key with its default and a comment, and above them what was seen in the source."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from .decisions import Plan


@dataclass(frozen=True, slots=True)
class Sight:
    """What a look at a source showed.

    channels: by button id the proposed DeveloperName and how many chats came by it; deployments: by id the name. The others are
    how often each was met: rows by object, chats by month and status, browser languages, those of them that are no EndUserLanguage, words that bodies begin with, forms
    of bodies that need a look, filled personal fields, unfamiliar event types. body_bytes: of all bodies, largest_body:
    characters. transfers: events that tell of a file which went over; files, file_bytes: of the source that are no tables. seconds: how long a migration into a folder should take here, None while that is not known.
    """

    channels: Mapping[str, tuple[str, int]] = field(default_factory=dict)
    deployments: Mapping[str, tuple[str, int]] = field(default_factory=dict)
    objects: Mapping[str, int] = field(default_factory=dict)
    months: Mapping[str, int] = field(default_factory=dict)
    statuses: Mapping[str, int] = field(default_factory=dict)
    languages: Mapping[str, int] = field(default_factory=dict)
    other_languages: Mapping[str, int] = field(default_factory=dict)
    beginnings: Mapping[str, int] = field(default_factory=dict)
    odd_bodies: Mapping[str, int] = field(default_factory=dict)
    personal: Mapping[str, int] = field(default_factory=dict)
    event_types: Mapping[str, int] = field(default_factory=dict)
    context_keys: Mapping[str, int] = field(default_factory=dict)
    owners: Mapping[str, int] = field(default_factory=dict)
    custom_fields: tuple[str, ...] = ()
    body_bytes: int = 0
    largest_body: int = 0
    transfers: int = 0
    files: int = 0
    file_bytes: int = 0
    seconds: float | None = None


_SEVERAL = 40
"""Lines of one list: what is rare is counted together."""

_API_FILES = 200
_LARGEST_FILE = 5_000_000
"""Bytes of a file that a chat takes: Salesforce Help, "Transfer Files During a Chat"."""
_BULK_BYTES = 100_000_000


def commented(sight: Sight) -> str:
    """Return the text of a plan file with the defaults, and proposals as comments."""
    parts = [_HEAD]
    for heading, lines in _seen(sight):
        if lines:
            parts += [f"# {heading}", *(f"#   {_plain(line)}" for line in lines), "#"]
    values = Plan().to_json() | {f"privacy.{key}": value for key, value in Plan().privacy.to_json().items()}
    for line in _KEYS.strip("\n").split("\n"):
        name, equals, _ = line.partition(" = ?")
        parts.append(f"{name} = {_toml(values[name])}" if equals else line)
    parts += [_TABLES[0], *_proposals(sight.channels), _TABLES[1], *_proposals(sight.deployments)]
    parts += [
        _TABLES[2],
        *(f'# {_quoted(user)} = ""   # {count} chats' for user, count in _most(sight.owners).items() if user),
    ]
    parts += [
        _TABLES[3],
        *(f'# {_quoted(code)} = "en_US"   # {count} chats' for code, count in _most(sight.other_languages).items()),
    ]
    parts += [
        _TABLES[4],
        *(f'# {_quoted(kind)} = "NOTE"   # {count} events' for kind, count in _most(sight.event_types).items()),
    ]
    parts += [
        _TABLES[5],
        *(f'# {_quoted(key)} = ""   # {count} chats' for key, count in _most(sight.context_keys).items()),
    ]
    parts += [
        _TABLES[6],
        _TABLES[7],
        *(f'# {_quoted(name)} = "{_own_name(name)}"' for name in sight.custom_fields if _own_name(name)),
    ]
    parts += [_TABLES[8]]
    for line in _PRIVACY.strip("\n").split("\n"):
        name, equals, _ = line.partition(" = ?")
        parts.append(f"{name} = {_toml(values[f'privacy.{name}'])}" if equals else line)
    parts += [
        _FIELDS,
        *(f'# {_quoted(place)} = "hash"   # filled {count} times' for place, count in sight.personal.items()),
    ]
    return "\n".join([*parts, _PATTERNS]) + "\n"


def _seen(sight: Sight) -> Iterable[tuple[str, list[str]]]:
    chats = sight.objects.get("LiveChatTranscript", 0)
    yield "Rows of the source:", [f"{name}: {count:,}" for name, count in sight.objects.items()]
    yield "Chats by month:", [f"{month}: {count:,}" for month, count in sorted(sight.months.items())]
    yield "Chats by status:", [f"{status}: {count:,}" for status, count in _most(sight.statuses).items()]
    yield "Browser languages:", [f"{code}: {count:,}" for code, count in _most(sight.languages).items()]
    yield (
        "Bodies begin with (unknown words belong into started_labels):",
        [f"{words}: {count:,}" for words, count in _most(sight.beginnings).items()],
    )
    yield "Bodies that are not of the usual form:", [f"{form}: {count:,}" for form, count in sight.odd_bodies.items()]
    yield "Custom fields, carried over under their names:", list(sight.custom_fields)
    if not chats:
        return
    limits = [
        f"largest body: {sight.largest_body:,} of 131,072 characters; all bodies: {sight.body_bytes:,} bytes",
        f"as files on sessions they take {chats:,} ContentVersion rows, {_API_FILES} of them a call",
        f"as Bulk API 2.0 uploads they are about {max(1, -(-sight.body_bytes * 2 // _BULK_BYTES)):,} times 100 MB at most",
    ]
    yield "Limits:", limits
    yield "Files:", _files(sight)
    if sight.seconds is not None:
        yield "Time into a folder on this machine, by a sample of the bodies:", [f"about {_duration(sight.seconds)}"]


def _files(sight: Sight) -> list[str]:
    lines = []
    if sight.transfers:
        most = _megabytes(sight.transfers * _LARGEST_FILE)
        lines.append(
            f"events tell of {sight.transfers:,} files of chats; legacy chat took 5 MB each, so they are {most} at most"
        )
    if sight.files:
        lines.append(
            f"{sight.files:,} files of the source are no tables: {_megabytes(sight.file_bytes)}, all carried for the restore"
        )
    return lines


def _megabytes(size: int) -> str:
    return f"{max(1, round(size / 1_000_000)):,} MB"


def _duration(seconds: float) -> str:
    if seconds < 90:
        return "a minute"
    return f"{round(seconds / 60)} minutes" if seconds < 5400 else f"{seconds / 3600:.1f} hours"


def _most(counts: Mapping[str, int]) -> dict[str, int]:
    """Return the most frequent ones, most frequent first."""
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    found = dict(ordered[:_SEVERAL])
    rest = sum(count for _, count in ordered[_SEVERAL:])
    return found | ({"": rest} if rest and "" not in found else {})


def _own_name(place: str) -> str:
    """Return another name for a custom field of a chat, as a proposal; empty where a plan can give none."""
    sobject, _, name = place.partition(".")
    return (
        f"Chat_{name.removesuffix('__c').replace('__', '_')}__c"
        if sobject in ("LiveChatTranscript", "LiveChatVisitor", "LiveAgentSession")
        and re.fullmatch(r"[A-Za-z][A-Za-z0-9_]{0,37}", name)
        else ""
    )


def _proposals(found: Mapping[str, tuple[str, int]]) -> list[str]:
    ordered = sorted(found.items(), key=lambda item: (-item[1][1], item[0]))
    return [f'# "{id_}" = "{name}"   # {count} chats' for id_, (name, count) in ordered]


def _plain(text: str) -> str:
    return "".join(character if character.isprintable() else " " for character in text)


def _quoted(text: str) -> str:
    return json.dumps(_plain(text), ensure_ascii=False)


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return json.dumps(value, ensure_ascii=False)


_HEAD = """\
# Plan of a migration from legacy chat to enhanced chat. The values are the defaults; change what should differ.
# What is commented out behind a key or below a heading was seen in the source and is a proposal.
#"""

_KEYS = """
# --- channels and conversations ---

# DeveloperName of the messaging channel for chats without a button.
default_channel = ?

# true: a conversation ends with its session (End chat when session ends). false: each messaging user has one conversation,
# which goes on from chat to chat.
session_based = ?

# Only for session_based = false. false: a user who ended his last chat has ended the conversation. true: it stays open.
verified_users = ?

# --- owners ---

# User or queue (record id) that takes the sessions of inactive users and of missed chats; "" keeps the legacy owner.
default_owner = ?

# --- sessions ---

# MessagingSession.Origin: visitors start legacy chats.
origin = ?

# Transcripts with these statuses are not finished chats: they are skipped and listed.
skip_statuses = ?

# Status of the session of such a chat: Ended or Error. completed_status is for all that are carried over besides.
completed_status = ?
missed_status = ?
dropped_status = ?
blocked_status = ?

# EndedByType of such a session: Agent, Bot, EndUser, System, or "as stated" to go by EndedBy.
dropped_ended_by = ?
blocked_ended_by = ?

# AgentType: "by history" tells Agent, Bot and BotToAgent apart by IsChatbotSession and the events; or one of these for all.
agent_type = ?

# What SessionKey is: "ChatKey", or "none".
session_key = ?

# The records that sessions and messaging users are linked with. Ids of those that are left out stay in Legacy_Case_Id__c and so on.
links = ?

# Where StartTime, AcceptTime and EndTime come from: the first that is there. AcceptTime is empty for missed chats.
# Possible are RequestTime, StartTime, CreatedDate; StartTime, "Accept event"; EndTime, "last event", "StartTime + ChatDuration",
# "last entry".
start_times = ?
accept_times = ?
end_times = ?

# CreatedDate, CreatedById, LastModifiedDate and LastModifiedById in an org: "as permitted" sets them where the loading user
# may (Set Audit Fields upon Record Creation), "custom fields" leaves them alone; Legacy_Created_Date__c and so on have the values then.
audit_fields = ?

# MessagingSessionMetrics that are written; those that are left out are kept for the restore alone.
metrics = ?

# --- messaging users ---

# MessagingEndUser.MessagingConsentStatus: OptedOut, ImplicitlyOptedIn, ExplicitlyOptedIn or DoublyOptedIn.
consent_status = ?

# true: each contact that a visitor's chats name is a messaging user of its own. false: the first contact has them all.
split_by_contact = ?

# What MessagingPlatformKey is: SessionKey (of the visitor) or LiveChatVisitorId.
platform_key = ?

# Name of a messaging user who gave none; {number} is the visitor's.
visitor_name = ?

# --- what else is written ---

# Notes of supervisors (SupervisorTranscriptBody) as off-platform entries, LiveAgentSession rows as Legacy_Agent_Session__c,
# AgentWork rows for the agents who were asked. What is not written is kept for the restore alone.
whispers = ?
agent_sessions = ?
agent_work = ?

# "carry": files that visitors sent are looked for on the records that their chats name, and go with the sessions; from an org they are
# downloaded. "leave": no file is looked for or downloaded; those of an export are kept for the restore all the same.
files = ?

# What carries the texts into an org: "file" (a page and a JSON document on each session; a restore from the org needs them),
# "object" (Legacy_Chat_Message__c rows), "field" (MessagingSession.Legacy_Body__c), "entries" (ConversationEntry rows on the session).
# WARNING: "conversationHistory" (the Interaction Service) is for sandboxes and a few chats. It begins live sessions that are routed to
# reps, shows agents as chatbots, takes five entries a call, and cannot be taken back. It needs the address of the service
# ("https://DOMAIN.my.salesforce-scrt.com"), the developer name of the connected app, and [history_channels] below.
carriers = ?
history_url = ?
history_app = ?

# --- custom fields ---

# How the custom fields begin that hold fields without a counterpart (Legacy_Browser__c and so on; keys and notes of how a value
# came about keep Legacy_). For single ones, and for your own custom fields, see [fields] below.
field_prefix = ?

# --- more words, for orgs in other languages ---

# What a visitor without a name is called; how the headings Chat Started, Chat Origin, Agent begin; transfers, as
# "Chat Transferred From|To"; notices of a bot that hands over; other notices of plain copies.
visitor_labels = ?
started_labels = ?
origin_labels = ?
agent_labels = ?
transfer_labels = ?
hand_over_labels = ?
notice_labels = ?

# The zone of times as [2026-03-02T09:05:07] in bodies that programs wrote, as "Europe/Berlin".
bracketed_time_zone = ?
"""

_TABLES = (
    """
# Names of months in other languages: "januari" = 1
[months]

# One messaging channel for each legacy button. A button that is not named here gets a channel of its own.
[channels]""",
    """
# The messaging channel by deployment, for chats without a button.
[deployment_channels]""",
    """
# Who owns the sessions of a legacy owner: user or queue by user id.
[owners]""",
    """
# EndUserLanguage by browser language, besides the known ones.
[languages]""",
    """
# EndedByType by EndedBy, where it should be another one than the usual: "System" = "EndUser"
[ended_by]

# The type of the off-platform entry by event type, besides the known ones.
[events]""",
    """
# Pre-chat details that become custom fields of the session too: "Topic" = "Topic__c". They stay session context besides.
[context]""",
    """
# Only for the carrier conversationHistory: channelAddressIdentifier by the channel's DeveloperName.
[history_channels]""",
    """
# The custom field for a field without a counterpart, or for one of your own: "LiveChatTranscript.Browser" = "Chat_Browser__c".
# "" leaves it out; it is kept for the restore alone. So for LiveChatVisitor and LiveAgentSession.
[fields]""",
    """
# --- personal data ---
#
# All switches are off by default. With one of them on, values are masked before anything is written, the migration is
# not lossless, and its manifest and report say so. Hashes and pseudonyms are the same for the same value and key; give the key
# by CHATLIFT_PRIVACY_KEY or --privacy-key-file, never here.
[privacy]""",
)

_PRIVACY = """
# "pseudonymise": names of visitors and agents become other names, in fields, in bodies and in texts.
names = ?
# More fields that hold names, as "LiveChatTranscript.Nickname__c"; pre-chat details as "ConversationContextEntry.Nickname".
name_fields = ?
# Words of names that stay as they are; whether names in texts are found in any case.
keep_words = ?
ignore_case = ?
# What is masked in texts: email, phone, card, iban, ip.
mask = ?
# "label" writes [email], "hash" writes [email 1f3a09c2b7d4].
patterns_as = ?
# Files that are no tables (attachments, say) while anything is masked: "leave out" or "keep".
other_files = ?
"""

_FIELDS = """
# Fields that are dropped or hashed: "drop" or "hash". For IpAddress, addresses in texts are masked too.
[privacy.fields]"""

_PATTERNS = """
# Regular expressions of your own, masked in texts: order = '\\bORD-\\d{8}\\b'
[privacy.patterns]"""
