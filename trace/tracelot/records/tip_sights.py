"""Who sees what of a report: the office that handles it, those above, and those that had a part in it; no firm ever."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import false, literal
from sqlalchemy import select as core_select
from sqlmodel import SQLModel, col

from tracelot.records.responsible import Responsible
from tracelot.records.sights import Condition, Sight, any_of, owned, parties_inside, table
from tracelot.records.tips import Tip, TipContact, TipNote, TipPhoto, TipShare


def _tip_of(tip: Any, sight: Sight) -> Condition:
    """An office sees what it handles, what offices of its territory handle, and what it had in its hands before."""
    if sight.party_id is None:
        return false()
    note, mine, inside = table(TipNote).c, literal(sight.party_id), parties_inside(sight)
    part = core_select(note.tip_id).where((note.party_id == mine) | (note.to_party_id == mine))
    return any_of(
        tip.party_id == mine, None if inside is None else tip.party_id.in_(inside), tip.id.in_(part)
    )


def _of_tip(model: Any) -> Callable[[Sight], Condition]:
    tip = table(Tip)
    return lambda sight: col(model.tip_id).in_(core_select(tip.c.id).where(_tip_of(tip.c, sight)))


def _share(sight: Sight) -> Condition:
    """The firm that was told, the offices over it, and the office that told it."""
    told_by = None if sight.party_id is None else col(TipShare.office_id) == literal(sight.party_id)
    return any_of(owned(TipShare, sight), told_by)


TIP_RULES: dict[type[SQLModel], Callable[[Sight], Condition]] = {
    Tip: lambda sight: _tip_of(Tip, sight),
    TipContact: lambda _: false(),
    TipNote: _of_tip(TipNote),
    TipPhoto: _of_tip(TipPhoto),
    TipShare: _share,
    Responsible: lambda sight: owned(Responsible, sight),
}
