"""/app/stock and /app/units: what is on hand and where, and the pallets and cases that it is in."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode
from uuid import UUID

from fastapi import Request, Response

from tracelot.operations import parties, products, reading, stocks
from tracelot.operations.stocks import StockFilter
from tracelot.operations.visit import Visit
from tracelot.records.stocks import StockView
from tracelot.web.pages.search import plain
from tracelot.web.reading import read_id
from tracelot.web.rendering import render
from tracelot.web.routers import pages
from tracelot.web.visits import OpenVisit

router = pages("/app")

SHOWN = 25
MOST_TURNS = 8  # many batches can be of which nothing is left: a page looks on for some that are


@dataclass(frozen=True)
class Asked:
    """What is looked for; what is none of the choices asks for nothing."""

    code: str = ""
    product: UUID | None = None
    facility: UUID | None = None
    batch: UUID | None = None

    @property
    def filtered(self) -> bool:
        return bool(self.code or self.product or self.facility or self.batch)

    def url(self, **changed: str) -> str:
        told = {"code": self.code, "product": self.product, "facility": self.facility, "batch": self.batch}
        fields = {name: str(value) for name, value in (told | changed).items() if value}
        return f"/app/stock?{urlencode(fields)}" if fields else "/app/stock"


def read_asked(request: Request) -> Asked:
    given = request.query_params
    return Asked(
        plain(given.get("code")), *(read_id(given.get(name)) for name in ("product", "facility", "batch"))
    )


@router.get("/stock")
def list_stock(request: Request, visit: OpenVisit, cursor: str | None = None) -> Response:
    asked = read_asked(request)
    found, more = _found(visit, asked, cursor or None)
    packed = {one.unit_id for one in found if one.unit_id is not None}
    return render(
        request,
        "app/stock.html",
        asked=asked,
        stocks=found,
        more=more,
        cursor=cursor,
        goods=_goods(visit, found),
        facilities=parties.facilities(visit),
        names={one.id: one for one in parties.facilities(visit)},
        units=reading.unit_names(visit, packed),
    )


def _goods(visit: Visit, found: Sequence[StockView]) -> dict[UUID, tuple[str | None, str | None]]:
    """The products to choose from: the own ones, and those of others that are shown."""
    known = {one.id: (one.name_zh, one.name_en) for one in products.products(visit)}
    shown = {one.product_id: (one.product_zh, one.product_en) for one in found if one.product_id is not None}
    return {**shown, **known}


def _found(visit: Visit, asked: Asked, cursor: str | None) -> tuple[list[StockView], str | None]:
    where = StockFilter(asked.batch, asked.product, asked.facility, asked.code or None)
    found: list[StockView] = []
    for _turn in range(MOST_TURNS):
        some, cursor = stocks.on_hand(visit, where, SHOWN, cursor)
        found += some
        if cursor is None or len(found) >= SHOWN:
            break
    return sorted(found, key=lambda one: (one.product_zh or "", one.code or "", one.place)), cursor


@router.get("/units")
def list_units(request: Request, visit: OpenVisit, cursor: str | None = None) -> Response:
    code = plain(request.query_params.get("code"))
    page = reading.units(visit, code or None, SHOWN, cursor or None)
    places = {unit.place for unit in page.items if unit.place}
    return render(
        request,
        "app/units.html",
        page=page,
        code=code,
        cursor=cursor,
        places=reading.name_places(visit, places),
    )


@router.get("/units/{unit_id}")
def show_unit(request: Request, visit: OpenVisit, unit_id: UUID) -> Response:
    unit = reading.find_unit(visit, unit_id)
    view, stops = reading.unit_view(visit, unit), reading.unit_stops(visit, unit)
    places = {one.place for one in stops} | ({view.place} if view.place else set())
    inside = reading.units_inside(visit, unit)
    return render(
        request,
        "app/unit.html",
        unit=view,
        inside=inside,
        contents=stocks.views(visit, reading.unit_contents(visit, unit, *inside)),
        unit_names=reading.unit_names(visit, [one.id for one in [unit, *inside]]),
        stops=stops,
        places=reading.name_places(visit, places),
    )
