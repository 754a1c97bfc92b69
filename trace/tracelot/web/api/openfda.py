"""/openfda/food/enforcement.json: published recalls for whoever has a client of openFDA."""

import json
from typing import Annotated, Any

from fastapi import Query, Response

from tracelot.formats.openfda import FIELDS, answer, counts, fault
from tracelot.formats.openfda_queries import BadSearch, read_search
from tracelot.operations.enforcement import Wanted, all_records, find_records, last_change
from tracelot.rules.refusals import Conflict
from tracelot.web.pace import demand_pace
from tracelot.web.problems import PROBLEM
from tracelot.web.reading import read_whole
from tracelot.web.routers import operations
from tracelot.web.visits import OpenVisit

router = operations("openfda", "/openfda")

MOST, FURTHEST = 1000, 25_000
Text = Annotated[str | None, Query(max_length=1000)]


REFUSED: dict[int | str, dict[str, Any]] = {
    status: {
        "description": words,
        "content": {
            "application/json": {"schema": {"type": "object"}},
            "application/problem+json": {"schema": PROBLEM},
        },
    }
    for status, words in ((400, "openFDA's BAD_REQUEST."), (404, "openFDA's NOT_FOUND: nothing matches."))
}


class BadRequest(ValueError):
    """What openFDA refuses too."""


@router.get("/food/enforcement.json", dependencies=[demand_pace("search")], responses=REFUSED)
def find_enforcement_reports(
    visit: OpenVisit,
    search: Text = None,
    limit: Text = None,
    skip: Text = None,
    sort: Text = None,
    count: Text = None,
) -> Response:
    """Published recalls in the shape of openFDA's food enforcement reports, so that its clients read them.

    `search` is openFDA's: field:"words", AND, OR, NOT, brackets, and ranges such as
    report_date:[20260101 TO 20261231]. `sort` is field:asc or field:desc; `count` a field, or field.exact.
    Errors have openFDA's shape too.
    """
    try:
        query = read_search(search or "")
        number, first = (
            _number(limit, 1 if not count else 100, MOST, "limit"),
            _number(skip, 0, FURTHEST, "skip"),
        )
        site, updated = visit.place.public_url, last_change(visit)
        if count:
            _demand_field(count.removesuffix(".exact"))
            body = counts(all_records(visit, query, codes="code_info" in count), count, number, updated, site)
        else:
            found, total = find_records(visit, _sorted(query, sort), first, number)
            body = answer(found, total, first, number, updated, site)
    except (BadSearch, BadRequest, Conflict) as error:
        return _told(fault("BAD_REQUEST", str(error)), 400)
    if not body["results"]:
        return _told(fault("NOT_FOUND", "No matches found!"), 404)
    return _told(body, 200)


def _told(body: dict[str, Any], status: int) -> Response:
    return Response(json.dumps(body, ensure_ascii=False), status, media_type="application/json")


def _number(text: str | None, usual: int, most: int, name: str) -> int:
    if not text:
        return usual
    number = read_whole(text, 6)
    if number is None or number > most:
        raise BadRequest(f"{name} is a whole number up to {most}.")
    return number


def _demand_field(name: str) -> None:
    if name not in FIELDS:
        raise BadRequest("These records have no such field.")


def _sorted(query: Any, sort: str | None) -> Wanted:
    if not sort:
        return Wanted(query)
    name, _, way = sort.partition(":")
    _demand_field(name.removesuffix(".exact"))
    if way not in ("", "asc", "desc"):
        raise BadRequest("sort is field:asc or field:desc.")
    return Wanted(query, name.removesuffix(".exact"), way == "desc")
