"""The command that takes files into a party's books."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import typer

from tracelot.cli.storing import ready_store

if TYPE_CHECKING:
    from sqlalchemy import Engine

MOST_BYTES = 256 << 20
MOST_VALUES = 20_000_000


def import_file(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="An EPCIS 2.0 document (JSON).")],
    party: Annotated[UUID, typer.Option(help="The id of the party whose books it goes into.")],
) -> None:
    """Capture a document, some events at a time. What is known already changes nothing, so repeat it at will."""
    from tracelot.operations.documents import parts
    from tracelot.rules.refusals import Unfit
    from tracelot.settings import Settings
    from tracelot.web.jsonguard import check_json

    if not file.is_file() or file.stat().st_size > MOST_BYTES:
        raise Unfit("cannot-read", "There is no such file, or it is larger than 256 MiB.")
    document = check_json(file.read_bytes(), MOST_VALUES)
    try:
        some = list(parts(document))
    except Unfit as refusal:
        for fault in refusal.faults:
            typer.echo(f"{fault.pointer}: {fault.detail}", err=True)
        raise
    with ready_store(Settings().database_url) as engine:
        flags = [flag for part in some for flag in _capture(engine, part, party)]
    for flag in sorted(flags):
        typer.echo(flag)
    typer.echo(f"Captured: {sum(len(part['epcisBody']['eventList']) for part in some)} events.")


def _capture(engine: "Engine", part: Mapping[str, Any], party: UUID) -> list[str]:
    """One transaction; what is odd about its events."""
    from tracelot.operations.actors import member_of
    from tracelot.operations.capturing import capture
    from tracelot.operations.visit import Place
    from tracelot.operations.working import visiting, writing
    from tracelot.settings import Settings

    settings = Settings()
    place = Place(settings.public_url, settings.zone)
    with writing(engine) as connection:
        actor = member_of(connection, party)
        with visiting(connection, actor, datetime.now(UTC), place) as visit:
            view = capture(visit, part)
    return [f"{one.name}: {flag}" for one in view.events for flag in one.flags]
