"""Those who were told of a recall: they answer, pass it on, are reminded; each only in their own name."""

from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from market.books import Books
from market.deeds import pick
from market.life import Life
from market.people import EVERYBODY, FIRM_OF, FIRMS, Market
from market.store import links, notices
from market.told import Told, judged
from tracelot.operations import answering, delivering, forwarding
from tracelot.operations.visit import Visit
from tracelot.records.consignees import NewAnswer, NewAnswerLine

AMOUNTS = ("on_hand", "sold", "returned", "destroyed")


class Hearing(RuleBasedStateMachine):
    """The half of the market's recalls that happens at its customers; `life` is what must be true."""

    life: Life
    books: Books
    market: Market

    def told(self, data: st.DataObject) -> Told:
        return data.draw(st.sampled_from(list(self.life.recalls.values())))

    def notice(self, told: Told, end: str) -> UUID:
        return next(
            row.id for row in notices(self.life.engine)
            if (row.recall, row.end) == (told.id, self.market.end(end))
        )  # fmt: skip

    def some_notice(self, data: st.DataObject) -> tuple[Told, str] | None:
        found = [(one, end) for one in self.life.recalls.values() for end in sorted(one.notices)]
        return data.draw(st.sampled_from(found)) if found else None

    @precondition(lambda self: self.life.recalls)
    @rule(data=st.data(), what=st.sampled_from(("answer", "answer", "answer", "forward", "time")),
          stopped=st.booleans(), rightly=st.sampled_from((True, True, True, False)))  # fmt: skip
    def hear(self, data: st.DataObject, what: str, stopped: bool, rightly: bool) -> None:
        if what == "answer":
            self.answer(data, stopped=stopped, rightly=rightly)
        elif what == "forward":
            self.forward(data, rightly=rightly)
        else:
            self.time_passes(data)

    def answer(self, data: st.DataObject, *, stopped: bool, rightly: bool) -> None:
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
        expected = expected and told.state != "withdrawn"
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

    def forward(self, data: st.DataObject, *, rightly: bool) -> None:
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
        assert (count is not None) == (who in lawful and told.state != "withdrawn"), self.life.refused
        if count is not None:
            assert count == fresh
            for to, row in wanted.items():
                told.add(to, row, notice.tier + 1, end)

    def time_passes(self, data: st.DataObject) -> None:
        """Whoever has not answered is reminded, and whoever the books know by now is told."""
        told, number = self.told(data), data.draw(st.integers(1, 3))
        over = not told.public or told.stage == "closed"
        called = () if over else ("recall.reminded",)
        said = self.life.tries(
            "public", lambda visit: delivering.remind(visit, told.id, number), called, "remind", quiet=over
        )
        assert (said == "no longer needed") == over
        if not over:
            told.tell(self.books, told.chosen)
