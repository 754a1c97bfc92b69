"""Where the work of a recall stands, from the assessment of a risk to its closing: what may follow, and by whom.

The order is that of the Food Recall Measures (art. 12 to 36). Nothing is skipped: publishing the notice is starting,
where nobody said so before.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from tracelot.rules.refusals import Conflict

Stage = Literal[
    "assessing", "started", "recovering", "disposing", "completed", "reported", "evaluated", "closed"
]
STAGES: tuple[Stage, ...] = get_args(Stage)

Mode = Literal["voluntary", "ordered"]
OVER = ("cancelled", "withdrawn")  # states of a recall on which nobody works any more

InitiatorRole = Literal["producer", "entrusting_party", "seller", "importer"]
INITIATOR_ROLES: tuple[InitiatorRole, ...] = get_args(InitiatorRole)


def role_of(said: str, *, seller: bool) -> str:
    """As what a firm recalls: who recalls goods of others is their seller, and nobody else is."""
    if seller:
        return "seller"
    return "producer" if said == "seller" else said


Depth = Literal["wholesale", "retail", "consumer"]
DEPTHS: tuple[Depth, ...] = get_args(Depth)

# 21 CFR 7.42(b)(3): A all consignees, B more than a tenth, C a tenth, D a fiftieth, E none.
EffectivenessLevel = Literal["A", "B", "C", "D", "E"]
EFFECTIVENESS_LEVELS: tuple[EffectivenessLevel, ...] = get_args(EffectivenessLevel)

Step = Literal["start", "publish", "dispose", "complete", "report", "evaluate", "close", "strengthen"]
FirmStep = Literal["start", "dispose", "complete", "evaluate", "close"]
Side = Literal["firm", "office"]


@dataclass(frozen=True)
class Way:
    """A step: from which stages it may be taken, where it leads, and whose it is."""

    sources: tuple[Stage, ...]
    target: Stage
    by: Side = "firm"


WAYS: Mapping[Step, Way] = {
    "start": Way(("assessing",), "started"),
    "publish": Way(("assessing", "started"), "recovering"),
    "dispose": Way(("recovering",), "disposing"),
    "complete": Way(("disposing",), "completed"),
    "report": Way(("completed",), "reported"),
    "evaluate": Way(("reported",), "evaluated", "office"),
    "close": Way(("evaluated",), "closed", "office"),
    # art. 30 to 36: what was done is not enough, so goods are called back by stronger means
    "strengthen": Way(("recovering", "disposing", "completed", "reported", "evaluated"), "recovering", "office"),
}  # fmt: skip


def after(stage: str, step: Step) -> Stage:
    """The stage to which a step leads, or a refusal where it cannot be taken now."""
    way = WAYS[step]
    if stage not in way.sources:
        raise Conflict(
            "other-stage",
            "The recall does not stand where this step can be taken. Look at it again.",
            facts={"stage": stage, "step": step},
        )
    return way.target


def following(stage: str) -> Step | None:
    """The step that comes next, whosever it is."""
    if stage == "started":
        return "publish"
    return next((step for step, way in WAYS.items() if way.sources == (stage,)), None)


def next_step(stage: str, *, drill: bool = False) -> tuple[Step, Side] | None:
    """The step that comes next and who takes it. A drill is the firm's own affair, to its end."""
    step = following(stage)
    return None if step is None else (step, "firm" if drill else WAYS[step].by)


def demand_open(stage: str, state: str) -> None:
    """Nothing is added to what is over."""
    if stage == "closed" or state in OVER:
        raise Conflict("recall-over", "This recall is over: nothing is added to it.")


def demand_own_step(step: Step, *, drill: bool) -> None:
    """Which steps a firm takes by itself: what an office judges is the firm's own only in a drill."""
    if WAYS[step].by == "office" and not drill:
        raise Conflict("office-decides", "Only the supervising office evaluates and closes a recall.")
