"""When consignees were told, when they answered, and when the goods came back: as curves over time."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from tracelot.records.effectiveness import CurveView, PointView
from tracelot.rules.balancing import Hands
from tracelot.rules.books import Posting, Sighting
from tracelot.rules.curves import HALF, WHOLE, Curve, curve
from tracelot.rules.ledgers import consignee_of
from tracelot.rules.places import facility_of, lane_of
from tracelot.rules.recovering import Figures


@dataclass(frozen=True)
class Words:
    """When a consignee was told of a recall, and when it answered."""

    notified_at: datetime | None = None
    responded_at: datetime | None = None


def curves_of(
    hands: Hands,
    figures: Iterable[Figures],
    own: Collection[str],
    since: datetime | None,
    words: Mapping[str, Words],
) -> list[CurveView]:
    """Nothing before the publication. Who records something of the goods after it has answered by that."""
    if since is None:
        return []
    told = tuple(figures)
    direct = sorted({entry.end for one in told for entry in one.entries if entry.direct})
    heard = {end: one.notified_at for end, one in words.items() if one.notified_at}
    spoke = _acted(hands, since)
    for end, one in words.items():
        if one.responded_at:
            spoke[end] = min(one.responded_at, spoke.get(end, one.responded_at))
    return [
        _view("notified", curve(since, _of_all(direct, heard))),
        _view("responded", curve(since, _of_all(direct, spoke))),
        _view("recovered", curve(since, _recovered(hands, told, own))),
    ]


def _view(name: str, grown: Curve) -> CurveView:
    return CurveView.model_validate(
        {
            "name": name,
            "points": [PointView(at=moment, share=share) for moment, share in grown.points],
            "half": grown.hours_to(HALF),
            "all": grown.hours_to(WHOLE),
        }
    )


def _of_all(
    consignees: Collection[str], moments: Mapping[str, datetime]
) -> Iterator[tuple[datetime, Decimal]]:
    for end in consignees:
        if end in moments:
            yield moments[end], Decimal(1) / len(consignees)


def _acted(hands: Hands, since: datetime) -> dict[str, datetime]:
    """When each holder first recorded something of the goods on its own hands after the publication."""
    found: dict[str, datetime] = {}
    book = hands.ledger.book
    facts: list[Posting | Sighting] = [*book.postings, *book.sightings]
    for fact in facts:
        facility = facility_of(fact.place)
        if facility and fact.event_time >= since:
            end = consignee_of(hands.ledger, facility)
            found[end] = min(fact.event_time, found.get(end, fact.event_time))
    return found


def _recovered(
    hands: Hands, figures: tuple[Figures, ...], own: Collection[str]
) -> Iterator[tuple[datetime, Decimal]]:
    """What came back, and what was destroyed where it was, of what had been shipped; every batch weighs the same."""
    shipped = {one.batch: one for one in figures if one.shipped}
    for posting in hands.ledger.book.postings:
        told = shipped.get(posting.batch)
        if told is None or not told.shipped or posting.side != "take" or posting.quantity is None:
            continue
        facility, lane = facility_of(posting.place), lane_of(posting.place)
        destroyed = posting.act == "destroy" and facility is not None and facility not in own
        back = lane is not None and _in(lane.target, own) and not _in(lane.source, own)
        if back and lane is not None and consignee_of(hands.ledger, _at(lane.source)) in told.suppliers:
            continue
        if destroyed or back:
            yield posting.event_time, posting.quantity / told.shipped / len(shipped)


def _in(end: str, own: Collection[str]) -> bool:
    return _at(end) in own


def _at(end: str) -> str:
    return facility_of(end) or end
