"""The acts on a recall: open, change, publish, cancel; and the query over all of them."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from sqlalchemy.orm.attributes import flag_modified
from sqlmodel import col, select

from tracelot.operations import clocks, scope_of_recall
from tracelot.operations.advancing import (
    begin_recovery,
    demand_cancellable,
    demand_held,
    hold_products,
    keeping_order,
)
from tracelot.operations.changing import apply_change, demand_same, demand_version
from tracelot.operations.goods import lock_goods
from tracelot.operations.parties import demand_division
from tracelot.operations.reaching import begin_telling
from tracelot.operations.recalling import index_recall, make_public
from tracelot.operations.selecting import held_by_dates
from tracelot.operations.visit import Visit, origin_of
from tracelot.records.batches import Batch
from tracelot.records.counters import next_number
from tracelot.records.journal import BUCKETS, JournalEntry, list_history
from tracelot.records.locking import HELD
from tracelot.records.paging import Page, read_position, write_position
from tracelot.records.parties import Party
from tracelot.records.products import Product
from tracelot.records.recall_feed import newest_position, search_changed
from tracelot.records.recall_search import RecallFilter, Sort, count_by, search_recalls
from tracelot.records.recalls import (
    NewRecall,
    RangeView,
    Recall,
    RecallBatch,
    RecallChange,
    RecalledBatch,
    RecallRange,
    RecallSummary,
    RecallView,
    find_recall_by_code,
    list_recall_batches,
    list_recall_ranges,
)
from tracelot.rules.ids import new_id
from tracelot.rules.recalls import DRILL, demand_complete, demand_span, demand_state, recall_code
from tracelot.rules.refusals import Conflict, Forbidden, Unknown, unfit
from tracelot.rules.retention import later, recall_kept
from tracelot.rules.stages import role_of


def open_recall(visit: Visit, new: NewRecall) -> Recall:
    """Start a recall as a draft that only the firm sees."""
    visit.demand("recall.open")
    stands = visit.session.get(Recall, new.id) if new.id else None
    if stands is not None:
        return demand_same(stands, origin_of(new))
    if new.knowledge_at > visit.now:
        raise unfit("in-the-future", "The time of knowledge lies in the future.", "knowledge_at")
    party = visit.session.get_one(Party, visit.actor.party_id)
    recall = Recall.model_validate(
        new.model_dump(exclude={"ranges", "follow", "excluded"}),
        update={
            "id": new.id or new_id(),
            "code": _next_code(visit, party.region_code),
            "party_id": party.id,
            "region_code": party.region_code,
            "state": "draft",
            "rule_pack": clocks.pack_of(visit, new),
            "listed_at": visit.now,
            "changed_at": visit.now,
            "retain_until": recall_kept(visit.today).until,
            "tells_outside": new.tells_outside and new.kind == DRILL,
            "seller_cause": None if new.kind == DRILL else new.seller_cause,
            "origin_hash": origin_of(new),
            "recorded_at": visit.now,
            "recorded_by": visit.actor.id,
        },
    )
    recall.initiator_role = role_of(recall.initiator_role, seller=recall.seller_cause is not None)
    _demand_sound(visit, recall)
    visit.session.add(recall)
    visit.session.flush()
    scope_of_recall.begin(visit, recall, new.ranges, new.excluded, follow=new.follow)
    index_recall(visit, recall)
    due = clocks.freeze_clocks(visit, recall)
    visit.record("recall.opened", recall, party_id=recall.party_id, batches=_codes(visit, recall), **due)
    return recall


def _demand_sound(visit: Visit, recall: Recall) -> None:
    demand_span(recall.starts_on, recall.ends_on)
    for code in recall.area_codes:
        demand_division(visit, code, "area_codes")


def _next_code(visit: Visit, region_code: str) -> str:
    day = visit.today
    number = next_number(visit.kernel(), f"recall:{region_code[:6]}:{day:%Y%m%d}")
    return recall_code(region_code, day, number)


def _codes(visit: Visit, recall: Recall) -> list[str]:
    return [str(line.batch_id) for line in list_recall_batches(visit.session, [recall.id])]


def _own(visit: Visit, recall_id: UUID) -> Recall:
    recall = visit.session.get(Recall, recall_id)
    if recall is None or recall.party_id != visit.actor.party_id:
        raise Unknown("unknown-recall", "No such recall.")
    return recall


def _held(visit: Visit, recall_id: UUID) -> Recall:
    """The same, held until the commit: a scope gets its versions one after the other."""
    recall = _own(visit, recall_id)
    visit.session.refresh(recall, with_for_update=HELD)
    return recall


def find_own_recall(visit: Visit, recall_id: UUID) -> Recall:
    """A recall of the actor's own party, in whatever state."""
    visit.demand("journal.read")
    return _own(visit, recall_id)


