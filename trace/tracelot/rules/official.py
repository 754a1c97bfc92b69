"""Who learns the result of an official sample, and when: its office first, a firm by the office's notice.

The laboratory reports to the office that gave the sample, which reads the report at once. A firm has the result when
it has the notice in hand: when it signed for it, when the office tells that it was delivered, or when the result is
public. Before that nobody of the firm reads verdict, findings or report, wherever the goods were made, and their
customers never read more than that the sample failed (Food Safety Law art. 88: rights run from that moment).

What protects people waits for no notice. A fail holds the firm's own stock in the transaction of the report, and
whoever got the batch is asked at once to set it apart; the hold tells the number of the sheet and that an official
sample failed. A later edition of the report is told like the first one: by a notice of its own.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from tracelot.rules.sampling_stages import SamplingState

FAILED = "监督抽检不合格 · An official sample failed; its office tells what"
AFTER_REPORT: frozenset[str] = frozenset({"reported", "final"})


def opens(*, official: bool, in_hand: bool, public: bool = False) -> bool:
    """Whether a firm may read a report on its goods."""
    return not official or in_hand or public


def hold_words(sheet_no: str, what: str, *, sealed: bool) -> str:
    """What the hold on a batch says: all that failed, or of a report that its firm may not read yet no finding."""
    return f"{sheet_no}: {FAILED}" if sealed else what


@dataclass(frozen=True)
class Notice:
    """A result as the office told it to one firm, in the order in which they were told."""

    verdict: str | None
    final: bool
    in_hand: bool


@dataclass(frozen=True)
class Known:
    """How a sampling stands for a firm."""

    state: str
    verdict: str | None
    told: bool  # whether it has any result in hand


def known_to_firm(state: str, verdict: str | None, notices: Iterable[Notice], *, public: bool) -> Known:
    """How a sampling stands for a firm: by the last notice that it has in hand, or as everybody reads it."""
    if public or state not in AFTER_REPORT:
        return Known(state, verdict, public)
    held = [one for one in notices if one.in_hand]
    if not held:
        sealed: SamplingState = "received"
        return Known(sealed, None, told=False)
    return Known("final" if held[-1].final else "reported", held[-1].verdict, told=True)


def needs_decision(*, noticed: bool, public: bool, was: str | None, now: str | None) -> bool:
    """Whether an office must decide what follows from a report that its laboratory changed.

    Where a firm was told of the former edition or everybody was, nothing is rewritten: the office says what holds. So
    it does where the fail that holds goods would fall, since no laboratory frees goods by a correction.
    """
    return noticed or public or (was == "fail" and now != "fail")
