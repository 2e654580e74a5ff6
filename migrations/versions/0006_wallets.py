"""Receipts on statements, adjustments that two admins make, and the audit log.

Revision ID: 0006
Revises: 0005
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

ROLE = "azora_application"


def upgrade() -> None:
    op.create_index(
        "ix_transactions_receipt",
        "transactions",
        ["receipt_code"],
        postgresql_where=sa.text("receipt_code IS NOT NULL"),
    )
    # The history of prices goes on behind a price, not only behind a time.
    op.execute(
        """
        -- squawk-ignore require-concurrent-index-deletion
        DROP INDEX ix_token_prices_newest
        """
    )
    op.create_index("ix_token_prices_newest", "token_prices", ["posted_at", "id"])
    create_adjustments()
    create_audit_log()


def downgrade() -> None:
    op.drop_table("audit_log")
    op.drop_table("adjustments")
    op.drop_index("ix_token_prices_newest", table_name="token_prices")
    op.create_index("ix_token_prices_newest", "token_prices", ["posted_at"])
    op.drop_index("ix_transactions_receipt", table_name="transactions")


def create_adjustments() -> None:
    op.create_table(
        "adjustments",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("amount", sa.Numeric(precision=18, scale=8), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("proposer_id", sa.Uuid(), nullable=False),
        sa.Column("idempotency_key", sa.String(length=64), nullable=False),
        sa.Column("decider_id", sa.Uuid(), nullable=True),
        sa.Column("decided_at", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("rejection_reason", sa.String(length=500), nullable=True),
        sa.Column("ledger_transaction_id", sa.Uuid(), nullable=True),
        sa.Column(
            "created_at",
            sa.TIMESTAMP(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "kind IN ('mint', 'burn', 'adjust')", name=op.f("ck_adjustments_kind_known")
        ),
        sa.CheckConstraint(
            "state IN ('proposed', 'approved', 'rejected')", name=op.f("ck_adjustments_state_known")
        ),
        sa.CheckConstraint(
            "amount BETWEEN CASE kind WHEN 'adjust' THEN -9999999999.99999999 ELSE 0 END"
            " AND 9999999999.99999999 AND amount <> 0",
            name=op.f("ck_adjustments_amount_range"),
        ),
        sa.CheckConstraint(
            "(state = 'proposed') = (decider_id IS NULL)"
            " AND (decider_id IS NULL) = (decided_at IS NULL)"
            " AND (state = 'approved') = (ledger_transaction_id IS NOT NULL)"
            " AND (state = 'rejected') = (rejection_reason IS NOT NULL)",
            name=op.f("ck_adjustments_decision_whole"),
        ),
        sa.CheckConstraint(
            "state <> 'approved' OR decider_id NOT IN (proposer_id, user_id)",
            name=op.f("ck_adjustments_two_admins"),
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_adjustments_user_id")),
        sa.ForeignKeyConstraint(
            ["proposer_id"], ["users.id"], name=op.f("fk_adjustments_proposer_id")
        ),
        sa.ForeignKeyConstraint(
            ["decider_id"], ["users.id"], name=op.f("fk_adjustments_decider_id")
        ),
        sa.ForeignKeyConstraint(
            ["ledger_transaction_id"],
            ["ledger_transactions.id"],
            name=op.f("fk_adjustments_ledger_transaction_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_adjustments")),
        sa.UniqueConstraint("proposer_id", "idempotency_key", name="uq_adjustments_key"),
    )
    op.create_index("ix_adjustments_newest", "adjustments", ["created_at", "id"])
    op.create_index("ix_adjustments_state", "adjustments", ["state", "created_at", "id"])
    op.execute(f"REVOKE DELETE ON adjustments FROM {ROLE}")


def create_audit_log() -> None:
    op.create_table(
        "audit_log",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=False),
        sa.Column("action", sa.String(length=50), nullable=False),
        sa.Column("subject_kind", sa.String(length=20), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("facts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("request_id", sa.String(length=100), nullable=False),
        sa.Column(
            "created_at",
            sa.TIMESTAMP(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_log")),
    )
    op.create_index("ix_audit_log_newest", "audit_log", ["created_at", "id"])
    op.execute(
        """
        CREATE TRIGGER audit_log_appended_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_log
        FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change()
        """
    )
    op.execute(f"REVOKE UPDATE, DELETE ON audit_log FROM {ROLE}")
