"""The steps of a sampling: what may follow what, who is a sampler, and when a result may be public."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

from tracelot.rules.refusals import Conflict, unfit

SamplingState = Literal["refused", "taken", "handed", "received", "turned_away", "reported", "final"]
SAMPLING_STATES: tuple[SamplingState, ...] = get_args(SamplingState)
RetestState = Literal["none", "applied", "refused", "accepted", "drawn", "handed", "received", "final"]
RETEST_STATES: tuple[RetestState, ...] = get_args(RetestState)
Outcome = Literal["pass", "fail", "undecided"]
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)
PaperKind = Literal[
    "taken",
    "cosigned",
    "handed",
    "received",
    "turned_away",
    "reported",
    "noticed",
    "served",
    "waived",
    "applied",
    "accepted",
    "refused",
    "lab_drawn",
    "spare_handed",
    "spare_received",
    "retested",
    "objected",
    "answered",
    "case_opened",
    "case_step",
    "transferred",
    "case_finished",
    "published",
    "withdrawn",
    "delayed",
    "corrected",
    "report_withdrawn",
    "settled",
]
PAPER_KINDS: tuple[PaperKind, ...] = get_args(PaperKind)
# The papers of which the people of whoever gets them are told; the others they look up.
TOLD: frozenset[PaperKind] = frozenset({
    "turned_away", "reported", "noticed", "applied", "accepted", "refused", "delayed", "lab_drawn", "retested",
    "objected", "answered", "transferred", "published", "withdrawn", "corrected", "report_withdrawn",
})  # fmt: skip

# Which step needs which state of the sample, and of its re-test.
STATES_FOR: Mapping[str, frozenset[str]] = {
    "handed": frozenset({"taken"}),
    "received": frozenset({"handed"}),
    "turned_away": frozenset({"handed"}),
    "reported": frozenset({"received"}),
    "noticed": frozenset({"reported", "final"}),
    "applied": frozenset({"reported"}),
    "objected": frozenset({"taken", "handed", "received", "reported", "final"}),
    "case_opened": frozenset({"reported", "final"}),
    "published": frozenset({"reported", "final"}),
}
RETEST_FOR: Mapping[str, frozenset[str]] = {
    "applied": frozenset({"none", "refused"}),
    "accepted": frozenset({"applied"}),
    "refused": frozenset({"applied"}),
    "lab_drawn": frozenset({"accepted"}),
    "delayed": frozenset({"accepted"}),
    "spare_handed": frozenset({"drawn"}),
    "spare_received": frozenset({"handed"}),
    "retested": frozenset({"received"}),
}
Measure = Literal["stop_production", "seal", "off_shelf", "recall", "rectify", "destroy"]
MEASURES: tuple[Measure, ...] = get_args(Measure)
RefusalReason = Literal["microbiology", "spare_unfit", "spare_expired", "other"]
REFUSAL_REASONS: tuple[RefusalReason, ...] = get_args(RefusalReason)
ObjectionSubject = Literal["process", "sample"]


def demand_step(step: str, state: str, retest: str = "none") -> None:
    """Refuse a step that has no place as the sampling stands."""
    if step in STATES_FOR and state not in STATES_FOR[step]:
        raise Conflict(
            "step-not-now", "As the sampling stands now, this step has no place.", facts={"state": state}
        )
    if step in RETEST_FOR and retest not in RETEST_FOR[step]:
        raise Conflict(
            "retest-not-now", "As the re-test stands now, this step has no place.", facts={"state": retest}
        )


def demand_two_samplers(names: Iterable[tuple[str, str]]) -> None:
    """Two people, told apart by name and number of certificate."""
    told = [(name.strip(), certificate.strip()) for name, certificate in names]
    if len({name for name, _ in told}) < len(told) or len({number for _, number in told}) < len(told):
        raise unfit("same-sampler-twice", "Two different people take a sample.", "samplers")


def demand_other_person(handed_by: object, received_by: object) -> None:
    if handed_by == received_by:
        raise Conflict("same-person", "Whoever hands a sample over does not confirm that it came.")


@dataclass(frozen=True)
class Window:
    """The time in which one firm may ask for a re-test: from when it has the result in hand."""

    ends_at: datetime | None = None
    waived: bool = False

    def closed(self, now: datetime) -> bool:
        return self.waived or (self.ends_at is not None and now > self.ends_at)


@dataclass(frozen=True)
class Publishable:
    """What decides whether a result may be public."""

    verdict: str | None
    state: str
    retest: str
    windows: tuple[Window, ...]  # of every firm that was told
    unserved: int  # firms that were told and have not the result in hand yet
    cma_valid: bool
    urgent: bool = False
    unsettled: bool = False  # its laboratory changed the report, and the office has not decided yet


def demand_publishable(one: Publishable, now: datetime) -> None:
    """Refuse to publish what the law does not let become public yet, or from such a laboratory.

    Implementing Regulation of the Food Safety Law art. 80: without CMA no result is published, however urgent.
    """
    if one.verdict not in ("pass", "fail"):
        raise Conflict("no-verdict", "There is no verdict to publish.")
    if one.unsettled:
        raise Conflict("report-changed", "The laboratory changed its report: decide on that first.")
    if not one.cma_valid:
        raise Conflict(
            "no-cma",
            "The laboratory held no valid CMA on the day of the report: its result is not published.",
        )
    if one.verdict == "pass" or one.urgent or one.state == "final":
        return
    if one.retest not in ("none", "refused"):
        raise Conflict("retest-open", "A re-test is under way: the result is not final.")
    if one.unserved or not one.windows:
        raise Conflict("not-served", "The firm has not the result in hand yet.")
    if not all(window.closed(now) for window in one.windows):
        raise Conflict("window-open", "The firm may still ask for a re-test.")


def demand_window(ends_at: datetime | None, now: datetime) -> None:
    """Refuse an application after its time; in the very instant of its end it is still in time."""
    if ends_at is None:
        raise Conflict("not-served", "The firm has not the result in hand yet.")
    if now > ends_at:
        raise Conflict(
            "window-closed", "The time to ask for this is over.", facts={"ended": ends_at.isoformat()}
        )


def demand_reason(urgent: bool, reason: str | None) -> None:
    if urgent and not reason:
        raise unfit("reason-needed", "Say why it cannot wait for the re-test.", "reason")


QUICK = re.compile(r"\bKJ ?[0-9]|快速|快检|胶体金|试纸|rapid|quick|strip", re.IGNORECASE)


def demand_no_quick_method(methods: Iterable[str | None]) -> None:
    """Food Safety Law art. 88: a re-test names its methods, and none of them is a quick one."""
    for number, method in enumerate(methods):
        if not method:
            raise unfit(
                "method-needed", "A re-test names the method of each item.", f"findings/{number}/method"
            )
        if QUICK.search(method):
            raise unfit("quick-method", "A re-test uses no quick method.", f"findings/{number}/method")


def demand_items(failed: Iterable[str], examined: Iterable[str]) -> None:
    """What failed is what is examined again."""
    missing = sorted({_plain(one) for one in failed} - {_plain(one) for one in examined})
    if missing:
        raise unfit("item-missing", "Every item that failed is examined again.", "findings")


def _plain(name: str) -> str:
    return "".join(name.split()).casefold()
