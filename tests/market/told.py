"""Recalls as they must stand after what was done with them: plain data, written down apart from the rules."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

from market.books import Books
from market.people import DECIDING, OVER, WRITING

# The order of the law: which stages may stand next to each other.
NEXT = {
    "assessing": {"started", "recovering"},
    "started": {"recovering"},
    "recovering": {"disposing"},
    "disposing": {"completed", "recovering"},
    "completed": {"reported", "recovering"},
    "reported": {"evaluated", "recovering"},
    "evaluated": {"closed", "recovering"},
    "closed": set(),
}
OWN = {"started", "disposing", "completed", "reported"}  # stages to which a firm alone takes its recall


@dataclass
class Notice:
    """What one customer was told: of which batches, with how much of each; and what it answered at last."""

    goods: dict[UUID, int]
    tier: int = 1
    source: str = ""
    state: str = ""  # of its answer; nothing where it did not answer, or was told of more since
    said: dict[UUID, dict[str, int]] = field(default_factory=dict)


@dataclass
class Told:
    """A recall as the market knows it."""

    id: UUID
    code: str
    firm: str
    drill: bool
    follow: bool
    begun: set[UUID]  # as the ranges name them
    ordered: bool = False
    sells: bool = False  # a seller's, of goods that others made
    whole: set[str] = field(default_factory=set)  # of these makers all that came until the publication
    state: str = "draft"
    stage: str = "assessing"
    since: int = 0
    added: set[UUID] = field(
        default_factory=set
    )  # taken in later; in a draft, until it is followed otherwise
    spared: set[UUID] = field(default_factory=set)
    chosen: set[UUID] = field(default_factory=set)
    notices: dict[str, Notice] = field(default_factory=dict)
    destroyed: dict[tuple[str, UUID], int] = field(default_factory=dict)  # on the spot, before witnesses
    planned: bool = False  # a plan was handed in
    todo: list[str] = field(default_factory=list)  # what some act has made possible
    worded: bool = True  # it says all that a notice must

    @property
    def named(self) -> set[UUID]:
        """From where its goods are followed at least."""
        return self.begun | self.added

    @property
    def public(self) -> bool:
        return self.state == "published" and not self.drill

    def may_name(self, books: Books) -> set[UUID]:
        """A maker recalls what it made, a seller what it bought; a drill names either."""
        made = {batch for batch, maker in books.maker.items() if maker == self.firm}
        return (
            books.bought(self.firm) if self.sells else made | books.bought(self.firm) if self.drill else made
        )

    def stops(self, who: str) -> set[UUID]:
        """What may not be moved on by somebody: of a maker's recall nobody moves it, of a seller's who heard of it."""
        if not self.public or (self.sells and who != self.firm and who not in self.notices):
            return set()
        heard = self.sells and who != self.firm
        return self.chosen & set(self.notices[who].goods) if heard else set(self.chosen)

    @property
    def shown(self) -> bool:
        """Whether everybody reads it: a recall that was withdrawn stays on record."""
        return self.state in ("published", "withdrawn") and not self.drill

    def may(self, whose: str, who: str) -> bool:
        """Whether a person is one of those whose act it is: the firm's deciders or writers, offices, or both."""
        deciding, writing, over = DECIDING[self.firm], WRITING[self.firm], self.offices
        return who in {
            "firm": deciding, "staff": writing, "office": over, "both": writing | over,
        }[whose]  # fmt: skip

    @property
    def offices(self) -> set[str]:
        """Those that know of it: of a drill the county's alone, of a draft those that ordered it or got its plan."""
        over = OVER[self.firm]
        if self.drill and self.state == "published":
            return over - {"city"}
        return over if self.shown or self.ordered or (self.planned and not self.drill) else set()

    def tell(self, books: Books, batches: set[UUID]) -> None:
        """Everybody to whom the firm sent these batches is told of those it was not told of yet."""
        for end, goods in books.sent_to(self.firm, books.order(batches)).items():
            self.add(end, goods, 1, self.firm)

    def add(self, end: str, goods: Mapping[UUID, int], tier: int, source: str) -> None:
        notice = self.notices.get(end)
        if notice is None:
            self.notices[end] = Notice(dict(goods), tier, source)
            return
        if tier == 1 and notice.tier > 1:
            notice.tier, notice.source = 1, self.firm
        more = {batch: amount for batch, amount in goods.items() if batch not in notice.goods}
        notice.goods |= more
        if more:
            notice.state = ""

    def answers(self, batch: UUID) -> dict[str, dict[str, int]]:
        """What each customer says of a batch; what was destroyed on the spot is as good as its word."""
        found = {end: dict(one.said[batch]) for end, one in self.notices.items() if batch in one.said}
        for (end, other), amount in self.destroyed.items():
            if other == batch:
                row = found.setdefault(end, {})
                row["destroyed"] = max(row.get("destroyed", 0), amount)
        return found


def judged(notice: Notice, said: Mapping[UUID, Mapping[str, int]], *, stopped: bool) -> str:
    """Where an answered notice stands: more than was shipped is a discrepancy, all told of is reconciled."""
    sums = {batch: sum(said[batch].values()) if said.get(batch) else None for batch in notice.goods}
    if any(total is not None and total > notice.goods[batch] for batch, total in sums.items()):
        return "discrepancy"
    whole = all(total == notice.goods[batch] for batch, total in sums.items())
    return "reconciled" if stopped and whole else "responded"
