"""The plan of a recall: written, handed in whole and frozen with its hash, changed only by a further version."""

from collections.abc import Sequence
from hashlib import sha256
from typing import Any
from uuid import UUID

from tracelot.operations.advancing import hold_own, keep_move
from tracelot.operations.parties import demand_division
from tracelot.operations.products import brands_of
from tracelot.operations.visit import Visit
from tracelot.records.journal import canonical
from tracelot.records.parties import Party
from tracelot.records.proceedings import NewPlan, RecallPlan, list_plans, next_of
from tracelot.records.reaches import regions_reached
from tracelot.records.recalls import Recall, list_recall_batches, list_recall_ranges
from tracelot.rules.ids import new_id
from tracelot.rules.plans import demand_whole
from tracelot.rules.recalls import DRILL
from tracelot.rules.refusals import Conflict
from tracelot.rules.retention import recall_kept
from tracelot.rules.stages import demand_open
from tracelot.rules.supervising import required_channel

MOST_NAMED = 500  # batches in a plan's own words; the recall holds all
COPIED = ("initiator_role", "depth", "effectiveness_level", "cost_bearer", "expected_effect")


def told_of(plans: Sequence[RecallPlan]) -> NewPlan:
    """What the latest version says; an empty one where there is none."""
    return NewPlan.model_validate(plans[-1].told) if plans else NewPlan()


def body_of(visit: Visit, recall: Recall, plan: NewPlan) -> dict[str, dict[str, Any]]:
    """The eight blocks of art. 15: what is on record, and what the plan adds to it."""
    session = visit.session
    party = session.get_one(Party, recall.party_id)
    lines = list_recall_batches(session, [recall.id])
    spans = list_recall_ranges(session, recall.id)
    regions = regions_reached(visit.kernel(), recall.id)
    brands = brands_of(visit, {span.product_id for span in spans})
    told = plan.model_dump(mode="json")
    notice = recall.model_dump(mode="json")
    return {
        "producer": {
            "name": party.name_zh, "name_en": party.name_en, "address": party.address_zh,
            "legal_rep": party.legal_rep, "person": plan.person or party.main_responsible_person,
            "phone": party.phone, "email": party.email, "initiator_role": plan.initiator_role,
        },
        "goods": {
            "batches": [{"code": line.code, "production_date": _day(line.production_date)}
                        for line in lines[:MOST_NAMED]],
            "count": len(lines),
            "ranges": [{"product": span.product_name_zh, "product_en": span.product_name_en, "spec": span.spec,
                        "brand": brands.get(span.product_id),
                        "made_from": _day(span.made_from), "made_to": _day(span.made_to)} for span in spans],
            "area_codes": plan.area_codes or recall.area_codes,
        },
        "why": {name: notice[name] for name in ("reason_code", "reason_zh", "reason_en", "harm_zh", "harm_en")},
        "course": {"level": recall.level, "process": plan.process, "depth": plan.depth,
                   "ends_on": told["ends_on"] or notice["ends_on"],
                   "effectiveness_level": plan.effectiveness_level},
        "notice": {"remedy_zh": recall.remedy_zh, "remedy_en": recall.remedy_en, "channels": plan.channels,
                   "required_channel": required_channel(recall.region_code, regions)},
        "duties": {"duties": plan.duties},
        "disposal": {"disposal": plan.disposal, "cost_bearer": plan.cost_bearer},
        "effect": {"expected_effect": plan.expected_effect},
    }  # fmt: skip


def _day(day: Any) -> str | None:
    return day.isoformat() if day else None


def keep_plan(visit: Visit, recall_id: UUID, new: NewPlan, version: int | None = None) -> RecallPlan:
    """Keep what is written of a plan, for the firm alone, until it is handed in."""
    visit.demand("recall.proceed")
    recall = hold_own(visit, recall_id, version)
    plan = _kept(visit, recall, _in_role(recall, new))
    keep_move(visit, recall, "recall.plan-kept", plan=plan.number)
    return plan


def submit_plan(visit: Visit, recall_id: UUID, new: NewPlan, version: int | None = None) -> RecallPlan:
    """Hand the plan in: from then on its offices know of the recall, and this version stands as it is."""
    visit.demand("recall.proceed")
    recall = hold_own(visit, recall_id, version)
    new = _in_role(recall, new)
    plan = _kept(visit, recall, new)
    plan.body = body_of(visit, recall, new)
    demand_whole(plan.body)
    plan.digest = digest_of(plan.body)
    plan.state, plan.submitted_at, plan.submitted_by = "submitted", visit.now, visit.actor.id
    visit.kernel().add(plan)
    visit.kernel().flush()
    for name in COPIED:
        setattr(recall, name, getattr(new, name))
    if recall.state == "draft":
        recall.area_codes = new.area_codes or recall.area_codes
        recall.ends_on = new.ends_on or recall.ends_on
    if recall.kind != DRILL:
        recall.told_at = recall.told_at or visit.now
    keep_move(visit, recall, "recall.planned", plan=plan.number, digest=plan.digest)
    visit.record("plan.submitted", plan, party_id=plan.party_id)
    return plan


def _in_role(recall: Recall, new: NewPlan) -> NewPlan:
    """A seller's recall of goods of others is planned as a seller's, whatever the paper says."""
    return new if recall.seller_cause is None else new.model_copy(update={"initiator_role": "seller"})


def _kept(visit: Visit, recall: Recall, new: NewPlan) -> RecallPlan:
    """The version that is being written: the one draft that there is, or a new one after what was judged."""
    demand_open(recall.stage, recall.state)
    for code in new.area_codes:
        demand_division(visit, code, "area_codes")
    kernel = visit.kernel()
    plans = list_plans(kernel, recall.id)
    last = plans[-1] if plans else None
    if last is not None and last.state == "submitted":
        raise Conflict(
            "plan-with-office", "The plan is with the office: wait for its word, or for the change it wants."
        )
    if last is None or last.state != "draft":
        last = RecallPlan(id=new_id(), recall_id=recall.id, party_id=recall.party_id, state="draft",
                          number=next_of(kernel, RecallPlan, recall.id), recorded_at=visit.now,
                          recorded_by=visit.actor.id, retain_until=recall_kept(visit.today).until)  # fmt: skip
    last.told = new.model_dump(mode="json")
    kernel.add(last)
    kernel.flush()
    return last


def digest_of(body: Any) -> str:
    """The SHA-256 of a frozen paper in its canonical form."""
    return sha256(canonical(body).encode()).hexdigest()
