"""What chats have to do with each other: visitors who came again, keys that several share, ids that came twice.

A table of all transcripts in the work file, asked once it is whole. Only the chats that others say something about are told to
the workers.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path
from types import TracebackType
from typing import Self

from .scratch import scratch_database
from .transform.end_user import platform_key
from .transform.structures import Links

_TABLES = """
CREATE TABLE transcript (row INTEGER PRIMARY KEY, part INTEGER, id TEXT, who TEXT, visitor TEXT, channel TEXT, contact TEXT, account TEXT,
                         lead TEXT, chat_key TEXT);
CREATE TABLE visitor (id TEXT PRIMARY KEY, row INTEGER, session_key TEXT) WITHOUT ROWID;
CREATE TABLE link (row INTEGER PRIMARY KEY, contact TEXT, account TEXT, lead TEXT, variant TEXT, taken INTEGER, shared INTEGER);
CREATE TABLE claim (channel TEXT, key TEXT, end_user TEXT, row INTEGER);
CREATE TABLE sharer (row INTEGER PRIMARY KEY, id TEXT, records TEXT);
CREATE TABLE transfer (id TEXT, time INTEGER, detail TEXT);
CREATE TABLE seen (object TEXT, id TEXT, row INTEGER, part INTEGER);
CREATE TABLE double (object TEXT, row INTEGER, part INTEGER);
CREATE TABLE crossing (part INTEGER, who TEXT, PRIMARY KEY (part, who)) WITHOUT ROWID;
"""

Noted = tuple[int, int, str | None, str | None, str | None, str | None, str | None, str | None, str | None, str | None]
"""row, part, id, who (None: makes no messaging user), visitor, channel, contact, account, lead, chat key of a transcript"""


class Bonds:
    """The table. Not shared between threads."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._database = scratch_database(path, _TABLES, cache_kib=8000)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._database.close()
        self.path.unlink(missing_ok=True)

    def forget(self, table: str) -> None:
        """Forget all transcripts or visitors: they are noted again."""
        self._database.execute(f"DELETE FROM {table}")

    # --- what is noted ----------------------------------------------------------------------------------------------

    def note(self, transcripts: Iterable[Noted]) -> None:
        """Note transcripts."""
        self._database.executemany("INSERT INTO transcript VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", transcripts)

    def note_visitors(self, visitors: Iterable[tuple[str, int, str | None]]) -> None:
        """Note visitors: id, row, SessionKey. The first one of an id stays."""
        self._database.executemany("INSERT OR IGNORE INTO visitor VALUES (?, ?, ?)", visitors)

    def note_ids(self, name: str, ids: Iterable[tuple[str, int, int]]) -> None:
        """Note ids of an object, where they may come twice: id, row, part."""
        self._database.executemany(f"INSERT INTO seen VALUES ('{name}', ?, ?, ?)", ids)

    def note_records(self, transcripts: Iterable[tuple[int, str, str]]) -> None:
        """Note which records transcripts name: row, id, the records' ids with blanks between them."""
        self._database.executemany("INSERT INTO sharer VALUES (?, ?, ?)", transcripts)

    def note_transfers(self, transfers: Iterable[tuple[str, int, str]]) -> None:
        """Note that events tell of files: transcript, seconds since 1970, what they tell."""
        self._database.executemany("INSERT INTO transfer VALUES (?, ?, ?)", transfers)

    def sharers(self) -> Iterator[tuple[int, str, tuple[str, ...], list[tuple[int, str]]]]:
        """Yield row, id, named records and transfers of the chats that have some, by row."""
        found = self._database.execute(
            "SELECT row, sharer.id, records, time, detail FROM sharer JOIN transfer ON transfer.id = sharer.id ORDER BY row, time, detail"
        )
        for (row, id_, records), rows in groupby(found, key=lambda one: one[:3]):
            yield row, id_, tuple(records.split()), [(time, detail) for *_, time, detail in rows]

    def with_transfers(self) -> list[str]:
        """Return the ids of the chats whose events tell of files."""
        return [id_ for (id_,) in self._database.execute("SELECT DISTINCT id FROM transfer ORDER BY id")]

    def rows_of(self, ids: Iterable[str]) -> Iterator[tuple[str, int]]:
        """Yield the id and row of transcripts."""
        self._database.execute("CREATE INDEX IF NOT EXISTS sharer_id ON sharer (id)")
        for id_ in ids:
            yield from self._database.execute("SELECT id, MIN(row) FROM sharer WHERE id = ? GROUP BY id", (id_,))

    # --- what follows from it ---------------------------------------------------------------------------------------

    def drop_double_transcripts(self) -> None:
        """Set the second and further transcripts of an id apart."""
        self._database.executescript("CREATE INDEX transcript_id ON transcript (id);")
        self._database.execute(
            "INSERT INTO double SELECT 'LiveChatTranscript', row, part FROM transcript AS later WHERE EXISTS "
            "(SELECT 1 FROM transcript AS first WHERE first.id = later.id AND first.row < later.row)"
        )
        self._database.execute("DELETE FROM transcript WHERE row IN (SELECT row FROM double)")

    def parts(self) -> Iterator[tuple[str, int]]:
        """Yield id and part of each transcript."""
        yield from self._database.execute("SELECT id, part FROM transcript")

    def find_doubles(self, name: str) -> None:
        """Set the second and further rows of an id apart."""
        self._database.execute(
            "INSERT INTO double SELECT object, row, part FROM "
            "(SELECT object, row, part, MIN(row) OVER (PARTITION BY id) AS first FROM seen WHERE object = ?) WHERE row > first",
            (name,),
        )
        self._database.execute("DELETE FROM seen WHERE object = ?", (name,))

    def doubles(self, part: int) -> dict[str, frozenset[int]]:
        """Return by object the rows of a part whose id another row has."""
        found = self._database.execute("SELECT object, row FROM double WHERE part = ? ORDER BY object", (part,))
        return {name: frozenset(row for _, row in rows) for name, rows in groupby(found, key=lambda pair: pair[0])}

    def settle(self, is_split: bool = True) -> None:
        """Decide what the chats of one visitor, one platform key and one chat key have to do with each other.

        is_split: further contacts of a visitor are messaging users of their own.
        """
        self._database.execute("CREATE INDEX transcript_who ON transcript (who) WHERE who IS NOT NULL")
        self._link_visitors(is_split)
        self._claim_keys()
        self._share_chat_keys()
        self._database.execute("CREATE INDEX double_part ON double (part)")
        self._database.execute(
            "INSERT INTO crossing SELECT DISTINCT part, who FROM transcript WHERE who IN (SELECT who FROM transcript "
            "WHERE who IS NOT NULL GROUP BY who HAVING MIN(part) < MAX(part))"
        )

    def _link_visitors(self, is_split: bool) -> None:
        """Decide for each visitor and channel which contact, account and lead the messaging users have.

        Chats without a contact go with the first contact that the visitor's chats name; each further contact is a
        messaging user of its own. Account and lead are the first that the chats of a messaging user name.
        """
        found = self._database.execute(
            "SELECT who, channel, contact, account, lead, row FROM transcript WHERE who IN "
            "(SELECT who FROM transcript WHERE who IS NOT NULL GROUP BY who HAVING COUNT(*) > 1) ORDER BY who, channel, row"
        )
        for _, rows in groupby(found, key=lambda row: (row[0], row[1])):
            chats = list(rows)
            if len(chats) > 1:
                self._database.executemany("INSERT INTO link VALUES (?, ?, ?, ?, ?, 0, 0)", _linked(chats, is_split))

    def _claim_keys(self) -> None:
        """Find the messaging users whose platform key an earlier one of the channel has."""
        self._database.execute(
            "INSERT INTO claim SELECT channel, COALESCE(NULLIF(session_key, ''), who), who, MIN(transcript.row) FROM transcript "
            "LEFT JOIN visitor ON visitor.id = transcript.visitor LEFT JOIN link ON link.row = transcript.row "
            "WHERE who IS NOT NULL AND COALESCE(variant, '') = '' GROUP BY channel, who"
        )
        variants = self._database.execute(
            "SELECT channel, who, visitor.session_key, variant, MIN(link.row) FROM link JOIN transcript USING (row) "
            "LEFT JOIN visitor ON visitor.id = transcript.visitor WHERE variant <> '' GROUP BY channel, who, variant"
        )
        self._database.executemany(
            "INSERT INTO claim VALUES (?, ?, ?, ?)",
            (
                (channel, _key(channel, who, session_key, variant), f"{who}\0{variant}", row)
                for channel, who, session_key, variant, row in variants
            ),
        )
        late = self._database.execute(
            "SELECT channel, end_user FROM (SELECT *, FIRST_VALUE(end_user) OVER (PARTITION BY channel, key ORDER BY row) AS first "
            "FROM claim) WHERE end_user <> first"
        ).fetchall()
        for channel, end_user in late:
            who, _, variant = end_user.partition("\0")
            for values in self._plain(
                "WHERE channel = ? AND who = ? AND COALESCE(variant, '') = ?", (channel, who, variant)
            ):
                self._database.execute(
                    "INSERT INTO link VALUES (?, ?, ?, ?, '', 1, 0) ON CONFLICT (row) DO UPDATE SET taken = 1", values
                )

    def _share_chat_keys(self) -> None:
        """Find the chats whose ChatKey several have."""
        shared = self._plain(
            "WHERE chat_key IN (SELECT chat_key FROM transcript WHERE chat_key IS NOT NULL GROUP BY chat_key HAVING COUNT(*) > 1)"
        )
        self._database.executemany(
            "INSERT INTO link VALUES (?, ?, ?, ?, '', 0, 1) ON CONFLICT (row) DO UPDATE SET shared = 1", shared
        )

    def _plain(self, where: str, values: Iterable[str] = ()) -> list[tuple[int, str, str, str]]:
        """Return row, contact, account and lead of transcripts."""
        return self._database.execute(
            "SELECT transcript.row, transcript.contact, transcript.account, transcript.lead FROM transcript "
            f"LEFT JOIN link USING (row) {where}",
            tuple(values),
        ).fetchall()

    def links(self, first: int, last: int) -> dict[int, Links]:
        """Return by row what other chats decide about the messaging users and conversations of these."""
        found = self._database.execute("SELECT * FROM link WHERE row BETWEEN ? AND ?", (first, last))
        return {
            row: Links(contact, account, lead, variant, bool(taken), bool(shared))
            for row, contact, account, lead, variant, taken, shared in found
        }

    def crossing(self, part: int) -> frozenset[str]:
        """Return who of a part has chats in other parts too."""
        return frozenset(who for (who,) in self._database.execute("SELECT who FROM crossing WHERE part = ?", (part,)))


