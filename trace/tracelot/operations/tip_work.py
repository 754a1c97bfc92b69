"""Reports of the public at work: what offices decide about them, hand on, and tell the firm."""

from datetime import date
from uuid import UUID

from tracelot.operations import proceedings
from tracelot.operations.changing import demand_version
from tracelot.operations.duties import colleagues, put_in_charge
from tracelot.operations.notifying import Event, tell_party
from tracelot.operations.sampling_work import find_sampling
from tracelot.operations.tipping import add_note
from tracelot.operations.visit import Visit
from tracelot.records.locking import HELD
from tracelot.records.parties import Party
from tracelot.records.tips import (
    Assigned,
    Closed,
    Linked,
    Merged,
    Noted,
    Shared,
    Tip,
    TipContact,
    TipNote,
    TipShare,
    Transferred,
    find_tip_by_code,
    list_notes,
)
from tracelot.rules.ids import new_id
from tracelot.rules.parties import LENGTHS, covers
from tracelot.rules.refusals import Conflict, Forbidden, Unknown, unfit
from tracelot.rules.retention import SIX_MONTHS, entry_kept, later
from tracelot.rules.tipping import TipStep, demand_open


def find_tip(visit: Visit, tip_id: UUID) -> Tip:
    """A report that the actor's office handles, watches over, or had a part in."""
    visit.demand("tip.read")
    tip = visit.session.get(Tip, tip_id)
    if tip is None:
        raise Unknown("unknown-report", "No such report.")
    return tip


def handles(visit: Visit, tip: Tip) -> bool:
    return tip.party_id == visit.actor.party_id


def _taken_up(visit: Visit, tip_id: UUID, version: int | None) -> Tip:
    """The report, locked, by the office that handles it."""
    visit.demand("tip.handle")
    tip = _locked(visit, find_tip(visit, tip_id), version)
    if not handles(visit, tip):
        raise Forbidden("other-office-handles", "Another office handles this report.")
    return tip


def _locked(visit: Visit, tip: Tip, version: int | None) -> Tip:
    tip = visit.kernel().get_one(Tip, tip.id, with_for_update=HELD, populate_existing=True)
    demand_version(tip, version)
    demand_open(tip.state)
    return tip


def _wrote(
    visit: Visit, tip: Tip, step: TipStep, words: str, *, told: bool = False, to: UUID | None = None
) -> Tip:
    """The report as it stands now, and the line of its history that says so."""
    mine = visit.actor.party_id
    assert mine is not None  # an office
    tip.retain_until = later(tip.retain_until, entry_kept(f"tip.{step}", visit.today).until)
    note = TipNote(
        id=new_id(),
        tip_id=tip.id,
        party_id=mine,
        to_party_id=to,
        step=step,
        told=told,
        words=words,
        retain_until=tip.retain_until,
        recorded_at=visit.now,
        recorded_by=visit.actor.id,
    )
    visit.kernel().add(tip)
    add_note(visit, tip, note)
    return tip


def assign_tip(visit: Visit, tip_id: UUID, new: Assigned, version: int | None = None) -> Tip:
    """Put somebody in charge, ask an office below to help, or set another day."""
    tip = _taken_up(visit, tip_id, version)
    if new.account_id is None and new.helper_id is None:
        raise unfit("nobody-chosen", "Choose who works on it, or who helps.", "account_id")
    if new.account_id is not None and new.account_id not in {one.id for one in colleagues(visit)}:
        raise unfit("not-a-colleague", "Choose one of your own people.", "account_id")
    if new.due_on is not None:
        _demand_ahead(visit, new.due_on)
        tip.due_on = new.due_on
    helper = _helper(visit, new.helper_id) if new.helper_id else None
    if new.account_id is not None:
        put_in_charge(visit, "tip", str(tip.id), new.account_id)
    if tip.state == "received":
        tip.state = "assigned"
    _wrote(visit, tip, "helped" if helper else "assigned", new.words or "", to=helper.id if helper else None)
    if helper is not None:
        _tell(visit, helper.id, tip, "helped")
    return tip


