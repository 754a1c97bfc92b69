"""A market does whatever it likes with its goods and recalls: no law is broken, nothing lost, nobody betrayed."""

from collections import Counter
from collections.abc import Callable
from copy import deepcopy
from random import Random
from uuid import UUID

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from builders import new_recall
from conftest import Rounds
from databases import Databases
from market import looks
from market.books import Books, Sending
from market.deeds import DEEDS, WITHOUT_VERSION, Scene, pick
from market.life import Life, actors_of
from market.people import DECIDING, EVERYBODY, FIRM_OF, FIRMS, MAKERS, OVER, Market, open_market
from market.store import links, notices
from market.told import Told, judged
from pursued import order
from tracelot.operations import answering, delivering, forwarding, ordering, recalls, rescoping
from tracelot.operations.visit import Visit
from tracelot.records.consignees import NewAnswer, NewAnswerLine
from tracelot.records.database import connect
from tracelot.records.effectiveness import Disposal
from tracelot.records.recalls import Recall, RecallChange
from tracelot.records.scopes import ScopeChoice
from world import World

MOST_RECALLS = 3
CHOICE = {"leave_out": rescoping.leave_out, "take_in": rescoping.take_in,
          "widen": rescoping.widen, "narrow": rescoping.narrow}  # fmt: skip
CALLED = {"leave_out": "recall.left-out", "take_in": "recall.taken-in", "widen": "recall.scope-widened",
          "narrow": "recall.scope-narrowed", "follow": "recall.changed"}  # fmt: skip
NEXT_DEED = {"recovering": "move dispose", "disposing": "move complete", "completed": "report final",
             "reported": "evaluate", "evaluated": "close"}  # fmt: skip
AMOUNTS = ("on_hand", "sold", "returned", "destroyed")


def named(recall: Recall) -> tuple[UUID, str]:
    return recall.id, recall.code


