"""a published recall that was withdrawn, or whose level was changed"""

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


def downgrade() -> None:
    with op.batch_alter_table("regulatoraction", schema=None) as batch_op:
        batch_op.drop_column("level")
    with op.batch_alter_table("recall", schema=None) as batch_op:
        for name in reversed(ADDED):
            batch_op.drop_column(name)
