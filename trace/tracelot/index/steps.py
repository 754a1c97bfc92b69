"""By which link and from which stock each stock was met first: as the rules have it, told by names."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from tracelot.index.adjacency import MADE, SINK, Bits
from tracelot.index.keeping import Arrays
from tracelot.index.numbers import Small
from tracelot.index.walking import Crossed, Level, Question, Walked
from tracelot.rules.books import Stock
from tracelot.rules.links import Certainty, Key

LinkName = tuple[Certainty, str, Key]  # in the order in which links are tried
Candidate = tuple[int, int, object]  # a node, the node before it, and a line's number or the link


@dataclass
class Namer:
    """Names of nodes and links; a node below zero is the whole of a batch."""

    arrays: Arrays

    def __post_init__(self) -> None:
        self._stocks: dict[int, Stock] = {}

    def stock(self, node: int) -> Stock:
        if (found := self._stocks.get(node)) is None:
            holdings = self.arrays.holdings
            found = holdings.stock(node) if node >= 0 else holdings.whole_stock(-1 - node)
            self._stocks[node] = found
        return found

    def link(self, link: object) -> LinkName:
        if isinstance(link, int):
            hub = self.arrays.holdings.hub(link)
            return Certainty.RECORDED, "line", (hub.event, f"{hub.line:06}")
        if isinstance(link, str):
            return Certainty.POSSIBLE, "whole", (link,)
        joint = link.joint  # type: ignore[attr-defined]
        return joint.certainty, joint.kind, joint.key


def steps(
    arrays: Arrays, question: Question, walked: Walked, namer: Namer, wanted: Iterable[int] | None = None
) -> dict[int, tuple[int, object]]:
    """For each node that was not a start the node before it, and the link between.

    Of wanted nodes alone, and of those on the way to them, it costs little more than their ways are long.
    """
    found: dict[int, tuple[int, object]] = {}
    open_ = None if wanted is None else set(wanted)
    levels = zip(walked.levels, walked.crossed, walked.levels[1:], strict=False)
    for before, crossed, level in reversed(list(levels)):
        here = _among(level, open_)
        best: dict[int, tuple[int, object]] = {}
        if here:
            only = None if open_ is None else here
            for node, origin, link in _Crossing(arrays, question, crossed, before, only).candidates():
                if node not in here:
                    continue
                known = best.get(node)
                if known is None or (known != (origin, link) and _first(namer, origin, link, known)):
                    best[node] = (origin, link)
        found |= best
        if open_ is not None:
            open_ |= {origin for origin, _ in best.values()}
    return found


def _among(level: Level, wanted: set[int] | None) -> set[int]:
    """The nodes of a level, or those of them that are wanted."""
    if wanted is None:
        return _nodes(level)
    stocks = np.array([node for node in wanted if node >= 0], np.int32)
    wholes = np.array([-1 - node for node in wanted if node < 0], np.int32)
    return _nodes(
        Level(level.stocks[np.isin(level.stocks, stocks)], level.wholes[np.isin(level.wholes, wholes)])
    )


def _nodes(level: Level) -> set[int]:
    return {*level.stocks.tolist(), *(-1 - batch for batch in level.wholes.tolist())}


def _first(namer: Namer, origin: int, link: object, known: tuple[int, object]) -> bool:
    if origin != known[0]:
        return namer.stock(origin) < namer.stock(known[0])
    return namer.link(link) < namer.link(known[1])


class _Crossing:
    """What was crossed from one level, link by link; `only` to these nodes, where it is told."""

    def __init__(
        self, arrays: Arrays, question: Question, crossed: Crossed, before: Level, only: set[int] | None
    ) -> None:
        self._arrays = arrays
        self._recall = question.kind == "recall"
        self._forward = question.direction == "forward"
        self._crossed, self._before, self._only = crossed, before, only

    @cached_property
    def _here(self) -> set[int]:
        return _nodes(self._before)

    def _leading(self, to: Small, via: Small) -> Bits:
        """Which entries may lead to a node that is wanted."""
        if self._only is None:
            return np.ones(len(to), np.bool_)
        batch_of = self._arrays.batch_of.array
        stocks = np.array([node for node in self._only if node >= 0], np.int32)
        wholes = np.array([-1 - node for node in self._only if node < 0], np.int32)
        found: Bits = np.isin(to, stocks) | (to < SINK)
        if len(wholes):
            found |= ((via & MADE) != 0) & (to >= 0) & np.isin(batch_of[to], wholes)
        return found

    def candidates(self) -> Iterator[Candidate]:
        yield from self._entries()
        yield from self._beside()
        yield from self._wholes()
        for link in self._crossed.links:
            sides = (link.sources, link.targets) if self._forward else (link.targets, link.sources)
            yield from (
                (node, origin, link) for origin in sides[0] if origin in self._here for node in sides[1]
            )

    def _entries(self) -> Iterator[Candidate]:
        adjacency, batch_of = self._arrays.adjacency, self._arrays.batch_of.array
        way = adjacency.forward if self._forward else adjacency.backward
        wholes = self._recall and self._forward
        for places, sources in zip(self._crossed.places, self._crossed.sources, strict=True):
            kept = self._leading(way.to[places], way.via[places])
            parts = sources[kept], way.to[places[kept]], way.via[places[kept]]
            entries = zip(*(part.tolist() for part in parts), strict=True)
            for origin, to, via in entries:
                if to >= 0:
                    yield to, origin, via >> 1
                    if wholes and via & 1:
                        yield -1 - int(batch_of[to]), origin, via >> 1
                elif to < -1:
                    number = -2 - to
                    span = slice(int(way.junction_pointers[number]), int(way.junction_pointers[number + 1]))
                    for node, made in zip(
                        way.junction_to[span].tolist(), way.junction_made[span].tolist(), strict=True
                    ):
                        yield node, origin, via >> 1
                        if wholes and made:
                            yield -1 - int(batch_of[node]), origin, via >> 1

    def _beside(self) -> Iterator[Candidate]:
        for line, beyond in self._crossed.lines.items():
            rows = self._arrays.holdings.rows(line)
            makes = self._arrays.makes(rows) if self._recall else frozenset()
            origins = {row.stock for row in rows if row.put != self._forward} & self._here
            nodes = [*beyond]
            if self._forward:
                nodes += [-1 - batch for batch in makes]
            else:
                origins |= {-1 - batch for batch in makes} & self._here
            yield from ((node, origin, line) for origin in origins for node in nodes)

    def _wholes(self) -> Iterator[Candidate]:
        holdings, batch_of = self._arrays.holdings, self._arrays.batch_of.array
        if not self._recall:
            return
        if self._forward:
            for batch in self._among(self._crossed.wholes):
                nodes = {*holdings.stocks_of_batch(batch), *self._arrays.named(batch)}
                yield from ((node, -1 - batch, holdings.batches.text(batch)) for node in nodes)
            return
        for stock in self._before.stocks.tolist():
            batch = int(batch_of[stock])
            if self._only is None or -1 - batch in self._only:
                yield -1 - batch, stock, holdings.batches.text(batch)

    def _among(self, wholes: Small) -> list[int]:
        """Those of which a wanted stock is."""
        if self._only is None:
            found: list[int] = wholes.tolist()
            return found
        batches = {int(self._arrays.batch_of.array[node]) for node in self._only if node >= 0}
        return sorted(batches & set(wholes.tolist()))
