"""What somebody owes, by when, and who is late: clocks of recalls, reports asked for, checks, reports of the public."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal
from uuid import UUID

from tracelot.operations import extensions, proceedings
from tracelot.operations.duties import Matter, both_of
from tracelot.operations.tip_views import matter_of as tip_matter
from tracelot.operations.visit import Visit
from tracelot.records.batches import Batch
from tracelot.records.owed import goods_of, list_open_tips, list_planned_checks, list_required_reports
from tracelot.records.parties import Party
from tracelot.records.products import Product
from tracelot.records.reaches import find_office, offices_over
from tracelot.records.recalls import Recall
from tracelot.records.responsible import BothView, PersonView, Side, SubjectKind
from tracelot.records.tips import Tip
from tracelot.rules.access import may
from tracelot.rules.calendars import end_of
from tracelot.rules.recall_law import ClockKind
from tracelot.rules.refusals import Unknown
from tracelot.rules.tipping import handling_area

Kind = Literal["clock", "report", "check", "tip"]
MOST = 100


@dataclass(frozen=True)
class Owed:
    """One thing that is owed by `side` until a moment; without one the law's limit is still to be checked."""

    kind: Kind
    side: Side
    code: str
    subject: UUID  # the recall or the report
    due_at: datetime | None
    late: bool
    clock: ClockKind | None = None
    both: BothView | None = None

    @property
    def owes(self) -> PersonView | None:
        if self.both is None:
            return None
        return self.both.firm if self.side == "firm" else self.both.office


def owed(visit: Visit) -> list[Owed]:
    """All that is owed in the actor's territory, or of a firm its own; what is due first comes first."""
    visit.demand("duty.read")
    found = [*_of_recalls(visit), *_of_tips(visit)]
    return sorted(found, key=lambda one: (one.due_at is None, one.due_at or visit.now, one.code, one.kind))


def owed_by_me(visit: Visit) -> list[Owed]:
    """What the person who asks answers for; an administrator answers where nobody is named."""
    side: Side = "office" if visit.actor.regulator else "firm"
    return [one for one in owed(visit) if _mine(visit, one, side)]


def _mine(visit: Visit, one: Owed, side: Side) -> bool:
    if one.both is None:
        return False
    person = one.both.office if side == "office" else one.both.firm
    if person is None:
        return False
    unnamed = person.account_id is None and visit.actor.role == "admin"
    return person.account_id == visit.actor.id or unnamed


def _of_recalls(visit: Visit) -> Iterator[Owed]:
    listed = [*_clocks(visit), *_reports(visit), *_checks(visit)]
    matters = recall_matters(visit, [recall for recall, _ in listed])
    both = both_of(visit, matters.values())
    for recall, one in listed:
        yield replace(one, both=both[recall.id])


def _clocks(visit: Visit) -> Iterator[tuple[Recall, Owed]]:
    found, _ = extensions.deadlines(visit, MOST) if _reads_clocks(visit) else ([], 0)
    for one in found:
        ends = one.clock.ends_at
        late = ends is not None and ends < visit.now
        yield one.recall, Owed("clock", "firm", one.recall.code, one.recall.id, ends, late, one.clock.kind)


def _reads_clocks(visit: Visit) -> bool:
    return visit.actor.enterprise or may(visit.actor, "party.watch")


def _reports(visit: Visit) -> Iterator[tuple[Recall, Owed]]:
    for action, recall in list_required_reports(visit.session, MOST):
        assert action.due_on is not None  # the query asks for it
        ends = end_of(action.due_on, visit.place.zone)
        yield recall, Owed("report", "firm", recall.code, recall.id, ends, ends < visit.now)


def _checks(visit: Visit) -> Iterator[tuple[Recall, Owed]]:
    """Whoever drew the sample makes the checks."""
    for check, recall, sample in list_planned_checks(visit.session, MOST):
        assert check.planned_on is not None  # the query asks for it
        ends = end_of(check.planned_on, visit.place.zone)
        side: Side = "firm" if sample.drawn_by == recall.party_id else "office"
        yield recall, Owed("check", side, recall.code, recall.id, ends, ends < visit.now)


def _of_tips(visit: Visit) -> Iterator[Owed]:
    tips = list_open_tips(visit.session, MOST) if may(visit.actor, "tip.read") else []
    both = both_of(visit, [tip_matter(tip) for tip in tips])
    for tip in tips:
        ends = end_of(tip.due_on, visit.place.zone)
        yield Owed("tip", "office", tip.code, tip.id, ends, ends < visit.now, both=both[tip.id])


# --- what the matters are ------------------------------------------------------------------------------------


def recall_matters(visit: Visit, recalls: Iterable[Recall]) -> dict[UUID, Matter]:
    """Who may answer for recalls: the firm by their goods, and the office that supervises each."""
    by_id = {recall.id: recall for recall in recalls}
    goods = goods_of(visit.kernel(), by_id)
    return {
        id_: Matter(
            "recall",
            id_,
            recall.party_id,
            _supervisor(visit, recall),
            recall.region_code,
            tuple(goods.get(id_, ())),
        )
        for id_, recall in by_id.items()
    }


def _supervisor(visit: Visit, recall: Recall) -> UUID | None:
    office = find_office(visit.kernel(), proceedings.supervising(visit, recall))
    return office.id if office else None


def both_for(visit: Visit, kind: SubjectKind, subject: UUID) -> BothView:
    """Who answers for one record that the actor may see."""
    visit.demand("duty.read")
    matter = _matter(visit, kind, subject)
    return both_of(visit, [matter])[matter.id]


def _matter(visit: Visit, kind: SubjectKind, subject: UUID) -> Matter:
    models: dict[str, type[Recall | Tip | Batch | Product | Party]] = {
        "recall": Recall, "tip": Tip, "batch": Batch, "product": Product, "party": Party,
    }  # fmt: skip
    row = visit.session.get(models[kind], subject) if kind in models else None
    match row:
        case Recall():
            return recall_matters(visit, [row])[row.id]
        case Tip():
            return tip_matter(row)
        case Batch():
            return _of_goods(visit, "batch", row.id, row.party_id, [("product", str(row.product_id))])
        case Product():
            return _of_goods(visit, "product", row.id, row.party_id, [])
        case Party():
            return _of_goods(visit, "party", row.id, row.id, [])
        case _:
            raise Unknown("unknown-subject", "No such record of yours.")


def _of_goods(
    visit: Visit, kind: SubjectKind, id_: UUID, party_id: UUID, goods: Sequence[tuple[str, str]]
) -> Matter:
    kernel = visit.kernel()
    region = kernel.get_one(Party, party_id).region_code
    offices = offices_over(kernel, region)
    area = handling_area({one for office in offices for one in office.territory}, [region])
    office = next((one for one in offices if area in one.territory), None)
    return Matter(kind, id_, party_id, office.id if office else None, region, tuple(goods))
