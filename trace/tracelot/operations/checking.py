"""Effectiveness checks: the sample of consignees, drawn once by lot, and what each of them was found to have done."""

import secrets
from datetime import date
from uuid import UUID

from tracelot.operations.changing import demand_version
from tracelot.operations.effectiveness import demand_during, demand_standing, recall_in_work, reckon
from tracelot.operations.naming import Names
from tracelot.operations.visit import Visit
from tracelot.records.effectiveness import (
    ChecksView,
    CheckView,
    EffectivenessCheck,
    EffectivenessSample,
    NewSample,
    Performed,
    find_sample,
    list_checks,
)
from tracelot.records.locking import HELD
from tracelot.records.recalls import Recall
from tracelot.records.tenancy import ScopedSession
from tracelot.rules.books import Book
from tracelot.rules.ids import new_id
from tracelot.rules.ledgers import open_book
from tracelot.rules.places import party_end
from tracelot.rules.refusals import Conflict, Unknown
from tracelot.rules.sampling import PERCENT, draw, needed
from tracelot.rules.stages import demand_open


def draw_sample(visit: Visit, named: str | UUID, new: NewSample) -> EffectivenessSample:
    """Draw by lot who is asked, and plan a first attempt with each. What was drawn stays."""
    visit.demand("effectiveness.draw")
    recall = recall_in_work(visit, named)
    if recall.state != "published":
        raise Conflict("recall-not-published", "Consignees are asked once the recall is published.")
    demand_open(recall.stage, recall.state)
    writes = _writing(visit, recall)
    writes.get_one(Recall, recall.id, with_for_update=HELD)  # nobody else draws meanwhile
    if find_sample(writes, recall.id) is not None:
        raise Conflict("sample-drawn", "The sample of this recall is drawn already, and stays.")
    ends = reckon(visit, recall).consignees()
    seed = secrets.token_hex(16)
    sample = EffectivenessSample(
        id=new_id(),
        recall_id=recall.id,
        party_id=recall.party_id,
        level=new.level,
        percent=new.percent or PERCENT.get(new.level, 0),
        seed=seed,
        consignees=ends,
        drawn=draw(ends, needed(new.level, new.percent, len(ends)), seed),
        drawn_by=_party(visit),
        retain_until=recall.retain_until,
        recorded_at=visit.now,
        recorded_by=visit.actor.id,
    )
    writes.add(sample)
    writes.flush()
    visit.record("sample.drawn", sample, party_id=recall.party_id)
    for end in sample.drawn:
        _plan(visit, recall, end, new.method, planned_on=new.planned_on)
    return sample


def _plan(
    visit: Visit, recall: Recall, end: str, method: str, attempt: int = 1, planned_on: date | None = None
) -> None:
    writes = _writing(visit, recall)
    check = EffectivenessCheck(
        id=new_id(),
        recall_id=recall.id,
        party_id=recall.party_id,
        consignee=end,
        attempt=attempt,
        method=method,
        planned_on=planned_on,
        retain_until=recall.retain_until,
        recorded_at=visit.now,
        recorded_by=visit.actor.id,
    )
    writes.add(check)
    writes.flush()
    visit.record("check.planned", check, party_id=recall.party_id)


def _writing(visit: Visit, recall: Recall) -> ScopedSession:
    """The work on a recall is its firm's record, also where an office that watches it does the work."""
    return visit.session if recall.party_id == visit.actor.party_id else visit.kernel()


def _party(visit: Visit) -> UUID:
    if visit.actor.party_id is None:
        raise AssertionError("Only people and programs of a party check.")
    return visit.actor.party_id


def perform_check(
    visit: Visit, named: str | UUID, check_id: UUID, done: Performed, version: int | None = None
) -> EffectivenessCheck:
    """Record what a check found. Whoever could not be reached is asked again: the next attempt is planned at once."""
    visit.demand("effectiveness.check")
    recall = recall_in_work(visit, named)
    demand_standing(recall)
    seen = visit.session.get(EffectivenessCheck, check_id)
    if seen is None or seen.recall_id != recall.id:
        raise Unknown("unknown-check", "This recall has no such check.")
    writes = _writing(visit, recall)
    check = writes.get_one(EffectivenessCheck, check_id, with_for_update=HELD, populate_existing=True)
    demand_version(check, version)
    if check.performed_at is not None:
        raise Conflict("check-performed", "This check is recorded already.")
    demand_during(visit, recall, done.performed_at)
    check.performed_at, check.performed_by = done.performed_at, visit.actor.id
    check.checked_by, check.outcome = _party(visit), done.outcome
    check.method, check.note = done.method or check.method, done.note
    writes.add(check)
    writes.flush()
    visit.record("check.performed", check, party_id=recall.party_id)
    if done.outcome == "unreachable":
        _plan(visit, recall, check.consignee, check.method, check.attempt + 1)
    return check


def checks_of(visit: Visit, recall: Recall) -> ChecksView:
    """The sample of a recall, if one was drawn, and every attempt."""
    visit.demand("effectiveness.read")
    sample = find_sample(visit.session, recall.id)
    checks = list_checks(visit.session, recall.id)
    offices = {party_end(one.checked_by) for one in checks if one.checked_by}
    names = Names(visit, open_book(Book()), [], {one.consignee for one in checks} | offices)
    found = {one.consignee: one.outcome for one in checks if one.outcome not in (None, "unreachable")}
    return ChecksView.model_validate(
        {
            "level": sample.level if sample else None,
            "percent": sample.percent if sample else None,
            "seed": sample.seed if sample else None,
            "drawn_at": sample.recorded_at if sample else None,
            "consignees": len(sample.consignees) if sample else 0,
            "needed": len(sample.drawn) if sample else 0,
            "answered": len(found),
            "effective": sum(outcome in ("action_taken", "not_held") for outcome in found.values()),
            "items": [
                CheckView.model_validate(
                    one.model_dump()
                    | {
                        "consignee": names.end(one.consignee),
                        "checked_by": names.end(party_end(one.checked_by)) if one.checked_by else None,
                    }
                )
                for one in checks
            ],
        }
    )
