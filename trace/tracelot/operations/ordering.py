"""What offices do about recalls: they order them, judge plans and reports, check, warn and close, each act signed."""

from uuid import UUID

from tracelot.operations import recalls
from tracelot.operations.advancing import hold_products, hold_recall, keep_move, take_step
from tracelot.operations.parties import demand_division
from tracelot.operations.proceedings import allowed_acts, figures_of, figures_view, find_watched, sign_of
from tracelot.operations.recallable import HeldProduct, held_by
from tracelot.operations.regrading import set_level
from tracelot.operations.visit import Visit
from tracelot.operations.withdrawing import on_behalf, take_back
from tracelot.records.parties import Party
from tracelot.records.proceedings import (
    NewAction,
    NewOrder,
    RecallPlan,
    RegulatorAction,
    list_plans,
    next_of,
)
from tracelot.records.recalls import NewRecall, Recall
from tracelot.records.withdrawing import Regrading, Withdrawal
from tracelot.rules.ids import new_id
from tracelot.rules.parties import LENGTHS, area_prefix, covers
from tracelot.rules.plans import demand_accounted
from tracelot.rules.refusals import Conflict, Forbidden, Unknown, unfit
from tracelot.rules.retention import recall_kept
from tracelot.rules.stages import demand_open
from tracelot.rules.supervising import ASSISTING, POWERS, ActionType
from tracelot.rules.withdrawing import demand_own_order


def order_recall(visit: Visit, new: NewOrder) -> Recall:
    """责令召回: the firm gets a draft that it must act on (Food Safety Law art. 63, Food Recall Measures art. 12).

    Ordered is who made the goods, or who sold them where that is its own cause, or nobody can order their maker.
    """
    visit.demand("recall.order")
    firm = visit.session.get(Party, new.party_id)
    if firm is None or not covers(visit.actor.territory, firm.region_code):
        raise Unknown("unknown-party", "No such party.")
    if firm.type in ("regulator", "lab") or firm.archived_at is not None:
        raise Conflict("no-firm", "Only a firm that trades can be ordered to recall.")
    told = new.model_dump(exclude={"party_id", "order_no", "text"})
    draft = recalls.open_recall(
        on_behalf(visit, firm),
        NewRecall.model_validate(told | {"source_of_knowledge": "regulator_notice", "contact": firm.phone}),
    )
    recall = visit.kernel().get_one(Recall, draft.id)
    recall.mode, recall.order_no = "ordered", new.order_no
    recall.ordered_by, recall.ordered_at, recall.told_at = visit.actor.party_id, visit.now, visit.now
    keep_move(visit, recall, "recall.ordered", reason=new.text)
    action = NewAction(type="order_recall", doc_no=new.order_no, text=new.text)
    _keep(visit, recall, _action(visit, recall, action))
    return recall


def products_bought(visit: Visit, party_id: UUID) -> list[HeldProduct]:
    """The goods of others that came to a firm of the office's territory: what the firm can be ordered to recall."""
    visit.demand("recall.order")
    firm = visit.session.get(Party, party_id)
    over = firm is not None and covers(visit.actor.territory, firm.region_code)
    return held_by(visit, party_id) if over else []


def act_on(visit: Visit, code: str, new: NewAction, version: int | None = None) -> RegulatorAction:
    """An office's act on a recall of its territory."""
    visit.demand("recall.assist" if new.type in ASSISTING else "recall.order")
    found = find_watched(visit, code).id
    held = hold_products(visit, found) if new.type == "withdraw" else set()
    recall = hold_recall(visit, found, version)
    if new.type == "withdraw":  # that has its place even after the closing
        demand_own_order(recall.state, recall.kind, recall.mode)
    else:
        demand_open(recall.stage, recall.state)
    plans = list_plans(visit.kernel(), recall.id)
    plan = plans[-1] if plans and plans[-1].state == "submitted" else None
    _demand_power(visit, recall, new, plan)
    action = _action(visit, recall, new)
    if POWERS[new.type].planned and plan is not None:
        _judge(visit, plan, new.type)
        action.plan_number = plan.number
    if new.type in ("evaluate", "close"):
        figures = figures_of(visit, recall)
        action.figures = figures_view(figures).model_dump(mode="json")
        if new.type == "close":
            demand_accounted(figures, new.variance)
    if new.type == "supervise":
        action.area = recall.supervised_area = _area(visit, recall, new.area or "")
    _carry_out(visit, recall, new, held)
    _keep(visit, recall, action)
    return action


def _carry_out(visit: Visit, recall: Recall, new: NewAction, held: set[UUID]) -> None:
    """What the act does to the recall itself, beyond that it stands there."""
    step = POWERS[new.type].step
    if new.type == "withdraw":
        take_back(visit, recall, Withdrawal(reason=new.text, report_no=new.report_no), held)
    elif new.type == "change_level" and new.level is not None:
        set_level(visit, recall, Regrading(level=new.level, reason=new.text))
    elif step is not None and recall.stage != "recovering":
        take_step(visit, recall, step, new.text)
    else:
        keep_move(visit, recall, "recall.acted", reason=new.text, action=new.type)


def _demand_power(visit: Visit, recall: Recall, new: NewAction, plan: RecallPlan | None) -> None:
    allowed = allowed_acts(visit, recall, planned=plan is not None)
    if new.type not in allowed:
        power = POWERS[new.type]
        if recall.stage in power.stages and (plan is not None or not power.planned):
            raise Forbidden(
                "other-office-supervises",
                "Another office supervises this recall: it, or one above it, decides.",
            )
        raise Conflict(
            "act-not-now", "As the recall stands now, this act has no place.", facts={"stage": recall.stage}
        )
    if POWERS[new.type].numbered and not new.doc_no:
        raise unfit("number-needed", "Give the number of the document.", "doc_no")


def _judge(visit: Visit, plan: RecallPlan, type_: ActionType) -> None:
    plan.state = "accepted" if type_ == "accept_plan" else "to_change"
    plan.decided_at = visit.now
    visit.kernel().add(plan)
    visit.kernel().flush()
    visit.record("plan.decided", plan, party_id=plan.party_id)


def _area(visit: Visit, recall: Recall, region_code: str) -> str:
    """The area of the office that is to supervise: over the firm, and within the actor's own."""
    demand_division(visit, region_code, "area")
    area = area_prefix(region_code)
    if not recall.region_code.startswith(area) or len(area) > LENGTHS["county"]:
        raise unfit("not-over-the-firm", "This is no county, city or province of the firm.", "area")
    if not covers(visit.actor.territory, area):
        raise Forbidden("above-yours", "An office lays down its own supervision, or that of one below it.")
    return area


def _action(visit: Visit, recall: Recall, new: NewAction) -> RegulatorAction:
    office = visit.actor.party_id
    assert office is not None
    return RegulatorAction(
        id=new_id(), recall_id=recall.id, party_id=recall.party_id, office_id=office, type=new.type,
        number=next_of(visit.kernel(), RegulatorAction, recall.id), doc_no=new.doc_no, text=new.text,
        due_on=new.due_on if new.type == "require_report" else None,
        variance=new.variance if new.type == "close" else None,
        level=new.level if new.type == "change_level" else None,
        retain_until=recall_kept(visit.today).until, recorded_at=visit.now, recorded_by=visit.actor.id,
    )  # fmt: skip


def _keep(visit: Visit, recall: Recall, action: RegulatorAction) -> None:
    visit.kernel().add(action)
    visit.kernel().flush()
    visit.record(sign_of(action.type), action, party_id=recall.party_id)
