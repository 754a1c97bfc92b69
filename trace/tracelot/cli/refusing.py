"""How the command says no: one sentence on the error stream, and an exit code for its kind."""

from typing import Any

import psycopg
import pysqlite3
import typer
from pydantic import ValidationError
from sqlalchemy.exc import DBAPIError
from typer.core import TyperGroup

from tracelot.records.database import UnsafeStore
from tracelot.rules.refusals import (
    Conflict,
    Forbidden,
    Refusal,
    Stale,
    TooMany,
    Unavailable,
    Unfit,
    Unidentified,
    Unknown,
)

STORE = 3  # the store is unsafe or does not answer
EXITS: dict[type[Refusal], int] = {
    Unknown: 4,
    Conflict: 5,
    Stale: 5,
    Unfit: 6,
    Unidentified: 7,
    Forbidden: 7,
    TooMany: 8,
    Unavailable: 8,
}


class Door(TyperGroup):
    """Commands whose refusals are told without a traceback."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except Refusal as refusal:
            sentence, code = _with_facts(refusal), EXITS.get(type(refusal), 1)
        except ValidationError as error:
            sentence, code = _faults(error), EXITS[Unfit]
        except UnsafeStore as error:
            sentence, code = str(error), STORE
        except DBAPIError as error:
            sentence, code = f"The store does not answer: {_first_line(error.orig)}", STORE
        except (
            OSError,
            psycopg.Error,
            pysqlite3.Error,
        ) as error:  # of a disk, and of a copy of the whole store
            sentence, code = f"The store or its disk does not answer: {_first_line(error)}", STORE
        typer.echo(sentence, err=True)
        raise typer.Exit(code)


def _with_facts(refusal: Refusal) -> str:
    return " ".join((refusal.reason, *(f"({name}: {value})" for name, value in refusal.facts.items())))


def _faults(error: ValidationError) -> str:
    """The faults of a setting or an argument, each named as the caller named it."""
    prefix = "TRACE_" if error.title == "Settings" else ""
    faults = []
    for fault in error.errors(include_url=False, include_input=False):
        name = ".".join(str(part) for part in fault["loc"])
        faults.append(": ".join(filter(None, (prefix + (name.upper() if prefix else name), fault["msg"]))))
    return "; ".join(faults)


def _first_line(error: object) -> str:
    return str(error).strip().partition("\n")[0]
