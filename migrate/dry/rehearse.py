"""A dry run: the load, for real, into a private org that is built from what the target says of itself.

It writes into `dry-run` of the work folder: the folder form, the package, `load.json`, `load.html` and `problems.jsonl`. The journal of real
runs is read, so that the dry run knows what they made, and stays as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import orjson

from ..errors import MigrationError, UsageError
from ..folder import read_manifest
from ..journal import Journal
from ..layout import OBJECTS
from ..load.claim import check_claim
from ..load.folder import write_document
from ..load.history import HistoryLane
from ..load.itinerary import lanes
from ..load.lanes import Lane
from ..load.loader import Loader, Options, Progress
from ..load.package import Package, package_of, write_package
from ..load.target import Target
from ..load_report import REMEDIES, bytes_of_files, document_of, rows_of, write_problems
from ..loading import FolderRun, Outcome, archived, lack_of_package, loader_for, needed_objects
from ..plan import Plan
from ..port import Missing, Org, Refused
from ..report.load import load_page
from ..work_folder import FOLDER, JOURNAL, LOAD, PACKAGE, PAGE, PROBLEMS, migration_key, new_run
from .allowances import BATCHES, CALLS, Allowances, CountedOrg
from .child import USER, Child, ControlRefused, private_org
from .mirror import Brought, Rehearsal
from .schema import LANES, Schema, differences, schema_of

PLACE: Final = "dry-run"
_INSTANCE: Final = "zy"
"""What is in ids that are made here, and in none of the target, be it an emulated org."""
_MEMORY_BYTES: Final = 500_000_000
"""Bytes of texts above which the private org is kept in a temporary file."""
_NEEDED: Final = ("MessagingEndUser", "MessagingSession")
_PROFILE: Final = "Standard User"
"""A profile that gives everything until a row says less."""
_NAME: Final = "rehearsal.db"
_NOT_CHECKED: Final = "not checked by the dry run"
_FINDINGS: Final = 50
_BEFORE: Final = "mend the cause in the target or in the source before the load"
_REMEDIES: Final[Mapping[str, str]] = {**REMEDIES, "failed": _BEFORE, "blocked": _BEFORE, "sent": _BEFORE}


@dataclass(slots=True)
class _Stage:
    """What a dry run works with: its place, the folder form there, the target (read only), the objects with fields of the package.

    package: what the target lacks of it. opened: rights that are assumed. assumed: what the target would be refused for without that.
    """

    place: Path
    real: Target
    plan: Plan
    manifest: dict[str, Any]
    rows: dict[str, int]
    needed: list[str]
    package: Package
    opened: frozenset[str]
    assumed: str


def rehearse(
    make_folder: FolderRun,
    org: Org,
    work: Path,
    plan: Plan,
    options: Options,
    progress: Progress,
    *,
    checks: bool = True,
    assumes_package: bool = False,
) -> Outcome:
    """Rehearse a load into an org, which is only read. Raises MigrationError when it cannot be rehearsed.

    checks: records that need a replace are findings, as they are for a load that compares at its end. assumes_package: fields of the package that the org lacks are there all the same.
    """
    real = Target(org)
    for name in _NEEDED:
        real.needed(name)
    place = work / PLACE
    journal = Journal(place / _NAME)
    org.reads_only = True
    try:
        with journal:
            for name in (LOAD, PAGE, PROBLEMS):
                (place / name).unlink(missing_ok=True)
            journal.take_after(work / JOURNAL)
            check_claim(journal, org, work)
            for job in journal.open_jobs():
                journal.settle_job(job)
            code = make_folder(place / FOLDER)
            stage = _stage(place, real, plan, assumes_package=assumes_package)
            return _rehearsed(stage, journal, code, options, progress, checks=checks)
    finally:
        org.reads_only = False
        for file in place.glob(f"{_NAME}*"):
            file.unlink()


def _stage(place: Path, real: Target, plan: Plan, *, assumes_package: bool) -> _Stage:
    """Write the package, and refuse a target that has not what it holds, unless that is assumed."""
    manifest = read_manifest(place / FOLDER)
    rows = rows_of(manifest)
    package = package_of(orjson.loads((place / FOLDER / OBJECTS).read_bytes()), plan.carriers)
    write_package(package, place / PACKAGE)
    needed = needed_objects(rows, plan.carriers)
    problem = lack_of_package(package, real, needed, place / PACKAGE)
    if problem is None:
        return _Stage(place, real, plan, manifest, rows, needed, Package({}), frozenset(), "")
    if not assumes_package:
        raise UsageError(problem.message, f"{problem.remedy}, or add --assume-package")
    missing = package.missing(real, needed)
    lacking = {
        name: {field: form for field, form in package.fields[name].items() if {name, f"{name}.{field}"} & {*missing}}
        for name in needed
    }
    # Who may write sessions may write their metrics.
    opened = frozenset({*needed, "MessagingSessionMetrics", *package.unwritable(real, needed)})
    return _Stage(place, real, plan, manifest, rows, needed, Package(lacking), opened, problem.message)


def _rehearsed(
    stage: _Stage, journal: Journal, code: int, options: Options, progress: Progress, *, checks: bool
) -> Outcome:
    """Build the private org, load it, look at what came of it, and report."""
    run = new_run(journal, {"fingerprint": "", "code": code})
    org = stage.real.org
    progress("reading the target's schema", 0, 0)
    schema = schema_of(org, [name for name in stage.needed if name.endswith("__c")], stage.opened)
    for sobject, name, why in schema.unchecked:
        journal.note(run, _NOT_CHECKED, sobject, name, why)
    used = Allowances(_limits_of(stage.real))
    with TemporaryDirectory(prefix="chatlift-dry-run-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        progress("starting a private org", 0, 0)
        with private_org(folder, _options(folder, schema, stage)) as child:
            _prepare(child, schema, used, journal, run)
            with closing(Brought(folder / "brought.db")) as brought:
                target = _target(stage, child, used, brought, journal, run)
                loader = loader_for(run, target, journal, stage.plan, options, progress)
                planned, findings = _loaded(stage, child, loader, target)
    if not checks:
        known = _in_need_of_a_replace(journal, run)
        findings = [one for one in findings if not one.startswith(known)]
    return _report(stage, journal, loader, planned, [*used.stops, *findings], used, code, options)


def _in_need_of_a_replace(journal: Journal, run: str) -> tuple[str, ...]:
    """Return how findings begin about records that differ, as is reported, in fields that can be set on insert only."""
    needy: dict[str, list[str]] = {}
    for name, id_, state, _ in journal.problems(run):
        if state == "needs replace":
            needy.setdefault(name, []).append(id_)
    return tuple(
        f"{name} {target} differs in " for name, ids in needy.items() for target in journal.targets(name, ids).values()
    )


def _options(folder: Path, schema: Schema, stage: _Stage) -> list[str]:
    """Write the schema into files, and return the options of the private org."""
    objects, lacking = folder / "objects.json", {name: one for name, one in stage.package.fields.items() if one}
    objects.write_bytes(orjson.dumps(schema.documents))
    options = ["--instance", _INSTANCE, "--objects", str(objects)]
    if lacking:
        write_package(Package(lacking), folder / "package")
        options += ["--objects", str(folder / "package")]
    if schema.is_permissive:
        options.append("--permissive-messaging")
    if bytes_of_files(stage.manifest) > _MEMORY_BYTES:
        options += ["--db", f"sqlite:///{folder / 'org.db'}"]
    return options


def _prepare(child: Child, schema: Schema, used: Allowances, journal: Journal, run: str) -> None:
    """Make the user who loads, with the rights of the token's user, and put the org's remaining limits in force."""
    user = {"object": "User", "fields": {"Username": USER, "LastName": "Dry run"}}
    profile: dict[str, Any] = {"profile": _PROFILE, "users": [USER], "system": schema.system}
    child.control("POST", "seed", {"records": [user], "permissions": [profile]})
    for name, letters in schema.rights.items():
        try:
            child.control("POST", "seed", {"permissions": [{"profile": _PROFILE, "objects": {name: letters}}]})
        except ControlRefused as error:
            journal.note(run, _NOT_CHECKED, name, "rights", error.message)
    left = {name: told[1] for name in (CALLS, BATCHES) if (told := used.of(name)) and told[1] > 0}
    if left:
        child.control("PUT", "limits", left)


def _limits_of(real: Target) -> dict[str, Any]:
    try:
        told = real.org.patiently(lambda: real.org.send("GET", f"{real.path}/limits"))
    except (Refused, Missing):
        return {}
    return told if isinstance(told, dict) else {}


def _target(stage: _Stage, child: Child, used: Allowances, brought: Brought, journal: Journal, run: str) -> Rehearsal:
    lift: list[Rehearsal] = []
    private = CountedOrg(child.url, child.token(), child.ca, used, lambda: lift[0].lift())
    target = Rehearsal(
        private,
        real=stage.real,
        child=child,
        used=used,
        brought=brought,
        note=lambda name, id_, why: journal.note(run, _NOT_CHECKED, name, id_, why),
        lanes=frozenset({*LANES, *stage.needed}),
    )
    lift.append(target)
    for name in target.lanes:
        there, here = stage.real.described(name), target.described(name)
        for field, how in differences(there, here, stage.opened) if there is not None and here is not None else ():
            journal.note(run, _NOT_CHECKED, name, field, how)
    return target


def _loaded(stage: _Stage, child: Child, loader: Loader, target: Rehearsal) -> tuple[list[Lane], list[str]]:
    """Load lane by lane, and compare. Where the load would stop, what it said of it is the finding."""
    folder, key = stage.place / FOLDER, migration_key(stage.manifest)
    planned = lanes(folder, loader.wants, stage.plan.carriers, stage.rows, key)
    for history in [one for one in planned if isinstance(one, HistoryLane)]:
        planned.remove(history)
        calls = sum(row["call"] is not None for row in history.rows())
        loader.journal.note(
            loader.run, _NOT_CHECKED, history.name, "calls", f"{calls} calls of the Interaction Service"
        )
    room = sum(stage.rows.get(lane.object, 0) for lane in planned), bytes_of_files(stage.manifest)
    for detail in stage.real.lack_of_room(*room):
        loader.journal.note(loader.run, "room that may not suffice", "Organization", stage.real.org.url, detail)
    try:
        for lane in planned:
            loader.load(lane, stage.rows.get(lane.object, stage.rows.get("MessagingSession", 0)))
        if "file" in stage.plan.carriers:
            planned.append(archived(stage.place, loader, stage.manifest))
            loader.load(planned[-1], 1)
        target.is_loaded = True
        return planned, [finding for lane in planned for finding in loader.check(lane)]
    except MigrationError as error:
        if (lost := child.lost()) is not None:
            raise lost from None
        said = " ".join(str(error).split()).replace(child.url, stage.real.org.url)
        target.used.stops.append(f"the load would stop: {said}")
        return planned, []


def _report(
    stage: _Stage,
    journal: Journal,
    loader: Loader,
    planned: list[Lane],
    findings: list[str],
    used: Allowances,
    code: int,
    options: Options,
) -> Outcome:
    run, url, place = loader.run, stage.real.org.url, stage.place
    document = document_of(run, url, journal, loader, planned, stage.rows, {}, options)
    document |= {
        "dryRun": True,
        "assumedPackage": stage.assumed,
        "allowances": used.document(),
        "findings": findings[:_FINDINGS],
        "lossless": stage.manifest["lossless"],
        "restorable": stage.manifest["restorableFromOrg"],
    }
    write_document(place / LOAD, document)
    (place / PAGE).write_text(load_page(document), "utf-8")
    write_problems(place / PROBLEMS, run, journal, planned, _REMEDIES)
    return Outcome(run, document, code, findings)
