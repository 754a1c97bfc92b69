"""/gov: what a regulator watches, and the register of recalls in its territory."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from uuid import UUID

from fastapi import Request, Response
from fastapi.responses import RedirectResponse

from tracelot.formats.spreadsheets import Cell
from tracelot.operations import parties, recalls, tip_views
from tracelot.operations.standings import Standing, standings
from tracelot.records.paging import Page
from tracelot.records.parties import PartyFilter
from tracelot.records.recall_search import RecallFilter
from tracelot.records.recalls import RecallSummary
from tracelot.records.tips import TipFilter
from tracelot.rules.recall_law import Left
from tracelot.rules.recalls import KINDS, LEVELS, PUBLIC_KINDS, REASON_CODES
from tracelot.rules.stages import STAGES
from tracelot.web.pages.notices import spreadsheet
from tracelot.web.pages.recall_law import shown, watched
from tracelot.web.pages.register import Asked, read_asked
from tracelot.web.rendering import reader_of, render, words_of
from tracelot.web.routers import pages
from tracelot.web.visits import OpenVisit
from tracelot.web.wording import N_

router = pages("/gov")

SHOWN = 50
GLANCE = 8
RECENT = timedelta(days=30)
HERE = "/gov/recalls"
STANDING = (
    N_("Time limit that ends first"),
    N_("Where it stands"),
    N_("Due"),
    N_("Consignees told"),
    N_("Consignees that answered"),
    N_("Accounted for"),
)


@router.get("")
def overview(request: Request, visit: OpenVisit) -> Response:
    waiting = parties.watched_parties(visit, PartyFilter("unverified"), GLANCE)
    recent = _recent(visit) if visit.actor.regulator else None
    codes = [party.region_code for party in waiting.items]
    codes += [one.region_code for one in recent.page.items] if recent else []
    return render(
        request,
        "gov/overview.html",
        waiting=waiting,
        watched=watched(visit),
        recent=recent,
        tips=tip_views.list_tips(visit, TipFilter(), 1) if visit.actor.regulator else None,
        regions=parties.region_names(visit, codes),
        territory=territory_names(visit),
    )


@dataclass(frozen=True)
class Recent:
    """The recalls of the last days, the gravest first, and how many there are of each level in all."""

    page: Page[RecallSummary]
    since: date
    levels: dict[str, int]


def _recent(visit: OpenVisit) -> Recent:
    mine = RecallFilter(territory=visit.actor.territory, state="published")
    since = visit.today - RECENT
    page = recalls.query_recalls(visit, replace(mine, published_from=since), "gravest", GLANCE)
    return Recent(page, since, recalls.recall_facets(visit, mine)["level"])


def territory_names(visit: OpenVisit) -> list[str]:
    return list(parties.region_names(visit, visit.actor.territory).values())


@router.get("/recalls")
def recall_register(request: Request, visit: OpenVisit, cursor: str | None = None) -> Response:
    if not visit.actor.regulator:
        visit.demand("party.watch")
        return RedirectResponse("/recalls", 303)  # the operator of the site has no territory
    asked = _read_asked(request, visit)
    page = facets = None
    if not asked.errors:
        page = recalls.query_recalls(visit, asked.filter, asked.sort, SHOWN, cursor or None)
        facets = recalls.recall_facets(visit, asked.filter)
    return render(
        request,
        "gov/recalls.html",
        422 if asked.errors else 200,
        asked=asked,
        url=lambda **changed: asked.url(HERE, **changed),
        page=page,
        facets=facets,
        cursor=cursor,
        regions=parties.region_names(visit, [one.region_code for one in page.items] if page else []),
        standing=_standing(visit, asked, page),
        territory=territory_names(visit),
        below=parties.below_territory(visit),
        levels=LEVELS,
        reasons=REASON_CODES,
        stages=STAGES,
        kinds=PUBLIC_KINDS,
    )


def _standing(
    visit: OpenVisit, asked: Asked, page: Page[RecallSummary] | None
) -> dict[UUID, tuple[Standing, Left | None]]:
    """Of the own territory; how others' recalls stand is for their offices."""
    if page is None or asked.fields.get("area") == "all":
        return {}
    found = standings(visit, [one.id for one in page.items])
    return {id_: (one, shown(one.clock, visit.now).left if one.clock else None) for id_, one in found.items()}


@router.get("/recalls.csv")
def download_register(request: Request, visit: OpenVisit) -> Response:
    """Exactly the list that the register shows under the same question."""
    visit.demand("party.watch")
    asked = _read_asked(request, visit)
    if asked.errors:
        return RedirectResponse(asked.url(HERE), 303)
    if asked.fields.get("area") == "all":
        return spreadsheet(request, visit, asked)
    return spreadsheet(request, visit, asked, STANDING, lambda page: _standing_cells(request, visit, page))


def _standing_cells(
    request: Request, visit: OpenVisit, page: Sequence[RecallSummary]
) -> dict[UUID, list[Cell]]:
    """How each stands, as the register shows it."""
    words = words_of(reader_of(request).language, "recall/_clock_words.html")
    return {
        id_: [
            str(words.kind(one.clock.kind)).strip() if one.clock else None,
            str(words.state_word(one.clock.state)).strip() if one.clock else None,
            one.clock.ends_at.astimezone(visit.place.zone) if one.clock and one.clock.ends_at else None,
            one.told,
            one.answered,
            one.accounted,
        ]
        for id_, one in standings(visit, [one.id for one in page]).items()
    }


def _read_asked(request: Request, visit: OpenVisit) -> Asked:
    """The public register's question, within the own territory unless all that is published is asked for."""
    visit.demand("party.watch")
    asked = read_asked(request, visit, KINDS)
    if request.query_params.get("area") == "all":
        asked.fields["area"] = "all"
    else:
        # a draft is here too, once its offices know of it
        asked.filter = replace(asked.filter, territory=visit.actor.territory, public=False)
    return asked
