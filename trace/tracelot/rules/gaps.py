"""Where the books do not close: goods that were used and never came, came unsent, were sent and never came …"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from tracelot.rules.books import Stock, outer_units
from tracelot.rules.ledgers import Ledger
from tracelot.rules.links import joined_lanes
from tracelot.rules.places import is_unit, lane_of, on_hand, pooled_product

GapKind = Literal[
    "used_never_came",
    "came_never_sent",
    "sent_never_came",
    "overdrawn",
    "sighted_only",
    "unknown_contents",
    "batch_unknown",
    "output_unknown",
    "input_unknown",
]

MAKING = frozenset({"transform"})


@dataclass(frozen=True, slots=True, order=True)
class Gap:
    """One place where the books do not close; `quantity` is how much, where that is arithmetic.

    A unit of unknown contents is a stock without batch. `event` names the line's event where a line has a side
    that was never told.
    """

    kind: GapKind
    stock: Stock
    event: str = ""
    quantity: Decimal | None = None


def gaps(ledger: Ledger) -> tuple[Gap, ...]:
    """All gaps of a book, by kind, then stock."""
    found = [*_of_stocks(ledger), *_of_lanes(ledger), *_of_units(ledger), *_of_lines(ledger)]
    return tuple(sorted(found, key=lambda gap: (gap.kind, gap.stock, gap.event)))


def gaps_at(found: Iterable[Gap], stocks: frozenset[Stock]) -> tuple[Gap, ...]:
    """Those that concern the stocks of an answer, or the units in which they are."""
    places = {stock.place for stock in stocks}
    return tuple(
        gap for gap in found if gap.stock in stocks or (not gap.stock.batch and gap.stock.place in places)
    )


def _of_stocks(ledger: Ledger) -> Iterator[Gap]:
    for stock, totals in ledger.stocks.items():
        drawn = pooled_product(stock.batch) is not None and on_hand(stock.place)
        if drawn and totals.takes:
            yield Gap("batch_unknown", stock, quantity=None if totals.unknown_takes else totals.taken)
        elif totals.overdrawn:
            yield Gap("overdrawn", stock, quantity=totals.taken - totals.put)
        elif totals.takes and not totals.puts and not lane_of(stock.place):
            yield Gap("used_never_came", stock, quantity=None if totals.unknown_takes else totals.taken)
        elif not totals.takes and not totals.puts:
            yield Gap("sighted_only", stock)


def _of_lanes(ledger: Ledger) -> Iterator[Gap]:
    """Lanes with one side; not those whose other side was told under another name of an end."""
    joined = {stock for joint in joined_lanes(ledger) for stock in (*joint.sources, *joint.targets)}
    for stock, totals in ledger.stocks.items():
        if not lane_of(stock.place) or stock in joined:
            continue
        if totals.takes and not totals.puts:
            yield Gap("came_never_sent", stock, quantity=None if totals.unknown_takes else totals.taken)
        elif totals.puts and (not totals.takes or (totals.most or 0) > 0):
            yield Gap("sent_never_came", stock, quantity=None if totals.unknown_takes else totals.most)


def _of_units(ledger: Ledger) -> Iterator[Gap]:
    filled = outer_units(ledger.book, {stock.place for stock in ledger.stocks if is_unit(stock.place)})
    for unit in sorted(ledger.stops):
        # A single thing is goods itself, and may hold nothing.
        if unit not in filled and unit.removeprefix("unit:") not in ledger.places:
            yield Gap("unknown_contents", Stock("", unit))


def _of_lines(ledger: Ledger) -> Iterator[Gap]:
    """Something was made, and what it was made of, or what it became, was never told."""
    for hub, postings in ledger.hubs.items():
        if not any(posting.act in MAKING for posting in postings):
            continue
        sides = {posting.side for posting in postings}
        if sides == {"take"}:
            yield Gap("output_unknown", postings[0].stock, hub.event)
        elif sides == {"put"}:
            yield Gap("input_unknown", postings[0].stock, hub.event)
