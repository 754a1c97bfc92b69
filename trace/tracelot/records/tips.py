"""Complaints and tips of the public: what was reported, its history and photos, and apart from it who reported it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import StringConstraints
from sqlalchemy import ColumnElement
from sqlmodel import Field, Session, SQLModel, col, func, select

from tracelot.records.inputs import Label, MaybeDay, Note, Reason, Shape, Words
from tracelot.records.locking import versioned
from tracelot.records.paging import Page, read_cursor, write_cursor
from tracelot.rules.refusals import unfit
from tracelot.rules.tipping import OPEN_TIPS, Closing, TipKind, TipState, TipStep

Told = Annotated[Note, StringConstraints(min_length=5)]


class NewTip(Shape):
    """What somebody reports. `written` is the code as it stands on the package, `place` the code of a division."""

    kind: TipKind
    words: Told
    written: Label = None
    product: Label = None
    maker: Label = None
    shop: Label = None
    place: Label = None
    bought_on: MaybeDay = None
    name: Label = None
    reach: Label = None


@versioned
class Tip(SQLModel, table=True):
    """A report. `party_id` is the office that handles it; of the reporter's address only a hash is kept.

    `maker_id` is the firm that it is about, where its goods are known. `sampling_id` names the sample that was taken
    because of it, which is a record of its own.
    """

    COMMITTED: ClassVar[frozenset[str]] = frozenset({"words", "shop"})  # free words may tell who wrote them

    id: UUID = Field(primary_key=True)
    version: int = 1
    code: str = Field(unique=True)
    digest: str = Field(unique=True)
    party_id: UUID = Field(foreign_key="party.id", index=True)
    region_code: str
    kind: str
    words: str
    written: str | None = None
    product: str | None = None
    maker: str | None = None
    shop: str | None = None
    bought_on: date | None = None
    product_id: UUID | None = Field(default=None, index=True)
    batch_id: UUID | None = Field(default=None, index=True)
    maker_id: UUID | None = Field(default=None, index=True)
    state: str = Field(default="received", index=True)
    closing: str | None = None
    answer: str | None = None  # what the reporter is told at the end
    duplicate_of: UUID | None = None
    recall_id: UUID | None = None
    sampling_id: UUID | None = None
    due_on: date
    closed_at: datetime | None = None
    retain_until: date
    recorded_at: datetime


class TipContact(SQLModel, table=True):
    """Who reported, and how they are reached: shown to people of the handling office alone, and never without trace.

    `erase_on` is the day after which it goes; while the report is open there is none.
    """

    tip_id: UUID = Field(primary_key=True, foreign_key="tip.id")
    party_id: UUID = Field(foreign_key="party.id")
    name: str | None = None
    reach: str | None = None
    erase_on: date | None = Field(default=None, index=True)
    recorded_at: datetime


class TipNote(SQLModel, table=True):
    """One line of a report's history: by its reporter (`by_reporter`) or by the office `party_id`.

    `to_party_id` is the office that it was handed to, or that was asked to help. The reporter reads what is `told`.
    """

    COMMITTED: ClassVar[frozenset[str]] = frozenset({"words"})

    id: UUID = Field(primary_key=True)
    tip_id: UUID = Field(foreign_key="tip.id", index=True)
    party_id: UUID = Field(foreign_key="party.id", index=True)
    to_party_id: UUID | None = Field(default=None, foreign_key="party.id", index=True)
    step: str
    by_reporter: bool = False
    told: bool = False
    words: str = ""
    retain_until: date
    recorded_at: datetime
    recorded_by: UUID | None = None


class TipPhoto(SQLModel, table=True):
    """A photo of a report: drawn anew by us as JPEG, in base64, without place, time or device."""

    id: UUID = Field(primary_key=True)
    tip_id: UUID = Field(foreign_key="tip.id", index=True)
    party_id: UUID = Field(foreign_key="party.id")
    width: int
    height: int
    sha256: str
    content: str
    recorded_at: datetime


class TipShare(SQLModel, table=True):
    """What an office tells a firm of reports about its goods, in the office's own words and without the reporter."""

    id: UUID = Field(primary_key=True)
    party_id: UUID = Field(foreign_key="party.id", index=True)
    office_id: UUID = Field(foreign_key="party.id", index=True)
    product_id: UUID | None = None
    batch_id: UUID | None = Field(default=None, index=True)
    kind: str
    words: str
    retain_until: date
    recorded_at: datetime
    recorded_by: UUID | None = None


# --- what comes in ---------------------------------------------------------------------------------------------


class Added(Shape):
    """More words to a report."""

    words: Words = None


class Assigned(Shape):
    """Who works on it: somebody of the office, or an office below that helps; and by when."""

    account_id: UUID | None = None
    helper_id: UUID | None = None
    due_on: MaybeDay = None
    words: Words = None


