"""The JSON door."""

from fastapi import APIRouter, Depends

from tracelot.web.api import batches, facilities, lookup, parties, products, recalls
from tracelot.web.api.deprecating import tell_deprecated

router = APIRouter(dependencies=[Depends(tell_deprecated)])
for door in (lookup, parties, facilities, products, batches, recalls):
    router.include_router(door.router)
