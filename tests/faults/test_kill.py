"""Kill -9 in the middle of writing: what was acknowledged is there once, the rest is whole or not there."""

from random import Random

from conftest import Rounds
from faults.conftest import Count, Serve
from faults.kept import Kept, faults, losses
from faults.ledger import Ledger
from faults.serving import Serving, pause, wait_until
from faults.writers import writing
from world import World


def interrupted(server: Serving, world: World, random: Random) -> Ledger:
    """Eight writers, and the server killed at a random moment of their work."""
    ledger = Ledger()
    with writing(server.port, ledger, world, random):
        wait_until(lambda: len(ledger.acked) >= 8, server)
        pause(random.uniform(0.1, 1.5))
        server.kill()
    assert ledger.wrong == []
    return ledger


def test_a_server_killed_under_eight_writers_loses_nothing(
    store: str, world: World, serve: Serve, rounds: Rounds, random: Random, record_property: Count
) -> None:
    server = serve(store).start()
    acked = in_the_air = 0
    for _ in range(rounds(3, 20)):
        ledger = interrupted(server, world, random)
        acked, in_the_air = acked + len(ledger.acked), in_the_air + len(ledger.open)
        found = Kept(store)
        assert (faults(found), losses(found, ledger)) == ([], [])

        server.start()
        line = server.line()
        ledger.settle(line)
        ledger.replay(line)
        found = Kept(store)
        assert (faults(found), losses(found, ledger)) == ([], [])
    record_property("acknowledged", acked)
    record_property("in the air", in_the_air)
    assert in_the_air
