"""The JSON door."""

from fastapi import APIRouter, Depends

from tracelot.web.api import batches, facilities, leaving, lookup, parties, products, recalls
from tracelot.web.api.deprecating import tell_deprecated

router = APIRouter(dependencies=[Depends(tell_deprecated)])
for door in (lookup, parties, facilities, products, batches, recalls, leaving):
    router.include_router(door.router)
