"""Whether the store can take records now."""

from sqlalchemy import Engine
from sqlmodel import col, update

from tracelot.records.journal import Bucket

NONE = -1


def demand_ready(engine: Engine) -> None:
    """Take the place of a writer and write to no row; what the store says against it is raised.

    A row that was really written would be a lock in the way of a firm, and one more dead row to sweep up, each
    time that somebody asks.
    """
    with engine.connect().execution_options(writes=True) as connection, connection.begin() as work:
        connection.execute(update(Bucket).where(col(Bucket.id) == NONE).values(seq=Bucket.seq))
        work.rollback()
