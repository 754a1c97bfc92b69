"""The JSON door."""

from fastapi import APIRouter

from tracelot.web.api import batches, facilities, lookup, parties, products, recalls

router = APIRouter()
for door in (lookup, parties, facilities, products, batches, recalls):
    router.include_router(door.router)
