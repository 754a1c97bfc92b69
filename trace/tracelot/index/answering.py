"""An answer in arrays, and the rules' own form of it, made where somebody asks for names."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from tracelot.index.adjacency import spans
from tracelot.index.facts import facts_of
from tracelot.index.families import Link
from tracelot.index.keeping import Arrays
from tracelot.index.numbers import Small, distinct
from tracelot.index.steps import Namer, steps
from tracelot.index.walking import Crossed, Question, Walked
from tracelot.rules.answers import Answer, Arrival, Edge, reached_batches
from tracelot.rules.books import Posting, Stock
from tracelot.rules.ledgers import ZERO
from tracelot.rules.links import Certainty, Joint, joint_of
from tracelot.rules.places import WHOLE
from tracelot.rules.tracing import nets


@dataclass(frozen=True)
class Traced:
    """Stocks by number, each with its distance and certainty; wholes of batches (in a recall) likewise."""

    question: Question
    starts: tuple[Stock, ...]
    stocks: Small
    distances: Small
    certainties: Small
    wholes: Small
    whole_distances: Small
    whole_certainties: Small
    walks: Mapping[Certainty, Walked]

    @property
    def complete(self) -> bool:
        return not any(walk.cut for walk in self.walks.values())

    @property
    def reason(self) -> str | None:
        return None if self.complete else "budget"


def edges_in_arrays(arrays: Arrays, traced: Traced) -> tuple[Small, Small, Small]:
    """What was crossed in the arrays: the stocks before, what lies beyond (junctions below zero), and the lines.

    Of several walks the last one crossed all that the others did.
    """
    adjacency = arrays.adjacency
    way = adjacency.forward if traced.question.direction == "forward" else adjacency.backward
    crossed = traced.walks[max(traced.walks)].crossed
    vias = [part for one in crossed for part in one.vias or map(way.via.take, one.places)]
    sources = np.concatenate([part for one in crossed for part in one.sources] or [np.zeros(0, np.int32)])
    beyond = np.concatenate([part for one in crossed for part in one.beyond] or [np.zeros(0, np.int32)])
    return sources, beyond, np.concatenate(vias or [np.zeros(0, np.int32)]) >> 1


def batches_in_arrays(arrays: Arrays, traced: Traced) -> tuple[Small, Small, Small]:
    """The reached batches by number, with distance and certainty: those of its most certain stock, the nearest."""
    batch_of, slot = arrays.batch_of.array, arrays.scratch.slot
    batch = np.concatenate((batch_of[traced.stocks], traced.wholes))
    distance = np.concatenate((traced.distances, traced.whole_distances))
    certainty = np.concatenate((traced.certainties, traced.whole_certainties))
    if len(traced.wholes) or len(traced.walks) > 1:
        order = np.lexsort((distance, certainty))
        batch, distance, certainty = batch[order], distance[order], certainty[order]
    if int(batch.max(initial=0)) >= len(slot):
        slot = np.zeros(int(batch.max()) + 1, np.int32)
    place = np.arange(len(batch), dtype=np.int32)
    slot[batch[::-1]] = place[::-1]  # the first of each batch stays
    first = slot[batch] == place
    return batch[first], distance[first], certainty[first]


def crossed_lines(arrays: Arrays, traced: Traced) -> Small:
    """The numbers of all lines that were crossed."""
    adjacency = arrays.adjacency
    way = adjacency.forward if traced.question.direction == "forward" else adjacency.backward
    found = [np.zeros(0, np.int32)]
    for crossed in _all_crossed(traced):
        found += [way.via[places] >> 1 for places in crossed.places]
        found.append(np.array(list(crossed.lines), np.int32))
    return distinct(np.concatenate(found), len(arrays.holdings.hubs))


def _all_crossed(traced: Traced) -> Iterator[Crossed]:
    for walk in traced.walks.values():
        yield from walk.crossed


def answer_of(arrays: Arrays, traced: Traced, *, edges: bool = False) -> Answer:
    """The same answer in the rules' own form."""
    namer = Namer(arrays)
    ways = {
        certainty: _arrivals(arrays, traced.question, walk, certainty, namer)
        for certainty, walk in traced.walks.items()
    }
    best: dict[Stock, Arrival] = {}
    for found in ways.values():
        best = {**found, **best}
    arrivals = tuple(best[stock] for stock in sorted(best))
    lines = crossed_lines(arrays, traced).tolist()
    sums = amounts(arrays, lines, forward=traced.question.direction == "forward")
    return Answer(
        kind=traced.question.kind,
        direction=traced.question.direction,
        starts=traced.starts,
        reached=reached_batches(arrivals, lambda batch: sums.get(batch, (None, ""))),
        arrivals=arrivals,
        edges=tuple(_edges(arrays, traced, lines, best)) if edges else (),
        complete=traced.complete,
        reason=traced.reason,
        ways=ways,
    )


def _arrivals(
    arrays: Arrays, question: Question, walk: Walked, certainty: Certainty, namer: Namer
) -> dict[Stock, Arrival]:
    before = steps(arrays, question, walk, namer)
    found = {}
    nodes = [*walk.stocks.tolist(), *(-1 - batch for batch in walk.wholes.tolist())]
    distances = [*walk.distances().tolist(), *walk.distances(wholes=True).tolist()]
    for node, distance in zip(nodes, distances, strict=True):
        stock, step = namer.stock(node), before.get(node)
        if step is None:
            found[stock] = Arrival(stock, distance, certainty, None, None)
        else:
            _, kind, key = namer.link(step[1])
            found[stock] = Arrival(stock, distance, certainty, (kind, key), namer.stock(step[0]))
    return found


