"""What a session may see, and the conditions of which the rules of sight are made."""

from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, false, literal, or_
from sqlalchemy import select as core_select
from sqlmodel import SQLModel, col

from tracelot.records.parties import Party
from tracelot.rules.access import Actor

Condition = ColumnElement[bool]


@dataclass(frozen=True)
class Sight:
    """What a session may see.

    A party's own rows, those of parties inside a territory, what is published, the register of parties and
    people, or (for the kernel's own work) everything.
    """

    party_id: UUID | None = None
    territory: tuple[str, ...] = ()
    published: bool = False
    registry: bool = False
    everything: bool = False


PUBLIC = Sight(published=True)
EVERYTHING = Sight(everything=True)


def sight_of(actor: Actor) -> Sight:
    """What an actor sees by role; what is published is added where an operation asks for it."""
    if actor.role == "site":
        return Sight(registry=True)
    if actor.party_id is None:
        return PUBLIC
    return Sight(actor.party_id, actor.territory if actor.regulator and actor.verified else ())


def with_published(sight: Sight) -> Sight:
    return replace(sight, published=True)


def table(model: type[SQLModel]) -> Any:
    return getattr(model, "__table__")  # noqa: B009  (SQLModel does not declare it)


def parties_inside(sight: Sight) -> Select[tuple[UUID]] | None:
    """The parties inside the territory."""
    if not sight.territory:
        return None
    party = table(Party)
    return core_select(party.c.id).where(
        or_(*(party.c.region_code.like(f"{area}%") for area in sight.territory))
    )


def any_of(*conditions: Condition | None) -> Condition:
    return or_(false(), *(condition for condition in conditions if condition is not None))


def owned(model: Any, sight: Sight, published: Condition | None = None) -> Condition:
    """A party's own rows, those of parties in the territory, and those that are published."""
    inside = parties_inside(sight)
    return any_of(
        None if sight.party_id is None else col(model.party_id) == literal(sight.party_id),
        None if inside is None else col(model.party_id).in_(inside),
        published if sight.published else None,
    )
