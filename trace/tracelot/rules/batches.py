"""The life of a batch: its states, what may still happen to it, and what the public may see."""

from calendar import monthrange
from collections.abc import Mapping
from datetime import date
from typing import Literal, get_args

from tracelot.rules.refusals import Conflict, unfit

BatchStatus = Literal[
    "draft",
    "pending_inspection",
    "released",
    "held",
    "recalled",
    "expired",
    "exhausted",
    "destroyed",
    "void",
]
STATUSES: tuple[BatchStatus, ...] = get_args(BatchStatus)

BatchKind = Literal["raw", "intermediate", "finished", "packaging", "returned", "rework"]
KINDS: tuple[BatchKind, ...] = get_args(BatchKind)

# ISO 22095 chain-of-custody models
Custody = Literal["identity_preserved", "segregated", "controlled_blending", "mass_balance", "book_and_claim"]
CUSTODY_MODELS: tuple[Custody, ...] = get_args(Custody)

Act = Literal["release", "hold", "lift", "correct", "void", "recall", "spare", "exhaust", "refill"]
STOPS = frozenset({"hold", "void", "recall"})  # after these the goods stand still

# From which states an act is possible. A recalled batch is never released by a plain act: only the end of
# its recall frees it, or that it leaves the scope; then it waits on hold until somebody releases it.
ALLOWED: Mapping[Act, frozenset[str]] = {
    "release": frozenset({"draft", "pending_inspection", "held"}),
    "hold": frozenset({"draft", "pending_inspection", "released", "expired"}),
    "lift": frozenset({"held"}),
    "correct": frozenset(
        {"draft", "pending_inspection", "released", "held", "recalled", "expired", "exhausted"}
    ),
    "void": frozenset({"draft", "pending_inspection", "held", "released", "expired"}),
    "exhaust": frozenset({"released", "expired"}),
    "refill": frozenset({"exhausted"}),
    "spare": frozenset({"recalled"}),
    "recall": frozenset(
        {"draft", "pending_inspection", "released", "held", "expired", "exhausted", "destroyed", "recalled"}
    ),
}
LEADS_TO: Mapping[Act, BatchStatus] = {
    "release": "released",
    "hold": "held",
    "lift": "released",  # where it was released before: see `state_after`
    "void": "void",
    "recall": "recalled",
    "spare": "held",
    "exhaust": "exhausted",
    "refill": "released",
}


def state_after(act: Act, *, released_before: bool) -> BatchStatus:
    """The state to which an act leads. A hold that is lifted leaves the batch as it was before."""
    return "pending_inspection" if act == "lift" and not released_before else LEADS_TO[act]


def status_on(day: date, status: str, expiry_date: date | None) -> str:
    """The state as read on a day: a released batch expires at the end of its last day."""
    if status == "released" and expiry_date is not None and expiry_date < day:
        return "expired"
    return status


def possible(act: Act, status: str) -> bool:
    return status in ALLOWED[act]


def demand_possible(act: Act, status: str) -> None:
    """Refuse an act that the batch's state does not allow."""
    if not possible(act, status):
        raise Conflict(
            f"cannot-{act}",
            "The present state of the batch does not allow this step.",
            facts={"state": status},
        )


def public(status: str, *, released_before: bool) -> bool:
    """Whether the public may see the batch: once released or recalled, always; a draft never."""
    return released_before or status in ("released", "recalled", "expired")


def demand_dates(production_date: date, expiry_date: date | None) -> None:
    """A batch cannot expire before it was made."""
    if expiry_date is not None and expiry_date < production_date:
        raise unfit("expires-before-made", "The expiry date lies before the production date.", "expiry_date")


LAST_YEAR = 2100  # no record holds a later day


def shelf_life_end(production_date: date, amount: int, unit: str) -> date | None:
    """The day on which a shelf life runs out; None where that lies beyond what is recorded.

    Months and years end on the same day of their month, or on its last.
    """
    if unit == "day":
        end = production_date.toordinal() + amount
        return date.fromordinal(end) if end <= date(LAST_YEAR, 12, 31).toordinal() else None
    months = production_date.year * 12 + production_date.month - 1 + amount * (12 if unit == "year" else 1)
    year, month = divmod(months, 12)
    if year > LAST_YEAR:
        return None
    return date(year, month + 1, min(production_date.day, monthrange(year, month + 1)[1]))
