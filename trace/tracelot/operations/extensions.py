"""More time for a recall: asked for by its firm, granted by an office of the county or above, told to everybody.

Food Recall Measures art. 18: the office agrees, and the new time is published. A clock is never shortened.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from tracelot.operations.clocks import clock_view, latest_clock, watch_clock
from tracelot.operations.recalling import tell_change
from tracelot.operations.visit import Visit
from tracelot.records.clocks import (
    AskedExtension,
    ClockExtension,
    ClockView,
    RecallClock,
    list_extensions,
)
from tracelot.records.deadlines import list_asked, list_open_clocks
from tracelot.records.locking import HELD
from tracelot.records.parties import Party
from tracelot.records.recalls import Recall
from tracelot.rules.calendars import end_of
from tracelot.rules.ids import new_id
from tracelot.rules.parties import covers
from tracelot.rules.recall_law import demand_extension
from tracelot.rules.recalls import DRILL, demand_state
from tracelot.rules.refusals import Conflict, Unknown, unfit
from tracelot.rules.stages import demand_open


@dataclass(frozen=True)
class Deadline:
    """A clock of somebody's recall, as an office watches it."""

    clock: ClockView
    recall: Recall
    firm: Party


@dataclass(frozen=True)
class Request:
    """An extension that somebody asks for."""

    extension: ClockExtension
    recall: Recall
    firm: Party


def ask_extension(visit: Visit, recall_id: UUID, asked: AskedExtension) -> ClockExtension:
    """Ask the office for more time, to the end of a day."""
    visit.demand("clock.ask")
    recall = visit.session.get(Recall, recall_id, with_for_update=HELD)  # one request at a time
    if recall is None or recall.party_id != visit.actor.party_id:
        raise Unknown("unknown-recall", "No such recall.")
    demand_state(recall.state, "published")
    demand_open(recall.stage, recall.state)
    if recall.kind == DRILL:
        raise Conflict(
            "drill-asks-nobody", "A drill is the firm's own affair: no office grants it more time."
        )
    if asked.until < visit.today:
        raise unfit("until-past", "This day has passed already.", "until")
    until = end_of(asked.until, visit.place.zone)
    clock = latest_clock(visit, recall.id, asked.kind)
    _demand_extension(clock, asked.kind, until)
    if any(one.state == "asked" for one in list_extensions(visit.session, recall.id)):
        raise Conflict("extension-asked", "More time is asked for already; the office has not answered yet.")
    extension = ClockExtension(
        id=new_id(),
        recall_id=recall.id,
        kind=asked.kind,
        number=clock.number if clock else 1,
        party_id=recall.party_id,
        region_code=recall.region_code,
        reason=asked.reason,
        was_due_at=clock.ends_at if clock else None,
        due_at=until,
        state="asked",
        asked_at=visit.now,
        asked_by=visit.actor.id,
    )
    visit.session.add(extension)
    visit.session.flush()
    facts = {"clock": extension.kind, "due_at": until, "extension_id": extension.id}
    visit.note("recall.extension-asked", recall.id, recall.party_id, facts, asked.reason)
    return extension


def _demand_extension(clock: RecallClock | None, kind: str, until: object) -> None:
    begun = clock is not None and clock.begun_at is not None
    met = clock is not None and clock.met_at is not None
    demand_extension(kind, begun, met, clock.ends_at if clock else None, until)  # type: ignore[arg-type]


def find_request(visit: Visit, extension_id: UUID) -> Request:
    """An extension that a firm in the actor's territory asked for."""
    visit.demand("party.watch")
    extension = visit.session.get(ClockExtension, extension_id)
    if extension is None:
        raise Unknown("unknown-extension", "No such request for more time.")
    return Request(
        extension,
        visit.session.get_one(Recall, extension.recall_id),
        visit.session.get_one(Party, extension.party_id),
    )


def decide_extension(visit: Visit, extension_id: UUID, granted: bool, note: str | None) -> ClockExtension:
    """Grant more time, or refuse it with the reason; what is granted stands on the notice."""
    visit.demand("clock.extend")
    kernel = visit.kernel()
    extension = kernel.get(ClockExtension, extension_id, with_for_update=HELD)
    if extension is None or not covers(visit.actor.territory, extension.region_code):
        raise Unknown("unknown-extension", "No such request for more time.")
    if extension.state != "asked":
        raise Conflict("extension-decided", "This request was answered already.")
    if not granted and not note:
        raise unfit("note-needed", "Say why more time is refused; the firm will read this.", "note")
    recall = kernel.get_one(Recall, extension.recall_id, with_for_update=HELD, populate_existing=True)
    demand_state(recall.state, "published")
    if granted:
        demand_open(recall.stage, recall.state)
    office = kernel.get_one(Party, visit.actor.party_id)
    extension.state = "granted" if granted else "refused"
    extension.decided_at, extension.decided_by, extension.decision_note = visit.now, visit.actor.id, note
    extension.office_id, extension.office_zh, extension.office_en = office.id, office.name_zh, office.name_en
    kernel.add(extension)
    kernel.flush()
    if granted:
        _lengthen(visit, extension)
        tell_change(visit, recall)
    act = "recall.extended" if granted else "recall.extension-refused"
    told = extension.model_dump(mode="json", exclude={"asked_by", "decided_by"})
    visit.record(act, recall, party_id=recall.party_id, reason=note or extension.reason, extension=told)
    return extension


def _lengthen(visit: Visit, extension: ClockExtension) -> None:
    clock = latest_clock(visit, extension.recall_id, extension.kind)
    _demand_extension(clock, extension.kind, extension.due_at)
    if clock is not None:
        clock.extended_to = extension.due_at
        visit.kernel().add(clock)
        visit.kernel().flush()
        watch_clock(visit, clock)


def deadlines(visit: Visit, limit: int) -> tuple[Sequence[Deadline], int]:
    """The clocks that run in the actor's territory, or of a firm its own, the first to end first; and how many."""
    visit.demand("journal.read" if visit.actor.enterprise else "party.watch")
    found, total = list_open_clocks(visit.session, limit)
    return [Deadline(clock_view(visit, clock), recall, firm) for clock, recall, firm in found], total


def requests(visit: Visit, limit: int) -> Sequence[Request]:
    """Firms of the territory that wait for an answer, the longest first."""
    visit.demand("party.watch")
    return [Request(*found) for found in list_asked(visit.session, limit)]
