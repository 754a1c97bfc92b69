"""Whether the store can take records now."""

from sqlalchemy import Engine
from sqlmodel import col, update

from tracelot.records.journal import Bucket


def demand_ready(engine: Engine) -> None:
    """Write and take it back; what the store says against it is raised."""
    with engine.connect().execution_options(writes=True) as connection, connection.begin() as work:
        connection.execute(update(Bucket).where(col(Bucket.id) == 0).values(seq=Bucket.seq))
        work.rollback()
