"""The manifest: what was read, how it was spelt, what was written. It holds no time and no absolute path."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .accounts import Books
from .cells import Format
from .dialect import Dialect
from .errors import UsageError
from .extract.members import Member
from .extract.source import Source
from .extract.tables import Table
from .plan import Plan
from .residue import Share

FORMAT = 1


def manifest_document(
    source: Source, origin: str, plan: Plan, files: list[dict[str, Any]], books: Books, share: Share
) -> dict[str, Any]:
    """Return the manifest of a finished run."""
    return {
        "tool": "chatlift",
        "format": FORMAT,
        "lossless": True,
        "restorableFromOrg": "file" in plan.carriers,
        "plan": plan.to_json(),
        "source": {
            "name": origin,
            "kind": source.members.kind,
            "tables": [_table(table) for table in source.tables],
            "others": [
                {
                    "container": plain.member.container,
                    "path": plain.member.path,
                    "bytes": plain.member.size,
                    "sha256": plain.digest,
                }
                for plain in source.others
            ],
        },
        "files": files,
        "accounts": {name: books.objects[name].to_json() for name in sorted(books.objects)},
        "messages": books.messages.to_json(),
        "chats": books.chats.to_json(),
        "counts": books.tally.to_json(),
        "share": share.to_json(),
        "reasons": [
            {"outcome": outcome, "object": name, "reason": reason, "rows": count}
            for (outcome, name, reason), count in sorted(books.reasons.items())
        ],
        "roles": dict(sorted(books.grounds.items())),
        "statuses": dict(sorted(books.statuses.items())),
        "warnings": [
            {"warning": warning, "records": books.warning_counts[warning], "examples": examples}
            for warning, examples in sorted(books.warnings.items())
        ],
    }


def _table(table: Table) -> dict[str, Any]:
    return {
        "container": table.member.container,
        "path": table.member.path,
        "bytes": table.member.size,
        "sha256": table.digest,
        "object": table.object,
        "columns": list(table.columns),
        "formats": [[spelt.kind, spelt.spelling] for spelt in table.formats],
        "dialect": table.dialect.to_json(),
        "firstRow": table.first_row,
        "rows": table.rows,
    }


def name_of(item: Mapping[str, Any]) -> str:
    """Return the name that messages use for a file of the source."""
    return Member(item["container"], item["path"], 0).name


def tables_of(manifest: dict[str, Any]) -> list[Table]:
    """Return the source's tables as the manifest tells them. UsageError when it is not one of ours."""
    try:
        return [
            Table(
                Member(item["container"], item["path"], item["bytes"]),
                item["object"],
                tuple(item["columns"]),
                Dialect.from_json(item["dialect"]),
                tuple(Format(kind, spelling) for kind, spelling in item["formats"]),
                item["sha256"],
                item["firstRow"],
                item["rows"],
            )
            for item in manifest["source"]["tables"]
        ]
    except (KeyError, TypeError, ValueError) as error:
        raise UsageError(f"manifest.json is not one of this tool ({error!r}):", "run the migration again") from None
