"""Notices of a published recall to its consignees: what goes to whom, the letters that bring it, and the answers."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import ClassVar
from uuid import UUID

from sqlalchemy import ColumnElement, func
from sqlmodel import Field, ForeignKeyConstraint, Index, Session, SQLModel, col, select

from tracelot.records.inputs import Label, MaybeEmail, MaybeTally, Millionths, Name, Note, Shape, Unit
from tracelot.records.locking import versioned
from tracelot.records.paging import Page, read_cursor, write_cursor
from tracelot.records.shelves import chunks
from tracelot.rules.ids import derived_id
from tracelot.rules.reaching import Delivery, LetterKind, LetterState, NoticeState
from tracelot.rules.refusals import unfit

MOST_ROWS = 1000


@versioned
class RecallNotice(SQLModel, table=True):
    """A recall as told to one consignee. Its id is made of the recall and the consignee: there is never a second.

    `party_id` is the firm that recalls, `from_party_id` the one whose customer the consignee is: nobody where
    somebody without an account named it. `silent` is one of a drill that stays inside the firm.
    """

    COMMITTED: ClassVar[frozenset[str]] = frozenset({"email", "phone"})

    __table_args__ = (Index("ix_recallnotice_recall_id_id", "recall_id", "id"),)

    id: UUID = Field(primary_key=True)
    version: int = 1
    recall_id: UUID = Field(foreign_key="recall.id")
    party_id: UUID = Field(foreign_key="party.id", index=True)
    from_party_id: UUID | None = Field(default=None, foreign_key="party.id", index=True)
    parent_id: UUID | None = Field(default=None, index=True)
    tier: int = 1
    to_party_id: UUID | None = Field(default=None, foreign_key="party.id", index=True)
    to_contact_id: UUID | None = Field(default=None, foreign_key="contact.id")
    name: str
    name_en: str | None = None
    email: str | None = None
    phone: str | None = None
    region_code: str | None = Field(default=None, index=True)
    silent: bool = False
    in_app: bool = False
    state: str = "pending"
    delivery: str = "queued"
    reminded: int = 0
    answers: int = 0
    told_at: datetime | None = None
    answered_at: datetime | None = None
    retain_until: date
    recorded_at: datetime
    recorded_by: UUID | None = None


class RecallNoticeLine(SQLModel, table=True):
    """Goods that the consignee got, or may have got. A pool stands for goods whose batch nobody told."""

    notice_id: UUID = Field(primary_key=True, foreign_key="recallnotice.id")
    batch_id: UUID = Field(primary_key=True)
    party_id: UUID = Field(foreign_key="party.id")
    product_id: UUID
    pooled: bool = False
    possible: bool = False
    code: str
    product_zh: str
    product_en: str | None = None
    quantity: Decimal | None = Field(default=None, sa_type=Millionths)
    unit: str | None = None


class RecallForward(SQLModel, table=True):
    """That one consignee named another. Who was named already is joined, and so every circle ends."""

    parent_id: UUID = Field(primary_key=True, foreign_key="recallnotice.id")
    notice_id: UUID = Field(primary_key=True, foreign_key="recallnotice.id", index=True)
    party_id: UUID = Field(foreign_key="party.id")
    recorded_at: datetime


class RecallLetter(SQLModel, table=True):
    """One letter about a notice. Of its link only the SHA-256 of the secret is kept.

    The Message-ID is kept before the letter goes out: whoever has to send it again sends it under the same one.
    """

    id: UUID = Field(primary_key=True)
    notice_id: UUID = Field(foreign_key="recallnotice.id", index=True)
    party_id: UUID = Field(foreign_key="party.id")
    kind: str
    address: str | None = None
    language: str | None = None
    digest: str | None = Field(default=None, unique=True)
    link_ends_at: datetime | None = None
    revoked_at: datetime | None = None
    message_id: str | None = None
    state: str = "queued"
    detail: str | None = None
    tries: int = 0
    queued_at: datetime
    sent_at: datetime | None = None


class RecallAnswer(SQLModel, table=True):
    """What a consignee answered. Each answer stays; the one with the highest number counts."""

    COMMITTED: ClassVar[frozenset[str]] = frozenset({"name", "phone"})

    __table_args__ = (Index("ix_recallanswer_notice_id_number", "notice_id", "number", unique=True),)

    id: UUID = Field(primary_key=True)
    notice_id: UUID = Field(foreign_key="recallnotice.id")
    party_id: UUID = Field(foreign_key="party.id")
    number: int
    stop_sale: bool = False
    sealed: bool = False
    posted: bool = False
    name: str
    phone: str | None = None
    note: str = ""
    state: str
    photo: bool = False
    origin_hash: str
    retain_until: date
    recorded_at: datetime
    recorded_by: UUID | None = None


class RecallAnswerLine(SQLModel, table=True):
    """What an answer says of one batch, in one unit."""

    __table_args__ = (
        ForeignKeyConstraint(["answer_id"], ["recallanswer.id"], name="fk_recallanswerline_answer_id"),
    )

    answer_id: UUID = Field(primary_key=True)
    batch_id: UUID = Field(primary_key=True)
    notice_id: UUID = Field(foreign_key="recallnotice.id", index=True)
    party_id: UUID = Field(foreign_key="party.id")
    on_hand: Decimal | None = Field(default=None, sa_type=Millionths)
    sold: Decimal | None = Field(default=None, sa_type=Millionths)
    returned: Decimal | None = Field(default=None, sa_type=Millionths)
    destroyed: Decimal | None = Field(default=None, sa_type=Millionths)
    forwarded: Decimal | None = Field(default=None, sa_type=Millionths)
    unit: str | None = None


class RecallPhoto(SQLModel, table=True):
    """A photo that came with an answer: drawn anew by us as JPEG, in base64, without place, time or device."""

    answer_id: UUID = Field(primary_key=True, foreign_key="recallanswer.id")
    notice_id: UUID = Field(foreign_key="recallnotice.id", index=True)
    party_id: UUID = Field(foreign_key="party.id")
    width: int
    height: int
    sha256: str
    content: str


class NewAnswerLine(Shape):
    """Amounts of one batch in one unit; what is left out is not known yet."""

    batch_id: UUID
    on_hand: MaybeTally = None
    sold: MaybeTally = None
    returned: MaybeTally = None
    destroyed: MaybeTally = None
    forwarded: MaybeTally = None
    unit: Unit | None = None


class NewAnswer(Shape):
    id: UUID | None = None
    stop_sale: bool = False
    sealed: bool = False
    posted: bool = False
    name: Name
    phone: Label = None
    note: Note = ""
    lines: list[NewAnswerLine] = Field(default_factory=list, max_length=MOST_ROWS)


class NewTarget(Shape):
    """A customer that is not in Trace, as whoever sold to it names it: with a way to reach it."""

    name: Name
    email: MaybeEmail = None
    phone: Label = None


class NoticeLineView(SQLModel):
    batch_id: UUID
    product_id: UUID
    pooled: bool
    possible: bool
    code: str
    product_zh: str
    product_en: str | None
    quantity: Decimal | None
    unit: str | None


class AnswerLineView(SQLModel):
    batch_id: UUID
    on_hand: Decimal | None
    sold: Decimal | None
    returned: Decimal | None
    destroyed: Decimal | None
    forwarded: Decimal | None
    unit: str | None
    over: Decimal | None = None
    open: Decimal | None = None


class AnswerView(SQLModel):
    id: UUID
    number: int
    stop_sale: bool
    sealed: bool
    posted: bool
    name: str
    phone: str | None
    note: str
    state: NoticeState
    photo: bool
    recorded_at: datetime
    lines: list[AnswerLineView] = []


class NoticeView(SQLModel):
    """A notice as its reader may see it, with the latest answer."""

    id: UUID
    version: int
    recall_id: UUID
    tier: int
    parent_id: UUID | None
    to_party_id: UUID | None
    to_contact_id: UUID | None
    name: str
    name_en: str | None
    email: str | None
    phone: str | None
    region_code: str | None
    state: NoticeState
    delivery: Delivery
    reminded: int
    answers: int
    told_at: datetime | None
    answered_at: datetime | None
    recorded_at: datetime
    lines: list[NoticeLineView] = []
    latest: AnswerView | None = None


class LetterView(SQLModel):
    id: UUID
    kind: LetterKind
    address: str | None
    state: LetterState
    detail: str | None
    tries: int
    queued_at: datetime
    sent_at: datetime | None


def notice_id(recall_id: UUID, consignee: str) -> UUID:
    return derived_id(recall_id, consignee)


def search_notices(
    session: Session, where: Sequence[ColumnElement[bool] | bool], limit: int, cursor: str | None
) -> Page[RecallNotice]:
    """Notices by tier, in each those that ask for something first: who was not reached, then who is silent."""
    total = session.exec(select(func.count()).select_from(RecallNotice).where(*where)).one()
    query = select(RecallNotice).where(*where)
    if cursor:
        tier, id_ = _place_of(cursor)
        beyond = (col(RecallNotice.tier) == tier) & (col(RecallNotice.id) > id_)
        query = query.where((col(RecallNotice.tier) > tier) | beyond)
    rows = session.exec(query.order_by(col(RecallNotice.tier), col(RecallNotice.id)).limit(limit + 1)).all()
    more = write_cursor(rows[limit - 1].tier, rows[limit - 1].id) if len(rows) > limit else None
    return Page(rows[:limit], total, more)


def _place_of(cursor: str) -> tuple[int, UUID]:
    tier, id_ = read_cursor(cursor, 2)
    if not (tier.isascii() and tier.isdigit() and len(tier) <= 4):  # noqa: PLR2004
        raise unfit("bad-cursor", "This cursor was not given out here.", "cursor")
    try:
        return int(tier), UUID(id_)
    except ValueError:
        raise unfit("bad-cursor", "This cursor was not given out here.", "cursor") from None


def is_told(session: Session, recall_id: UUID) -> bool:
    """Whether a recall has any notice."""
    query = select(RecallNotice.id).where(RecallNotice.recall_id == recall_id).limit(1)
    return session.exec(query).first() is not None


def lines_of(session: Session, notices: Iterable[UUID]) -> dict[UUID, list[RecallNoticeLine]]:
    found: dict[UUID, list[RecallNoticeLine]] = {}
    for some in chunks(notices):
        query = select(RecallNoticeLine).where(col(RecallNoticeLine.notice_id).in_(some))
        for row in session.exec(query.order_by(col(RecallNoticeLine.code), col(RecallNoticeLine.batch_id))):
            found.setdefault(row.notice_id, []).append(row)
    return found


def letters_of(session: Session, notices: Iterable[UUID]) -> dict[UUID, list[RecallLetter]]:
    found: dict[UUID, list[RecallLetter]] = {}
    for some in chunks(notices):
        query = select(RecallLetter).where(col(RecallLetter.notice_id).in_(some))
        for row in session.exec(query.order_by(col(RecallLetter.queued_at), col(RecallLetter.id))):
            found.setdefault(row.notice_id, []).append(row)
    return found


def answers_of(session: Session, notice: UUID) -> Sequence[RecallAnswer]:
    """All answers to a notice, the latest first."""
    query = select(RecallAnswer).where(RecallAnswer.notice_id == notice)
    return session.exec(query.order_by(col(RecallAnswer.number).desc())).all()


def latest_answers(session: Session, notices: Iterable[RecallNotice]) -> dict[UUID, RecallAnswer]:
    found = {}
    numbers = {notice.id: notice.answers for notice in notices if notice.answers}
    for some in chunks(numbers):
        for row in session.exec(select(RecallAnswer).where(col(RecallAnswer.notice_id).in_(some))):
            if row.number == numbers[row.notice_id]:
                found[row.notice_id] = row
    return found


def answer_lines(session: Session, answers: Iterable[UUID]) -> dict[UUID, list[RecallAnswerLine]]:
    found: dict[UUID, list[RecallAnswerLine]] = {}
    for some in chunks(answers):
        for row in session.exec(select(RecallAnswerLine).where(col(RecallAnswerLine.answer_id).in_(some))):
            found.setdefault(row.answer_id, []).append(row)
    return found


def count_notices(session: Session, where: ColumnElement[bool] | bool) -> dict[tuple[int, str, str], int]:
    """How many notices there are of each tier, state and delivery."""
    query = select(RecallNotice.tier, RecallNotice.state, RecallNotice.delivery, func.count())
    query = query.where(where)
    grouped = query.group_by(col(RecallNotice.tier), col(RecallNotice.state), col(RecallNotice.delivery))
    return {(row[0], row[1], row[2]): row[3] for row in session.exec(grouped)}
