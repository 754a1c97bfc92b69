"""Loads the demo through the operations, in the order in which it would have happened."""

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Engine
from sqlmodel import select

from tracelot.demo import story
from tracelot.demo.access import Access, Person, read_access, write_access
from tracelot.demo.supervising import Supervision
from tracelot.demo.trading import Trade
from tracelot.operations.accounts import add_operator, invite_member
from tracelot.operations.actors import actor_of
from tracelot.operations.batches import hold_batch, register_batch, void_batch
from tracelot.operations.factors import prove
from tracelot.operations.keys import issue_key
from tracelot.operations.links import use_link
from tracelot.operations.measuring import set_units
from tracelot.operations.parties import decide_party, register_facility, sign_up
from tracelot.operations.products import register_product
from tracelot.operations.recalls import open_recall, publish_recall
from tracelot.operations.sessions import SignedIn, sign_out
from tracelot.operations.visit import Place, Source, Visit
from tracelot.operations.working import visiting, writing
from tracelot.records.accounts import Account, NewAccount, NewKey, NewMember
from tracelot.records.batches import NewBatch, StatusChange
from tracelot.records.facilities import NewFacility
from tracelot.records.parties import NewParty, Party, find_claimant
from tracelot.records.products import NewProduct, ProductUnits
from tracelot.records.recalls import NewRecall
from tracelot.rules.access import PUBLIC, SCOPES, Actor
from tracelot.rules.refusals import Conflict

BEGAN = timedelta(days=75)  # how long ago the story's firms joined
PLANNED = timedelta(days=20)  # by when its firms plan to have their recalls carried out
STEP = timedelta(minutes=1)  # from act to act, where they are all told of at once
END_OF_SHIFT = time(18)
MORNING = timedelta(hours=9)
RECENT = timedelta(hours=48)
KEYS = {"zhenyang": SCOPES, "city": ("read",)}


@dataclass
class Telling:
    """The story while it is told: who and what is there already, under the names that the data uses."""

    connection: Connection
    now: datetime
    place: Place
    access: Access
    deciders: dict[str, UUID] = field(default_factory=dict)  # who decides on batches and recalls
    admins: dict[str, UUID] = field(default_factory=dict)
    makers: dict[str, str] = field(default_factory=dict)  # product: party
    products: dict[str, UUID] = field(default_factory=dict)
    facilities: dict[tuple[str, str], UUID] = field(default_factory=dict)
    parties: dict[str, UUID] = field(default_factory=dict)
    trade: Trade = field(init=False)
    supervision: Supervision = field(init=False)

    def __post_init__(self) -> None:
        self.trade = Trade(self.products, self.facilities, self.parties)
        self.supervision = Supervision(self.trade)

    @contextmanager
    def visit(self, account_id: UUID | None, ago: timedelta) -> Iterator[Visit]:
        """A visit of one of the story's people, or of the public, some time ago."""
        with visiting(self.connection, self._actor(account_id), self.now - ago, self.place) as visit:
            yield visit

    def _actor(self, account_id: UUID | None) -> Actor:
        if account_id is None:
            return PUBLIC
        with visiting(self.connection, PUBLIC, self.now, self.place) as visit:
            return actor_of(visit.kernel(), visit.kernel().get_one(Account, account_id))


def load(engine: Engine, place: Place, now: datetime, file: Path) -> Access | None:
    """Tell the story once, and keep in `file` how to get in; what was kept where it was told before.

    A store that others use is refused.
    """
    with writing(engine) as connection:
        with visiting(connection, PUBLIC, now, place) as visit:
            if find_claimant(visit.kernel(), story.FIRST_USCC):
                return read_access(file)
            if visit.kernel().exec(select(Party).limit(1)).first():
                raise Conflict(
                    "store-in-use", "This store holds parties already; the demo needs one of its own."
                )
        telling = Telling(connection, now, place, Access(secrets.token_urlsafe(12)))
        _tell(telling)
        write_access(telling.access, file)
    return telling.access


