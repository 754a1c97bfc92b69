"""The door for operators: the `trace` command."""

import gc

import typer

gc.disable()  # while the programs are loaded nothing is garbage, and looking for it takes a third of the time
from tracelot.cli import (  # noqa: E402
    benching,
    doctoring,
    importing,
    keeping,
    people,
    saving,
    serving,
    storing,
    tracing,
)
from tracelot.cli.refusing import Door  # noqa: E402

gc.freeze()
# A long answer is many objects at once: to walk them again and again takes a fifth of its time.
gc.set_threshold(20_000, 20, 20)
gc.enable()

main = typer.Typer(
    cls=Door,
    help="Trace: batch records and recalls.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,
)
main.command()(serving.serve)
main.command()(serving.demo)
main.command()(storing.migrate)
main.command()(storing.work)
main.command()(doctoring.doctor)
main.command()(saving.backup)
main.command()(saving.restore)
main.command()(benching.bench)
main.command("import")(importing.import_file)
main.command()(keeping.export)
main.command()(tracing.export_trace)
main.add_typer(people.admin, name="admin")
main.add_typer(keeping.keep, name="keep")
