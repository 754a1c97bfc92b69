"""Who sees which rows, and who may write them: the one place, and it fails closed.

Every session carries a `Sight`. Each mapped class has a rule here that turns the sight into a condition,
added to every ORM statement that names the class; a session without sight, or a class without rule, is refused.
Statements on bare tables and `text()` escape it: only the modules that
`tests/test_house.py` names may use them.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnClause,
    Connection,
    Select,
    Table,
    TextClause,
    event,
    false,
    literal,
    or_,
    true,
)
from sqlalchemy import select as core_select
from sqlalchemy.orm import ORMExecuteState, UOWTransaction, with_loader_criteria
from sqlalchemy.sql.base import ExecutableOption
from sqlalchemy.sql.visitors import iterate
from sqlmodel import Session, SQLModel, col

from tracelot.records.accounts import Account, ApiKey, OneTimeLink, SignInSession
from tracelot.records.attempts import Attempt
from tracelot.records.batches import Batch, ShortCode
from tracelot.records.books import BookSetting
from tracelot.records.captures import CapturedEmptying, CapturedEvent, CapturedGoods
from tracelot.records.consignees import (
    RecallForward,
)
from tracelot.records.contacts import Contact
from tracelot.records.counters import Counter
from tracelot.records.divisions import Division
from tracelot.records.events import Event, EventVoid, Line, Posting, Sighting
from tracelot.records.facilities import Facility
from tracelot.records.following import Notification, NotificationChoice, SavedSearch, Webhook, WebhookDelivery
from tracelot.records.imports import Import, ImportPart
from tracelot.records.inspection_sights import INSPECTION_RULES
from tracelot.records.journal import Bucket
from tracelot.records.journal_sights import JOURNAL_RULES
from tracelot.records.law import CalendarDay, RuleLimit, RulePack
from tracelot.records.outbox import KeptAnswer, Task
from tracelot.records.parties import Party
from tracelot.records.products import Product, ProductUnit
from tracelot.records.recall_sights import RECALL_RULES
from tracelot.records.recalls import Recall
from tracelot.records.sampling_sights import SAMPLING_RULES
from tracelot.records.searching import SearchTerm
from tracelot.records.security import RecoveryCode, SecondFactor, SecurityEvent
from tracelot.records.shipments import Shipment, ShipmentLine
from tracelot.records.sights import Condition, Sight, any_of, owned, parties_inside, table
from tracelot.records.signatures import Signature
from tracelot.records.tip_sights import TIP_RULES
from tracelot.records.units import LogisticUnit, UnitStop
from tracelot.rules.recalls import DRILL


def _verified() -> Select[tuple[UUID]]:
    party = table(Party)
    return core_select(party.c.id).where(party.c.status == "verified")


def _known(party: Any) -> Condition:
    """Verified parties, and whoever published a recall: its notice names its firm for ever."""
    recall = table(Recall)
    notices = core_select(recall.c.party_id).where(recall.c.published_at.is_not(None), recall.c.kind != DRILL)
    return or_(col(party.status) == "verified", col(party.id).in_(notices))


def _party(sight: Sight) -> Condition:
    return any_of(
        None if sight.party_id is None else col(Party.id) == literal(sight.party_id),
        *(col(Party.region_code).like(f"{area}%") for area in sight.territory),
        _known(Party) if sight.published else None,
        true() if sight.registry else None,
    )


def _batch(sight: Sight) -> Condition:
    public = or_(col(Batch.released_at).is_not(None), col(Batch.status) == "recalled")
    return owned(Batch, sight, public & col(Batch.party_id).in_(_verified()))


def _of_party(model: Any) -> Callable[[Sight], Condition]:
    return lambda sight: owned(model, sight)


def _account(sight: Sight) -> Condition:
    own = None if sight.party_id is None else col(Account.party_id) == literal(sight.party_id)
    return any_of(own, true() if sight.registry else None)


def _of_account(model: Any) -> Callable[[Sight], Condition]:
    def rule(sight: Sight) -> Condition:
        account = table(Account)
        mine = core_select(account.c.id).where(account.c.party_id == literal(sight.party_id))
        own = None if sight.party_id is None else col(model.account_id).in_(mine)
        return any_of(own, true() if sight.registry else None)

    return rule


def _own_only(model: Any) -> Callable[[Sight], Condition]:
    def rule(sight: Sight) -> Condition:
        return any_of(None if sight.party_id is None else col(model.party_id) == literal(sight.party_id))

    return rule


def _signed_by(sight: Sight) -> Condition:
    """What the own people signed, on whosever record."""
    return any_of(
        None if sight.party_id is None else col(Signature.actor_party_id) == literal(sight.party_id)
    )


def _shipment_of(shipment: Any, sight: Sight) -> Condition:
    """Both ends of a shipment, and who watches the territory of either end; nobody else on the way."""
    inside = parties_inside(sight)
    return any_of(
        None if sight.party_id is None else shipment.party_id == literal(sight.party_id),
        None if sight.party_id is None else shipment.to_party_id == literal(sight.party_id),
        None if inside is None else or_(shipment.party_id.in_(inside), shipment.to_party_id.in_(inside)),
        *(shipment.from_region.like(f"{area}%") for area in sight.territory),
        *(shipment.to_region.like(f"{area}%") for area in sight.territory),
    )


def _shipment_line(sight: Sight) -> Condition:
    shipment = table(Shipment)
    return col(ShipmentLine.shipment_id).in_(
        core_select(shipment.c.id).where(_shipment_of(shipment.c, sight))
    )


def _contact(sight: Sight) -> Condition:
    """Whoever keeps the contact, its regulators, and the party that showed that it is this partner."""
    claimed = None if sight.party_id is None else col(Contact.claimed_by) == literal(sight.party_id)
    return any_of(owned(Contact, sight), claimed)


def _goods(sight: Sight) -> Condition:
    """A verified party's products are public; those of its suppliers, as it knows them, are its secret."""
    return owned(Product, sight, col(Product.party_id).in_(_verified()) & col(Product.contact_id).is_(None))


