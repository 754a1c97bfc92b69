"""a published recall that was withdrawn, or whose level was changed; an office that says that it comes to a disposal"""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

revision: str = "0016_withdrawing"
down_revision: str | Sequence[str] | None = "0015_outside"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

ADDED: dict[str, Any] = {
    "withdrawn_at": sa.DateTime(timezone=True),
    "withdrawn_reason": sa.String(),
    "withdrawn_by": sa.Uuid(),
    "overturned_by": sa.String(),
    "first_level": sa.Integer(),
    "regraded_at": sa.DateTime(timezone=True),
    "regrade_reason": sa.String(),
}


def upgrade() -> None:
    with op.batch_alter_table("recall", schema=None) as batch_op:
        for name, type_ in ADDED.items():
            batch_op.add_column(sa.Column(name, type_, nullable=True))
    with op.batch_alter_table("regulatoraction", schema=None) as batch_op:
        batch_op.add_column(sa.Column("level", sa.Integer(), nullable=True))
    with op.batch_alter_table("disposal", schema=None) as batch_op:
        batch_op.add_column(sa.Column("watched_by", sa.Uuid(), nullable=True))
    _ask_again()


def _ask_again() -> None:
    """Whoever said beforehand that it comes stood as the witness: it has yet to say that it came."""
    disposal = sa.table(
        "disposal", sa.column("watched_by", sa.Uuid()), sa.column("witnessed_by", sa.Uuid()),
        sa.column("witness", sa.String()), sa.column("performed_at", sa.DateTime(timezone=True)),
    )  # fmt: skip
    waiting = disposal.c.performed_at.is_(None) & disposal.c.witnessed_by.is_not(None)
    moved = {"watched_by": disposal.c.witnessed_by, "witnessed_by": None, "witness": None}
    op.execute(disposal.update().where(waiting).values(moved))


def downgrade() -> None:
    with op.batch_alter_table("disposal", schema=None) as batch_op:
        batch_op.drop_column("watched_by")
    with op.batch_alter_table("regulatoraction", schema=None) as batch_op:
        batch_op.drop_column("level")
    with op.batch_alter_table("recall", schema=None) as batch_op:
        for name in reversed(ADDED):
            batch_op.drop_column(name)
