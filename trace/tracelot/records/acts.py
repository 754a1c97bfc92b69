"""What a caller says of each act: one shape for each, told apart by `act`; and what is read back."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, model_validator
from sqlmodel import Field, SQLModel

from tracelot.records.inputs import (
    BatchCode,
    Gtin,
    Label,
    MaybeAmount,
    MaybeDay,
    Moment,
    Name,
    OwnCode,
    Reason,
    Shape,
    Sscc,
    Unit,
    Uscc,
)
from tracelot.rules.acts import CountResult, EventAct, ManifestStage, TransformKind, VoidKind
from tracelot.rules.batches import BatchKind
from tracelot.rules.key_data import TOLD

MOST_LINES = 1000


def _known(name: str) -> str:
    if name not in TOLD:
        raise ValueError("No law asks for a datum of this name.")
    return name


KeyName = Annotated[str, Field(max_length=40), AfterValidator(_known)]


class Document(Shape):
    """A paper or file that goes with an act, such as a delivery note; `type` as in the CBV (bol, desadv, inv)."""

    type: Name
    no: Name


class NewEvent(Shape):
    """What every act tells. `happened` admits that stopped goods were moved all the same: it is flagged."""

    id: UUID | None = None
    event_time: Moment
    facility_id: UUID | None = None
    key_data: dict[KeyName, Name] = Field(default_factory=dict, max_length=40)
    documents: list[Document] = Field(default_factory=list, max_length=20)
    happened: bool = False


class Measured(Shape):
    """An amount; nothing said means that it is not known."""

    quantity: MaybeAmount = None
    unit: Unit | None = None

    @model_validator(mode="after")
    def _whole(self) -> "Measured":
        if (self.quantity is None) != (self.unit is None):
            raise ValueError("A quantity needs its unit, and a unit its quantity.")
        return self


class Thing(Shape):
    """A batch, or a product of which the batch is not known, or a logistic unit as a whole."""

    batch_id: UUID | None = None
    product_id: UUID | None = None
    unit_id: UUID | None = None

    @model_validator(mode="after")
    def _one_thing(self) -> "Thing":
        if sum(one is not None for one in (self.batch_id, self.product_id, self.unit_id)) != 1:
            raise ValueError("Name a batch, a product or a logistic unit: one of them.")
        return self


class Goods(Thing, Measured):
    """An amount of something, from the stock of the facility or from what is set apart there."""

    set_apart: bool = False


class Output(Measured):
    """What comes to be: a batch that stands, or a code of an own product, registered where it is new."""

    batch_id: UUID | None = None
    product_id: UUID | None = None
    code: BatchCode | None = None
    printed_text: Label = None
    production_date: MaybeDay = None
    expiry_date: MaybeDay = None
    certificate_no: Label = None
    kind: BatchKind = "finished"
    release: bool = False

    @model_validator(mode="after")
    def _one_batch(self) -> "Output":
        if (self.batch_id is None) == (self.product_id is None or self.code is None):
            raise ValueError("Name a batch by its id, or a product and the batch code.")
        return self


class SupplierGoods(Measured):
    """What an outside supplier delivered: a batch known by its id, or the supplier's product and batch code.

    `into`: the own batch under which it is kept from then on.
    """

    batch_id: UUID | None = None
    product_name: Label = None
    product_gtin: Gtin = None
    product_code: OwnCode = None
    code: BatchCode | None = None
    printed_text: Label = None
    production_date: MaybeDay = None
    expiry_date: MaybeDay = None
    into: Output | None = None

    @model_validator(mode="after")
    def _one_batch(self) -> "SupplierGoods":
        if (self.batch_id is None) == (self.product_name is None or self.code is None):
            raise ValueError("Name a batch by its id, or the supplier's product and batch code.")
        return self


class Partner(Shape):
    """Whom goods go to: a party in Trace, a contact, or (by the facility alone) an own facility."""

    party_id: UUID | None = None
    uscc: Uscc | None = None
    contact_id: UUID | None = None
    facility_id: UUID | None = None

    @model_validator(mode="after")
    def _one_partner(self) -> "Partner":
        named = sum(one is not None for one in (self.party_id, self.uscc, self.contact_id))
        if named > 1 or (named == 0 and self.facility_id is None):
            raise ValueError("Name a party, a contact or an own facility.")
        return self


class Carrier(Shape):
    """A pallet or case: one that stands, or a new filling under an SSCC or an own code."""

    unit_id: UUID | None = None
    sscc: Sscc = None
    code: OwnCode = None

    @model_validator(mode="after")
    def _one_carrier(self) -> "Carrier":
        if (self.unit_id is None) == (self.sscc is None and self.code is None):
            raise ValueError("Name a unit by its id, or give a new one an SSCC or a code.")
        return self


GoodsLines = Annotated[list[Goods], Field(min_length=1, max_length=MOST_LINES)]
Outputs = Annotated[list[Output], Field(min_length=1, max_length=MOST_LINES)]
Things = Annotated[list[Thing], Field(min_length=1, max_length=MOST_LINES)]


class Birth(NewEvent):
    """Goods that come to be without others: each output is a line of its own."""

    act: Literal["harvest", "landing", "produce"]
    outputs: Outputs


class Transform(NewEvent):
    """Inputs made into outputs, co-products too: one line. `joins` adds to the line of an earlier event."""

    act: Literal["transform", "initial_packing"]
    kind: TransformKind = "process"
    inputs: list[Goods] = Field(default_factory=list, max_length=MOST_LINES)
    outputs: list[Output] = Field(default_factory=list, max_length=MOST_LINES)
    loss: MaybeAmount = None
    loss_unit: Unit | None = None
    joins: UUID | None = None

    @model_validator(mode="after")
    def _something(self) -> "Transform":
        if not self.inputs and not self.outputs:
            raise ValueError("Say what was used or what came of it.")
        if (self.loss is None) != (self.loss_unit is None):
            raise ValueError("A quantity needs its unit, and a unit its quantity.")
        return self


class Sending(NewEvent):
    """Goods that leave for somebody; a return leaves for whoever sent them."""

    act: Literal["ship", "return"]
    to: Partner
    lines: GoodsLines


class Receipt(NewEvent):
    """Goods that came from outside Trace; `set_apart` where customers give them back."""

    act: Literal["receive"]
    contact_id: UUID | None = None
    lines: list[SupplierGoods] = Field(min_length=1, max_length=MOST_LINES)
    set_apart: bool = False


class Packing(NewEvent):
    act: Literal["pack"]
    carrier: Carrier
    lines: GoodsLines


class Unpacking(NewEvent):
    """Goods that leave a unit; nothing named means all that is in it."""

    act: Literal["unpack"]
    unit_id: UUID
    lines: list[Goods] = Field(default_factory=list, max_length=MOST_LINES)


class Removal(NewEvent):
    """Goods that leave the books: sold to consumers, taken as a sample, lost, destroyed."""

    act: Literal["sell", "sample", "lose", "destroy"]
    lines: GoodsLines


class Setting(NewEvent):
    """Goods put into the set-apart area, or back from it."""

    act: Literal["set_apart", "put_back"]
    lines: GoodsLines


class Counted(Goods):
    result: CountResult


class Counting(NewEvent):
    """What a count found to be missing, or to be there beyond the books."""

    act: Literal["count"]
    lines: list[Counted] = Field(min_length=1, max_length=MOST_LINES)


class Evidence(NewEvent):
    """Goods seen at a facility; nothing moves."""

    act: Literal["cooling", "inspect", "sight"]
    lines: Things


class Manifest(NewEvent):
    """One stage of a tanker trip (散装联单); `shipment_id` says on which way."""

    act: Literal["manifest"]
    kind: ManifestStage
    lines: Things
    shipment_id: UUID | None = None


NewAct = Annotated[
    Birth
    | Transform
    | Sending
    | Receipt
    | Packing
    | Unpacking
    | Removal
    | Setting
    | Counting
    | Evidence
    | Manifest,
    Field(discriminator="act"),
]


class VoidEvent(Shape):
    """A record declared wrong; `replacement` is what should have been recorded."""

    reason: Reason
    kind: VoidKind = "incorrect_data"
    replacement: NewAct | None = None


class ReceivedLine(Measured):
    """What came of a line of a shipment; `into` the own batch under which it is kept from then on.

    `nothing` says that none of it came, which is not the same as an amount that nobody knows.
    """

    number: int = Field(ge=1, le=100_000)
    nothing: bool = False
    into: Output | None = None

    @model_validator(mode="after")
    def _nothing_is_no_amount(self) -> "ReceivedLine":
        if self.nothing and (self.quantity is not None or self.into is not None):
            raise ValueError("Where nothing came, there is no amount and no batch.")
        return self


class Confirmation(NewEvent):
    """What came; lines that are not named came as they were sent."""

    lines: list[ReceivedLine] = Field(default_factory=list, max_length=MOST_LINES)


class ReceiptCorrection(Confirmation):
    reason: Reason


class Answer(NewEvent):
    """A shipment rejected, or a difference settled, with the reason."""

    reason: Reason


class PostingView(SQLModel):
    batch_id: UUID | None
    product_id: UUID | None
    code: str | None
    product_zh: str | None
    product_en: str | None
    place: str
    side: str
    quantity: Decimal | None
    unit: str | None
    base_quantity: Decimal | None
    base_unit: str | None


class LineView(SQLModel):
    event_id: UUID
    number: int
    loss: Decimal | None
    loss_unit: str | None
    postings: list[PostingView]


class SightingView(SQLModel):
    batch_id: UUID | None
    unit_id: UUID | None
    place: str


class VoidView(SQLModel):
    kind: VoidKind
    reason: str
    replaced_by: UUID | None
    recorded_at: datetime


class EventSummary(SQLModel):
    id: UUID
    party_id: UUID
    act: EventAct
    kind: str | None
    facility_id: UUID | None
    event_time: datetime
    utc_offset: int | None
    key_data: dict[str, str]
    documents: list[dict[str, str]]
    missing: list[str]
    flags: list[str]
    recorded_at: datetime
    retain_until: str
    void: VoidView | None = None


class EventView(EventSummary):
    lines: list[LineView]
    sightings: list[SightingView]
    stops: list[SightingView]
    shipment_ids: list[UUID]
