"""Who sees which rows, and who may write them: the one place, and it fails closed.

Every session carries a `Sight`. Each mapped class has a rule here that turns the sight into a condition,
added to every ORM statement; a session without sight, or a class without rule, is refused. Cached per
session, since a sight never changes. Statements on bare tables and `text()` escape it: only the modules that
`tests/test_house.py` names may use them.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Select, event, false, literal, or_, true
from sqlalchemy import select as core_select
from sqlalchemy.orm import ORMExecuteState, UOWTransaction, with_loader_criteria
from sqlmodel import Session, SQLModel, col

from tracelot.records.accounts import Account, ApiKey, OneTimeLink, SignInSession
from tracelot.records.attempts import Attempt
from tracelot.records.batches import Batch, ShortCode
from tracelot.records.books import BookSetting
from tracelot.records.captures import CapturedEmptying, CapturedEvent, CapturedGoods
from tracelot.records.clocks import ClockExtension, RecallClock
from tracelot.records.consignees import (
    RecallAnswer,
    RecallAnswerLine,
    RecallForward,
    RecallLetter,
    RecallNotice,
    RecallNoticeLine,
    RecallPhoto,
)
from tracelot.records.contacts import Contact
from tracelot.records.counters import Counter
from tracelot.records.divisions import Division
from tracelot.records.effectiveness import Disposal, EffectivenessCheck, EffectivenessSample
from tracelot.records.events import Event, EventVoid, Line, Posting, Sighting
from tracelot.records.facilities import Facility
from tracelot.records.following import Notification, NotificationChoice, SavedSearch, Webhook, WebhookDelivery
from tracelot.records.journal import Bucket, JournalEntry
from tracelot.records.law import CalendarDay, RuleLimit, RulePack
from tracelot.records.outbox import KeptAnswer, Task
from tracelot.records.parties import Party
from tracelot.records.personal import PersonalValue
from tracelot.records.proceedings import RecallPlan, RecallReport, RegulatorAction
from tracelot.records.products import Product, ProductUnit
from tracelot.records.recalls import Recall, RecallBatch, RecallRange
from tracelot.records.scopes import RecallScope, RecallScopeLine
from tracelot.records.searching import SearchTerm
from tracelot.records.security import RecoveryCode, SecondFactor, SecurityEvent
from tracelot.records.shipments import Shipment, ShipmentLine
from tracelot.records.signatures import Signature
from tracelot.records.units import LogisticUnit, UnitStop
from tracelot.rules.access import Actor
from tracelot.rules.recalls import DRILL

Condition = ColumnElement[bool]
COUNTY_DIGITS = 6  # of the code of a division


@dataclass(frozen=True)
class Sight:
    """What a session may see.

    A party's own rows, those of parties inside a territory, what is published, the register of parties and
    people, or (for the kernel's own work) everything.
    """

    party_id: UUID | None = None
    territory: tuple[str, ...] = ()
    published: bool = False
    registry: bool = False
    everything: bool = False


PUBLIC = Sight(published=True)
EVERYTHING = Sight(everything=True)


def sight_of(actor: Actor) -> Sight:
    """What an actor sees by role; what is published is added where an operation asks for it."""
    if actor.role == "site":
        return Sight(registry=True)
    if actor.party_id is None:
        return PUBLIC
    return Sight(actor.party_id, actor.territory if actor.regulator and actor.verified else ())


def with_published(sight: Sight) -> Sight:
    return replace(sight, published=True)


def _table(model: type[SQLModel]) -> Any:
    return getattr(model, "__table__")  # noqa: B009  (SQLModel does not declare it)


def _inside(sight: Sight) -> Select[tuple[UUID]] | None:
    """The parties inside the territory."""
    if not sight.territory:
        return None
    party = _table(Party)
    return core_select(party.c.id).where(
        or_(*(party.c.region_code.like(f"{area}%") for area in sight.territory))
    )


def _verified() -> Select[tuple[UUID]]:
    party = _table(Party)
    return core_select(party.c.id).where(party.c.status == "verified")


def _published_recalls() -> Select[tuple[UUID]]:
    recall = _table(Recall)
    return core_select(recall.c.id).where(recall.c.published_at.is_not(None), recall.c.kind != DRILL)


def _counties(sight: Sight) -> Sight:
    """What a county's office sees as such; other offices, above and below it, see nothing."""
    areas = tuple(area for area in sight.territory if len(area) == COUNTY_DIGITS)
    return Sight(territory=areas)


def _drills(sight: Sight) -> Select[tuple[UUID]]:
    """The drills under way that the county's office sees."""
    recall, inside = _table(Recall), _inside(_counties(sight))
    shown = false() if inside is None else recall.c.party_id.in_(inside)
    return core_select(recall.c.id).where(recall.c.published_at.is_not(None), recall.c.kind == DRILL, shown)


def _any(*conditions: Condition | None) -> Condition:
    return or_(false(), *(condition for condition in conditions if condition is not None))


def _owned(model: Any, sight: Sight, published: Condition | None = None) -> Condition:
    """A party's own rows, those of parties in the territory, and those that are published."""
    inside = _inside(sight)
    return _any(
        None if sight.party_id is None else col(model.party_id) == literal(sight.party_id),
        None if inside is None else col(model.party_id).in_(inside),
        published if sight.published else None,
    )


def _known(party: Any) -> Condition:
    """Verified parties, and whoever published a recall: its notice names its firm for ever."""
    recall = _table(Recall)
    notices = core_select(recall.c.party_id).where(recall.c.published_at.is_not(None), recall.c.kind != DRILL)
    return or_(col(party.status) == "verified", col(party.id).in_(notices))


def _party(sight: Sight) -> Condition:
    return _any(
        None if sight.party_id is None else col(Party.id) == literal(sight.party_id),
        *(col(Party.region_code).like(f"{area}%") for area in sight.territory),
        _known(Party) if sight.published else None,
        true() if sight.registry else None,
    )


def _batch(sight: Sight) -> Condition:
    public = or_(col(Batch.released_at).is_not(None), col(Batch.status) == "recalled")
    return _owned(Batch, sight, public & col(Batch.party_id).in_(_verified()))


def _recall(sight: Sight) -> Condition:
    """A draft is its firm's alone, and its offices' once they ordered it or were handed its plan.

    A drill is its firm's and its county office's.
    """
    own = None if sight.party_id is None else col(Recall.party_id) == literal(sight.party_id)
    sent, drill = col(Recall.published_at).is_not(None), col(Recall.kind) == DRILL
    told, watching = col(Recall.told_at).is_not(None), replace(sight, party_id=None)
    return _any(
        own,
        sent & ~drill & _owned(Recall, watching, true()),
        sent & drill & _owned(Recall, _counties(sight)),
        told & _owned(Recall, replace(watching, published=False)),
    )


def _told_recalls() -> Select[tuple[UUID]]:
    recall = _table(Recall)
    return core_select(recall.c.id).where(recall.c.told_at.is_not(None))


def _of_recall(model: Any) -> Callable[[Sight], Condition]:
    def rule(sight: Sight) -> Condition:
        own = None if sight.party_id is None else col(model.party_id) == literal(sight.party_id)
        sent, told = (col(model.recall_id).in_(some()) for some in (_published_recalls, _told_recalls))
        watching = replace(sight, party_id=None)
        return _any(
            own,
            sent & _owned(model, watching, true()),
            told & _owned(model, replace(watching, published=False)),
            col(model.recall_id).in_(_drills(sight)),
        )

    return rule


def _of_firm_and_office(model: Any) -> Callable[[Sight], Condition]:
    """How a recall is worked on: its firm's, and once it is published its regulators'; never everybody's."""
    rule = _of_recall(model)
    return lambda sight: rule(replace(sight, published=False))


def _plan(sight: Sight) -> Condition:
    """What the firm still writes on is its own."""
    own = None if sight.party_id is None else col(RecallPlan.party_id) == literal(sight.party_id)
    return _any(own, _of_firm_and_office(RecallPlan)(sight) & (col(RecallPlan.state) != "draft"))


def _extension(sight: Sight) -> Condition:
    """What was granted is public; what is asked, or was refused, is between the firm and its offices."""
    granted = col(ClockExtension.state) == "granted"
    inside = _of_firm_and_office(ClockExtension)(sight)
    return _any(inside, granted & _of_recall(ClockExtension)(sight))


def _of_party(model: Any) -> Callable[[Sight], Condition]:
    return lambda sight: _owned(model, sight)


def _account(sight: Sight) -> Condition:
    own = None if sight.party_id is None else col(Account.party_id) == literal(sight.party_id)
    return _any(own, true() if sight.registry else None)


def _of_account(model: Any) -> Callable[[Sight], Condition]:
    def rule(sight: Sight) -> Condition:
        account = _table(Account)
        mine = core_select(account.c.id).where(account.c.party_id == literal(sight.party_id))
        own = None if sight.party_id is None else col(model.account_id).in_(mine)
        return _any(own, true() if sight.registry else None)

    return rule


def _own_only(model: Any) -> Callable[[Sight], Condition]:
    def rule(sight: Sight) -> Condition:
        return _any(None if sight.party_id is None else col(model.party_id) == literal(sight.party_id))

    return rule


def _signed_by(sight: Sight) -> Condition:
    """What the own people signed, on whosever record."""
    return _any(None if sight.party_id is None else col(Signature.actor_party_id) == literal(sight.party_id))


def _shipment_of(shipment: Any, sight: Sight) -> Condition:
    """Both ends of a shipment, and who watches the territory of either end; nobody else on the way."""
    inside = _inside(sight)
    return _any(
        None if sight.party_id is None else shipment.party_id == literal(sight.party_id),
        None if sight.party_id is None else shipment.to_party_id == literal(sight.party_id),
        None if inside is None else or_(shipment.party_id.in_(inside), shipment.to_party_id.in_(inside)),
        *(shipment.from_region.like(f"{area}%") for area in sight.territory),
        *(shipment.to_region.like(f"{area}%") for area in sight.territory),
    )


def _shipment_line(sight: Sight) -> Condition:
    shipment = _table(Shipment)
    return col(ShipmentLine.shipment_id).in_(
        core_select(shipment.c.id).where(_shipment_of(shipment.c, sight))
    )


def _contact(sight: Sight) -> Condition:
    """Whoever keeps the contact, its regulators, and the party that showed that it is this partner."""
    claimed = None if sight.party_id is None else col(Contact.claimed_by) == literal(sight.party_id)
    return _any(_owned(Contact, sight), claimed)


def _notice_of(notice: Any, sight: Sight) -> Condition:
    """Whoever was told, whoever sold to them, and the offices of both; of a firm's customers the recaller sees none.

    Its own are those of the first tier. A drill that stays inside the firm is nobody else's.
    """
    inside = _inside(sight)
    mine = literal(sight.party_id)
    told = notice.silent.is_(False)
    nobodys = or_(notice.tier == 1, notice.from_party_id.is_(None))
    return _any(
        None if sight.party_id is None else (notice.party_id == mine) & (notice.tier == 1),
        None if sight.party_id is None else notice.from_party_id == mine,
        None if sight.party_id is None else (notice.to_party_id == mine) & told,
        None if inside is None else notice.party_id.in_(inside) & nobodys & told,
        None
        if inside is None
        else or_(notice.from_party_id.in_(inside), notice.to_party_id.in_(inside)) & told,
        *(notice.region_code.like(f"{area}%") & told for area in sight.territory),
    )


def _of_notice(model: Any) -> Callable[[Sight], Condition]:
    notice = _table(RecallNotice)
    return lambda sight: col(model.notice_id).in_(core_select(notice.c.id).where(_notice_of(notice.c, sight)))


def _goods(sight: Sight) -> Condition:
    """A verified party's products are public; those of its suppliers, as it knows them, are its secret."""
    return _owned(Product, sight, col(Product.party_id).in_(_verified()) & col(Product.contact_id).is_(None))


def _shared(_: Sight) -> Condition:
    return true()


def _hidden(_: Sight) -> Condition:
    return false()


RULES: dict[type[SQLModel], Callable[[Sight], Condition]] = {
    Party: _party,
    Facility: _of_party(Facility),
    Product: _goods,
    ProductUnit: _of_party(ProductUnit),
    Contact: _contact,
    BookSetting: _own_only(BookSetting),
    Batch: _batch,
    Event: _of_party(Event),
    EventVoid: _of_party(EventVoid),
    Line: _of_party(Line),
    Posting: _of_party(Posting),
    Sighting: _of_party(Sighting),
    LogisticUnit: _of_party(LogisticUnit),
    UnitStop: _of_party(UnitStop),
    CapturedEvent: _of_party(CapturedEvent),
    CapturedEmptying: _of_party(CapturedEmptying),
    CapturedGoods: _of_party(CapturedGoods),
    Shipment: lambda sight: _shipment_of(Shipment, sight),
    ShipmentLine: _shipment_line,
    Recall: _recall,
    RecallRange: _of_recall(RecallRange),
    RecallBatch: _of_recall(RecallBatch),
    RecallClock: _of_firm_and_office(RecallClock),
    ClockExtension: _extension,
    RulePack: _shared,
    RuleLimit: _shared,
    CalendarDay: _shared,
    RecallScope: _of_firm_and_office(RecallScope),
    RecallScopeLine: _of_firm_and_office(RecallScopeLine),
    RecallNotice: lambda sight: _notice_of(RecallNotice, sight),
    RecallNoticeLine: _of_notice(RecallNoticeLine),
    RecallForward: _hidden,
    RecallLetter: _of_notice(RecallLetter),
    RecallAnswer: _of_notice(RecallAnswer),
    RecallAnswerLine: _of_notice(RecallAnswerLine),
    RecallPhoto: _of_notice(RecallPhoto),
    EffectivenessSample: _of_firm_and_office(EffectivenessSample),
    EffectivenessCheck: _of_firm_and_office(EffectivenessCheck),
    Disposal: _of_firm_and_office(Disposal),
    RecallPlan: _plan,
    RecallReport: _of_firm_and_office(RecallReport),
    RegulatorAction: _of_party(RegulatorAction),
    JournalEntry: _of_party(JournalEntry),
    Signature: lambda sight: or_(_of_party(Signature)(sight), _signed_by(sight)),
    PersonalValue: _of_party(PersonalValue),
    Account: _account,
    ApiKey: _own_only(ApiKey),
    SignInSession: _of_account(SignInSession),
    OneTimeLink: _hidden,
    SecondFactor: _of_account(SecondFactor),
    RecoveryCode: _hidden,
    SecurityEvent: _own_only(SecurityEvent),
    SavedSearch: _own_only(SavedSearch),
    NotificationChoice: _own_only(NotificationChoice),
    Notification: _own_only(Notification),
    Webhook: _own_only(Webhook),
    WebhookDelivery: _own_only(WebhookDelivery),
    Task: _hidden,
    Attempt: _hidden,
    KeptAnswer: _shared,
    Bucket: _shared,
    Counter: _shared,
    ShortCode: _shared,
    Division: _shared,
    SearchTerm: _shared,
}
OPEN = frozenset({ShortCode, KeptAnswer, Bucket, Counter, SearchTerm, Task})


class ScopedSession(Session):
    """A session that sees and writes only what its sight allows."""

    def __init__(self, connection: Connection, sight: Sight) -> None:
        super().__init__(bind=connection, autoflush=True, info={"sight": sight})


@event.listens_for(ScopedSession, "do_orm_execute")
def _limit(state: ORMExecuteState) -> None:
    sight: Sight = state.session.info["sight"]
    if sight.everything or state.is_column_load:
        return
    options = state.session.info.get("options")
    if options is None:
        options = [
            with_loader_criteria(model, rule(sight), include_aliases=True) for model, rule in RULES.items()
        ]
        state.session.info["options"] = options
    state.statement = state.statement.options(*options)


class OutOfSight(RuntimeError):
    """A bug: an operation tried to write a row that its session may not write."""


@event.listens_for(ScopedSession, "before_flush")
def _guard(session: Session, _: UOWTransaction, __: Any) -> None:
    sight: Sight = session.info["sight"]
    if sight.everything:
        return
    for row in (*session.new, *session.dirty, *session.deleted):
        if type(row) in OPEN:
            continue
        owner = row.id if isinstance(row, Party) else getattr(row, "party_id", None)
        if owner is None or owner != sight.party_id:
            raise OutOfSight(f"{type(row).__name__} does not belong to the party that writes.")
