"""/settings/webhooks: where messages go, signed; every delivery with its answer, to be sent once more."""

from uuid import UUID

from fastapi import Request, Response
from fastapi.responses import RedirectResponse

from tracelot.operations import webhooks
from tracelot.rules.refusals import Conflict
from tracelot.rules.webhooks import MOST_FAILURES
from tracelot.web.forms import Form, SentForm, fresh_form
from tracelot.web.rendering import render
from tracelot.web.routers import pages
from tracelot.web.visits import OpenVisit

router = pages("/settings/webhooks")

HERE = "/settings/webhooks"


@router.get("")
def list_webhooks(request: Request, visit: OpenVisit) -> Response:
    return _page(request, visit, fresh_form(request))


@router.post("")
def add_webhook(request: Request, visit: OpenVisit, form: SentForm) -> Response:
    plain = request.app.state.settings.webhooks_anywhere
    added = form.attempt(lambda: webhooks.add_webhook(visit, form["url"], plain=plain))
    if added is None:
        return _page(request, visit, form, 422)
    return _page(request, visit, fresh_form(request), secret=added[1])


@router.post("/{webhook_id}/remove")
def remove_webhook(visit: OpenVisit, webhook_id: UUID) -> Response:
    webhooks.remove_webhook(visit, webhook_id)
    return RedirectResponse(f"{HERE}?done=removed", 303)


@router.post("/{webhook_id}/enable")
def enable_webhook(visit: OpenVisit, webhook_id: UUID) -> Response:
    webhooks.enable_webhook(visit, webhook_id)
    return RedirectResponse(f"{HERE}/{webhook_id}?done=saved", 303)


@router.get("/{webhook_id}")
def show_deliveries(request: Request, visit: OpenVisit, webhook_id: UUID) -> Response:
    return _deliveries(request, visit, webhook_id)


@router.post("/{webhook_id}/deliveries/{delivery_id}/resend")
def resend(request: Request, visit: OpenVisit, webhook_id: UUID, delivery_id: UUID) -> Response:
    form = fresh_form(request)
    try:
        webhooks.resend(visit, webhook_id, delivery_id)
    except Conflict as refusal:
        form.note(refusal)
        return _deliveries(request, visit, webhook_id, form)
    return RedirectResponse(f"{HERE}/{webhook_id}?done=resent", 303)


def _deliveries(request: Request, visit: OpenVisit, webhook_id: UUID, form: Form | None = None) -> Response:
    return render(
        request,
        "settings/webhook.html",
        409 if form else 200,
        webhook=webhooks.own_webhook(visit, webhook_id),
        deliveries=webhooks.deliveries(visit, webhook_id),
        form=form,
    )


def _page(
    request: Request, visit: OpenVisit, form: Form, status: int = 200, *, secret: str | None = None
) -> Response:
    answer = render(
        request,
        "settings/webhooks.html",
        status,
        webhooks=webhooks.webhooks(visit),
        form=form,
        secret=secret,
        most_failures=MOST_FAILURES,
    )
    answer.headers["cache-control"] = "no-store"
    return answer
