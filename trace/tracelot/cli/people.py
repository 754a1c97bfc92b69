"""Commands on the operators of the site."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from tracelot.cli.storing import ready_store

admin = typer.Typer(help="The operators of this site.", no_args_is_help=True)


@admin.callback()
def operators() -> None:
    """The operators of this site."""


@admin.command()
def add(
    login: Annotated[str, typer.Argument(metavar="EMAIL_OR_MOBILE", help="How the person will sign in.")],
    name: Annotated[str, typer.Option(help="What the person is called.")],
) -> None:
    """Add an operator, or give one a new link by which to choose a password."""
    from tracelot.operations.accounts import add_operator
    from tracelot.operations.visit import Place
    from tracelot.operations.working import visiting, writing
    from tracelot.records.accounts import NewMember
    from tracelot.rules.access import PUBLIC
    from tracelot.settings import Settings

    settings = Settings()
    kind = "email" if "@" in login else "mobile"
    new = NewMember.model_validate({kind: login, "name": name, "role": "site"})
    place = Place(settings.public_url, settings.zone)
    with (
        ready_store(settings.database_url) as engine,
        writing(engine) as connection,
        visiting(connection, PUBLIC, datetime.now(UTC), place) as visit,
    ):
        _, link = add_operator(visit, new)
    typer.echo(f"Open this link once, within 14 days, to choose a password:\n{link}")


@admin.command("reset-factor")
def reset_factor(
    login: Annotated[str, typer.Argument(metavar="EMAIL_OR_MOBILE", help="How the person signs in.")],
) -> None:
    """Take the second factor off an account whose device and recovery codes are lost; it is signed out everywhere."""
    from tracelot.operations.enrolling import reset_factor_by_store
    from tracelot.operations.visit import Place
    from tracelot.operations.working import visiting, writing
    from tracelot.rules.access import PUBLIC
    from tracelot.settings import Settings

    settings = Settings()
    place = Place(settings.public_url, settings.zone)
    with (
        ready_store(settings.database_url) as engine,
        writing(engine) as connection,
        visiting(connection, PUBLIC, datetime.now(UTC), place) as visit,
    ):
        reset_factor_by_store(visit, login)
    typer.echo("The second factor is taken off. The person signs in by password and sets up a new one.")
