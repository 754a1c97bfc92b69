"""`trace doctor`: look at everything that a site rests on, and say what to do about what is wrong."""

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from tracelot.operations.findings import Finding
    from tracelot.settings import Settings


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Print the findings as one JSON list.")] = False,
) -> None:
    """Examine settings, store, clocks, disk, files, mail and backups; exits 1 if anything is bad."""
    from tracelot.settings import Settings

    findings = [finding for check in _checks() for finding in check(Settings())]
    if as_json:
        typer.echo(json.dumps([asdict(finding) for finding in findings], indent=1))
    else:
        for finding in findings:
            typer.echo(f"{finding.level:<5}{finding.check}: {finding.said} {finding.remedy}".rstrip())
    if any(finding.level == "bad" for finding in findings):
        raise typer.Exit(1)


def _checks() -> "tuple[Callable[[Settings], Iterator[Finding]], ...]":
    """All that is looked at, in this order; a new check is a function here."""
    from tracelot.cli import surroundings as around

    return (
        around.public_address,
        around.secrets,
        around.mail,
        around.time_zones,
        around.disk,
        around.disk_clock,
        around.file_modes,
        _store,
        around.last_backup,
    )


def _store(settings: "Settings") -> "Iterator[Finding]":
    """The store, if there is one: to look must not make it."""
    from tracelot.operations.findings import Finding, examine
    from tracelot.operations.memory import examine_memory
    from tracelot.records.database import UnsafeStore, connect, stands

    if not stands(settings.database_url):
        yield Finding("store", "warn", "There is no store yet.", "`trace serve` or `trace migrate` makes it.")
        return
    try:
        engine = connect(settings.database_url)
    except UnsafeStore as error:
        yield Finding("store", "bad", str(error), "Install the versions that pyproject.toml names.")
        return
    yield from examine(engine)
    yield from examine_memory(engine, settings.index_postings)
    engine.dispose()