def _shared(_: Sight) -> Condition:
    return true()


def _hidden(_: Sight) -> Condition:
    return false()


RULES: dict[type[SQLModel], Callable[[Sight], Condition]] = {
    **RECALL_RULES,
    **SAMPLING_RULES,
    **JOURNAL_RULES,
    **TIP_RULES,
    **INSPECTION_RULES,
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
    Import: _of_party(Import),
    ImportPart: _own_only(ImportPart),
    Shipment: lambda sight: _shipment_of(Shipment, sight),
    ShipmentLine: _shipment_line,
    RulePack: _shared,
    RuleLimit: _shared,
    CalendarDay: _shared,
    RecallForward: _hidden,
    Signature: lambda sight: or_(JOURNAL_RULES[Signature](sight), _signed_by(sight)),
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
_MODELS = {table(model).name: model for model in RULES}
OPEN = frozenset({ShortCode, KeptAnswer, Bucket, Counter, SearchTerm, Task})


class ScopedSession(Session):
    """A session that sees and writes only what its sight allows."""

    def __init__(self, connection: Connection, sight: Sight) -> None:
        super().__init__(bind=connection, autoflush=True, info={"sight": sight})


@event.listens_for(ScopedSession, "do_orm_execute")
def _limit(state: ORMExecuteState) -> None:
    """Each statement gets the rules of the tables that it names: rules are costly to compare, and there are many."""
    sight: Sight = state.session.info["sight"]
    if sight.everything or state.is_column_load:
        return
    rules = [_rule(name, sight) for name in tables_in(state.statement)]
    state.statement = state.statement.options(*rules)


@lru_cache(maxsize=4096)
def _rule(name: str, sight: Sight) -> ExecutableOption:
    """A table's rule for whoever sees so much: made of the sight alone, so that it serves every session."""
    model = _MODELS[name]
    return with_loader_criteria(model, RULES[model](sight), include_aliases=True)


def tables_in(statement: Any) -> list[str]:
    """The names of the tables that a statement reads or writes, wherever in it; of one in raw SQL, all there are."""
    found: set[str] = set()
    for element in iterate(statement):
        if isinstance(element, TextClause):
            return sorted(_MODELS)
        source = element.table if isinstance(element, ColumnClause) else element
        if isinstance(source, Table):
            found.add(source.name)
        elif source is not None and source is not element:
            found.update(part.name for part in iterate(source) if isinstance(part, Table))
    return sorted(found)


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