def _demand_ahead(visit: Visit, day: date) -> None:
    if day < visit.today:
        raise unfit("past-due", "This day is over: choose one that is still to come.", "due_on")


def _helper(visit: Visit, office_id: UUID) -> Party:
    """An office inside the own territory."""
    office = visit.kernel().get(Party, office_id)
    inside = (
        office is not None
        and _is_office(office)
        and all(covers(visit.actor.territory, area) for area in office.territory)
    )
    if office is None or not inside or office.id == visit.actor.party_id:
        raise unfit("unknown-office", "Choose an office inside your territory.", "helper_id")
    return office


def _is_office(party: Party) -> bool:
    return party.type == "regulator" and party.status == "verified" and party.archived_at is None


def investigate_tip(visit: Visit, tip_id: UUID, new: Noted, version: int | None = None) -> Tip:
    """Begin to look into it; an office that helps may, too."""
    tip = _joined(visit, tip_id, version)
    if tip.state == "investigating":
        raise Conflict("under-way", "It is being looked into already.")
    tip.state = "investigating"
    return _wrote(visit, tip, "investigating", new.words, told=new.told and handles(visit, tip))


def note_tip(visit: Visit, tip_id: UUID, new: Noted, version: int | None = None) -> Tip:
    """Write down what was found or done; what the reporter reads only the handling office says."""
    tip = _joined(visit, tip_id, version)
    return _wrote(visit, tip, "noted", new.words, told=new.told and handles(visit, tip))


def _joined(visit: Visit, tip_id: UUID, version: int | None) -> Tip:
    """The report, locked, by its office or one that was asked to help."""
    visit.demand("tip.assist")
    tip = find_tip(visit, tip_id)
    if not handles(visit, tip) and not helps(visit, tip):
        raise Forbidden("other-office-handles", "Another office handles this report.")
    return _locked(visit, tip, version)


def helps(visit: Visit, tip: Tip) -> bool:
    """Whether the actor's office was asked to help."""
    notes = list_notes(visit.session, tip.id)
    return any(one.step == "helped" and one.to_party_id == visit.actor.party_id for one in notes)


def close_tip(visit: Visit, tip_id: UUID, new: Closed, version: int | None = None) -> Tip:
    """End it with a reason; the reporter reads the answer, and who they are goes half a year later."""
    tip = _taken_up(visit, tip_id, version)
    tip.state, tip.closing, tip.answer, tip.closed_at = "closed", new.closing, new.answer, visit.now
    _let_contact_go(visit, tip)
    return _wrote(visit, tip, "closed", new.answer, told=True)


def _let_contact_go(visit: Visit, tip: Tip) -> None:
    contact = visit.kernel().get(TipContact, tip.id)
    if contact is not None:
        contact.erase_on = visit.today + SIX_MONTHS
        visit.kernel().add(contact)


def transfer_tip(visit: Visit, tip_id: UUID, new: Transferred, version: int | None = None) -> Tip:
    """Hand it to the office of another place, with all that is known; both keep its history."""
    tip = _taken_up(visit, tip_id, version)
    office = visit.kernel().get(Party, new.to_party_id)
    deciding = office is not None and any(len(area) <= LENGTHS["county"] for area in office.territory)
    if office is None or not _is_office(office) or not deciding or office.id == tip.party_id:
        raise unfit("unknown-office", "Choose another office, of a county or above.", "to_party_id")
    put_in_charge(visit, "tip", str(tip.id), None)
    tip.party_id, tip.state = office.id, "received"
    contact = visit.kernel().get(TipContact, tip.id)
    if contact is not None:
        contact.party_id = office.id
        visit.kernel().add(contact)
    _wrote(visit, tip, "transferred", new.words, told=True, to=office.id)
    visit.note("tip.taken-over", tip.id, office.id, {"from": visit.actor.party_id, "code": tip.code})
    _tell(visit, office.id, tip, "transferred")
    return tip


