"""Who may do what on whose records: written down from the law's table and the README, not from the code.

`Who` is a caller in plain facts, `OPERATIONS` what each operation asks for, `expected` the answer's class.
"""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Who:
    """`role`: admin, quality, recorder, site, or nothing for the public; a key has `scopes`, a person none."""

    name: str
    party: str = ""
    kind: str = ""  # firm, lab, office
    role: str = ""
    verified: bool = True
    areas: tuple[str, ...] = ()
    scopes: frozenset[str] | None = None
    known: bool = True  # False: a key that was revoked or has expired
    heads: tuple[tuple[str, bytes], ...] = field(default=(), repr=False)


@dataclass(frozen=True)
class Thing:
    """A record: whose it is, where that party is registered, and whether everybody may read it."""

    noun: str
    id: str
    party: str = ""  # nothing: there is no such record
    region: str = ""
    public: bool = False
    office: bool = False


@dataclass(frozen=True)
class Asked:
    """An operation: who may at all, which scopes a key needs (None: people only), whose records it takes."""

    method: str
    path: str
    may: str
    scope: str | None
    noun: str = ""
    reach: str = ""  # own, sight, judged, published (or own), notice
    body: str = ""


OPERATIONS = [
    Asked("GET", "/api/v1/lookup?code=X1", "anyone", "read"),
    Asked("POST", "/api/v1/lookup", "anyone", "read", body='["X1"]'),
    Asked("GET", "/api/v1/openfda/food/enforcement.json?count=status", "anyone", "read"),
    Asked("GET", "/api/v1/recalls", "anyone", "read"),
    Asked("GET", "/api/v1/divisions", "anyone", "read"),
    Asked("GET", "/api/v1/parties", "watcher", "read"),
    Asked("GET", "/api/v1/parties/{id}", "signed in", "read", "party", "sight"),
    Asked("POST", "/api/v1/parties/{id}/decision", "confirmer", None, "party", "judged",
          '{"decision": "verified", "note": "核对"}'),
    Asked("PATCH", "/api/v1/parties/me", "administrator", None, body='{"phone": "1"}'),
    Asked("GET", "/api/v1/journal", "member", "read"),
    Asked("GET", "/api/v1/products", "member", "read"),
    Asked("POST", "/api/v1/products", "writer", "products:write", body='{"name_zh": "油", "own_code": "TAKEN"}'),
    Asked("GET", "/api/v1/products/{id}", "member", "read", "product", "sight"),
    Asked("PATCH", "/api/v1/products/{id}", "writer", "products:write", "product", "own", '{"brand": "A"}'),
    Asked("GET", "/api/v1/facilities", "member", "read"),
    Asked("GET", "/api/v1/facilities/{id}", "member", "read", "facility", "sight"),
    Asked("PATCH", "/api/v1/facilities/{id}", "writer", "products:write", "facility", "own", '{"phone": "1"}'),
    Asked("GET", "/api/v1/batches", "member", "read"),
    Asked("GET", "/api/v1/batches/{id}", "member", "read", "batch", "sight"),
    Asked("GET", "/api/v1/batches/{id}/history", "member", "read", "batch", "sight"),
    Asked("PATCH", "/api/v1/batches/{id}", "decider", "batches:write", "batch", "own", '{"reason": "核对"}'),
    *(Asked("POST", f"/api/v1/batches/{{id}}/{act}", "decider", "batches:write", "batch", "own", '{"reason": "核对"}')
      for act in ("release", "hold", "void")),
    Asked("POST", "/api/v1/batches/{id}/lift", "decider", "batches:write", "batch", "own",
          '{"reason": "复检合格", "report_no": "1"}'),
    Asked("GET", "/api/v1/batches/{id}/balance", "member", "read", "batch", "sight"),
    Asked("GET", "/api/v1/traces?batch={id}", "member", "read", "batch", "sight"),
    Asked("GET", "/api/v1/traces/export?format=csv&batch={id}", "member", "read", "batch", "sight"),
    Asked("GET", "/api/v1/events", "member", "read"),
    Asked("GET", "/api/v1/stocks", "member", "read"),
    Asked("GET", "/api/v1/units", "member", "read"),
    Asked("GET", "/api/v1/shipments?box=out", "member", "read"),
    Asked("GET", "/api/v1/contacts", "member", "read"),
    Asked("GET", "/api/v1/parties/me/books", "member", "read"),
    Asked("GET", "/api/v1/events/{id}", "member", "read", "event", "sight"),
    Asked("POST", "/api/v1/events/{id}/void", "writer", "batches:write", "event", "own", '{"reason": "核对"}'),
    Asked("GET", "/api/v1/shipments/{id}", "member", "read", "shipment", "sight"),
    Asked("POST", "/api/v1/shipments/{id}/settle", "writer", "batches:write", "shipment", "own",
          '{"reason": "核对", "event_time": "2026-09-20T08:00:00Z"}'),
    Asked("GET", "/api/v1/contacts/{id}", "member", "read", "contact", "sight"),
    Asked("PATCH", "/api/v1/contacts/{id}", "writer", "products:write", "contact", "own", '{"name": "甲"}'),
    Asked("GET", "/api/v1/recalls/{id}", "anyone", "read", "recall", "published"),
    Asked("GET", "/api/v1/recalls/{id}/notices", "member", "read", "recall", "published"),
    Asked("GET", "/app/recalls/{id}/reach", "member", "read", "recall", "own"),
    Asked("PATCH", "/api/v1/recalls/{id}", "decider", "recalls:write", "recall", "own", '{"level": 1}'),
    Asked("POST", "/api/v1/recalls/{id}/publish", "publisher", "recalls:write", "recall", "own"),
    Asked("POST", "/api/v1/recalls/{id}/cancel", "decider", "recalls:write", "recall", "own", '{"reason": "误开"}'),
    Asked("POST", "/api/v1/recalls/{id}/withdraw", "publisher", "recalls:write", "recall", "own", '{"reason": "误开"}'),
    Asked("POST", "/api/v1/recalls/{id}/level", "publisher", "recalls:write", "recall", "own",
          '{"level": 1, "reason": "核对"}'),
    Asked("GET", "/api/v1/recalls/{id}/scope", "member", "read", "recall", "sight"),
    Asked("POST", "/api/v1/recalls/{id}/scope", "decider", "recalls:write", "recall", "own",
          '{"act": "leave_out", "batch_ids": ["00000000-0000-0000-0000-000000000007"], "reason": "核对"}'),
    Asked("GET", "/api/v1/recalls/{id}/proceedings", "member", "read", "recall", "sight"),
    Asked("POST", "/api/v1/recalls/{id}/steps", "decider", "recalls:write", "recall", "own", '{"step": "start"}'),
    Asked("PUT", "/api/v1/recalls/{id}/plan", "decider", "recalls:write", "recall", "own", "{}"),
    Asked("POST", "/api/v1/recalls/{id}/reports", "decider", "recalls:write", "recall", "own",
          '{"kind": "stage", "text": "核对"}'),
    Asked("POST", "/api/v1/recalls/{id}/actions", "orderer", None, "recall", "watched",
          '{"type": "warning", "text": "核对", "doc_no": "1"}'),
    Asked("POST", "/api/v1/recalls/{id}/extensions", "decider", "recalls:write", "recall", "own",
          '{"until": "2027-01-01", "reason": "核对"}'),
    Asked("POST", "/api/v1/recalls/{id}/notices", "decider", "recalls:write", "recall", "own"),
    Asked("GET", "/api/v1/notices", "member", "read"),
    Asked("GET", "/api/v1/extensions", "watcher", "read"),
    Asked("GET", "/gov/recalls/{id}", "watcher", "read", "recall", "watched"),
    Asked("GET", "/app/recalls/{id}/plan", "decider", "read recalls:write", "recall", "own"),
    Asked("GET", "/api/v1/recalls/{id}/effectiveness", "member", "read", "recall", "sight"),
    Asked("GET", "/api/v1/recalls/{id}/score", "member", "read", "recall", "sight"),
    Asked("GET", "/api/v1/recalls/{id}/checks", "member", "read", "recall", "sight"),
    Asked("GET", "/api/v1/recalls/{id}/disposals", "member", "read", "recall", "sight"),
    Asked("GET", "/api/v1/drills", "decider", "read"),
    Asked("GET", "/app/drills", "decider", "read"),
    Asked("GET", "/app/recalls/{id}/effectiveness", "member", "read", "recall", "sight"),
    Asked("GET", "/api/v1/responsible/batch/{id}", "member", "read", "batch", "sight"),
    Asked("GET", "/api/v1/responsible/product/{id}", "member", "read", "product", "sight"),
    Asked("GET", "/gov/tips", "office", "read"),
    Asked("GET", "/api/v1/tips", "office", "read"),
    Asked("GET", "/api/v1/complaints", "member", "read"),
    Asked("GET", "/gov/late", "office", "read"),
    Asked("GET", "/gov/owed", "office", "read"),
    Asked("GET", "/gov/site", "office", "read"),
    Asked("GET", "/gov/site/{id}", "office", "read", "recall", "watched"),
    Asked("GET", "/app/owed", "member", "read"),
    Asked("GET", "/app/complaints", "member", "read"),
    Asked("GET", "/settings/duty", "member", "read"),
    Asked("GET", "/api/v1/inspections", "member", "read"),
    Asked("GET", "/api/v1/imports", "member", "read"),
    Asked("GET", "/app/imports", "member", "read"),
    Asked("GET", "/api/v1/batches/{id}/samples", "member", "read", "batch", "sight"),
    Asked("GET", "/api/v1/holds", "member", "read"),
    Asked("GET", "/api/v1/limits", "anyone", "read"),
    Asked("GET", "/api/v1/analytes", "anyone", "read"),
    Asked("GET", "/api/v1/laboratories", "signed in", "read"),
    Asked("GET", "/app/laboratories", "signed in", "read"),
    Asked("GET", "/gov/laboratories", "signed in", "read"),
    Asked("GET", "/app/inspections", "member", "read"),
    Asked("GET", "/app/holds", "member", "read"),
    Asked("GET", "/limits", "anyone", "read"),
    Asked("GET", "/gov/limits", "operator", None),
    Asked("GET", "/gov/limits/new", "operator", None),
    Asked("GET", "/app/batches", "member", "read"),
    Asked("GET", "/app/batches/{id}", "member", "read", "batch", "sight"),
    Asked("GET", "/app/batches/{id}/correct", "decider", "read batches:write", "batch", "own"),
    Asked("GET", "/app/events", "member", "read"),
    Asked("GET", "/app/events/{id}", "member", "read", "event", "sight"),
    Asked("GET", "/app/events/new", "writer", "batches:write"),
    Asked("GET", "/app/products/{id}", "member", "read", "product", "sight"),
    Asked("GET", "/app/products/{id}/edit", "writer", "read products:write", "product", "own"),
    Asked("GET", "/app/facilities/{id}", "member", "read", "facility", "sight"),
    Asked("GET", "/app/recalls/{id}", "member", "read", "recall", "own"),
    Asked("GET", "/app/trace?batch={id}", "member", "read", "batch", "sight"),
    Asked("GET", "/gov/parties/{id}", "watcher", "read", "party", "sight"),
    Asked("GET", "/gov/recalls.csv", "watcher", "read"),
    Asked("GET", "/law", "anyone", "read"),
    Asked("GET", "/gov/law", "operator", None),
    Asked("GET", "/gov/law/CN-FOOD-2026/1", "operator", None),
    Asked("GET", "/gov/law/days/2027", "operator", None),
    Asked("GET", "/settings/members", "administrator", None),
    Asked("GET", "/settings/keys", "administrator", None),
    Asked("GET", "/settings", "signed in", None),
    Asked("GET", "/settings/notifications", "member", None),
    Asked("GET", "/settings/searches/new", "member", None),
    Asked("GET", "/settings/webhooks", "administrator", None),
    Asked("GET", "/check", "anyone", "read"),
    Asked("GET", "/recalls/{id}", "anyone", "read", "recall", "notice"),
    Asked("GET", "/samplings", "anyone", "read"),
    Asked("GET", "/api/v1/samplings/results", "anyone", "read"),
    *(Asked("GET", f"/api/v1/samplings{path}", "member", "read") for path in ("", "/tasks", "/notices", "/overdue")),
    Asked("GET", "/app/samplings", "member", "read"),
    Asked("GET", "/api/v1/samplings/plans", "orderer", None),
    Asked("GET", "/gov/samplings/plans", "orderer", None),
]  # fmt: skip