def _linked(
    chats: list[tuple[str, str, str | None, str | None, str | None, int]], is_split: bool
) -> Iterator[tuple[object, ...]]:
    """Yield the links of the chats of one visitor on one channel."""
    if not is_split:
        one = (next((chat[place] for chat in chats if chat[place]), None) for place in (2, 3, 4))
        contact, account, lead = one
        for chat in chats:
            yield chat[5], contact, account, lead, ""
        return
    linked: dict[str | None, list[str | None]] = {}
    for _, _, contact, account, lead, _ in chats:
        known = linked.setdefault(contact, [None, None])
        known[0] = known[0] or account
        known[1] = known[1] or lead
    first = next((contact for contact in linked if contact), None)
    if first is not None and None in linked:
        for place in (0, 1):
            linked[first][place] = linked[first][place] or linked[None][place]
        linked[None] = linked[first]
    for _, _, contact, _, _, row in chats:
        account, lead = linked[contact]
        is_first = contact in (None, first)
        yield row, contact or first, account, lead, "" if is_first else contact


def _key(channel: str, who: str, session_key: str | None, variant: str) -> str:
    """Return the platform key of a further messaging user of a visitor."""
    return platform_key({"Id": who}, {"SessionKey": session_key or who}, channel, Links(variant=variant))
