"""The door for operators: the `trace` command."""

import typer

main = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_show_locals=False)


@main.command()
def migrate() -> None:
    """Bring the store to the present tables."""
    from tracelot.records.database import connect, demand_safe
    from tracelot.records.migrating import migrate as bring
    from tracelot.settings import Settings

    engine = connect(Settings().database_url)
    bring(engine)
    demand_safe(engine)
    engine.dispose()
    typer.echo("The store is up to date.")
