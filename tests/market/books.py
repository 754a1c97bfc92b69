"""The books of the market as a list of what was done, and sums over it: an oracle that knows nothing of postings."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple
from uuid import UUID

Amounts = Mapping[str, int]
ROW = (
    "shipped",
    "came",
    "passed_on",
    "way",
    "on_hand",
    "sealed",
    "returned",
    "destroyed",
    "sold",
    "otherwise",
)
ANSWERED = (
    "returned",
    "destroyed",
    "sold",
    "on_hand",
)  # in the order in which answers fill what books leave open


class Done(NamedTuple):
    """An amount of a batch: what somebody did with it, and where it went."""

    what: str  # made, used, sent, came, sold; set apart: apart, home (given back), returned, destroyed
    who: str
    batch: UUID
    amount: int
    to: str = ""  # for what was sent: to whom; for what came: from whom
    at: int = 0  # its place in the order of all that was done


@dataclass
class Sending:
    """Goods on their way from one to the other, until these say what came."""

    id: UUID
    who: str
    to: str
    batch: UUID
    amount: int
    back: bool


@dataclass
class Books:
    done: list[Done] = field(default_factory=list)
    into: dict[UUID, set[UUID]] = field(default_factory=lambda: defaultdict(set))
    maker: dict[UUID, str] = field(default_factory=dict)
    joined: dict[UUID, str] = field(default_factory=dict)  # who made a batch out of others
    code: dict[UUID, str] = field(default_factory=dict)
    way: list[Sending] = field(default_factory=list)
    clock: int = 0

    def note(self, what: str, who: str, batch: UUID, amount: int, to: str = "") -> None:
        self.clock += 1
        self.done.append(Done(what, who, batch, amount, to, self.clock))

    def order(self, batches: Iterable[UUID]) -> list[UUID]:
        """As they were made: ids are not the same in another run, so choices must not hang on them."""
        return sorted(batches, key=list(self.code).index)

    def sum(self, batch: UUID, *what: str, who: str | None = None, to: str | None = None) -> int:
        return sum(
            one.amount for one in self.done
            if one.batch == batch and one.what in what and who in (None, one.who) and to in (None, one.to)
        )  # fmt: skip

    # --- what is where ---

    def stock(self, who: str, batch: UUID) -> int:
        gone = self.sum(batch, "used", "sent", "sold", "apart", who=who)
        return self.sum(batch, "made", "came", who=who) - gone

    def apart(self, who: str, batch: UUID) -> int:
        """What is set apart there: sealed, or come back from a customer."""
        came = self.sum(batch, "apart", "home", who=who)
        return came - self.sum(batch, "returned", "destroyed", who=who)

    def holders(self, *, apart: bool = False) -> list[tuple[str, UUID, int]]:
        """Who has how much of which batch, in stock or set apart."""
        keys = list(dict.fromkeys((one.who, one.batch) for one in self.done))
        found = [(who, batch, (self.apart if apart else self.stock)(who, batch)) for who, batch in keys]
        return [one for one in found if one[2] > 0]

    def bought(self, firm: str) -> set[UUID]:
        """What others made and came to a firm, or was sent to it."""
        met = {one.batch for one in self.done if firm in (one.who, one.to)}
        return {batch for batch in met if self.maker[batch] != firm}

    def became(self, begun: Iterable[UUID], firm: str | None = None) -> set[UUID]:
        """All that batches went into, or with `firm` only by what that firm itself did."""
        met = set(begun)
        new = set(met)
        while new:
            after = {out for one in new for out in self.into[one] if firm in (None, self.joined[out])}
            new = after - met
            met |= new
        return met

    # --- who got what ---

    def went(self, source: str, target: str, batch: UUID) -> int:
        return self.sum(batch, "sent", "returned", who=source, to=target)

    def arrived(self, source: str, target: str, batch: UUID) -> int:
        return self.sum(batch, "came", "home", who=target, to=source)

    def everybody(self, batch: UUID) -> set[str]:
        met = [one for one in self.done if one.batch == batch]
        return {one.who for one in met} | {one.to for one in met if one.to}

    def sent_to(self, firm: str, batches: Iterable[UUID]) -> dict[str, dict[UUID, int]]:
        """The customers of a firm for these batches, with all that it ever sent each of them."""
        found: dict[str, dict[UUID, int]] = defaultdict(dict)
        for batch in batches:
            for end in self.everybody(batch) - {firm}:
                if amount := self.sum(batch, "sent", who=firm, to=end):
                    found[end][batch] = amount
        return found

    # --- the ledger of a recall ---

    def entry(self, firm: str, end: str, batch: UUID, since: int, answer: Amounts) -> dict[str, int]:
        """What became of a batch at one customer, by the books, and in what these leave open by its word."""
        others = self.everybody(batch) - {firm, end}
        sealed = any(
            one.what in ("apart", "home") and (one.who, one.batch) == (end, batch) and one.at > since
            for one in self.done
        )
        row = {
            "shipped": self.went(firm, end, batch),
            "came": sum(self.went(one, end, batch) for one in others),
            "passed_on": sum(self.went(end, one, batch) for one in others),
            "way": sum(self.went(one, end, batch) - self.arrived(one, end, batch) for one in {firm, *others}),
            "on_hand": 0,
            "sealed": self.apart(end, batch) if sealed else 0,
            "returned": self.went(end, firm, batch),
            "destroyed": self.sum(batch, "destroyed", who=end),
            "sold": self.sum(batch, "sold", who=end),
            "otherwise": self.sum(batch, "used", who=end),
        }
        return fill(row, answer)

    def ledger(
        self, firm: str, batch: UUID, since: int, answers: Mapping[str, Amounts]
    ) -> tuple[dict[str, int], dict[str, dict[str, int]]]:
        """The sums of a batch, and the entries of all who had to do with it."""
        ends = self.everybody(batch) - {firm}
        rows = {end: self.entry(firm, end, batch, since, answers.get(end, {})) for end in sorted(ends)}
        own = self.stock(firm, batch) + self.apart(firm, batch)
        ended = self.sum(batch, "used", "sold", "destroyed", who=firm)
        told = {end: self.entry(firm, end, batch, since, {}) for end in ends}
        said_back = sum(rows[end]["returned"] - told[end]["returned"] for end in ends)
        way_back = sum(self.went(end, firm, batch) - self.arrived(end, firm, batch) for end in ends)
        sums = {
            "made": self.sum(batch, "made"),
            "shipped": sum(self.went(firm, end, batch) for end in ends),
            "own": own,
            "way": sum(row["way"] for row in rows.values()),
            "way_back": way_back,
            "accounted": own + ended + way_back + said_back
            + sum(accounted(row) - row["returned"] for row in rows.values()),
        }  # fmt: skip
        return sums, rows

    def supplied(
        self, firm: str, batch: UUID, answers: Mapping[str, Amounts]
    ) -> tuple[dict[str, int], dict[str, dict[str, int]]]:
        """The same of a batch that came to a firm: its own books, and in what these leave open its customers' word.

        Who sent it and never bought it is a supplier; who bought it gave back what it sent.
        """
        bought = {end for end in self.everybody(batch) - {firm} if self.sum(batch, "sent", who=firm, to=end)}
        rows = {}
        for end in sorted(bought | answers.keys()):
            row = dict.fromkeys(ROW, 0)
            if end in bought:
                row["shipped"], row["returned"] = self.went(firm, end, batch), self.went(end, firm, batch)
                row["way"] = row["shipped"] - self.arrived(firm, end, batch)
            rows[end] = fill(row, answers.get(end, {}))
        others = self.everybody(batch) - {firm} - bought
        own = self.stock(firm, batch) + self.apart(firm, batch)
        gone = self.sum(batch, "used", "sold", "destroyed", who=firm) + sum(
            self.went(firm, end, batch) for end in others
        )
        way_back = sum(self.went(end, firm, batch) - self.arrived(end, firm, batch) for end in bought)
        said_back = sum(
            row["returned"] - (self.went(end, firm, batch) if end in bought else 0)
            for end, row in rows.items()
        )
        sums = {
            "made": sum(self.arrived(end, firm, batch) for end in others),
            "shipped": sum(row["shipped"] for row in rows.values()),
            "own": own,
            "way": sum(row["way"] for row in rows.values()),
            "way_back": way_back,
            "accounted": own + gone + way_back + said_back
            + sum(accounted(row) - row["returned"] for row in rows.values()),
        }  # fmt: skip
        return sums, rows


def fill(row: dict[str, int], answer: Amounts) -> dict[str, int]:
    """What an answer adds to the books of a customer: only what these leave open."""
    open_ = row["shipped"] + row["came"] - row["passed_on"] - accounted(row)
    for name in ANSWERED:
        said = answer.get(name, 0) - (row["sealed"] if name == "on_hand" else 0)
        if row[name] == 0 and said > 0:
            row[name] = min(said, max(0, open_))
            open_ -= row[name]
    return row


def accounted(row: Mapping[str, int]) -> int:
    return sum(row[name] for name in ("on_hand", "sealed", "returned", "destroyed", "sold", "otherwise"))
