"""Plans of supervised sampling: what is to be sampled, the frozen frame, and the draw that anybody can repeat."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from uuid import UUID

from sqlmodel import col, select

from tracelot.operations.changing import demand_version
from tracelot.operations.parties import demand_division
from tracelot.operations.sampling_work import actor_party
from tracelot.operations.visit import Visit
from tracelot.records.batches import Batch
from tracelot.records.filling import add_rows
from tracelot.records.locking import HELD
from tracelot.records.parties import Party
from tracelot.records.products import Product
from tracelot.records.reaches import names_of
from tracelot.records.sampling_plans import (
    DrawnView,
    NewDraw,
    NewSamplingPlan,
    PlanView,
    ProofView,
    SamplingCandidate,
    SamplingPlan,
    count_candidates,
    list_candidates,
    list_sampling_plans,
)
from tracelot.rules.ids import new_id
from tracelot.rules.parties import area_prefix, covers
from tracelot.rules.refusals import Conflict, Unknown, unfit
from tracelot.rules.retention import TWO_YEARS
from tracelot.rules.sampling_plans import (
    TYPES_AT,
    Candidate,
    Stratum,
    demand_seed,
    draw_plan,
    frame_hash,
    result_hash,
)

SAMPLED = ("released", "pending_inspection", "held")  # batches that are there to be sampled
METHOD = (
    "frame_hash = SHA-256 of the sorted lines `stratum TAB key`, joined by LF; for each stratum the keys are ranked by"
    " SHA-256 of `seed/stratum NUL key`, and the first `wanted` are drawn"
)


def make_plan(visit: Visit, new: NewSamplingPlan) -> SamplingPlan:
    """Plan what is to be sampled within the office's own territory."""
    visit.demand("sampling.plan")
    for number, one in enumerate(new.strata):
        demand_division(visit, one.region_code, f"strata/{number}/region_code")
        if not covers(visit.actor.territory, area_prefix(one.region_code)):
            raise unfit(
                "outside-territory", "This lies outside of your territory.", f"strata/{number}/region_code"
            )
    cells = [
        Stratum(number, one.category, area_prefix(one.region_code), one.stage, one.wanted)
        for number, one in enumerate(new.strata, 1)
    ]
    plan = SamplingPlan(
        **new.model_dump(exclude={"strata"}),
        id=new_id(),
        party_id=actor_party(visit),
        area=visit.actor.territory[0],
        state="open",
        strata=[asdict(cell) for cell in cells],
        retain_until=visit.today + TWO_YEARS,
        recorded_at=visit.now,
        recorded_by=visit.actor.id,
    )
    visit.session.add(plan)
    visit.session.flush()
    visit.record("sampling.planned", plan, party_id=plan.party_id)
    return plan


def find_plan(visit: Visit, plan_id: UUID) -> SamplingPlan:
    """A plan of the office, or of one inside its territory."""
    visit.demand("sampling.plan")
    plan = visit.session.get(SamplingPlan, plan_id)
    if plan is None:
        raise Unknown("unknown-plan", "No such sampling plan.")
    return plan


def hold_plan(visit: Visit, plan_id: UUID, version: int | None = None) -> SamplingPlan:
    """The office's own, held until this transaction ends."""
    if find_plan(visit, plan_id).party_id != visit.actor.party_id:
        raise Unknown("unknown-plan", "No such sampling plan.")
    plan = visit.session.get_one(SamplingPlan, plan_id, with_for_update=HELD, populate_existing=True)
    demand_version(plan, version)
    return plan


def plans(visit: Visit) -> list[PlanView]:
    visit.demand("sampling.plan")
    return [view_plan(visit, plan) for plan in list_sampling_plans(visit.session)]


def view_plan(visit: Visit, plan: SamplingPlan) -> PlanView:
    candidates, drawn = count_candidates(visit.session, plan.id)
    zh, en = names_of(visit.kernel(), [plan.party_id])[plan.party_id]
    more = {"candidates": candidates, "drawn": drawn, "office_zh": zh, "office_en": en}
    return PlanView.model_validate(plan.model_dump() | more)


# --- the frame -------------------------------------------------------------------------------------------------


