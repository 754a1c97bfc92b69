"""`trace bench`: measure, and fail where a goal is missed."""

from collections.abc import Callable, Iterator
from typing import Annotated, Literal

import typer

from tracelot.bench import lookup, page, recall, restore, results, trace
from tracelot.bench.figures import Figure

BENCHES: dict[str, Callable[[str], Iterator[Figure]]] = {
    "lookup": lookup.run,
    "page": page.run,
    "recall": recall.run,
    "restore": restore.run,
    "results": results.run,
    "trace": trace.run,
}


def bench(
    name: Annotated[
        Literal["lookup", "page", "recall", "restore", "results", "trace"],
        typer.Argument(help="What to measure."),
    ],
    scale: Annotated[Literal["small", "full"], typer.Option(help="How much data.")] = "small",
) -> None:
    """Measure NAME; prints one JSON line per figure, exits 1 where one is not ok."""
    missed = False
    for figure in BENCHES[name](scale):
        typer.echo(figure.line())
        missed |= not figure.ok
    if missed:
        raise typer.Exit(1)
