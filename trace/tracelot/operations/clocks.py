"""The clocks of a recall: frozen by the law that held when the danger was known, begun and met by its steps."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session

from tracelot.operations.visit import Visit
from tracelot.records.clocks import ClockView, ExtensionView, RecallClock, list_clocks, list_extensions
from tracelot.records.law import RuleLimit, RulePack, calendar_of, find_limit, list_packs
from tracelot.records.outbox import Task
from tracelot.records.recalls import NewRecall, Recall
from tracelot.rules.calendars import end_of, nth_working_day
from tracelot.rules.ids import derived_id
from tracelot.rules.recall_law import CLOCKS, ClockKind, Span, choose, demand_plan, due, state_of
from tracelot.rules.recalls import DRILL
from tracelot.rules.stages import OVER

SCOPE = "food"  # what the recalls of this site are of
USUAL_DAYS = 10  # working days for a recall of level 1 under the Food Recall Measures of 2015
DUE = "clock-due"  # the task that looks whether a clock ran out

Facts = dict[str, Any]


def grounds(recall: Recall) -> tuple[object, ...]:
    """What the law and its limits are chosen by."""
    return recall.jurisdiction, recall.level, recall.knowledge_at, recall.kind == DRILL


def freeze_clocks(visit: Visit, recall: Recall, before: tuple[object, ...] = ()) -> Facts:
    """Copy what the law asks onto a draft, unless its grounds are as they were; says what the journal tells."""
    if before == grounds(recall):
        return {}
    kernel = visit.kernel()
    kept = _kept(kernel, recall, before)
    for clock in list_clocks(kernel, recall.id):
        if clock.kind not in kept:
            kernel.delete(clock)
    kernel.flush()
    if recall.kind == DRILL:  # its stopwatch is the firm's own
        return {}
    pack, limit = _law_of(visit, recall)
    recall.rule_pack = pack.id if pack else None  # as it was opened, unless its grounds changed
    visit.session.add(recall)
    visit.session.flush()
    if pack and limit:
        spans = [span for span in limit.spans() if span.kind not in kept and (span.amount or span.to_check)]
        kernel.add_all(_clock(recall, pack, span) for span in spans)
        kernel.flush()
    start = _begin(visit, recall, "start", recall.knowledge_at)
    if start is not None and recall.started_at is not None:  # it was said before that the recall had started
        start.met_at = recall.started_at
        kernel.add(start)
        kernel.flush()
    return {"start_due": start.due_at if start else None}


def _kept(kernel: Session, recall: Recall, before: tuple[object, ...]) -> set[str]:
    """What was met in time of a recall of which nothing but the level changes: another level makes nobody late."""
    now = grounds(recall)
    if not before or (before[0], *before[2:]) != (now[0], *now[2:]):
        return set()
    return {clock.kind for clock in list_clocks(kernel, recall.id) if clock.in_time}


def pack_of(visit: Visit, recall: NewRecall) -> str | None:
    """The law that held when the danger was known, by its name."""
    pack, _ = _law_of(visit, recall)
    return pack.id if pack else None


def _law_of(visit: Visit, recall: Recall | NewRecall) -> tuple[RulePack | None, RuleLimit | None]:
    packs = {pack.id: pack for pack in list_packs(visit.kernel())}
    rules = [pack.rule() for pack in packs.values()]
    chosen = choose(rules, recall.jurisdiction, SCOPE, recall.knowledge_at, visit.place.zone)
    if chosen is None:
        return None, None
    return packs[chosen.id], find_limit(visit.kernel(), chosen.id, recall.level)


def _clock(recall: Recall, pack: RulePack, span: Span) -> RecallClock:
    return RecallClock(
        recall_id=recall.id,
        kind=span.kind,
        party_id=recall.party_id,
        amount=span.amount,
        unit=span.unit,
        verified=not span.to_check,
        source_zh=pack.legal_ref_zh,
        source_en=pack.legal_ref_en,
    )


def latest_clock(visit: Visit, recall_id: UUID, kind: str) -> RecallClock | None:
    """The clock of a kind, of several the newest."""
    found = [clock for clock in list_clocks(visit.kernel(), recall_id) if clock.kind == kind]
    return found[-1] if found else None


def needs_plan(clocks: Sequence[RecallClock | ClockView]) -> bool:
    """Whether the firm must name the date by which it plans to be done, since the law's is not verified."""
    return any(_span(clock).needs_plan for clock in clocks)


def _span(clock: RecallClock | ClockView) -> Span:
    return Span(clock.kind, clock.amount, clock.unit, not clock.verified)  # type: ignore[arg-type]


def proposed_end(visit: Visit, jurisdiction: str) -> date | None:
    """By when to plan to be done with a danger known now, where no verified limit says it: as the limit before did."""
    packs = {pack.id: pack for pack in list_packs(visit.kernel())}
    rules = [pack.rule() for pack in packs.values()]
    chosen = choose(rules, jurisdiction, SCOPE, visit.now, visit.place.zone)
    limit = find_limit(visit.kernel(), chosen.id, 1) if chosen else None
    if limit is None or not any(span.needs_plan for span in limit.spans()):
        return None
    return nth_working_day(visit.today, USUAL_DAYS, calendar_of(visit.kernel(), jurisdiction))[0]


def demand_planned(visit: Visit, recall: Recall) -> None:
    """Refuse to publish a notice that names no end, where the law's is still to be checked."""
    demand_plan(needs_plan(list_clocks(visit.kernel(), recall.id)), recall.planned_end, visit.today)


def publish_clocks(visit: Visit, recall: Recall) -> Facts:
    """The start is met, the time to be done begins; says what the journal tells."""
    _meet(visit, recall, "start")
    complete = _begin(visit, recall, "complete", visit.now)
    _begin(visit, recall, "status", visit.now)
    return {"complete_due": complete.due_at if complete else None}


