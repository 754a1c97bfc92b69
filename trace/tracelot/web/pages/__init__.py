"""The HTML door."""

from fastapi import APIRouter

from tracelot.web.pages import (
    app_home,
    archives,
    batch_list,
    batches,
    divisions,
    enterprise_recalls,
    entry,
    facilities,
    gov,
    keeping,
    labels,
    members,
    notices,
    products,
    public,
    recall_form,
    search,
    settings,
    site,
    watched,
)

router = APIRouter()
for door in (
    divisions,
    public,
    search,
    notices,
    site,
    entry,
    gov,
    members,
    settings,
    watched,
    archives,
    keeping,
    app_home,
    facilities,
    products,
    batch_list,
    batches,
    labels,
    recall_form,
    enterprise_recalls,
):
    router.include_router(door.router)
