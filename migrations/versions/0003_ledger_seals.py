"""Signed blocks of the ledger's log.

Revision ID: 0003
Revises: 0002
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

ROLE = "azora_application"


def upgrade() -> None:
    op.create_table(
        "ledger_seals",
        sa.Column("block", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("xid_from", sa.BigInteger(), nullable=False),
        sa.Column("xid_until", sa.BigInteger(), nullable=False),
        sa.Column("transactions", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("signature", sa.Text(), nullable=False),
        sa.Column(
            "sealed_at",
            sa.TIMESTAMP(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint("xid_from < xid_until", name=op.f("ck_ledger_seals_xid_range")),
        sa.CheckConstraint("octet_length(hash) = 32", name=op.f("ck_ledger_seals_hash_length")),
        sa.PrimaryKeyConstraint("block", name=op.f("pk_ledger_seals")),
        sa.UniqueConstraint("xid_from", name="uq_ledger_seals_xid_from"),
    )
    op.create_index("ix_ledger_transactions_xid", "ledger_transactions", ["xid"])
    op.execute(
        """
        CREATE TRIGGER ledger_seals_appended_only BEFORE UPDATE OR DELETE OR TRUNCATE
        ON ledger_seals FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change()
        """
    )
    op.execute(f"REVOKE INSERT, UPDATE, DELETE ON ledger_seals FROM {ROLE}")


def downgrade() -> None:
    op.drop_index("ix_ledger_transactions_xid", table_name="ledger_transactions")
    op.drop_table("ledger_seals")
