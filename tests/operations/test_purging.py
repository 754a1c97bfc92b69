"""What has passed its date can go, and nothing else."""

import json
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from uuid import UUID

import pytest
from sqlalchemy import Engine

from builders import new_batch, new_product, new_recall
from conftest import Rounds
from keeping import HOLDER, all_rows, ids, noon
from tracelot.operations import batches, parties, products, purging, recalls
from tracelot.records.accounts import SignInSession
from tracelot.records.batches import Batch, BatchChange, ShortCode
from tracelot.records.events import Event, EventVoid, Line, Posting
from tracelot.records.journal import JournalEntry
from tracelot.records.recalls import Recall, RecallBatch, RecallRange
from tracelot.rules.refusals import Conflict, Forbidden, Unfit
from world import VisitAs, World

START = date(2026, 11, 26)
LATER = date(2031, 1, 1)


def registered(visit_as: VisitAs, world: World, day: date = START, **given: object) -> UUID:
    with visit_as("quality", noon(day)) as visit:
        return batches.register_batch(visit, new_batch(world.product_id, **given)).id


def purge(visit_as: VisitAs, day: date) -> purging.Purged:
    with visit_as(HOLDER, noon(day)) as visit:
        return purging.purge_batches(visit, day, "tester")


def test_a_batch_past_its_date_goes_with_its_events_and_the_journal_keeps_the_proof(
    visit_as: VisitAs, world: World, engine: Engine
) -> None:
    kept = ids(all_rows(engine, Batch))
    gone = registered(visit_as, world, quantity="10", unit="kg")
    with visit_as("quality", noon(START)) as visit:
        batches.correct_batch(visit, gone, BatchChange(reason="称重有误", quantity="11", unit="kg"))
    events = {posting.event_id for posting in all_rows(engine, Posting, batch_id=gone)}
    before = {entry.id: entry for entry in all_rows(engine, JournalEntry)}

    last = all_rows(engine, Batch, id=gone)[0].retain_until
    assert purge(visit_as, last).removed["batch"] == 0  # its last day is a day on which it must be there
    assert gone in ids(all_rows(engine, Batch))
    purge(visit_as, last + timedelta(1))

    assert gone not in ids(all_rows(engine, Batch))
    assert len(events) == 2
    assert not events & ids(all_rows(engine, Event))
    for model in (Line, EventVoid):
        assert not [row for row in all_rows(engine, model) if row.event_id in events]
    assert all_rows(engine, Posting, batch_id=gone) == []
    assert all_rows(engine, ShortCode, batch_id=gone) == []
    about = [entry for entry in all_rows(engine, JournalEntry) if entry.subject_id in {gone, *events}]
    assert len(about) >= 4
    for entry in about:
        old = before[entry.id]
        assert (entry.record, entry.salt, entry.reason) == ("", "", None)
        assert entry.forgotten_at is not None
        stands = ("commitment", "act", "seq", "bucket", "recorded_at", "actor_id")
        assert [getattr(entry, name) for name in stands] == [getattr(old, name) for name in stands]
    assert kept - {world.batch_id} <= ids(all_rows(engine, Batch))


def test_the_journal_says_what_was_purged_by_whom_and_under_which_rule(
    visit_as: VisitAs, world: World, engine: Engine
) -> None:
    short = registered(visit_as, world)
    long = registered(visit_as, world, expiry_date="2030-01-01")

    purge(visit_as, LATER)

    told = [json.loads(one.record) for one in all_rows(engine, JournalEntry, act="records.purged")]
    rules = {id_: (one["rule"], one["by"], one["before"]) for one in told for id_ in one["ids"]}
    assert rules[str(short)][0].endswith("two years where there is no shelf life")
    assert rules[str(long)][0].endswith("six months past the end of the shelf life")
    assert {rule[1:] for rule in rules.values()} == {("tester", "2031-01-01")}


