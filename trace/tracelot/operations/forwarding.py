"""Passing a recall on: whoever was told names its own customers of the goods, and each of these is told in turn."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from msgspec.structs import replace
from sqlmodel import col, select

from tracelot.operations.answering import find_own_notice, recall_of
from tracelot.operations.lettering import hand_out
from tracelot.operations.naming import rows_of
from tracelot.operations.queuing import From, Wanted, add_notices, settle, wanted_party
from tracelot.operations.reaching import merged, name_ends, party_of_address
from tracelot.operations.shipped import Got, shipped_by
from tracelot.operations.visit import Visit
from tracelot.records.consignees import (
    NewTarget,
    RecallForward,
    RecallNotice,
    RecallNoticeLine,
    lines_of,
    notice_id,
)
from tracelot.records.locking import HELD
from tracelot.records.parties import Party
from tracelot.rules.recalls import demand_state
from tracelot.rules.refusals import Fault, Unfit

MOST_TARGETS = 2000  # that one consignee may name in all


@dataclass(frozen=True)
class Forwarded:
    """What became of the names: who is told now, and how many were told already.

    `links` are for those to whom nobody can write: whoever named them hands them over.
    """

    notices: Sequence[RecallNotice]
    joined: int
    links: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True)
class Proposal:
    """A customer to whom the books say that the goods went on, and whether it is told already."""

    wanted: Wanted
    told: bool


def proposals(visit: Visit, told: RecallNotice) -> list[Proposal]:
    """To whom the actor's own party sent the goods of a notice, by its own books; never back to who recalls."""
    notice = find_own_notice(visit, told.id)
    lines = lines_of(visit.kernel(), [notice.id]).get(notice.id, [])
    batches = {line.batch_id for line in lines if not line.pooled}
    if not batches or notice.to_party_id is None:
        return []
    found = shipped_by(visit, notice.to_party_id, batches, {line.product_id for line in lines})
    named = merged(name_ends(visit, found).values())
    others = [one for one in named if one.to_party_id not in (notice.party_id, notice.to_party_id)]
    kernel = visit.kernel()
    return [
        Proposal(
            one, kernel.get(RecallForward, (notice.id, notice_id(notice.recall_id, one.key))) is not None
        )
        for one in others
    ]


def forward_own(
    visit: Visit, told: RecallNotice, keys: Sequence[str], typed: Sequence[NewTarget]
) -> Forwarded:
    """Pass a notice on to customers whom the books name, and to others."""
    visit.demand("notice.answer")
    notice = find_own_notice(visit, told.id)
    chosen = [one.wanted for one in proposals(visit, notice) if one.wanted.key in keys]
    return forward(visit, notice, typed, chosen)


def forward(
    visit: Visit, told: RecallNotice, typed: Sequence[NewTarget], chosen: Sequence[Wanted] = ()
) -> Forwarded:
    """Tell the customers of who was told. Whoever is told already is joined, and so every circle ends."""
    _demand_reachable(typed)
    kernel = visit.kernel()
    notice = kernel.get_one(RecallNotice, told.id, with_for_update=HELD, populate_existing=True)
    recall = recall_of(visit, notice)
    demand_state(recall.state, "published")
    goods = _goods_of(lines_of(kernel, [notice.id]).get(notice.id, []))
    wanted = merged([*chosen, *(_typed(visit, notice, one, goods) for one in typed)])
    back = f"party:{recall.party_id}"
    to_tell = [one for one in wanted if one.key != back and notice_id(recall.id, one.key) != notice.id]
    _demand_few(visit, notice, to_tell)
    told_now = add_notices(visit, recall, to_tell, From(notice))
    fresh = list(rows_of(kernel, RecallNotice, [one.id for one in told_now if one.fresh]).values())
    if to_tell:
        facts = {"told": len(fresh), "joined": len(to_tell) - len(fresh)}
        visit.note("notice.forwarded", notice.id, notice.to_party_id or notice.from_party_id, facts)
    mute = [one for one in fresh if one.delivery == "no_address" and not one.silent]
    links = [(one.name, hand_out(visit, one)) for one in mute]
    settle(visit, mute)
    return Forwarded(fresh, len(wanted) - len(fresh), links)


def _demand_reachable(typed: Sequence[NewTarget]) -> None:
    faults = [
        Fault(f"#/targets/{number}/email", "Give an e-mail address or a telephone number.")
        for number, one in enumerate(typed)
        if not one.email and not one.phone
    ]
    if faults:
        raise Unfit("unreachable-target", "Nobody can be told without an address or a number.", faults=faults)


def _goods_of(lines: Sequence[RecallNoticeLine]) -> dict[UUID, Got]:
    """The same goods, of which nobody said how much went on."""
    return {
        line.batch_id: Got(
            line.product_id, line.pooled, True, None, None, line.code, line.product_zh, line.product_en
        )
        for line in lines
    }


def _typed(visit: Visit, notice: RecallNotice, one: NewTarget, goods: Mapping[UUID, Got]) -> Wanted:
    """Who is meant: the party of that address, whoever of this recall has it already, or somebody new."""
    party = party_of_address(visit, one.email) if one.email else None
    recaller = visit.kernel().get_one(Party, notice.party_id)
    if party is None and _is(one, recaller):
        party = recaller
    if party is not None:
        return replace(wanted_party(party), goods=goods)
    same = _same(visit, notice.recall_id, one)
    if same is not None:
        return replace(same, goods={})
    email = one.email.casefold() if one.email else None
    key = f"mail:{email}" if email else f"phone:{_digits(one.phone)}"
    return Wanted(key, one.name, email=one.email, phone=one.phone, goods=goods)


def _is(one: NewTarget, party: Party) -> bool:
    """Whether somebody is meant who gave that address or number itself."""
    if one.email:
        return one.email.casefold() == (party.email or "").casefold()
    return _digits(one.phone) == _digits(party.phone)


def _same(visit: Visit, recall_id: UUID, one: NewTarget) -> Wanted | None:
    """A party or contact of this recall that has that address: it is known by that, not by what is typed."""
    query = select(RecallNotice).where(RecallNotice.recall_id == recall_id)
    query = query.where(
        col(RecallNotice.to_party_id).is_not(None) | col(RecallNotice.to_contact_id).is_not(None)
    )
    same = RecallNotice.email == one.email if one.email else RecallNotice.phone == one.phone
    found = visit.kernel().exec(query.where(same).order_by(col(RecallNotice.id))).first()
    if found is None:
        return None
    key = f"party:{found.to_party_id}" if found.to_party_id else f"contact:{found.to_contact_id}"
    return Wanted(key, found.name, found.name_en, found.to_party_id, found.to_contact_id)


def _digits(phone: str | None) -> str:
    return "".join(letter for letter in phone or "" if letter.isdigit()) or (phone or "").casefold()


def _demand_few(visit: Visit, notice: RecallNotice, wanted: Sequence[Wanted]) -> None:
    query = select(RecallForward.notice_id).where(RecallForward.parent_id == notice.id)
    if len(visit.kernel().exec(query).all()) + len(wanted) > MOST_TARGETS:
        raise Unfit("too-many-targets", "One consignee names at most 2,000 customers.")
