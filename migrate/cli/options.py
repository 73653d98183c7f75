"""Options and arguments that several steps share, and the org that they name."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..errors import UsageError
from ..layout import FORMS, JSONL

if TYPE_CHECKING:
    from ..port import Org

KEY_VARIABLE = "CHATLIFT_PRIVACY_KEY"


TOKEN_VARIABLE = "CHATLIFT_SOURCE_TOKEN"  # noqa: S105 - the name of a variable


TARGET_TOKEN_VARIABLE = "CHATLIFT_TARGET_TOKEN"  # noqa: S105 - the same


def folder_argument(ctx: click.Context, parameter: click.Parameter, value: str) -> Path:
    """Refuse the URL of an org where a folder is asked for."""
    from ..port import is_org_url

    if is_org_url(value):
        raise click.UsageError(
            f"{parameter.human_readable_name} is a folder on this machine, not the URL of an org", ctx
        )
    return Path(value)


def source_option(ctx: click.Context, parameter: click.Parameter, value: str | None) -> Path | None:
    """Refuse the URL of an org where files are compared: it may have changed since it was read."""
    from ..port import is_org_url

    if value is not None and is_org_url(value):
        raise click.UsageError(
            "--source is a zip, a folder or a snapshot: an org may have changed since it was read", ctx
        )
    return None if value is None else Path(value)


def place_argument(ctx: click.Context, parameter: click.Parameter, value: str) -> Path | str:
    """Return a folder, or the URL of an org as it is."""
    from ..port import is_org_url

    return value if is_org_url(value) else Path(value)


plan_option = click.option(
    "--plan", "plan_file", type=click.Path(path_type=Path), help="Decisions; see `migrate plan`."
)


token_option = click.option(
    "--source-token-file",
    type=click.Path(path_type=Path),
    help=f"File with the access token of a source org; without it the token is taken from {TOKEN_VARIABLE}.",
)


key_option = click.option(
    "--privacy-key-file",
    type=click.Path(path_type=Path),
    help=f"File with the key of hashes and pseudonyms; without it the key is taken from {KEY_VARIABLE}.",
)


form_option = click.option(
    "--format",
    "form",
    type=click.Choice(FORMS),
    default=JSONL,
    show_default=True,
    help="Form of the files of structures; parquet needs the extra chatlift[parquet].",
)


def workers_option(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the option that says how many processes of this machine share the work."""

    @click.option(
        "--workers",
        type=click.IntRange(1, 256),
        metavar="N",
        help="Processes that share the work, two at most; the result is the same.  [default: one for each processor]",
    )
    @wraps(command)
    def call(*args: Any, workers: int | None, **options: Any) -> None:
        command(*args, workers=workers or _processors(), **options)

    return call


def with_hands(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options that say who does the work, as one value `hands`."""

    @click.option(
        "--workers",
        type=click.IntRange(1, 256),
        metavar="N",
        help="Processes that share the work; the result is the same with any number.  [default: one for each processor]",
    )
    @click.option(
        "--engine",
        type=click.Choice(["pool", "dask"]),
        default="pool",
        show_default=True,
        help="Who does the work: processes of this machine, or the workers of a dask cluster.",
    )
    @click.option(
        "--scheduler", metavar="ADDR", default="", help="Address of the dask scheduler, as tcp://10.0.0.5:8786."
    )
    @wraps(command)
    def call(*args: Any, workers: int | None, engine: str, scheduler: str, **options: Any) -> None:
        from ..run import Hands

        if (engine == "dask") != bool(scheduler):
            raise click.UsageError("--engine dask and --scheduler ADDR go together")
        command(*args, hands=Hands(workers or _processors(), scheduler), **options)

    return call


def _processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


target_token_option = click.option(
    "--target-token-file",
    type=click.Path(path_type=Path),
    help=f"File with the access token of a target org; without it the token is taken from {TARGET_TOKEN_VARIABLE} or asked for.",
)


work_option = click.option(
    "--work",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder for the journal, the package and the folder form of a load into an org.  [default: ./chatlift-HOST]",
)


@dataclass(frozen=True, slots=True)
class Into:
    """What an org as the target asks besides."""

    token_file: Path | None
    work: Path | None
    replaces: bool
    since: str | None
    is_dry: bool = False
    assumes_package: bool = False

    def refuse(self) -> None:
        """Refuse these options where the target is a folder."""
        named = {
            "--target-token-file": self.token_file,
            "--work": self.work,
            "--replace": self.replaces,
            "--since": self.since,
            "--dry-run": self.is_dry,
            "--assume-package": self.assumes_package,
        }
        for name, value in named.items():
            if value:
                raise UsageError(f"{name} goes with an org as the target:", "leave it out for a folder")

    def check(self) -> None:
        """Refuse options that do not go together."""
        if self.is_dry and self.since is not None:
            raise UsageError("--since keeps what it read, and a dry run keeps nothing:", "leave one of them out")
        if self.assumes_package and not self.is_dry:
            raise UsageError("--assume-package goes with --dry-run:", "deploy the package before a load")


def with_org(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options of an org as the target, as one value `into`."""

    @target_token_option
    @work_option
    @click.option(
        "--replace",
        "replaces",
        is_flag=True,
        help="Delete and insert anew records of a target org whose fields that can be set on insert only have changed.",
    )
    @click.option(
        "--since",
        metavar="TIME|last",
        help="From org to org: read and load only what changed since, deleted chats included; `last` is the last such run.",
    )
    @click.option(
        "--dry-run",
        "is_dry",
        is_flag=True,
        help="Only read a target org: load a private org that is built from its describes, and report what a load would meet.",
    )
    @click.option(
        "--assume-package",
        "assumes_package",
        is_flag=True,
        help="In a dry run: go on as if the package were deployed where the target org lacks it.",
    )
    @wraps(command)
    def call(
        *args: Any,
        target_token_file: Path | None,
        work: Path | None,
        replaces: bool,
        since: str | None,
        is_dry: bool,
        assumes_package: bool,
        **options: Any,
    ) -> None:
        into = Into(target_token_file, work, replaces, since, is_dry, assumes_package)
        command(*args, into=into, **options)

    return call


def org_at(url: str, token_file: Path | None, side: str = "source") -> Org:
    from ..port import Org, checked_url

    checked_url(url)
    return Org(url, _token(token_file, side))


def _token(file: Path | None, side: str) -> str:
    """Return the access token of the source or the target: of a file, of the environment, or asked for at a terminal."""
    variable = TARGET_TOKEN_VARIABLE if side == "target" else TOKEN_VARIABLE
    if file is None:
        token = os.environ.get(variable, "").strip()
        if not token and sys.stdin.isatty():
            token = str(click.prompt(f"Access token of the {side} org", hide_input=True, err=True)).strip()
        if not token:
            raise UsageError(f"no access token for the {side} org:", f"give --{side}-token-file FILE or set {variable}")
        return token
    try:
        token = file.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError):
        raise UsageError(f"cannot read the token file {file}:", "check its path and permissions") from None
    if not token or any(character.isspace() for character in token):
        raise UsageError(f"the token file {file} does not hold one token:", "write the token alone into it")
    return token


def refuse_token(file: Path | None) -> None:
    if file is not None:
        raise UsageError("--source-token-file goes with an org URL:", "leave it out for files")
