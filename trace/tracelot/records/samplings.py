"""Sampling sheets (抽样单): as filled at the place, kept, and read."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Annotated, Any, ClassVar
from uuid import UUID

from pydantic import AfterValidator, BeforeValidator, model_validator
from sqlmodel import JSON, Field, Index, Session, SQLModel, col, select

from tracelot.records.inputs import (
    Degrees,
    Label,
    MaybeAmount,
    MaybeDay,
    MaybeTally,
    Moment,
    Name,
    RegionCode,
    Shape,
    Unit,
    Words,
)
from tracelot.records.locking import versioned
from tracelot.rules.refusals import Refusal
from tracelot.rules.sampling_forms import (
    FORM,
    OLDEST_FORM,
    AreaType,
    DateKind,
    Packaging,
    SampleAttribute,
    SampleOrigin,
    SampleType,
    StorageKind,
    drawing,
    lacking,
    upgraded,
)
from tracelot.rules.sampling_stages import SamplingState


def _drawing(text: str) -> str:
    try:
        return drawing(text)
    except Refusal as refusal:
        raise ValueError(refusal.reason) from None


def _nothing(value: Any) -> Any:
    return None if value == "" else value


Drawing = Annotated[Annotated[str, AfterValidator(_drawing)] | None, BeforeValidator(_nothing)]


class SheetSignature(Shape):
    """A signature: drawn on the glass, or the name typed under the words that it stands for the signature."""

    typed: Label = None
    drawn: Drawing = None
    acknowledged: bool = False

    @model_validator(mode="after")
    def _signs(self) -> "SheetSignature":
        if self.drawn is None and not (self.typed and self.acknowledged):
            raise ValueError("Draw the signature, or type the name and say that it stands for it.")
        return self


class Sampler(Shape):
    """Who takes the sample. The second person may sign later, from an account of their own."""

    name: Name
    certificate_no: Name
    signature: SheetSignature | None = None


class SheetFields(SQLModel):
    """What stands on the sheet of the sample, its keeper and its maker; amounts and prices as written down."""

    place_kind: Label = None
    area_type: AreaType | None = None
    longitude: Degrees = Field(default=None, ge=-180, le=180)
    latitude: Degrees = Field(default=None, ge=-90, le=90)
    firm_name: Name
    firm_address: Name
    firm_uscc: Label = None
    firm_licence: Label = None
    firm_legal_rep: Label = None
    firm_contact: Label = None
    firm_phone: Label = None
    firm_sales: Label = None
    sample_name: Label = None
    brand: Label = None
    sample_type: SampleType = "processed"
    origin: SampleOrigin = "own"
    attribute: SampleAttribute = "ordinary"
    dated_on: MaybeDay = None
    date_kind: DateKind = "production"
    lot_no: Label = None
    spec: Label = None
    shelf_life: Label = None
    expires_on: MaybeDay = None
    standard: Label = None
    grade: Label = None
    sc_no: Label = None
    unit_price: MaybeAmount = None
    voucher: Label = None  # the number of the receipt: samples are bought
    lot_size: MaybeAmount = None
    sample_qty: MaybeAmount = None
    spare_qty: MaybeTally = None
    unit: Unit | None = None
    form_of_goods: Label = None
    packaging: Packaging = "packed"
    storage: StorageKind = "ambient"
    sterile: bool = False
    producer_name: Label = None
    producer_address: Label = None
    producer_phone: Label = None
    entrusting: Label = None
    seal_no: Label = None
    remarks: Words = None


class NewSampling(SheetFields, Shape):
    """A sheet as filled. `form` is the version of the sheet; one filled on an older version is taken all the same.

    `despite` says why a batch or product is sampled that a higher office sampled already.
    """

    id: UUID | None = None
    form: int = Field(default=FORM, ge=OLDEST_FORM, le=FORM)
    task_id: UUID
    taken_at: Moment
    region_code: RegionCode
    firm_id: UUID | None = None
    producer_id: UUID | None = None
    batch_id: UUID | None = None
    samplers: list[Sampler] = Field(min_length=2, max_length=4)
    firm_signature: SheetSignature | None = None
    refused: bool = False
    refused_reason: Words = None
    despite: Words = None

    @model_validator(mode="before")
    @classmethod
    def _in_today_s_words(cls, told: Any) -> Any:
        return upgraded(told) if isinstance(told, Mapping) else told

    @model_validator(mode="after")
    def _is_whole(self) -> "NewSampling":
        if self.refused:
            if not self.refused_reason:
                raise ValueError("Say how the sample was refused.")
            return self
        missing = lacking(self.model_dump())
        if missing:
            raise ValueError(f"A sample needs: {', '.join(missing)}.")
        if self.firm_signature is None:
            raise ValueError("The sampled party signs the sheet.")
        if self.samplers[0].signature is None:
            raise ValueError("The first sampler signs the sheet.")
        if self.spare_qty is not None and self.sample_qty is not None and self.spare_qty >= self.sample_qty:
            raise ValueError("The spare is a part of the sample.")
        return self


@versioned
class Sampling(SQLModel, table=True):
    """A sheet as kept. `told` is all that was filled, to which the journal commits.

    `party_id` is the office that gave the task, `area` its territory; `county` and `month` are what is counted by.
    """

    COMMITTED: ClassVar[frozenset[str]] = frozenset({"told"})

    __table_args__ = (
        Index("ix_sampling_party_id_state", "party_id", "state"),
        Index("ix_sampling_category_county_month", "category", "county", "month"),
    )

    id: UUID = Field(primary_key=True)
    version: int = 1
    sheet_no: str = Field(unique=True)
    task_id: UUID = Field(foreign_key="samplingtask.id", index=True)
    party_id: UUID = Field(foreign_key="party.id")
    area: str
    office_id: UUID = Field(foreign_key="party.id", index=True)
    lab_id: UUID = Field(foreign_key="party.id", index=True)
    taken_by: UUID = Field(foreign_key="party.id")  # the party whose person filled the sheet
    retest_lab_id: UUID | None = Field(default=None, foreign_key="party.id", index=True)
    firm_id: UUID | None = Field(default=None, foreign_key="party.id", index=True)
    producer_id: UUID | None = Field(default=None, foreign_key="party.id", index=True)
    batch_id: UUID | None = Field(default=None, index=True)
    product_id: UUID | None = Field(default=None, index=True)
    goods_key: str = Field(index=True)  # product, maker and lot as written, for what has no record here
    region_code: str = Field(index=True)
    county: str
    month: str
    category: str
    stage: str
    task_type: str
    scope: str
    form: int
    told: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    origin_hash: str
    spare: bool = False
    expires_on: date | None = None
    taken_at: datetime
    state: str = Field(index=True)
    retest: str = "none"
    verdict: str | None = Field(default=None, index=True)
    inspection_id: UUID | None = None
    retest_inspection_id: UUID | None = None
    reported_at: datetime | None = None
    published_at: datetime | None = None
    retain_until: date
    recorded_at: datetime
    recorded_by: UUID | None


class SamplingPhoto(SQLModel, table=True):
    """A photo of a sampling: drawn anew as JPEG, in base64, without place, time or device."""

    id: UUID = Field(primary_key=True)
    sampling_id: UUID = Field(foreign_key="sampling.id", index=True)
    party_id: UUID = Field(foreign_key="party.id")
    kind: str  # photo, or whose drawn signature
    width: int
    height: int
    sha256: str
    content: str
    recorded_at: datetime
    recorded_by: UUID | None


class SamplingSummary(SQLModel):
    """A sheet in a list."""

    id: UUID
    sheet_no: str
    state: SamplingState
    retest: str
    verdict: str | None
    sample_zh: str | None
    firm_zh: str
    category: str
    stage: str
    region_code: str
    lot_no: str | None
    unsigned: bool  # the second sampler has not signed yet
    taken_at: datetime
    published_at: datetime | None


class SamplingList(SQLModel):
    samplings: list[SamplingSummary]
    total: int


def find_by_sheet(session: Session, sheet_no: str) -> Sampling | None:
    return session.exec(select(Sampling).where(Sampling.sheet_no == sheet_no)).one_or_none()


def list_photos(session: Session, sampling_id: UUID) -> Sequence[SamplingPhoto]:
    query = select(SamplingPhoto).where(SamplingPhoto.sampling_id == sampling_id)
    return session.exec(query.order_by(col(SamplingPhoto.id))).all()


def list_earlier(
    session: Session, batch_id: UUID | None, product_id: UUID | None, key: str
) -> Sequence[Sampling]:
    """Samples that were really taken of the same batch, the same product, or goods written down alike."""
    same = col(Sampling.goods_key) == key
    if product_id is not None:
        same |= col(Sampling.product_id) == product_id
    if batch_id is not None:
        same |= col(Sampling.batch_id) == batch_id
    return session.exec(select(Sampling).where(same, Sampling.state != "refused")).all()
