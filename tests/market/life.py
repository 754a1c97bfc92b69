"""The market at work: every act goes through here, and must change what it says, be told of, or change nothing."""

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import Engine

from market.books import Books
from market.people import EVERYBODY, FIRM_OF, Market, actor
from market.store import Entry, Kept, kept, last_told, rows_but_of
from market.told import NEXT, OWN, Told
from market.trade import Trade
from tracelot.operations.visit import Visit
from tracelot.rules.access import Actor
from tracelot.rules.refusals import Refusal
from world import visiting


class Life(Trade):
    """A store with the market, the model of it, and what the store held after the last act."""

    def __init__(self, engine: Engine, market: Market, actors: dict[str, Actor], books: Books) -> None:
        self.engine, self.market, self.actors, self.books = engine, market, actors, books
        self.recalls: dict[UUID, Told] = {}
        self.held: set[UUID] = set()  # batches that were taken out of a recall
        self.refused: Refusal | None = None
        self.done: Counter[str] = Counter()
        self.links: set[str] = set()  # those that a letter sent anew has ended
        self.handed: dict[str, UUID] = {}  # links that were handed out, by the notice that they open
        self.looked: dict[str, object] = {}  # what the last look rested on
        self.seen = kept(engine)

    def tries(
        self,
        who: str,
        do: Callable[[Visit], Any],
        called: Iterable[str] = (),
        name: str = "",
        *,
        quiet: bool = False,
        about: Told | None = None,
    ) -> Any:
        """What came of it; None where it was refused, and then nothing is changed and nobody hears of it.

        What is done about a seller's recall changes no row of anybody else's.
        """
        self.refused, found = None, None
        seller = self.market.parties[about.firm] if about is not None and about.sells else None
        others = seller and rows_but_of(self.engine, seller)
        try:
            with visiting(self.engine, self.actors[who]) as visit:
                found = do(visit)
                found = True if found is None else found
        except Refusal as refusal:
            self.refused = refusal
        assert seller is None or rows_but_of(self.engine, seller) == others
        before, self.seen = self.seen, kept(self.engine)
        fresh = [entry for id_, entry in self.seen.journal.items() if id_ not in before.journal]
        assert before.journal.keys() <= self.seen.journal.keys()
        if self.refused is not None:
            assert fresh == []
            assert (self.seen.recalls, self.seen.named) == (before.recalls, before.named)
        else:
            self.done[name or "?"] += 1
            self._demand_told(who, fresh, set(called), quiet=quiet)
            self._demand_lawful(before, who)
        return found

    def _demand_told(self, who: str, fresh: list[Entry], called: set[str], *, quiet: bool) -> None:
        """The act stands in the journal, and all that came with it under the name of whoever did it."""
        assert quiet or fresh, "Nobody was told of it."
        assert {entry.actor for entry in fresh} <= {self.actors[who].id}
        assert not called or called & {entry.act for entry in fresh}, (called, fresh)

    def _demand_lawful(self, before: Kept, who: str) -> None:
        """Whatever changed in a recall is a step that the law knows, and its journal tells how it stands now."""
        for id_, row in self.seen.recalls.items():
            old = before.recalls.get(id_)
            if old == row and self.seen.named[id_] == before.named[id_]:
                continue
            assert old is None or row.version > old.version
            if old is not None and old.stage != row.stage:
                assert row.stage in NEXT[old.stage]
                assert row.stage not in OWN or who in FIRM_OF
            told = last_told(self.engine, id_)
            assert (told["version"], told["stage"], told["state"]) == (row.version, row.stage, row.state)
            assert row.closed == (row.stage == "closed")
            assert row.published == (row.state in ("published", "withdrawn"))
            assert old is None or old.state != "withdrawn"
            assert row.published or row.stage in ("assessing", "started")

    # --- goods ---

    def stopped(self, who: str, batch: UUID) -> bool:
        """Whether goods stand still: by a recall, or taken out of one for their maker."""
        held = batch in self.held and self.books.maker[batch] == who
        return held or any(batch in one.stops(who) for one in self.recalls.values())

    @property
    def recalled(self) -> set[UUID]:
        """For everybody: by their makers."""
        return set().union(*(one.chosen for one in self.recalls.values() if one.public and not one.sells))

    @property
    def sold_recalled(self) -> set[UUID]:
        return set().union(*(one.chosen for one in self.recalls.values() if one.public and one.sells))

    # --- scopes ---

    def settle(self, told: Told) -> None:
        """A draft was traced anew: it names all that its goods became, but for what was left out."""
        now = self.seen.named[told.id]
        least = self.books.became(told.named, told.firm) if told.follow else told.named
        nameable = told.may_name(self.books)
        assert now >= (least & nameable) - told.spared
        assert not now & told.spared
        assert now <= nameable
        told.chosen = set(now)


def actors_of(engine: Engine, market: Market) -> dict[str, Actor]:
    return {who: actor(engine, market, who) for who in EVERYBODY}
