"""Notices of a recall, queued for whoever is to be told: rows of many at once, with their goods, letters and tasks."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any
from uuid import UUID

from msgspec import Struct, field
from sqlmodel import col, select

from tracelot.operations.lettering import Written, letter_to, write_letters
from tracelot.operations.naming import rows_of
from tracelot.operations.shipped import Got
from tracelot.operations.visit import Visit
from tracelot.records.accounts import Account
from tracelot.records.consignees import (
    RecallForward,
    RecallNotice,
    RecallNoticeLine,
    is_told,
    letters_of,
    lines_of,
    notice_id,
)
from tracelot.records.filling import add_rows
from tracelot.records.parties import Party
from tracelot.records.recalls import Recall
from tracelot.records.shelves import chunks
from tracelot.rules.reaching import ANSWERED, Delivery, delivery_of, state_of
from tracelot.rules.retention import later, recall_kept

AT_ONCE = 5_000  # the rows of so many are in memory at a time
People = Mapping[UUID | None, Sequence[Account]]


class Wanted(Struct, frozen=True):
    """Somebody who is to be told, and of which goods. `key` is the same whoever names them."""

    key: str
    name: str
    name_en: str | None = None
    to_party_id: UUID | None = None
    to_contact_id: UUID | None = None
    email: str | None = None
    phone: str | None = None
    region_code: str | None = None
    goods: Mapping[UUID, Got] = field(default_factory=dict[UUID, Got])


def wanted_party(party: Party) -> Wanted:
    return Wanted(
        f"party:{party.id}",
        party.name_zh,
        party.name_en,
        to_party_id=party.id,
        email=party.email,
        phone=party.phone,
        region_code=party.region_code,
    )


@dataclass(frozen=True)
class From:
    """Who names the consignees: the recalling firm itself, or somebody who was told."""

    notice: RecallNotice | None = None

    @property
    def tier(self) -> int:
        return self.notice.tier + 1 if self.notice else 1


class Queued(Struct, frozen=True):
    """Somebody who is told now, and how far the letters are."""

    id: UUID
    name: str
    delivery: str
    fresh: bool = True


def add_notices(
    visit: Visit, recall: Recall, wanted: Sequence[Wanted], source: From = From()
) -> list[Queued]:
    """One notice for each consignee of a recall. Who is told already is joined, and told of new goods alone.

    Nobody is wanted twice.
    """
    some = (wanted[start : start + AT_ONCE] for start in range(0, len(wanted), AT_ONCE))
    known = is_told(visit.kernel(), recall.id)
    return [one for part in some for one in _add(visit, recall, part, source, known=known)]


def _add(
    visit: Visit, recall: Recall, wanted: Sequence[Wanted], source: From, *, known: bool
) -> list[Queued]:
    ids = {notice_id(recall.id, one.key): one for one in wanted}
    stand = rows_of(visit.kernel(), RecallNotice, ids) if known else {}
    reached = people_of(visit, {one.to_party_id for one in wanted if one.to_party_id})
    wider = _join_all(visit, stand, ids, source)
    shared = _shared(visit, recall, source)
    new = sorted(
        ids.keys() - stand.keys(), key=attrgetter("int")
    )  # a store takes rows fastest in their order
    fresh = [_Fresh(visit, id_, ids[id_], shared, reached) for id_ in new]
    kernel = visit.kernel()
    add_rows(kernel, RecallNotice, (one.row for one in fresh))
    add_rows(kernel, RecallNoticeLine, (line for one in fresh for line in one.lines()))
    _link(visit, source, ids)
    write_letters(visit, (one.letters for one in fresh))
    if recall.reaches_outside:
        write_letters(visit, [letter_to(visit, one, "widened", reached) for one in wider])
    settle(visit, wider)
    written = {one.id: one for one in fresh}
    told = [Queued(id_, one.name, written[id_].delivery) for id_, one in ids.items() if id_ in written]
    return [*told, *(Queued(one.id, one.name, one.delivery, fresh=False) for one in wider)]


def _shared(visit: Visit, recall: Recall, source: From) -> dict[str, Any]:
    """What all notices say that are queued together."""
    parent = source.notice
    return {
        "version": 1,
        "recall_id": recall.id,
        "party_id": recall.party_id,
        "from_party_id": parent.to_party_id if parent else recall.party_id,
        "parent_id": parent.id if parent else None,
        "tier": source.tier,
        "region_code": parent.region_code if parent else None,
        "silent": not recall.reaches_outside,
        "reminded": 0,
        "answers": 0,
        "retain_until": later(recall.retain_until, recall_kept(visit.today).until),
        "recorded_at": visit.now,
        "recorded_by": visit.actor.id,
    }


class _Fresh:
    """A notice that nobody got yet, as rows: nobody else can have changed it, so it is written as it stands."""

    __slots__ = ("delivery", "email", "id", "in_app", "letters", "party_id", "row", "to_party_id", "wanted")

    def __init__(
        self, visit: Visit, id_: UUID, wanted: Wanted, shared: Mapping[str, Any], people: People
    ) -> None:
        outside = not shared["silent"]
        self.id, self.party_id, self.wanted = id_, shared["party_id"], wanted
        self.to_party_id, self.email = wanted.to_party_id, wanted.email
        self.in_app = outside and bool(people.get(wanted.to_party_id))
        self.letters: Sequence[Written] = letter_to(visit, self, "notice", people) if outside else ()
        queued = [("queued", 0)] * len(self.letters)
        self.delivery: Delivery = delivery_of(queued, in_app=self.in_app) if outside else "kept_inside"
        state = state_of(self.delivery, in_app=self.in_app) if outside else "pending"
        self.row: dict[str, Any] = {
            **shared,
            "id": id_,
            "to_party_id": wanted.to_party_id,
            "to_contact_id": wanted.to_contact_id,
            "name": wanted.name,
            "name_en": wanted.name_en,
            "email": wanted.email,
            "phone": wanted.phone,
            "region_code": wanted.region_code or shared["region_code"],
            "in_app": self.in_app,
            "state": state,
            "delivery": self.delivery,
            "told_at": visit.now if state == "notified" else None,
        }

    def lines(self) -> Iterator[dict[str, Any]]:
        return (_line(self.id, self.party_id, batch, got) for batch, got in self.wanted.goods.items())


def _line(notice: UUID, party_id: UUID, batch: UUID, got: Got) -> dict[str, Any]:
    return {
        "notice_id": notice,
        "batch_id": batch,
        "party_id": party_id,
        "product_id": got.product_id,
        "pooled": got.pooled,
        "possible": got.possible,
        "code": got.code,
        "product_zh": got.product_zh,
        "product_en": got.product_en,
        "quantity": got.quantity,
        "unit": got.unit,
    }


def _join_all(
    visit: Visit, stand: Mapping[UUID, RecallNotice], wanted: Mapping[UUID, Wanted], source: From
) -> list[RecallNotice]:
    """Notices that stand, joined; gives those that tell of more goods now."""
    had, more, wider = lines_of(visit.kernel(), stand), list[dict[str, Any]](), []
    for id_, notice in stand.items():
        known = {line.batch_id for line in had.get(id_, ())}
        new = [_line(id_, notice.party_id, batch, got) for batch, got in wanted[id_].goods.items()
               if batch not in known]  # fmt: skip
        _join(visit, notice, source, wider=bool(new))
        more += new
        wider += [notice] if new else []
    add_rows(visit.kernel(), RecallNoticeLine, more)
    return wider


def _join(visit: Visit, notice: RecallNotice, source: From, *, wider: bool) -> None:
    """A notice that stands: it comes as near to the recalling firm as anybody says, and asks anew for new goods."""
    if source.notice is None and notice.tier > 1:
        notice.tier, notice.parent_id, notice.from_party_id = 1, None, notice.party_id
    if wider and notice.state in ANSWERED:
        notice.state, notice.answered_at = "notified", None
    notice.reminded = 0 if wider else notice.reminded
    visit.kernel().add(notice)


def _link(visit: Visit, source: From, ids: Iterable[UUID]) -> None:
    if source.notice is None:
        return
    kernel = visit.kernel()
    for id_ in ids:
        if id_ != source.notice.id and kernel.get(RecallForward, (source.notice.id, id_)) is None:
            kernel.add(RecallForward(parent_id=source.notice.id, notice_id=id_,
                                     party_id=source.notice.party_id, recorded_at=visit.now))  # fmt: skip
    kernel.flush()


def people_of(visit: Visit, parties: Iterable[UUID]) -> dict[UUID | None, list[Account]]:
    """The people of parties that still work and can sign in."""
    found: dict[UUID | None, list[Account]] = {}
    for some in chunks(parties):
        query = select(Account).where(col(Account.party_id).in_(some), col(Account.disabled_at).is_(None))
        query = query.where(col(Account.password_hash).is_not(None), Account.party_id == Party.id)
        query = query.where(col(Party.archived_at).is_(None)).order_by(col(Account.id))
        for account in visit.kernel().exec(query):
            found.setdefault(account.party_id, []).append(account)
    return found


def settle(visit: Visit, notices: Sequence[RecallNotice]) -> None:
    """Let notices say what their letters say."""
    kernel = visit.kernel()
    letters = letters_of(kernel, [one.id for one in notices])
    for notice in notices:
        told = [
            (letter.state, letter.tries) for letter in letters.get(notice.id, ()) if letter.revoked_at is None
        ]
        notice.delivery = "kept_inside" if notice.silent else delivery_of(told, in_app=notice.in_app)
        if notice.state not in ANSWERED and not notice.silent:
            notice.state = state_of(notice.delivery, in_app=notice.in_app)
        if notice.state not in ("pending", "unreachable"):
            notice.told_at = notice.told_at or visit.now
        kernel.add(notice)
    kernel.flush()
