"""What a batch's record means for whoever holds the package."""

from collections.abc import Sequence
from typing import Literal, get_args

Verdict = Literal["recalled", "held", "withdrawn_record", "expired", "no_recall", "unknown"]
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)


def verdict(status: str | None, recall_levels: Sequence[int]) -> Verdict:
    """The gravest thing on record. "no_recall" says just that: nobody can say that a batch is safe."""
    if recall_levels or status == "recalled":
        return "recalled"
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
