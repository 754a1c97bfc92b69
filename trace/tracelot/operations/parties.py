"""Parties and facilities: joining, being confirmed, being changed."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Literal
from uuid import UUID

from sqlmodel import col, select

from tracelot.operations.accounts import new_account
from tracelot.operations.changing import apply_change, demand_same, demand_version
from tracelot.operations.links import INVITED, make_link
from tracelot.operations.visit import Visit, origin_of
from tracelot.records.accounts import Account, NewAccount, NewMember
from tracelot.records.divisions import (
    Division,
    find_division,
    list_below,
    name_divisions,
    search_divisions,
)
from tracelot.records.facilities import Facility, FacilityChange, NewFacility, list_facilities
from tracelot.records.locking import HELD
from tracelot.records.paging import Page
from tracelot.records.parties import NewParty, Party, PartyChange, PartyFilter, find_claimant, search_parties
from tracelot.records.products import Product, find_gtin_owner
from tracelot.records.recalls import Recall
from tracelot.records.searching import index_text
from tracelot.rules.access import may
from tracelot.rules.ids import new_id
from tracelot.rules.licences import uscc_warnings
from tracelot.rules.parties import area_prefix, covers
from tracelot.rules.recalls import DRILL
from tracelot.rules.refusals import Conflict, Forbidden, Unknown, unfit

Decision = Literal["verified", "rejected"]


def demand_division(visit: Visit, code: str, field: str = "region_code") -> Division:
    division = find_division(visit.session, code)
    if division is None:
        raise unfit("unknown-region", "No division of China has this code.", field)
    return division


def divisions(visit: Visit, text: str, limit: int = 20) -> Sequence[Division]:
    visit.demand("division.search")
    return search_divisions(visit.session, text, limit)


def region_names(visit: Visit, codes: Iterable[str]) -> dict[str, str]:
    """The full names of divisions by their codes or prefixes; a code without a division names itself."""
    wanted = {code: code.ljust(6, "0") for code in codes}
    names = name_divisions(visit.session, wanted.values())
    return {code: names.get(full, code) for code, full in wanted.items()}


def sign_up(visit: Visit, new: NewParty, person: NewAccount) -> tuple[Party, Account]:
    """Join as an unverified party with its first administrator; nothing of it is public until confirmed."""
    party = _add_party(visit, new)
    return party, new_account(visit, person, party.id, "admin")


def enrol_party(visit: Visit, new: NewParty, person: NewMember) -> tuple[Party, str]:
    """Bring in a party that the operator vouches for, with an invitation to its first administrator."""
    visit.demand("party.enrol")
    party = _add_party(visit, new)
    _verify(visit, party, "Enrolled by the operator.")
    account = new_account(visit, person, party.id, "admin")
    return party, make_link(visit, account, "invitation", INVITED)


def _add_party(visit: Visit, new: NewParty) -> Party:
    demand_division(visit, new.region_code)
    party = Party.model_validate(
        new,
        update={
            "id": new_id(),
            "status": "unverified",
            "origin_hash": origin_of(new),
            "recorded_at": visit.now,
            "recorded_by": visit.actor.id,
        },
    )
    visit.kernel().add(party)
    visit.kernel().flush()
    index_text(visit.kernel(), "party", party.id, party.name_zh, party.name_en, party.short_name)
    visit.record("party.joined", party, party_id=party.id)
    return party


def waiting_parties(visit: Visit, status: str | None = "unverified", limit: int = 200) -> list[Party]:
    """Parties for the actor to confirm or watch, those waiting longest first."""
    return list(watched_parties(visit, PartyFilter(status), limit).items)


def watched_parties(visit: Visit, asked: PartyFilter, limit: int, cursor: str | None = None) -> Page[Party]:
    """The parties that the actor watches, without its own."""
    visit.demand("party.watch")
    return search_parties(visit.session, replace(asked, but=visit.actor.party_id), limit, cursor)


def find_party(visit: Visit, party_id: UUID) -> Party:
    """A party that the actor may see by role; who reads another's record is remembered."""
    visit.demand("party.read")
    party = visit.session.get(Party, party_id)
    if party is None:
        raise Unknown("unknown-party", "No such party.")
    visit.remember("party.read", party, party.id)
    return party


