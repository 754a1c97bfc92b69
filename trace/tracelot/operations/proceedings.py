"""Where the work of a recall stands, as its firm and its offices read it: next step, papers, acts and figures."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from decimal import Decimal
from uuid import UUID

from sqlmodel import col, select

from tracelot.operations import recalls
from tracelot.operations.effectiveness import Reckoning, reckon
from tracelot.operations.planning import body_of, told_of
from tracelot.operations.tracing import unit_of
from tracelot.operations.visit import Visit
from tracelot.records.proceedings import (
    ActionView,
    FiguresView,
    MissingView,
    PlanView,
    ProceedingsView,
    RegulatorAction,
    ReportView,
    list_actions,
    list_plans,
    list_reports,
)
from tracelot.records.products import Product
from tracelot.records.reaches import find_office, names_of, offices_over, regions_reached
from tracelot.records.recalls import Recall, list_recall_batches
from tracelot.rules.access import may
from tracelot.rules.accounting import share
from tracelot.rules.balancing import known_sum
from tracelot.rules.parties import covers
from tracelot.rules.plans import Figures, Line, lacking
from tracelot.rules.recalls import DRILL
from tracelot.rules.recovering import Figures as Told
from tracelot.rules.refusals import Unknown
from tracelot.rules.signing import GRAVE
from tracelot.rules.stages import OVER, STAGES, next_step
from tracelot.rules.supervising import (
    ASSISTING,
    POWERS,
    PUBLIC_ALONE,
    ActionType,
    counties_of,
    office_for,
    required_channel,
    supervised_area,
)

WORKING = STAGES[STAGES.index("recovering") :]


def find_watched(visit: Visit, code: str) -> Recall:
    """A recall of the territory by its code or id, as soon as its offices know of it."""
    visit.demand("party.watch")
    recall = visit.session.get(Recall, recalls.find_recall(visit, code).id)
    if recall is None or recall.party_id == visit.actor.party_id:
        raise Unknown("unknown-recall", "No such recall.")
    return recall


def find_shared(visit: Visit, code: str) -> Recall:
    """The same for its firm too."""
    visit.demand("journal.read")
    recall = visit.session.get(Recall, recalls.find_recall(visit, code).id)
    if recall is None:
        raise Unknown("unknown-recall", "No such recall.")
    return recall


def supervising(visit: Visit, recall: Recall) -> str:
    """The area whose office supervises: as laid down, or as the shipments make it, among the offices there are."""
    if recall.supervised_area is not None:
        return recall.supervised_area
    kernel = visit.kernel()
    wanted = supervised_area(recall.region_code, regions_reached(kernel, recall.id))
    areas = {area for office in offices_over(kernel, recall.region_code) for area in office.territory}
    return office_for(areas, wanted, recall.region_code) or wanted


def supervises(visit: Visit, recall: Recall) -> bool:
    """Whether the actor's is the supervising office, or one above it."""
    return covers(visit.actor.territory, supervising(visit, recall))


def allowed_acts(visit: Visit, recall: Recall, *, planned: bool) -> list[ActionType]:
    """What the actor's office may do about a recall as it stands; `planned` says that a plan waits for its word."""
    if recall.state in OVER or not covers(visit.actor.territory, recall.region_code):
        return []
    orders, own = may(visit.actor, "recall.order"), supervises(visit, recall)
    assists = may(visit.actor, "recall.assist")
    return [
        type_
        for type_, power in POWERS.items()
        if recall.stage in power.stages
        and (orders or (assists and type_ in ASSISTING))
        and (own or not power.supervising)
        and (planned or not power.planned)
        and (recall.mode == "ordered" or not power.ordered)
        and (recall.kind != DRILL or type_ not in PUBLIC_ALONE)
    ]


# --- figures -----------------------------------------------------------------------------------------------


def figures_of(visit: Visit, recall: Recall, found: Reckoning | None = None) -> Figures:
    """What the recall came to, by the books and by what its consignees answered: over each product and unit."""
    found = found or reckon(visit, recall)
    products = {
        str(line.batch_id): line.product_id for line in list_recall_batches(visit.session, [recall.id])
    }
    told: defaultdict[tuple[UUID, str | None], list[Told]] = defaultdict(list)
    for one in found.figures:
        told[products[one.batch], unit_of(found.hands, one.batch)].append(one)
    return _summed(visit, told, complete=found.complete) if told else Figures(complete=found.complete)


