"""The command that writes a trace into a file: what a party would see of it, for whoever holds the store."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal
from uuid import UUID

import typer

from tracelot.cli.keeping import write_new
from tracelot.cli.storing import ready_store

if TYPE_CHECKING:
    from tracelot.operations.trace_files import FileKind, TraceFile
    from tracelot.operations.tracing import Asked

TIMES = ["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S%z"]
Time = Annotated[
    datetime | None, typer.Option(formats=TIMES, help="In the site's zone unless it says another.")
]


def export_trace(
    file: Annotated[
        Path,
        typer.Argument(metavar="FILE", help="Must not exist; ends in .svg .png .pdf .csv .xlsx .json .dot"),
    ],
    party: Annotated[UUID, typer.Option(help="Whose view: the id of an enterprise or a regulator.")],
    code: Annotated[str | None, typer.Option(help="Any written code of a batch.")] = None,
    batch: Annotated[list[UUID] | None, typer.Option(help="A batch by its id; may be repeated.")] = None,
    shipment: UUID | None = None,
    unit: UUID | None = None,
    facility: Annotated[UUID | None, typer.Option(help="With --since and --until.")] = None,
    since: Time = None,
    until: Time = None,
    direction: Literal["forward", "backward", "both"] = "both",
    kind: Literal["trace", "recall"] = "trace",
    depth: Annotated[int | None, typer.Option(min=1, max=1000)] = None,
    as_of: Time = None,
    lang: Annotated[Literal["zh", "en"] | None, typer.Option(help="TRACE_LANGUAGE unless given.")] = None,
) -> None:
    """Write where goods came from and went to into a FILE, as a party would see it."""
    from tracelot.operations.beginning import Named
    from tracelot.operations.tracing import Asked

    named = Named(batch or (), code, shipment, unit, facility, _zoned(since), _zoned(until))
    made = _made(party, Asked(named, direction, kind, depth, _zoned(as_of)), _kind_of(file), lang)
    write_new(file, iter([made.content]))
    typer.echo(f"{file}: {len(made.content)} bytes")


def _zoned(moment: datetime | None) -> datetime | None:
    from tracelot.settings import Settings

    return moment.replace(tzinfo=Settings().zone) if moment and moment.tzinfo is None else moment


def _kind_of(file: Path) -> "FileKind":
    from tracelot.operations.trace_files import KINDS
    from tracelot.rules.refusals import Unfit

    for kind in KINDS:
        if file.suffix.lower() == f".{kind}":
            return kind
    raise Unfit(
        "unknown-format", f"The name of the file ends in one of: {' '.join(f'.{one}' for one in KINDS)}"
    )


def _made(party: UUID, asked: "Asked", kind: "FileKind", lang: Literal["zh", "en"] | None) -> "TraceFile":
    """The file; that it was made stands in the party's journal before it does."""
    from tracelot.operations.actors import holder_for
    from tracelot.operations.trace_files import export_trace
    from tracelot.operations.visit import Place, Visit
    from tracelot.operations.working import writing
    from tracelot.records.database import snapshot
    from tracelot.records.sights import EVERYTHING
    from tracelot.records.tenancy import ScopedSession
    from tracelot.settings import Settings
    from tracelot.web.rendering import Reader

    settings = Settings()
    place, reader = Place(settings.public_url, settings.zone), Reader(lang or settings.language, None)
    with ready_store(settings.database_url) as engine:
        with snapshot(engine) as connection:  # no writer waits for a drawing
            with ScopedSession(connection, EVERYTHING) as kernel:
                actor = holder_for(kernel, party)
            visit = Visit(connection, actor, datetime.now(UTC), place)
            made = export_trace(visit, asked, kind, reader)
            visit.close()
        with writing(engine) as connection, ScopedSession(connection, EVERYTHING) as kernel:
            visit.settle_in(kernel)
            kernel.flush()
    return made
