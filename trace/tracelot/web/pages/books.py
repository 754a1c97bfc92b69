"""/settings/books: under which law an enterprise keeps its books, what it refuses, what customers may see."""

from fastapi import Request, Response
from fastapi.responses import RedirectResponse

from tracelot.operations import books
from tracelot.records.books import BookChange
from tracelot.rules.key_data import JURISDICTIONS
from tracelot.web.forms import Form, SentForm
from tracelot.web.rendering import render
from tracelot.web.routers import pages
from tracelot.web.visits import OpenVisit

router = pages("/settings/books")
CHOICES = ("refuse_incomplete", "refuse_overdrawn", "share_origin")


@router.get("")
def show_books(request: Request, visit: OpenVisit) -> Response:
    visit.demand("event.record")  # an office keeps no books of goods
    told = books.own_books(visit)
    chosen = {name: "1" for name in CHOICES if getattr(told, name)}
    return _page(request, Form(chosen, {"jurisdictions": list(told.jurisdictions)}, request))


@router.post("")
def set_books(request: Request, visit: OpenVisit, form: SentForm) -> Response:
    visit.demand("books.change")
    laws = form.lists.get("jurisdictions", [])
    change = form.read(BookChange, jurisdictions=laws, **{name: form[name] == "1" for name in CHOICES})
    if change and form.attempt(lambda: books.set_books(visit, change)):
        return RedirectResponse("/settings/books?done=saved", 303)
    return _page(request, form, 422)


def _page(request: Request, form: Form, status: int = 200) -> Response:
    return render(request, "settings/books.html", status, form=form, laws=JURISDICTIONS)
