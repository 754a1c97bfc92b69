"""Grave acts are signed anew, with a meaning, bound to the record that the journal keeps."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256

import pytest
import rfc8785
from sqlmodel import select

from builders import PASSWORD, new_key, new_recall
from tracelot.operations import (
    accounts,
    archiving,
    batches,
    enrolling,
    extensions,
    factors,
    keys,
    parties,
    recalls,
)
from tracelot.operations.visit import Visit
from tracelot.records.accounts import ApiKey
from tracelot.records.batches import Lift, StatusChange
from tracelot.records.clocks import AskedExtension
from tracelot.records.journal import JournalEntry
from tracelot.records.signatures import Signature
from tracelot.rules.access import SCOPES
from tracelot.rules.refusals import Forbidden, Unfit
from tracelot.rules.signing import GRAVE
from world import VisitAs, World

Act = Callable[[Visit, World], object]


def publish(visit: Visit, world: World) -> None:
    recalls.publish_recall(visit, recalls.open_recall(visit, new_recall(world.product_id, world.code)).id)


def begin_drill(visit: Visit, world: World) -> None:
    new = new_recall(world.product_id, world.code, kind="mock_drill")
    recalls.publish_recall(visit, recalls.open_recall(visit, new).id)


def first_key(visit: Visit) -> ApiKey:
    return keys.keys(visit)[0]


def lift(visit: Visit, world: World) -> None:
    batches.hold_batch(visit, world.batch_id, StatusChange(reason="抽检不合格"))
    batches.lift_hold(visit, world.batch_id, Lift(reason="复检合格", report_no="FJ-1"))


def answer(granted: bool) -> Act:
    """An office answers the request for more time that the firm of the cast has made."""

    def act(visit: Visit, world: World) -> None:
        [asked] = [one.extension.id for one in extensions.requests(visit, 2)]
        extensions.decide_extension(visit, asked, granted=granted, note="已核实")

    return act


ACTS: dict[str, tuple[str, Act]] = {
    "recall.extended": ("county", answer(True)),
    "recall.extension-refused": ("county", answer(False)),
    "recall.published": ("quality", publish),
    "recall.drill-begun": ("quality", begin_drill),
    "batch.hold-lifted": ("quality", lift),
    "party.verified": (
        "county",
        lambda visit, world: parties.decide_party(visit, world.parties["impostor"], "verified", "核对"),
    ),
    "party.rejected": (
        "county",
        lambda visit, world: parties.decide_party(visit, world.parties["impostor"], "rejected", "冒名"),
    ),
    "member.disabled": (
        "zhenyang",
        lambda visit, world: accounts.disable_member(visit, world.people["recorder"], "离职"),
    ),
    "key.issued": ("zhenyang", lambda visit, world: keys.issue_key(visit, new_key())),
    "key.rotated": ("zhenyang", lambda visit, world: keys.rotate_key(visit, first_key(visit).id)),
    "key.revoked": ("zhenyang", lambda visit, world: keys.revoke_key(visit, first_key(visit).id, "泄露")),
    "party.archived": (
        "county",
        lambda visit, world: archiving.archive_party(visit, world.parties["zhenyang"], "停业", None),
    ),
    "party.secured": ("zhenyang", lambda visit, world: enrolling.ask_of_all(visit, needed=False)),
}


def test_every_grave_act_is_tried_here() -> None:
    elsewhere = {"member.factor-reset", "party.reopened", "person.pseudonymised"}
    elsewhere |= {"disposal.witnessed", "disposal.to-be-watched", "recall.withdrawn", "recall.regraded"}
    offices = {act for act in GRAVE if act.startswith(("office.", "sampling."))}
    scope = {"recall.scope-widened", "recall.scope-narrowed"}
    # among the tests of the second factor, of keeping, of disposals, of supervision, and of the pages of a scope
    assert set(GRAVE) - set(ACTS) == elsewhere | offices | scope


def unsigned(visit: Visit, do: Act, world: World) -> None:
    visit.factors = frozenset()
    do(visit, world)


def kept(visit: Visit) -> tuple[int, int]:
    entries, signed = (len(visit.kernel().exec(select(table)).all()) for table in (JournalEntry, Signature))
    return entries, signed


@pytest.fixture
def more_time_is_asked_for(visit_as: VisitAs, world: World) -> None:
    with visit_as("quality") as visit:
        known = visit.now - timedelta(hours=1)
        new = new_recall(world.product_id, "LATE", knowledge_at=known, planned_end=visit.today)
        recall = recalls.publish_recall(visit, recalls.open_recall(visit, new).id)
        until = visit.today + timedelta(days=60)
        extensions.ask_extension(visit, recall.id, AskedExtension(until=until, reason="退货在途"))


@pytest.mark.usefixtures("more_time_is_asked_for")
@pytest.mark.parametrize("act", ACTS)
def test_without_a_signature_a_grave_act_leaves_nothing(visit_as: VisitAs, world: World, act: str) -> None:
    who, do = ACTS[act]
    with visit_as() as visit:
        before = kept(visit)
    with pytest.raises(Forbidden) as refused, visit_as(who) as visit:
        unsigned(visit, do, world)
    assert refused.value.kind == "signature-needed"
    with visit_as() as visit:
        assert kept(visit) == before


@pytest.mark.usefixtures("more_time_is_asked_for")
@pytest.mark.parametrize("act", ACTS)
def test_a_signature_is_bound_to_the_record_in_the_journal(visit_as: VisitAs, world: World, act: str) -> None:
    who, do = ACTS[act]
    with visit_as(who) as visit:
        do(visit, world)
        moment = visit.now
    with visit_as() as visit:
        kernel = visit.kernel()
        signed = [
            one for one in kernel.exec(select(Signature)) if one.act == act and one.recorded_at == moment
        ]
        entries = kernel.exec(
            select(JournalEntry).where(JournalEntry.subject_id == signed[0].subject_id)
        ).all()
    assert len(signed) == 1
    one = signed[0]
    assert (one.actor_id, one.factors) == (world.people[who], ["password"])
    assert (one.meaning_en, one.meaning_zh) == (GRAVE[act].en, GRAVE[act].zh)
    done = next(e for e in entries if e.act == act and e.recorded_at == moment)
    told = next(e for e in entries if e.act == "record.signed" and e.recorded_at == moment)
    assert sha256(rfc8785.dumps(json.loads(done.record))).hexdigest() == one.record_hash
    assert json.loads(told.record)["record_hash"] == one.record_hash
    assert json.loads(told.record)["meaning_zh"] == one.meaning_zh


def test_every_signature_of_the_whole_store_can_be_recomputed(visit_as: VisitAs, world: World) -> None:
    with visit_as() as visit:
        kernel = visit.kernel()
        entries = {
            (entry.act, entry.subject_id, sha256(entry.record.encode()).hexdigest())
            for entry in kernel.exec(select(JournalEntry))
        }
        signed = kernel.exec(select(Signature)).all()
        grave = [entry for entry in kernel.exec(select(JournalEntry)) if entry.act in GRAVE]
    assert {(one.act, one.subject_id, one.record_hash) for one in signed} <= entries
    assert len(signed) == len(grave) > 5


def test_a_program_signs_by_its_key(visit_as: VisitAs, world: World) -> None:
    with visit_as("quality") as visit:
        actor = replace(visit.actor, scopes=frozenset(SCOPES))
    with visit_as(actor) as visit:
        visit.factors = frozenset()
        publish(visit, world)
    with visit_as() as visit:
        signed = visit.kernel().exec(select(Signature).where(Signature.act == "recall.published")).one()
    assert signed.factors == ["key"]


def test_a_wrong_password_proves_nothing_and_is_noted(visit_as: VisitAs, world: World) -> None:
    with visit_as("quality") as visit:
        visit.factors = frozenset()
        with pytest.raises(Unfit) as refused:
            factors.prove(visit, "not the password", "")
        assert visit.factors == frozenset()
        assert [event.kind for event in visit.failures] == ["signature-failed"]
        assert refused.value.faults[0].pointer == "#/sign_password"
        factors.prove(visit, PASSWORD, "")
        assert visit.factors == {"password"}
