"""What people of the market may try with a recall, whose act each of these is, and how the journal calls it."""

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple, TypeVar
from uuid import UUID

from hypothesis import strategies as st
from sqlmodel import select

from market.people import Market
from market.told import Told
from pursued import action, whole_plan
from tracelot.operations import (
    checking,
    delivering,
    disposing,
    extensions,
    ordering,
    planning,
    recalls,
    regrading,
    reporting,
    withdrawing,
)
from tracelot.operations.effectiveness import recall_in_work
from tracelot.operations.visit import Visit
from tracelot.records.clocks import AskedExtension, ClockExtension
from tracelot.records.consignees import RecallNotice
from tracelot.records.effectiveness import (
    Disposal,
    Done,
    EffectivenessCheck,
    NewDisposal,
    NewSample,
    Performed,
    Watched,
)
from tracelot.records.proceedings import NewPlan, NewReport
from tracelot.records.withdrawing import Regrading, Withdrawal
from tracelot.rules.refusals import Unknown

Thing = TypeVar("Thing")
DRAFT = NewPlan(process="通知")
WITHOUT_VERSION = {"ask for time", "grant time", "refuse time", "draw", "announce", "send again"}


class Pick:
    """Choices that Hypothesis makes, and repeats."""

    def __init__(self, draw: Callable[[Sequence[Any]], Any]) -> None:
        self._draw = draw

    def one(self, options: Sequence[Thing]) -> Thing:
        return self._draw(options)  # type: ignore[no-any-return]

    def some(self, options: Sequence[Thing], most: int = 3) -> list[Thing]:
        """From one to so many of them."""
        count = self.one(range(1, min(most, len(options)) + 1))
        return [options[number] for number in sorted({self.one(range(len(options))) for _ in range(count)})]


def pick(data: st.DataObject) -> Pick:
    return Pick(lambda options: data.draw(st.sampled_from(options)))


class Scene(NamedTuple):
    """Where an act takes place: who tries it, with which recall, and which version of it they have read."""

    visit: Visit
    market: Market
    recall: Told
    version: int
    pick: Pick
    order: Callable[[set[UUID]], list[UUID]]


class Deed(NamedTuple):
    whose: str
    do: Callable[[Scene], object]
    called: tuple[str, ...]
    states: tuple[str, ...] = ("published",)  # of a recall that may be so much as thought of


def moving(step: Any) -> Callable[[Scene], object]:
    return lambda at: reporting.move_on(at.visit, at.recall.id, step, "说明", at.version)


def acting(type_: str) -> Callable[[Scene], object]:
    new = action(type_, variance="核对后的差异")
    return lambda at: ordering.act_on(at.visit, at.recall.code, new, at.version)


def reports(kind: Any) -> Callable[[Scene], object]:
    new = NewReport(kind=kind, text="进展")
    return lambda at: reporting.hand_in_report(at.visit, at.recall.id, new, at.version)


# --- its level, and its end ---------------------------------------------------------------------------------


def withdraw(at: Scene) -> object:
    why = Withdrawal(reason="复检合格", report_no="FJ-1")
    return withdrawing.withdraw(at.visit, at.recall.id, why, at.version)


def make_graver(at: Scene) -> object:
    new = Regrading(level=at.pick.one((1, 2)), reason="风险上升")
    return regrading.regrade(at.visit, at.recall.id, new, at.version)


def change_level(at: Scene) -> object:
    new = action("change_level", level=at.pick.one((1, 2, 3)))
    return ordering.act_on(at.visit, at.recall.code, new, at.version)


# --- more time ---------------------------------------------------------------------------------------------


def ask_time(at: Scene) -> object:
    until = date.today() + timedelta(days=at.pick.one((3, 60, 90)))  # noqa: DTZ011
    return extensions.ask_extension(at.visit, at.recall.id, AskedExtension(until=until, reason="门店众多"))


def decide_time(granted: bool) -> Callable[[Scene], object]:
    def decide(at: Scene) -> object:
        query = select(ClockExtension.id).where(ClockExtension.recall_id == at.recall.id)
        found = at.visit.kernel().exec(query.order_by(ClockExtension.asked_at.desc())).first()  # type: ignore[attr-defined]
        return extensions.decide_extension(at.visit, found or at.recall.id, granted, "情况属实")

    return decide


# --- how effective it is -----------------------------------------------------------------------------------


def draw_sample(at: Scene) -> object:
    return checking.draw_sample(at.visit, at.recall.id, NewSample(level=at.pick.one(("A", "C", "E"))))


def first_of(at: Scene, table: Any, *, performed: bool) -> Any:
    """The oldest row of a recall that is still to be done, or was done."""
    query = select(table).where(table.recall_id == at.recall.id)
    rows = [one for one in at.visit.kernel().exec(query) if (one.performed_at is not None) == performed]
    if not rows:
        raise Unknown("none", "There is none.")
    return min(rows, key=lambda one: one.recorded_at)


