"""The lines of a recall's scope: every batch that the trace reaches, by name and amount, and whose it is to recall."""

from collections.abc import Collection, Iterable
from decimal import Decimal
from functools import lru_cache
from uuid import UUID

from tracelot.operations.naming import Names
from tracelot.operations.recallable import bought, nameable
from tracelot.operations.recalling import Whose
from tracelot.operations.tracing import CERTAINTIES, own_places, unit_of
from tracelot.operations.visit import Visit
from tracelot.records.facts import pool_id
from tracelot.records.recalls import RecallBatch
from tracelot.records.scopes import RecallScopeLine
from tracelot.records.traces import EndView
from tracelot.rules.balancing import hands_of
from tracelot.rules.places import pooled_product
from tracelot.rules.proposing import Amounts, Proposed, Sent, proposal
from tracelot.rules.quantities import plain
from tracelot.rules.questions import Traced


def lines_of(
    visit: Visit, recall: Whose, traced: Traced, named: Collection[str], held: Iterable[RecallBatch]
) -> list[RecallScopeLine]:
    """What the trace proposes, as lines on which nobody has decided yet; `held` names codes that nobody registered."""
    hands = hands_of(traced.ledger)
    reached = {one.batch for answer in traced.answers for one in answer.reached} | set(named)
    others = bought(visit, recall, reached)
    found = proposal(traced, hands, named, own_places(visit, traced.ledger, ()), others)
    ends = {sent.end for one in found for sent in one.amounts.consignees}
    names = Names(visit, traced.ledger, {one.batch for one in found}, ends)
    mine = nameable(visit, recall, [one.batch for one in found])
    said = {str(line.batch_id): line for line in held}
    lines = []
    for one in found:
        line = _line(names, recall, one, said.get(one.batch))
        line.verdict = "open" if one.batch in mine or not line.registered else "others"
        line.amounts = _told(names, one.amounts, unit_of(hands, one.batch))
        if one.batch in others:
            line.amounts["bought"] = True
        lines.append(line)
    return lines


def _line(names: Names, recall: Whose, one: Proposed, said: RecallBatch | None) -> RecallScopeLine:
    product = pooled_product(one.batch)
    told = names.batch(one.batch)
    unregistered = said is not None and told.id is None
    firm = told.firm if told.firm and told.firm.id != recall.party_id else None
    return RecallScopeLine(
        recall_id=recall.id,
        version=0,
        batch_id=pool_id(UUID(product)) if product else UUID(one.batch),
        party_id=recall.party_id,
        product_id=said.product_id if said else told.product_id,
        code=said.code if said else told.code or "",
        product_zh=told.product_zh,
        product_en=told.product_en,
        firm_zh=firm.name_zh if firm else None,
        firm_en=firm.name_en if firm else None,
        registered=not unregistered,
        named=one.named,
        distance=one.distance,
        certainty=CERTAINTIES[one.certainty],
        verdict="open",
        amounts={},
    )


def _told(names: Names, amounts: Amounts, unit: str | None) -> dict[str, object]:
    return {
        "unit": unit,
        "made": _plain(amounts.made),
        "on_hand": _plain(amounts.on_hand),
        "on_way": _plain(amounts.on_way),
        "used": _plain(amounts.used),
        "sold": _plain(amounts.sold),
        "consignees": [_sent(names.end(one.end), one) for one in amounts.consignees],
    }


def _sent(end: EndView, one: Sent) -> dict[str, object]:
    """As `SentView` is written as JSON: of ten thousand consignees, making each one would take half of the time."""
    return {
        "kind": end.kind,
        "id": str(end.id) if end.id else None,
        "name_zh": end.name_zh,
        "name_en": end.name_en,
        "party_zh": end.party_zh,
        "party_en": end.party_en,
        "sent": _plain(one.sent),
        "on_way": _plain(one.on_way),
    }


@lru_cache(maxsize=1000)
def _plain(quantity: Decimal | None) -> str | None:
    """The same amount is written in one way only, so that a digest can be computed again."""
    return None if quantity is None else plain(quantity)