def own_party(visit: Visit) -> Party:
    visit.demand("party.read")
    party = visit.session.get(Party, visit.actor.party_id) if visit.actor.party_id else None
    if party is None:
        raise Unknown("unknown-party", "This account belongs to no party.")
    return party


def doubts(visit: Visit, party: Party) -> list[str]:
    """What an officer should look at before confirming: kinds of warning, in the order of their weight."""
    if not may(visit.actor, "party.watch"):
        return []  # they tell of other parties too
    kernel = visit.kernel()
    rival = find_claimant(kernel, party.uscc)
    taken = kernel.exec(
        select(Product.id).where(
            Product.party_id == party.id,
            col(Product.gtin_claim).is_(None),
            col(Product.gtin).in_(select(Product.gtin_claim).where(col(Product.gtin_claim).is_not(None))),
        )
    ).first()
    warnings = ["uscc-verified-elsewhere"] if rival is not None and rival.id != party.id else []
    warnings += ["gtin-owned-elsewhere"] if taken is not None else []
    return warnings + (["uscc-unusual"] if uscc_warnings(party.uscc) else [])


def decide_party(
    visit: Visit, party_id: UUID, decision: Decision, note: str, version: int | None = None
) -> Party:
    """Confirm a party's identity or refuse it; regulators are confirmed by the operator of the site."""
    visit.demand("party.confirm")
    party = in_reach(visit, party_id)
    demand_version(party, version)
    if party.archived_at is not None:
        raise Conflict("party-archived", "This party is archived.")
    if party.status == decision:
        return party
    if decision == "rejected" and not note:
        raise unfit("note-needed", "Say why the party is refused; it will read this.", "note")
    return (_verify if decision == "verified" else _reject)(visit, party, note)


def in_reach(visit: Visit, party_id: UUID) -> Party:
    """A party on which the actor may decide, held until the commit."""
    party = visit.kernel().get(Party, party_id, with_for_update=HELD)  # no notice goes out meanwhile
    site = visit.actor.role == "site"
    if party is None or not (site or covers(visit.actor.territory, party.region_code)):
        raise Unknown("unknown-party", "No such party.")
    if not site and (party.type == "regulator" or party.id == visit.actor.party_id):
        raise Forbidden("not-allowed", "Regulators are confirmed by the operator of the site.")
    return party


def _verify(visit: Visit, party: Party, note: str) -> Party:
    rival = find_claimant(visit.kernel(), party.uscc)
    if rival is not None and rival.id != party.id:
        raise Conflict("uscc-verified-elsewhere", "Another party with this USCC is verified already.")
    _decide(visit, party, "verified", note)
    party.uscc_claim = party.uscc
    party.territory = [area_prefix(party.region_code)] if party.type == "regulator" else []
    _claim_gtins(visit, party)
    visit.kernel().flush()
    visit.record("party.verified", party, party_id=party.id, reason=note)
    return party


def _reject(visit: Visit, party: Party, note: str) -> Party:
    kernel = visit.kernel()
    published = select(Recall.id).where(
        Recall.party_id == party.id, Recall.state == "published", Recall.kind != DRILL
    )
    if visit.actor.role != "site" and kernel.exec(published).first():
        raise Conflict(
            "party-has-recalls", "It has published recalls: only the operator of the site can refuse it."
        )
    _decide(visit, party, "rejected", note)
    party.uscc_claim = None
    owned = select(Product).where(Product.party_id == party.id, col(Product.gtin_claim).is_not(None))
    for product in kernel.exec(owned).all():
        product.gtin_claim = None
        kernel.add(product)
        kernel.flush()
        _hand_on(visit, product.gtin)
    kernel.flush()
    visit.record("party.rejected", party, party_id=party.id, reason=note)
    return party