def freeze_frame(visit: Visit, plan_id: UUID, version: int | None = None) -> SamplingPlan:
    """Write down all that could be drawn, as the register has it now; only then comes the seed."""
    plan = hold_plan(visit, plan_id, version)
    if plan.state != "open":
        raise Conflict("frame-frozen", "The frame of this plan is frozen already.")
    rows = [one for cell in plan.cells() for one in _candidates(visit, plan, cell)]
    if not rows:
        raise Conflict("frame-empty", "The register knows nothing that this plan could draw.")
    visit.session.flush()
    add_rows(visit.kernel(), SamplingCandidate, (one.model_dump() for one in rows))
    plan.state, plan.frozen_at = "frozen", visit.now
    plan.frame_hash = frame_hash(one.candidate() for one in rows)
    visit.session.add(plan)
    visit.session.flush()
    visit.record("sampling.frame-frozen", plan, party_id=plan.party_id, candidates=len(rows))
    return plan


def _candidates(visit: Visit, plan: SamplingPlan, cell: Stratum) -> Iterator[SamplingCandidate]:
    found = _batches(visit, cell) if plan.draws == "batch" else _firms(visit, cell)
    for key, firm, name in found:
        yield SamplingCandidate(
            plan_id=plan.id,
            stratum=cell.number,
            key=str(key),
            party_id=plan.party_id,
            firm_id=firm.id,
            name=name,
            region_code=firm.region_code,
        )


def _firms(visit: Visit, cell: Stratum) -> Iterator[tuple[UUID, Party, str]]:
    """Firms of the area at the stage; of makers those that make something of the category."""
    query = select(Party).where(
        col(Party.region_code).like(f"{cell.area}%"),
        col(Party.type).in_(TYPES_AT[cell.stage]),
        Party.status == "verified",
        col(Party.archived_at).is_(None),
    )
    if cell.stage == "production":
        makers = select(Product.party_id).where(Product.category == cell.category)
        query = query.where(col(Party.id).in_(makers))
    for firm in visit.session.exec(query.order_by(col(Party.id))):
        yield firm.id, firm, firm.name_zh


def _batches(visit: Visit, cell: Stratum) -> Iterator[tuple[UUID, Party, str]]:
    query = (
        select(Batch, Product, Party)
        .where(Batch.product_id == Product.id, Batch.party_id == Party.id, Product.category == cell.category)
        .where(col(Party.region_code).like(f"{cell.area}%"), Party.status == "verified")
        .where(col(Party.type).in_(TYPES_AT[cell.stage]), col(Batch.status).in_(SAMPLED))
    )
    for batch, product, firm in visit.session.exec(query.order_by(col(Batch.id))):
        yield batch.id, firm, f"{product.name_zh} {batch.code}"


# --- the draw --------------------------------------------------------------------------------------------------


def draw(visit: Visit, plan_id: UUID, new: NewDraw, version: int | None = None) -> SamplingPlan:
    """Draw with a seed that was published after the frame was frozen; what was drawn stays."""
    plan = hold_plan(visit, plan_id, version)
    if plan.state == "drawn":
        raise Conflict("drawn-already", "This plan is drawn already, and stays so.")
    demand_seed(new.seed, plan.frame_hash)
    rows = list_candidates(visit.session, plan.id)
    drawn = draw_plan(plan.cells(), [one.candidate() for one in rows], new.seed)
    chosen = set(drawn)
    for row in rows:
        row.drawn = row.candidate() in chosen
        visit.session.add(row)
    plan.state, plan.seed, plan.seed_source = "drawn", new.seed, new.seed_source
    plan.result_hash, plan.drawn_at = result_hash(drawn), visit.now
    visit.session.add(plan)
    visit.session.flush()
    visit.record("sampling.drawn", plan, party_id=plan.party_id, drawn=len(drawn))
    return plan


def proof(visit: Visit, plan_id: UUID) -> ProofView:
    """Frame, seed and result, drawn again on the spot: whether the same comes of it."""
    plan = find_plan(visit, plan_id)
    rows = list_candidates(visit.session, plan.id)
    frame = [one.candidate() for one in rows]
    holds = frame_hash(frame) == plan.frame_hash
    if plan.seed is not None:
        again = draw_plan(plan.cells(), frame, plan.seed)
        holds = holds and result_hash(again) == plan.result_hash == result_hash(drawn_of(rows))
    shown = [DrawnView.model_validate(one.model_dump()) for one in rows]
    return ProofView(
        plan=view_plan(visit, plan),
        frame=shown,
        frame_hash=frame_hash(frame),
        result_hash=plan.result_hash,
        holds=holds,
        method=METHOD,
    )


def drawn_of(rows: Sequence[SamplingCandidate]) -> list[Candidate]:
    return [one.candidate() for one in rows if one.drawn]
