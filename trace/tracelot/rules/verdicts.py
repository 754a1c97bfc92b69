"""What a batch's record means for whoever holds the package."""

from collections.abc import Sequence
from typing import Literal, get_args

Verdict = Literal["recalled", "seller_recall", "held", "withdrawn_record", "expired", "no_recall", "unknown"]
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)


def verdict(status: str | None, recall_levels: Sequence[int], seller_levels: Sequence[int] = ()) -> Verdict:
    """The gravest thing on record. "no_recall" says just that: nobody can say that a batch is safe.

    What its maker recalls is recalled for everybody; what a seller recalls, for those who have it from that seller.
    """
    if recall_levels or status == "recalled":
        return "recalled"
    if seller_levels:
        return "seller_recall"
    match status:
        case None:
            return "unknown"
        case "held":
            return "held"
        case "void":
            return "withdrawn_record"
        case "expired":
            return "expired"
        case _:
            return "no_recall"
