"""All that the index holds of a book: the postings in arrays, what came since beside them, and the other facts."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta

import numpy as np

from tracelot.index.columns import EMPTY, Columns, Row, counted, told
from tracelot.index.numbers import Growing, Names, Pairs, Small
from tracelot.index.places import Places
from tracelot.rules.books import Claim, Emptying, Hub, Move, Posting, Sighting, Stock, Void
from tracelot.rules.gaps import MAKING
from tracelot.rules.places import WHOLE, is_unit

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
MADE_BY = min(MAKING)


def instant(moment: datetime) -> int:
    return (moment - EPOCH) // MICROSECOND


class Holdings:
    """Facts by number. `columns` are what stood when the arrays were built; `later` are the lines changed since.

    A line that changed is told there as a whole. All postings of one record were recorded at one time.
    """

    def __init__(self, owners: Mapping[str, str] | None = None) -> None:
        self.batches, self.records, self.places = Names(), Names(), Places()
        self.units_of_measure, self.products = Names(), Names()
        self.stocks, self.hubs = Pairs(), Pairs()
        self.product_of = Growing("i4")  # of a batch: the number of its product and one, or zero
        self.late = Growing("?")  # of a batch: whether stocks of it came after the first loading
        self.recorded = Growing("i8")  # of a record: when, or zero where nothing of it came yet
        self.wrong = Growing("?")  # of a record
        self.making = Growing("?")  # of a record: whether it made something
        self.parties = Names()
        self.party_of = Growing("i4")  # of a record: the number of its party and one, or zero
        self.wronged: dict[int, set[int]] = defaultdict(set)  # batch → wrong records of it
        self.puts, self.postings = Growing("i4"), Growing("i4")  # of a stock: how many hold
        self.pools: set[int] = set()  # products with a pool, as `product_of` counts them
        self.owners = dict(owners or {})
        self.columns: Columns = EMPTY
        self.later: dict[int, list[Row]] = {}
        self.spelled: dict[int, list[Row]] = {}  # what emptyings took out, by line
        self.spelled_moves: list[Move] = []
        self.lines_at: dict[int, set[int]] = defaultdict(set)  # stock → lines changed since
        self.stocks_of: dict[int, list[int]] = defaultdict(list)  # batch → stocks that came since
        self.lines_of: dict[int, set[int]] = defaultdict(
            set
        )  # record → lines not of its own number or changed
        self.voids: list[Void] = []
        self.claims: dict[str, list[Claim]] = defaultdict(list)
        self.sightings: dict[int, list[Sighting]] = defaultdict(list)  # by stock
        self.whereabouts: dict[str, list[Move | Sighting]] = defaultdict(list)  # by unit
        self.inside: dict[str, set[str]] = defaultdict(set)  # unit → units ever put into it
        self.packed: dict[str, set[int]] = defaultdict(set)  # unit → lines
        self.emptyings: list[Emptying] = []
        self.spoken: dict[str, set[int]] = defaultdict(set)  # record → batches of its sightings and claims

    # --- numbers and names ---

    def stock_number(self, stock: Stock) -> int:
        batch, place = self.batch_number(stock.batch), self.places.number(stock.place)
        number = self.stocks.number(batch, place)
        if number >= self.puts.used:
            self.puts.reach(number + 1)
            self.postings.reach(number + 1)
            self.stocks_of[batch].append(number)
            self.late.array[batch] = True
        return number

    def batch_number(self, name: str) -> int:
        number = self.batches.number(name)
        self.product_of.reach(len(self.batches))
        self.late.reach(len(self.batches))
        return number

    def record_number(self, name: str) -> int:
        number = self.records.number(name)
        for growing in (self.recorded, self.wrong, self.making, self.party_of):
            growing.reach(len(self.records))
        return number

    def find_stock(self, stock: Stock) -> int | None:
        batch, place = self.batches.find(stock.batch), self.places.find(stock.place)
        return None if batch is None or place is None else self.stocks.find(batch, place)

    def stock(self, number: int) -> Stock:
        batch, place = self.stocks.of(number)
        return Stock(self.batches.text(batch), self.places.text(place))

    def hub(self, number: int) -> Hub:
        event, line = self.hubs.of(number)
        return Hub(self.records.text(event), line)

    def whole_stock(self, batch: int) -> Stock:
        return Stock(self.batches.text(batch), WHOLE)

    @property
    def batch_of(self) -> Small:
        """The batch of each stock."""
        return (self.stocks.keys >> 32).astype(np.int32)

    def stocks_of_batch(self, batch: int) -> list[int]:
        """All stocks of a batch that have a number, empty ones too."""
        first, end = self.stocks.span(batch)
        return [*range(first, end), *self.stocks_of.get(batch, ())]

    def stands(self, stock: int) -> bool:
        """Whether anything that holds names the stock."""
        return bool(self.postings.array[stock]) or any(
            not self.is_wrong(one.record) for one in self.sightings.get(stock, ())
        )

    def is_wrong(self, record: str) -> bool:
        number = self.records.find(record)
        return number is not None and number < self.wrong.used and bool(self.wrong.array[number])

    # --- postings ---

    def all_rows(self, line: int) -> list[Row]:
        """What was ever told of a line."""
        if line in self.later:
            return self.later[line]
        return self.columns.rows(line) if line < self.columns.lines else []

    def rows(self, line: int) -> list[Row]:
        """What holds of a line."""
        wrong = self.wrong.array
        return [row for row in self.all_rows(line) if not wrong[row.record]] + self.spelled.get(line, [])

    def every_line_at(self, stock: int) -> set[int]:
        """All lines that ever had a posting at a stock, wrong ones too; slow."""
        base = np.flatnonzero(self.columns.stock == stock)
        found = np.searchsorted(self.columns.pointers, base, side="right") - 1
        return {*found.tolist(), *self.lines_at.get(stock, ())}

    def change(self, line: int) -> list[Row]:
        """The rows of a line, to be changed; from now on they are told beside the arrays."""
        if line not in self.later:
            self.later[line] = self.all_rows(line)
            for row in self.later[line]:
                self.lines_at[row.stock].add(line)
                self.lines_of[row.record].add(line)
        return self.later[line]

    def add_posting(self, posting: Posting) -> tuple[int, int]:
        """Take a posting in; gives its line and its stock."""
        record, event = self.record_number(posting.record), self.record_number(posting.hub.event)
        line = self.hubs.number(event, posting.hub.line)
        stock = self.stock_number(posting.stock)
        amount, unit = counted(posting.quantity), self.units_of_measure.number(posting.unit)
        row = Row(stock, posting.side == "put", amount, unit, record)
        self.change(line).append(row)
        self.lines_at[stock].add(line)
        self.lines_of[record].add(line)
        self.recorded.array[record] = instant(posting.recorded_at)
        self.making.array[record] |= posting.act in MAKING
        if not self.wrong.array[record]:
            self.count(row, 1)
        if is_unit(posting.place):
            self.packed[posting.place].add(line)
        return line, stock

    def count(self, row: Row, times: int) -> None:
        self.postings.array[row.stock] += times
        self.puts.array[row.stock] += times * row.put

    def count_all(self) -> None:
        """Count what the columns say, before any record is declared wrong; and room for all that has a number."""
        columns, stocks = self.columns, len(self.stocks)
        self.postings = Growing("i4", np.bincount(columns.stock, minlength=stocks))
        self.puts = Growing("i4", np.bincount(columns.stock[columns.put], minlength=stocks))
        for growing in (self.product_of, self.late):
            growing.reach(len(self.batches))
        for growing in (self.recorded, self.wrong, self.making, self.party_of):
            growing.reach(len(self.records))

    def own_lines(self, record: int) -> set[int]:
        """All lines in which a record has a posting."""
        first, end = self.hubs.span(record)
        return {*range(first, end), *self.lines_of.get(record, ())}

    def posting(self, line: int, row: Row, hub: Hub | None = None) -> Posting:
        """A row as a fact; its times are of no account for links, and of acts only whether they make something."""
        stock = self.stock(row.stock)
        act = MADE_BY if self.making.array[row.record] else ""
        return Posting(
            self.records.text(row.record), hub or self.hub(line), *stock, "put" if row.put else "take",
            told(row.amount), EPOCH, EPOCH, act, self.units_of_measure.text(row.unit),
        )  # fmt: skip

    def postings_of(self, line: int, rows: Iterable[Row]) -> tuple[Posting, ...]:
        hub = self.hub(line)
        return tuple(self.posting(line, row, hub) for row in rows)

    def postings_at(self, hub: Hub) -> tuple[Posting, ...]:
        """What holds of a line."""
        event = self.records.find(hub.event)
        line = None if event is None else self.hubs.find(event, hub.line)
        return () if line is None else self.postings_of(line, self.rows(line))

    # --- products and units ---

    def product(self, batch: int) -> str | None:
        number = int(self.product_of.array[batch])
        return self.products.text(number - 1) if number else None

    def set_product(self, batch: int, product: str) -> None:
        self.product_of.array[batch] = self.products.number(product) + 1

    def add_whereabouts(self, fact: Move | Sighting) -> None:
        unit = fact.unit if isinstance(fact, Move) else fact.subject
        self.whereabouts[unit].append(fact)
        if isinstance(fact, Move) and fact.target is not None and is_unit(fact.target):
            self.inside[fact.target].add(unit)

    def outer(self, units: Iterable[str]) -> set[str]:
        """The units and those they were ever in, by facts that may have been declared wrong since."""
        met, waiting = set(units), list(units)
        while waiting:
            unit = waiting.pop()
            places = [
                place
                for fact in self.whereabouts.get(unit, ())
                for place in ((fact.source, fact.target) if isinstance(fact, Move) else (fact.place,))
            ]
            found = {place for place in places if place is not None and is_unit(place)} - met
            met |= found
            waiting += found
        return met

    def standing(self, units: Iterable[str]) -> Iterator[Move | Sighting]:
        """What holds of where units were."""
        for unit in units:
            for fact in self.whereabouts.get(unit, ()):
                if not self.is_wrong(fact.record):
                    yield fact
            yield from (move for move in self.spelled_moves if move.unit == unit)
