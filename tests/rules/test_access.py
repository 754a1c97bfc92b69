"""Who may do what, against a table written down independently: one row of names for each act."""

from uuid import UUID

import pytest

from tracelot.rules import access
from tracelot.rules.access import ACCESS, PUBLIC, SCOPES, Actor, demand, may
from tracelot.rules.parties import LEVELS, PARTY_TYPES
from tracelot.rules.refusals import Forbidden, Unidentified

ME, FIRM = UUID(int=1), UUID(int=2)
FIRM_TYPES = ("farm", "coop", "producer", "processor", "wholesaler", "retailer", "caterer", "market", "platform",
              "carrier", "other")  # fmt: skip


def every_actor() -> list[Actor]:
    """Each role in each kind of party, verified or not, regulators at each level; and those without a party."""
    actors = [PUBLIC, Actor(id=ME, role="site")]
    for kind in PARTY_TYPES:
        for role in ("admin", "quality", "recorder", "officer"):
            for verified in (False, True):
                for level in LEVELS if kind == "regulator" else (None,):
                    actors.append(Actor(ME, role, FIRM, kind, verified, level))  # noqa: PERF401
    return actors


def labels(actor: Actor) -> set[str]:
    """What an actor is, in plain words."""
    if actor.id is None:
        return {"anyone"}
    found = {"anyone", "signed-in"}
    if actor.role == "site":
        return found | {"site"}
    found |= {"member", f"{actor.role}-of-any"}
    if actor.party_type in FIRM_TYPES:
        found.add(f"firm-{actor.role}")
        if actor.verified:
            found.add(f"verified-firm-{actor.role}")
    if actor.party_type == "lab" and actor.verified:
        found.add(f"lab-{actor.role}")
    if actor.party_type == "regulator" and actor.verified:
        found.add("watcher")
        if actor.level != "township":
            found.add("office")
    return found


WRITERS = {"firm-admin", "firm-quality", "firm-recorder"}
DECIDERS = {"firm-admin", "firm-quality"}
MAY = {
    "lookup": {"anyone"},
    "recall.query": {"anyone"},
    "division.search": {"anyone"},
    "product.read": {"member"},
    "product.register": WRITERS,
    "product.change": WRITERS,
    "facility.read": {"member"},
    "facility.register": WRITERS,
    "facility.change": WRITERS,
    "batch.read": {"member"},
    "batch.register": WRITERS,
    "batch.release": DECIDERS,
    "batch.hold": DECIDERS,
    "batch.lift": DECIDERS,
    "batch.correct": DECIDERS,
    "batch.void": DECIDERS,
    "recall.open": DECIDERS,
    "recall.change": DECIDERS,
    "recall.cancel": DECIDERS,
    "recall.publish": {"verified-firm-admin", "verified-firm-quality"},
    "clock.ask": DECIDERS,
    "clock.extend": {"office"},
    "law.read": {"anyone"},
    "law.change": {"site"},
    "recall.proceed": DECIDERS,
    "recall.order": {"office"},
    "recall.assist": {"watcher"},
    "notice.read": {"member"},
    "notice.answer": WRITERS,
    "notice.send": DECIDERS,
    "effectiveness.read": {"member"},
    "effectiveness.draw": WRITERS | {"watcher"},
    "effectiveness.check": WRITERS | {"watcher"},
    "disposal.announce": DECIDERS,
    "disposal.perform": WRITERS,
    "disposal.witness": {"watcher"},
    "drill.read": DECIDERS,
    "event.read": {"member"},
    "event.record": WRITERS,
    "event.void": WRITERS,
    "inspection.read": {"member"},
    "inspection.record": WRITERS | {"lab-admin", "lab-quality", "lab-recorder", "watcher"},
    "inspection.issue": DECIDERS | {"lab-admin", "lab-quality", "watcher"},
    "hold.read": {"member"},
    "hold.answer": WRITERS,
    "scope.record": {"office", "site"},
    "sample.keep": WRITERS,
    "stock.read": {"member"},
    "trace.read": {"member"},
    "stock.free": DECIDERS,
    "shipment.read": {"member"},
    "shipment.answer": WRITERS,
    "contact.read": {"member"},
    "contact.keep": WRITERS,
    "contact.claim": {"firm-admin"},
    "books.change": {"firm-admin"},
    "import.read": {"member"},
    "import.stage": WRITERS,
    "import.commit": DECIDERS,
    "import.undo": DECIDERS,
    "journal.read": {"member"},
    "party.read": {"signed-in"},
    "party.change": {"admin-of-any"},
    "party.watch": {"watcher", "site"},
    "party.confirm": {"office", "site"},
    "party.enrol": {"site"},
    "member.read": {"admin-of-any"},
    "member.invite": {"admin-of-any"},
    "member.disable": {"admin-of-any"},
    "key.read": {"admin-of-any"},
    "key.issue": {"admin-of-any"},
    "key.rotate": {"admin-of-any"},
    "key.revoke": {"admin-of-any"},
    "member.reset": {"admin-of-any"},
    "party.secure": {"admin-of-any"},
    "account.self": {"signed-in"},
    "search.save": {"member"},
    "webhook.keep": {"admin-of-any"},
    "account.watch": {"site"},
    "party.archive": {"office", "site"},
    "data.export": {"admin-of-any"},
    "data.forget": {"admin-of-any", "site"},
    "keeping.read": {"admin-of-any", "site"},
    "keeping.purge": {"site"},
}
PEOPLE_ONLY = {act for act in MAY if act.startswith(("member.", "key.", "account."))} | {
    "clock.extend",
    "scope.record",
    "law.change",
    "contact.claim",
    "recall.order",
    "recall.assist",
    "books.change",
    "party.change",
    "party.confirm",
    "party.enrol",
    "party.archive",
    "data.export",
    "data.forget",
    "keeping.read",
    "keeping.purge",
}


