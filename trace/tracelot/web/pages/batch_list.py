"""/app/batches as a list: its filters stand in the address; with .csv the address is its spreadsheet."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import TypeVar
from urllib.parse import urlencode
from uuid import UUID

from fastapi import Request, Response
from fastapi.responses import RedirectResponse

from tracelot.formats.spreadsheets import write_csv
from tracelot.operations import batches, parties, products
from tracelot.operations.visit import Visit
from tracelot.records.batches import BatchFilter, BatchView
from tracelot.records.products import Product
from tracelot.rules.batches import STATUSES
from tracelot.web.pages.search import plain
from tracelot.web.rendering import reader_of, render
from tracelot.web.routers import pages
from tracelot.web.visits import OpenVisit
from tracelot.web.wording import N_

router = pages("/app")

T = TypeVar("T")
FIELDS = ("text", "product", "status", "made_from", "made_to", "expires_to")
SHOWN = 25
MOST_ROWS = 50_000
CHUNK = 500


HEAD = (
    N_("Batch code"),
    N_("Text on the package"),
    N_("Product"),
    "GTIN",
    N_("Status"),
    N_("Production date"),
    N_("Expiry date"),
    N_("Quantity"),
    N_("Unit"),
    N_("Facility"),
    N_("Certificate number"),
    N_("Registered"),
    N_("Link"),
)
BAD_DATE = N_("A date is needed, such as 2026-09-15.")
BAD_CHOICE = N_("This is none of the choices.")


@dataclass
class Asked:
    """The filled fields, the filter that they make, and what is wrong with them."""

    fields: dict[str, str]
    filter: BatchFilter = field(default_factory=BatchFilter)
    errors: dict[str, str] = field(default_factory=dict)

    def __getitem__(self, name: str) -> str:
        return self.fields.get(name, "")

    def url(self, path: str = "/app/batches", **changed: str) -> str:
        """The same question with some fields changed; an empty one is dropped."""
        fields = {name: value for name, value in (self.fields | changed).items() if value}
        return f"{path}?{urlencode(fields)}" if fields else path


def read_asked(request: Request) -> Asked:
    sent = {name: plain(request.query_params.get(name)) for name in FIELDS}
    asked = Asked({name: value for name, value in sent.items() if value})
    gettext = reader_of(request).gettext
    asked.filter = BatchFilter(
        text=asked["text"] or None,
        product_id=_read(asked, "product", UUID, gettext(BAD_CHOICE)),
        status=_read(asked, "status", _status, gettext(BAD_CHOICE)),
        made_from=_read(asked, "made_from", date.fromisoformat, gettext(BAD_DATE)),
        made_to=_read(asked, "made_to", date.fromisoformat, gettext(BAD_DATE)),
        expires_to=_read(asked, "expires_to", date.fromisoformat, gettext(BAD_DATE)),
    )
    return asked


def _status(text: str) -> str:
    if text not in STATUSES:
        raise ValueError(text)
    return text


def _read(asked: Asked, name: str, read: Callable[[str], T], wrong: str) -> T | None:
    if not asked[name]:
        return None
    try:
        return read(asked[name])
    except ValueError:
        asked.errors[name] = wrong
        return None


@router.get("/batches")
def list_batches(request: Request, visit: OpenVisit, cursor: str | None = None) -> Response:
    asked = read_asked(request)
    page = None if asked.errors else batches.search(visit, asked.filter, SHOWN, cursor or None)
    return render(
        request,
        "app/batches.html",
        422 if asked.errors else 200,
        asked=asked,
        page=page,
        cursor=cursor,
        products=products.products(visit),
        statuses=STATUSES,
    )


@router.get("/batches.csv")
def download_batches(request: Request, visit: OpenVisit) -> Response:
    """Exactly the list that the same address without .csv shows, all its pages."""
    asked = read_asked(request)
    if asked.errors:
        return RedirectResponse(asked.url(), 303)
    gettext = reader_of(request).gettext
    goods = {product.id: product for product in products.products(visit)}
    places = {facility.id: facility.name_zh for facility in parties.facilities(visit)}
    rows = (_row(visit, batch, goods, places) for batch in _all(visit, asked.filter))
    return Response(
        write_csv([gettext(title) for title in HEAD], rows),
        media_type="text/csv; charset=utf-8",
        headers={
            "content-disposition": f'attachment; filename="trace-batches-{visit.today:%Y%m%d}.csv"',
            "cache-control": "no-store",
        },
    )


Cell = str | date | None


def _row(visit: Visit, batch: BatchView, goods: dict[UUID, Product], places: dict[UUID, str]) -> list[Cell]:
    product = goods[batch.product_id]
    return [
        batch.code, batch.printed_text, product.name_zh, product.gtin, batch.status, batch.production_date,
        batch.expiry_date, str(batch.quantity) if batch.quantity is not None else None, batch.unit,
        places.get(batch.facility_id) if batch.facility_id else None, batch.certificate_no,
        batch.recorded_at.astimezone(visit.place.zone).isoformat(timespec="seconds"),
        f"{visit.place.public_url}/app/batches/{batch.id}",
    ]  # fmt: skip


def _all(visit: Visit, asked: BatchFilter) -> Iterator[BatchView]:
    cursor, left = None, MOST_ROWS
    while left > 0:
        page = batches.search(visit, asked, min(CHUNK, left), cursor)
        yield from page.items
        left -= len(page.items)
        cursor = page.cursor
        if cursor is None:
            return
