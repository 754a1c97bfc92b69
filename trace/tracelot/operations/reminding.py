"""Customers of somebody who passed a recall on: who of them keeps silent, and writing to them, tier after tier.

Whoever was told writes to those whom it named first, and to nobody else's: by its account or by its link.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement
from sqlmodel import col, select

from tracelot.operations.answering import recall_of
from tracelot.operations.delivering import write_anew
from tracelot.operations.lettering import letter_to, write_letters
from tracelot.operations.queuing import people_of, settle
from tracelot.operations.reach_views import Asked, Reach, counted, views
from tracelot.operations.visit import Visit
from tracelot.records.consignees import NoticeView, RecallNotice, count_notices, letters_of, search_notices
from tracelot.records.locking import HELD
from tracelot.records.paging import Page
from tracelot.records.recalls import Recall
from tracelot.rules.reaching import ANSWERED, APART
from tracelot.rules.refusals import Conflict, Unknown
from tracelot.rules.stages import demand_open


@dataclass(frozen=True)
class Reminded:
    """To how many somebody wrote, how many have a letter of the last hour, and to how many nobody can write."""

    written: int = 0
    lately: int = 0
    mute: int = 0


def reach_of_customers(visit: Visit, notice: RecallNotice) -> Reach:
    """How many a consignee named, and where they stand."""
    return counted(count_notices(visit.kernel(), RecallNotice.parent_id == notice.id))


def customers(
    visit: Visit, notice: RecallNotice, asked: Asked, limit: int, cursor: str | None = None
) -> Page[NoticeView]:
    """Those whom a consignee named first, with the goods and the latest answers; the notice was found before."""
    where: list[ColumnElement[bool] | bool] = [RecallNotice.parent_id == notice.id, *asked.conditions()]
    page = search_notices(visit.kernel(), where, limit, cursor)
    return Page(views(visit, page.items), page.total, page.cursor)


def find_customer(visit: Visit, notice: RecallNotice, customer_id: UUID) -> RecallNotice:
    found = visit.kernel().get(RecallNotice, customer_id)
    if found is None or found.parent_id != notice.id:
        raise Unknown("unknown-notice", "No such notice.")
    return found


def write_to_customer(
    visit: Visit, notice: RecallNotice, customer_id: UUID, address: str | None
) -> str | None:
    """Write to a customer anew, or give out the link where there is no address. Every older link ends."""
    kernel = visit.kernel()
    find_customer(visit, notice, customer_id)
    customer = kernel.get_one(RecallNotice, customer_id, with_for_update=HELD, populate_existing=True)
    recall = _open(visit, notice)
    if visit.actor.party_id is None and _lately(visit, [customer]):
        raise Conflict(
            "written-lately", "They were written to within the last hour: give them time to answer."
        )
    return write_anew(visit, recall, customer, address)


def remind_customers(visit: Visit, notice: RecallNotice) -> Reminded:
    """Remind all whom a consignee named and who have not answered."""
    recall = _open(visit, notice)
    reminded = _remind(visit, recall, RecallNotice.parent_id == notice.id)
    facts = {"letters": reminded.written}
    visit.note("notice.reminded", notice.id, notice.to_party_id or notice.from_party_id, facts)
    return reminded


def remind_own(visit: Visit, recall: Recall) -> Reminded:
    """Remind all to whom the firm that recalls sent the goods itself, and who have not answered."""
    visit.demand("notice.send")
    if recall.party_id != visit.actor.party_id:
        raise Unknown("unknown-recall", "No such recall.")
    demand_open(recall.stage, recall.state)
    reminded = _remind(visit, recall, RecallNotice.from_party_id == recall.party_id)
    visit.note("recall.reminded", recall.id, recall.party_id, {"letters": reminded.written})
    return reminded


def _open(visit: Visit, notice: RecallNotice) -> Recall:
    if visit.actor.party_id is not None:
        visit.demand("notice.send")
    recall = recall_of(visit, notice)
    demand_open(recall.stage, recall.state)
    return recall


def _remind(visit: Visit, recall: Recall, whose: ColumnElement[bool] | bool) -> Reminded:
    if not recall.reaches_outside:
        raise Conflict("kept-inside", "This drill tells nobody outside.")
    kernel = visit.kernel()
    query = select(RecallNotice).where(whose, RecallNotice.recall_id == recall.id)
    query = query.where(col(RecallNotice.state).not_in(ANSWERED)).order_by(col(RecallNotice.id))
    silent = kernel.exec(query.with_for_update(key_share=True)).all()
    lately = _lately(visit, silent)
    due = [one for one in silent if one.id not in lately]
    people = people_of(visit, {one.to_party_id for one in due if one.to_party_id})
    letters = [letter_to(visit, one, "reminder", people) for one in due]
    write_letters(visit, letters)
    settle(visit, due)
    written = sum(1 for some in letters if some)
    return Reminded(written, len(lately), len(due) - written)


def _lately(visit: Visit, notices: Sequence[RecallNotice]) -> set[UUID]:
    """Those to whom a letter was written within the last hour."""
    letters = letters_of(visit.kernel(), [one.id for one in notices])
    since = visit.now - APART
    return {id_ for id_, some in letters.items() if any(one.queued_at > since for one in some)}
