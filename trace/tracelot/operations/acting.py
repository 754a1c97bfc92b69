"""What every act on goods has in common: said once, possible, complete or flagged, locked, written, counted."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID

from sqlmodel import col, select

from tracelot.operations.changing import demand_same
from tracelot.operations.failing import hold_failed
from tracelot.operations.goods import Item, Other, lock_goods, mine, own_facility
from tracelot.operations.measuring import measure
from tracelot.operations.posting import Draft, Entry, Sheet, Side, write
from tracelot.operations.recalling import move_batch
from tracelot.operations.stocks import left_of
from tracelot.operations.visit import Visit, origin_of
from tracelot.records.acts import Measured, NewEvent
from tracelot.records.batches import Batch
from tracelot.records.books import BookFields, books_of
from tracelot.records.events import Event
from tracelot.records.facilities import Facility
from tracelot.records.parties import Party
from tracelot.records.products import Product
from tracelot.records.stocks import Stock, list_stocks
from tracelot.records.stops import list_stopped_goods
from tracelot.rules.acts import ACTS, STOPPED, EventAct, Stopped, demand_moment, unreleased, violation
from tracelot.rules.batches import status_on
from tracelot.rules.ids import new_id
from tracelot.rules.key_data import missing
from tracelot.rules.parties import FARMS
from tracelot.rules.places import aside_place, facility_place, lane_of
from tracelot.rules.refusals import Conflict, Unfit
from tracelot.rules.retention import entry_kept, later

# The day of an act, as the law calls it.
DATES = {
    "receive": "purchase_date", "ship": "sale_date", "harvest": "harvest_date", "cooling": "cooling_date",
    "landing": "landing_date", "initial_packing": "packing_date", "transform": "completion_date",
}  # fmt: skip
# What its maker says of a batch binds its maker; a recall is public, and a date is printed on the package.
OTHERS_OWN = frozenset({"held", "void"})
PLACES = {"ship_from", "receiving_location", "cooling_location", "farm_location", "lot_code_source"}


@dataclass
class Act:
    """An act while it is put together: what it says, what it names, and what it will write."""

    visit: Visit
    new: NewEvent
    act: EventAct
    kind: str | None = None
    facility: Facility | None = None
    other: Other | None = None
    draft: Draft = field(default_factory=Draft)
    items: dict[UUID, Item] = field(default_factory=dict)
    flags: list[str] = field(default_factory=list)
    carried: list[Item] = field(default_factory=list)  # inside units that move as a whole
    loose: list[Stock] = field(default_factory=list)  # in them, too, and nobody knows of which batch

    def entry(self, side: Side, item: Item, place: str, said: Measured, pointer: str) -> Entry:
        """An amount that the act takes or puts; a wrong unit or amount is told at its field."""
        self.items[item.id] = item
        amount = measure(self.visit, item.product, item.id, said.quantity, said.unit, f"{pointer}/")
        return Entry(side, item.id, item.product.id, place, amount, pooled=item.batch is None)

    def line(self, *entries: Entry, loss: Decimal | None = None, loss_unit: str | None = None) -> None:
        self.draft.sheets.append(Sheet(entries, loss, loss_unit))


def begin(visit: Visit, new: NewEvent, act: EventAct, kind: str | None = None) -> Act:
    """An act at one of the actor's facilities, at a time that can be."""
    demand_moment(new.event_time, visit.now)
    return Act(visit, new, act, kind, own_facility(visit, new.facility_id))


def said_before(visit: Visit, new: NewEvent) -> Event | None:
    """The event that stands under the id, where it says the same; another one is refused."""
    stands = visit.session.get(Event, new.id) if new.id else None
    return None if stands is None else demand_same(stands, origin_of(new))


def settle_act(act: Act, finish: Callable[[Event], None] | None = None) -> Event:
    """Lock what moves, refuse what must not move, write, and count what is left."""
    visit = act.visit
    moved = {entry.batch_id for entry in act.draft.entries()} | {item.id for item in act.carried}
    pools = [item.product.id for item in act.items.values() if item.batch is None]
    locked = lock_goods(visit, moved, pools)
    stands = said_before(visit, act.new)  # it may have been committed while this waited
    if stands is not None:
        return stands
    demand_movable(act, locked)
    books = books_of(visit.session, mine(visit))
    _count(act, books)
    event = event_of(act, books, locked)
    write(visit, event, act.draft)
    if finish is not None:
        finish(event)
    refresh_states(visit, moved, ends=ACTS[act.act].ends)
    return event


