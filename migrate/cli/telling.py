"""What a migration or a load came to, for people at a terminal."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from ..loading import Outcome as Loaded
    from ..run import Outcome


def tell_load(loaded: Loaded, work: Path) -> None:
    """Say what came of a load."""
    document = loaded.document
    columns = ("rows", "inserted", "updated", "same", "replaced", "failed", "blocked", "deleted")
    click.echo(f"{'':26}{''.join(f'{name:>10}' for name in columns)}")
    for name, account in document["accounts"].items():
        counts = "".join(f"{account[key]:>10}" for key in columns)
        click.echo(f"{name:26}{counts}{'' if account['closed'] else '  not closed'}")
    if standing := sum(account["standing"] for account in document["accounts"].values()):
        click.echo(f"{standing} rows were loaded before")
    if document["needsReplace"]:
        click.echo(f"{document['needsReplace']} records differ in fields that can be set on insert only: see --replace")
    if document["folderOnly"]:
        click.echo(f"only in the folder: {', '.join(document['folderOnly'])}")
    if not document["restorable"]:
        click.echo(
            "the org alone does not give the source back (the carrier file is not among the carriers): keep the folder"
        )
    for note in document["notes"]:
        click.echo(f"{note['note']}: {note['records']} {note['object']}")
    for finding in loaded.findings[:10]:
        click.echo(finding, err=True)
    if document["failed"] or document["needsReplace"]:
        click.echo(f"each of them with its reason: {work / 'problems.jsonl'}")
    if not document.get("dryRun"):
        click.echo(f"run {loaded.run} into {document['target']}; report: {work / 'load.html'}")
        return
    for name, one in document["allowances"].items():
        if isinstance(one, dict):
            left = "" if one["left"] is None else f" of {one['left']} that are left"
            click.echo(f"{name}: {one['needed']}{left}{'' if one['fits'] else ': not enough'}")
    if document["assumedPackage"]:
        click.echo(f"as if the package were deployed: {document['assumedPackage'].rstrip(':')}")
    click.echo(f"dry run: nothing was written to {document['target']}; report: {work / 'load.html'}")


def tell_of_plan(manifest: dict[str, Any]) -> None:
    """Say what of the plan met nothing: a mistyped id leaves its chats on a channel of their own."""
    if unknown := [button for button in manifest["plan"]["channels"] if button not in manifest["chats"]["buttons"]]:
        click.echo(f"the plan's [channels] name buttons that no chat has: {', '.join(unknown)}")


def tell(outcome: Outcome, target: Path, findings: list[str] | None) -> None:
    manifest: dict[str, Any] = outcome.manifest
    click.echo(f"{'':26}{'read':>10}{'migrated':>10}{'skipped':>10}{'rejected':>10}")
    for name, account in [*manifest["accounts"].items(), ("messages", manifest["messages"])]:
        counts = "".join(f"{account[key]:>10}" for key in ("read", "migrated", "skipped", "rejected"))
        click.echo(f"{name:26}{counts}{'' if account['closed'] else '  not closed'}")
    if not manifest["accounts"].get("LiveChatTranscript", {}).get("read"):
        click.echo("no chats were in the source: see whether it is the right one", err=True)
    missing, differing, counts = manifest["orphans"], manifest["deviations"], manifest["counts"]
    if missing["lines"]:
        count = missing["parents"]["missing"]
        click.echo(f"{count} records are named and missing, by {missing['lines']} rows: {target / missing['file']}")
    if differing["lines"]:
        of = f"{differing['lines']} of {counts['compared']} chats"
        click.echo(f"messages: {of} have not as many as their fields count: {target / differing['file']}")
    tell_of_plan(manifest)
    share = manifest["share"]["bodyBytes"]
    click.echo(
        f"residue: {share['residuePercent']} % of the bytes of bodies, {manifest['share']['cells']['residuePercent']} % of cells"
    )
    if findings is not None:
        many = f"{len(findings)} finding{'s' * (len(findings) != 1)}"
        click.echo("verified: no finding" if not findings else f"verified: {many}, see the report")
    for finding in (findings or [])[:10]:
        click.echo(finding, err=True)
    click.echo(f"report: {target / 'report.html'}")
