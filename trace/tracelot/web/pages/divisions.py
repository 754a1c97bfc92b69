"""Choosing a division of China: type a part of its name, then take one of those found.

With scripts the choices come in while typing; without, the whole form comes back with them.
"""

from collections.abc import Sequence
from typing import Annotated

from fastapi import Query, Request, Response

from tracelot.operations import parties
from tracelot.records.divisions import Division
from tracelot.web.forms import Form
from tracelot.web.pace import demand_pace
from tracelot.web.rendering import reader_of, render
from tracelot.web.routers import pages
from tracelot.web.visits import OpenVisit
from tracelot.web.wording import N_

router = pages()

LONGEST = 60
CHOOSE = N_("Choose the place from the list.")
NEEDED = N_("This field is needed.")
MOST = 20


@router.get("/divisions", dependencies=[demand_pace("search")])
def find_divisions(
    request: Request,
    visit: OpenVisit,
    text: Annotated[str, Query(max_length=LONGEST)] = "",
    field: Annotated[str, Query(pattern=r"^[a-z_]{1,40}$")] = "region_code",
) -> Response:
    """The choices for a text, as the part of a form that holds them."""
    asked = text or request.query_params.get(f"{field}_text", "")[:LONGEST]
    found = _found(visit, asked)
    return render(request, "_region_choices.html", name=field, text=asked, choices=found, chosen="")


def region_choices(visit: OpenVisit, form: Form, name: str = "region_code") -> Sequence[Division]:
    """What `region_picker` offers for a form: what is chosen already, then what its text finds."""
    code, text = form[name], form[f"{name}_text"].strip()[:LONGEST]
    chosen = [one for one in parties.divisions(visit, code, 1) if one.code == code] if code else []
    return [*chosen, *(one for one in _found(visit, text) if one.code != code)]


def region_chosen(form: Form, name: str = "region_code") -> bool:
    """Whether the choice was made among what the text finds; where it was not, the form says so.

    To be asked after the form was read, so that this fault stands in place of a plainer one.
    A text that was typed anew has not been answered with its choices yet.
    """
    text = form[f"{name}_text"].strip()
    if form[name] and text in ("", form[f"{name}_offered"]):
        return True
    gettext = reader_of(form.request).gettext
    form.errors[name] = gettext(CHOOSE if text else NEEDED)
    return False


def _found(visit: OpenVisit, text: str) -> Sequence[Division]:
    return parties.divisions(visit, text, MOST) if text.strip() else []