def begin_clock(visit: Visit, recall: Recall, kind: ClockKind) -> RecallClock | None:
    """Begin a clock now; None where the law sets no such limit. One that runs already goes on."""
    clock = _begin(visit, recall, kind, visit.now)
    if clock is not None and clock.begun_at == visit.now:
        facts = {"clock": kind, "due_at": clock.due_at, "provisional": clock.provisional}
        visit.note("recall.clock-begun", recall.id, recall.party_id, facts)
    return clock


def clock_met(visit: Visit, recall: Recall, kind: ClockKind) -> RecallClock | None:
    """Note that what a clock waits for was done now; after a status report the next one is awaited."""
    clock = _meet(visit, recall, kind)
    if clock is not None:
        visit.note("recall.clock-met", recall.id, recall.party_id, {"clock": kind, "due_at": clock.ends_at})
    return clock


def _begin(visit: Visit, recall: Recall, kind: ClockKind, begins: datetime) -> RecallClock | None:
    clock = latest_clock(visit, recall.id, kind)
    if clock is None or clock.begun_at is not None:
        return clock
    clock.begun_at = begins
    _set_due(visit, recall, clock, begins)
    visit.kernel().add(clock)
    visit.kernel().flush()
    watch_clock(visit, clock)
    return clock


def _meet(visit: Visit, recall: Recall, kind: ClockKind) -> RecallClock | None:
    clock = latest_clock(visit, recall.id, kind)
    if clock is None or clock.begun_at is None or clock.met_at is not None:
        return None
    kernel = visit.kernel()
    clock.met_at = visit.now
    kernel.add(clock)
    if kind == "status":
        kernel.add(_next(clock))
    kernel.flush()
    if kind == "status":
        _begin(visit, recall, kind, visit.now)
    return clock


def _next(clock: RecallClock) -> RecallClock:
    same = clock.model_dump(include={"recall_id", "kind", "party_id", "amount", "unit", "verified"})
    return RecallClock(**same, number=clock.number + 1, source_zh=clock.source_zh, source_en=clock.source_en)


def recompute(visit: Visit, recall: Recall, *, graver: bool) -> Facts:
    """The limits of another level under the same law, from when each began; says how they were and are.

    What was met in time keeps its limit: nobody gets late by it afterwards. More time that was granted falls away
    where the level is graver, and is never cut short where it is milder.
    """
    kernel = visit.kernel()
    limit = find_limit(kernel, recall.rule_pack, recall.level) if recall.rule_pack else None
    spans = {span.kind: span for span in limit.spans() if span.amount or span.to_check} if limit else {}
    told: Facts = {}
    for clock in list_clocks(kernel, recall.id):
        span, before = spans.get(clock.kind), clock.ends_at  # type: ignore[call-overload]
        if span is None or clock.in_time or (clock.kind == "status" and clock.met_at is not None):
            continue
        clock.amount, clock.unit, clock.verified = span.amount, span.unit, not span.to_check
        clock.planned = False
        if clock.begun_at is not None:
            _set_due(visit, recall, clock, clock.begun_at)
        granted, due_at = clock.extended_to, clock.due_at
        kept = not graver and granted is not None and due_at is not None and granted > due_at
        clock.extended_to = granted if kept else None
        kernel.add(clock)
        kernel.flush()
        if clock.begun_at is not None and clock.met_at is None:
            watch_clock(visit, clock)
        told[f"{clock.kind} {clock.number}"] = [before, clock.ends_at]
    return told


def _set_due(visit: Visit, recall: Recall, clock: RecallClock, begins: datetime) -> None:
    kernel, zone = visit.kernel(), visit.place.zone
    clock.due_at, clock.provisional = due(
        _span(clock), begins, zone, calendar_of(kernel, recall.jurisdiction)
    )
    if clock.kind == "complete" and clock.due_at is None and recall.planned_end is not None:
        clock.due_at, clock.planned = end_of(recall.planned_end, zone), True


def watch_clock(visit: Visit, clock: RecallClock) -> None:
    """Have it looked at once, when it runs out; a clock that had run out before is known to whoever set it."""
    ends, kernel = clock.ends_at, visit.kernel()
    if ends is None or ends <= visit.now:
        return
    id_ = derived_id(clock.recall_id, f"{DUE} {clock.kind} {clock.number} {ends.timestamp():.0f}")
    if kernel.get(Task, id_) is None:
        payload = {"recall_id": str(clock.recall_id), "kind": clock.kind, "number": clock.number}
        payload["ends_at"] = ends.isoformat()
        kernel.add(Task(id=id_, kind=DUE, payload=payload, due_at=ends, recorded_at=ends))
        kernel.flush()


def told(visit: Visit, recall: Recall) -> Facts:
    """The clocks for whom they are told, in the order of the steps; extensions for everybody once granted."""
    clocks = list_clocks(visit.session, recall.id)
    extensions = list_extensions(visit.with_published(), recall.id)
    clocks = sorted(clocks, key=lambda clock: (CLOCKS.index(clock.kind), clock.number))
    return {
        "clocks": [clock_view(visit, clock, over=recall.state in OVER) for clock in clocks],
        "extensions": [ExtensionView.model_validate(one, from_attributes=True) for one in extensions],
    }


def clock_view(visit: Visit, clock: RecallClock, *, over: bool = False) -> ClockView:
    """A clock with how it stands now; nothing is awaited any more of a recall that is over."""
    state = state_of(clock.begun_at, clock.ends_at, clock.met_at, visit.now)
    state = "stopped" if over and clock.met_at is None else state
    return ClockView.model_validate(clock.model_dump() | {"ends_at": clock.ends_at, "state": state})
