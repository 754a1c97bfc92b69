"""The form of an answer to a recall's notice: amounts by batch, ticks, and customers to be told."""

from typing import Any
from uuid import UUID

from pydantic import ValidationError

from tracelot.operations.answering import Photo
from tracelot.records.consignees import NewAnswer, NewAnswerLine, NewTarget, NoticeView
from tracelot.rules.ids import derived_id, new_id
from tracelot.rules.reaching import AMOUNTS
from tracelot.web.forms import Form
from tracelot.web.reading import read_id, read_whole
from tracelot.web.rendering import reader_of
from tracelot.web.wording import N_, field_errors

SHOWN = 20  # goods on one page of the form; those before and after keep what was answered of them
TARGETS = 3
TICKS = ("stop_sale", "sealed", "posted")
UNIT_NEEDED = N_("Choose the unit.")
REACH_NEEDED = N_("Give an e-mail address or a telephone number.")


def start_of(asked: str | None, view: NoticeView) -> int:
    """From which of the goods on the form shows them."""
    number = read_whole(asked, 4) or 0
    return number if number < len(view.lines) else 0


def answer_values(view: NoticeView, first: int) -> dict[str, Any]:
    """The latest answer as the values of the form, or an empty one."""
    values: dict[str, Any] = {"id": new_id(), "from": first or ""}
    latest = view.latest
    if latest is None:
        return values
    values |= {name: "1" for name in TICKS if getattr(latest, name)}
    values |= {"name": latest.name, "phone": latest.phone, "note": latest.note}
    told = {line.batch_id: line for line in latest.lines}
    for number, line in enumerate(view.lines[first : first + SHOWN]):
        known = told.get(line.batch_id)
        for amount in AMOUNTS if known else ():
            given = getattr(known, amount)
            values[f"line-{number}-{amount}"] = None if given is None else str(given)
        values[f"line-{number}-unit"] = known.unit if known else None
    return {name: value for name, value in values.items() if value not in (None, "")}


def read_answer(form: Form, view: NoticeView) -> NewAnswer | None:
    """The answer that was sent. The same form with the same content is the same answer, however often it comes."""
    first = start_of(form["from"], view)
    lines = _carried(view, first)
    for number, line in enumerate(view.lines[first : first + SHOWN]):
        read = _read_line(form, number, line.batch_id, line.unit)
        lines += [read] if read else []
    ticks = {name: form[name] == "1" for name in TICKS}
    new = form.read(NewAnswer, id=None, lines=lines, **ticks)
    if new is None:
        return None
    new.id = derived_id(_form_id(form), _content(form, new))
    return new


def _carried(view: NoticeView, first: int) -> list[NewAnswerLine]:
    """What was answered of the goods that the form does not show."""
    shown = {line.batch_id for line in view.lines[first : first + SHOWN]}
    kept = {"batch_id", *AMOUNTS, "unit"}
    told = view.latest.lines if view.latest else []
    return [
        NewAnswerLine.model_validate(one.model_dump(include=kept))
        for one in told
        if one.batch_id not in shown
    ]


def _read_line(form: Form, number: int, batch: UUID, unit: str | None) -> NewAnswerLine | None:
    given = {name: form[f"line-{number}-{name}"].strip() for name in AMOUNTS}
    if not any(given.values()):
        return None
    chosen = unit or form[f"line-{number}-unit"] or None
    gettext = reader_of(form.request).gettext
    if chosen is None:
        form.errors[f"line-{number}-unit"] = gettext(UNIT_NEEDED)
        return None
    try:
        return NewAnswerLine.model_validate({"batch_id": batch, "unit": chosen, **given})
    except ValidationError as error:
        found = field_errors(error, gettext)
        form.errors |= {f"line-{number}-{name}": text for name, text in found.items()}
        return None


def _form_id(form: Form) -> UUID:
    return read_id(form["id"]) or new_id()


def _content(form: Form, new: NewAnswer) -> str:
    photo = getattr(form.request.state, "photo", None)
    return new.model_dump_json(exclude={"id"}) + (photo.sha256 if isinstance(photo, Photo) else "")


def read_targets(form: Form) -> list[NewTarget]:
    """The customers that were typed; what is wrong with one is noted at its fields."""
    found = []
    gettext = reader_of(form.request).gettext
    for number in range(TARGETS):
        given = {name: form[f"to-{number}-{name}"].strip() for name in ("name", "email", "phone")}
        if not any(given.values()):
            continue
        try:
            read = NewTarget.model_validate(given)
        except ValidationError as error:
            told = field_errors(error, gettext)
            form.errors |= {f"to-{number}-{name}": text for name, text in told.items()}
            continue
        if not read.email and not read.phone:
            form.errors[f"to-{number}-email"] = gettext(REACH_NEEDED)
        found.append(read)
    return found
