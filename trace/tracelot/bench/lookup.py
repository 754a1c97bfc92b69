"""How many lookups one processor second answers, against a bare Starlette route that returns the same bytes."""

import json
import os
import random
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import Engine, insert, update
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tracelot.bench.data import NOW, PRODUCTS, code, fill, gtin
from tracelot.bench.figures import Figure, at_least
from tracelot.bench.load import Load, drive
from tracelot.bench.servers import Server, free_port, serving, trace_serve, uvicorn
from tracelot.records.batches import Batch
from tracelot.records.journal import Bucket
from tracelot.records.recalls import Recall, RecallBatch
from tracelot.rules.ids import new_id

BATCHES = {"small": 200_000, "full": 1_000_000}
ROUNDS = 15
SECONDS = 1.0
CONNECTIONS = 64
HOT = 200
GOAL_RANDOM, GOAL_HOT = 0.5, 0.7


def path(number: int) -> str:
    return f"/01/{gtin(number % PRODUCTS)}/10/{quote(code(number), safe='')}"


def bare() -> Starlette:
    """The baseline: one Starlette route, the same body, nothing looked up."""
    body = Path(os.environ["TRACE_BENCH_BODY"]).read_bytes()

    async def answer(_: Request) -> Response:
        return Response(body, media_type="application/json")

    return Starlette(routes=[Route("/{rest:path}", answer)])


def run(scale: str) -> Iterator[Figure]:
    """Random and hot codes, and whether a recall shows on the very next request."""
    batches = BATCHES[scale]
    with tempfile.TemporaryDirectory() as folder:
        url = os.environ.get("TRACE_BENCH_DATABASE_URL") or f"sqlite:///{folder}/bench.db"
        engine = fill(url, batches)
        port = free_port()
        environment = {
            "TRACE_DATABASE_URL": url,
            "TRACE_PUBLIC_URL": f"http://127.0.0.1:{port}",
            "TRACE_BENCH_BODY": f"{folder}/body.json",
        }
        with serving(trace_serve(port), port, environment) as product:
            Path(folder, "body.json").write_bytes(_get(product, path(7))[1])
            other = free_port()
            with serving(uvicorn("tracelot.bench.lookup:bare", other), other, environment) as baseline:
                yield from _rates(product, baseline, batches)
            yield from _freshness(product, engine)
        engine.dispose()


def _get(server: Server, where: str, tag: str | None = None) -> tuple[int, bytes, str]:
    headers = {"Accept": "application/json"} | ({"If-None-Match": tag} if tag else {})
    request = urllib.request.Request(f"http://127.0.0.1:{server.port}{where}", headers=headers)
    try:
        with urllib.request.urlopen(request) as answer:  # noqa: S310
            return answer.status, answer.read(), answer.headers["etag"]
    except urllib.error.HTTPError as error:
        return error.code, b"", error.headers.get("etag") or ""


def _rates(product: Server, baseline: Server, batches: int) -> Iterator[Figure]:
    chance = random.Random(20261122)  # noqa: S311
    hot = [path(chance.randrange(batches)) for _ in range(HOT)]
    seen: dict[str, list[float]] = {"bare": [], "random": [], "hot": []}
    for _ in range(ROUNDS):
        anew = [path(number) for number in chance.sample(range(batches), min(batches, 30_000))]
        seen["bare"].append(_sound(drive(baseline, hot, SECONDS, CONNECTIONS)))
        seen["random"].append(_sound(drive(product, anew, SECONDS, CONNECTIONS)))
        seen["hot"].append(_sound(drive(product, hot, SECONDS, CONNECTIONS)))
    unit = "requests per CPU second"
    yield at_least("lookup random codes", seen["random"], seen["bare"], unit, GOAL_RANDOM)
    yield at_least("lookup hot codes", seen["hot"], seen["bare"], unit, GOAL_HOT)


def _sound(load: Load) -> float:
    if load.wrong:
        raise RuntimeError(f"{load.wrong} of {load.answers} answers were not 200.")
    return load.per_cpu_second


def _freshness(server: Server, engine: Engine) -> Iterator[Figure]:
    """A recall that another connection commits must show on the very next request."""
    late = 0
    rounds = 50
    for number in range(rounds):
        where = path(number)
        _, _, tag = _get(server, where)
        status = _get(server, where, tag)[0]
        _recall(engine, number)
        after = _get(server, where, tag)
        late += status != 304 or after[0] != 200 or json.loads(after[1] or b"{}").get("verdict") != "recalled"  # noqa: PLR2004
    yield Figure("recalls not shown on the next request", late, f"of {rounds}", None, None, "0", late == 0)


def _recall(engine: Engine, number: int) -> None:
    with engine.connect().execution_options(writes=True) as connection, connection.begin():
        found = connection.execute(
            Batch.__table__.select().where(Batch.__table__.c.code == code(number))  # type: ignore[attr-defined]
        ).one()
        recall = {
            "id": new_id(),
            "version": 1,
            "code": f"ZH-411724-{time.time_ns()}",
            "level": 1,
            "kind": "recall",
            "reason_code": "mycotoxin",
            "source_of_knowledge": "self_check",
            "knowledge_at": NOW,
            "party_id": found.party_id,
            "region_code": "411724001",
            "state": "published",
            "published_at": NOW,
            "listed_at": NOW,
            "changed_at": NOW,
            "origin_hash": "",
            "recorded_at": NOW,
        }
        line = {
            "batch_id": found.id,
            "recall_id": recall["id"],
            "party_id": found.party_id,
            "product_id": found.product_id,
            "code": found.code,
            "registered": True,
            "added_at": NOW,
        }
        connection.execute(insert(Recall), [recall])
        connection.execute(insert(RecallBatch), [line])
        connection.execute(update(Batch).where(Batch.id == found.id).values(status="recalled"))
        connection.execute(update(Bucket).where(Bucket.id == 0).values(seq=Bucket.seq + 1))  # type: ignore[arg-type]
