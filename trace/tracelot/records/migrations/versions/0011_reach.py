"""Notices of a recall to its consignees, with their letters, answers and photos; a contact's e-mail address"""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

revision: str = "0011_reach"
down_revision: str | Sequence[str] | None = "0010_recall_scope"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

TABLES = ("recallphoto", "recallanswerline", "recallanswer", "recallletter", "recallforward", "recallnoticeline",
          "recallnotice")  # fmt: skip


def upgrade() -> None:
    op.add_column("contact", sa.Column("email", sa.String(), nullable=True))
    _notices()
    _lines()
    _letters()
    _answers()
    _photos()


def _must(name: str, kind: Any) -> Any:
    return sa.Column(name, kind, nullable=False)


def _may(name: str, kind: Any) -> Any:
    return sa.Column(name, kind, nullable=True)


def _leads(table: str, column: str, to: str) -> Any:
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=op.f(f"fk_{table}_{column}"))


def _notices() -> None:
    op.create_table(
        "recallnotice",
        _must("id", sa.Uuid()),
        _must("version", sa.Integer()),
        _must("recall_id", sa.Uuid()),
        _must("party_id", sa.Uuid()),
        _may("from_party_id", sa.Uuid()),
        _may("parent_id", sa.Uuid()),
        _must("tier", sa.Integer()),
        _may("to_party_id", sa.Uuid()),
        _may("to_contact_id", sa.Uuid()),
        _must("name", sa.String()),
        _may("name_en", sa.String()),
        _may("email", sa.String()),
        _may("phone", sa.String()),
        _may("region_code", sa.String()),
        _must("silent", sa.Boolean()),
        _must("in_app", sa.Boolean()),
        _must("state", sa.String()),
        _must("delivery", sa.String()),
        _must("reminded", sa.Integer()),
        _must("answers", sa.Integer()),
        _may("told_at", sa.DateTime(timezone=True)),
        _may("answered_at", sa.DateTime(timezone=True)),
        _must("retain_until", sa.Date()),
        _must("recorded_at", sa.DateTime(timezone=True)),
        _may("recorded_by", sa.Uuid()),
        *(_leads("recallnotice", f"{end}party_id", "party") for end in ("", "from_", "to_")),
        _leads("recallnotice", "recall_id", "recall"),
        _leads("recallnotice", "to_contact_id", "contact"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recallnotice")),
    )
    for column in ("party_id", "from_party_id", "parent_id", "to_party_id", "region_code"):
        op.create_index(op.f(f"ix_recallnotice_{column}"), "recallnotice", [column])
    op.create_index("ix_recallnotice_recall_id_id", "recallnotice", ["recall_id", "id"])


def _lines() -> None:
    op.create_table(
        "recallnoticeline",
        _must("notice_id", sa.Uuid()),
        _must("batch_id", sa.Uuid()),
        _must("party_id", sa.Uuid()),
        _must("product_id", sa.Uuid()),
        _must("pooled", sa.Boolean()),
        _must("possible", sa.Boolean()),
        _must("code", sa.String()),
        _must("product_zh", sa.String()),
        _may("product_en", sa.String()),
        _may("quantity", sa.BigInteger()),
        _may("unit", sa.String()),
        _leads("recallnoticeline", "notice_id", "recallnotice"),
        _leads("recallnoticeline", "party_id", "party"),
        sa.PrimaryKeyConstraint("notice_id", "batch_id", name=op.f("pk_recallnoticeline")),
    )
    op.create_table(
        "recallforward",
        _must("parent_id", sa.Uuid()),
        _must("notice_id", sa.Uuid()),
        _must("party_id", sa.Uuid()),
        _must("recorded_at", sa.DateTime(timezone=True)),
        _leads("recallforward", "parent_id", "recallnotice"),
        _leads("recallforward", "notice_id", "recallnotice"),
        _leads("recallforward", "party_id", "party"),
        sa.PrimaryKeyConstraint("parent_id", "notice_id", name=op.f("pk_recallforward")),
    )
    op.create_index(op.f("ix_recallforward_notice_id"), "recallforward", ["notice_id"])


def _letters() -> None:
    op.create_table(
        "recallletter",
        _must("id", sa.Uuid()),
        _must("notice_id", sa.Uuid()),
        _must("party_id", sa.Uuid()),
        _must("kind", sa.String()),
        _may("address", sa.String()),
        _may("language", sa.String()),
        _may("digest", sa.String()),
        _may("link_ends_at", sa.DateTime(timezone=True)),
        _may("revoked_at", sa.DateTime(timezone=True)),
        _may("message_id", sa.String()),
        _must("state", sa.String()),
        _may("detail", sa.String()),
        _must("tries", sa.Integer()),
        _must("queued_at", sa.DateTime(timezone=True)),
        _may("sent_at", sa.DateTime(timezone=True)),
        _leads("recallletter", "notice_id", "recallnotice"),
        _leads("recallletter", "party_id", "party"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recallletter")),
        sa.UniqueConstraint("digest", name=op.f("uq_recallletter_digest")),
    )
    op.create_index(op.f("ix_recallletter_notice_id"), "recallletter", ["notice_id"])


def _answers() -> None:
    op.create_table(
        "recallanswer",
        _must("id", sa.Uuid()),
        _must("notice_id", sa.Uuid()),
        _must("party_id", sa.Uuid()),
        _must("number", sa.Integer()),
        *(_must(name, sa.Boolean()) for name in ("stop_sale", "sealed", "posted")),
        _must("name", sa.String()),
        _may("phone", sa.String()),
        _must("note", sa.String()),
        _must("state", sa.String()),
        _must("photo", sa.Boolean()),
        _must("origin_hash", sa.String()),
        _must("retain_until", sa.Date()),
        _must("recorded_at", sa.DateTime(timezone=True)),
        _may("recorded_by", sa.Uuid()),
        _leads("recallanswer", "notice_id", "recallnotice"),
        _leads("recallanswer", "party_id", "party"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recallanswer")),
    )
    op.create_index("ix_recallanswer_notice_id_number", "recallanswer", ["notice_id", "number"], unique=True)


def _photos() -> None:
    op.create_table(
        "recallanswerline",
        _must("answer_id", sa.Uuid()),
        _must("batch_id", sa.Uuid()),
        _must("notice_id", sa.Uuid()),
        _must("party_id", sa.Uuid()),
        *(_may(name, sa.BigInteger()) for name in ("on_hand", "sold", "returned", "destroyed", "forwarded")),
        _may("unit", sa.String()),
        _leads("recallanswerline", "answer_id", "recallanswer"),
        _leads("recallanswerline", "notice_id", "recallnotice"),
        _leads("recallanswerline", "party_id", "party"),
        sa.PrimaryKeyConstraint("answer_id", "batch_id", name=op.f("pk_recallanswerline")),
    )
    op.create_index(op.f("ix_recallanswerline_notice_id"), "recallanswerline", ["notice_id"])
    op.create_table(
        "recallphoto",
        _must("answer_id", sa.Uuid()),
        _must("notice_id", sa.Uuid()),
        _must("party_id", sa.Uuid()),
        _must("width", sa.Integer()),
        _must("height", sa.Integer()),
        _must("sha256", sa.String()),
        _must("content", sa.String()),
        _leads("recallphoto", "answer_id", "recallanswer"),
        _leads("recallphoto", "notice_id", "recallnotice"),
        _leads("recallphoto", "party_id", "party"),
        sa.PrimaryKeyConstraint("answer_id", name=op.f("pk_recallphoto")),
    )
    op.create_index(op.f("ix_recallphoto_notice_id"), "recallphoto", ["notice_id"])


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)
    with op.batch_alter_table("contact", schema=None) as batch_op:
        batch_op.drop_column("email")
