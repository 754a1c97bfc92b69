"""Forms that a phone keeps and sends again: the same key has one effect, however often it comes."""

from hashlib import sha256

from tracelot.operations.visit import Visit
from tracelot.records.outbox import KeptAnswer
from tracelot.rules.refusals import Unfit

LONGEST = 100


def done_before(visit: Visit, key: str, said: str) -> bool:
    """Whether the actor did this under the key already; where not, it counts as done once this visit commits.

    Another act under the same key is refused. A form without a key is sent for itself.
    """
    if not key or visit.actor.id is None:
        return False
    if not (key.isascii() and key.isprintable()) or len(key) > LONGEST:
        raise Unfit("bad-idempotency-key", "An Idempotency-Key has 1 to 200 printable ASCII characters.")
    fingerprint = sha256(f"form\n{said}".encode()).hexdigest()
    kernel = visit.kernel()
    kept = kernel.get(KeptAnswer, (visit.actor.id, f"form {key}"))
    if kept is None:
        kept = KeptAnswer(
            actor_id=visit.actor.id,
            key=f"form {key}",
            fingerprint=fingerprint,
            status=303,
            recorded_at=visit.now,
        )
        kernel.add(kept)
        kernel.flush()
        return False
    if kept.fingerprint != fingerprint:
        raise Unfit("key-reused", "This Idempotency-Key was sent with another request.")
    return True
