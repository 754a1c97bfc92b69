"""The index kept up: new facts come beside the arrays, and the arrays are built anew when these grow many."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from tracelot.index.adjacency import MADE, Adjacency, Bits, Scratch, build, spans
from tracelot.index.changes import Changes
from tracelot.index.columns import Row, merged
from tracelot.index.families import Families
from tracelot.index.holdings import Holdings
from tracelot.index.marks import EXTRA, RECALL, TRACE, marks_of
from tracelot.index.numbers import Growing
from tracelot.rules.books import Book

NO_PARTIES: Mapping[str, str] = {}
BESIDE = 5_000  # as many lines at once are not followed beside the arrays


class Arrays:
    """What walks go over. Marks are only ever added until the arrays are built anew."""

    def __init__(self, owners: dict[str, str] | None = None, holdings: Holdings | None = None) -> None:
        self.holdings = holdings or Holdings(owners)
        self.families = Families(self.holdings, self.lines_at_any)
        self.rebuild()

    # --- building ---

    def rebuild(self) -> None:
        """Bring all that came beside the arrays into them."""
        holdings = self.holdings
        if holdings.later or holdings.spelled:
            self._merge()
        columns = holdings.columns
        wrong = holdings.wrong.array[: len(holdings.records)]
        lines = columns.sides(wrong)
        batch_of = holdings.batch_of
        self.adjacency: Adjacency = build(lines, batch_of)
        loaded = holdings.stocks.keys[: holdings.stocks.loaded]
        batches = np.arange(len(holdings.batches) + 1 if holdings.stocks.loaded else 1, dtype=np.int64)
        self.batch_pointers = np.searchsorted(loaded, batches << 32).astype(np.int32)
        self.dead: Bits = np.zeros(columns.lines, np.bool_)
        self.any_dead = False
        self.batch_of = Growing("i4", batch_of)
        self.made = Growing("?", np.zeros(len(holdings.batches), np.bool_))
        way = self.adjacency.backward
        target = np.repeat(np.arange(self.adjacency.stocks, dtype=np.int32), np.diff(way.pointers))
        self.made.array[batch_of[target[(way.via & 1) == 1]]] = True
        self._making: dict[int, frozenset[int]] = {}  # of lines beside the arrays
        self._making_lines: dict[int, set[int]] = defaultdict(set)  # by batch
        self.batch_marks = Growing("u1", marks_of(holdings, columns, self.adjacency, lines, wrong))
        self.marks = Growing("u1", self.batch_marks.values[batch_of])
        for product in holdings.pools:
            self.families.pooled[product] = np.flatnonzero(holdings.product_of.values == product).tolist()
        self._mark_again()
        self.scratch = Scratch()
        self.families.forget_all()

    def _merge(self) -> None:
        holdings = self.holdings
        old = holdings.columns
        gone = np.zeros(old.lines, np.bool_)
        changed = [line for line in holdings.later if line < old.lines]
        gone[changed] = True
        rows = ((line, row) for line, told in holdings.later.items() for row in told)
        holdings.columns = merged(old, len(holdings.hubs), gone, rows)
        holdings.later.clear()
        holdings.lines_at.clear()
        kept = {record: {line for line in lines if holdings.hubs.of(line)[0] != record or line >= holdings.hubs.loaded}
                for record, lines in holdings.lines_of.items()}  # fmt: skip
        holdings.lines_of.clear()
        holdings.lines_of.update(kept)

    def _mark_again(self) -> None:
        """Marks of what stays beside the arrays: what emptyings took out, pools, and doubt."""
        holdings = self.holdings
        for line, rows in holdings.spelled.items():
            self._beside(line)
            for row in rows:
                self._mark_batch(int(self.batch_of.array[row.stock]), RECALL)
        for number in self.families.doubt.links.leaving.keys() | self.families.doubt.links.entering.keys():
            if number >= 0:
                self._mark(number, EXTRA)
        for name in self.families.doubt.hubs:
            self._mark_batch(holdings.batch_number(name), RECALL)
        for batch in self.families.doubt.made:
            self.made.array[batch] = True
        for members in self.families.pooled.values():
            for batch in members:
                self._mark_batch(batch, RECALL)

    # --- marks ---

    def _mark(self, stock: int, mark: int) -> None:
        self.marks.array[stock] |= mark

    def _mark_batch(self, batch: int, mark: int) -> None:
        if self.batch_marks.array[batch] & mark == mark:
            return
        self.batch_marks.array[batch] |= mark
        first, end = self.holdings.stocks.span(batch)
        if end > first:
            self.marks.array[first:end] |= mark
        for stock in self.holdings.stocks_of.get(batch, ()):
            self.marks.array[stock] |= mark

    def reach(self) -> None:
        """Room for the stocks and batches that came."""
        holdings = self.holdings
        for stock in range(self.batch_of.used, len(holdings.stocks)):
            batch = holdings.stocks.of(stock)[0]
            self.batch_of.add(batch)
            self.batch_marks.reach(batch + 1)
            self.marks.add(int(self.batch_marks.array[batch]))
        self.made.reach(len(holdings.batches))
        self.batch_marks.reach(len(holdings.batches))

    def _beside(self, line: int) -> None:
        """Follow a line by its rows from now on."""
        if line < len(self.dead) and not self.dead[line]:
            self.dead[line] = self.any_dead = True
        rows = self.holdings.rows(line)
        for row in rows:
            self.holdings.lines_at[row.stock].add(line)
            self._mark(row.stock, EXTRA)
        self._making[line] = self.makes(rows)
        for batch in self._making[line]:
            self._making_lines[batch].add(line)

    def is_beside(self, line: int) -> bool:
        """Whether a line is followed by its rows and not in the arrays."""
        return line >= len(self.dead) or bool(self.dead[line])

    def makes(self, rows: list[Row]) -> frozenset[int]:
        """The batches that a line makes out of others."""
        of = self.batch_of.array
        taken = {int(of[row.stock]) for row in rows if not row.put}
        return frozenset(batch for row in rows if row.put and taken - {batch := int(of[row.stock])})

    def is_odd(self, batch: int, mark: int) -> bool:
        return bool(self.batch_marks.array[batch] & mark)

    def named(self, batch: int) -> frozenset[int]:
        """Stocks of a batch that the links of a recall name."""
        return self.families.of("recall", batch).stocks[batch]

    def _made_again(self, batch: int) -> None:
        """Whether some line that holds, or a doubted one, makes a batch out of others."""
        way, (first, end) = self.adjacency.backward, self.holdings.stocks.span(batch)
        spans = [(first, end), *((one, one + 1) for one in self.holdings.stocks_of.get(batch, ()))]
        made = False
        for start, stop in spans:
            if stop <= self.adjacency.stocks:
                via = way.via[way.pointers[start] : way.pointers[stop]]
                made = made or bool((((via & MADE) == 1) & ~self.dead[via >> 1]).any())
        made = made or any(batch in self._making[line] for line in self._making_lines.get(batch, ()))
        self.made.array[batch] = made or batch in self.families.doubt.made

    def lines_at_any(self, stocks: Sequence[int]) -> set[int]:
        """The lines that may have a posting at any of these stocks."""
        loaded = np.array([stock for stock in stocks if stock < self.adjacency.stocks], np.int64)
        found: set[int] = set()
        for way in (self.adjacency.forward, self.adjacency.backward):
            first = way.pointers.take(loaded)
            places = spans(first, way.pointers.take(loaded + 1) - first)
            found.update((way.via.take(places) >> 1).tolist())
        later = self.holdings.lines_at
        return found.union(*(later.get(stock, ()) for stock in stocks)) if later else found

    # --- taking in ---

    def take_in(self, book: Book, parties: Mapping[str, str] = NO_PARTIES, units: Iterable[str] = ()) -> None:
        """Whole records, all facts of each at once, in any order; many at once go into the arrays themselves.

        `parties` made the records; of `units` the book tells anew all that is known of their ways.
        """
        holdings, families = self.holdings, self.families
        changes = Changes(holdings, families.doubt)
        changes.take_in(book, parties, units)
        told = changes.settle()
        self.reach()
        before = families.set_doubt(told) if told is not None else set[str]()
        holdings.pools |= changes.pools
        if changes.owners or len(changes.lines) > BESIDE:
            self.rebuild()
            return
        self.reach()
        for line in changes.lines:
            self._beside(line)
        batches = changes.batches | {int(self.batch_of.array[stock]) for stock in changes.stocks}
        batches |= {holdings.batch_number(name) for name in before}
        for batch in batches:
            self._mark_batch(batch, RECALL)
            self._made_again(batch)
        for stock in changes.stocks:
            if holdings.stands(stock) and not holdings.puts.array[stock]:
                self._mark_batch(int(self.batch_of.array[stock]), TRACE)
        for batch in changes.claimed:
            self._mark_batch(batch, TRACE | RECALL)
        self._pool(changes.pools, changes.batches)
        if told is not None:
            self._mark_again()
        families.forget(batches)
        if changes.units:
            families.forget_packed()

    def _pool(self, pools: set[int], batches: set[int]) -> None:
        """Batches of a product with a pool are one family in a recall."""
        pooled, product_of = self.families.pooled, self.holdings.product_of
        for product in pools - pooled.keys():
            pooled[product] = np.flatnonzero(product_of.values == product).tolist()
            for batch in pooled[product]:
                self._mark_batch(batch, RECALL)
        for batch in batches:
            members = pooled.get(int(product_of.array[batch]))
            if members is not None and batch not in members:
                members.append(batch)