def _tell(telling: Telling) -> None:
    """All acts, the oldest first: the journal's order is the order of time."""
    parties = story.parties()
    needed = _needed(telling)
    joined = {product["key"]: _joined(told) for told in parties for product in told.get("products", ())}
    acts: list[tuple[timedelta, Callable[[timedelta], None]]] = [
        *((_joined(told), partial(_add_party, telling, told)) for told in parties),
        *(
            (min(_made(telling, told, needed), joined[told["product"]]), partial(_add_batch, telling, told))
            for told in story.batches()
        ),
        *(
            (min(_ago(telling, told["at"]), BEGAN - number * STEP), partial(_do, telling, told))
            for number, told in enumerate(story.acts(), start=1)
        ),
        *(
            (_found(telling, told, number), partial(_find, telling, told))
            for number, told in enumerate(story.findings())
        ),
        *(
            (timedelta(hours=told["opened_hours_ago"]), partial(_open_recall, telling, told))
            for told in story.recalls()
        ),
        *(
            (timedelta(hours=told["published_hours_ago"]), partial(_publish_recall, telling, told))
            for told in story.recalls()
            if told["published_hours_ago"] is not None
        ),
    ]
    _add_operator(telling)
    for ago, act in sorted(acts, key=lambda each: each[0], reverse=True):
        act(ago)
    for party, scopes in KEYS.items():
        with telling.visit(telling.admins[party], timedelta()) as visit:
            prove(visit, telling.access.password, "")
            issued = issue_key(visit, NewKey(name="demo", scopes=list(scopes)))
            telling.access.keys[visit.actor.party_en or party] = issued.key


def _joined(told: dict[str, Any]) -> timedelta:
    return timedelta(days=told["joined_days_ago"]) if "joined_days_ago" in told else BEGAN


def _needed(telling: Telling) -> dict[str, timedelta]:
    """How long ago a batch must have been there, by the words with which what was found names it."""
    needed: dict[str, timedelta] = {}
    for number, told in enumerate(story.findings()):
        if named := told.get("told", {}).get("batch_id"):
            needed[named] = max(needed.get(named, STEP), _found(telling, told, number) + STEP)
    return needed


def _made(telling: Telling, told: dict[str, Any], needed: dict[str, timedelta]) -> timedelta:
    """How long ago the shift that made a batch was over; where that is yet to come, in time for what rests on it."""
    day = date.fromisoformat(told["production_date"])
    over = _ago(telling, datetime.combine(day, END_OF_SHIFT).isoformat())
    return max(over, needed.get(f"@batch {told['product']} {told['code']}", over))


def _ago(telling: Telling, moment: str) -> timedelta:
    """How long ago that was; where the story is told ahead of its time, all of it was at the beginning."""
    if any(_moment(telling, told["at"]) > telling.now for told in story.acts()):
        return BEGAN
    return max(telling.now - _moment(telling, moment), timedelta())


def _moment(telling: Telling, moment: str) -> datetime:
    return datetime.fromisoformat(moment).replace(tzinfo=telling.place.zone)


def _do(telling: Telling, told: dict[str, Any], ago: timedelta) -> None:
    happened = min(_moment(telling, told["at"]), telling.now - ago)
    with telling.visit(telling.deciders[told["by"]], ago) as visit:
        telling.trade.do(visit, told, happened)


def _found(telling: Telling, told: dict[str, Any], number: int) -> timedelta:
    """How long ago something was found: so many hours, or at a moment after the acts that it rests on."""
    if "hours_ago" in told:
        return _at_work(telling, timedelta(hours=told["hours_ago"]))
    return min(_ago(telling, told["at"]), BEGAN - (len(story.acts()) + 1 + number) * STEP)


def _at_work(telling: Telling, ago: timedelta) -> timedelta:
    """As long ago, but in the hours of work: the later in the day the later. What is recent stays as it is told."""
    if ago < RECENT:
        return ago
    moment = (telling.now - ago).astimezone(telling.place.zone)
    start = datetime.combine(moment.date(), time(), moment.tzinfo)
    return telling.now - (start + MORNING + (moment - start) / 3)


def _find(telling: Telling, told: dict[str, Any], ago: timedelta) -> None:
    by = telling.supervision.people[told["by"]] if told["by"] else None
    with telling.visit(by, ago) as visit:
        if told.get("signed"):
            prove(visit, telling.access.password, "")
        telling.supervision.do(visit, told)


