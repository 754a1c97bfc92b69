"""The HTML door."""

from fastapi import APIRouter

from tracelot.web.pages import (
    app_home,
    batch_list,
    batches,
    developers,
    divisions,
    enterprise_recalls,
    entry,
    facilities,
    feed,
    goods,
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
    developers,
    search,
    feed,
    goods,
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