def orders(who: Who) -> bool:
    """A township assists and decides nothing."""
    return who.kind == "office" and who.verified and min(map(len, who.areas)) <= 6


def may(who: Who, what: str) -> bool:  # noqa: C901, PLR0912  (a table)
    firm = who.kind == "firm"
    match what:
        case "anyone":
            return True
        case "signed in":
            return bool(who.role)
        case "member":
            return bool(who.party)
        case "writer":
            return firm
        case "decider":
            return firm and who.role in ("admin", "quality")
        case "publisher":
            return may(who, "decider") and who.verified
        case "administrator":
            return bool(who.party) and who.role == "admin"
        case "operator":
            return who.role == "site"
        case "orderer":
            return orders(who)
        case "office":
            return who.kind == "office" and who.verified
        case "watcher":
            return who.role == "site" or (who.kind == "office" and who.verified)
        case _:  # confirmer
            return who.role == "site" or orders(who)


def inside(who: Who, thing: Thing) -> bool:
    return any(thing.region.startswith(area) for area in who.areas)


def reached(who: Who, thing: Thing, reach: str) -> bool:
    """Whether there is such a record for the caller."""
    if not thing.party:
        return False
    own = bool(who.party) and thing.party == who.party
    match reach:
        case "own":
            return own
        case "notice":
            return thing.public
        case "published":
            return own or thing.public
        case "watched":
            return inside(who, thing) and thing.public
        case "judged":
            return who.role == "site" or inside(who, thing)
        case _:
            draft = thing.noun == "recall" and not thing.public
            registry = who.role == "site" and thing.noun == "party"
            return own or registry or (inside(who, thing) and not draft)


def expected(who: Who, asked: Asked, thing: Thing) -> str:
    """`who?`, `no`, `absent` or `yes`; a yes may still be refused for what is said or for the record's state."""
    if not who.known:
        return "who?"
    scoped = who.scopes is None or (asked.scope is not None and who.scopes >= set(asked.scope.split()))
    if not (may(who, asked.may) and scoped):
        return "no" if who.role else "who?"
    if asked.noun and not reached(who, thing, asked.reach):
        return "absent"
    if asked.reach == "judged" and who.role != "site" and (thing.office or thing.party == who.party):
        return "no"  # an office is confirmed by the operator of the site
    return "yes"
