"""Where a trace begins: the stocks of whole batches, of a shipment, of a unit, or of a facility at a time."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from tracelot.rules.books import Move, Posting, Stock, inner_units
from tracelot.rules.ledgers import Ledger, Totals
from tracelot.rules.places import facility_of, is_unit


@dataclass(frozen=True, slots=True)
class Window:
    """A span of a facility's own clock, both ends in it."""

    since: datetime
    until: datetime

    def holds(self, moment: datetime) -> bool:
        return self.since <= moment <= self.until


def of_batches(stocks: Iterable[Stock], batches: Iterable[str]) -> tuple[Stock, ...]:
    """Whole batches: all their stocks, those that links alone name too."""
    wanted = frozenset(batches)
    return tuple(sorted(stock for stock in stocks if stock.batch in wanted))


def of_event(ledger: Ledger, events: Iterable[str]) -> tuple[Stock, ...]:
    """A shipment or a receipt: the goods on the lane of its lines, and the contents of the units that it moved."""
    wanted = frozenset(events)
    found = {
        posting.stock
        for hub, postings in ledger.hubs.items()
        if hub.event in wanted
        for posting in postings
        if posting.place.startswith("lane:")
    }
    units = {move.unit for move in ledger.book.moves if move.record in wanted}
    return tuple(sorted(found.union(of_units(ledger, units))))


def of_units(ledger: Ledger, units: Iterable[str]) -> tuple[Stock, ...]:
    """Logistic units: their contents, those of the units in them too."""
    places = inner_units(ledger.book, units)
    return tuple(stock for stock in sorted(ledger.stocks) if stock.place in places)


def of_facility(ledger: Ledger, facility: str, window: Window) -> tuple[Stock, ...]:
    """What was at a facility (`facility:…`), set apart or in a unit, at some time in a window.

    A stock counts unless its own records, in the facility's own time, show that it was not there.
    """
    found = set(_sighted(ledger, facility, window))
    postings: dict[Stock, list[Posting]] = defaultdict(list)
    packed: dict[str, list[datetime]] = defaultdict(list)
    for lines in ledger.hubs.values():
        here = [posting for posting in lines if facility_of(posting.place) == facility]
        for posting in here:
            postings[posting.stock].append(posting)
        for posting in lines:
            if here and is_unit(posting.place) and posting.side == "put":
                packed[posting.place].append(posting.event_time)
    found |= {stock for stock, of_it in postings.items() if _there(of_it, window)}
    units = [unit for unit in sorted(ledger.stops) if facility in ledger.stops[unit]]
    units += sorted(set(packed) - set(units))
    moves: dict[str, list[Move]] = defaultdict(list)
    for move in ledger.book.moves:
        moves[move.unit].append(move)
    present = [unit for unit in units if _stood(moves[unit], facility, packed.get(unit, []), window)]
    return tuple(sorted(found.union(of_units(ledger, present))))


def _sighted(ledger: Ledger, facility: str, window: Window) -> Iterable[Stock]:
    for sighting in ledger.book.sightings:
        stock = Stock(sighting.subject, sighting.place)
        if (
            facility_of(sighting.place) == facility
            and window.holds(sighting.event_time)
            and stock in ledger.sighted
        ):
            yield stock


def _there(postings: list[Posting], window: Window) -> bool:
    if any(window.holds(posting.event_time) for posting in postings):
        return True
    before, after = Totals(), False
    for posting in postings:
        if posting.event_time < window.since:
            before.add(posting)
        else:
            after = after or posting.side == "take"
    # Goods that were put before may still be there; goods taken later without any put were there all along.
    return not before.emptied if before.puts else after and not any(one.side == "put" for one in postings)


def _stood(moves: list[Move], facility: str, packed: list[datetime], window: Window) -> bool:
    arrived = [move.event_time for move in moves if move.target and facility_of(move.target) == facility]
    departed = [move.event_time for move in moves if move.source and facility_of(move.source) == facility]
    if any(window.holds(moment) for moment in (*arrived, *departed, *packed)):
        return True
    came = sum(moment < window.since for moment in arrived or packed[:1])
    left = sum(moment < window.since for moment in departed)
    later = any(moment > window.until for moment in departed)
    return came > left or (later and not arrived and not packed)