def test_a_recall_moves_its_batches_and_their_events_later_and_holds_them_while_it_is_open(
    visit_as: VisitAs, world: World, engine: Engine
) -> None:
    id_ = registered(visit_as, world, quantity="10", unit="kg")
    before = all_rows(engine, Batch, id=id_)[0]
    with visit_as("quality", noon(START + timedelta(400))) as visit:
        opened = recalls.open_recall(visit, new_recall(world.product_id, before.code))
        recalls.publish_recall(visit, opened.id)

    batch = all_rows(engine, Batch, id=id_)[0]
    moved = START + timedelta(400 + 731)
    assert (before.retain_until, batch.retain_until) == (START + timedelta(731), moved)
    events = {posting.event_id for posting in all_rows(engine, Posting, batch_id=id_)}
    assert {one.retain_until for one in all_rows(engine, Event) if one.id in events} == {moved}
    assert purge(visit_as, LATER).refused == {"under-recall": 1}
    assert id_ in ids(all_rows(engine, Batch))


def test_a_correction_moves_the_date_later_and_never_nearer(
    visit_as: VisitAs, world: World, engine: Engine
) -> None:
    id_ = registered(visit_as, world, expiry_date="2030-01-01", quantity="10", unit="kg")
    found = []
    for expiry in ("2027-01-01", "2031-01-01"):
        with visit_as("quality", noon(START)) as visit:
            change = BatchChange.model_validate({"reason": "更正保质期", "expiry_date": expiry})
            batches.correct_batch(visit, id_, change)
        (event,) = {posting.event_id for posting in all_rows(engine, Posting, batch_id=id_)}
        found += [
            all_rows(engine, Batch, id=id_)[0].retain_until,
            all_rows(engine, Event, id=event)[0].retain_until,
        ]

    assert found == [date(2030, 7, 4)] * 2 + [date(2031, 7, 4)] * 2


def test_a_dropped_recall_goes_first_and_then_its_batches(
    visit_as: VisitAs, world: World, engine: Engine
) -> None:
    id_ = registered(visit_as, world, code="DROPPED-1")
    with visit_as("quality", noon(START)) as visit:
        recall = recalls.open_recall(visit, new_recall(world.product_id, "DROPPED-1")).id
        recalls.cancel_recall(visit, recall, "误报")
    day = START + timedelta(732)
    assert purge(visit_as, day).refused["referred-to"] == 1

    with visit_as(HOLDER, noon(day)) as visit:
        assert purging.purge_recalls(visit, day, "tester").removed["recall"] == 1
    purge(visit_as, day)

    for model in (RecallRange, RecallBatch):
        assert all_rows(engine, model, recall_id=recall) == []
    assert all_rows(engine, Recall, id=recall) == []
    assert id_ not in ids(all_rows(engine, Batch))


def test_nothing_is_purged_by_a_date_to_come_nor_by_a_firm(visit_as: VisitAs, world: World) -> None:
    with visit_as(HOLDER, noon(START)) as visit, pytest.raises(Unfit) as early:
        purging.purge_batch(visit, world.batch_id, LATER)
    assert early.value.kind == "not-yet"
    for who in ("zhenyang", "county"):
        with visit_as(who, noon(LATER)) as visit, pytest.raises(Forbidden):
            purging.purge_batch(visit, world.batch_id, LATER)
    with visit_as(HOLDER, noon(START)) as visit, pytest.raises(Conflict):
        purging.purge_batch(visit, world.batch_id, START)


def test_security_records_go_after_a_year_and_the_journal_of_goods_stays(
    visit_as: VisitAs, world: World, engine: Engine
) -> None:
    goods = [entry for entry in all_rows(engine, JournalEntry) if entry.act.startswith("batch.")]
    with visit_as("county", noon(START)) as visit:
        parties.find_party(visit, world.parties["zhenyang"])
    first = min(session.retain_until for session in all_rows(engine, SignInSession))
    with visit_as(HOLDER, noon(first)) as visit:
        assert purging.purge_security(visit, first, "tester").removed["session"] == 0
    day = START + timedelta(500)
    with visit_as(HOLDER, noon(day)) as visit:
        purged = purging.purge_security(visit, day, "tester")

    assert purged.removed["session"] == len(world.cookies)
    assert all_rows(engine, SignInSession) == []
    assert {entry.salt for entry in all_rows(engine, JournalEntry, act="party.read")} == {""}
    now = {entry.id: entry.record for entry in all_rows(engine, JournalEntry)}
    assert all(now[entry.id] == entry.record for entry in goods)


