"""The book as it stood at a moment: the same numbers, without what was recorded later."""

from collections.abc import Iterable
from datetime import datetime
from typing import Protocol, TypeVar

import numpy as np

from tracelot.index.adjacency import pointers
from tracelot.index.columns import Columns
from tracelot.index.holdings import Holdings, instant
from tracelot.index.keeping import Arrays
from tracelot.index.numbers import Growing
from tracelot.rules.books import Book, Move, Sighting


class _Recorded(Protocol):
    @property
    def recorded_at(self) -> datetime: ...


Fact = TypeVar("Fact", bound=_Recorded)


def arrays_at(arrays: Arrays, moment: datetime) -> Arrays:
    """Arrays of what was recorded by then, voids too. It costs as much as to build them."""
    arrays.rebuild()
    now = arrays.holdings
    holdings = _postings_at(now, instant(moment))
    then = Arrays(holdings=holdings)

    def known(facts: Iterable[Fact]) -> tuple[Fact, ...]:
        return tuple(fact for fact in facts if fact.recorded_at <= moment)

    where = known(fact for facts in now.whereabouts.values() for fact in facts)
    seen = known(fact for facts in now.sightings.values() for fact in facts)
    then.take_in(
        Book(
            moves=tuple(fact for fact in where if isinstance(fact, Move)),
            sightings=(*seen, *(fact for fact in where if isinstance(fact, Sighting))),
            emptyings=known(now.emptyings),
            claims=known(claim for claims in now.claims.values() for claim in claims),
            voids=known(now.voids),
        )
    )
    then.rebuild()
    return then


def _postings_at(now: Holdings, moment: int) -> Holdings:
    """Holdings with the names of others, whose numbers stay, and the postings recorded by a moment."""
    then = Holdings(now.owners)
    then.batches, then.records, then.places = now.batches, now.records, now.places
    then.units_of_measure, then.products = now.units_of_measure, now.products
    then.stocks, then.hubs = now.stocks.copy(), now.hubs.copy()
    then.product_of, then.late = Growing("i4", now.product_of.values), Growing("?", now.late.values)
    then.stocks_of.update({batch: [*stocks] for batch, stocks in now.stocks_of.items()})
    then.lines_of.update({record: {*lines} for record, lines in now.lines_of.items()})
    then.packed.update({unit: {*lines} for unit, lines in now.packed.items()})
    then.pools = {*now.pools}
    recorded = now.recorded.values[: len(now.records)].astype(np.int64)
    known = (recorded > 0) & (recorded <= moment)
    then.recorded = Growing("i8", np.where(known, recorded, 0))
    then.wrong.reach(len(now.records))
    then.making, then.party_of = now.making, now.party_of
    then.parties = now.parties
    old = now.columns
    kept = known[old.record]
    then.columns = Columns(
        pointers(np.bincount(old.line[kept], minlength=old.lines)),
        old.stock[kept], old.put[kept], old.amount[kept], old.unit[kept], old.record[kept],
    )  # fmt: skip
    then.count_all()
    return then