def perform_check(at: Scene) -> object:
    check = first_of(at, EffectivenessCheck, performed=False)
    outcome = at.pick.one(("action_taken", "no_action", "unreachable"))
    done = Performed(performed_at=at.visit.now, outcome=outcome)
    return checking.perform_check(at.visit, at.recall.id, check.id, done, check.version)


def announce(at: Scene) -> object:
    batch = at.pick.one(at.order(at.recall.chosen))
    ends = [end for end, one in sorted(at.recall.notices.items()) if batch in one.goods and one.tier == 1]
    there = at.pick.one([None, *ends])
    new = {"batch_id": batch, "quantity": at.pick.one((1, 3, 8)), "unit": "kg", "planned_at": at.visit.now}
    how: dict[str, Any] = {"method": "destroy_central", "place": "县处理厂"}
    if there is not None:
        how = {"method": "destroy_on_site", "consignee": at.market.end(there)}
    return disposing.announce_disposal(at.visit, at.recall.id, NewDisposal.model_validate(new | how))


def perform_disposal(at: Scene) -> Disposal:
    """On the spot before a witness; from the own books by the act that stands there."""
    disposal: Disposal = first_of(at, Disposal, performed=False)
    event: UUID | None = None
    if disposal.consignee is None:
        found = disposing.acts_of(at.visit, recall_in_work(at.visit, at.recall.id), disposal.id)
        event = found[0].id if found else None
    done = Done(performed_at=at.visit.now, event_id=event, witness="王站长")
    return disposing.perform_disposal(at.visit, at.recall.id, disposal.id, done, disposal.version)


def witness(at: Scene) -> object:
    disposal = first_of(at, Disposal, performed=at.pick.one((False, True)))
    return disposing.witness_disposal(at.visit, at.recall.id, disposal.id, Watched(), disposal.version)


# --- those who were told -----------------------------------------------------------------------------------


def send_again(at: Scene) -> tuple[UUID, str | None]:
    query = select(RecallNotice).where(RecallNotice.recall_id == at.recall.id, RecallNotice.tier == 1)
    found = [one.id for one in sorted(at.visit.kernel().exec(query), key=lambda one: one.name)]
    if not found:
        raise Unknown("none", "There is none.")
    recall, notice = recalls.find_recall(at.visit, at.recall.code), at.pick.one(found)
    return notice, delivering.send_again(at.visit, recall, notice, None)


DEEDS: dict[str, Deed] = {
    **{f"move {step}": Deed("firm", moving(step), ("recall.moved",), ("draft",) if step == "start" else ("published",))
       for step in ("start", "dispose", "complete", "evaluate", "close")},
    **{f"report {kind}": Deed("firm", reports(kind), ("report.submitted",)) for kind in ("stage", "status", "final")},
    **{type_: Deed("office", acting(type_), (f"office.{type_.replace('_', '-')}",))
       for type_ in ("order_stop", "require_report", "stronger_measures", "warning", "site_check", "accept_plan",
                     "change_plan", "evaluate", "close")},
    "keep plan": Deed("firm", lambda at: planning.keep_plan(at.visit, at.recall.id, DRAFT, at.version),
                      ("recall.plan-kept",), ("draft", "published")),
    "hand in plan": Deed("firm", lambda at: planning.submit_plan(at.visit, at.recall.id, whole_plan(), at.version),
                         ("recall.planned",), ("draft", "published")),
    "publish": Deed("firm", lambda at: recalls.publish_recall(at.visit, at.recall.id, at.version),
                    ("recall.published", "recall.drill-begun"), ("draft",)),
    "cancel": Deed("firm", lambda at: recalls.cancel_recall(at.visit, at.recall.id, "误开", at.version),
                   ("recall.cancelled",), ("draft",)),
    "withdraw": Deed("firm", withdraw, ("recall.withdrawn",)),
    "take back": Deed("office", acting("withdraw"), ("office.withdraw",)),
    "make graver": Deed("firm", make_graver, ("recall.regraded",)),
    "change level": Deed("office", change_level, ("office.change-level",)),
    "ask for time": Deed("firm", ask_time, ("recall.extension-asked",)),
    "grant time": Deed("office", decide_time(True), ("recall.extended",)),
    "refuse time": Deed("office", decide_time(False), ("recall.extension-refused",)),
    "draw": Deed("both", draw_sample, ("sample.drawn",)),
    "check": Deed("both", perform_check, ("check.performed",)),
    "announce": Deed("firm", announce, ("disposal.announced",)),
    "dispose of": Deed("staff", perform_disposal, ("disposal.performed",)),
    "witness": Deed("office", witness, ("disposal.witnessed", "disposal.to-be-watched")),
    "send again": Deed("firm", send_again, ("notice.sent-again",)),
}  # fmt: skip
