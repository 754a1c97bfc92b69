"""Who reads the journal: a party its own entries, and its offices those that are about what they may see.

An office reads what a firm did to its goods and to itself. Of a recall it reads what is about one that it sees, so
that no draft and no drill shows by what was written about it. An act that is named nowhere here shows to no office.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from sqlalchemy import false, literal, or_
from sqlalchemy import select as core_select
from sqlmodel import SQLModel, col

from tracelot.records.consignees import RecallNotice
from tracelot.records.contacts import Contact
from tracelot.records.effectiveness import Disposal, EffectivenessCheck, EffectivenessSample
from tracelot.records.facilities import Facility
from tracelot.records.journal import JournalEntry
from tracelot.records.personal import PersonalValue
from tracelot.records.proceedings import RecallPlan, RecallReport, RegulatorAction
from tracelot.records.recall_sights import RECALL_RULES
from tracelot.records.recalls import Recall
from tracelot.records.sights import Condition, Sight, any_of, owned, parties_inside, table
from tracelot.records.signatures import Signature

OPENLY = ("batch", "books", "contact", "event", "facility", "party", "product", "shipment")
OF_RECALLS: tuple[type[SQLModel], ...] = (
    Recall, RecallNotice, RecallPlan, RecallReport, RegulatorAction, Disposal, EffectivenessCheck,
    EffectivenessSample,
)  # fmt: skip


def _about_seen(subject: Any, sight: Sight) -> Iterable[Condition]:
    """The subject is a recall, or a part of one, that the office sees."""
    office = replace(sight, party_id=None, published=False)
    for model in OF_RECALLS:
        yield subject.in_(core_select(table(model).c.id).where(RECALL_RULES[model](office)))


def _watched(model: Any, sight: Sight, *others: Condition) -> Condition:
    """A party's own rows; of parties inside the territory those about a recall that is seen, or as `others` say."""
    own = None if sight.party_id is None else col(model.party_id) == literal(sight.party_id)
    inside = parties_inside(sight)
    if inside is None:
        return any_of(own)
    about = or_(false(), *others, *_about_seen(col(model.subject_id), sight))
    return any_of(own, col(model.party_id).in_(inside) & about)


def _by_act(model: Any) -> Callable[[Sight], Condition]:
    acts = (col(model.act).like(f"{noun}.%") for noun in OPENLY)
    openly = or_(*acts)
    return lambda sight: _watched(model, sight, openly)


def _personal(sight: Sight) -> Condition:
    inside = parties_inside(sight)
    kept = (core_select(table(one).c.id).where(owned(one, sight)) for one in (Facility, Contact))
    subject = col(PersonalValue.subject_id)
    others = [] if inside is None else [subject.in_(inside), *(subject.in_(one) for one in kept)]
    return _watched(PersonalValue, sight, *others)


JOURNAL_RULES: dict[type[SQLModel], Callable[[Sight], Condition]] = {
    JournalEntry: _by_act(JournalEntry),
    Signature: _by_act(Signature),
    PersonalValue: _personal,
}
