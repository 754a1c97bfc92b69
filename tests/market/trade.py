"""Trade as it is done on the market: each act goes into the books of the service and into those of the model."""

from typing import Any
from uuid import UUID

from sqlalchemy import Engine

from acts import goods, new_act, output
from market.books import Books, Sending
from market.people import FIRMS, HAND, Market
from market.store import Kept
from tracelot.operations import acts, receiving
from tracelot.operations.visit import Visit
from tracelot.records.acts import Confirmation
from tracelot.rules.places import batch_id


class Trade:
    """The half of the market's life that is about goods."""

    engine: Engine
    market: Market
    books: Books
    seen: Kept

    def tries(self, who: str, do: Any, called: Any = (), name: str = "", **how: Any) -> Any:
        raise NotImplementedError

    def stopped(self, who: str, batch: UUID) -> bool:
        raise NotImplementedError

    def does(self, who: str, act: str, **given: Any) -> UUID | None:
        """An act on goods at the firm's own place, now."""

        def do(visit: Visit) -> UUID:
            told = {"facility_id": str(self.market.places[who]), "event_time": visit.now.isoformat()}
            return acts.record_event(visit, new_act(act, **told | given)).id

        found: UUID | None = self.tries(HAND[who], do, ("event.recorded",), act)
        return found

    def _moved(self, who: str, batches: set[UUID], done: object, *, happened: bool) -> bool:
        """Goods that stand still move only where somebody admits that they did."""
        assert (done is not None) == (happened or not any(self.stopped(who, one) for one in batches))
        return done is not None

    def _enter(self, maker: str, code: str, batch: UUID, amount: int) -> None:
        self.books.code[batch], self.books.maker[batch] = code, maker
        self.books.note("made", maker, batch, amount)

    def _new(self, maker: str) -> tuple[str, UUID]:
        code = f"M{len(self.books.code)}"
        return code, batch_id(self.market.goods[maker], code)

    def produce(self, maker: str, amount: int) -> UUID:
        code, batch = self._new(maker)
        assert self.does(maker, "produce", outputs=[output(self.market.goods[maker], code, amount)])
        self._enter(maker, code, batch, amount)
        return batch

    def combine(self, maker: str, taken: dict[UUID, int], made: int, *, happened: bool = False) -> UUID:
        code, batch = self._new(maker)
        new = output(self.market.goods[maker], code, made)
        told = [goods(one, amount) for one, amount in taken.items()]
        done = self.does(maker, "transform", inputs=told, outputs=[new], happened=happened)
        if self._moved(maker, set(taken), done, happened=happened):
            self._enter(maker, code, batch, made)
            self.books.joined[batch] = maker
            for one, amount in taken.items():
                self.books.note("used", maker, one, amount)
                self.books.into[one].add(batch)
        return batch

    def ship(self, who: str, batch: UUID, to: str, amount: int, *, happened: bool = False) -> None:
        done = self.does(who, "ship", to=self.address(to), lines=[goods(batch, amount)], happened=happened)
        if self._moved(who, {batch}, done, happened=happened):
            self.books.note("sent", who, batch, amount, to)
            if done and to in FIRMS:
                self.books.way.append(Sending(done, who, to, batch, amount, back=False))

    def address(self, to: str) -> dict[str, str]:
        kind = "party_id" if to in FIRMS else "contact_id"
        return {kind: self.market.end(to).partition(":")[2]}

    def receive(self, one: Sending, came: int) -> None:
        """What came of goods that were sent; what is short stays on the way until somebody finds out."""
        line = {"number": 1, "quantity": str(came), "unit": "kg"}

        def do(visit: Visit) -> str:
            told = {"event_time": visit.now.isoformat(), "facility_id": str(self.market.places[one.to])}
            new = Confirmation.model_validate(told | ({"lines": [line]} if came < one.amount else {}))
            return receiving.confirm_shipment(visit, one.id, new).status

        status = self.tries(HAND[one.to], do, ("event.recorded",), "receive")
        assert status == ("received" if came == one.amount else "discrepancy")
        self.books.way.remove(one)
        self.books.note("home" if one.back else "came", one.to, one.batch, came, one.who)

    def sell(self, who: str, batch: UUID, amount: int, *, happened: bool) -> None:
        done = self.does(who, "sell", lines=[goods(batch, amount)], happened=happened)
        if self._moved(who, {batch}, done, happened=happened):
            self.books.note("sold", who, batch, amount)

    def seal(self, who: str, batch: UUID, amount: int) -> None:
        assert self.does(who, "set_apart", lines=[goods(batch, amount)])
        self.books.note("apart", who, batch, amount)

    def give_back(self, who: str, batch: UUID, amount: int) -> None:
        """Out of what is set apart, to whoever made it."""
        to = self.books.maker[batch]
        done = self.does(who, "return", to=self.address(to), lines=[goods(batch, amount, set_apart=True)])
        assert done
        self.books.note("returned", who, batch, amount, to)
        self.books.way.append(Sending(done, who, to, batch, amount, back=True))

    def destroy(self, who: str, batch: UUID, amount: int) -> None:
        assert self.does(who, "destroy", lines=[goods(batch, amount, set_apart=True)])
        self.books.note("destroyed", who, batch, amount)

    def begin(self) -> None:
        """How the market stands when it opens: everybody has sold something, and both makers use the other's goods."""
        peanut, oil = self.produce("zhenyang", 60), self.produce("guhuai", 40)
        paste = self.combine("zhenyang", {peanut: 20}, 18)
        for to, batch, amount in (("guhuai", peanut, 12), ("trader", paste, 9), ("zhenyang stall", paste, 4),
                                  ("zhenyang kiosk", peanut, 3)):  # fmt: skip
            self.ship("zhenyang", batch, to, amount)
        self.ship("guhuai", oil, "zhenyang", 10)
        for one in list(self.books.way):
            self.receive(one, one.amount)
        mixed = self.combine("guhuai", {peanut: 6, oil: 5}, 10)
        self.ship("guhuai", mixed, "trader", 4)
        self.receive(self.books.way[0], 4)
        self.ship("trader", paste, "trader stall", 3)
        self.ship("trader", paste, "guhuai", 2)
        self.combine("zhenyang", {paste: 3, oil: 5}, 7)
