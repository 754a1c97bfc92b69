"""Several servers on one store: all write, nothing is lost, each sees at once what another published."""

import json
from contextlib import ExitStack
from random import Random

from conftest import Rounds
from databases import KIND, Databases
from faults.conftest import Count, Serve
from faults.kept import Kept, faults, losses
from faults.ledger import Ledger
from faults.serving import Line, wait_until
from faults.writers import acts_of, writing
from world import World

SERVERS = 2 if KIND == "sqlite" else 3


def test_servers_that_start_at_once_on_an_empty_store_all_come_up(databases: Databases, serve: Serve) -> None:
    url = databases.create(None)
    servers = [serve(url).launch() for _ in range(SERVERS)]
    for server in servers:
        wait_until(server.answers, server)

    assert [server.ask("GET", "/readyz").status for server in servers] == [200] * SERVERS
    for server in servers:
        server.stop()
    databases.drop(url)


def test_all_of_them_write_and_nothing_is_lost(
    store: str, world: World, serve: Serve, rounds: Rounds, random: Random, record_property: Count
) -> None:
    servers = [serve(store).launch() for _ in range(SERVERS)]
    for server in servers:
        wait_until(server.answers, server)
    ledger = Ledger()
    with ExitStack() as stack:
        for server in servers:
            stack.enter_context(writing(server.port, ledger, world, random))
        wait_until(lambda: len(ledger.acked) >= rounds(150, 2000), servers[0], 300)

    assert ledger.wrong == []
    line = Line(servers[0].port)
    ledger.settle(line)
    line.close()
    line = Line(servers[-1].port)
    ledger.replay(line)
    line.close()
    found = Kept(store)
    assert (faults(found), losses(found, ledger)) == ([], [])
    record_property("acknowledged", len(ledger.acked))
    record_property("answered 503", len(ledger.busy))


def test_a_recall_published_by_one_shows_on_the_very_next_lookup_of_the_other(
    store: str, world: World, serve: Serve, rounds: Rounds, random: Random
) -> None:
    one, other = (serve(store).launch() for _ in range(2))
    for server in (one, other):
        wait_until(server.answers, server)
    lines = Line(one.port), Line(other.port)
    acts = acts_of(world, Random(4), "SEEN")  # seed 4 begins with the firm that recalls
    seen, answer = 0, None
    act = next(acts)
    while seen < rounds(10, 50):
        answer = act.send(lines[0])
        assert answer.good, answer
        if act.kind == "publish":
            for batch in json.loads(answer.body)["batches"]:
                page = lines[1].ask("GET", f"/01/{world.gtin}/10/{batch['code']}")
                assert json.loads(page.body)["verdict"] == "recalled"
            seen += 1
        elif act.kind == "recall":
            for code in json.loads(act.body)["ranges"][0]["codes"]:
                lines[1].ask("GET", f"/01/{world.gtin}/10/{code}")  # so that it has something to forget
        act = acts.send(answer)
    for line in lines:
        line.close()