def _add_operator(telling: Telling) -> None:
    new = NewMember.model_validate(story.OPERATOR)
    with telling.visit(None, BEGAN) as visit:
        account, link = add_operator(visit, new)
        _choose_password(telling, visit, link)
    telling.admins["operator"] = account.id
    telling.access.people.append(Person(account.login, account.role, "", "the operator of the site"))


def _choose_password(telling: Telling, visit: Visit, link: str) -> None:
    secret = link.rpartition("/")[2]
    visit.source = Source("demo")
    signed_in = use_link(visit, secret, "invitation", telling.access.password)
    assert isinstance(signed_in, SignedIn)
    sign_out(visit, signed_in.secret)


def _add_party(telling: Telling, told: dict[str, Any], ago: timedelta) -> None:
    key: str = told["key"]
    people: list[dict[str, str]] = told["people"]
    person = NewAccount.model_validate(people[0] | {"password": telling.access.password})
    with telling.visit(None, ago) as visit:
        party, admin = sign_up(visit, NewParty.model_validate(told["party"]), person)
        _remember(telling, party, admin)
    telling.admins[key] = telling.deciders[key] = admin.id
    telling.parties[key] = party.id
    if told["confirmed_by"]:
        with telling.visit(telling.admins[told["confirmed_by"]], ago) as visit:
            prove(visit, telling.access.password, "")
            decide_party(visit, party.id, "verified", "核对了营业执照。The business licence was seen.")
    for other in people[1:]:
        with telling.visit(admin.id, ago) as visit:
            member, link = invite_member(visit, NewMember.model_validate(other))
            _choose_password(telling, visit, link)
            _remember(telling, party, member)
        if member.role == "quality":
            telling.deciders[key] = member.id
    _furnish(telling, told, ago)


def _remember(telling: Telling, party: Party, account: Account) -> None:
    telling.supervision.people[account.login] = account.id
    telling.access.people.append(Person(account.login, account.role, party.name_zh, party.name_en))


def _furnish(telling: Telling, told: dict[str, Any], ago: timedelta) -> None:
    """Add a party's facilities and products."""
    key = told["key"]
    with telling.visit(telling.admins[key], ago) as visit:
        for facility in told.get("facilities", ()):
            row = register_facility(visit, NewFacility.model_validate(facility))
            telling.facilities[key, facility["code"]] = row.id
        for product in told.get("products", ()):
            name, units = product.pop("key"), product.pop("units", None)
            telling.products[name] = register_product(visit, NewProduct.model_validate(product)).id
            if units:
                set_units(visit, telling.products[name], ProductUnits.model_validate(units))
            telling.makers[name] = key


def _add_batch(telling: Telling, told: dict[str, Any], ago: timedelta) -> None:
    name, facility = told.pop("product"), told.pop("facility", None)
    then, reason = told.pop("then", None), told.pop("reason", None)
    key = telling.makers[name]
    if facility:
        told["facility_id"] = telling.facilities[key, facility]
    new = NewBatch.model_validate(told | {"product_id": telling.products[name]})
    with telling.visit(telling.deciders[key], ago) as visit:
        batch = register_batch(visit, new)
        telling.trade.registered.add(batch.id)
        if then == "hold":
            hold_batch(visit, batch.id, StatusChange(reason=reason))
        if then == "void":
            void_batch(visit, batch.id, StatusChange(reason=reason))


def _open_recall(telling: Telling, told: dict[str, Any], ago: timedelta) -> None:
    known = telling.now - timedelta(hours=told["known_hours_ago"])
    ranges = [
        {"product_id": telling.products[span["product"]], "codes": span["codes"]} for span in told["ranges"]
    ]
    more = {"knowledge_at": known, "ranges": ranges, "planned_end": (telling.now + PLANNED).date()}
    new = NewRecall.model_validate(told["recall"] | more)
    with telling.visit(telling.deciders[told["by"]], ago) as visit:
        recall = open_recall(visit, new)
    telling.supervision.made[told["by"]] = recall.id
    telling.supervision.recalls[told["by"]] = recall.code


def _publish_recall(telling: Telling, told: dict[str, Any], ago: timedelta) -> None:
    with telling.visit(telling.deciders[told["by"]], ago) as visit:
        prove(visit, telling.access.password, "")
        publish_recall(visit, telling.supervision.made[told["by"]])