def test_an_administrator_sees_its_own_and_the_operator_counts_only(visit_as: VisitAs, world: World) -> None:
    id_ = registered(visit_as, world)
    with visit_as("zhenyang", noon(LATER)) as visit:
        assert {due.party_id for due in purging.due_records(visit)} == {world.parties["zhenyang"]}
        assert id_ in {batch.id for batch in purging.due_batches(visit, 50)}
    with visit_as("guhuai", noon(LATER)) as visit:
        assert purging.due_records(visit) == []
        assert purging.due_batches(visit, 50) == []
    with visit_as("site", noon(LATER)) as visit:
        (due,) = purging.due_records(visit)
        assert (due.party_id, due.noun, due.count) == (world.parties["zhenyang"], "batch", 2)
        assert purging.due_batches(visit, 50) == []


TWO_YEARS = timedelta(days=730)  # the shortest there are


def oracle(batch: Batch, recalled: dict[UUID, date], registered_on: dict[UUID, date]) -> date:
    """The first day on which a batch may be gone, in words of its own: two years, or half a year past expiry."""
    ends = [registered_on[batch.id] + TWO_YEARS]
    if batch.expiry_date:
        half = batch.expiry_date + timedelta(days=181)  # the shortest six months there are
        ends.append(half)
    if batch.id in recalled:
        ends.append(recalled[batch.id] + TWO_YEARS)
    return max(ends)


@dataclass
class Past:
    """What the random history did, for the oracle."""

    day: date = START
    seen: dict[UUID, Batch] = field(default_factory=dict)
    since: dict[UUID, date] = field(default_factory=dict)
    recalled: dict[UUID, date] = field(default_factory=dict)


def register_any(visit_as: VisitAs, engine: Engine, random: Random, past: Past, product: UUID) -> None:
    expiry = random.choice([None, past.day + timedelta(days=random.randrange(1500))])
    with visit_as("quality", noon(past.day)) as visit:
        new = new_batch(product, production_date=START, expiry_date=expiry, quantity="1", unit="kg")
        id_ = batches.register_batch(visit, new).id
    past.seen[id_], past.since[id_] = all_rows(engine, Batch, id=id_)[0], past.day


def recall_any(visit_as: VisitAs, engine: Engine, random: Random, past: Past, product: UUID) -> None:
    left = sorted(set(past.seen) & ids(all_rows(engine, Batch)))
    if not left:
        return
    named = past.seen[random.choice(left)]
    with visit_as("quality", noon(past.day)) as visit:
        opened = recalls.open_recall(visit, new_recall(product, named.code, knowledge_at=noon(START)))
        if random.random() < 0.3:
            recalls.publish_recall(visit, opened.id)
            past.recalled[named.id] = past.day
        else:
            recalls.cancel_recall(visit, opened.id, "误报")


def purge_all(visit_as: VisitAs, engine: Engine, random: Random, past: Past, product: UUID) -> None:
    purge(visit_as, past.day)
    with visit_as(HOLDER, noon(past.day)) as visit:
        purging.purge_recalls(visit, past.day, "tester")


def test_whatever_the_clock_and_the_order_nothing_is_purged_before_its_date(
    visit_as: VisitAs, world: World, engine: Engine, random: Random, rounds: Rounds
) -> None:
    past = Past()
    with visit_as("quality", noon(past.day)) as visit:
        product = products.register_product(visit, new_product(own_code="RANDOM")).id
    purged = 0
    for _ in range(rounds(25, 400)):
        past.day += timedelta(days=random.choice([0, 1, 30, 200]))
        step = random.choice([register_any, register_any, recall_any, purge_all])
        step(visit_as, engine, random, past, product)

        gone = set(past.seen) - ids(all_rows(engine, Batch))
        assert [id_ for id_ in gone if oracle(past.seen[id_], past.recalled, past.since) > past.day] == []
        assert not gone & set(past.recalled)  # a published recall is open
        purged = len(gone)
    if rounds(0, 1):  # few steps may meet nothing that may go
        assert purged > 0
