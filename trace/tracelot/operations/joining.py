"""How a batch that is registered or corrected joins the recalls that cover it already."""

from tracelot.operations import scope_of_recall
from tracelot.operations.keeping import keep_acts, keep_longer
from tracelot.operations.recalling import date_line, recall_batch, recall_line, tell_change
from tracelot.operations.visit import Visit
from tracelot.records.batches import Batch
from tracelot.records.locking import HELD
from tracelot.records.recalls import Recall, RecallBatch, list_open_ranges, list_recalls_of
from tracelot.records.scopes import spared_by
from tracelot.rules.recalls import DRILL, Range
from tracelot.rules.retention import later, recall_kept


def join_recalls(visit: Visit, batch: Batch) -> None:
    """Recall a batch that published recalls cover already, by its code or its production date."""
    by_date = [
        recall
        for named, recall in list_open_ranges(visit.session, batch.product_id)
        if Range(named.made_from, named.made_to).holds(batch.production_date)
    ]
    found = {recall.id: recall for recall in (*list_recalls_of(visit.session, batch.id), *by_date)}
    for id_ in sorted(found):
        recall = visit.session.get_one(Recall, id_, with_for_update=HELD, populate_existing=True)
        line = visit.session.get(RecallBatch, (batch.id, recall.id))
        if recall.state != "published" or (line is not None and line.registered):
            continue
        if batch.id in spared_by(visit.session, recall.id):
            continue
        line = line or recall_line(visit, recall, batch.product_id, batch.code, registered=True)
        date_line(line, batch)
        visit.session.add(line)
        visit.session.flush()
        take_in(visit, recall, batch)
        visit.record("recall.widened", recall, party_id=recall.party_id, batch_id=batch.id)
        scope_of_recall.registered(visit, recall, batch)


def take_in(visit: Visit, recall: Recall, batch: Batch) -> None:
    """What a batch is in for when a published recall names it."""
    recall.retain_until = later(recall.retain_until, recall_kept(visit.today).until)
    visit.session.add(recall)
    if batch.party_id == recall.party_id:
        keep_longer(visit, [batch], recall.retain_until)
    else:
        keep_acts(visit, [batch.id], recall)
    if batch.status != "void" and recall.kind != DRILL and recall.seller_cause is None:
        recall_batch(visit, batch, recall.code)
    tell_change(visit, recall)
