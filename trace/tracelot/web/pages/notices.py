"""The public register of recalls: the list, its spreadsheet, the notice, and QR codes of public pages."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from fastapi import Request, Response
from fastapi.responses import RedirectResponse

from tracelot.formats.labels import qr_svg
from tracelot.formats.spreadsheets import Cell, write_csv
from tracelot.operations import lookup, parties, recalls, scope_views
from tracelot.operations.notice_papers import duties_of_sellers, imprint_of, notice_paper
from tracelot.operations.visit import Place, Visit
from tracelot.records.recalls import Recall, RecalledBatch, RecallSummary, RecallView
from tracelot.rules.identifiers import qr_text
from tracelot.rules.recalls import DRILL
from tracelot.rules.refusals import Unknown
from tracelot.rules.stages import STAGES
from tracelot.web.pace import demand_pace
from tracelot.web.pages.register import Asked, read_asked
from tracelot.web.pages.search import plain
from tracelot.web.rendering import reader_of, render
from tracelot.web.routers import pages
from tracelot.web.visits import OpenVisit
from tracelot.web.wording import N_

router = pages()

SHOWN = 20
MOST_ROWS = 10_000
CHUNK = 500
MOST_LINES = 200


HEAD = (
    N_("Recall"),
    N_("Level"),
    N_("Kind"),
    N_("Reason"),
    N_("Reason (Chinese)"),
    N_("Reason (English)"),
    N_("Products"),
    N_("Batches"),
    N_("Firm"),
    N_("Firm (English)"),
    N_("Region"),
    N_("Published"),
    N_("Notice"),
    N_("Stage"),
    N_("Voluntary or ordered"),
    N_("State"),
    N_("Withdrawn"),
)


@router.get("/recalls", dependencies=[demand_pace("search")])
def list_recalls(request: Request, visit: OpenVisit, cursor: str | None = None) -> Response:
    asked = read_asked(request, visit)
    page = facets = None
    if not asked.errors:
        page = recalls.query_recalls(visit, asked.filter, asked.sort, SHOWN, cursor or None)
        facets = recalls.recall_facets(visit, asked.filter)
    return render(
        request,
        "public/recalls.html",
        422 if asked.errors else 200,
        asked=asked,
        page=page,
        facets=facets,
        stages=STAGES,
        cursor=cursor,
        now=visit.now,
    )


@router.get("/recalls.csv", dependencies=[demand_pace("search")])
def download_recalls(request: Request, visit: OpenVisit) -> Response:
    """Exactly the list that the same address without .csv shows."""
    asked = read_asked(request, visit)
    if asked.errors:
        return RedirectResponse(f"/recalls?{urlencode(asked.fields)}", 303)
    return spreadsheet(request, visit, asked)


More = Callable[[Sequence[RecallSummary]], Mapping[UUID, list[Cell]]]


def spreadsheet(
    request: Request, visit: OpenVisit, asked: Asked, head: Sequence[str] = (), more: More | None = None
) -> Response:
    """The list as a spreadsheet; `more` gives further cells of each recall of a page, under `head`."""
    gettext = reader_of(request).gettext
    rows = (
        _row(one, visit.place) + further.get(one.id, [])
        for page in _pages(visit, asked)
        for further in [more(page) if more else {}]
        for one in page
    )
    name = f"trace-recalls-{visit.today:%Y%m%d}.csv"
    return Response(
        write_csv([gettext(title) for title in (*HEAD, *head)], rows),
        media_type="text/csv; charset=utf-8",
        headers={"content-disposition": f'attachment; filename="{name}"'},
    )


def _row(one: RecallSummary, place: Place) -> list[Cell]:
    return [
        one.code,
        one.level,
        one.kind,
        one.reason_code,
        one.reason_zh,
        one.reason_en,
        "; ".join(one.products),
        one.batches,
        one.firm_zh,
        one.firm_en,
        one.region_code,
        one.published_at.astimezone(place.zone) if one.published_at else None,
        f"{place.public_url}/recalls/{one.code}",
        one.stage,
        one.mode,
        one.state,
        one.withdrawn_at.astimezone(place.zone) if one.withdrawn_at else None,
    ]


def _pages(visit: OpenVisit, asked: Asked) -> Iterator[Sequence[RecallSummary]]:
    cursor, left = None, MOST_ROWS
    while left > 0:
        page = recalls.query_recalls(visit, asked.filter, asked.sort, min(CHUNK, left), cursor)
        yield page.items
        left -= len(page.items)
        cursor = page.cursor
        if cursor is None:
            return


@dataclass(frozen=True)
class Check:
    """Whether a notice names a batch code; `close` are codes that differ in what readers mix up."""

    code: str
    named: list[RecalledBatch]
    close: list[RecalledBatch]


@router.get("/recalls/{code}.pdf", dependencies=[demand_pace("list")])
def print_notice(request: Request, visit: OpenVisit, code: str) -> Response:
    """The notice on paper, in the reader's language."""
    paper = notice_paper(visit, recalls.view(visit, _public(visit, code.upper())), reader_of(request))
    head = {"content-disposition": f'attachment; filename="{paper.name}"'}
    return Response(paper.content, media_type="application/pdf", headers=head)


def _public(visit: Visit, code: str) -> Recall:
    recall = recalls.find_recall(visit, code)
    if recall.published_at is None or recall.kind == DRILL:
        raise Unknown("unknown-recall", "No such recall.")
    return recall


@router.get("/recalls/{code}")
def read_notice(
    request: Request, visit: OpenVisit, code: str, batch: str = "", every: bool = False
) -> Response:
    recall = _public(visit, code.upper())
    if recall.code != code:
        return RedirectResponse(f"/recalls/{recall.code}", 303)
    view = recalls.view(visit, recall)
    lines = view.batches if every else view.batches[:MOST_LINES]
    return render(
        request,
        "public/notice.html",
        recall=view,
        products=_by_product(lines),
        imprint=imprint_of(visit, view),
        duties=duties_of_sellers(reader_of(request).gettext),
        left=len(view.batches) - len(lines),
        check=_check(view, plain(batch)) if batch.strip() else None,
        steps=scope_views.public_steps(visit, recall),
        areas=list(parties.region_names(visit, view.area_codes).values()),
        now=visit.now,
    )


def _by_product(lines: list[RecalledBatch]) -> list[tuple[RecalledBatch, list[RecalledBatch]]]:
    """Each product once (told by its first line), with the batches named of it."""
    products: dict[Any, list[RecalledBatch]] = {}
    for line in lines:
        products.setdefault(line.product_id, []).append(line)
    return [(named[0], named) for named in products.values()]


def _check(view: RecallView, code: str) -> Check:
    named = [line for line in view.batches if line.code == code]
    close = [line for line in view.batches if line.code != code and _blurred(line.code) == _blurred(code)]
    return Check(code, named, close)


def _blurred(code: str) -> str:
    """A code as a hurried reader sees it: case, hyphens, O and 0, I and 1 make no difference."""
    letters = "".join(letter for letter in code.upper() if letter.isalnum())
    return letters.translate(str.maketrans("OIL", "011"))


@router.get("/qr.svg")
def draw_code(visit: OpenVisit, link: str) -> Response:
    """The QR code of a public batch or recall of this site; of nothing else."""
    picture = _drawn(qr_text(lookup.demand_public(visit, link)))
    return Response(picture, media_type="image/svg+xml")


@lru_cache(maxsize=2048)
def _drawn(text: str) -> bytes:
    return qr_svg(text)
