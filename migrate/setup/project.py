"""The folder that is written: an SFDX project with its manifest, a list of what has no counterpart, quick texts to update."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape

from ..errors import UsageError
from ..plan import Plan
from .channels import channel, deployments
from .desk import Desk
from .markup import NAMESPACE, Component, DeveloperNames, clean
from .notes import findings, page
from .routing import presence, queue, skill

API_VERSION = "64.0"
_PACKAGE = "force-app/main/default"
_MESSAGING = "Messaging"


@dataclass(frozen=True, slots=True)
class Written:
    """What was written: how many components, and how many things have no counterpart."""

    components: int
    findings: int


def components_of(desk: Desk, plan: Plan) -> list[Component]:
    """Return the components in the order of their deployment."""
    names = DeveloperNames()
    skills = [skill(desk, row, names) for row in desk.of("Skill")]
    configurations = presence(desk, DeveloperNames())
    queue_names, queues, channels = DeveloperNames(), {}, []
    for row in desk.of("LiveChatButton"):
        known = desk.find("Group", row["QueueId"]) if row.get("QueueId") else None
        key = known["Id"] if known else row.get("Id", "")
        if key not in queues:
            title = (known or {}).get(
                "DeveloperName"
            ) or f"{row.get('DeveloperName') or row.get('MasterLabel', '')} Chat"
            queues[key] = queue(desk, row, queue_names.give(title, "Chat_Queue"))
        channels.append(channel(desk, row, queues[key][-1].name, plan))
    default = queue(desk, {"MasterLabel": "Chat"}, queue_names.give("Chat", "Chat"))
    channels += [channel(desk, None, default[-1].name, plan, id_) for id_ in ("", *plan.deployment_channels)]
    routed = [*(component for pair in queues.values() for component in pair), *default]
    unique = {(found.kind, found.name): found for found in channels}
    return [*configurations, *skills, *routed, *unique.values(), *deployments(desk, plan, DeveloperNames())]


def write_setup(desk: Desk, folder: Path, plan: Plan) -> Written:
    """Write the project into a new or empty folder. UsageError for any other, and where there is nothing to write from."""
    if not desk.of("LiveChatButton") and not desk.of("LiveChatDeployment") and not desk.of("LiveChatUserConfig"):
        raise UsageError(
            "the source has no chat buttons, deployments or configurations:", "export LiveChatButton and its like too"
        )
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(f"{folder} is not an empty folder:", "name a new folder")
    components = components_of(desk, plan)
    quick_texts = _quick_texts(desk)
    counts = Counter(component.kind for component in components)
    files = {f"{_PACKAGE}/{component.path}": component.text() for component in components}
    files["manifest/package.xml"] = _manifest(components)
    files["sfdx-project.json"] = json.dumps(
        {"packageDirectories": [{"path": "force-app", "default": True}], "sourceApiVersion": API_VERSION}, indent=2
    )
    files["README.md"] = page(desk, plan, dict(sorted(counts.items())), len(quick_texts))
    if quick_texts:
        files["data/QuickText.csv"] = _csv(quick_texts)
    try:
        for name, text in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
    except OSError as error:
        raise UsageError(f"{folder} cannot be written ({error.strerror}):", "name another folder") from None
    return Written(len(components), len(findings(desk, plan)))


def _manifest(components: Iterable[Component]) -> str:
    by_kind: dict[str, list[str]] = {}
    for component in components:
        by_kind.setdefault(component.kind, []).append(component.name)
    types = "".join(
        "    <types>\n"
        + "".join(f"        <members>{escape(clean(name))}</members>\n" for name in sorted(by_kind[kind]))
        + f"        <name>{kind}</name>\n    </types>\n"
        for kind in sorted(by_kind)
    )
    head = f'<?xml version="1.0" encoding="UTF-8"?>\n<Package xmlns="{NAMESPACE}">\n'
    return f"{head}{types}    <version>{API_VERSION}</version>\n</Package>\n"


def _quick_texts(desk: Desk) -> list[tuple[str, str]]:
    """Return id and new Channel of the quick texts that chats had and messaging does not."""
    found = []
    for row in desk.of("QuickText"):
        channels = [name for name in row.get("Channel", "").split(";") if name]
        if (
            row.get("Id")
            and _MESSAGING not in channels
            and (not channels or "Live Agent" in channels or "Chat" in channels)
        ):
            found.append((row["Id"], ";".join([*channels, _MESSAGING])))
    return found


def _csv(rows: Iterable[tuple[str, str]]) -> str:
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(("Id", "Channel"))
    writer.writerows(rows)
    return stream.getvalue()