def demand_movable(act: Act, locked: dict[UUID, Batch]) -> None:
    """Stopped goods are not sent, used or sold; what happened all the same is flagged.

    What a seller recalls is recalled stock to itself and to whoever it told, however the batch stands elsewhere.
    """
    visit, new = act.visit, act.new
    party = visit.session.get_one(Party, mine(visit))
    taken = {entry.batch_id for entry in act.draft.entries() if entry.side == "take"}
    moved = taken | {item.id for item in act.carried}
    renamed = _renamed(act)
    sellers = _sellers_stops(act, moved if ACTS[act.act].planned else renamed)
    for id_ in sorted(moved):
        batch = locked.get(id_)
        for stopped in _states(visit, id_, batch, sellers):
            lost = id_ in renamed and stopped.status == "recalled"
            _flag_stopped(act, stopped, "transform" if lost else act.act)
        if batch is None or (batch.party_id != party.id and batch.status in OTHERS_OWN):
            continue
        status = status_on(visit.today, batch.status, batch.expiry_date)
        inspects = batch.party_id == party.id and party.type not in FARMS and not _suppliers(visit, batch)
        leaves = act.other is None or act.other.party_id != party.id
        if leaves:
            _flag(act, unreleased(act.act, status, inspects=inspects, happened=new.happened))
    if ACTS[act.act].planned:
        _demand_free(act)


def _renamed(act: Act) -> set[UUID]:
    """What comes in and is kept under another batch from then on: what recalls it would not stop it there."""
    if act.act != "receive":
        return set()
    return {
        entry.batch_id
        for sheet in act.draft.sheets
        for entry in sheet.entries
        if entry.side == "take" and {one.batch_id for one in sheet.entries} != {entry.batch_id}
    }


def _states(
    visit: Visit, batch_id: UUID, batch: Batch | None, sellers: Mapping[UUID, datetime]
) -> Iterator[Stopped]:
    """How a batch stands for the party: by the recalls of sellers, and by its own state."""
    if batch_id in sellers:
        yield Stopped("recalled", sellers[batch_id])
    if batch is not None and (batch.party_id == mine(visit) or batch.status not in OTHERS_OWN):
        status = status_on(visit.today, batch.status, batch.expiry_date)
        yield Stopped(status, batch.stopped_at, batch.expiry_date)


def _flag_stopped(act: Act, stopped: Stopped, done: EventAct) -> None:
    new, zone = act.new, act.visit.place.zone
    day = new.event_time.astimezone(zone).date()
    _flag(act, violation(done, stopped, new.event_time, day, happened=new.happened))


def _demand_free(act: Act) -> None:
    """Goods whose batch nobody names may be of any that is there: what exceeds the free ones is of stopped ones."""
    for entry in act.draft.entries():
        if entry.pooled and entry.side == "take":
            _demand_free_at(act, entry.product_id, [entry.place], entry.amount.base)
    here = [] if act.facility is None else [facility_place(act.facility.id), aside_place(act.facility.id)]
    for stock in act.loose:
        if stock.product_id is not None:
            wanted = None if stock.unknown else stock.quantity
            _demand_free_at(act, stock.product_id, [stock.place, *here], wanted)


def _demand_free_at(act: Act, product_id: UUID, places: Sequence[str], wanted: Decimal | None) -> None:
    visit, kernel = act.visit, act.visit.kernel()
    stocks = list_stocks(kernel, None, places=places, product_id=product_id)
    ids = {one.batch_id for one in stocks if not one.pooled}
    batches = {row.id: row for row in kernel.exec(select(Batch).where(col(Batch.id).in_(ids)))}
    sellers, free, stops = _sellers_stops(act, ids), Decimal(0), list[Stopped]()
    for one in stocks:
        states = _states(visit, one.batch_id, batches.get(one.batch_id), sellers)
        found = [state for state in states if state.status in STOPPED]
        if found:
            stops += found if one.unknown or one.quantity > 0 else []
        elif one.most is None:
            return
        else:
            free += one.quantity
    if stops and (free <= 0 if wanted is None else wanted > free):
        _flag_stopped(act, min(stops, key=lambda one: one.status != "recalled"), act.act)


def _sellers_stops(act: Act, moved: Iterable[UUID]) -> dict[UUID, datetime]:
    """Since when sellers' recalls stop goods for the party; a maker's recall is the state of the batch itself."""
    stops = list_stopped_goods(act.visit.kernel(), mine(act.visit), moved)
    since = {id_: [one.since for one in some if one.by == "seller"] for id_, some in stops.items()}
    return {id_: moments[0] for id_, moments in since.items() if moments}


def _suppliers(visit: Visit, batch: Batch) -> bool:
    return visit.kernel().get_one(Product, batch.product_id).contact_id is not None


def _flag(act: Act, found: str | None) -> None:
    if found is not None and found not in act.flags:
        act.flags.append(found)


