"""What the plan of a recall must say before it is handed in, and what a recall must have accounted for at its end.

The eight blocks are those of art. 15 of the Food Recall Measures.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal, get_args

from tracelot.rules.refusals import Fault, Unfit

Block = Literal["producer", "goods", "why", "course", "notice", "duties", "disposal", "effect"]
BLOCKS: tuple[Block, ...] = get_args(Block)

PlanState = Literal["draft", "submitted", "accepted", "to_change"]
ReportKind = Literal["stage", "status", "final"]
REPORT_KINDS: tuple[ReportKind, ...] = get_args(ReportKind)

# What must be said in each block; of several in brackets one is enough.
NEEDED: Mapping[Block, tuple[str | tuple[str, ...], ...]] = {
    "producer": ("name", "address", "person", "legal_rep", "phone"),
    "goods": (("batches", "ranges"), "area_codes"),
    "why": (("reason_zh", "reason_en"), ("harm_zh", "harm_en")),
    "course": ("level", "process", "ends_on"),
    "notice": (("remedy_zh", "remedy_en"), "channels"),
    "duties": ("duties",),
    "disposal": ("disposal", "cost_bearer"),
    "effect": ("expected_effect",),
}
TOLERANCE = Decimal("0.005")  # of what there was


def lacking(body: Mapping[str, Mapping[str, Any]]) -> list[tuple[Block, str]]:
    """What is not said yet: the block, and the first name of what it lacks."""
    missing: list[tuple[Block, str]] = []
    for block, needed in NEEDED.items():
        told = body.get(block, {})
        for names in needed:
            choices = (names,) if isinstance(names, str) else names
            if not any(told.get(name) for name in choices):
                missing.append((block, choices[0]))
    return missing


def demand_whole(body: Mapping[str, Mapping[str, Any]]) -> None:
    """Refuse to hand in a plan of which a block is empty."""
    missing = lacking(body)
    if missing:
        raise Unfit(
            "plan-incomplete",
            "The plan does not yet say all that it must.",
            faults=[Fault(f"#/{name}", "Needed before the plan is handed in.") for _, name in missing],
        )


@dataclass(frozen=True)
class Line:
    """A product of the recall in one unit: how much there was, went out, came back, and is accounted for."""

    product_zh: str
    product_en: str | None
    unit: str | None
    batches: int
    total: Decimal | None
    shipped: Decimal | None
    recovered: Decimal | None
    accounted: Decimal | None


@dataclass(frozen=True)
class Figures:
    """What the work of a recall came to at a moment; None is unknown, and shares are those of the worst line.

    `complete` is False where the trace behind them did not reach all that there is.
    """

    lines: tuple[Line, ...] = ()
    accounted: Decimal | None = None
    recovered: Decimal | None = None
    complete: bool = True

    @property
    def whole(self) -> bool:
        """Whether all there was is accounted for, within the tolerance."""
        return self.complete and self.accounted is not None and abs(1 - self.accounted) <= TOLERANCE


def demand_accounted(figures: Figures, variance: str | None) -> None:
    """A recall is closed when all is accounted for, or somebody says in writing why not."""
    if not figures.complete and not variance:
        raise Unfit(
            "trace-incomplete",
            "The trace behind the figures is incomplete: say in writing why the recall may close all the same.",
            faults=[Fault("#/variance", "Needed, because the trace is incomplete.")],
        )
    if not figures.whole and not variance:
        raise Unfit(
            "not-accounted",
            "Not all that there was is accounted for: say in writing why the recall may close all the same.",
            faults=[Fault("#/variance", "Needed, because not all is accounted for.")],
        )
