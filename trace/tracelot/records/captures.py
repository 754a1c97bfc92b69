"""What was captured from EPCIS documents: the events as they were written, and what their goods are here.

Kept as long as the events that were made of them.
"""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import JSON, Field, Index, Session, SQLModel, col, select

from tracelot.records.shelves import chunks


class CapturedEvent(SQLModel, table=True):
    """One EPCIS event under its id and the hash of its content; the same id may stand over other content.

    `event_id` is the event that stands for it now: more may become known of what it says. A declaration of an error
    has none; `declared_by` is the declaration that voided the event.
    """

    __table_args__ = (
        Index("ix_capturedevent_party_id_name", "party_id", "name"),
        Index("ix_capturedevent_party_id_transformation", "party_id", "transformation"),
    )

    id: UUID = Field(primary_key=True)
    party_id: UUID = Field(foreign_key="party.id")
    name: str
    digest: str
    content: dict[str, Any] = Field(sa_type=JSON)
    event_id: UUID | None = Field(default=None, foreign_key="event.id", index=True)
    declared_by: UUID | None = None
    transformation: str | None = None
    hub_id: UUID | None = None  # the event whose first line is that of the transformation
    flags: list[str] = Field(default_factory=list, sa_type=JSON)
    recorded_at: datetime
    recorded_by: UUID | None

    @property
    def declares(self) -> bool:
        """Whether it declares an error and tells nothing else."""
        return self.content.get("errorDeclaration") is not None


class CapturedEmptying(SQLModel, table=True):
    """That an event takes out all that is in a place, or all of one batch there: what that is may be told later."""

    captured_id: UUID = Field(primary_key=True, foreign_key="capturedevent.id")
    number: int = Field(primary_key=True)
    party_id: UUID = Field(foreign_key="party.id")
    place: str = Field(index=True)
    batch_id: UUID | None = None


class CapturedGoods(SQLModel, table=True):
    """A batch as a document named it. `observed`: under the number of another party, which alone registers it."""

    party_id: UUID = Field(primary_key=True, foreign_key="party.id")
    batch_id: UUID = Field(primary_key=True)
    product_id: UUID = Field(foreign_key="product.id")
    name: str = Field(index=True)
    code: str
    observed: bool = False
    dated: bool = False  # whether a document told when it was made
    recorded_at: datetime


def find_captured(session: Session, ids: Iterable[UUID]) -> dict[UUID, CapturedEvent]:
    return {
        one.id: one
        for some in chunks(ids)
        for one in session.exec(select(CapturedEvent).where(col(CapturedEvent.id).in_(some)))
    }


def list_named(session: Session, party_id: UUID, names: Collection[str]) -> list[CapturedEvent]:
    """All that was captured under ids of events, declarations of errors too."""
    return [
        one
        for some in chunks(names)
        for one in session.exec(
            select(CapturedEvent)
            .where(CapturedEvent.party_id == party_id, col(CapturedEvent.name).in_(some))
            .order_by(col(CapturedEvent.id))
        )
    ]


def find_hub(session: Session, party_id: UUID, transformation: str) -> UUID | None:
    """The event that holds the line of a transformation that several events tell."""
    query = select(CapturedEvent.hub_id).where(
        CapturedEvent.party_id == party_id,
        CapturedEvent.transformation == transformation,
        col(CapturedEvent.hub_id).is_not(None),
    )
    return session.exec(query.limit(1)).first()


def list_emptyings(session: Session, party_id: UUID, places: Collection[str]) -> list[CapturedEmptying]:
    """What empties any of the places."""
    return [
        one
        for some in chunks(places)
        for one in session.exec(
            select(CapturedEmptying).where(
                CapturedEmptying.party_id == party_id, col(CapturedEmptying.place).in_(some)
            )
        )
    ]


def goods_named(session: Session, batches: Collection[UUID]) -> dict[UUID, CapturedGoods]:
    """Batches as the documents of those name them whose books the session sees."""
    return {
        one.batch_id: one
        for some in chunks(batches)
        for one in session.exec(select(CapturedGoods).where(col(CapturedGoods.batch_id).in_(some)))
    }


def only_observed(session: Session, party_id: UUID, batch_id: UUID) -> bool:
    """Whether a party knows a batch of somebody else by its own documents alone."""
    one = session.get(CapturedGoods, (party_id, batch_id))
    return one is not None and one.observed


class CapturedView(SQLModel):
    """An event of a document: its id there, and the event that stands for it here."""

    name: str
    event_id: UUID | None
    declares: bool
    void: bool
    flags: list[str]


class CaptureView(SQLModel):
    events: list[CapturedView]