def _count(act: Act, books: BookFields) -> None:
    """More taken than put is a gap and not an error: scales differ. The party may have it refused."""
    change: dict[tuple[UUID, str], Decimal] = {}
    for entry in act.draft.entries():
        if entry.amount.base is None or lane_of(entry.place) is not None or entry.pooled:
            continue
        signed = entry.amount.base if entry.side == "put" else -entry.amount.base
        change[entry.batch_id, entry.place] = change.get((entry.batch_id, entry.place), Decimal(0)) + signed
    falling = {key: amount for key, amount in change.items() if amount < 0}
    if not falling:
        return
    ids, places = {key[0] for key in falling}, {key[1] for key in falling}
    stocks = list_stocks(act.visit.kernel(), None, batch_ids=ids, places=places)
    known = {(stock.batch_id, stock.place): stock for stock in stocks}
    for key, amount in falling.items():
        stock = known.get(key)
        if stock is not None and stock.unknown:
            continue
        if (stock.quantity if stock else Decimal(0)) + amount < 0:
            if books.refuse_overdrawn and not act.new.happened:
                raise Conflict(
                    "overdrawn", "More is taken than is on hand here, and your settings refuse that."
                )
            _flag(act, "overdrawn")


def event_of(act: Act, books: BookFields, locked: dict[UUID, Batch]) -> Event:
    visit, new = act.visit, act.new
    lacking = _missing(act, books)
    if lacking and books.refuse_incomplete:
        raise Unfit(
            "incomplete",
            "Key data that the law asks for are missing, and your settings refuse that.",
            facts={"missing": " ".join(lacking)},
        )
    offset = new.event_time.utcoffset()
    kept = entry_kept("event.recorded", visit.today).until
    for batch in locked.values():
        kept = later(kept, batch.retain_until)
    return Event(
        id=new.id or new_id(),
        party_id=mine(visit),
        act=act.act,
        kind=act.kind,
        facility_id=act.facility.id if act.facility else None,
        event_time=new.event_time.astimezone(UTC),
        utc_offset=None if offset is None else int(offset.total_seconds() // 60),
        key_data=dict(new.key_data),
        documents=[document.model_dump() for document in new.documents],
        missing=lacking,
        flags=act.flags,
        origin_hash=origin_of(new),
        retain_until=kept,
        recorded_at=visit.now,
        recorded_by=visit.actor.id,
    )


def _missing(act: Act, books: BookFields) -> list[str]:
    """The key data that nobody told. Goods that stay with their firm are neither bought nor sold.

    What others do at their places is theirs to tell.
    """
    if act.facility is None:
        return []
    if act.other is not None and act.other.party_id == act.visit.actor.party_id:
        return []
    items = [*act.items.values(), *act.carried]
    listed = any(item.product.us_ftl for item in items)
    return missing(act.act, books.jurisdictions, _present(act, items), us_listed=listed)


def _present(act: Act, items: Sequence[Item]) -> set[str]:
    """The key data that are on record without being told."""
    present = {"product_name", *act.new.key_data, DATES.get(act.act, "")}
    present |= PLACES if act.facility else set()
    if act.new.documents:
        present |= {"reference_document", "manifest_no"}
    if act.other is not None:
        present |= act.other.told("supplier" if act.act == "receive" else "buyer")
    batches = [item.batch for item in items]
    facts: dict[str, Iterable[object]] = {
        "quantity": [entry.amount.base is not None for entry in act.draft.entries()],
        "specification": [item.product.spec for item in items],
        "production_date_or_batch": batches,
        "traceability_lot_code": batches,
        "shelf_life": [(item.batch and item.batch.expiry_date) or item.product.shelf_life for item in items],
        "certificate_no": [_certified(act, item) for item in items],
    }
    return present | {name for name, values in facts.items() if all(values)}


def _certified(act: Act, item: Item) -> bool:
    """Food Safety Law art. 51 asks the maker for the number of its certificate, and nobody else."""
    made_here = item.batch is not None and item.product.party_id == act.visit.actor.party_id
    return (
        not made_here or item.product.contact_id is not None or bool(item.batch and item.batch.certificate_no)
    )


def refresh_states(visit: Visit, batch_ids: Iterable[UUID], *, ends: bool = True) -> None:
    """A released batch of which nothing is left is used up; one that comes back is in stock again."""
    query = select(Batch).where(Batch.party_id == mine(visit), col(Batch.id).in_(sorted(batch_ids)))
    batches = visit.session.exec(query.execution_options(populate_existing=True)).all()
    over = left_of(visit, [batch.id for batch in batches]) if batches else {}
    for batch in batches:
        left = over[batch.id]
        state = status_on(visit.today, batch.status, batch.expiry_date)
        if batch.status == "exhausted" and left > 0:
            move_batch(visit, batch, "refill", None)
            hold_failed(visit, batch)
        elif ends and state in ("released", "expired") and batch.released_at and left <= 0:
            move_batch(visit, batch, "exhaust", None)


def day_of(visit: Visit, new: NewEvent) -> date:
    return new.event_time.astimezone(visit.place.zone).date()
