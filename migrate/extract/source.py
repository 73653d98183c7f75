"""A source as a whole: its tables with their rows numbered by object, and the files that are no tables."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256

from ..errors import UsageError
from .cutting import SIZE
from .members import TABLES, Member, Members
from .tables import CHAT_OBJECTS, Reading, SourceRow, Table, survey


@dataclass(frozen=True, slots=True)
class Plain:
    """A file that is no table: it is carried as it is. digest is the SHA-256 of its bytes."""

    member: Member
    digest: str


@dataclass(slots=True)
class Source:
    """The tables and other files of a source. Row numbers are right after each table was read once, in order."""

    members: Members
    tables: list[Table] = field(default_factory=list)
    others: list[Plain] = field(default_factory=list)
    read: dict[str, int] = field(default_factory=dict)

    @classmethod
    def survey(cls, members: Members, block_size: int = SIZE) -> Source:
        """Look at each file. UsageError when none holds transcripts or agent sessions."""
        source = cls(members)
        for member in members.members:
            if member.path.lower().endswith(TABLES):
                found = survey(members, member, block_size)
                if isinstance(found, Table):
                    source.tables.append(found)
                    continue
                source.others.append(Plain(member, found))
            else:
                total = sha256()
                for chunk in members.chunks(member):
                    total.update(chunk)
                source.others.append(Plain(member, total.hexdigest()))
        if not any(table.object in CHAT_OBJECTS for table in source.tables):
            raise UsageError(
                f"{members.root} holds no legacy chat records:",
                "export LiveChatTranscript with its events and visitors as LiveChatTranscript.csv and so on",
            )
        return source

    @property
    def blocks(self) -> int:
        """The number of blocks that the tables have."""
        return sum(len(table.cuts) + 1 for table in self.tables if table.object in CHAT_OBJECTS)

    def first_pass(self, index: int) -> Iterator[SourceRow]:
        """Yield the rows of a table for the first time, and note their count."""
        table = self.tables[index]
        table = self.tables[index] = table.with_rows(self.read.get(table.object, 0) + 1, 0, True)
        reading = Reading(table, self.members)
        yield from reading.rows()
        self.tables[index] = table.with_rows(table.first_row, reading.count, reading.final_line_end)
        self.read[table.object] = table.first_row + reading.count - 1

    def rows(self, table: Table) -> Iterator[SourceRow]:
        """Yield the rows of a table again."""
        return Reading(table, self.members).rows()
