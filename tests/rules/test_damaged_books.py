"""A recall misses nothing that any bookkeeping could know, whatever records are lost."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from random import Random

from diaries import lose
from tracelot.rules.balancing import hands_of
from tracelot.rules.books import Hub, Posting, Side, Void
from tracelot.rules.ledgers import open_book
from tracelot.rules.presence import whereabouts
from tracelot.rules.scoping import consignees, recall_map, recall_scope
from tracelot.rules.starting import of_batches, of_event
from tracelot.rules.tracing import follow, trace_map
from worlds import World, batches_of, facilities_of, make_world

END = datetime(2026, 12, 1, tzinfo=UTC)
Rounds = Callable[[int, int], int]


def some_batch(world: World, random: Random) -> str:
    return random.choice(sorted(batches_of(world.truth)))


def known_as(world: World, lost: set[str], named: set[str]) -> set[str]:
    """Facilities of which the books know no more than their party, or that there is somebody: and this is named."""
    receipts = dict(world.transfers)
    return {
        facility
        for shipped, (facility, told) in world.told.items()
        if receipts[shipped] in lost and told in named
    }


def test_a_recall_holds_all_that_a_trace_holds(random: Random, rounds: Rounds) -> None:
    for _ in range(rounds(150, 3000)):
        world = make_world(random)
        ledger = open_book(lose(world.book, random.sample(world.moves, len(world.moves) // 3)))
        batch = some_batch(world, random)
        traced = trace_map(ledger)
        for direction in ("forward", "backward"):
            trace = follow(traced, of_batches(traced.graph.nodes, [batch]), direction)
            recall = recall_scope(recall_map(ledger), [batch], direction)

            assert trace.stocks <= recall.stocks
            sure = {one.batch: one.certainty for one in trace.reached}
            assert all(one.certainty <= sure.get(one.batch, one.certainty) for one in recall.reached)


def test_with_any_one_side_of_transfers_lost_a_recall_misses_nothing(random: Random, rounds: Rounds) -> None:
    for _ in range(rounds(400, 12_000)):
        world = make_world(random)
        lost = {random.choice(sides) for sides in world.transfers if random.random() < 0.5}
        ledger = open_book(lose(world.book, lost))
        chart = recall_map(ledger)
        if random.random() < 0.5 and world.shipments:
            shipped = random.choice(sorted(world.shipments))
            received = dict(world.transfers)[shipped]
            starts = of_event(ledger, [shipped, received])
            truth = world.true_reach([world.shipments[shipped]])
        else:
            batch = some_batch(world, random)
            starts = of_batches(chart.graph.nodes, [batch])
            truth = world.true_reach(world.true_stocks(batch))

        answer = follow(chart, starts, "forward")

        assert batches_of(truth) <= answer.batches, (lost, starts)
        named = {one.end for one in consignees(ledger, answer, own=[])}
        assert facilities_of(truth) - known_as(world, lost, named) <= named, (lost, starts)


def test_with_any_moves_lost_the_recall_of_whole_batches_misses_nothing(
    random: Random, rounds: Rounds
) -> None:
    for _ in range(rounds(400, 12_000)):
        # What was used without a batch, after all trace of its coming was lost, no books could know.
        world = make_world(random, pools=False)
        lost = [record for record in world.moves if random.random() < 0.5]
        batch = some_batch(world, random)

        answer = recall_scope(recall_map(open_book(lose(world.book, lost))), [batch])

        assert batches_of(world.true_reach(world.true_stocks(batch))) <= answer.batches, (lost, batch)


def test_a_transformation_declared_wrong_without_replacement_still_counts(
    random: Random, rounds: Rounds
) -> None:
    for _ in range(rounds(200, 6000)):
        world = make_world(random)
        reasons = [Void(one, "incorrect_data", END) for one in world.makings if random.random() < 0.4]
        lost = {random.choice(sides) for sides in world.transfers if random.random() < 0.3}
        batch = some_batch(world, random)

        book = replace(lose(world.book, lost), voids=tuple(reasons))

        answer = recall_scope(recall_map(open_book(book)), [batch])
        assert batches_of(world.true_reach(world.true_stocks(batch))) <= answer.batches, (
            reasons,
            lost,
            batch,
        )


def test_a_claim_or_a_forged_receipt_debits_nobody(random: Random, rounds: Rounds) -> None:
    for _ in range(rounds(60, 1000)):
        world = make_world(random)
        batch, facility = some_batch(world, random), random.choice(sorted(facilities_of(world.truth)))
        forger = "facility:Forger"
        way = f"lane:{facility}>{forger}"
        told = Hub("forged", 1), batch
        ends: list[tuple[str, Side]] = [(way, "take"), (forger, "put")]
        forged = [Posting("forged", *told, where, side, Decimal(1000), END, END) for where, side in ends]
        before, after = world.book, replace(world.book, postings=(*world.book.postings, *forged))

        honest, cheated = hands_of(open_book(before)), hands_of(open_book(after))

        for one in sorted(batches_of(world.truth)):
            for place in sorted(facilities_of(world.truth)):
                assert cheated.at(one, place) == honest.at(one, place)
        wider, scope = (
            recall_scope(recall_map(hands.ledger), [batch]).batches for hands in (cheated, honest)
        )
        assert scope <= wider


def test_a_unit_is_where_its_moves_left_it(random: Random, rounds: Rounds) -> None:
    for _ in range(rounds(100, 2000)):
        world = make_world(random)
        whole = whereabouts(open_book(world.book))
        lost = {random.choice(sides) for sides in world.transfers if random.random() < 0.3}
        damaged = whereabouts(open_book(lose(world.book, lost)))

        for unit, places in whole.items():
            assert places == (world.units[unit],)
            assert damaged[unit]
