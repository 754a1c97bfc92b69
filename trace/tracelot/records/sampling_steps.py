"""What each step of a sampling is told: by samplers, laboratories, firms and offices."""

from typing import Literal
from uuid import UUID

from sqlmodel import Field

from tracelot.records.inputs import Day, Label, MaybeDay, MaybeTally, Name, Reason, Shape, Unit, Words
from tracelot.records.inspections import NewFinding
from tracelot.records.samplings import SheetSignature
from tracelot.rules.inspections import Conclusion
from tracelot.rules.sampling_stages import (
    Measure,
    ObjectionSubject,
    RefusalReason,
)


class Cosigned(Shape):
    signature: SheetSignature


class Handed(Shape):
    """The sample goes to the laboratory: how, and in what state."""

    way: Label = None
    condition: Name
    temperature: Label = None
    seal_intact: bool


class ReceivedSample(Shape):
    condition: Name
    temperature: Label = None
    seal_intact: bool
    spare_received: bool = False


class TurnedAway(Shape):
    reason: Reason


class LabReport(Shape):
    """A laboratory's report on the sample that it was given."""

    report_no: Name
    tested_from: MaybeDay = None
    tested_to: MaybeDay = None
    issued_on: Day
    judgement_basis: list[Name] = Field(default_factory=list, max_length=20)
    conclusion: Conclusion
    food_category: Label = None  # by whose limits the findings are judged; the product's own where left out
    tester: Label = None
    reviewer: Label = None
    approver: Label = None
    findings: list[NewFinding] = Field(min_length=1, max_length=300)


class NewNotice(Shape):
    """The result as told to one firm: of the register, or by its name where it has no account."""

    firm_id: UUID | None = None
    name: Label = None
    to: Literal["sampled", "producer"] = "sampled"
    doc_no: Name
    text: Words = None


class Served(Shape):
    """That a firm has the result in hand: it says so itself, or the office tells how and when it was delivered."""

    way: Literal["in_person", "post", "published"] | None = None
    served_on: MaybeDay = None
    note: Words = None


class Application(Shape):
    reason: Reason


class Decision(Shape):
    accepted: bool
    refusal: RefusalReason | None = None
    note: Words = None


class Delay(Shape):
    """Why the laboratory for the re-test is not drawn in time; the applicant reads it."""

    reason: Reason


class Settlement(Shape):
    """What follows from a report that its laboratory changed: the change is accepted, or what was told stands."""

    accepted: bool
    reason: Reason


class Objection(Shape):
    subject: ObjectionSubject
    text: Reason


class Answer(Shape):
    upheld: bool
    text: Reason


class NewCase(Shape):
    """核查处置: what is done at the firm about a sample that failed."""

    case_no: Name
    note: Words = None


class CaseStep(Shape):
    measures: list[Measure] = Field(default_factory=list, max_length=10)
    sealed_qty: MaybeTally = None
    sealed_unit: Unit | None = None
    flow_found: bool | None = None
    cause: Words = None
    rectification: Words = None
    accepted_on: MaybeDay = None
    penalty_no: Label = None
    recall_code: Label = None


class Transfer(Shape):
    office_id: UUID
    case_no: Name
    reason: Reason


class NewResult(Shape):
    """What is told to everybody. `urgent` does not wait for the re-test: an office of the county or above says why."""

    bulletin_no: Name
    urgent: bool = False
    reason: Words = None
    remark: Label = None
