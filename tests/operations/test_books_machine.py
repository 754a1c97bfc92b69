"""Any acts in any order: what is on hand is what an independent count of the same acts says.

The model keeps a number for each batch and place and knows nothing of postings. It counts in grams.
"""

from collections import defaultdict
from fractions import Fraction
from uuid import UUID

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import Engine

from acts import Firm, firm, goods, output
from conftest import Rounds
from keeping import all_rows
from tracelot.operations import voiding
from tracelot.records.acts import VoidEvent
from tracelot.records.batches import Batch
from tracelot.records.feed import read_since
from tracelot.records.journal import START
from tracelot.records.sights import EVERYTHING
from tracelot.records.tenancy import ScopedSession
from world import VisitAs, World

GRAMS = {"g": 1, "kg": 1000, "t": 1_000_000}
amounts = st.tuples(st.integers(1, 5000), st.sampled_from(sorted(GRAMS)))
Place = tuple[str, UUID, str]


class Books(RuleBasedStateMachine):
    batches, records = Bundle("batches"), Bundle("records")
    firms: dict[str, Firm]
    engine: Engine
    visit_as: VisitAs
    tag: str

    def __init__(self) -> None:
        super().__init__()
        self.stock: dict[Place, Fraction] = defaultdict(Fraction)
        self.done: dict[UUID, tuple[str, list[tuple[Place, Fraction]]]] = {}
        self.voided: set[UUID] = set()
        self.made = 0

    @initialize()
    def start(self) -> None:
        self.tag = f"{len(all_rows(self.engine, Batch))}"

    def note(self, who: str, event_id: UUID, changes: list[tuple[Place, Fraction]]) -> UUID:
        self.done[event_id] = (who, changes)
        for place, change in changes:
            self.stock[place] += change
        return event_id

    def place(self, who: str, batch: UUID, kind: str = "stock") -> Place:
        return who, batch, kind

    def code(self) -> str:
        self.made += 1
        return f"M{self.tag}-{self.made}"

    @rule(target=batches, amount=amounts)
    def produce(self, amount: tuple[int, str]) -> UUID:
        maker, code = self.firms["zhenyang"], self.code()
        quantity, unit = amount
        event = maker.does("produce", outputs=[output(maker.products["goods"], code, quantity, unit)])
        batch = maker.batch("goods", code)
        self.note("zhenyang", event.id, [(self.place("zhenyang", batch), Fraction(quantity * GRAMS[unit]))])
        return batch

    @rule(target=records, batch=batches, amount=amounts, act=st.sampled_from(["sell", "sample", "lose", "destroy"]),
          who=st.sampled_from(["zhenyang", "guhuai"]))  # fmt: skip
    def remove(self, batch: UUID, amount: tuple[int, str], act: str, who: str) -> UUID:
        if who == "guhuai" and not self.known(batch):
            who = "zhenyang"
        quantity, unit = amount
        event = self.firms[who].does(act, lines=[goods(batch, quantity, unit)])
        return self.note(who, event.id, [(self.place(who, batch), Fraction(-quantity * GRAMS[unit]))])

    def known(self, batch: UUID) -> bool:
        return any(who == "guhuai" and other == batch for who, other, _ in self.stock)

    @rule(target=records, batch=batches, amount=amounts, back=st.booleans())
    def set_apart(self, batch: UUID, amount: tuple[int, str], back: bool) -> UUID:
        quantity, unit = amount
        act = "put_back" if back else "set_apart"
        event = self.firms["zhenyang"].does(act, lines=[goods(batch, quantity, unit)])
        moved = Fraction(quantity * GRAMS[unit]) * (-1 if back else 1)
        stock, aside = self.place("zhenyang", batch), self.place("zhenyang", batch, "aside")
        return self.note("zhenyang", event.id, [(stock, -moved), (aside, moved)])

    @rule(target=records, batch=batches, amount=amounts, found=st.booleans())
    def count(self, batch: UUID, amount: tuple[int, str], found: bool) -> UUID:
        quantity, unit = amount
        line = goods(batch, quantity, unit, result="found" if found else "short")
        event = self.firms["zhenyang"].does("count", lines=[line])
        change = Fraction(quantity * GRAMS[unit]) * (1 if found else -1)
        return self.note("zhenyang", event.id, [(self.place("zhenyang", batch), change)])

    @rule(target=batches, first=batches, second=batches, used=amounts, made=amounts)
    def transform(self, first: UUID, second: UUID, used: tuple[int, str], made: tuple[int, str]) -> UUID:
        maker, code = self.firms["zhenyang"], self.code()
        inputs = [goods(batch, *used) for batch in sorted({first, second})]
        event = maker.does("transform", inputs=inputs, outputs=[output(maker.products["goods"], code, *made)])
        batch = maker.batch("goods", code)
        taken = Fraction(-used[0] * GRAMS[used[1]])
        changes = [(self.place("zhenyang", one), taken) for one in sorted({first, second})]
        self.note(
            "zhenyang",
            event.id,
            [*changes, (self.place("zhenyang", batch), Fraction(made[0] * GRAMS[made[1]]))],
        )
        return batch

    @rule(target=records, batch=batches, sent=amounts, came=st.one_of(st.none(), amounts))
    def ship(self, batch: UUID, sent: tuple[int, str], came: tuple[int, str] | None) -> UUID:
        maker, buyer = self.firms["zhenyang"], self.firms["guhuai"]
        event = maker.does("ship", to={"party_id": str(buyer.party_id)}, lines=[goods(batch, *sent)])
        self.note(
            "zhenyang", event.id, [(self.place("zhenyang", batch), Fraction(-sent[0] * GRAMS[sent[1]]))]
        )
        said = {} if came is None else {"lines": [{"number": 1, "quantity": str(came[0]), "unit": came[1]}]}
        shipment = buyer.confirms(event.id, **said)
        assert shipment.status == ("received" if came in (None, sent) else "discrepancy")
        quantity, unit = came or sent
        assert shipment.receipt_event_id
        change = [(self.place("guhuai", batch), Fraction(quantity * GRAMS[unit]))]
        return self.note("guhuai", shipment.receipt_event_id, change)

    @rule(record=records)
    def void(self, record: UUID) -> None:
        who, changes = self.done[record]
        with self.visit_as(who) as visit:
            voiding.void_event(visit, record, VoidEvent(reason="误录"))
        if record not in self.voided:
            for place, change in changes:
                self.stock[place] -= change
        self.voided.add(record)

    @rule(batch=batches)
    def look(self, batch: UUID) -> None:
        for name, firm_ in self.firms.items():
            told = {kind: Fraction(amount) * 1000 for kind, amount in firm_.has(batch).items()}
            expected = {kind: amount for (who, other, kind), amount in self.stock.items()
                        if (who, other) == (name, batch) and amount}  # fmt: skip
            assert told == expected

    @invariant()
    def a_batch_is_used_up_when_nothing_is_left(self) -> None:
        rows = {row.id: row.status for row in all_rows(self.engine, Batch)}
        left: dict[UUID, Fraction] = defaultdict(Fraction)
        for (who, batch, _), amount in self.stock.items():
            left[batch] += amount if who == "zhenyang" else 0
        for batch, amount in left.items():
            if rows[batch] == "exhausted":
                assert amount <= 0
            if amount > 0:
                assert rows[batch] == "released"

    def teardown(self) -> None:
        for batch in {other for _, other, _ in self.stock}:
            self.look(batch)
        self._all_is_in_the_order_of_the_commits()

    def _all_is_in_the_order_of_the_commits(self) -> None:
        with self.engine.connect() as connection, ScopedSession(connection, EVERYTHING) as session:
            found, position = read_since(session, START, 10_000)
            again, stays = read_since(session, position, 10_000)
        recorded = {one.event.id for one in found if one.event}
        assert (again, stays) == ([], position)
        assert set(self.done) <= recorded
        assert self.voided <= {one.void.event_id for one in found if one.void}
        assert all(one.postings for one in found if one.event and one.event.id in self.done)


def test_what_is_on_hand_is_what_was_done(
    visit_as: VisitAs, world: World, engine: Engine, rounds: Rounds
) -> None:
    maker = firm(visit_as, world, "zhenyang")
    maker.makes("goods")
    Books.firms = {"zhenyang": maker, "guhuai": firm(visit_as, world, "guhuai")}
    Books.engine, Books.visit_as = engine, staticmethod(visit_as)  # type: ignore[assignment]

    run_state_machine_as_test(
        Books,
        settings=settings(
            max_examples=rounds(4, 60), stateful_step_count=rounds(12, 30), deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )  # fmt: skip
