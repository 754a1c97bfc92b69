"""How log lines are written: one JSON object, or one line of text, whatever is in them.

A line tells what happened and where in the code, never with which values: the message of an exception, and what
follows the first line of a message, may quote a password or a customer's name.
"""

import json
import logging
import sys
from datetime import UTC, datetime
from traceback import extract_tb
from typing import Any, Literal

Form = Literal["json", "text"]
DEEPEST = 12  # frames of a traceback
LONGEST_CHAIN = 5  # exceptions that led to one another


def log_form(chosen: Form | None) -> Form:
    """Text for a person at a terminal, JSON for a collector."""
    return chosen or ("text" if sys.stderr.isatty() else "json")


def log_config(form: Form) -> dict[str, Any]:
    """For logging.config: everything goes to the error stream in one form, uvicorn's lines too."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"lines": {"()": "tracelot.cli.logs.Lines", "form": form}},
        "handlers": {
            "stderr": {"class": "logging.StreamHandler", "formatter": "lines", "stream": "ext://sys.stderr"}
        },
        "root": {"handlers": ["stderr"], "level": "WARNING"},
        "loggers": {"tracelot": {"level": "INFO"}, "uvicorn": {"level": "INFO"}},
    }


class Lines(logging.Formatter):
    """Writes a record as one line. What a caller put into `extra={"told": {…}}` stands beside the message."""

    def __init__(self, form: Form) -> None:
        super().__init__()
        self._form = form

    def format(self, record: logging.LogRecord) -> str:
        told: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage().strip().partition("\n")[0],
        }
        told |= getattr(record, "told", {})
        if record.exc_info and record.exc_info[1]:
            told |= failure(record.exc_info[1])
        if self._form == "json":
            return json.dumps(told, default=str)
        first = f"{told.pop('time')} {told.pop('level'):<7} {told.pop('logger')}: {told.pop('message')}"
        return visible(" ".join([first, *(f"{name}={value}" for name, value in told.items())]))


def visible(text: str) -> str:
    """The text with every control character spelt out, so that no value can begin a line of its own."""
    return "".join(sign if sign.isprintable() else ascii(sign)[1:-1] for sign in text)


def failure(error: BaseException) -> dict[str, Any]:
    """The kinds of the exceptions that led to one another, and where the last one came from."""
    kinds: list[str] = []
    cause: BaseException | None = error
    while cause is not None and len(kinds) < LONGEST_CHAIN:
        state = getattr(cause, "sqlstate", None)
        kinds.append(f"{type(cause).__name__} {state}" if state else type(cause).__name__)
        cause = cause.__cause__ or (None if cause.__suppress_context__ else cause.__context__)
    frames = extract_tb(error.__traceback__)[-DEEPEST:]
    return {
        "errors": kinds,
        "at": [f"{_inside(frame.filename)}:{frame.lineno} {frame.name}" for frame in frames],
    }


def _inside(path: str) -> str:
    """A file's path from its package on."""
    for mark in ("/site-packages/", "/lib/", "/trace/tracelot/"):
        _, found, rest = path.rpartition(mark)
        if found:
            return f"tracelot/{rest}" if "tracelot" in mark else rest
    return path
