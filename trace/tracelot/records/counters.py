"""Numbers given out one after another under a name, such as the recalls of one county on one day."""

from sqlmodel import Field, Session, SQLModel, col, update

from tracelot.records.database import insert_ignoring


class Counter(SQLModel, table=True):
    name: str = Field(primary_key=True)
    value: int = 0


def next_number(session: Session, name: str) -> int:
    """The next number, starting at 1; concurrent callers wait for each other's commit."""
    connection = session.connection()
    connection.execute(insert_ignoring(connection, Counter, [{"name": name, "value": 0}]))
    bump = update(Counter).where(col(Counter.name) == name).values(value=Counter.value + 1)
    return int(session.execute(bump.returning(col(Counter.value))).scalar_one())
