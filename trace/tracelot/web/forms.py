"""Forms of the pages: the fields sent, read into the same shapes as JSON, with errors back at their field."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Request
from pydantic import BaseModel, ValidationError
from starlette.exceptions import HTTPException

from tracelot.rules.refusals import Conflict, Forbidden, Refusal, Stale, TooMany, Unfit
from tracelot.web.reading import read_whole
from tracelot.web.rendering import reader_of
from tracelot.web.wording import field_errors

MOST_FIELDS, MOST_OF_LONG = 200, 800
Shape = TypeVar("Shape", bound=BaseModel)
Done = TypeVar("Done")


@dataclass
class Form:
    """What was sent (`values`, for filling the form again) and what is wrong with it (`errors`, by field)."""

    values: Mapping[str, str]
    lists: Mapping[str, list[str]]
    request: Request
    errors: dict[str, str] = field(default_factory=dict)
    stale: bool = False

    @property
    def version(self) -> int | None:
        """The version of the record that the form was filled from."""
        return read_whole(self["version"], 9)

    def __getitem__(self, name: str) -> str:
        return self.values.get(name, "")

    def read(self, shape: type[Shape], **more: Any) -> Shape | None:
        """The fields as a shape, or None with the errors noted; `more` overrides what was sent."""
        names = shape.model_fields.keys()
        given = {name: value for name, value in self.values.items() if name in names and value.strip()}
        try:
            return shape.model_validate(given | more)
        except ValidationError as error:
            self.errors |= field_errors(error, reader_of(self.request).gettext)
            return None

    def attempt(self, act: Callable[[], Done]) -> Done | None:
        """Do the act, or note why it is refused; an answer of 4xx then rolls the visit back."""
        try:
            return act()
        except (Unfit, Conflict, Forbidden, Stale, TooMany) as refusal:
            self.note(refusal)
            return None

    def note(self, refusal: Refusal) -> None:
        self.request.state.refused = refusal.kind
        gettext = reader_of(self.request).gettext
        self.stale = isinstance(refusal, Stale)
        for fault in refusal.faults:
            self.errors.setdefault(fault.pointer.removeprefix("#/"), gettext(fault.detail))
        if not refusal.faults:
            self.errors.setdefault("", gettext(refusal.reason))


def fresh_form(request: Request, **values: Any) -> Form:
    """A form before anything was sent, filled with what is known already."""
    known = {name: str(value) for name, value in values.items() if value not in (None, False)}
    return Form(known, {}, request)


def filled_form(request: Request, record: BaseModel, **values: Any) -> Form:
    """A form that holds what a record says now, to be changed."""
    return fresh_form(request, **record.model_dump() | values)


async def read_form(request: Request) -> Form:
    return await _read(request, MOST_FIELDS)


async def read_long_form(request: Request) -> Form:
    """A form with a field for each of many lines."""
    return await _read(request, MOST_OF_LONG)


async def _read(request: Request, most: int) -> Form:
    if request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        _demand_few(await request.body(), most)
    values: dict[str, str] = {}
    lists: dict[str, list[str]] = {}
    async with request.form(max_files=1, max_fields=most) as sent:  # files that nobody asked for are closed
        for name, value in sent.multi_items():
            if isinstance(value, str):
                values[name] = value
                lists.setdefault(name, []).append(value)
    return Form(values, lists, request)


def _demand_few(body: bytes, most: int) -> None:
    """Bound the fields before they are parsed: a megabyte of empty ones takes the parser a long time."""
    if body.count(b"&") >= most:
        raise HTTPException(400)


SentForm = Annotated[Form, Depends(read_form)]
LongForm = Annotated[Form, Depends(read_long_form)]