def amounts(arrays: Arrays, lines: Iterable[int], *, forward: bool) -> dict[str, tuple[Decimal | None, str]]:
    """For each batch what the crossed lines made of it, or used of it, net for each line."""
    holdings = arrays.holdings
    sums: dict[str, tuple[Decimal | None, str]] = {}
    for postings in facts_of(holdings, _joining(arrays, lines)).values():
        if len({posting.batch for posting in postings}) == 1:
            continue
        for batch, (net, unit) in nets(postings).items():
            gained = net if forward or net is None else -net
            if gained is not None and gained <= 0:
                continue
            total, same = sums.get(batch, (ZERO, unit))
            told = total is not None and gained is not None and same == unit
            sums[batch] = (total + gained, unit) if told else (None, "")  # type: ignore[operator]
    return sums


def _joining(arrays: Arrays, lines: Iterable[int]) -> list[int]:
    """Without those lines of the columns that speak of one batch alone, of which there are most."""
    columns, wanted = arrays.holdings.columns, np.array(sorted(lines), np.int64)
    loaded = wanted[wanted < columns.lines]
    first = columns.pointers.take(loaded)
    counts = columns.pointers.take(loaded + 1) - first
    batch = arrays.batch_of.array[columns.stock[spans(first, counts)]]
    starts = np.cumsum(counts) - counts
    beside = [*arrays.holdings.later, *arrays.holdings.spelled]
    some = counts > 0
    alone = np.ones(len(loaded), np.bool_)
    alone[some] = np.minimum.reduceat(batch, starts[some]) == np.maximum.reduceat(batch, starts[some])
    found: list[int] = wanted[~np.isin(wanted, loaded[alone]) | np.isin(wanted, beside)].tolist()
    return found


def _edges(
    arrays: Arrays, traced: Traced, lines: Iterable[int], reached: Mapping[Stock, Arrival]
) -> Iterator[Edge]:
    """Both sides of the crossed links; of those that no line tells only what was reached, as the rules have it."""
    told = sorted(_joints(arrays, traced, lines), key=lambda one: (one[0].certainty, one[0].kind, one[0].key))
    for joint, postings in told:
        link = joint.kind, joint.key
        quantities: dict[tuple[str, Stock], Decimal | None] = {}
        for posting in postings:
            key = posting.side, posting.stock
            before = quantities.get(key, ZERO)
            known = before is not None and posting.quantity is not None
            quantities[key] = before + posting.quantity if known else None  # type: ignore[operator]
        for stock in joint.sources:
            if joint.hub is not None or joint.certainty < Certainty.POSSIBLE or stock in reached:
                yield Edge(link, joint.certainty, "take", stock, quantities.get(("take", stock)))
        for stock in joint.targets:
            yield Edge(link, joint.certainty, "put", stock, quantities.get(("put", stock)))


def _joints(
    arrays: Arrays, traced: Traced, lines: Iterable[int]
) -> Iterator[tuple[Joint, Sequence[Posting]]]:
    """Every link that was crossed, with its postings."""
    holdings, recall = arrays.holdings, traced.question.kind == "recall"
    for line in lines:
        postings = holdings.postings_of(line, holdings.rows(line))
        joint = joint_of(holdings.hub(line), postings)
        if recall:
            made = {target.batch for target in joint.targets} & {
                holdings.batches.text(batch) for batch in arrays.makes(holdings.rows(line))
            }
            fed = joint.targets + tuple(Stock(batch, WHOLE) for batch in sorted(made))
            joint = Joint(joint.kind, joint.key, joint.certainty, joint.sources, fed, joint.hub)
        yield joint, postings
    links: set[Link] = {link for crossed in _all_crossed(traced) for link in crossed.links}
    for link in links:
        hub = link.joint.hub
        doubted = arrays.families.doubt.postings.get(hub, []) if hub else []
        yield link.joint, [*holdings.postings_at(hub), *doubted] if hub else []
    for batch in _crossed_wholes(arrays, traced):
        name = holdings.batches.text(batch)
        stands = {one for one in holdings.stocks_of_batch(batch) if holdings.stands(one)}
        stocks = sorted(holdings.stock(one) for one in stands | arrays.named(batch))
        whole = (Stock(name, WHOLE),)
        yield Joint("whole", (name,), Certainty.POSSIBLE, whole, tuple(stocks)), ()


def _crossed_wholes(arrays: Arrays, traced: Traced) -> set[int]:
    """The batches of which the link between the whole and the stocks was crossed."""
    if traced.question.kind != "recall" or Certainty.POSSIBLE not in traced.walks:
        return set()
    if traced.question.direction == "forward":
        return {one for crossed in _all_crossed(traced) for one in crossed.wholes.tolist()}
    walk = traced.walks[Certainty.POSSIBLE]
    expanded = [level.stocks for level in walk.levels[: len(walk.crossed)]]
    batches = (
        np.unique(arrays.batch_of.array[np.concatenate(expanded)]) if expanded else np.zeros(0, np.int32)
    )
    return set(batches[arrays.made.array[batches]].tolist())
