"""A part of the books opened from what the index holds: all facts of some batches, and the ways of units."""

from collections.abc import Collection, Iterable

from tracelot.index.facts import facts_of, stocks_named
from tracelot.index.keeping import Arrays
from tracelot.rules.books import Book, Hub, Move, Posting, Stock
from tracelot.rules.ledgers import Ledger, Totals, places_by_batch
from tracelot.rules.places import is_unit, pool_of, pooled_product


def opened(arrays: Arrays, batches: Iterable[int], units: Collection[str] = ()) -> Ledger:
    """As the rules would open the book of these batches and of what was said of their products without a batch."""
    holdings = arrays.holdings
    members = _with_pools(arrays, batches)
    stocks: dict[Stock, Totals] = {}
    sighted: set[Stock] = set()
    numbers = [one for batch in members for one in holdings.stocks_of_batch(batch) if holdings.stands(one)]
    for number, stock in zip(numbers, stocks_named(holdings, numbers), strict=True):
        stocks[stock] = Totals()
        if any(not holdings.is_wrong(seen.record) for seen in holdings.sightings.get(number, ())):
            sighted.add(stock)
    lines = arrays.lines_at_any(numbers)
    hubs = _hubs(arrays, lines)
    for posting in (one for postings in hubs.values() for one in postings):
        if (totals := stocks.get(posting.stock)) is not None:
            totals.add(posting)
    held = {stock.place for stock in stocks if is_unit(stock.place)}
    outer = holdings.outer(held)
    hubs |= _hubs(arrays, {line for unit in outer for line in holdings.packed.get(unit, ())} - lines)
    stops, lanes = arrays.families.journeys({*units, *held})
    names = [holdings.batches.text(batch) for batch in members]
    told = [
        (name, holdings.product(batch))
        for name, batch in zip(names, members, strict=True)
        if pooled_product(name) is None
    ]
    book = Book(
        moves=tuple(fact for fact in holdings.standing(outer) if isinstance(fact, Move)),
        products={name: product for name, product in told if product is not None},
        owners=holdings.owners,
    )
    return Ledger(book, stocks, hubs, places_by_batch(stocks), frozenset(sighted), stops, lanes, ())


def _with_pools(arrays: Arrays, batches: Iterable[int]) -> list[int]:
    members = set(batches)
    products = {product for batch in members if (product := arrays.holdings.product(batch)) is not None}
    pools = [arrays.holdings.batches.find(pool_of(product)) for product in products]
    return sorted(members | {pool for pool in pools if pool is not None})


def _hubs(arrays: Arrays, lines: Iterable[int]) -> dict[Hub, tuple[Posting, ...]]:
    return {postings[0].hub: postings for postings in facts_of(arrays.holdings, lines).values()}