def _hand_on(visit: Visit, gtin: str | None) -> None:
    """A GTIN that nobody owns any more goes to the verified party that registered it first."""
    query = select(Product).where(Product.gtin == gtin, Product.party_id == Party.id)
    query = query.where(Party.status == "verified").order_by(col(Product.recorded_at), col(Product.id))
    heir = visit.kernel().exec(query).first()
    if heir is not None:
        heir.gtin_claim = gtin
        visit.kernel().add(heir)
        visit.kernel().flush()
        visit.record("product.changed", heir, party_id=heir.party_id)


def _decide(visit: Visit, party: Party, decision: Decision, note: str) -> None:
    party.status = decision
    party.decided_at, party.decided_by, party.decision_note = visit.now, visit.actor.id, note
    visit.kernel().add(party)


def _claim_gtins(visit: Visit, party: Party) -> None:
    """The party now owns its GTINs, but for those that another verified party owns already."""
    kernel = visit.kernel()
    for product in kernel.exec(select(Product).where(Product.party_id == party.id)).all():
        if product.gtin and find_gtin_owner(kernel, product.gtin) is None:
            product.gtin_claim = product.gtin
            kernel.add(product)
            kernel.flush()


def change_party(visit: Visit, change: PartyChange, version: int | None = None) -> Party:
    """Change what a party may say of itself."""
    visit.demand("party.change")
    party = own_party(visit)
    demand_version(party, version)
    if party.status == "verified":
        _demand_confirmed_names(party, change)
    apply_change(visit, party, change)
    index_text(visit.kernel(), "party", party.id, party.name_zh, party.name_en, party.short_name)
    visit.record("party.changed", party, party_id=party.id)
    return party


def _demand_confirmed_names(party: Party, change: PartyChange) -> None:
    """The names under which a party was verified stand on its notices; it cannot take another's."""
    for name in ("name_en", "short_name"):
        if name in change.model_fields_set and getattr(change, name) != getattr(party, name):
            raise unfit("confirmed-fact", "This was confirmed and stays as it is.", name)


def below_territory(visit: Visit) -> Sequence[Division]:
    """The divisions one level below the areas that the actor watches."""
    visit.demand("party.watch")
    return [one for area in visit.actor.territory for one in list_below(visit.session, area)]


def register_facility(visit: Visit, new: NewFacility) -> Facility:
    """Add a place of the actor's party; one without a GLN or own code is as good as any."""
    visit.demand("facility.register")
    demand_division(visit, new.region_code)
    stands = visit.session.get(Facility, new.id) if new.id else None
    if stands is not None:
        return demand_same(stands, origin_of(new))
    _demand_free(visit, new)
    facility = Facility.model_validate(
        new,
        update={
            "id": new.id or new_id(),
            "party_id": visit.actor.party_id,
            "origin_hash": origin_of(new),
            "recorded_at": visit.now,
            "recorded_by": visit.actor.id,
        },
    )
    visit.session.add(facility)
    visit.session.flush()
    visit.record("facility.registered", facility, party_id=facility.party_id)
    return facility


def _demand_free(visit: Visit, new: NewFacility) -> None:
    for facility in list_facilities(visit.session, visit.actor.party_id):  # type: ignore[arg-type]
        for field in ("code", "gln"):
            if getattr(new, field) and getattr(facility, field) == getattr(new, field):
                raise unfit(f"{field}-taken", "Another of your facilities has it.", field)


def facilities(visit: Visit) -> Sequence[Facility]:
    visit.demand("facility.read")
    return list_facilities(visit.session, visit.actor.party_id)  # type: ignore[arg-type]


def find_facility(visit: Visit, facility_id: UUID) -> Facility:
    visit.demand("facility.read")
    return _facility(visit, facility_id)


def _facility(visit: Visit, facility_id: UUID) -> Facility:
    facility = visit.session.get(Facility, facility_id)
    if facility is None:
        raise Unknown("unknown-facility", "No such facility.")
    return facility


def change_facility(
    visit: Visit, facility_id: UUID, change: FacilityChange, version: int | None = None
) -> Facility:
    visit.demand("facility.change")
    facility = _facility(visit, facility_id)
    if change.region_code:
        demand_division(visit, change.region_code)
    demand_version(facility, version)
    apply_change(visit, facility, change)
    visit.record("facility.changed", facility, party_id=facility.party_id)
    return facility