class Pursuit(RuleBasedStateMachine):
    """Goods, recalls and drills of them, and all that anybody may try with them; `life` is what must be true."""

    begin_life: Callable[[], Life]

    @initialize(data=st.data(), maker=st.sampled_from(MAKERS), drill=st.sampled_from((False, False, True)))
    def begin(self, data: st.DataObject, maker: str, drill: bool) -> None:
        self.life = self.begin_life()
        self.books, self.market = self.life.books, self.life.market
        self.open(data, maker, min(DECIDING[maker]), drill=drill)

    # --- goods ---

    @rule(data=st.data(), act=st.sampled_from(("combine", "produce", "ship", "sell", "seal", "seal")),
          happened=st.booleans())  # fmt: skip
    def trade(self, data: st.DataObject, act: str, happened: bool) -> None:
        who, batch, most = data.draw(st.sampled_from(self.books.holders()))
        amount = data.draw(st.integers(1, most))
        if act in ("combine", "produce") and who not in MAKERS:
            act = "ship"
        if act == "produce":
            self.life.produce(who, amount)
        elif act == "combine":
            more = [(one, much) for firm, one, much in self.books.holders() if firm == who]
            taken = {one: data.draw(st.integers(1, much)) for one, much in pick(data).some(more)}
            self.life.combine(who, taken, amount, happened=happened)
        elif act == "ship":
            shops = [shop for shop, (_, whose) in self.market.shops.items() if whose == who]
            to = data.draw(st.sampled_from([firm for firm in FIRMS if firm != who] + shops))
            self.life.ship(who, batch, to, amount, happened=happened)
        elif act == "sell":
            self.life.sell(who, batch, amount, happened=happened)
        else:
            self.life.seal(who, batch, amount)

    @precondition(lambda self: self.books.way or self.books.holders(apart=True))
    @rule(data=st.data(), back=st.booleans())
    def clear(self, data: st.DataObject, back: bool) -> None:
        """What is on the way comes; what is set apart goes back to its maker or is destroyed."""
        there = [*self.books.way, *self.books.holders(apart=True)]
        one = data.draw(st.sampled_from(there))
        if isinstance(one, Sending):
            self.life.receive(one, data.draw(st.integers(1, one.amount)) if back else one.amount)
            return
        who, batch, most = one
        amount = data.draw(st.integers(1, most))
        if back and self.books.maker[batch] != who:
            self.life.give_back(who, batch, amount)
        else:
            self.life.destroy(who, batch, amount)

    # --- recalls ---

    def told(self, data: st.DataObject) -> Told:
        return data.draw(st.sampled_from(list(self.life.recalls.values())))

    @precondition(lambda self: len(self.life.recalls) < MOST_RECALLS)
    @rule(data=st.data(), maker=st.sampled_from(MAKERS), how=st.sampled_from(("recall", "order", "drill")),
          rightly=st.sampled_from((True, True, False)))  # fmt: skip
    def another(self, data: st.DataObject, maker: str, how: str, rightly: bool) -> None:
        lawful = OVER[maker] if how == "order" else DECIDING[maker]
        who = data.draw(st.sampled_from(sorted(lawful) if rightly else EVERYBODY))
        if how == "order":
            self.order(data, maker, who)
        else:
            self.open(data, maker, who, drill=how == "drill")

    def open(self, data: st.DataObject, maker: str, who: str, *, drill: bool) -> None:
        made = [batch for batch, whose in self.books.maker.items() if whose == maker]
        begun, follow = set(pick(data).some(made, 2)), data.draw(st.sampled_from((True, True, False)))
        codes = [self.books.code[batch] for batch in self.books.order(begun)]
        kind = "mock_drill" if drill else "recall"
        new = new_recall(self.market.goods[maker], *codes, follow=follow, kind=kind)
        found = self.life.tries(
            who, lambda visit: named(recalls.open_recall(visit, new)), ("recall.opened",), f"open {kind}"
        )
        assert (found is not None) == (who in DECIDING[maker])
        if found:
            self.life.recalls[found[0]] = Told(*found, maker, drill, follow, begun)
            self.life.settle(self.life.recalls[found[0]])

    def order(self, data: st.DataObject, maker: str, who: str) -> None:
        batch = data.draw(st.sampled_from([one for one, whose in self.books.maker.items() if whose == maker]))
        span = {"product_id": self.market.goods[maker], "codes": [self.books.code[batch]]}
        new = order(self.market, party_id=self.market.parties[maker], ranges=[span])
        found = self.life.tries(
            who, lambda visit: named(ordering.order_recall(visit, new)), ("office.order-recall",), "order"
        )
        assert (found is not None) == (who in OVER[maker])
        if found:
            told = Told(*found, maker, drill=False, follow=False, named={batch}, ordered=True, worded=False)
            self.life.recalls[found[0]] = told
            self.life.settle(told)

    @precondition(lambda self: self.life.recalls)
    @rule(data=st.data(), what=st.sampled_from(sorted(CALLED)), late=st.sampled_from((0, 0, 0, 0, 1)),
          rightly=st.sampled_from((True, True, True, False)))  # fmt: skip
    def choose(self, data: st.DataObject, what: str, late: int, rightly: bool) -> None:
        """A scope is followed or not, or batches are left out of it, taken in, widened to, narrowed by."""
        told = self.told(data)
        lawful = DECIDING[told.firm]
        who = data.draw(st.sampled_from(sorted(lawful) if rightly else EVERYBODY))
        batches = pick(data).some(list(self.books.maker), 2)
        version = self.life.seen.recalls[told.id].version - late

        def do(visit: Visit) -> None:
            if what == "follow":
                recalls.change_recall(visit, told.id, RecallChange(follow=not told.follow), version)
            else:
                CHOICE[what](visit, told.id, ScopeChoice(batch_ids=batches, reason="复检"), version)

        done = self.life.tries(who, do, (CALLED[what],), what)
        fresh = set(batches) - told.chosen
        if what == "widen" and told.state == "published" and who in lawful and not late and fresh:
            assert (done is not None) == all(self.books.maker[one] == told.firm for one in batches)
        if done:
            assert not late
            assert who in lawful
            assert told.state == ("published" if what in ("widen", "narrow") else "draft")
            self.chosen(told, what, set(batches))

    def chosen(self, told: Told, what: str, batches: set[UUID]) -> None:
        if what == "follow":
            told.follow = not told.follow
        elif what in ("leave_out", "narrow"):
            told.spared |= batches
        else:
            told.spared -= batches
        if what in ("take_in", "widen"):
            told.named |= batches
        if told.state == "draft":
            self.life.settle(told)
        elif what == "widen":
            new = batches - told.chosen
            told.chosen |= batches
            told.tell(self.books, new)
        else:
            told.chosen -= batches
            self.life.held |= batches if told.public else set()

    # --- the work on it ---

    @precondition(lambda self: self.life.recalls)
    @rule(data=st.data(), name=st.sampled_from(sorted(DEEDS)), late=st.sampled_from((0, 0, 0, 0, 1)),
          rightly=st.sampled_from((True, True, True, False)))  # fmt: skip
    def act(self, data: st.DataObject, name: str, late: int, rightly: bool) -> None:
        told = self.told(data)
        lawful = sorted(who for who in EVERYBODY if told.may(DEEDS[name].whose, who))
        who = data.draw(st.sampled_from(lawful if rightly and lawful else EVERYBODY))
        if told.chosen:
            self.do(data, name, told, who, late)

    def do(self, data: st.DataObject, name: str, told: Told, who: str, late: int = 0) -> bool:
        deed, version = DEEDS[name], self.life.seen.recalls[told.id].version - late
        before = self.all_links() if name == "send again" else {}

        def do(visit: Visit) -> object:
            found = deed.do(Scene(visit, self.market, told, version, pick(data), self.books.order))
            if isinstance(found, Disposal):
                return (
                    None
                    if found.performed_at is None
                    else (found.consignee, found.batch_id, int(found.amount))
                )
            return found

        done = self.life.tries(who, do, deed.called, name)
        if done is None:
            return False
        assert not late or name in WITHOUT_VERSION or name in ("check", "dispose of", "witness")
        assert told.may(deed.whose, who), f"{who} did {name}"
        row = self.life.seen.recalls[told.id]
        told.stage, told.state = row.stage, row.state
        told.planned |= name == "hand in plan"
        assert name != "cancel" or not told.ordered
        if name == "publish":
            self.published(told)
        if name == "send again":
            self.life.links |= {secret for secret, whose in before.items() if whose == done[0]}
            self.life.handed.update({done[1].rpartition("/")[2]: done[0]} if done[1] else {})
        if name == "dispose of" and done[0] is not None:
            self.destroyed(told, *done)
        return True

    def published(self, told: Told) -> None:
        told.since = self.books.clock
        if told.follow:
            assert self.life.seen.named[told.id] >= self.books.became(told.named, told.firm) - told.spared
        self.life.settle(told)
        told.tell(self.books, told.chosen)

    def destroyed(self, told: Told, end: str, batch: UUID, amount: int) -> None:
        """On the spot, before a witness."""
        [name] = [one for one in told.notices if self.market.end(one) == end]
        told.destroyed[name, batch] = told.destroyed.get((name, batch), 0) + amount

    @precondition(lambda self: any(one.state != "cancelled" for one in self.life.recalls.values()))
    @rule(data=st.data(), steps=st.integers(1, 3))
    def go_on(self, data: st.DataObject, steps: int) -> None:
        """The next steps by whose they are: they are never refused."""
        told = self.told(data)
        for _ in range(steps):
            self.next_step(data, told)

    def next_step(self, data: st.DataObject, told: Told) -> None:
        if told.stage == "closed" or told.state == "cancelled" or not told.chosen:
            return
        if not told.worded:
            self.say_all(told)
        name = "publish" if told.state == "draft" else NEXT_DEED[told.stage]
        if told.drill and name in ("evaluate", "close"):
            name = f"move {name}"
        who = "city" if name in ("evaluate", "close") else self.decider(told)
        assert self.do(data, name, told, who), (name, told.stage, self.life.refused)

    def decider(self, told: Told) -> str:
        return {"zhenyang": "quality", "guhuai": "inspector"}[told.firm]

    def say_all(self, told: Told) -> None:
        """What an office ordered lacks the words that a notice needs."""
        words = RecallChange(harm_zh="可能损害肝脏", remedy_zh="原购买处退货")
        done = self.life.tries(
            self.decider(told), lambda visit: recalls.change_recall(visit, told.id, words) and None,
            ("recall.changed",), "change",
        )  # fmt: skip
        assert done
        told.worded = True

    # --- those who were told ---

    def notice(self, told: Told, end: str) -> UUID:
        return next(
            row.id for row in notices(self.life.engine)
            if (row.recall, row.end) == (told.id, self.market.end(end))
        )  # fmt: skip

    def some_notice(self, data: st.DataObject) -> tuple[Told, str] | None:
        found = [(one, end) for one in self.life.recalls.values() for end in sorted(one.notices)]
        return data.draw(st.sampled_from(found)) if found else None

    @rule(data=st.data(), stopped=st.booleans(), rightly=st.sampled_from((True, True, True, False)))
    def answer(self, data: st.DataObject, stopped: bool, rightly: bool) -> None:
        """With an account, or by a link: of these only those that no letter sent anew has ended."""
        there = self.some_notice(data)
        if there is None:
            return
        told, end = there
        notice, id_ = told.notices[end], self.notice(told, end)
        said = self.amounts(data, notice.goods)
        lines = [NewAnswerLine(batch_id=batch, unit="kg", **row) for batch, row in said.items()]  # type: ignore[arg-type]
        new = NewAnswer(name="王店长", stop_sale=stopped, lines=lines)
        if end in FIRMS:
            lawful = sorted(who for who, firm in FIRM_OF.items() if firm == end) if not told.drill else []
            who = data.draw(st.sampled_from(lawful if rightly and lawful else EVERYBODY))
            done = self.life.tries(
                who, lambda visit: self.as_party(visit, id_, new), ("notice.answered",), "answer"
            )
            expected = who in lawful
        else:
            secrets = [secret for secret, whose in self.all_links().items() if whose == id_]
            if not secrets:
                return
            secret = data.draw(st.sampled_from(secrets))
            done = self.life.tries(
                "public",
                lambda visit: self.by_link(visit, secret, new),
                ("notice.answered",),
                "answer by link",
            )
            expected = secret not in self.life.links
        assert (done is not None) == expected, self.life.refused
        if expected:
            notice.said, notice.state = said, judged(notice, said, stopped=stopped)

    def amounts(self, data: st.DataObject, goods: dict[UUID, int]) -> dict[UUID, dict[str, int]]:
        said: dict[UUID, dict[str, int]] = {}
        for batch in pick(data).some(self.books.order(goods)):
            left = goods[batch] + data.draw(st.sampled_from((0, 0, 0, 2)))
            said[batch] = {}
            for name in pick(data).some(AMOUNTS, 4):
                said[batch][name] = data.draw(st.integers(0, left))
                left -= said[batch][name]
            if data.draw(st.booleans()):
                said[batch]["sold"] = said[batch].get("sold", 0) + left
        return said

    @staticmethod
    def as_party(visit: Visit, notice_id: UUID, new: NewAnswer) -> None:
        answering.answer_own(visit, answering.find_own_notice(visit, notice_id), new)

    @staticmethod
    def by_link(visit: Visit, secret: str, new: NewAnswer) -> None:
        answering.answer(visit, answering.find_by_link(visit, secret), new)

    def all_links(self) -> dict[str, UUID]:
        """All links that ever went to a customer, those that ended too, by the notice that they open or opened."""
        return links(self.life.engine) | self.life.handed

    @rule(data=st.data(), rightly=st.sampled_from((True, True, True, False)))
    def forward(self, data: st.DataObject, rightly: bool) -> None:
        """Whoever was told passes it on to its own customers."""
        found = [
            (one, end) for one in self.life.recalls.values() for end in sorted(one.notices) if end in FIRMS
        ]
        if not found:
            return
        told, end = data.draw(st.sampled_from(found))
        lawful = sorted(who for who, firm in FIRM_OF.items() if firm == end) if not told.drill else []
        who = data.draw(st.sampled_from(lawful if rightly and lawful else EVERYBODY))
        notice, id_ = told.notices[end], self.notice(told, end)
        got = self.books.sent_to(end, notice.goods)
        wanted = {to: row for to, row in got.items() if to not in (told.firm, end)}

        def do(visit: Visit) -> int:
            own = answering.find_own_notice(visit, id_)
            keys = [self.market.end(to) for to in wanted]
            return len(forwarding.forward_own(visit, own, keys, []).notices)

        fresh = sum(to not in told.notices for to in wanted)
        count = self.life.tries(who, do, ("notice.forwarded",) if wanted else (), "forward", quiet=not wanted)
        assert (count is not None) == (who in lawful), self.life.refused
        if count is not None:
            assert count == fresh
            for to, row in wanted.items():
                told.add(to, row, notice.tier + 1, end)

    @precondition(lambda self: self.life.recalls)
    @rule(data=st.data(), number=st.integers(1, 3))
    def time_passes(self, data: st.DataObject, number: int) -> None:
        """Whoever has not answered is reminded, and whoever the books know by now is told."""
        told = self.told(data)
        over = not told.public or told.stage == "closed"
        called = () if over else ("recall.reminded",)
        said = self.life.tries(
            "public", lambda visit: delivering.remind(visit, told.id, number), called, "remind", quiet=over
        )
        assert (said == "no longer needed") == over
        if not over:
            told.tell(self.books, told.chosen)

    # --- what holds at any moment ---

    @invariant()
    def all_is_as_it_must_be(self) -> None:
        if not hasattr(self, "life"):
            return
        STEPS["steps"] += 1
        looks.look(self.life)

    def teardown(self) -> None:
        if hasattr(self, "life"):
            STEPS.update(self.life.done)
            looks.look_at_the_end(self.life)


