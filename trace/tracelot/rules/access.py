"""Who may do what: one table of small predicates.

Roles follow the duties that Chinese food law gives: the enterprise is responsible for its batches and
recalls (Food Safety Law art. 4, 63); townships assist and decide nothing (Implementing Regulation art. 4);
county offices and above confirm and order.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, get_args
from uuid import UUID

from tracelot.rules.parties import LEVELS, Level, PartyType
from tracelot.rules.refusals import Forbidden, Unidentified

Role = Literal["admin", "quality", "recorder", "officer", "site"]
ROLES: tuple[Role, ...] = get_args(Role)
Scope = Literal["read", "products:write", "batches:write", "recalls:write"]
SCOPES: tuple[Scope, ...] = get_args(Scope)


@dataclass(frozen=True)
class Actor:
    """Who acts: a person signed in, a program with a key, or the public (`id` is None).

    `territory` holds region-code prefixes, only regulators have them. `scopes` is None for people: what a
    key may do is its role's power cut down to its scopes.
    """

    id: UUID | None = None
    role: Role | None = None
    party_id: UUID | None = None
    party_type: PartyType | None = None
    verified: bool = False
    level: Level | None = None
    territory: tuple[str, ...] = ()
    scopes: frozenset[str] | None = None
    second_factor: bool = field(default=False, compare=False)
    factor_needed: bool = field(default=False, compare=False)  # the party asks all its people for one
    name: str = field(default="", compare=False)
    party_zh: str = field(default="", compare=False)
    party_en: str | None = field(default=None, compare=False)

    @property
    def regulator(self) -> bool:
        return self.party_type == "regulator"

    @property
    def enterprise(self) -> bool:
        """Whoever keeps batches; a laboratory has none."""
        return self.party_id is not None and self.party_type not in ("regulator", "lab")

    @property
    def unprotected(self) -> bool:
        """Whoever must set up a second factor before anything else."""
        return self.factor_needed and not self.second_factor and self.scopes is None


PUBLIC = Actor()
STORE_HOLDER = Actor(role="site", name="trace")  # whoever runs the command on the store itself

Predicate = Callable[[Actor], bool]


def _writes(actor: Actor) -> bool:
    return actor.enterprise and actor.role in ("admin", "quality", "recorder")


def _decides(actor: Actor) -> bool:
    return actor.enterprise and actor.role in ("admin", "quality")


def _publishes(actor: Actor) -> bool:
    return _decides(actor) and actor.verified


def _administers(actor: Actor) -> bool:
    return actor.party_id is not None and actor.role == "admin"


def _leads(actor: Actor) -> bool:
    return actor.enterprise and actor.role == "admin"


def _orders(actor: Actor) -> bool:
    """County offices and above; a township assists."""
    return actor.regulator and actor.verified and actor.level in LEVELS[: LEVELS.index("township")]


def _assists(actor: Actor) -> bool:
    return actor.regulator and actor.verified


def _checks(actor: Actor) -> bool:
    return _writes(actor) or _assists(actor)


def _names_duties(actor: Actor) -> bool:
    return _decides(actor) or _assists(actor)


def _tests(actor: Actor) -> bool:
    """A laboratory that its regulator confirmed."""
    return actor.party_type == "lab" and actor.verified and actor.role in ("admin", "quality", "recorder")


def _reports(actor: Actor) -> bool:
    return _tests(actor) and actor.role != "recorder"


def _inspects(actor: Actor) -> bool:
    return _writes(actor) or _tests(actor) or _assists(actor)


def _issues(actor: Actor) -> bool:
    return _decides(actor) or _reports(actor) or _assists(actor)


def _samples(actor: Actor) -> bool:
    """Who opens a sheet; a township's people take samples as the second person only."""
    return _tests(actor) or _orders(actor)


def _cosigns(actor: Actor) -> bool:
    return _tests(actor) or _assists(actor)


def _runs_the_site(actor: Actor) -> bool:
    return actor.role == "site"


def _confirms(actor: Actor) -> bool:
    return _orders(actor) or _runs_the_site(actor)


def _watches(actor: Actor) -> bool:
    return _assists(actor) or _runs_the_site(actor)


def _belongs(actor: Actor) -> bool:
    return actor.party_id is not None


def _signed_in(actor: Actor) -> bool:
    return actor.id is not None


def _keeps_records(actor: Actor) -> bool:
    return _administers(actor) or _runs_the_site(actor)


def _anyone(_: Actor) -> bool:
    return True