def test_every_act_stands_in_the_table() -> None:
    assert set(MAY) == set(ACCESS)


@pytest.mark.parametrize("act", sorted(MAY))
def test_an_act_is_open_to_those_it_is_meant_for_and_to_nobody_else(act: str) -> None:
    wrong = [actor for actor in every_actor() if may(actor, act) != bool(MAY[act] & labels(actor))]
    assert wrong == []


@pytest.mark.parametrize("act", sorted(MAY))
def test_a_key_does_only_what_its_scopes_say(act: str) -> None:
    strongest = {"role": "quality", "party_id": FIRM, "party_type": "producer", "verified": True}
    allowed = {scope for scope in SCOPES if may(Actor(id=ME, scopes=frozenset({scope}), **strongest), act)}  # type: ignore[arg-type]

    needs = {
        "read": act.endswith(".read") or act in ("lookup", "recall.query", "division.search"),
        "products:write": act.startswith(("product.", "facility.", "contact.")) and not act.endswith(".read"),
        "batches:write": act.startswith(
            ("batch.", "event.", "stock.", "shipment.", "inspection.", "sample.", "hold.", "import.")
        )
        and not act.endswith(".read"),
        "recalls:write": act.startswith(("recall.", "clock.", "notice.", "effectiveness.", "disposal."))
        and act not in ("recall.query", "disposal.witness")  # the last is an office's
        and not act.endswith(".read"),
    }
    expected = set() if act in PEOPLE_ONLY else {scope for scope, needed in needs.items() if needed}

    assert allowed == expected


def test_a_key_without_scopes_does_nothing() -> None:
    program = Actor(ME, "admin", FIRM, "producer", verified=True, scopes=frozenset())

    assert [act for act in ACCESS if may(program, act)] == []


def test_a_stranger_is_asked_to_sign_in() -> None:
    with pytest.raises(Unidentified) as refused:
        demand(PUBLIC, "batch.register")

    assert refused.value.kind == "sign-in-needed"


def test_an_unverified_firm_learns_why_it_cannot_publish() -> None:
    with pytest.raises(Forbidden) as refused:
        demand(Actor(ME, "admin", FIRM, "producer"), "recall.publish")

    assert refused.value.kind == "party-unverified"


def test_a_recorder_learns_that_the_role_does_not_allow_it() -> None:
    with pytest.raises(Forbidden) as refused:
        demand(Actor(ME, "recorder", FIRM, "producer", verified=True), "recall.publish")

    assert (refused.value.kind, refused.value.facts) == ("not-allowed", {"act": "recall.publish"})


def test_names_do_not_make_two_actors_different() -> None:
    assert Actor(ME, name="李敏", party_zh="甲") == Actor(ME, name="王强", party_zh="乙")


def test_the_role_names_are_those_of_the_table() -> None:
    assert set(access.ROLES) == {"admin", "quality", "recorder", "officer", "site"}