STEPS: Counter[str] = Counter()  # of all examples: how many, and what was carried out


def test_whatever_a_market_does_its_recalls_hold(
    databases: Databases,
    cast: World,
    rounds: Rounds,
    random: Random,
    record_property: Callable[[str, object], None],
) -> None:
    market, template = Market(**vars(deepcopy(cast))), databases.make("world")
    open_market(market, template)
    opened = connect(template)
    actors, books = actors_of(opened, market), Books()
    Life(opened, market, actors, books).begin()
    opened.dispose()
    url = databases.create(template)
    engine = connect(url)  # one for all: what it learnt of the statements stays

    def begin(_: Pursuit) -> Life:
        engine.dispose()
        databases.renew(url, template)
        return Life(engine, market, actors, deepcopy(books))

    machine = type("Pursuit", (Pursuit,), {"begin_life": begin})
    STEPS.clear()
    run_state_machine_as_test(
        seed(random.getrandbits(32))(machine),
        settings=settings(
            max_examples=rounds(4, 300), stateful_step_count=rounds(25, 40), deadline=None, database=None, phases=(Phase.generate,),
            suppress_health_check=list(HealthCheck),
        ),
    )  # fmt: skip
    engine.dispose()
    for name, count in sorted(STEPS.items()):
        record_property(name, count)
    assert STEPS["steps"] > 0