# act: who may, and the scope that a key needs for it (None: people only)
ACCESS: dict[str, tuple[Predicate, Scope | None]] = {
    "lookup": (_anyone, "read"),
    "recall.query": (_anyone, "read"),
    "division.search": (_anyone, "read"),
    "product.read": (_belongs, "read"),
    "product.register": (_writes, "products:write"),
    "product.change": (_writes, "products:write"),
    "facility.read": (_belongs, "read"),
    "facility.register": (_writes, "products:write"),
    "facility.change": (_writes, "products:write"),
    "batch.read": (_belongs, "read"),
    "batch.register": (_writes, "batches:write"),
    "batch.release": (_decides, "batches:write"),
    "batch.hold": (_decides, "batches:write"),
    "batch.lift": (_decides, "batches:write"),
    "batch.correct": (_decides, "batches:write"),
    "batch.void": (_decides, "batches:write"),
    "event.read": (_belongs, "read"),
    "event.record": (_writes, "batches:write"),
    "event.void": (_writes, "batches:write"),
    "inspection.read": (_belongs, "read"),
    "inspection.record": (_inspects, "batches:write"),
    "inspection.issue": (_issues, "batches:write"),
    "hold.read": (_belongs, "read"),
    "hold.answer": (_writes, "batches:write"),
    "scope.record": (_confirms, None),
    "sample.keep": (_writes, "batches:write"),
    "stock.read": (_belongs, "read"),
    "trace.read": (_belongs, "read"),
    "stock.free": (_decides, "batches:write"),
    "shipment.read": (_belongs, "read"),
    "shipment.answer": (_writes, "batches:write"),
    "contact.read": (_belongs, "read"),
    "contact.keep": (_writes, "products:write"),
    "contact.claim": (_leads, None),
    "books.change": (_leads, None),
    "recall.open": (_decides, "recalls:write"),
    "recall.change": (_decides, "recalls:write"),
    "recall.cancel": (_decides, "recalls:write"),
    "recall.publish": (_publishes, "recalls:write"),
    "recall.withdraw": (_publishes, "recalls:write"),
    "recall.regrade": (_publishes, "recalls:write"),
    "clock.ask": (_decides, "recalls:write"),
    "clock.extend": (_orders, None),
    "law.read": (_anyone, "read"),
    "law.change": (_runs_the_site, None),
    "notice.read": (_belongs, "read"),
    "notice.answer": (_writes, "recalls:write"),
    "notice.send": (_decides, "recalls:write"),
    "effectiveness.read": (_belongs, "read"),
    "effectiveness.draw": (_checks, "recalls:write"),
    "effectiveness.check": (_checks, "recalls:write"),
    "disposal.announce": (_decides, "recalls:write"),
    "disposal.perform": (_writes, "recalls:write"),
    "disposal.witness": (_assists, "recalls:write"),
    "drill.read": (_decides, "read"),
    "recall.proceed": (_decides, "recalls:write"),
    "recall.order": (_orders, None),
    "recall.assist": (_assists, None),
    "tip.send": (_anyone, None),
    "tip.read": (_assists, "read"),
    "tip.assist": (_assists, None),
    "tip.handle": (_orders, None),
    "complaint.read": (_belongs, "read"),
    "duty.read": (_belongs, "read"),
    "duty.name": (_names_duties, None),
    "sampling.read": (_belongs, "read"),
    "sampling.results": (_anyone, "read"),
    "sampling.count": (_cosigns, "read"),
    "sampling.plan": (_orders, None),
    "sampling.take": (_samples, None),
    "sampling.cosign": (_cosigns, None),
    "sampling.examine": (_tests, "batches:write"),
    "sampling.report": (_reports, "batches:write"),
    "sampling.decide": (_orders, None),
    "sampling.answer": (_decides, None),
    "import.read": (_belongs, "read"),
    "import.stage": (_writes, "batches:write"),
    "import.commit": (_decides, "batches:write"),
    "import.undo": (_decides, "batches:write"),
    "journal.read": (_belongs, "read"),
    "party.read": (_signed_in, "read"),
    "party.change": (_administers, None),
    "party.watch": (_watches, "read"),
    "party.confirm": (_confirms, None),
    "party.enrol": (_runs_the_site, None),
    "party.archive": (_confirms, None),
    "data.export": (_administers, None),
    "data.forget": (_keeps_records, None),
    "keeping.read": (_keeps_records, None),
    "keeping.purge": (_runs_the_site, None),
    "member.read": (_administers, None),
    "member.invite": (_administers, None),
    "member.disable": (_administers, None),
    "key.read": (_administers, None),
    "key.issue": (_administers, None),
    "key.rotate": (_administers, None),
    "key.revoke": (_administers, None),
    "member.reset": (_administers, None),
    "party.secure": (_administers, None),
    "account.self": (_signed_in, None),
    "search.save": (_belongs, None),
    "webhook.keep": (_administers, None),
    "account.watch": (_runs_the_site, None),
}

UNPROTECTED = frozenset(
    {"lookup", "sampling.results", "recall.query", "division.search", "law.read", "account.self", "tip.send"}
)


def may(actor: Actor, act: str) -> bool:
    """Whether the actor may do the act at all; on which records is tenancy's question."""
    predicate, scope = ACCESS[act]
    if actor.scopes is not None and scope not in actor.scopes:
        return False
    return predicate(actor)


def demand(actor: Actor, act: str) -> None:
    """Refuse unless the actor may do the act."""
    if actor.unprotected and act not in UNPROTECTED:
        raise Forbidden("second-factor-needed", "Your party asks for a second factor: set yours up first.")
    if may(actor, act):
        return
    if actor.id is None:
        raise Unidentified("sign-in-needed", "Sign in, or send an API key, to do this.")
    if act == "recall.publish" and _decides(actor) and not actor.verified:
        raise Forbidden(
            "party-unverified", "Your enterprise must be verified by its regulator before it can publish."
        )
    raise Forbidden("not-allowed", "Your role does not allow this.", facts={"act": act})
