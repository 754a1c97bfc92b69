"""Sums of the books: stock on hand, mass balance, what was produced, recovered and accounted for.

Quantities are in base units. Where a quantity is unknown a sum becomes a range; it never becomes a guess.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from decimal import Decimal

from tracelot.rules.books import Hub, Posting, Stock
from tracelot.rules.ledgers import ZERO, Ledger, Totals
from tracelot.rules.places import facility_of, is_unit, pool_of
from tracelot.rules.presence import Presence, whereabouts


@dataclass(frozen=True, slots=True)
class Range:
    """From the least to the most; `most` None where nobody can say how much more."""

    least: Decimal = ZERO
    most: Decimal | None = ZERO

    def __add__(self, other: "Range") -> "Range":
        most = None if self.most is None or other.most is None else self.most + other.most
        return Range(self.least + other.least, most)

    @property
    def exact(self) -> Decimal | None:
        """The one amount that it can be; None for a true range."""
        return self.least if self.least == self.most else None


def left(totals: Totals) -> Range:
    return Range(totals.least, totals.most)


@dataclass(frozen=True)
class Hands:
    """What is on hand, by facility and batch. Made by `hands_of`."""

    ledger: Ledger
    presence: Presence

    def own(self, batch: str, place: str) -> Range:
        """What is left of a batch at one place; what was taken there without a batch may have been of it."""
        totals = self.ledger.totals(Stock(batch, place))
        product = self.ledger.book.products.get(batch)
        pool = self.ledger.totals(Stock(pool_of(product), place)) if product is not None else None
        if pool is None or not pool.takes:
            return left(totals)
        # Goods that came without a batch cover what left without one; the rest was of some batch.
        drawn = totals.least if pool.unknown_takes or pool.mixed else max(ZERO, pool.taken - pool.put)
        return Range(max(ZERO, totals.least - drawn), totals.most)

    def at(self, batch: str, facility: str) -> Range:
        """What a facility has of a batch: in stock, set apart, and in the units that are there."""
        total = Range()
        for place in self.ledger.places.get(batch, ()):
            if facility_of(place) == facility:
                total += self.own(batch, place)
            elif is_unit(place):
                total += self._in_unit(batch, place, facility)
        return total

    def _in_unit(self, batch: str, unit: str, facility: str) -> Range:
        held = left(self.ledger.totals(Stock(batch, unit)))
        places = [facility_of(place) or place for place in self.presence.get(unit, ())]
        if facility not in places:
            return Range()
        return held if set(places) == {facility} else Range(ZERO, held.most)

    def of_product(self, product: str, place: str) -> Range:
        """What is left of all batches of a product at one place: exact even where takes named no batch."""
        together = Totals(unit=None)
        for batch in sorted({*self.ledger.book.products, pool_of(product)}):
            if self.ledger.book.products.get(batch, product) == product:
                together.include(self.ledger.totals(Stock(batch, place)))
        return left(together)

    def facilities(self, batch: str) -> tuple[str, ...]:
        """The facilities that have, or may have, some of a batch."""
        found = set()
        for place in self.ledger.places.get(batch, ()):
            spots = self.presence.get(place, ()) if is_unit(place) else (place,)
            found |= {facility for spot in spots if (facility := facility_of(spot))}
        return tuple(sorted(one for one in found if self.at(batch, one) != Range()))


def hands_of(ledger: Ledger) -> Hands:
    return Hands(ledger, whereabouts(ledger))


# --- mass balance ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Balance:
    """What went into a line and came out of it, in one base unit.

    `unexplained` is what neither an output nor a declared loss accounts for; None where a quantity is unknown.
    """

    hub: Hub
    unit: str
    taken: Decimal | None
    put: Decimal | None
    lost: Decimal | None
    yields: tuple[tuple[str, Decimal], ...]

    @property
    def unexplained(self) -> Decimal | None:
        if self.taken is None or self.put is None or self.lost is None:
            return None
        return self.taken - self.put - self.lost


def mass_balance(ledger: Ledger, hub: Hub) -> tuple[Balance, ...]:
    """The balance of a line, for each base unit in it; yields are shares of what was taken."""
    postings = ledger.hubs.get(hub, ())
    losses = [loss for loss in ledger.book.losses if loss.hub == hub]
    units = sorted({posting.unit for posting in postings} | {loss.unit for loss in losses})
    return tuple(_balance(ledger, hub, unit, [one for one in postings if one.unit == unit]) for unit in units)


def _balance(ledger: Ledger, hub: Hub, unit: str, postings: Collection[Posting]) -> Balance:
    taken = known_sum(one.quantity for one in postings if one.side == "take")
    put = known_sum(one.quantity for one in postings if one.side == "put")
    lost = known_sum(loss.quantity for loss in ledger.book.losses if (loss.hub, loss.unit) == (hub, unit))
    yields = []
    for batch in sorted({one.batch for one in postings if one.side == "put"}):
        made = known_sum(one.quantity for one in postings if one.side == "put" and one.batch == batch)
        if made is not None and taken:
            yields.append((batch, made / taken))
    return Balance(hub, unit, taken, put, lost, tuple(yields))


def known_sum(quantities: Iterable[Decimal | None]) -> Decimal | None:
    """The sum; None as soon as one of them is unknown."""
    total = ZERO
    for quantity in quantities:
        if quantity is None:
            return None
        total += quantity
    return total
