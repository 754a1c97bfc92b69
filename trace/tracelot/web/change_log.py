"""What the API got since its first version, as programs read of it: the newest first, and nothing is ever taken out."""

from datetime import date

from tracelot.web.change_names import (
    CHANGED,
    IMPORTS,
    INSPECTIONS,
    OF_LAW,
    RECALL_ANSWERS,
    SAMPLINGS,
    STOPS,
    TIPS,
)
from tracelot.web.changes import Change
from tracelot.web.wording import N_

# The newest first. The first version is that of 25 November 2026.
CHANGES = (
    Change(
        date(2026, 11, 27),
        N_(
            "Stocks and pallets tell by which recalls their goods stand still, and the notice by which you heard of it."
        ),
        STOPS,
    ),
    Change(
        date(2026, 11, 27),
        N_("An office orders a seller to recall, too: seller_cause of an order says why it is the seller."),
        ("POST /api/v1/recalls/orders body seller_cause",),
    ),
    Change(
        date(2026, 11, 27),
        N_(
            "A seller recalls goods of others that came to it: seller_cause says why. Whoever looks such a batch up "
            "reads the verdict seller_recall, and in recalls who sold it."
        ),
        (
            "POST /api/v1/recalls body seller_cause",
            "PATCH /api/v1/recalls/{recall_id} body seller_cause",
            "GET /api/v1/recalls 200 items.seller_cause",
            *(f"{answer} seller_cause" for answer in RECALL_ANSWERS),
            *(
                f"POST /api/v1/recalls/{{recall_id}}/{act} 200 seller_cause"
                for act in ("level", "scope", "withdraw")
            ),
        ),
    ),
    Change(
        date(2026, 11, 27),
        N_("Who sold goods on can hold a recall drill with them: made is then what came to the firm."),
        (
            "GET /api/v1/recalls/{code}/effectiveness 200 figures.bought",
            "GET /api/v1/recalls/{recall_id}/scope 200 lines.amounts.bought",
        ),
    ),
    Change(
        date(2026, 11, 26),
        N_(
            "Reports of the public are listed, read and worked on by offices through the interface, and firms read what"
            " they were told."
        ),
        TIPS,
    ),
    Change(
        date(2026, 11, 26),
        N_(
            "The ledger of a recall counts all of its batches and is read page by page; no batch is left out."
        ),
        (
            "GET /api/v1/recalls/{code}/effectiveness ?limit",
            "GET /api/v1/recalls/{code}/effectiveness ?cursor",
            "GET /api/v1/recalls/{code}/effectiveness 200 total",
            "GET /api/v1/recalls/{code}/effectiveness 200 cursor",
        ),
    ),
    Change(
        date(2026, 11, 26),
        N_("Results come as tables: a file is looked through, committed as one act, and undone as one."),
        IMPORTS,
    ),
    Change(
        date(2026, 11, 26),
        N_(
            "Supervised sampling has an interface: plans drawn by lot with their proof, tasks, sheets, custody,"
            " reports, re-tests, follow-ups and results in public."
        ),
        SAMPLINGS,
    ),
    Change(
        date(2026, 11, 26),
        N_(
            "Inspections are recorded with their findings and judged by dated limits; one that fails holds the batch "
            "and asks whoever got it to do the same."
        ),
        INSPECTIONS,
    ),
    Change(
        date(2026, 11, 26),
        N_("Products say whether their batches need an outgoing inspection that passed before release."),
        (
            "GET /api/v1/products 200 outgoing_required",
            "GET /api/v1/products/{product_id} 200 outgoing_required",
            "PATCH /api/v1/products/{product_id} 200 outgoing_required",
            "PATCH /api/v1/products/{product_id} body outgoing_required",
            "POST /api/v1/products 201 outgoing_required",
            "POST /api/v1/products body outgoing_required",
        ),
    ),
    Change(
        date(2026, 11, 26),
        N_(
            "It is told who answers for a batch, a product, a recall or a party, at the firm and at the office."
        ),
        ("GET /api/v1/responsible/{kind}/{subject}",),
    ),
    Change(
        date(2026, 11, 26),
        N_(
            "A published recall is withdrawn, or its level changed; its notice stays and says so. Whoever follows the "
            "feed of changes asks for no `state`, and hears of both."
        ),
        (
            "POST /api/v1/recalls/{recall_id}/withdraw",
            "POST /api/v1/recalls/{recall_id}/level",
            "POST /api/v1/recalls/{code}/actions body level",
            "POST /api/v1/recalls/{code}/actions body report_no",
            "GET /api/v1/recalls 200 items.withdrawn_at",
            "GET /api/v1/recalls 200 items.withdrawn_reason",
            *(f"{answer} {field}" for answer in RECALL_ANSWERS for field in CHANGED),
        ),
    ),
    Change(
        date(2026, 11, 26),
        N_(
            "The list of recalls says whether a recall was ordered; its spreadsheet tells stage and order too."
        ),
        ("GET /api/v1/recalls 200 items.mode",),
    ),
    Change(
        date(2026, 11, 26),
        N_("A hold is lifted after a re-test that overturned what was found; both stay in the history."),
        ("POST /api/v1/batches/{batch_id}/lift",),
    ),
    Change(
        date(2026, 11, 26),
        N_(
            "More time for a recall is asked for and decided; customers are written to again; answers have photos."
        ),
        (
            "GET /api/v1/extensions",
            "GET /api/v1/extensions/{extension_id}",
            "GET /api/v1/notices",
            "GET /api/v1/recalls/{code}/answers/{answer_id}/photo",
            "GET /api/v1/recalls/{code}/customers",
            "GET /api/v1/recalls/{code}/notices/{notice_id}",
            "POST /api/v1/extensions/{extension_id}/decision",
            "POST /api/v1/recalls/{code}/notices",
            "POST /api/v1/recalls/{code}/notices/{notice_id}/letters",
            "POST /api/v1/recalls/{code}/reminders",
            "POST /api/v1/recalls/{recall_id}/extensions",
            "PUT /api/v1/recalls/{code}/answers/{answer_id}/photo",
        ),
    ),
    Change(
        date(2026, 11, 26),
        N_("A firm chooses whether the notices of a drill go outside; they say that it is one."),
        (
            "POST /api/v1/recalls body tells_outside",
            "PATCH /api/v1/recalls/{recall_id} body tells_outside",
            *(f"{answer} tells_outside" for answer in RECALL_ANSWERS),
        ),
    ),
    Change(
        date(2026, 11, 26),
        N_("A recall tells the law that it follows, and its firm and offices how its time limits stand."),
        (
            "POST /api/v1/recalls body jurisdiction",
            "POST /api/v1/recalls body planned_end",
            "PATCH /api/v1/recalls/{recall_id} body jurisdiction",
            "PATCH /api/v1/recalls/{recall_id} body planned_end",
            *(f"{answer} {field}" for answer in RECALL_ANSWERS for field in OF_LAW),
        ),
    ),
    Change(
        date(2026, 11, 26),
        N_("The scope of a recall is found by tracing, chosen, widened and narrowed; every version is kept."),
        (
            "GET /api/v1/recalls/{recall_id}/scope",
            "POST /api/v1/recalls/{recall_id}/scope",
            *(
                f"{operation} body {name}"
                for operation in ("POST /api/v1/recalls", "PATCH /api/v1/recalls/{recall_id}")
                for name in ("follow", "excluded", "excluded.batch_ids", "excluded.reason")
            ),
            *(
                f"{operation} body ranges.{name}"
                for operation in ("POST /api/v1/recalls", "PATCH /api/v1/recalls/{recall_id}")
                for name in ("code_from", "code_to", "facility_id", "since", "until", "whole")
            ),
        ),
    ),
    Change(
        date(2026, 11, 26),
        N_(
            "Everybody to whom recalled goods were shipped is told, answers and passes on; contacts have an e-mail "
            "address."
        ),
        (
            "GET /api/v1/contacts 200 items.email",
            "GET /api/v1/contacts/{contact_id} 200 email",
            "PATCH /api/v1/contacts/{contact_id} 200 email",
            "PATCH /api/v1/contacts/{contact_id} body email",
            "POST /api/v1/contacts 201 email",
            "POST /api/v1/contacts body email",
            "POST /api/v1/contacts/claim 200 email",
            "GET /api/v1/recalls/{code}/notice",
            "GET /api/v1/recalls/{code}/notices",
            "POST /api/v1/recalls/{code}/answers",
            "POST /api/v1/recalls/{code}/forwards",
        ),
    ),
    Change(
        date(2026, 11, 26),
        N_("Recalls have stages, plans, reports and acts of offices; a notice tells its area and its dates."),
        (
            "GET /api/v1/recalls 200 items.stage",
            "GET /api/v1/recalls ?stage",
            "GET /api/v1/recalls/{code} 200 area_codes",
            "GET /api/v1/recalls/{code} 200 closed_at",
            "GET /api/v1/recalls/{code} 200 ends_on",
            "GET /api/v1/recalls/{code} 200 mode",
            "GET /api/v1/recalls/{code} 200 stage",
            "GET /api/v1/recalls/{code} 200 starts_on",
            "GET /api/v1/recalls/{code}/proceedings",
            "PATCH /api/v1/recalls/{recall_id} 200 area_codes",
            "PATCH /api/v1/recalls/{recall_id} 200 closed_at",
            "PATCH /api/v1/recalls/{recall_id} 200 ends_on",
            "PATCH /api/v1/recalls/{recall_id} 200 mode",
            "PATCH /api/v1/recalls/{recall_id} 200 stage",
            "PATCH /api/v1/recalls/{recall_id} 200 starts_on",
            "PATCH /api/v1/recalls/{recall_id} body area_codes",
            "PATCH /api/v1/recalls/{recall_id} body ends_on",
            "PATCH /api/v1/recalls/{recall_id} body starts_on",
            "POST /api/v1/recalls 201 area_codes",
            "POST /api/v1/recalls 201 closed_at",
            "POST /api/v1/recalls 201 ends_on",
            "POST /api/v1/recalls 201 mode",
            "POST /api/v1/recalls 201 stage",
            "POST /api/v1/recalls 201 starts_on",
            "POST /api/v1/recalls body area_codes",
            "POST /api/v1/recalls body ends_on",
            "POST /api/v1/recalls body starts_on",
            "POST /api/v1/recalls/orders",
            "POST /api/v1/recalls/{code}/actions",
            "POST /api/v1/recalls/{recall_id}/cancel 200 area_codes",
            "POST /api/v1/recalls/{recall_id}/cancel 200 closed_at",
            "POST /api/v1/recalls/{recall_id}/cancel 200 ends_on",
            "POST /api/v1/recalls/{recall_id}/cancel 200 mode",
            "POST /api/v1/recalls/{recall_id}/cancel 200 stage",
            "POST /api/v1/recalls/{recall_id}/cancel 200 starts_on",
            "POST /api/v1/recalls/{recall_id}/plan",
            "POST /api/v1/recalls/{recall_id}/publish 200 area_codes",
            "POST /api/v1/recalls/{recall_id}/publish 200 closed_at",
            "POST /api/v1/recalls/{recall_id}/publish 200 ends_on",
            "POST /api/v1/recalls/{recall_id}/publish 200 mode",
            "POST /api/v1/recalls/{recall_id}/publish 200 stage",
            "POST /api/v1/recalls/{recall_id}/publish 200 starts_on",
            "POST /api/v1/recalls/{recall_id}/reports",
            "POST /api/v1/recalls/{recall_id}/steps",
            "PUT /api/v1/recalls/{recall_id}/plan",
        ),
    ),
    Change(
        date(2026, 11, 26),
        N_("Recalls tell how effective they are: a ledger by consignee, checks, disposals, and drills."),
        (
            "GET /api/v1/drills",
            "GET /api/v1/recalls/{code}/checks",
            "GET /api/v1/recalls/{code}/disposals",
            "GET /api/v1/recalls/{code}/effectiveness",
            "GET /api/v1/recalls/{code}/score",
            "POST /api/v1/recalls/{code}/checks",
            "POST /api/v1/recalls/{code}/checks/{check_id}",
            "POST /api/v1/recalls/{code}/disposals",
            "POST /api/v1/recalls/{code}/disposals/{disposal_id}/perform",
            "POST /api/v1/recalls/{code}/disposals/{disposal_id}/witness",
        ),
    ),
    Change(
        date(2026, 11, 26),
        N_(
            "Lists of codes are looked up at once; recalls come in the shape of openFDA, and as messages for partners."
        ),
        (
            "GET /api/v1/openfda/food/enforcement.json",
            "GET /api/v1/recalls/{code} ?format",
            "POST /api/v1/lookup",
        ),
    ),
    Change(
        date(2026, 11, 26),
        N_("Traces are taken along as files, and tell the GTIN of each product."),
        (
            "GET /api/v1/batches/{batch_id}/balance 200 batch.gtin",
            "GET /api/v1/traces 200 items.batch.gtin",
            "GET /api/v1/traces/export",
        ),
    ),
    Change(
        date(2026, 11, 26),
        N_("EPCIS 2.0 documents are captured: each of their events becomes an event here."),
        ("POST /api/v1/events/epcis",),
    ),
    Change(
        date(2026, 11, 26),
        N_("Goods are traced forward and backward, recall scopes are found, and batches have a balance."),
        ("GET /api/v1/batches/{batch_id}/balance", "GET /api/v1/traces"),
    ),
    Change(
        date(2026, 11, 26),
        N_(
            "Events on goods are recorded as postings; shipments, contacts, pallets and stocks have addresses."
        ),
        (
            "GET /api/v1/contacts",
            "GET /api/v1/contacts/{contact_id}",
            "GET /api/v1/events",
            "GET /api/v1/events/{event_id}",
            "GET /api/v1/parties/me/books",
            "GET /api/v1/products/{product_id}/units",
            "GET /api/v1/shipments",
            "GET /api/v1/shipments/{shipment_id}",
            "GET /api/v1/stocks",
            "GET /api/v1/units",
            "GET /api/v1/units/{unit_id}",
            "PATCH /api/v1/contacts/{contact_id}",
            "POST /api/v1/contacts",
            "POST /api/v1/contacts/claim",
            "POST /api/v1/contacts/{contact_id}/invite",
            "POST /api/v1/events",
            "POST /api/v1/events/{event_id}/void",
            "POST /api/v1/shipments/{shipment_id}/confirm",
            "POST /api/v1/shipments/{shipment_id}/correct",
            "POST /api/v1/shipments/{shipment_id}/reject",
            "POST /api/v1/shipments/{shipment_id}/settle",
            "PUT /api/v1/parties/me/books",
            "PUT /api/v1/products/{product_id}/units",
        ),
    ),
    Change(
        date(2026, 11, 25),
        N_("Recalls have a feed of changes: since gives what was published or changed after a position."),
        (
            "GET /api/v1/recalls ?since",
            "GET /api/v1/recalls 200 since",
            "GET /api/v1/recalls 200 items.version",
            "GET /api/v1/recalls 200 items.changed_at",
            "GET /api/v1/recalls/{code} 200 changed_at",
            "POST /api/v1/recalls 201 changed_at",
            "PATCH /api/v1/recalls/{recall_id} 200 changed_at",
            "POST /api/v1/recalls/{recall_id}/publish 200 changed_at",
            "POST /api/v1/recalls/{recall_id}/cancel 200 changed_at",
        ),
    ),
    Change(
        date(2026, 11, 25),
        N_(
            "The journal is followed by the link to the next entries; what others did to you is not passed over."
        ),
        ("GET /api/v1/journal ?since",),
    ),
)
