"""What a recall must reckon with: everything that a lost or voided record could hide.

None of it needs time, and none of it can bring back a lost transformation: that leaves only its gap.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator

from tracelot.rules.books import Hub, Posting, Stock
from tracelot.rules.ledgers import NOTHING, Ledger, Totals
from tracelot.rules.links import (
    Certainty,
    Joint,
    Key,
    Sides,
    Stocks,
    joint_of,
    labels_of_destination,
    labels_of_place,
    links,
    trace_links,
)
from tracelot.rules.places import WHOLE, facility_of, is_unit, lane_of, on_hand, pool_of, pooled_product


def recall_links(ledger: Ledger) -> tuple[Stocks, list[Joint]]:
    """Everything that a trace follows, and the possible links beside it."""
    stocks, joints = trace_links(ledger)
    joints += _voided(ledger)
    _name(stocks, joints)
    taken = [stock for joint in joints if joint.hub is not None for stock in joint.sources]
    joints += _unsourced(stocks)
    joints += _open(ledger, stocks)
    _name(stocks, joints)
    joints += _pools(ledger, stocks, taken)
    joints, wholes = _reaching_wholes(joints)
    _name(stocks, joints)
    return stocks, [*joints, *_wholes(stocks, wholes)]


def _name(stocks: Stocks, joints: Iterable[Joint]) -> None:
    for joint in joints:
        for stock in (*joint.sources, *joint.targets):
            stocks.setdefault(stock, NOTHING)


def _sides() -> dict[Key, Sides]:
    return defaultdict(lambda: (set(), set()))


def _voided(ledger: Ledger) -> Iterator[Joint]:
    """A transformation whose data were declared wrong, with nothing in its place, did happen somehow."""
    doubted: dict[Hub, list[Posting]] = defaultdict(list)
    for posting in ledger.doubted:
        doubted[posting.hub].append(posting)
    for hub in sorted(doubted):
        told = joint_of(hub, [*doubted[hub], *ledger.hubs.get(hub, ())])
        joint = Joint("voided", told.key, Certainty.POSSIBLE, told.sources, told.targets, hub)
        if _made(joint):
            yield joint


def _unsourced(stocks: Stocks) -> Iterator[Joint]:
    """A stock without source, sighted only, or overdrawn is fed by all stocks of its batch.

    But a pool on hand has its source: the batches of its product there.
    """
    sides = _sides()
    for stock, totals in stocks.items():
        drawn = pooled_product(stock.batch) is not None and on_hand(stock.place)
        if not drawn and (totals.overdrawn or not totals.puts):
            sides[stock.batch,][1].add(stock)
    for stock in stocks:
        if (stock.batch,) in sides:
            sides[stock.batch,][0].add(stock)
    return links("unsourced", Certainty.POSSIBLE, sides)


def _open(ledger: Ledger, stocks: Stocks) -> Iterator[Joint]:
    """A lane feeds its destination, and a unit the facilities where it stopped: all that is there of the batch.

    Even sums do not show that all of it was received: a receipt that stands against them may be of goods that
    were sent under another name of the same way. What a lane names as its destination is there in any case.
    """
    sides, named = _sides(), set(stocks)
    for stock, totals in ledger.stocks.items():
        lane = lane_of(stock.place)
        if not totals.puts or not (lane or is_unit(stock.place)):
            continue
        product = ledger.book.products.get(stock.batch)
        for label in labels_of_destination(ledger, lane) if lane else ledger.stops.get(stock.place, ()):
            sides[(stock.batch, facility_of(label) or label)][0].add(stock)
            if product is not None:  # what was taken there without a batch may be of these goods
                sides[(pool_of(product), facility_of(label) or label)][0].add(stock)
        if lane and on_hand(lane.target):
            named.add(Stock(stock.batch, lane.target))
    for stock in named:
        if on_hand(stock.place):
            for label in labels_of_place(ledger, stock.place):
                if (key := (stock.batch, label)) in sides:
                    sides[key][1].add(stock)
    return links("open", Certainty.POSSIBLE, sides)


def _pools(ledger: Ledger, stocks: Stocks, taken: Iterable[Stock]) -> Iterator[Joint]:
    """What was taken without a batch may be of any batch of the product there, units that stopped included.

    Where no goods of the product ever came, or not enough, it may be of any batch of the product anywhere.
    """
    sides = _sides()
    supplies: dict[Key, Totals] = defaultdict(Totals)
    for stock in taken:
        if (product := pooled_product(stock.batch)) is not None:
            sides[(product, stock.place)][1].add(stock)
    for stock, totals in stocks.items():
        product = ledger.book.products.get(stock.batch) or pooled_product(stock.batch)
        for place in (stock.place, *ledger.stops.get(stock.place, ())):
            if product is not None and (key := (product, place)) in sides:
                sides[key][0].add(stock)
                if place == stock.place:
                    supplies[key].include(totals)
        if product is not None:
            sides[(product, WHOLE)][0].add(stock)
    for place_key, supply in supplies.items():
        if supply.overdrawn or not supply.puts:
            sides[place_key[0], WHOLE][1].update(sides[place_key][1])
    return links("pool", Certainty.POSSIBLE, sides)


def _reaching_wholes(joints: list[Joint]) -> tuple[list[Joint], set[str]]:
    """Transformations lead to the whole of each batch that they make out of another."""
    wholes: set[str] = set()
    reaching = []
    for joint in joints:
        made = _made(joint) if joint.kind in ("line", "voided") else set()
        wholes |= made
        extra = tuple(Stock(batch, WHOLE) for batch in sorted(made))
        fed = joint.targets + extra
        reaching.append(Joint(joint.kind, joint.key, joint.certainty, joint.sources, fed, joint.hub))
    return reaching, wholes


def _made(joint: Joint) -> set[str]:
    """The batches that a line makes out of others."""
    sources = {stock.batch for stock in joint.sources}
    return {target.batch for target in joint.targets if len(sources) > (target.batch in sources)}


def _wholes(stocks: Stocks, wholes: set[str]) -> Iterator[Joint]:
    """The whole of a batch is all its stocks."""
    sides: dict[Key, Sides] = {(batch,): ({Stock(batch, WHOLE)}, set[Stock]()) for batch in wholes}
    for stock in stocks:
        if stock.batch in wholes and stock.place != WHOLE:
            sides[stock.batch,][1].add(stock)
    return links("whole", Certainty.POSSIBLE, sides)
