"""Commands on what is kept: list and purge what has passed its date, and hand a party its own data."""

import getpass
import os
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from tracelot.cli.storing import ready_store

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from tracelot.operations.purging import Purged
    from tracelot.operations.visit import Visit

keep = typer.Typer(help="What has passed the date until which it must be kept.", no_args_is_help=True)


@contextmanager
def _visiting(engine: "Engine") -> Iterator["Visit"]:
    """A visit by whoever holds the store."""
    from tracelot.operations.visit import Place
    from tracelot.operations.working import visiting, writing
    from tracelot.rules.access import STORE_HOLDER
    from tracelot.settings import Settings

    settings = Settings()
    place = Place(settings.public_url, settings.zone)
    with writing(engine) as connection, visiting(connection, STORE_HOLDER, datetime.now(UTC), place) as visit:
        yield visit


@keep.command("list")
def list_due() -> None:
    """List what has passed its date, by party. Nothing is removed."""
    from tracelot.operations.purging import due_records, party_names
    from tracelot.settings import Settings

    with ready_store(Settings().database_url) as engine, _visiting(engine) as visit:
        due = due_records(visit)
        names = party_names(visit, due)
        for one in due:
            name = names.get(one.party_id, ("", None))[0]
            typer.echo(f"{one.count}\t{one.noun}\tsince {one.since}\t{one.party_id}\t{name}")
        if not due:
            typer.echo("Nothing has passed its date.")


@keep.command()
def purge(
    before: Annotated[
        datetime, typer.Option(formats=["%Y-%m-%d"], help="What had to be kept until a day before this one.")
    ],
    yes: Annotated[bool, typer.Option("--yes", help="Do it: nothing brings it back.")] = False,
    by: Annotated[str, typer.Option(help="Who does it; stands in the journal.")] = "",
) -> None:
    """Remove what has passed its date and is not held by anything kept. A backup first is wise."""
    from tracelot.operations.purging import (
        purge_batches,
        purge_imports,
        purge_inspections,
        purge_recalls,
        purge_samplings,
        purge_security,
        purge_tips,
    )
    from tracelot.settings import Settings

    if not yes:
        typer.echo("Nothing was removed: add --yes, and see `trace keep list` first.", err=True)
        raise typer.Exit(6)
    who, day = by or getpass.getuser(), before.date()
    with ready_store(Settings().database_url) as engine:
        total = _until_done(engine, lambda visit, _: purge_recalls(visit, day, who))
        total += _until_done(engine, lambda visit, after: purge_batches(visit, day, who, after))
        total += _until_done(engine, lambda visit, _: purge_tips(visit, day, who))
        total += _until_done(engine, lambda visit, _: purge_inspections(visit, day, who))
        total += _until_done(engine, lambda visit, _: purge_samplings(visit, day, who))
        total += _until_done(engine, lambda visit, _: purge_imports(visit, day, who))
        total += _until_done(engine, lambda visit, _: purge_security(visit, day, who))
    for what, count in sorted(total.items()):
        typer.echo(f"{count}\t{what}")
    if not total:
        typer.echo("Nothing was removed.")


@keep.command()
def forget(
    party: Annotated[UUID, typer.Option(help="The id of an archived party.")],
    basis: Annotated[
        str, typer.Option(help="purpose-achieved, retention-over, consent-withdrawn, asked-to-erase")
    ],
    reason: Annotated[str, typer.Option(help="It stays in the journal: name nobody in it.")],
) -> None:
    """Erase the contacts of an archived party, once none of its goods must be kept."""
    from tracelot.operations.forgetting import forget_contacts
    from tracelot.rules.forgetting import demand_basis
    from tracelot.settings import Settings

    with ready_store(Settings().database_url) as engine, _visiting(engine) as visit:
        erased = forget_contacts(visit, party, demand_basis(basis), reason)
    typer.echo(f"{erased} values were erased.")


def _until_done(engine: "Engine", step: Callable[["Visit", UUID | None], "Purged"]) -> "Counter[str]":
    """One transaction after the other, so that nobody waits for long."""
    total: Counter[str] = Counter()
    after: UUID | None = None
    while True:
        with _visiting(engine) as visit:
            purged = step(visit, after)
        total += purged.removed
        total += Counter({f"not removed: {kind}": count for kind, count in purged.refused.items()})
        after = purged.cursor
        if after is None:
            return total


def write_new(file: Path, pieces: Iterator[bytes]) -> None:
    """Write a file for its owner's eyes alone, whole or not at all."""
    from tracelot.rules.refusals import Conflict, Unfit

    try:
        opened = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise Conflict("file-exists", "A file of this name is there already.") from None
    except OSError:
        raise Unfit("cannot-write", "No file can be written there.") from None
    try:
        with os.fdopen(opened, "wb") as written:
            for piece in pieces:
                written.write(piece)
    except BaseException:
        file.unlink()
        raise


def export(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="Where the ZIP is written; it must not exist.")
    ],
    party: Annotated[UUID, typer.Option(help="The id of the party.")],
) -> None:
    """Write all that is a party's own into a ZIP: its records, its journal, and how to prove it."""
    from tracelot.operations.exporting import export_party, remember_export_of
    from tracelot.settings import Settings

    with ready_store(Settings().database_url) as engine:
        with _visiting(engine) as visit:
            remember_export_of(visit, party)
            now = visit.now
        write_new(file, export_party(engine, party, now))
    typer.echo(f"{file}: {file.stat().st_size} bytes")
