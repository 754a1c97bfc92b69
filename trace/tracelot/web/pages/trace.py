"""/app/trace and /gov/trace: where goods came from and went to, as drawing, table, lists and map."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from fastapi import Request, Response

from tracelot.formats.drawing_words import Gettext, name_of, words_in
from tracelot.formats.drawings import svg
from tracelot.operations import parties, picturing
from tracelot.operations.picturing import Drawn
from tracelot.operations.tracing import CERTAINTIES
from tracelot.operations.visit import Visit
from tracelot.rules.grouping import MOST_OPENED
from tracelot.rules.pictures import Node
from tracelot.rules.refusals import Refusal, Unfit, Unknown
from tracelot.web.pages.trace_asked import LINKED, TraceAsked, read_asked
from tracelot.web.pages.trace_shown import (
    certainties,
    chosen_moments,
    chosen_node,
    consignees_of,
    first_of,
    label,
    lit_by,
    map_of,
    open_group,
    picture_asked,
    product_of,
    rows_of,
    starts_of,
    unit_of,
)
from tracelot.web.rendering import reader_of, render
from tracelot.web.routers import pages
from tracelot.web.visits import OpenVisit

router = pages()

MOST_LISTED = 300  # consignees and gaps; the files hold all


@router.get("/app/trace")
def explore_own(request: Request, visit: OpenVisit) -> Response:
    visit.demand("trace.read")
    return _explorer(request, visit, "/app/trace")


@router.get("/gov/trace")
def explore_territory(request: Request, visit: OpenVisit) -> Response:
    visit.demand("party.watch")
    visit.demand("trace.read")
    return _explorer(request, visit, "/gov/trace")


def _explorer(request: Request, visit: Visit, path: str) -> Response:
    asked = read_asked(request, visit, path)
    status, shown = (422, {}) if asked.errors else (200, {})
    if asked.begun and not asked.errors:
        try:
            shown = _answer(request, visit, asked)
        except (Unfit, Unknown) as refusal:
            status = 404 if isinstance(refusal, Unknown) else 422
            _note(request, asked, refusal)
    own = parties.facilities(visit) if visit.actor.enterprise else []
    values: dict[str, Any] = {"asked": asked, "facilities": own, "drawn": None, "moments": []} | shown
    return render(request, "trace/explorer.html", status, zone_local=_local, **values)


def _note(request: Request, asked: TraceAsked, refusal: Refusal) -> None:
    gettext = reader_of(request).gettext
    request.state.refused = refusal.kind
    for fault in refusal.faults:
        name = fault.pointer.removeprefix("#/")
        asked.errors.setdefault("code" if name in LINKED else name, gettext(fault.detail))
    if not refusal.faults:
        asked.errors.setdefault("code", gettext(refusal.reason))


def _answer(request: Request, visit: Visit, asked: TraceAsked) -> dict[str, Any]:
    reader = reader_of(request)
    drawn = picturing.picture(visit, asked.question, by=asked.by, language=reader.language)
    moments = picturing.moments(visit, asked.question, drawn)
    return {
        "drawn": drawn,
        "view": drawn.view,
        "total": drawn.whole.batches,
        "counts": {CERTAINTIES[one]: count for one, count in certainties(drawn.whole.nodes).items()},
        "names_of": CERTAINTIES,
        "starts": [drawn.facts[one] for one in starts_of(drawn)],
        "consignees": consignees_of(drawn.view),
        "map": map_of(drawn, reader.language, reader.gettext),
        "moments": chosen_moments(moments, asked.question.as_of),
        "most": MOST_LISTED,
        "label": lambda *goods: label(drawn, *goods),
        "product_of": lambda *goods: product_of(drawn, *goods),
        "unit_of": lambda *goods: unit_of(drawn, *goods),
        **_beside(drawn, asked, reader.gettext),
    }


def _beside(drawn: Drawn, asked: TraceAsked, gettext: Gettext) -> dict[str, Any]:
    """The drawing, and the table with the same selection."""
    group, shown = open_group(drawn, asked), picture_asked(drawn, asked)
    rows = rows_of(drawn, shown)
    chosen = chosen_node(shown, asked)
    lit = lit_by(shown, chosen)
    numbers = {row.node.key: row.number for row in rows}

    def href(node: Node) -> str:
        return f"#b{numbers[node.key]}" if node.key in numbers else ""

    words = words_in(gettext)
    return {
        "rows": rows,
        "lit": lit,
        "chosen": next((row for row in rows if row.node is chosen), None),
        "drawing": svg(shown, words, href, lit),
        "drawing_words": words,
        "group_name": name_of,
        "group": group,
        "first": first_of(group, asked) if group else 0,
        "opened": MOST_OPENED,
    }


def _local(moment: datetime | None, zone: ZoneInfo) -> str:
    """As a field for date and time holds it, to the second."""
    return "" if moment is None else f"{moment.astimezone(zone):%Y-%m-%dT%H:%M:%S}"
