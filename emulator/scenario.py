"""Open an org with scenarios in which shorthands may stand."""

import json
from collections.abc import Mapping
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from .chat.desk import desk_records
from .config import MEMORY, OrgConfig
from .errors import OrgError, UsageError
from .messaging.desk import MESSAGING, channel_records
from .org.org import Org

SHIPPED: Final = Path(__file__).parent.parent / "fixtures" / "scenarios"
FILE: Final = "sqlite:///"
MOST_BYTES: Final = 256 * 1024 * 1024
"""The largest scenario file that is read."""


def expand(document: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a scenario document with the rows of its shorthands among its ``records``. Raises `OrgError`.

    ``messaging`` stays in it: what of it has no row is written by `furnish`, once the rows are there.
    """
    if not isinstance(document, Mapping) or not {"chat", MESSAGING} & document.keys():
        return document
    records = document.get("records", [])
    if not isinstance(records, list):
        raise OrgError("INVALID_SCENARIO", "records: must be a list")
    made = [*records]
    if "chat" in document:
        made += desk_records(document["chat"])
    if MESSAGING in document:
        made += channel_records(document[MESSAGING])
    return {key: value for key, value in document.items() if key != "chat"} | {"records": made}


def furnish(org: Org, messaging: Any, refs: Mapping[str, str]) -> None:
    """Write what ``messaging`` of a scenario says beside its rows. Raises `OrgError`."""
    # Loaded with the first such scenario: an org without enhanced chat is there the sooner.
    import_module(".messaging.furnishing", __package__).furnish(org, messaging, refs)


def open_org(config: OrgConfig, snapshot: Path | None = None) -> Org:
    """Open the org of a configuration, or one that begins as a snapshot's, with the configured rest on top. Raises `UsageError`."""
    if snapshot is None:
        return Org.open(config, expand, {MESSAGING: furnish})
    refuse_old(config.database)
    org = Org.open(replace(config, scenarios=(), objects=(), now=None, frozen=False), expand, {MESSAGING: furnish})
    try:
        begin_as(org, snapshot, config)
    except BaseException:
        org.close()
        raise
    return org


def refuse_old(database: str) -> None:
    """Refuse a database that may hold an org already, or takes no snapshot. Raises `UsageError`."""
    if database == MEMORY:
        return
    if not database.startswith(FILE):
        raise UsageError(
            "--snapshot begins an org on SQLite; leave --db out, give sqlite:///PATH, or import it into a running org"
        )
    path = Path(database.removeprefix(FILE))
    if path.exists() and path.stat().st_size:
        raise UsageError(
            f"a snapshot begins a new org, and {path} may hold one; name another file, or leave --snapshot out"
        )


def begin_as(org: Org, snapshot: Path, config: OrgConfig) -> None:
    """Let an org be what a snapshot holds, and what its configuration says besides; resets lead back there. Raises `UsageError`."""
    rooms = import_module(".org.snapshots", __package__)
    bad = import_module(".store.portable", __package__).BadSnapshot
    kept = org.room(rooms.Snapshots)
    try:
        taken = kept.take_in(snapshot.read_bytes())
    except OSError as error:
        raise UsageError(f"cannot read {snapshot}: {error.strerror}; name a snapshot") from None
    except bad as error:
        raise UsageError(f"{snapshot}: {error}") from None
    org.restore(taken.image)
    kept.drop(taken.id)
    try:
        if config.objects:
            org.extend(config.objects)
        for document in config.scenarios:
            org.seed({key: value for key, value in document.items() if key != "now" or config.now is None})
        if config.frozen:
            org.clock.freeze()
        if config.now is not None:
            org.clock.set(config.now)
    except (OrgError, ValueError) as error:
        raise UsageError(f"on top of the snapshot: {getattr(error, 'message', error)}") from None
    if config.administrator_password is not None:
        org.sessions.set_password(org.users.administrator_id, config.administrator_password)
    org.begin_from(org.beginning())


def read_scenario(name: str) -> Mapping[str, Any]:
    """Read a shipped scenario by name, or a file by its path. Raises `UsageError`."""
    shipped = shipped_scenarios()
    path = SHIPPED / f"{name}.json" if name in shipped else Path(name)
    try:
        if path.stat().st_size > MOST_BYTES:
            raise UsageError(f"seed: {name} is larger than {MOST_BYTES} bytes; seed it in parts")
        document = json.loads(path.read_bytes())
    except FileNotFoundError:
        raise UsageError(
            f"seed: there is no scenario {name}; give a file, or one of: {', '.join(shipped) or 'none'}"
        ) from None
    except OSError as error:
        raise UsageError(f"seed: cannot read {name}: {error.strerror}; name a file") from None
    except (ValueError, RecursionError) as error:
        raise UsageError(f"seed: {name} is no scenario, which is a JSON object: {error}") from None
    if not isinstance(document, dict):
        raise UsageError(f"seed: {name} is no scenario, which is a JSON object")
    return document


def shipped_scenarios() -> list[str]:
    """Return the names of the scenarios that ship with the product."""
    return sorted(path.stem for path in SHIPPED.glob("*.json"))
