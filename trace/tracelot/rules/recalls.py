"""A recall: its levels and states, what a published notice must say, and which batches it names.

The contents follow art. 15 and 16 of the Food Recall Measures (SAMR, 2015/2020); GPSR art. 36 asks the same
of a notice in the European Union.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal, get_args

from tracelot.rules.refusals import Conflict, Fault, Unfit, unfit

RecallLevel = Literal[1, 2, 3]
LEVELS: tuple[RecallLevel, ...] = get_args(RecallLevel)

RecallState = Literal["draft", "published", "cancelled", "withdrawn"]
STATES: tuple[RecallState, ...] = get_args(RecallState)

RecallKind = Literal["recall", "market_withdrawal", "stock_recovery", "mock_drill"]
KINDS: tuple[RecallKind, ...] = get_args(RecallKind)
DRILL: RecallKind = (
    "mock_drill"  # the firm's and its county office's alone: it marks no batch and never is public
)
PUBLIC_KINDS: tuple[RecallKind, ...] = tuple(kind for kind in KINDS if kind != DRILL)

# Why it is a seller that recalls goods which others made (Food Recall Measures art. 20 and 21).
SellerCause = Literal["own", "maker_gone"]
SELLER_CAUSES: tuple[SellerCause, ...] = get_args(SellerCause)

ReasonCode = Literal[
    "microbial",
    "mycotoxin",
    "pesticide_residue",
    "veterinary_residue",
    "heavy_metal",
    "additive",
    "illegal_substance",
    "allergen",
    "foreign_body",
    "quality",
    "labelling",
    "other",
]
REASON_CODES: tuple[ReasonCode, ...] = get_args(ReasonCode)

KnowledgeSource = Literal[
    "self_check", "complaint", "regulator_notice", "supervised_sampling", "supplier", "operator", "media"
]
KNOWLEDGE_SOURCES: tuple[KnowledgeSource, ...] = get_args(KnowledgeSource)

# What a consumer must be told, in at least one of the two languages.
TOLD = ("reason", "harm", "remedy")


@dataclass(frozen=True)
class Range:
    """Batches of one product by production date, both ends included; None leaves an end open."""

    made_from: date | None = None
    made_to: date | None = None

    def holds(self, made: date) -> bool:
        after = self.made_from is None or made >= self.made_from
        return after and (self.made_to is None or made <= self.made_to)


def demand_span(starts_on: date | None, ends_on: date | None) -> None:
    """Refuse a recall that ends before it begins."""
    if starts_on is not None and ends_on is not None and ends_on < starts_on:
        raise unfit("ends-before-start", "The last day lies before the first.", "ends_on")


def demand_state(state: str, wanted: RecallState) -> None:
    """Refuse a step that the recall's state does not allow."""
    if state != wanted:
        raise Conflict(
            f"recall-{state}",
            "The present state of the recall does not allow this step.",
            facts={"state": state},
        )


def unsaid(words: Mapping[str, str | None]) -> list[str]:
    """Which of the things that a notice must say are told in neither language."""
    return [part for part in TOLD if not words.get(f"{part}_zh") and not words.get(f"{part}_en")]


def demand_complete(words: Mapping[str, str | None], contact: str | None, batches: int) -> None:
    """Refuse to publish a notice that leaves out what it must say or names no batch."""
    missing = [f"{part}_zh" for part in unsaid(words)]
    if not contact:
        missing.append("contact")
    if not batches:
        missing.append("batches")
    if missing:
        raise Unfit(
            "notice-incomplete",
            "The notice does not yet say all that it must.",
            faults=[Fault(f"#/{name}", "Needed before publishing.") for name in missing],
        )


def gravest(levels: Iterable[int]) -> int | None:
    """The most serious of several levels: level 1 outranks level 2."""
    return min(levels, default=None)


def recall_code(region_code: str, day: date, number: int) -> str:
    """The name of a recall: ZH-<county>-<yyyymmdd>-<number of the day, at least four digits>."""
    return f"ZH-{region_code[:6]}-{day:%Y%m%d}-{number:04d}"
