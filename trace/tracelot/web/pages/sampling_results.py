"""/samplings: what offices made public of their samplings, for everybody, and the same as a spreadsheet."""

from collections.abc import Iterable, Iterator

from fastapi import Request, Response

from tracelot.formats.spreadsheets import Cell, write_csv
from tracelot.operations import parties, publishing_results
from tracelot.records.sampling_views import ResultView
from tracelot.web.reading import read_whole
from tracelot.web.rendering import reader_of, render
from tracelot.web.routers import pages
from tracelot.web.visits import OpenVisit
from tracelot.web.wording import N_

router = pages()

SHOWN = 50
NOTHING = "/"
DECLARATION = N_(
    "Statement: the following refers only to the production dates or lots of the products of the labelled producers"
    " in this sampling, and to the items that were examined."
)
HEAD = (
    N_("Sampling no."),
    N_("No."),
    N_("Labelled producer"),
    N_("Address of the labelled producer"),
    N_("Sampled party"),
    N_("Address of the sampled party"),
    N_("Name of the food"),
    N_("Specification"),
    N_("Brand"),
    N_("Production date / lot"),
    N_("Failed item ║ result ║ limit"),
    N_("Category"),
    N_("Bulletin no."),
    N_("Date of the bulletin"),
    N_("Source of the task / project"),
    N_("Examining laboratory"),
    N_("Remark"),
)
FAILED = HEAD.index("Failed item ║ result ║ limit")


def _area(text: str) -> str:
    return text if read_whole(text, 9) is not None else ""


@router.get("/samplings")
def show_results(
    request: Request, visit: OpenVisit, verdict: str = "fail", area: str = "", offset: str = "0"
) -> Response:
    wanted = "pass" if verdict == "pass" else "fail"
    start = read_whole(offset, 6) or 0
    found, total = publishing_results.results(visit, wanted, _area(area), SHOWN, start)
    gettext = reader_of(request).gettext
    prefixes = [area[:length] for length in (2, 4, 6) if len(_area(area)) >= length]
    return render(
        request,
        "public/samplings.html",
        verdict=wanted,
        area=_area(area),
        place=" ".join(parties.region_names(visit, prefixes[-1:]).values()),
        head=[gettext(word) for word in _head(wanted)],
        rows=[[cell or NOTHING for cell in row] for row in _rows(visit, found, wanted, start)],
        declaration=gettext(DECLARATION),
        total=total,
        offset=start,
        shown=SHOWN,
    )


def _head(verdict: str) -> list[str]:
    return [word for place, word in enumerate(HEAD) if verdict == "fail" or place != FAILED]


def _rows(visit: OpenVisit, found: Iterable[ResultView], verdict: str, start: int) -> Iterator[list[str]]:
    zone = visit.place.zone
    for number, one in enumerate(found, start + 1):
        failed = "; ".join("║".join([it["item"], it["measured"], it["limit"]]) for it in one.failures)
        row = [one.sheet_no, str(number), one.producer_name, one.producer_address, one.firm_name, one.firm_address,
               one.sample_name, one.spec, one.brand, one.dated, failed, one.category, one.bulletin_no,
               one.published_at.astimezone(zone).date().isoformat(), one.source, one.lab_name, one.remark]  # fmt: skip
        yield [cell or "" for place, cell in enumerate(row) if verdict == "fail" or place != FAILED]


@router.get("/samplings.csv")
def download_results(request: Request, visit: OpenVisit, verdict: str = "fail", area: str = "") -> Response:
    """The table as it stands, with the statement in its first line; what is missing is a slash."""
    wanted = "pass" if verdict == "pass" else "fail"
    gettext = reader_of(request).gettext
    found = publishing_results.all_results(visit, wanted, _area(area))
    rows: list[list[Cell]] = [[gettext(word) for word in _head(wanted)]]
    rows += [[cell or NOTHING for cell in row] for row in _rows(visit, found, wanted, 0)]
    text = write_csv([gettext(DECLARATION)], rows)
    head = {"content-disposition": f'attachment; filename="samplings-{wanted}.csv"'}
    return Response(text, media_type="text/csv; charset=utf-8", headers=head)
