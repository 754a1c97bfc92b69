"""A market does whatever it likes with its goods and recalls: no law is broken, nothing lost, nobody betrayed."""

from collections import Counter
from collections.abc import Callable
from copy import deepcopy
from random import Random
from uuid import UUID

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
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
from market.hearing import Hearing
from market.life import Life, actors_of
from market.people import DECIDING, EVERYBODY, FIRM_OF, FIRMS, HAND, MAKERS, OVER, Market, open_market
from market.told import Told
from pursued import order
from tracelot.operations import ordering, recalls, rescoping
from tracelot.operations.visit import Visit
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
ADDING = ("ask for time", "grant time", "draw")
AFTER = {"hand in plan": ["accept_plan", "change_plan"], "ask for time": ["grant time", "refuse time"],
         "draw": ["check"], "announce": ["dispose of", "witness"]}  # fmt: skip
NEXT_DEED = {"recovering": "move dispose", "disposing": "move complete", "completed": "report final",
             "reported": "evaluate", "evaluated": "close"}  # fmt: skip


def named(recall: Recall) -> tuple[UUID, str]:
    return recall.id, recall.code


class Pursuit(Hearing):
    """Goods, recalls and drills of them, and all that anybody may try with them; `life` is what must be true."""

    begin_life: Callable[[], Life]

    @initialize(
        data=st.data(),
        maker=st.sampled_from(MAKERS),
        how=st.sampled_from(("draft", "drill", "out", "sold", "both")),
    )
    def begin(self, data: st.DataObject, maker: str, how: str) -> None:
        self.life = self.begin_life()
        self.books, self.market = self.life.books, self.life.market
        if how != "sold":
            self.open(data, maker, min(DECIDING[maker]), drill=how == "drill")
        if how in ("sold", "both"):
            seller = data.draw(st.sampled_from(FIRMS))
            self.resell(data, seller, HAND[seller])
            for whose in sorted(list(self.life.recalls.values())[-1].whole):
                self.life.ship(
                    whose, self.life.produce(whose, 9), seller, 5
                )  # it joins what is still a draft
        for told in self.life.recalls.values() if how != "draft" else ():
            self.next_step(data, told)

    # --- goods ---

    @rule(data=st.data(), happened=st.booleans(),
          act=st.sampled_from((*3 * ("clear",), "combine", "produce", "ship", "sell", "seal", "seal")))  # fmt: skip
    def trade(self, data: st.DataObject, act: str, happened: bool) -> None:
        if act == "clear":
            self.clear(data, back=happened)
            return
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

    def clear(self, data: st.DataObject, *, back: bool) -> None:
        """What is on the way comes; what is set apart goes back to its maker or is destroyed."""
        there = [*self.books.way, *self.books.holders(apart=True)]
        if not there:
            return
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

    @precondition(lambda self: len(self.life.recalls) < MOST_RECALLS)
    @rule(data=st.data(), how=st.sampled_from(("recall", "order", "drill", "sell", "sell")),
          rightly=st.sampled_from((True, True, False)))  # fmt: skip
    def another(self, data: st.DataObject, how: str, rightly: bool) -> None:
        maker = data.draw(st.sampled_from(FIRMS if how in ("sell", "order") else MAKERS))
        lawful = OVER[maker] if how == "order" else DECIDING[maker]
        who = data.draw(st.sampled_from(sorted(lawful) if rightly else EVERYBODY))
        if how == "sell":
            self.resell(data, maker, who)
        elif how == "order":
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
        firm = FIRM_OF.get(who, "")
        fit = firm == maker or (drill and begun <= self.books.bought(firm))  # bought goods are drilled, too
        assert (found is not None) == (who in DECIDING.get(firm, ()) and fit)
        if found:
            self.life.recalls[found[0]] = Told(*found, firm, drill, follow, begun)
            self.life.settle(self.life.recalls[found[0]])

    def resell(self, data: st.DataObject, seller: str, who: str) -> None:
        """A seller recalls what it bought; somebody else may only if the same goods came to their firm, too."""
        begun = set(pick(data).some(self.books.order(self.books.bought(seller)), 2))
        follow, wide = data.draw(st.booleans()), who in DECIDING[seller] and data.draw(st.booleans())
        makers = [one for one in MAKERS if one in {self.books.maker[batch] for batch in begun}]
        begun |= {one for one in self.books.bought(seller) if wide and self.books.maker[one] in makers}
        spans: list[dict[str, object]] = []
        for maker in makers:
            codes = [
                self.books.code[one] for one in self.books.order(begun) if self.books.maker[one] == maker
            ]
            spans.append(
                {"product_id": self.market.goods[maker]} | ({"whole": True} if wide else {"codes": codes})
            )
        cause = data.draw(st.sampled_from(("own", "maker_gone")))
        new = new_recall(UUID(int=0), follow=follow, seller_cause=cause, ranges=spans)
        found = self.life.tries(
            who, lambda visit: named(recalls.open_recall(visit, new)), ("recall.opened",), "open seller's"
        )
        firm = FIRM_OF.get(who, "")
        assert (found is not None) == (who in DECIDING.get(firm, ()) and begun <= self.books.bought(firm))
        if found:
            told = Told(*found, firm, drill=False, follow=follow, begun=begun, sells=True)
            told.whole = set(makers) if wide else set()
            self.life.recalls[told.id] = told
            self.life.settle(told)

    def order(self, data: st.DataObject, firm: str, who: str) -> None:
        """An office orders what the firm made, or as its seller what came to it."""
        made = {one for one, whose in self.books.maker.items() if whose == firm}
        batch = data.draw(st.sampled_from(self.books.order(made | self.books.bought(firm))))
        sells = self.books.maker[batch] != firm
        span = {"product_id": self.market.goods[self.books.maker[batch]], "codes": [self.books.code[batch]]}
        cause = "maker_gone" if sells else None
        new = order(self.market, party_id=self.market.parties[firm], ranges=[span], seller_cause=cause)
        found = self.life.tries(
            who, lambda visit: named(ordering.order_recall(visit, new)), ("office.order-recall",), "order"
        )
        assert (found is not None) == (who in OVER[firm])
        if found:
            told = Told(*found, firm, drill=False, follow=False, begun={batch}, ordered=True, sells=sells)
            told.worded = False
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

        done = self.life.tries(who, do, (CALLED[what],), what, about=told)
        fresh = set(batches) - told.chosen
        if what == "widen" and told.state == "published" and who in lawful and not late and fresh:
            lies_open = told.stage != "closed"
            assert (done is not None) == (lies_open and set(batches) <= told.may_name(self.books))
        if done:
            assert not late
            assert who in lawful
            assert not told.ordered or what not in ("leave_out", "narrow") or not told.begun & set(batches)
            assert told.state == ("published" if what in ("widen", "narrow") else "draft")
            self.chosen(told, what, set(batches))

    def chosen(self, told: Told, what: str, batches: set[UUID]) -> None:
        if what == "follow":
            told.follow, told.added = not told.follow, set()
        elif what in ("leave_out", "narrow"):
            told.spared |= batches
        else:
            told.spared -= batches
        if what in ("take_in", "widen"):
            told.added |= batches
        if told.state == "draft":
            self.life.settle(told)
        elif what == "widen":
            new = batches - told.chosen
            told.chosen |= batches
            told.tell(self.books, new)
        else:
            told.chosen -= batches
            self.life.held |= batches - self.life.recalled if told.public and not told.sells else set()

    # --- the work on it ---

    @precondition(lambda self: self.life.recalls)
    @rule(
        data=st.data(),
        late=st.sampled_from((0, 0, 0, 0, 1)),
        rightly=st.sampled_from((True, True, True, False)),
    )
    def act(self, data: st.DataObject, late: int, rightly: bool) -> None:
        """Anybody tries anything; mostly something that may be possible now, and is theirs."""
        told = self.told(data)
        names = 3 * told.todo + [name for name, deed in DEEDS.items() if told.state in deed.states]
        name = data.draw(st.sampled_from(names if rightly and names else list(DEEDS)))
        lawful = [who for who in EVERYBODY if told.may(DEEDS[name].whose, who)]
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

        done = self.life.tries(who, do, deed.called, name, about=told)
        if done is None:
            return False
        assert not late or name in WITHOUT_VERSION or name in ("check", "dispose of", "witness")
        assert told.may(deed.whose, who), f"{who} did {name}"
        assert told.stage != "closed" or name not in ADDING
        row = self.life.seen.recalls[told.id]
        told.stage, told.state = row.stage, row.state
        told.planned |= name == "hand in plan"
        told.todo += AFTER.get(name, [])
        assert name not in ("cancel", "withdraw") or not told.ordered
        assert name != "take back" or told.ordered
        assert name not in ("withdraw", "take back") or not told.drill
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
        told.begun |= {one for one in self.books.bought(told.firm) if self.books.maker[one] in told.whole}
        if told.follow:
            least = self.books.became(told.named, told.firm) & told.may_name(self.books)
            assert self.life.seen.named[told.id] >= least - told.spared
        self.life.settle(told)
        told.tell(self.books, told.chosen)

    def destroyed(self, told: Told, end: str, batch: UUID, amount: int) -> None:
        """On the spot, before a witness."""
        [name] = [one for one in told.notices if self.market.end(one) == end]
        told.destroyed[name, batch] = told.destroyed.get((name, batch), 0) + amount

    @precondition(
        lambda self: any(one.state not in ("cancelled", "withdrawn") for one in self.life.recalls.values())
    )
    @rule(data=st.data(), steps=st.integers(1, 3))
    def go_on(self, data: st.DataObject, steps: int) -> None:
        """The next steps by whose they are: they are never refused."""
        told = self.told(data)
        for _ in range(steps):
            self.next_step(data, told)

    def next_step(self, data: st.DataObject, told: Told) -> None:
        if told.stage == "closed" or told.state in ("cancelled", "withdrawn") or not told.chosen:
            return
        if not told.worded:
            self.say_all(told)
        name = "publish" if told.state == "draft" else NEXT_DEED[told.stage]
        if told.drill and name in ("evaluate", "close"):
            name = f"move {name}"
        who = "city" if name in ("evaluate", "close") else HAND[told.firm]
        assert self.do(data, name, told, who), (name, told.stage, self.life.refused)

    def say_all(self, told: Told) -> None:
        """What an office ordered lacks the words that a notice needs."""
        words = RecallChange(harm_zh="可能损害肝脏", remedy_zh="原购买处退货")
        done = self.life.tries(
            HAND[told.firm], lambda visit: recalls.change_recall(visit, told.id, words) and None,
            ("recall.changed",), "change",
        )  # fmt: skip
        assert done
        told.worded = True

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
            max_examples=rounds(3, 300), stateful_step_count=rounds(20, 40), deadline=None, database=None,
            phases=(Phase.generate,),  # a life is long to shorten, and `--seed` repeats it
            suppress_health_check=list(HealthCheck),
        ),
    )  # fmt: skip
    engine.dispose()
    for name, count in sorted(STEPS.items()):
        record_property(name, count)
    assert STEPS["steps"] > 0
