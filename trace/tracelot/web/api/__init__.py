"""The JSON door."""

from fastapi import APIRouter

from tracelot.web.api import batches, facilities, leaving, lookup, parties, products, recalls

router = APIRouter()
for door in (lookup, parties, facilities, products, batches, recalls, leaving):
    router.include_router(door.router)