def find_draft(visit: Visit, recall_id: UUID) -> Recall:
    """A draft of the actor's own party, to be changed; anything else is refused."""
    recall = find_own_recall(visit, recall_id)
    demand_state(recall.state, "draft")
    return recall


def change_recall(visit: Visit, recall_id: UUID, change: RecallChange, version: int | None = None) -> Recall:
    """Change a draft; a published notice is never rewritten."""
    visit.demand("recall.change")
    recall = _held(visit, recall_id)
    demand_version(recall, version)
    demand_state(recall.state, "draft")
    fields = change.model_copy()
    fields.model_fields_set.difference_update(("ranges", "follow", "excluded"))
    before = clocks.grounds(recall)
    with keeping_order(visit, recall):
        apply_change(visit, recall, fields)
        _demand_sound(visit, recall)
        recall.tells_outside = recall.tells_outside and recall.kind == DRILL
        recall.seller_cause = None if recall.kind == DRILL else recall.seller_cause
        recall.initiator_role = role_of(recall.initiator_role, seller=recall.seller_cause is not None)
        due = clocks.freeze_clocks(visit, recall, before)
        if scope_of_recall.change(visit, recall, change):
            flag_modified(recall, "state")  # a version stands for the scope too, which has rows of its own
    index_recall(visit, recall)
    visit.record("recall.changed", recall, party_id=recall.party_id, batches=_codes(visit, recall), **due)
    return recall


def publish_recall(visit: Visit, recall_id: UUID, version: int | None = None) -> Recall:
    """Tell everybody: the notice is public and its batches are recalled from this commit on. A drill only begins."""
    visit.demand("recall.publish")
    held = hold_products(visit, _own(visit, recall_id).id)
    recall = _held(visit, recall_id)
    demand_version(recall, version)
    demand_state(recall.state, "draft")
    demand_held(visit, recall.id, held)
    _demand_still_verified(visit)
    clocks.demand_planned(visit, recall)
    ranges = list_recall_ranges(visit.session, recall.id)
    if recall.seller_cause is not None:  # who moves the goods meanwhile waits, and then reads of the recall
        named = {line.batch_id for line in list_recall_batches(visit.session, [recall.id])}
        lock_goods(visit, named | {batch.id for batch in held_by_dates(visit, recall)})
    traced = scope_of_recall.refresh(visit, recall)
    lines = list_recall_batches(visit.session, [recall.id])
    demand_complete(recall.model_dump(), recall.contact, len(lines) + sum(not r.by_code for r in ranges))
    begin_recovery(visit, recall)
    recall.state = "published"
    recall.published_at = recall.listed_at = visit.now
    recall.retain_until = later(recall.retain_until, recall_kept(visit.today).until)
    visit.session.add(recall)
    visit.session.flush()
    begin_telling(visit, recall, traced)
    make_public(visit, recall, _batches(visit, lines), clocks.publish_clocks(visit, recall))
    return recall


def _demand_still_verified(visit: Visit) -> None:
    """Hold the party's standing until the commit, so that no officer refuses or archives it at the same time."""
    party = visit.session.get(Party, visit.actor.party_id, with_for_update=HELD)
    if party is not None and party.archived_at is not None:
        raise Conflict("party-archived", "This party is archived.")
    if party is None or party.status != "verified":
        raise Forbidden(
            "party-unverified", "Your enterprise must be verified by its regulator before it can publish."
        )


def _batches(visit: Visit, lines: Sequence[RecallBatch]) -> Sequence[Batch]:
    ids = [line.batch_id for line in lines]
    query = select(Batch).where(col(Batch.id).in_(ids)).order_by(col(Batch.id))  # as every writer locks them
    return visit.session.exec(query).all()


def cancel_recall(visit: Visit, recall_id: UUID, reason: str, version: int | None = None) -> Recall:
    """Drop a draft, with the reason; nobody but the firm ever saw it."""
    visit.demand("recall.cancel")
    recall = _own(visit, recall_id)
    demand_version(recall, version)
    demand_state(recall.state, "draft")
    demand_cancellable(recall)
    recall.state, recall.cancelled_reason = "cancelled", reason
    recall.retain_until = later(recall.retain_until, recall_kept(visit.today).until)
    visit.session.add(recall)
    visit.session.flush()
    visit.record("recall.cancelled", recall, party_id=recall.party_id, reason=reason)
    return recall