def _summed(visit: Visit, told: dict[tuple[UUID, str | None], list[Told]], *, complete: bool) -> Figures:
    query = select(Product).where(col(Product.id).in_({product for product, _ in told}))
    goods = {product.id: product for product in visit.kernel().exec(query)}
    lines = [
        Line(
            goods[product].name_zh,
            goods[product].name_en,
            unit,
            len(accounts),
            known_sum(one.made for one in accounts),
            known_sum(one.shipped for one in accounts),
            known_sum(one.recovered for one in accounts),
            known_sum(one.accounted for one in accounts),
        )
        for (product, unit), accounts in sorted(told.items(), key=str)
    ]
    shares = [share(line.accounted, line.total) for line in lines]
    known = complete and None not in shares
    return Figures(
        tuple(lines),
        max((one for one in shares if one is not None), key=lambda one: abs(1 - one)) if known else None,
        _least_recovered(told.values()) if complete else None,
        complete,
    )


def _least_recovered(told: Iterable[list[Told]]) -> Decimal | None:
    """Of the product of which the least came back, among those that went out, or among all where none did."""
    groups = list(told)
    out = [some for some in groups if known_sum(one.shipped for one in some) != 0]
    back = [
        share(known_sum(one.recovered for one in some), known_sum(one.recoverable for one in some))
        for some in out or groups
    ]
    known = [one for one in back if one is not None]
    return min(known) if known and len(known) == len(back) else None


def figures_view(figures: Figures) -> FiguresView:
    return FiguresView.model_validate(asdict(figures))


# --- the whole ---------------------------------------------------------------------------------------------


def view(visit: Visit, recall: Recall, found: Reckoning | None = None) -> ProceedingsView:
    """The proceedings of a recall, with its papers as they were frozen."""
    session = visit.session
    plans, reports = list_plans(session, recall.id), list_reports(session, recall.id)
    following = None if recall.state in OVER else next_step(recall.stage, drill=recall.kind == DRILL)
    area, regions = supervising(visit, recall), regions_reached(visit.kernel(), recall.id)
    office = find_office(visit.kernel(), area)
    counted = recall.stage in WORKING and (recall.state == "published" or recall.kind == DRILL)
    planned = bool(plans) and plans[-1].state == "submitted"
    own = recall.party_id == visit.actor.party_id
    missing = lacking(body_of(visit, recall, told_of(plans))) if own else []
    return ProceedingsView.model_validate(
        recall.model_dump()
        | {
            "next_step": following[0] if following else None,
            "next_by": following[1] if following else None,
            "supervised_area": area,
            "office_zh": office.name_zh if office else None,
            "office_en": office.name_en if office else None,
            "required_channel": required_channel(recall.region_code, regions),
            "reached_areas": counties_of(regions),
            "figures": figures_view(figures_of(visit, recall, found)) if counted else None,
            "plan_missing": [MissingView(block=block, field=field) for block, field in missing],
            "plans": [PlanView.model_validate(one, from_attributes=True) for one in plans],
            "reports": [ReportView.model_validate(one, from_attributes=True) for one in reports],
            "actions": _acts(visit, list_actions(session, recall.id)),
            "allowed": allowed_acts(visit, recall, planned=planned) if visit.actor.regulator else [],
        }
    )


def _acts(visit: Visit, actions: Sequence[RegulatorAction]) -> list[ActionView]:
    names = names_of(visit.kernel(), [one.office_id for one in actions])
    return [
        ActionView.model_validate(
            one.model_dump()
            | {
                "office_zh": names[one.office_id][0],
                "office_en": names[one.office_id][1],
                "meaning_zh": GRAVE[sign_of(one.type)].zh,
                "meaning_en": GRAVE[sign_of(one.type)].en,
            }
        )
        for one in actions
    ]


def sign_of(type_: str) -> str:
    """The grave act under which an office's act is signed."""
    return f"office.{type_.replace('_', '-')}"
