"""Plans of supervised sampling: strata, the frame of what could be drawn, and a draw that anybody can repeat."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from typing import Literal, get_args

from tracelot.rules.parties import LEVELS, Level, PartyType
from tracelot.rules.refusals import Conflict, unfit
from tracelot.rules.sampling import draw

TaskType = Literal["supervision", "monitoring", "evaluation"]
TASK_TYPES: tuple[TaskType, ...] = get_args(TaskType)
SamplingStage = Literal["production", "circulation", "catering", "online"]
SAMPLING_STAGES: tuple[SamplingStage, ...] = get_args(SamplingStage)
DrawnKind = Literal["firm", "batch"]

TYPES_AT: Mapping[SamplingStage, tuple[PartyType, ...]] = {
    "production": ("farm", "coop", "producer", "processor"),
    "circulation": ("wholesaler", "retailer", "market"),
    "catering": ("caterer",),
    "online": ("platform",),
}
SEED_LENGTH = (8, 200)


@dataclass(frozen=True)
class Stratum:
    """One cell of a plan: which goods, where, at which stage, and how many samples of them are wanted."""

    number: int
    category: str
    area: str
    stage: SamplingStage
    wanted: int


@dataclass(frozen=True, order=True)
class Candidate:
    """What can be drawn for a stratum: a firm or a batch, by its id."""

    stratum: int
    key: str

    @property
    def line(self) -> str:
        return f"{self.stratum}\t{self.key}"


def frame_hash(frame: Iterable[Candidate]) -> str:
    """The hash under which a frame is frozen: SHA-256 of its lines, sorted, each once."""
    lines = sorted({one.line for one in frame})
    return sha256("\n".join(lines).encode()).hexdigest()


def draw_plan(strata: Iterable[Stratum], frame: Sequence[Candidate], seed: str) -> list[Candidate]:
    """So many of each stratum by lot; whoever has seed and frame gets the same, in any order and on any machine."""
    drawn: list[Candidate] = []
    for stratum in strata:
        keys = {one.key for one in frame if one.stratum == stratum.number}
        lots = draw(keys, stratum.wanted, f"{seed}/{stratum.number}")
        drawn += [Candidate(stratum.number, key) for key in lots]
    return drawn


def result_hash(drawn: Iterable[Candidate]) -> str:
    return frame_hash(drawn)


def demand_seed(seed: str, frozen: str | None) -> None:
    """Refuse to draw before the frame is frozen: a seed that is known first lets the frame be made to fit it."""
    if frozen is None:
        raise Conflict("frame-open", "Freeze the frame first: the seed comes after it.")
    if not SEED_LENGTH[0] <= len(seed) <= SEED_LENGTH[1]:
        raise unfit("bad-seed", "A seed has 8 to 200 characters.", "seed")


@dataclass(frozen=True)
class Earlier:
    """A sample that was taken before: of which batch or product, by an office of which level, and when."""

    level: Level
    day: date
    same_batch: bool
    sheet_no: str = ""


def sampled_above(own: Level, earlier: Iterable[Earlier], today: date) -> Earlier | None:
    """What an office above took already: the very batch, whenever, or the product within the same year.

    Product Quality Law art. 15: what a higher level samples, a lower one does not sample again.
    """
    above = [
        one
        for one in earlier
        if LEVELS.index(one.level) < LEVELS.index(own) and (one.same_batch or one.day.year == today.year)
    ]
    return max(above, key=lambda one: (one.same_batch, one.day), default=None)
