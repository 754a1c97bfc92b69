"""Who answers for what: named by each side for its own, and told to both."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlmodel import col, select

from tracelot.operations.naming import rows_of
from tracelot.operations.visit import Visit
from tracelot.records.accounts import Account
from tracelot.records.batches import Batch
from tracelot.records.parties import Party
from tracelot.records.products import Product
from tracelot.records.recalls import Recall
from tracelot.records.responsible import (
    BothView,
    PersonView,
    Responsible,
    Side,
    SubjectKind,
    list_history,
    list_of_party,
    list_present,
)
from tracelot.records.tips import Tip
from tracelot.rules.ids import new_id
from tracelot.rules.parties import LENGTHS, area_prefix, covers
from tracelot.rules.refusals import Unknown, unfit

Named = tuple[str, str]  # kind and subject
NO_ID = UUID(int=0)


@dataclass(frozen=True)
class Matter:
    """What somebody answers for: whose goods, which office looks after them, and over which place.

    `goods` are the kinds and ids by which the firm may have named somebody, the nearest first.
    """

    kind: SubjectKind
    id: UUID
    firm_id: UUID | None
    office_id: UUID | None
    region: str
    goods: tuple[Named, ...] = ()

    def chain(self, side: Side) -> Iterator[Named]:
        """Where a name may stand, the nearest first."""
        yield self.kind, str(self.id)
        if side == "firm":
            yield from self.goods
            yield "party", str(self.firm_id)
            return
        for length in sorted(LENGTHS.values(), reverse=True):
            if len(self.region) >= length:
                yield "area", self.region[:length]
        yield "party", str(self.office_id)


# --- naming ------------------------------------------------------------------------------------------------


def side_of(visit: Visit) -> Side:
    return "office" if visit.actor.regulator else "firm"


def name_responsible(
    visit: Visit, kind: SubjectKind, subject: str, account_id: UUID | None
) -> Responsible | None:
    """Somebody of the own party answers for a subject from now on, or nobody; the list keeps who did before."""
    visit.demand("duty.name")
    subject = _own_subject(visit, kind, subject)
    if account_id is not None and account_id not in {one.id for one in colleagues(visit)}:
        raise unfit("not-a-colleague", "Choose one of your own people.", "account_id")
    return put_in_charge(visit, kind, subject, account_id)


def put_in_charge(
    visit: Visit, kind: SubjectKind, subject: str, account_id: UUID | None
) -> Responsible | None:
    """End who answered, and begin with whoever does now. Naming the same person again changes nothing."""
    kernel, party_id, side = visit.kernel(), _mine(visit), side_of(visit)
    for row in list_present(kernel, side, kind, [subject], [party_id]):
        if row.account_id == account_id:
            return row
        row.until = visit.now
        kernel.add(row)
        kernel.flush()
        visit.record("duty.ended", row, party_id=party_id)
    if account_id is None:
        return None
    row = Responsible(
        id=new_id(),
        subject_kind=kind,
        subject_id=subject,
        side=side,
        party_id=party_id,
        account_id=account_id,
        since=visit.now,
        recorded_by=visit.actor.id,
    )
    kernel.add(row)
    kernel.flush()
    visit.record("duty.named", row, party_id=party_id)
    return row


def _mine(visit: Visit) -> UUID:
    if visit.actor.party_id is None:
        raise Unknown("unknown-party", "This account belongs to no party.")
    return visit.actor.party_id


def _own_subject(visit: Visit, kind: SubjectKind, subject: str) -> str:
    """The subject as it is kept; a foreign one is as unknown as an absent one."""
    if kind == "area":
        return _own_area(visit, subject)
    try:
        id_ = UUID(subject)
    except ValueError:
        raise _unknown() from None
    found = _found(visit, kind, id_)
    if not found:
        raise _unknown()
    return str(id_)


def _found(visit: Visit, kind: SubjectKind, id_: UUID) -> bool:
    mine = _mine(visit)
    if kind == "party":
        return id_ == mine
    if kind == "recall":
        recall = visit.session.get(Recall, id_)
        return recall is not None and (visit.actor.regulator or recall.party_id == mine)
    models: dict[str, type[Product | Batch | Tip]] = {"product": Product, "batch": Batch, "tip": Tip}
    model = models[kind]
    row = visit.session.get(model, id_)
    return row is not None and getattr(row, "party_id", None) == mine


def _own_area(visit: Visit, code: str) -> str:
    area = area_prefix(code.strip())
    if not area.isascii() or not area.isdigit() or not covers(visit.actor.territory, area):
        raise unfit("outside-territory", "Choose a place inside your own territory.", "area")
    return area


def _unknown() -> Unknown:
    return Unknown("unknown-subject", "No such record of yours.")


def colleagues(visit: Visit) -> Sequence[Account]:
    """The people of the own party who can answer for something."""
    visit.demand("duty.read")
    query = select(Account).where(Account.party_id == _mine(visit), col(Account.disabled_at).is_(None))
    return visit.kernel().exec(query.order_by(col(Account.name), col(Account.id))).all()


def duty_list(visit: Visit) -> list[tuple[Responsible, str]]:
    """Whom the own party named for its places, for itself, and where its products are looked after."""
    visit.demand("duty.read")
    kinds: tuple[SubjectKind, ...] = ("party", "area") if visit.actor.regulator else ("party", "product")
    rows = [row for kind in kinds for row in list_of_party(visit.session, _mine(visit), kind)]
    names = _names(visit, {row.account_id for row in rows})
    return [(row, names.get(row.account_id, "")) for row in rows]


def history(visit: Visit, kind: SubjectKind, subject: str) -> list[tuple[Responsible, str]]:
    """Who of the own party answered for a subject, and of the firms that the office watches."""
    visit.demand("duty.read")
    rows = list_history(visit.session, kind, subject)
    names = _names(visit, {row.account_id for row in rows})
    return [(row, names.get(row.account_id, "")) for row in rows]


# --- telling -----------------------------------------------------------------------------------------------


def both_of(visit: Visit, matters: Iterable[Matter]) -> dict[UUID, BothView]:
    """Who answers for each matter, on both sides."""
    asked = list(matters)
    present = {side: _present(visit, side, asked) for side in ("firm", "office")}
    named = {row.account_id for rows in present.values() for row in rows.values()}
    people = {
        id_: one
        for id_, one in rows_of(visit.kernel(), Account, [one for one in named if one]).items()
        if not one.disabled_at
    }
    parties = rows_of(
        visit.kernel(), Party, {id_ for one in asked for id_ in (one.firm_id, one.office_id) if id_}
    )
    return {
        one.id: BothView(
            firm=_person(one, "firm", parties.get(one.firm_id or NO_ID), present["firm"], people),
            office=_person(one, "office", parties.get(one.office_id or NO_ID), present["office"], people),
        )
        for one in asked
    }


def _present(visit: Visit, side: Side, asked: Collection[Matter]) -> dict[tuple[str, str, UUID], Responsible]:
    """Who is named now, by kind, subject and party."""
    subjects: defaultdict[str, set[str]] = defaultdict(set)
    for matter in asked:
        for kind, subject in matter.chain(side):
            subjects[kind].add(subject)
    return {
        (row.subject_kind, row.subject_id, row.party_id): row
        for kind, some in subjects.items()
        for row in list_present(visit.kernel(), side, kind, some)
    }


def _person(
    matter: Matter,
    side: Side,
    party: Party | None,
    present: Mapping[tuple[str, str, UUID], Responsible],
    people: Mapping[UUID, Account],
) -> PersonView | None:
    """The nearest who is named and still works there; of a firm its main responsible person where nobody is."""
    if party is None:
        return None
    told = PersonView(party_zh=party.name_zh, party_en=party.name_en)
    for kind, subject in matter.chain(side):
        row = present.get((kind, subject, party.id))
        account = people.get(row.account_id) if row is not None and row.account_id else None
        if row is not None and account is not None:
            return told.model_copy(
                update={"account_id": account.id, "name": account.name, "since": row.since}
            )
    return told.model_copy(update={"name": party.main_responsible_person}) if side == "firm" else told


def _names(visit: Visit, ids: Collection[UUID | None]) -> dict[UUID | None, str]:
    found = rows_of(visit.kernel(), Account, {one for one in ids if one is not None})
    return {id_: account.name for id_, account in found.items()}