class Noted(Shape):
    """What was found or done; `told` says that the reporter reads it, too."""

    words: Reason
    told: bool = False


class Closed(Shape):
    """How it ended, and what the reporter is told of it."""

    closing: Closing
    answer: Reason


class Transferred(Shape):
    to_party_id: UUID
    words: Reason


class Merged(Shape):
    """The code of the report that tells the same."""

    code: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=40)]


class Linked(Shape):
    """The recall that came of it, or the sample, by the number of its sheet."""

    recall: Label = None
    sampling: Label = None


class Shared(Shape):
    """What the firm is told."""

    words: Reason


# --- what goes out ---------------------------------------------------------------------------------------------


class TipNoteView(SQLModel):
    step: TipStep
    by_reporter: bool
    told: bool
    words: str
    office_zh: str
    office_en: str | None
    to_zh: str | None = None
    to_en: str | None = None
    recorded_at: datetime


class TipView(SQLModel):
    """A report as offices read it, without a word of who reported it."""

    id: UUID
    version: int
    code: str
    party_id: UUID
    office_zh: str
    office_en: str | None
    region_code: str
    kind: TipKind
    words: str
    written: str | None
    product: str | None
    maker: str | None
    shop: str | None
    bought_on: date | None
    product_id: UUID | None
    batch_id: UUID | None
    maker_id: UUID | None
    maker_zh: str | None
    maker_en: str | None
    state: TipState
    closing: Closing | None
    answer: str | None
    duplicate_of: UUID | None
    recall_id: UUID | None
    sampling_id: UUID | None
    due_on: date
    late: bool
    contact: bool
    photos: list[UUID]
    notes: list[TipNoteView]
    closed_at: datetime | None
    recorded_at: datetime


class TipSummary(SQLModel):
    id: UUID
    code: str
    kind: TipKind
    state: TipState
    product: str | None
    maker: str | None
    region_code: str
    office_zh: str
    office_en: str | None
    due_on: date
    late: bool
    recorded_at: datetime


@dataclass(frozen=True)
class TipFilter:
    """`state` is one of them, "open" for all that wait, or nothing for all."""

    state: str = "open"
    kind: str | None = None


# --- queries ---------------------------------------------------------------------------------------------------


def find_tip_by_digest(session: Session, secret: str) -> Tip | None:
    return session.exec(select(Tip).where(Tip.digest == secret)).one_or_none()


def find_tip_by_code(session: Session, code: str) -> Tip | None:
    return session.exec(select(Tip).where(Tip.code == code)).one_or_none()


def search_tips(session: Session, asked: TipFilter, limit: int, cursor: str | None) -> Page[Tip]:
    """Those that are due first."""
    where: list[ColumnElement[bool] | bool] = []
    if asked.state == "open":
        where.append(col(Tip.state).in_(OPEN_TIPS))
    elif asked.state:
        where.append(Tip.state == asked.state)
    if asked.kind:
        where.append(Tip.kind == asked.kind)
    total = session.exec(select(func.count()).select_from(Tip).where(*where)).one()
    query = select(Tip).where(*where)
    if cursor:
        day, id_ = _place_of(cursor)
        query = query.where((col(Tip.due_on) > day) | ((col(Tip.due_on) == day) & (col(Tip.id) > id_)))
    rows = session.exec(query.order_by(col(Tip.due_on), col(Tip.id)).limit(limit + 1)).all()
    more = write_cursor(rows[limit - 1].due_on, rows[limit - 1].id) if len(rows) > limit else None
    return Page(rows[:limit], total, more)


def _place_of(cursor: str) -> tuple[date, UUID]:
    day, id_ = read_cursor(cursor, 2)
    try:
        return date.fromisoformat(day), UUID(id_)
    except ValueError:
        raise unfit("bad-cursor", "This cursor was not given out here.", "cursor") from None


def list_notes(session: Session, tip_id: UUID) -> Sequence[TipNote]:
    query = select(TipNote).where(TipNote.tip_id == tip_id)
    return session.exec(query.order_by(col(TipNote.recorded_at), col(TipNote.id))).all()


def list_photo_ids(session: Session, tip_id: UUID) -> Sequence[UUID]:
    query = select(TipPhoto.id).where(TipPhoto.tip_id == tip_id)
    return session.exec(query.order_by(col(TipPhoto.recorded_at), col(TipPhoto.id))).all()


def list_shares(session: Session, party_id: UUID, batches: Collection[UUID] = ()) -> Sequence[TipShare]:
    """What offices told a firm, the newest first; of some batches, or of all."""
    query = select(TipShare).where(TipShare.party_id == party_id)
    if batches:
        query = query.where(col(TipShare.batch_id).in_(batches))
    return session.exec(query.order_by(col(TipShare.recorded_at).desc(), col(TipShare.id))).all()
