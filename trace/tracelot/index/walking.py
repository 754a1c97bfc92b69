"""The walk in arrays: everything that links of at least a certainty lead to, level by level.

It meets the same stocks at the same distances as the rules' own walk. Which of several links met a stock first is
told afterwards (`steps`), from the names alone; only where a budget cuts a level are names asked on the way.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from tracelot.index.adjacency import MADE, SINK, Bits, Way, spans
from tracelot.index.families import Family, Link
from tracelot.index.keeping import Arrays
from tracelot.index.marks import CLOSED, EXTRA, RECALL, TRACE
from tracelot.index.numbers import Small
from tracelot.rules.answers import Direction, Kind
from tracelot.rules.graphs import Limits
from tracelot.rules.links import Certainty
from tracelot.rules.tracing import NO_LIMITS

NOTHING: Small = np.zeros(0, np.int32)
FEW = 32  # names are sorted in Python up to here without a thought


@dataclass(frozen=True)
class Question:
    """`thorough`: cross the derived links of regular batches too, which lead nowhere that lines do not lead."""

    kind: Kind
    direction: Direction
    limits: Limits = NO_LIMITS
    thorough: bool = False


@dataclass
class Level:
    """What was met at one distance."""

    stocks: Small
    wholes: Small = field(default_factory=lambda: NOTHING)

    def __len__(self) -> int:
        return len(self.stocks) + len(self.wholes)


@dataclass
class Crossed:
    """What was crossed from one level: entries of the arrays, lines beside them, and derived links."""

    places: list[Small] = field(default_factory=list)  # entries of stocks
    sources: list[Small] = field(default_factory=list)  # from which stocks, entry by entry
    beyond: list[Small] = field(default_factory=list)  # to which, junctions below zero
    vias: list[Small] = field(default_factory=list)  # forward in a recall: over which, as the arrays have it
    junctions: Small = field(default_factory=lambda: NOTHING)
    lines: dict[int, tuple[int, ...]] = field(default_factory=dict)  # beside the arrays → the stocks beyond
    links: list[Link] = field(default_factory=list)
    wholes: Small = field(default_factory=lambda: NOTHING)  # forward: batches from whose whole it went on


@dataclass
class Walked:
    levels: list[Level]
    crossed: list[Crossed]
    shut: Certainty | None
    cut: bool

    @property
    def stocks(self) -> Small:
        return np.concatenate([level.stocks for level in self.levels]) if self.levels else NOTHING

    @property
    def wholes(self) -> Small:
        return np.concatenate([level.wholes for level in self.levels]) if self.levels else NOTHING

    def distances(self, *, wholes: bool = False) -> Small:
        sizes = [len(level.wholes if wholes else level.stocks) for level in self.levels]
        return np.repeat(np.arange(len(sizes), dtype=np.int32), sizes)


class Walker:
    """One walk; the arrays' scratch is clean before it and after it."""

    def __init__(self, arrays: Arrays, question: Question, certainty: Certainty) -> None:
        self._arrays = arrays
        self._kind: Kind = question.kind
        self._recall = question.kind == "recall"
        self._odd = RECALL if self._recall else TRACE
        self._certainty = certainty
        self._limits = question.limits
        self._forward = question.direction == "forward"
        self._thorough = question.thorough
        self._way: Way = arrays.adjacency.forward if self._forward else arrays.adjacency.backward
        self._met = 0
        self._done = Walked([], [], None, False)
        self._met_lines: set[int] = set()
        self._met_links: set[Link] = set()

    def walk(self, stocks: Sequence[int], wholes: Sequence[int] = ()) -> Walked:
        done, scratch = self._done, self._arrays.scratch
        self._reach()
        scratch.seen[SINK] = True
        try:
            level = self._enter(np.array(stocks, np.int32), np.array(wholes, np.int32))
            while len(level) and not done.cut and len(done.levels) - 1 != self._limits.depth:
                level = self._enter(*self._next(level))
        finally:
            self._clean()
        return done

    def _reach(self) -> None:
        arrays = self._arrays
        arrays.reach()
        holdings = arrays.holdings
        arrays.scratch.reach(len(holdings.stocks), arrays.adjacency.junctions, len(holdings.batches))

    def _clean(self) -> None:
        scratch = self._arrays.scratch
        for level in self._done.levels:
            scratch.seen[level.stocks] = False
            scratch.wholes[level.wholes] = False
        for crossed in self._done.crossed:
            scratch.seen[crossed.junctions] = False

    # --- entering a level ---

    def _enter(self, stocks: Small, wholes: Small) -> Level:
        """Meet what was not met before, each once."""
        scratch, budget = self._arrays.scratch, self._limits.budget
        stocks = self._new(stocks, scratch.seen)
        wholes = self._new(wholes, scratch.wholes)
        if budget is not None and self._met + len(stocks) + len(wholes) > budget:
            stocks, wholes = self._first(stocks, wholes, budget - self._met)
            self._done.cut = True
        level = Level(stocks, wholes)
        scratch.seen[stocks] = True
        scratch.wholes[wholes] = True
        self._met += len(level)
        if len(level):
            self._done.levels.append(level)
        return level

    def _new(self, nodes: Small, seen: Bits) -> Small:
        """The nodes not seen before, each once."""
        slot, nodes = self._arrays.scratch.slot, nodes.astype(np.intp, copy=False)
        found = nodes.compress(~seen.take(nodes))
        if len(found) > 1:
            order = np.arange(len(found), dtype=np.int32)
            slot[found] = order
            found = found.compress(slot.take(found) == order)
        return found

    def _first(self, stocks: Small, wholes: Small, room: int) -> tuple[Small, Small]:
        """Those with which the rules begin: the lowest names forward, the highest backward."""
        holdings = self._arrays.holdings
        named = [(holdings.stock(one), one) for one in stocks.tolist()]
        named += [(holdings.whole_stock(one), -1 - one) for one in wholes.tolist()]
        named.sort(reverse=not self._forward)
        kept = [number for _, number in named[:room]]
        return (
            np.array([one for one in kept if one >= 0], np.int32),
            np.array([-1 - one for one in kept if one < 0], np.int32),
        )

    # --- crossing links ---

    def _next(self, level: Level) -> tuple[Small, Small]:
        """What lies beyond the links of a level, with repetitions."""
        crossed = Crossed()
        self._done.crossed.append(crossed)
        stocks, wholes = [NOTHING], [NOTHING]
        self._cross_lines(level.stocks, crossed, stocks, wholes)
        if self._recall:
            self._cross_wholes(level, crossed, stocks, wholes)
        marks = self._arrays.marks.array.take(level.stocks)
        special = level.stocks if self._thorough else level.stocks[(marks & (EXTRA | self._odd)) != 0]
        beyond = []
        if len(special) or len(level.wholes):
            beyond = self._cross_special(special.tolist(), level.wholes.tolist(), crossed)
            self._reach()
        if beyond:
            stocks.append(np.array([one for one in beyond if one >= 0], np.int32))
            wholes.append(np.array([-1 - one for one in beyond if one < 0], np.int32))
        return np.concatenate(stocks), np.concatenate(wholes)

    def _cross_lines(
        self, level: Small, crossed: Crossed, stocks: list[Small], wholes: list[Small], *, made: bool = False
    ) -> None:
        """Over the entries of the arrays; `made`: only over those of lines that make the stock's batch."""
        arrays, way = self._arrays, self._way
        if arrays.adjacency.stocks < len(arrays.holdings.stocks):
            level = level[level < arrays.adjacency.stocks]
        first = way.pointers.take(level)
        counts = way.pointers.take(level + 1) - first
        places = spans(first, counts)
        sources = np.repeat((-1 - arrays.batch_of.array[level] if made else level).astype(np.int32), counts)
        if arrays.any_dead or made:
            via = way.via[places]
            kept = ~arrays.dead[via >> 1] if arrays.any_dead else np.ones(len(via), np.bool_)
            if made:
                kept &= (via & 1) == 1
            places, sources = places[kept], sources[kept]
        to = way.to.take(places)
        crossed.places.append(places)
        crossed.sources.append(sources)
        crossed.beyond.append(to)
        if self._recall and self._forward:  # no line over a junction or into the sink is marked here
            crossed.vias.append(way.via.take(places))
            wholes.append(arrays.batch_of.array.take(to.compress(crossed.vias[-1] & MADE)))
        if arrays.adjacency.junctions:
            self._cross_junctions(to[to < SINK], crossed, stocks, wholes)
            to = to[to >= 0]
        stocks.append(to)

    def _cross_junctions(
        self, junctions: Small, crossed: Crossed, stocks: list[Small], wholes: list[Small]
    ) -> None:
        arrays, way = self._arrays, self._way
        met = self._new(junctions, arrays.scratch.seen)
        arrays.scratch.seen[met] = True
        crossed.junctions = np.concatenate((crossed.junctions, met))
        number = -2 - met
        first = way.junction_pointers[number]
        places = spans(first, way.junction_pointers[number + 1] - first)
        to = way.junction_to[places]
        stocks.append(to)
        if self._recall and self._forward:
            wholes.append(arrays.batch_of.array[to[way.junction_made[places]]])

    def _cross_wholes(self, level: Level, crossed: Crossed, stocks: list[Small], wholes: list[Small]) -> None:
        """Forward from the whole of a batch to all its stocks; backward into it, and over the lines that made it."""
        arrays = self._arrays
        may = self._certainty >= Certainty.POSSIBLE
        if self._forward:
            if len(level.wholes):
                crossed.wholes = level.wholes if may else NOTHING
                self._shut(Certainty.POSSIBLE)
                if may:
                    stocks.append(self.stocks_of(level.wholes))
            return
        batches = arrays.batch_of.array[level.stocks]
        batches = batches[arrays.made.array[batches]]
        if len(batches):
            self._shut(Certainty.POSSIBLE)
            if may:
                wholes.append(batches)
        if len(level.wholes):
            self._cross_lines(self.stocks_of(level.wholes), crossed, stocks, wholes, made=True)

    def stocks_of(self, batches: Small) -> Small:
        """All standing stocks of batches."""
        arrays, holdings = self._arrays, self._arrays.holdings
        loaded = batches.compress(batches < len(arrays.batch_pointers) - 1)
        first = arrays.batch_pointers.take(loaded)
        found = spans(first, arrays.batch_pointers.take(loaded + 1) - first)
        stands = holdings.postings.array.take(found) > 0
        beside = [one for one in found[~stands].tolist() if holdings.stands(one)]
        special = holdings.late.array[batches] | ((arrays.batch_marks.array[batches] & self._odd) != 0)
        for batch in (batches if self._thorough else batches[special]).tolist():
            beside += self._beside(batch)
        return np.concatenate((found.compress(stands), np.array(beside, np.int32)))

    def _beside(self, batch: int) -> list[int]:
        """Stocks of a batch that came later, and those that derived links name."""
        arrays = self._arrays
        later = arrays.holdings.stocks_of.get(batch, [])
        found = {one for one in later if arrays.holdings.stands(one)}
        if self._recall and (self._thorough or arrays.is_odd(batch, self._odd)):
            found |= arrays.families.of(self._kind, batch).stocks[batch]
            self._reach()
        return [*found]

    def _shut(self, certainty: Certainty) -> None:
        done = self._done
        if certainty > self._certainty:
            done.shut = certainty if done.shut is None else min(done.shut, certainty)

    # --- what is not in the arrays ---

    def _cross_special(self, stocks: list[int], wholes: list[int], crossed: Crossed) -> list[int]:
        arrays = self._arrays
        beyond: list[int] = []
        for stock in stocks:
            mark = int(arrays.marks.array[stock])
            if mark & EXTRA:
                beyond += self._over_lines(arrays.holdings.lines_at.get(stock, ()), stock, crossed)
                if self._recall:
                    beyond += self._over_links(arrays.families.doubt.links, stock, crossed)
            if mark & self._odd or self._thorough:
                batch = int(arrays.batch_of.array[stock])
                beyond += self._over_links(arrays.families.of(self._kind, batch), stock, crossed)
        if self._recall and not self._forward:
            for batch in wholes:
                for stock in arrays.holdings.stocks_of_batch(batch):
                    beyond += self._over_lines(
                        arrays.holdings.lines_at.get(stock, ()), stock, crossed, made=batch
                    )
                beyond += self._over_links(arrays.families.doubt.links, -1 - batch, crossed)
        return beyond

    def _over_lines(
        self, lines: set[int] | tuple[int, ...], stock: int, crossed: Crossed, made: int | None = None
    ) -> list[int]:
        """Over lines beside the arrays; `made`: only over those that make this batch out of others."""
        beyond: list[int] = []
        for line in lines:
            if line in self._met_lines or not self._arrays.is_beside(line):
                continue
            rows = self._arrays.holdings.rows(line)
            if not any(row.stock == stock and row.put != self._forward for row in rows):
                continue
            makes = self._arrays.makes(rows) if self._recall else ()
            if made is not None and made not in makes:
                continue
            self._met_lines.add(line)
            crossed.lines[line] = tuple(sorted({row.stock for row in rows if row.put == self._forward}))
            beyond += crossed.lines[line]
            if self._forward:
                beyond += [-1 - batch for batch in makes]
        return beyond

    def _over_links(self, family: Family, stock: int, crossed: Crossed) -> list[int]:
        beyond: list[int] = []
        for link in (family.leaving if self._forward else family.entering).get(stock, ()):
            if link in self._met_links:
                continue
            if link.certainty > self._certainty:
                self._shut(link.certainty)
                continue
            self._met_links.add(link)
            crossed.links.append(link)
            beyond += link.targets if self._forward else link.sources
        return beyond

    def holds_all(self, walked: Walked) -> bool:
        """Whether the links of a recall, possible ones too, lead forward from no stock of a walk out of it."""
        self._reach()
        arrays = self._arrays
        stocks, wholes = walked.stocks, walked.wholes
        kept = (arrays.batch_marks.array.take(wholes) & (CLOSED | RECALL)) == CLOSED
        kept[: len(walked.levels[0].wholes)] = False  # these were not come to by what made them
        special = stocks[(arrays.marks.array[stocks] & (EXTRA | RECALL)) != 0]
        links = [*self._leaving(special.tolist())]
        beyond = self.stocks_of(wholes.compress(~kept))
        self._reach()
        if not links and not len(beyond):
            return True
        seen, met = arrays.scratch.seen, arrays.scratch.wholes
        seen[stocks], met[wholes] = True, True
        targets = [target for link in links for target in link.targets]
        held = bool(seen.take(beyond).all()) and all(
            seen[target] if target >= 0 else met[-1 - target] for target in targets
        )
        seen[stocks], met[wholes] = False, False
        return held

    def _leaving(self, stocks: list[int]) -> Iterator[Link]:
        families = self._arrays.families
        for stock in stocks:
            mark = int(self._arrays.marks.array[stock])
            if mark & EXTRA:
                yield from families.doubt.links.leaving.get(stock, ())
            if mark & RECALL:
                yield from families.of("recall", int(self._arrays.batch_of.array[stock])).leaving.get(
                    stock, ()
                )
