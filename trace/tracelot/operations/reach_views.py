"""How far a recall has come: who was told, who answered what, who keeps silent; to each as much as it may know.

The recalling firm sees its own customers by name. Of theirs it sees how many there are and where they stand.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, case, func
from sqlmodel import col, select

from tracelot.operations.answering import line_of
from tracelot.operations.naming import rows_of
from tracelot.operations.visit import Visit
from tracelot.records.consignees import (
    AnswerLineView,
    AnswerView,
    NoticeLineView,
    NoticeView,
    RecallAnswer,
    RecallAnswerLine,
    RecallForward,
    RecallNotice,
    RecallNoticeLine,
    RecallPhoto,
    answer_lines,
    answers_of,
    count_notices,
    latest_answers,
    lines_of,
    search_notices,
)
from tracelot.records.paging import Page
from tracelot.records.parties import Party
from tracelot.records.recalls import Recall
from tracelot.records.shelves import chunks
from tracelot.rules.reaching import ANSWERED, STATES
from tracelot.rules.refusals import Unknown

FIRST = 200
MOST_IN_FILE = 50_000


@dataclass(frozen=True)
class Tier:
    """One step away from the recalling firm: how many were told, by the state of their notices."""

    number: int
    states: dict[str, int]

    @property
    def total(self) -> int:
        return sum(self.states.values())

    @property
    def answered(self) -> int:
        return sum(self.states[state] for state in ANSWERED)


@dataclass(frozen=True)
class Reach:
    """Where all notices of a recall stand together."""

    tiers: list[Tier] = field(default_factory=list)
    unseen: int = 0  # notices that are none of the reader's area

    @property
    def states(self) -> dict[str, int]:
        return {state: sum(tier.states[state] for tier in self.tiers) for state in STATES}

    @property
    def total(self) -> int:
        return sum(tier.total for tier in self.tiers)

    @property
    def answered(self) -> int:
        return sum(tier.answered for tier in self.tiers)

    @property
    def silent(self) -> int:
        return self.total - self.answered


def reach_of(visit: Visit, recall: Recall) -> Reach:
    """The counts: all of them for the recalling firm, for everybody else of those that it sees."""
    visit.demand("notice.read")
    all_of_it = RecallNotice.recall_id == recall.id
    if recall.party_id == visit.actor.party_id:
        return counted(count_notices(visit.kernel(), all_of_it))
    seen = counted(count_notices(visit.session, all_of_it))
    if not visit.actor.regulator:
        return seen
    return replace(seen, unseen=sum(count_notices(visit.kernel(), all_of_it).values()) - seen.total)


def counted(found: Mapping[tuple[int, str, str], int]) -> Reach:
    tiers: dict[int, dict[str, int]] = {}
    for (tier, state, _), count in found.items():
        states = tiers.setdefault(tier, dict.fromkeys(STATES, 0))
        states[state] += count
    return Reach([Tier(number, tiers[number]) for number in sorted(tiers)])


@dataclass(frozen=True)
class Asked:
    """Which notices of a recall: all, those in a state, or those that nobody has answered."""

    state: str | None = None
    silent: bool = False

    def conditions(self) -> Iterator[ColumnElement[bool] | bool]:
        if self.state:
            yield RecallNotice.state == self.state
        if self.silent:
            yield col(RecallNotice.state).not_in(ANSWERED)


def notices(
    visit: Visit, recall: Recall, asked: Asked, limit: int, cursor: str | None = None
) -> Page[NoticeView]:
    """The notices of a recall that the actor may see, with the goods and the latest answer."""
    visit.demand("notice.read")
    where = [RecallNotice.recall_id == recall.id, *asked.conditions()]
    page = search_notices(visit.session, where, limit, cursor)
    return Page(views(visit, page.items), page.total, page.cursor)


def all_notices(visit: Visit, recall: Recall, asked: Asked) -> Iterator[NoticeView]:
    """The same, one page after the other."""
    cursor, left = None, MOST_IN_FILE
    while left > 0:
        page = notices(visit, recall, asked, FIRST, cursor)
        yield from page.items
        left, cursor = left - len(page.items), page.cursor
        if cursor is None:
            return


def views(visit: Visit, rows: Sequence[RecallNotice]) -> list[NoticeView]:
    """Notices that were found already; their goods and answers are read as whoever found them may."""
    session = visit.kernel()  # the rows were seen, and so may be what belongs to them
    goods = lines_of(session, [row.id for row in rows])
    latest = latest_answers(session, rows)
    told = answer_lines(session, [answer.id for answer in latest.values()])
    return [
        NoticeView.model_validate(
            row.model_dump()
            | {
                "lines": [NoticeLineView.model_validate(one.model_dump()) for one in goods.get(row.id, ())],
                "latest": _answer(latest[row.id], goods.get(row.id, ()), told) if row.id in latest else None,
            }
        )
        for row in rows
    ]


def view(visit: Visit, notice: RecallNotice) -> NoticeView:
    return views(visit, [notice])[0]


def answers(visit: Visit, notice: RecallNotice) -> list[AnswerView]:
    """All answers to a notice, the latest first."""
    session = visit.kernel()
    found = answers_of(session, notice.id)
    goods = lines_of(session, [notice.id]).get(notice.id, [])
    told = answer_lines(session, [one.id for one in found])
    return [_answer(one, goods, told) for one in found]


def _answer(
    answer: RecallAnswer, goods: Iterable[RecallNoticeLine], told: dict[UUID, list[RecallAnswerLine]]
) -> AnswerView:
    shipped = {line.batch_id: line for line in goods}
    lines = [_line(line, shipped.get(line.batch_id)) for line in told.get(answer.id, ())]
    return AnswerView.model_validate(answer.model_dump() | {"lines": lines})


def _line(told: RecallAnswerLine, shipped: RecallNoticeLine | None) -> AnswerLineView:
    judged = line_of(shipped, told) if shipped else None
    facts: dict[str, Any] = {"over": judged.over, "open": judged.open} if judged else {}
    return AnswerLineView.model_validate(told.model_dump() | facts)


def passed_on(visit: Visit, rows: Iterable[NoticeView]) -> dict[UUID, dict[str, int]]:
    """For each notice how many it was passed on to, by state: never who they are."""
    found: dict[UUID, dict[str, int]] = {}
    for some in chunks(row.id for row in rows):
        query = select(RecallForward.parent_id, RecallNotice.state, func.count())
        query = query.where(
            col(RecallForward.parent_id).in_(some), RecallForward.notice_id == RecallNotice.id
        )
        grouped = query.group_by(col(RecallForward.parent_id), col(RecallNotice.state))
        for parent, state, count in visit.kernel().exec(grouped):
            found.setdefault(parent, {})[state] = count
    return found


def parents(visit: Visit, rows: Iterable[NoticeView]) -> dict[UUID, tuple[str, str | None]]:
    """By whom notices of a further tier were passed on, where the actor sees that notice too."""
    ids = {row.parent_id for row in rows if row.parent_id}
    query = select(RecallNotice.id, RecallNotice.name, RecallNotice.name_en).where(
        col(RecallNotice.id).in_(ids)
    )
    return {id_: (name, name_en) for id_, name, name_en in visit.session.exec(query)} if ids else {}


def photo_of(visit: Visit, answer_id: UUID) -> RecallPhoto:
    visit.demand("notice.read")
    photo = visit.session.get(RecallPhoto, answer_id)
    if photo is None:
        raise Unknown("unknown-photo", "No such photo.")
    return photo


# --- what came in ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Told:
    """A recall as it was told to the actor's own party."""

    notice: RecallNotice
    recall: Recall
    firm_zh: str
    firm_en: str | None

    @property
    def open(self) -> bool:
        return self.notice.state not in ANSWERED


def told_to(visit: Visit) -> list[Told]:
    """The recalls that went to the actor's own party: first those to be answered, of these first the gravest."""
    visit.demand("notice.read")
    if visit.actor.party_id is None:
        return []
    query = select(RecallNotice).where(RecallNotice.to_party_id == visit.actor.party_id)
    closed = case((col(RecallNotice.state).in_(ANSWERED), 1), else_=0)
    rows = visit.session.exec(query.order_by(closed, col(RecallNotice.recorded_at).desc()).limit(FIRST)).all()
    kernel = visit.kernel()
    of = rows_of(kernel, Recall, {row.recall_id for row in rows})
    firms = rows_of(kernel, Party, {recall.party_id for recall in of.values()})
    told = [_told(row, of[row.recall_id], firms[of[row.recall_id].party_id]) for row in rows]
    return sorted(told, key=lambda one: (not one.open, one.recall.level))


def _told(notice: RecallNotice, recall: Recall, firm: Party) -> Told:
    return Told(notice, recall, firm.name_zh, firm.name_en)
