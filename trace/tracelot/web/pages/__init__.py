"""The HTML door."""

from fastapi import APIRouter

from tracelot.web.pages import (
    app_home,
    batch_list,
    batches,
    divisions,
    enterprise_recalls,
    entry,
    facilities,
    gov,
    keys,
    labels,
    members,
    notices,
    products,
    public,
    recall_form,
    search,
    second_factor,
    security,
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
    keys,
    settings,
    security,
    second_factor,
    watched,
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
