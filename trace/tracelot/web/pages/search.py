"""The search box: from whatever stands on a package to its page, or to the next question."""

import unicodedata
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import Depends, Request, Response
from fastapi.responses import RedirectResponse

from tracelot.operations import lookup, recalls
from tracelot.records.paging import Page
from tracelot.records.recall_search import RecallFilter
from tracelot.records.recalls import RecallSummary
from tracelot.rules.identifiers import batch_code, gtin14
from tracelot.rules.refusals import Unfit
from tracelot.web.pace import demand_pace
from tracelot.web.public_page import state_of
from tracelot.web.rendering import render
from tracelot.web.routers import pages
from tracelot.web.visits import OpenVisit

router = pages()

LONGEST = 200
MOST_RECALLS = 10
BROKEN = frozenset({"bad-check-digit", "bad-gtin", "bad-short-code"})


@dataclass(frozen=True)
class Match:
    """One public batch to choose from."""

    path: str
    state: str
    found: lookup.Found


def plain(text: str | None) -> str:
    """One line of text as it is searched for: composed, without control characters, of a bearable length."""
    composed = unicodedata.normalize("NFC", text or "")
    return "".join(letter for letter in composed if letter.isprintable()).strip()[:LONGEST]


@dataclass
class Sent:
    """The fields of the search forms: a code as it is, or a batch with its GTIN, product or firm."""

    q: str = ""
    gtin: str = ""
    batch: str = ""
    product: str = ""
    firm: str = ""

    def __post_init__(self) -> None:
        self.gtin, self.batch = plain(self.gtin), plain(self.batch)
        self.product, self.firm = plain(self.product), plain(self.firm)
        self.q = self.q.replace("\0", "").strip() or self.batch


@router.get("/search", dependencies=[demand_pace("search")])
def search(request: Request, visit: OpenVisit, sent: Annotated[Sent, Depends()]) -> Response:
    if sent.batch and (path := _path(sent.gtin, sent.batch)):
        return RedirectResponse(path, 303)
    words: dict[str, Any] = {"query": sent.q, "product": sent.product, "firm": sent.firm}
    if not sent.q:
        return render(request, "public/search.html", answer=None, **words)
    answer = lookup.look_up(visit, sent.q, sent.product or None, sent.firm or None)
    matches = [_match(visit, found) for found in answer.found if found.on_record]
    if len(matches) == 1 and not answer.own and not _readable_twice(answer):
        return RedirectResponse(matches[0].path, 303)
    return render(
        request,
        "public/search.html",
        answer=answer,
        matches=matches,
        readings=[answer.reading, *answer.reading.alternatives] if _readable_twice(answer) else [],
        known=next((found.product for found in answer.found if not found.on_record), None),
        broken=bool(BROKEN & set(answer.reading.faults)),
        hits=_recalls_about(visit, answer),
        **words,
    )


def _path(gtin: str, batch: str) -> str | None:
    """The page of a GTIN and a batch code, where both are written as they must be."""
    try:
        return f"/01/{gtin14(gtin)}/10/{quote(batch_code(batch), safe='')}"
    except Unfit:
        return None


def _match(visit: OpenVisit, found: lookup.Found) -> Match:
    facts = found.facts(visit.place.public_url)
    path = facts["link"].removeprefix(visit.place.public_url)
    return Match(path, state_of(found.verdict, facts["level"]), found)


def _readable_twice(answer: lookup.Answer) -> bool:
    """Whether the code names a batch in more than one way, so that only the package can tell."""
    readings = (answer.reading, *answer.reading.alternatives)
    return sum(bool(reading.gtin and reading.batch) for reading in readings) > 1


def _recalls_about(visit: OpenVisit, answer: lookup.Answer) -> Page[RecallSummary] | None:
    """Recalls whose notice holds the words; for a code that no identifier took."""
    texts = [reading.text for reading in (answer.reading, *answer.reading.alternatives) if reading.text]
    if not texts or answer.reading.gtin:
        return None
    asked = RecallFilter(text=plain(texts[0]), state="published")
    return recalls.query_recalls(visit, asked, "gravest", MOST_RECALLS)
