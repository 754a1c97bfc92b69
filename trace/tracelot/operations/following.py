"""Saved searches of the register: kept under a name, each with an Atom feed at a secret address of its own."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from datetime import date
from typing import Any
from uuid import UUID

from tracelot.operations.passwords import digest, new_secret
from tracelot.operations.recalls import newest_change
from tracelot.operations.visit import Visit
from tracelot.records.following import (
    NewSearch,
    SavedSearch,
    find_search_by_feed,
    list_searches,
)
from tracelot.records.recall_search import RecallFilter
from tracelot.rules.ids import new_id
from tracelot.rules.refusals import Conflict, Unknown

MOST_SEARCHES = 50
DATES = frozenset({"published_from", "published_to"})


def written_filter(asked: RecallFilter) -> dict[str, Any]:
    """A filter as JSON."""
    said = {name: value for name, value in asdict(asked).items() if value not in (None, ())}
    return {name: value if isinstance(value, int | list) else str(value) for name, value in said.items()}


def read_filter(kept: Mapping[str, Any]) -> RecallFilter:
    """A filter as `written_filter` wrote it."""
    names = {field.name for field in fields(RecallFilter)}
    given = {name: value for name, value in kept.items() if name in names}
    for name in DATES & given.keys():
        given[name] = date.fromisoformat(given[name])
    if "party_id" in given:
        given["party_id"] = UUID(given["party_id"])
    if "territory" in given:
        given["territory"] = tuple(given["territory"])
    if given.get("state") == "published":  # as a search was kept before a recall could be withdrawn
        given = {name: value for name, value in given.items() if name != "state"} | {"public": True}
    return RecallFilter(**given)


def searches(visit: Visit) -> Sequence[SavedSearch]:
    """The saved searches of the person."""
    visit.demand("search.save")
    return list_searches(visit.session, person(visit)[0])


def person(visit: Visit) -> tuple[UUID, UUID]:
    """The account that acts, and its party."""
    if visit.actor.id is None or visit.actor.party_id is None:
        raise Unknown("unknown-party", "This account belongs to no party.")
    return visit.actor.id, visit.actor.party_id


def own_search(visit: Visit, search_id: UUID) -> SavedSearch:
    """A search of the person; nobody else's, whoever works for the same party."""
    visit.demand("search.save")
    search = visit.session.get(SavedSearch, search_id)
    if search is None or search.account_id != visit.actor.id:
        raise Unknown("unknown-search", "No such saved search.")
    return search


def save_search(
    visit: Visit, new: NewSearch, asked_fields: Mapping[str, str], asked: RecallFilter
) -> SavedSearch:
    """Keep a filter of the register; what changes from now on is told."""
    visit.demand("search.save")
    if len(searches(visit)) >= MOST_SEARCHES:
        raise Conflict("too-many-searches", "You have 50 saved searches: remove one first.")
    here = newest_change(visit)
    account_id, party_id = person(visit)
    search = SavedSearch(
        **new.model_dump(),
        id=new_id(),
        party_id=party_id,
        account_id=account_id,
        fields=dict(asked_fields),
        asked=written_filter(asked),
        position=here,
        mailed=here,
        recorded_at=visit.now,
    )
    visit.session.add(search)
    visit.session.flush()
    return search


def change_search(visit: Visit, search_id: UUID, change: NewSearch) -> SavedSearch:
    """Call it otherwise, or be told on other ways. Mail that begins again tells of what changes from now on."""
    search = own_search(visit, search_id)
    if search.mail == "never" and change.mail != "never":
        search.mailed = newest_change(visit)
    for name, value in change.model_dump().items():
        setattr(search, name, value)
    visit.session.add(search)
    visit.session.flush()
    return search


def remove_search(visit: Visit, search_id: UUID) -> None:
    """Forget a search; its feed ends."""
    visit.session.delete(own_search(visit, search_id))
    visit.session.flush()


def renew_feed(visit: Visit, search_id: UUID) -> str:
    """A new secret address for the feed of a search; the old one leads nowhere from now on."""
    search = own_search(visit, search_id)
    secret = new_secret()
    search.digest = digest(secret)
    visit.session.add(search)
    visit.session.flush()
    return f"{visit.place.public_url}/feeds/{secret}"


def revoke_feed(visit: Visit, search_id: UUID) -> None:
    search = own_search(visit, search_id)
    search.digest = None
    visit.session.add(search)
    visit.session.flush()


def search_of_feed(visit: Visit, secret: str) -> tuple[SavedSearch, RecallFilter]:
    """The search behind a secret address, and what it asks for."""
    visit.demand("recall.query")
    search = find_search_by_feed(visit.kernel(), digest(secret))
    if search is None:
        raise Unknown("unknown-feed", "No feed is at this address, or no longer.")
    return search, read_filter(search.asked)
