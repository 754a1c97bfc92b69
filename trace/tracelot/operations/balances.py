"""The balance of a batch: how much there was, what became of it, and what each of its lines made of what."""

from dataclasses import replace
from uuid import UUID

from tracelot.operations.beginning import demand_known
from tracelot.operations.engines import Frontier
from tracelot.operations.naming import Names
from tracelot.operations.tracing import gap_views, own_places, remember, shelf_of, unit_of
from tracelot.operations.visit import Visit
from tracelot.records.traces import BalanceView, LineBalanceView, YieldView
from tracelot.rules.accounting import account, share
from tracelot.rules.balancing import Balance, hands_of, mass_balance
from tracelot.rules.gaps import gaps, gaps_at
from tracelot.rules.ledgers import ZERO, Ledger
from tracelot.rules.questions import Question, Start, Traced


def balance(visit: Visit, batch_id: UUID) -> BalanceView:
    """What the caller may know of a batch, in sums. Of what others did with it nobody is told: they may say so."""
    visit.demand("trace.read")
    demand_known(visit, [batch_id])
    question = Question(Start(batches=(str(batch_id),)), depth=1)
    traced = Frontier(shelf_of(visit)).ask(question)
    places = {stock.place for stock in traced.stocks}
    remember(visit, traced.ledger, {stock.batch for stock in traced.starts}, places)
    return _view(visit, str(batch_id), traced)


def _view(visit: Visit, batch: str, traced: Traced) -> BalanceView:
    ledger, hands = traced.ledger, hands_of(traced.ledger)
    lines = list(_lines(ledger, batch))
    batches = {batch, *(made for one, _ in lines for made, _ in one.yields)}
    places = {place for one in batches for place in ledger.places.get(one, ())}
    names = Names(visit, ledger, batches, places)
    told = account(hands, batch, own_places(visit, ledger, {stock.batch for stock in traced.starts}))
    if told.produced == ZERO:  # made by somebody else: what there was is what came
        told = replace(told, introduced=told.came_back)
    stocks = frozenset(stock for stock in ledger.stocks if stock.batch == batch)
    return BalanceView(
        batch=names.batch(batch), unit=unit_of(hands, batch), produced=told.produced, introduced=told.introduced,
        found=told.found, total=told.total, ended=dict(told.ended), stock=told.stock, returned=told.returned,
        confirmed=told.confirmed, shipped=told.shipped, came_back=told.came_back, recovered=told.recovered,
        accounted=told.accounted, recovered_share=share(told.recovered, told.total),
        accounted_share=share(told.accounted, told.total),
        lines=[_line(names, one, act) for one, act in lines],
        gaps=gap_views(names, gaps_at(gaps(ledger), stocks)), complete=traced.complete,
    )  # fmt: skip


def _lines(ledger: Ledger, batch: str) -> list[tuple[Balance, str]]:
    """The lines that made a batch or made something of it; one that only moves it has nothing to balance."""
    return [
        (one, postings[0].act)
        for hub, postings in ledger.hubs.items()
        if any(posting.batch == batch for posting in postings)
        and (len({posting.batch for posting in postings}) > 1 or postings[0].act == "transform")
        for one in mass_balance(ledger, hub)
    ]


def _line(names: Names, one: Balance, act: str) -> LineBalanceView:
    return LineBalanceView(
        event_id=UUID(one.hub.event), line=one.hub.line, act=act, unit=one.unit, taken=one.taken, put=one.put,
        lost=one.lost, unexplained=one.unexplained,
        yields=[
            YieldView(batch_id=names.ids(made)["batch_id"], code=names.batch(made).code, share=part)
            for made, part in one.yields
        ],
    )  # fmt: skip
