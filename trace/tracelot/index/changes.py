"""Facts that come in: what they change of the holdings, and which lines, stocks and batches that concerns."""

from collections.abc import Iterable, Iterator, Mapping

import numpy as np

from tracelot.index.columns import Row, counted
from tracelot.index.families import Doubt
from tracelot.index.holdings import EPOCH, Holdings, instant
from tracelot.rules.books import (
    Book,
    Claim,
    Emptying,
    Move,
    Note,
    Posting,
    Sighting,
    Stock,
    Void,
    doubted,
    nested,
    voided,
)
from tracelot.rules.ledgers import open_book
from tracelot.rules.places import is_unit, pooled_product


class Changes:
    """What one taking in of records changes."""

    def __init__(self, holdings: Holdings, doubt: Doubt) -> None:
        self._holdings = holdings
        self._doubt = doubt
        self.lines: set[int] = set()
        self.stocks: set[int] = set()
        self.batches: set[int] = set()
        self.claimed: set[int] = set()
        self.pools: set[int] = set()  # products, as `product_of` counts them
        self.units = False
        self.owners = False
        self._records: set[str] = set()
        self._void = False

    def take_in(self, book: Book, parties: Mapping[str, str], units: Iterable[str]) -> None:
        holdings = self._holdings
        for record, party in parties.items():
            number = holdings.record_number(record)
            holdings.party_of.array[number] = holdings.parties.number(party) + 1
        for unit in units:
            self.units = True
            holdings.whereabouts.pop(unit, None)
        self.owners = any(self._renamed(end, party) for end, party in book.owners.items())
        holdings.owners.update(book.owners)
        for posting in book.postings:
            self._posting(posting)
        for name, product in book.products.items():
            batch = holdings.batch_number(name)
            holdings.set_product(batch, product)
            self.batches.add(batch)
        facts: list[Move | Sighting] = [*book.moves, *book.sightings]
        for fact in facts:
            self._known(fact.record, instant(fact.recorded_at))
            if isinstance(fact, Move) or is_unit(fact.subject):
                holdings.add_whereabouts(fact)
                self.units = True
            else:
                self._sighting(fact)
        for claim in book.claims:
            self._claim(claim)
        holdings.emptyings += book.emptyings
        self.units = self.units or bool(book.emptyings)
        others: list[Emptying | Note] = [*book.emptyings, *book.notes]
        for other in others:
            self._known(other.record, instant(other.recorded_at))
        for void in book.voids:
            self._voided(void)

    def _renamed(self, end: str, party: str) -> bool:
        """Whether an end gets another party than links were derived with; of one that is new nothing was derived."""
        known = self._holdings.owners.get(end)
        fresh = known is None and end.startswith("facility:") and self._holdings.places.find(end) is None
        return known != party and not fresh

    def _known(self, record: str, recorded: int) -> None:
        number = self._holdings.record_number(record)
        self._holdings.recorded.array[number] = recorded
        self._records.add(record)

    def _posting(self, posting: Posting) -> None:
        holdings = self._holdings
        line, stock = holdings.add_posting(posting)
        self._records.add(posting.record)
        self.lines.add(line)
        self.stocks.add(stock)
        self.units = self.units or is_unit(posting.place)
        product = pooled_product(posting.batch)
        if product is not None:
            batch = holdings.batch_number(posting.batch)
            holdings.set_product(batch, product)
            self.pools.add(int(holdings.product_of.array[batch]))
            self.batches.add(batch)

    def _sighting(self, sighting: Sighting) -> None:
        stock = self._holdings.stock_number(Stock(sighting.subject, sighting.place))
        self._holdings.sightings[stock].append(sighting)
        self._holdings.spoken[sighting.record].add(self._holdings.stocks.of(stock)[0])
        self.stocks.add(stock)

    def _claim(self, claim: Claim) -> None:
        holdings = self._holdings
        self._known(claim.record, instant(claim.recorded_at))
        holdings.claims[claim.batch].append(claim)
        batch = holdings.batch_number(claim.batch)
        self.claimed.add(batch)
        self.batches.add(batch)
        holdings.spoken[claim.record].add(batch)

    def _voided(self, void: Void) -> None:
        holdings = self._holdings
        holdings.voids.append(void)
        self._void = self.units = True
        record = holdings.record_number(void.record)
        if holdings.wrong.array[record]:
            return
        holdings.wrong.array[record] = True
        self.batches |= holdings.spoken.get(void.record, set())
        for line in holdings.own_lines(record):
            for row in holdings.change(line):
                if row.record == record:
                    holdings.wronged[holdings.stocks.of(row.stock)[0]].add(record)
                    holdings.count(row, -1)
                    self.stocks.add(row.stock)
            self.lines.add(line)
        for batch in holdings.spoken.get(void.record, ()):
            self.stocks.update(holdings.stocks_of_batch(batch))

    # --- what follows ---

    def settle(self) -> list[Posting] | None:
        """What wrong records said of lines that happened all the same; None where nothing of that changed."""
        holdings = self._holdings
        doubts = bool(holdings.voids) and (self._void or self._concerns_doubt())
        emptied = bool(holdings.emptyings) and (doubts or self.units or self._emptied())
        hidden = self._spell() if emptied else []
        return [*self._told(), *hidden] if doubts or (emptied and holdings.voids) else None

    def _emptied(self) -> bool:
        places = {emptying.place for emptying in self._holdings.emptyings}
        return any(self._holdings.stock(stock).place in places for stock in self.stocks)

    def _concerns_doubt(self) -> bool:
        named = {record for void in self._holdings.voids for record in (void.record, *void.replaced_by)}
        hubs = {self._holdings.hub(line) for line in self.lines}
        return bool(named & self._records) or not hubs.isdisjoint(self._doubt.postings)

    def _notes(self) -> tuple[Note, ...]:
        """That the records are there which voids name."""
        holdings = self._holdings
        named = {record for void in holdings.voids for record in (void.record, *void.replaced_by)}
        numbers = [(record, holdings.records.find(record)) for record in sorted(named)]
        return tuple(
            Note(record, EPOCH)
            for record, number in numbers
            if number is not None and holdings.recorded.array[number]
        )

    def _told(self) -> Iterator[Posting]:
        holdings = self._holdings
        for name in doubted(Book(voids=tuple(holdings.voids), notes=self._notes())):
            record = holdings.record_number(name)
            for line in holdings.own_lines(record):
                rows = [row for row in holdings.all_rows(line) if row.record == record]
                yield from holdings.postings_of(line, rows)

    def _spell(self) -> list[Posting]:
        """Spell emptyings out by the rules; gives what wrong ones took out all the same."""
        holdings = self._holdings
        places = nested(
            {unit: list(inner) for unit, inner in holdings.inside.items()},
            [emptying.place for emptying in holdings.emptyings],
        )
        book = Book(
            postings=tuple(self._postings_at(places)),
            moves=tuple(
                fact for facts in holdings.whereabouts.values() for fact in facts if isinstance(fact, Move)
            ),
            emptyings=tuple(holdings.emptyings),
            voids=tuple(holdings.voids),
            notes=self._notes(),
        )
        wrong, ledger = voided(book), open_book(book)
        sound = sum(posting.record not in wrong for posting in book.postings)
        went = sum(move.record not in wrong for move in book.moves)
        holdings.spelled_moves = list(ledger.book.moves[went:])
        self._replace(ledger.book.postings[sound:])
        unsure = {posting.record for posting in ledger.doubted}
        told = sum(posting.record in unsure for posting in book.postings)
        return list(ledger.doubted[told:])

    def _postings_at(self, places: Iterable[str]) -> Iterator[Posting]:
        holdings = self._holdings
        numbers = [number for place in places if (number := holdings.places.find(place)) is not None]
        at = (holdings.stocks.keys & 0xFFFFFFFF).astype(np.int32)
        stocks = set(np.flatnonzero(np.isin(at, numbers)).tolist())
        for line in {line for stock in stocks for line in holdings.every_line_at(stock)}:
            rows = [row for row in holdings.all_rows(line) if row.stock in stocks]
            yield from holdings.postings_of(line, rows)

    def _replace(self, postings: Iterable[Posting]) -> None:
        holdings = self._holdings
        for line, rows in holdings.spelled.items():
            self._count(line, rows, -1)
        holdings.spelled = {}
        for posting in postings:
            line = holdings.hubs.number(holdings.record_number(posting.hub.event), posting.hub.line)
            row = Row(
                holdings.stock_number(posting.stock), posting.side == "put", counted(posting.quantity),
                holdings.units_of_measure.number(posting.unit), holdings.record_number(posting.record),
            )  # fmt: skip
            holdings.spelled.setdefault(line, []).append(row)
            if is_unit(posting.place):
                holdings.packed[posting.place].add(line)
        for line, rows in holdings.spelled.items():
            self._count(line, rows, 1)

    def _count(self, line: int, rows: Iterable[Row], times: int) -> None:
        self.lines.add(line)
        for row in rows:
            self._holdings.count(row, times)
            self.stocks.add(row.stock)