def query_recalls(
    visit: Visit, asked: RecallFilter, sort: Sort = "newest", limit: int = 50, cursor: str | None = None
) -> Page[RecallSummary]:
    """Recalls by any field: what is published, and what the actor sees beyond that by role."""
    visit.demand("recall.query")
    return search_recalls(visit.with_published(), asked, visit.place.zone, sort, limit, cursor)


def newest_change(visit: Visit) -> str:
    """Where to go on from with `changed_recalls`, to be told of what changes from now on."""
    return write_position(newest_position(visit.with_published()))


def changed_recalls(
    visit: Visit, asked: RecallFilter, since: str, limit: int = 50
) -> tuple[Page[RecallSummary], str]:
    """Recalls that were published or changed after a position, in the order of the commits, and the next one.

    A draft has no place in that order: its coming would tell of it.
    """
    visit.demand("recall.query")
    position = read_position(since, BUCKETS)
    found, following = search_changed(visit.with_published(), asked, visit.place.zone, position, limit)
    return found, write_position(following)


def recall_facets(visit: Visit, asked: RecallFilter) -> dict[str, dict[str, int]]:
    """How many recalls each level, reason, state and stage would leave if it were chosen instead."""
    visit.demand("recall.query")
    session, zone = visit.with_published(), visit.place.zone
    return {
        "level": count_by(session, replace(asked, level=None), zone, "level"),
        "reason_code": count_by(session, replace(asked, reason=None), zone, "reason_code"),
        "state": count_by(session, replace(asked, state=None), zone, "state"),
        "stage": count_by(session, replace(asked, stage=None), zone, "stage"),
    }


def find_recall(visit: Visit, code: str) -> Recall:
    """A recall by its code or id: a published one for anybody, a draft for its firm."""
    visit.demand("recall.query")
    session = visit.with_published()
    try:
        recall = session.get(Recall, UUID(code))
    except ValueError:
        recall = find_recall_by_code(session, code) if code.isprintable() else None
    if recall is None:
        raise Unknown("unknown-recall", "No such recall.")
    return recall


def view(visit: Visit, recall: Recall) -> RecallView:
    """A recall with its firm, ranges and batches."""
    session = visit.with_published()
    party = session.get_one(Party, recall.party_id)
    heir = visit.kernel().get(Party, party.successor_id) if party.successor_id else None
    ranges = list_recall_ranges(session, recall.id)
    return RecallView.model_validate(
        recall.model_dump()
        | clocks.told(visit, recall)
        | {
            "firm_id": party.id,
            "firm_zh": party.name_zh,
            "firm_en": party.name_en,
            "firm_sc_no": party.sc_no,
            "firm_status": party.status,
            "firm_archived": party.archived_at is not None,
            "successor_zh": heir.name_zh if heir else None,
            "successor_en": heir.name_en if heir else None,
            "ranges": [RangeView.model_validate(span, from_attributes=True) for span in ranges],
            "batches": _recalled(visit, list_recall_batches(session, [recall.id]), ranges),
        }
    )


def _recalled(
    visit: Visit, lines: Sequence[RecallBatch], ranges: Sequence[RecallRange]
) -> list[RecalledBatch]:
    """The lines as the notice tells them; only the GTIN is its owner's of today."""
    ids = {line.product_id for line in lines}
    owned = visit.with_published().exec(
        select(Product.id, Product.gtin_claim).where(col(Product.id).in_(ids))
    )
    gtins = dict(owned.all())
    ids = {line.batch_id for line in lines}
    short = dict(
        visit.with_published().exec(select(Batch.id, Batch.short_code).where(col(Batch.id).in_(ids))).all()
    )
    told = {span.product_id: span for span in ranges}
    return [
        _recalled_line(line, told[line.product_id], gtins.get(line.product_id), short.get(line.batch_id))
        for line in lines
    ]


def _recalled_line(
    line: RecallBatch, told: RecallRange, gtin: str | None, short_code: str | None
) -> RecalledBatch:
    return RecalledBatch(
        batch_id=line.batch_id,
        product_id=line.product_id,
        product_name_zh=told.product_name_zh,
        product_name_en=told.product_name_en,
        gtin=gtin,
        code=line.code,
        registered=line.registered,
        spec=told.spec,
        production_date=line.production_date,
        expiry_date=line.expiry_date,
        short_code=short_code,
    )


def history(visit: Visit, recall: Recall) -> Sequence[JournalEntry]:
    """All that was done on a recall; for its firm and its regulators."""
    visit.demand("journal.read")
    return list_history(visit.session, recall.id)
