"""The register of recalls as an Atom feed, for readers, dashboards and other sites."""

from datetime import UTC, datetime, tzinfo
from typing import NamedTuple
from urllib.parse import urlencode

from fastapi import Request, Response

from tracelot.formats.atom import MEDIA_TYPE, Entry, Feed, Link, Text, write_atom
from tracelot.operations import recalls
from tracelot.operations.following import search_of_feed
from tracelot.operations.visit import Place
from tracelot.records.paging import Page
from tracelot.records.recalls import RecallSummary
from tracelot.rules.refusals import Fault, Unfit
from tracelot.web.pace import demand_pace
from tracelot.web.pages.register import Asked, read_asked
from tracelot.web.rendering import LANGUAGES, TAGS, Reader, reader_of, words_of
from tracelot.web.routers import pages
from tracelot.web.visits import OpenVisit

router = pages()

SHOWN = 50
NEVER = datetime(1970, 1, 1, tzinfo=UTC)  # when a feed without an entry was updated


@router.get("/recalls.atom", dependencies=[demand_pace("search")])
def follow_recalls(request: Request, visit: OpenVisit, cursor: str | None = None) -> Response:
    """The list under the same question, the latest change first; pages follow each other (RFC 5005)."""
    asked = read_asked(request, visit)
    if asked.errors:
        faults = [Fault(f"query/{name}", text) for name, text in asked.errors.items()]
        raise Unfit("invalid", "Some fields cannot be accepted.", faults=faults)
    fields = {name: value for name, value in asked.fields.items() if name != "sort"}
    return _answer(request, visit, Followed(asked, "/recalls.atom", fields), cursor or "")


@router.get("/feeds/{secret}", dependencies=[demand_pace("search")])
def follow_search(request: Request, visit: OpenVisit, secret: str, cursor: str | None = None) -> Response:
    """A saved search at its secret address, until that is taken back."""
    search, asked = search_of_feed(visit, secret)
    followed = Followed(Asked(dict(search.fields), asked), f"/feeds/{secret}", {}, search.name)
    return _answer(request, visit, followed, cursor or "")


class Followed(NamedTuple):
    """What a feed is about, and its own address."""

    asked: Asked
    path: str
    fields: dict[str, str]
    name: str = ""


def _answer(request: Request, visit: OpenVisit, followed: Followed, cursor: str) -> Response:
    page = recalls.query_recalls(visit, followed.asked.filter, "changed", SHOWN, cursor or None)
    feed = _feed(followed, page, cursor, reader_of(request), visit.place)
    return Response(write_atom(feed), media_type=f"{MEDIA_TYPE}; charset=utf-8")


def _feed(followed: Followed, page: Page[RecallSummary], cursor: str, reader: Reader, place: Place) -> Feed:
    site = place.public_url

    def here(language: str = reader.language, cursor: str = "") -> str:
        more = {"lang": language} | ({"cursor": cursor} if cursor else {})
        return f"{site}{followed.path}?{urlencode(followed.fields | more)}"

    links = [
        Link("self", here(cursor=cursor), MEDIA_TYPE, reader.tag),
        Link("first", here(), MEDIA_TYPE),
        *([Link("next", here(cursor=page.cursor), MEDIA_TYPE)] if page.cursor else []),
        Link("alternate", f"{site}{followed.asked.url(sort='')}", language=reader.tag),
        *(Link("alternate", here(language=other), MEDIA_TYPE, TAGS[other])
          for other in LANGUAGES if other != reader.language),
    ]  # fmt: skip
    return Feed(
        id=here(),
        title=Text(f"{followed.name or reader.gettext('Recalls')} · {reader.gettext('Trace')}", reader.tag),
        updated=max((one.changed_at for one in page.items), default=NEVER),
        links=links,
        entries=[_entry(one, reader, place) for one in page.items],
    )


def _entry(one: RecallSummary, reader: Reader, place: Place) -> Entry:
    gettext, zh = reader.gettext, reader.language == "zh"
    level = words_of(reader.language, "_ui.html").verdict_word(f"level-{one.level}").strip()
    reason = words_of(reader.language, "app/_words.html").reason(one.reason_code).strip()
    names = "、".join(one.products) if zh else ", ".join(one.products_en)
    site, zone = place.public_url, place.zone
    notice = f"{site}/recalls/{one.code}"
    over, seller = one.withdrawn_at is not None, gettext("as a seller: what it sold")
    withdrawn = gettext("Withdrawn")
    return Entry(
        id=f"urn:uuid:{one.id}",
        title=Text(
            f"{withdrawn + gettext(': ') if over else ''}{level}{gettext(': ')}{names}"
            f"{f' · {seller}' if one.seller_cause else ''}",
            reader.tag,
        ),
        summary=_summary(one, reader, reason, zone),
        author=_told(one.firm_zh, one.firm_en, reader, ""),
        published=one.published_at or one.recorded_at,
        updated=one.changed_at,
        links=[
            *(Link("alternate", f"{notice}?lang={each}", language=TAGS[each]) for each in LANGUAGES),
            Link("alternate", f"{site}/api/v1/recalls/{one.code}", "application/json"),
        ],
        categories=[
            *([("seller-recall", seller)] if one.seller_cause else []),
            *([("withdrawn", withdrawn)] if over else []),
            (f"level-{one.level}", level),
            (one.reason_code, reason),
        ],
    )


def _summary(one: RecallSummary, reader: Reader, reason: str, zone: tzinfo) -> Text:
    """Why it is recalled; of a withdrawn one when and why that was."""
    if one.withdrawn_at is None:
        return _told(one.reason_zh, one.reason_en, reader, reason)
    told = reader.gettext("This recall was withdrawn on %(day)s: %(reason)s")
    day = one.withdrawn_at.astimezone(zone).date().isoformat()
    return Text(told % {"day": day, "reason": one.withdrawn_reason}, reader.tag)


def _told(zh: str | None, en: str | None, reader: Reader, otherwise: str) -> Text:
    """What a firm told, in the reader's language where it did."""
    own, other = (zh, en) if reader.language == "zh" else (en, zh)
    if own or not other:
        return Text(own or otherwise, reader.tag)
    return Text(other, TAGS["en" if reader.language == "zh" else "zh"])