def merge_tip(visit: Visit, tip_id: UUID, new: Merged, version: int | None = None) -> Tip:
    """Join it to one that tells the same: its reporter reads from then on how that one stands."""
    tip = _taken_up(visit, tip_id, version)
    other = find_tip_by_code(visit.session, new.code)
    if other is None or other.id == tip.id or not handles(visit, other) or other.duplicate_of is not None:
        raise unfit("unknown-report", "You handle no other report under this number.", "code")
    tip.state, tip.duplicate_of, tip.closed_at = "merged", other.id, visit.now
    _let_contact_go(visit, tip)
    return _wrote(visit, tip, "merged", other.code)


def link_tip(visit: Visit, tip_id: UUID, new: Linked, version: int | None = None) -> Tip:
    """Say which recall, or which sample, came of it."""
    tip = _taken_up(visit, tip_id, version)
    named = []
    if new.recall is not None:
        try:
            recall = proceedings.find_watched(visit, new.recall)
        except Unknown as refusal:
            raise unfit("unknown-recall", refusal.reason, "recall") from None
        tip.recall_id = recall.id
        named.append(recall.code)
    if new.sampling is not None:
        try:
            sampling = find_sampling(visit, new.sampling)
        except Unknown as refusal:
            raise unfit("unknown-sampling", refusal.reason, "sampling") from None
        tip.sampling_id = sampling.id
        named.append(sampling.sheet_no)
    if not named:
        raise unfit("missing", "Name the recall or the sample.", "recall")
    return _wrote(visit, tip, "linked", " · ".join(named))


def share_tip(visit: Visit, tip_id: UUID, new: Shared, version: int | None = None) -> TipShare:
    """Tell the firm what is said of its goods, in the office's words: until then it knows of no report."""
    tip = _taken_up(visit, tip_id, version)
    mine = visit.actor.party_id
    if tip.maker_id is None or mine is None:
        raise Conflict("maker-unknown", "It is not known whose goods these are: nobody can be told.")
    _demand_nameless(visit, tip, new.words)
    share = TipShare(
        id=new_id(),
        party_id=tip.maker_id,
        office_id=mine,
        product_id=tip.product_id,
        batch_id=tip.batch_id,
        kind=tip.kind,
        words=new.words,
        retain_until=entry_kept("tip.shared", visit.today).until,
        recorded_at=visit.now,
        recorded_by=visit.actor.id,
    )
    visit.kernel().add(share)
    _wrote(visit, tip, "shared", new.words)
    visit.record("complaint.told", share, party_id=tip.maker_id)
    event = Event("tip", str(share.id), {"product": tip.product or ""}, "/app/complaints")
    tell_party(visit.kernel(), tip.maker_id, event, visit.now)
    return share


def _demand_nameless(visit: Visit, tip: Tip, words: str) -> None:
    """Whoever reported is protected (Food Safety Law art. 115): neither name nor number goes to the firm."""
    contact = visit.kernel().get(TipContact, tip.id)
    known = [contact.name, contact.reach] if contact else []
    if any(one and one.casefold() in words.casefold() for one in known):
        raise unfit("names-the-reporter", "This names who reported it: leave that out.", "words")


def _tell(visit: Visit, office_id: UUID, tip: Tip, step: str) -> None:
    event = Event("tip", f"{tip.id} {step} {tip.version}", {"tip": tip.code}, f"/gov/tips/{tip.id}")
    tell_party(visit.kernel(), office_id, event, visit.now, ("admin", "officer"))


def open_contact(visit: Visit, tip_id: UUID, reason: str) -> TipContact | None:
    """Who reported it, for people of the handling office; each look is remembered with its reason, not its content."""
    visit.demand("tip.handle")
    tip = find_tip(visit, tip_id)
    if not handles(visit, tip):
        raise Forbidden("other-office-handles", "Another office handles this report.")
    if len(reason.strip()) < 2:  # noqa: PLR2004
        raise unfit("missing", "Say why you need to know.", "reason")
    visit.note("tip.contact-opened", tip.id, tip.party_id, {"code": tip.code}, reason.strip())
    return visit.kernel().get(TipContact, tip.id)
