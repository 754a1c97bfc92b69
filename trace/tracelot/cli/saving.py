"""Commands that save the store: back it up, restore it, prove that it is whole."""

import json
import time
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

NOTE = "backups.json"  # in the data folder: which store was backed up when, for `trace doctor`


def backup(
    folder: Annotated[Path, typer.Argument(help="The folder to make; nothing may stand there.")],
) -> None:
    """Back the store up into a new FOLDER, while the site runs."""
    from tracelot.operations.backups import back_up
    from tracelot.settings import Settings

    url, now = Settings().database_url, datetime.now(UTC)
    began = time.monotonic()
    manifest = back_up(url, folder, now)
    _note(url, now)
    rows = sum(manifest.rows.values())
    typer.echo(f"Backed up {rows:,} rows of {len(manifest.rows)} tables in {time.monotonic() - began:.1f} s.")
    typer.echo("Settings, keys and passwords of the environment are not in it: keep those elsewhere.")


def restore(
    folder: Annotated[Path, typer.Argument(help="A folder that `trace backup` made.")],
    verify: Annotated[bool, typer.Option("--verify", help="Prove all of it before it stands.")] = False,
    verify_only: Annotated[
        bool, typer.Option("--verify-only", help="Restore nothing; prove the store that is there.")
    ] = False,
) -> None:
    """Restore a backup into TRACE_DATABASE_URL, which must be empty."""
    from tracelot.operations import backups
    from tracelot.settings import Settings

    act = backups.restore_proved if verify else backups.restore
    began = time.monotonic()
    for line in (backups.prove_store if verify_only else act)(Settings().database_url, folder):
        typer.echo(line)
    typer.echo(f"Done in {time.monotonic() - began:.1f} s.")


def _note(url: str, now: datetime) -> None:
    from tracelot.settings import data_folder

    file = data_folder() / NOTE
    noted = last_backups() | {name_of(url): now.isoformat(timespec="seconds")}
    with suppress(OSError):  # the backup stands, whether or not it can be noted
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        file.write_text(json.dumps(noted, indent=1), encoding="utf-8")


def last_backups() -> dict[str, str]:
    """When each store was backed up from here the last time; empty where nobody knows."""
    from tracelot.settings import data_folder

    try:
        noted = json.loads((data_folder() / NOTE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return noted if isinstance(noted, dict) else {}


def name_of(url: str) -> str:
    """A store's address without its password."""
    from sqlalchemy import make_url

    return make_url(url).render_as_string(hide_password=True)
