"""What the routes share: pages of results, and parameters that are refused when they cannot be meant."""

from datetime import date
from typing import Annotated, Generic, TypeVar

from fastapi import Query
from pydantic import AfterValidator, BaseModel, BeforeValidator

from tracelot.records.inputs import Cleaned, OneLine
from tracelot.rules.refusals import unfit
from tracelot.web.reading import read_whole

T = TypeVar("T")
MOST = 200


class PageView(BaseModel, Generic[T]):
    """A page of results; `total` counts all of them, `cursor` fetches the next page."""

    items: list[T]
    total: int
    cursor: str | None


def digits(value: object) -> object:
    """A whole number is written in ASCII digits, in one way only."""
    if isinstance(value, str) and read_whole(value, 6) is None:
        raise ValueError("A whole number is needed.")
    return value


def _printable(text: str) -> str:
    if not text.isprintable():
        raise ValueError("Control characters are not allowed.")
    return text


Limit = Annotated[int, BeforeValidator(digits), Query(ge=1, le=MOST)]
Cursor = Annotated[str | None, Query(max_length=400)]
SearchText = Annotated[
    Annotated[str, Cleaned, OneLine, AfterValidator(_printable)] | None, Query(max_length=200)
]


def day(text: str | None, field: str) -> date | None:
    """A date of the query, such as 2026-09-15."""
    if not text:
        return None
    try:
        read = date.fromisoformat(text) if len(text) == len("2026-09-15") else None
    except ValueError:
        read = None
    if read is None or not 1970 <= read.year <= 2100:  # noqa: PLR2004
        raise unfit("bad-date", "A date is needed, such as 2026-09-15.", field)
    return read
