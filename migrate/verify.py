"""Verification: everything is computed again from the files of the folder; the manifest is compared, not believed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import orjson

from ..schemas.catalog import Catalog, shipped
from ..schemas.descriptor import DescriptorError
from .audit import Audit, audit
from .compared import Seen, compare_restored, source_digests
from .crew import beside
from .errors import UsageError
from .findings import FINDINGS_LIMIT, Findings
from .folder import form_of, held_together, read_manifest, read_rows, rows_by_kind
from .layout import (
    AGENT_WORK,
    JSONL,
    OBJECTS,
    OFF_PLATFORM,
    REJECTED,
    RUN_DATABASE,
    SKIPPED,
    SOBJECT_FILES,
    WORK,
    file_name,
    kinds_of,
)
from .masking import Key
from .plan import ENTRY_TYPES, Plan, from_mapping
from .restore import Nowhere, RestoredFile, restore
from .rules import Rules
from .samples import Rebuilt, Sample, Sampling, samples_of
from .staging import Staging
from .transform.body import Kind, parse
from .transform.entries import CONTEXT, EVENTS, WHISPERS
from .transform.labels import labels_of
from .transform.names import AGENT_SESSION, SOURCE_ROW, TRANSCRIPT_ID
from .unique import Digests, digest_of

Progress = Callable[[str, int, int], None]
_OFF_PLATFORM_TYPES = frozenset(ENTRY_TYPES)
_BODIES = ("Body", WHISPERS)
_KINDS = (*SOBJECT_FILES, AGENT_WORK)
_OFF_PLATFORM_LINKS = {
    "ConversationId": "Conversation", "MessagingSessionId": "MessagingSession", "ActorId": "ConversationParticipant"
}  # fmt: skip


def verify(
    folder: Path,
    source: Path | None = None,
    progress: Progress | None = None,
    key: Key | None = None,
    workers: int = 1,
) -> list[str]:
    """Return what is wrong with a migrated folder, nothing when all is well. With the source, its files are compared too;
    what was masked there is masked again with the key, and the masked files are compared. More than one worker: the source is
    rebuilt by a process of its own."""
    return examine(folder, source, progress, key, workers=workers).findings


@dataclass(slots=True)
class Verified:
    """What a verification found. audit: None where the files could not be counted. rebuilt: gives the rows of the samples again.
    is_compared: with the source itself."""

    findings: list[str]
    audit: Audit | None = None
    samples: list[Sample] = field(default_factory=list)
    rebuilt: Rebuilt | None = None
    sampling: Sampling = field(default_factory=Sampling)
    is_compared: bool = False


def examine(
    folder: Path,
    source: Path | None = None,
    progress: Progress | None = None,
    key: Key | None = None,
    sampling: Sampling = Sampling(),
    workers: int = 1,
) -> Verified:
    """Verify a folder, and return what was counted and the chats that are to be looked at besides."""
    manifest = read_manifest(folder)
    findings = Findings()
    found = Verified([], sampling=sampling, is_compared=source is not None)
    tell = progress or (lambda step, done, total: None)
    with held_together(folder), beside(workers) as begin:
        places = sampling.places(rows_by_kind(manifest).get("MessagingSession", 0))
        again = begin(_again, folder, manifest, places, progress if workers <= 1 else None)
        with Staging(folder / WORK / f"verify-{RUN_DATABASE}") as staging:
            check = _Verification(folder, manifest, staging, findings, tell, places)
            check.digests()
            try:
                check.rows()
            except (KeyError, TypeError, AttributeError, ValueError) as error:
                findings.add(f"a row lacks what it must have or has it in another form: {error!r}")
            check.accounts()
        seen = Seen(check.plan.start_times, check.sampled)
        expected = source_digests(source, findings, manifest, key, tell, seen) if source is not None else None
        made: _Again = again()
        found.audit = made.audit
        for finding in made.findings:
            findings.add(finding)
        picked = found.audit.picked if found.audit else {}
        compare_restored(made.restored, expected, findings)
        rows = seen.rows if source is not None else None
        bundles = [bundle for _, bundle in sorted(picked.items())]
        found.rebuilt = Rebuilt(folder, manifest, check.plan, bundles)
        found.samples = samples_of(found.rebuilt, bundles, rows)
    for sample in found.samples:
        if sample.differences:
            where = f"{sample.file}, row {sample.row}"
            findings.add(f"{where}: the structures give another {', '.join(sample.differences)} than the source has")
    found.findings = findings.told()
    return found


@dataclass(slots=True)
class _Again:
    """What the files of a folder come to once more: its chats, counted, and the files of its source; what is wrong with them.

    restored: None where the source cannot be rebuilt.
    """

    audit: Audit | None = None
    restored: list[RestoredFile] | None = None
    findings: list[str] = field(default_factory=list)


def _again(folder: Path, manifest: dict[str, Any], places: frozenset[int], progress: Progress | None) -> _Again:
    """Count the chats of a folder and rebuild its source. Needs nothing that is found while its rows are checked."""
    made = _Again()
    plan = from_mapping(manifest["plan"], "manifest.json")
    try:
        made.audit = audit(folder, manifest, plan, progress or (lambda step, done, total: None), places)
        made.findings += made.audit.findings
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        made.findings.append(f"the chats cannot be counted again: {error!r}")
    try:
        made.restored = restore(folder, manifest, Nowhere(), progress)
    except UsageError as error:
        made.findings.append(f"the source cannot be restored: {error}")
    return made


class _Verification:
    """One look at all rows."""

    def __init__(
        self,
        folder: Path,
        manifest: dict[str, Any],
        staging: Staging,
        findings: Findings,
        progress: Progress,
        places: frozenset[int],
    ) -> None:
        self.places = places
        self.sampled: set[int] = set()
        """The rows of the source that the sessions at these places come from."""
        self.folder = folder
        self.manifest = manifest
        self.staging = staging
        self.findings = findings
        self.progress = progress
        self.counts: Counter[str] = Counter()
        self.migrated: Counter[str] = Counter()
        self.messages: Counter[str] = Counter()
        self._last: dict[str, str] = {}
        self.catalog = self._catalog()
        plan = manifest["plan"]
        self.plan: Plan = from_mapping(plan, "manifest.json")
        self.form = form_of(manifest)

    def _catalog(self) -> Catalog:
        try:
            documents = orjson.loads((self.folder / OBJECTS).read_bytes())
            return shipped().extended(documents)
        except (OSError, orjson.JSONDecodeError, DescriptorError, TypeError) as error:
            raise UsageError(f"{self.folder / OBJECTS} cannot be used ({error}):", "run the migration again") from None

    def digests(self) -> None:
        """Compare each file with its line of the manifest."""
        told = {item["name"]: item for item in self.manifest["files"]}
        for kind in kinds_of(self.form):
            name = file_name(kind, self.form)
            total, size, rows = sha256(), 0, 0
            try:
                with (self.folder / name).open("rb") as stream:
                    while chunk := stream.read(1 << 20):
                        total.update(chunk)
                        size += len(chunk)
                        rows += chunk.count(b"\n")
            except OSError:
                raise UsageError(f"{self.folder / name} is missing:", "run the migration again") from None
            line = told.get(name, {})
            if line.get("sha256") != total.hexdigest():
                now = f", {rows} now" if name.endswith(JSONL) else ""
                self.findings.add(f"{name}: changed since it was written ({line.get('rows')} rows then{now})")

    def _at(self, kind: str, number: int) -> str:
        """Return where a row stands, for findings."""
        return f"{file_name(kind, self.form)}, {'line' if self.form == JSONL else 'row'} {number}"

    def rows(self) -> None:
        """Check ids, fields, values and references of all rows."""
        rules_of = {kind: Rules(self.catalog.get(kind), self.catalog) for kind in _KINDS}
        named = {target for rules in rules_of.values() for targets in rules.links.values() for target in targets}
        named |= set(_OFF_PLATFORM_LINKS.values())
        for kind in _KINDS:
            if kind in named:
                for number, row in enumerate(read_rows(self.folder, kind), 1):
                    id_ = row.get("Id")
                    if not isinstance(id_, str) or not self.staging.add_record(kind, id_, number, None):
                        self._second(kind, number, "Id", id_)
        with TemporaryDirectory(dir=self.folder / WORK) as place:
            digests = Digests(Path(place) / "keys")
            for kind, rules in rules_of.items():
                self._look(kind, rules, kind in named, digests)
            self._find_doubles(digests.doubles(FINDINGS_LIMIT), named)
        for number, row in enumerate(read_rows(self.folder, OFF_PLATFORM), 1):
            self._off_platform(number, row)
        for kind in (SKIPPED, REJECTED):
            for row in read_rows(self.folder, kind):
                self.counts[f"{kind}/{row['object']}"] += 1
                if row["object"] == "LiveChatTranscript":
                    self.messages[kind] += sum(self._messages(row.get("row", {}).get(name, "")) for name in _BODIES)

    def _look(self, kind: str, rules: Rules, is_named: bool, digests: Digests) -> None:
        """Look at the rows of a kind; digests takes what no two rows of all may share."""
        for number, row in enumerate(read_rows(self.folder, kind), 1):
            self.counts[kind] += 1
            if number % 1000 == 0:
                self.progress(f"verifying {kind}", number, 0)
            for problem in rules.problems(row):
                self.findings.add(f"{self._at(kind, number)}: {problem}")
            for name, targets, id_ in rules.references(row):
                if not any(self._is_there(target, id_) for target in targets):
                    self.findings.add(f"{self._at(kind, number)}: {name} {id_} is no row of {' or '.join(targets)}")
            if not is_named and not isinstance(row.get("Id"), str):
                self._second(kind, number, "Id", row.get("Id"))
            for name, key in _keys(kind, row, is_named):
                digests.add(f"{kind}.{name} {key}")
            self._count(kind, row)

    def _find_doubles(self, doubles: set[int], named: set[str]) -> None:
        """Tell of the rows that share what only one may have. doubles: the digests that came more than once."""
        if not doubles:
            return
        seen: set[str] = set()
        for kind in _KINDS:
            for number, row in enumerate(read_rows(self.folder, kind), 1):
                for name, key in _keys(kind, row, kind in named):
                    text = f"{kind}.{name} {key}"
                    if digest_of(text) in doubles:
                        if text in seen:
                            self._second(kind, number, name, key)
                        seen.add(text)

    def _second(self, kind: str, number: int, name: str, key: Any) -> None:
        told = f"Id {key!r} is missing or a second one" if name == "Id" else f"{name} {key[:60]!r} a second time"
        self.findings.add(f"{self._at(kind, number)}: {told}")

    def _is_there(self, kind: str, id_: str) -> bool:
        if self._last.get(kind) == id_:  # rows of one conversation stand together
            return True
        found = any(self.staging.execute("SELECT 1 FROM record WHERE kind = ? AND id = ?", (kind, id_)))
        if found:
            self._last[kind] = id_
        return found

    def _count(self, kind: str, row: dict[str, Any]) -> None:
        if kind == "MessagingSession":
            self.migrated["LiveChatTranscript"] += 1
            number = self.migrated["LiveChatTranscript"]
            if number - 1 in self.places:
                self.sampled.add(int(row.get(SOURCE_ROW) or 0))
            self.staging.add_children([("end", row["ConversationId"], number, row.get("EndTime"))])
        elif kind == AGENT_SESSION:
            self.migrated["LiveAgentSession"] += 1
        elif kind == "ConversationEntry" and row.get("ActorName") is not None:
            self.messages["migrated"] += 1
        elif kind == "MessagingEndUser" and row.get(SOURCE_ROW):
            if self.staging.add_record("visitor row", str(row[SOURCE_ROW]), 0, None):
                self.migrated["LiveChatVisitor"] += 1
        elif kind == "Conversation":
            ends = [end for _, end in self.staging.children("end", row["Id"])]
            if self.plan.session_based and any(end != row.get("EndTime") for end in ends):
                self.findings.add(f"Conversation {row['Id']}: it does not end with its session")
            elif not self.plan.session_based and row.get("EndTime") not in (None, *ends):
                self.findings.add(f"Conversation {row['Id']}: it ends when none of its sessions does")

    def _off_platform(self, number: int, row: dict[str, Any]) -> None:
        where = self._at(OFF_PLATFORM, number)
        if row.get("EntryType") not in _OFF_PLATFORM_TYPES:
            self.findings.add(f"{where}: EntryType {row.get('EntryType')!r} is unknown")
        for name, kind in _OFF_PLATFORM_LINKS.items():
            id_ = row.get(name)
            if (id_ is None and name != "ActorId") or (id_ is not None and not self._is_there(kind, str(id_))):
                self.findings.add(f"{where}: {name} {id_} is no row of {kind}")
        if row.get("Source") in (EVENTS, CONTEXT):
            self.migrated[row["Source"]] += 1
        elif row.get("Source") == WHISPERS and "author" in row.get("Payload", {}):
            self.messages["migrated"] += 1

    def _messages(self, body: str) -> int:
        return (
            sum(1 for piece in parse(body, (), labels_of(self.plan)).pieces if piece.kind is Kind.LINE) if body else 0
        )

    def accounts(self) -> None:
        """Compare the accounts with what the files hold and with the rows that were read."""
        read: Counter[str] = Counter()
        for table in self.manifest["source"]["tables"]:
            read[table["object"]] += table["rows"]
        for name in sorted(read | Counter(dict.fromkeys(self.manifest["accounts"], 0))):
            told = self.manifest["accounts"].get(name, {})
            found = {
                "read": read[name],
                "migrated": self.migrated[name],
                "skipped": self.counts[f"{SKIPPED}/{name}"],
                "rejected": self.counts[f"{REJECTED}/{name}"],
            }
            for key, count in found.items():
                if told.get(key, 0) != count:
                    self.findings.add(f"{name}: {count} {key}, the accounts say {told.get(key, 0)}")
            if found["read"] != found["migrated"] + found["skipped"] + found["rejected"]:
                self.findings.add(f"{name}: the account is not closed: {found}")
        told = self.manifest["messages"]
        for key in ("migrated", SKIPPED, REJECTED):
            if told[key] != self.messages[key]:
                self.findings.add(f"messages: {self.messages[key]} {key}, the accounts say {told[key]}")
        if told["read"] != sum(self.messages.values()):
            self.findings.add(f"messages: {told['read']} read, but {sum(self.messages.values())} are accounted for")


def _keys(kind: str, row: dict[str, Any], is_named: bool) -> list[tuple[str, str]]:
    """Return the fields that no two rows of a kind may share, with what stands in them; the Id where no other row names it."""
    if not is_named:
        return [("Id", row["Id"])] if isinstance(row.get("Id"), str) else []
    if kind == "MessagingEndUser":
        return [("MessagingPlatformKey", f"{row.get('MessagingChannelId')}/{row.get('MessagingPlatformKey')}")]
    if kind == "Conversation":
        return [("ConversationIdentifier", str(row.get("ConversationIdentifier")))]
    if kind == "MessagingSession":
        return [(TRANSCRIPT_ID, str(row.get(TRANSCRIPT_ID)))]
    return []
