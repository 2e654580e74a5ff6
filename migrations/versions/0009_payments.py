"""Payments, what providers tell of them, and plans with their paid periods.

Revision ID: 0009
Revises: 0008
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

ROLE = "azora_application"


def upgrade() -> None:
    op.create_table(
        "payment_events",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("provider", sa.String(length=20), nullable=False),
        sa.Column("event_id", sa.String(length=255), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("payment_id", sa.UUID(), nullable=True),
        sa.Column("charge_reference", sa.String(length=255), nullable=True),
        sa.Column("return_reference", sa.String(length=255), nullable=True),
        sa.Column("amount_cents", sa.Integer(), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=True),
        sa.Column("customer", sa.String(length=255), nullable=True),
        sa.Column("method", sa.String(length=255), nullable=True),
        sa.Column(
            "received_at",
            sa.TIMESTAMP(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column(
            "due_at", sa.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.Column("attempts", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("outcome", sa.String(length=20), nullable=True),
        sa.CheckConstraint(
            "kind IN ('paid', 'failed', 'refunded', 'refund_failed', 'disputed', 'dispute_won', 'dispute_lost')",
            name=op.f("ck_payment_events_kind_known"),
        ),
        sa.CheckConstraint(
            "outcome IN ('applied', 'known', 'refused')",
            name=op.f("ck_payment_events_outcome_known"),
        ),
        sa.CheckConstraint(
            "provider IN ('stripe', 'paystack', 'local')",
            name=op.f("ck_payment_events_provider_known"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_events")),
        sa.UniqueConstraint("provider", "event_id", name="uq_payment_events_event"),
    )
    op.create_index(
        "ix_payment_events_waiting",
        "payment_events",
        ["due_at"],
        postgresql_where=sa.text("outcome IS NULL"),
    )
    op.create_table(
        "payment_methods",
        sa.Column("user_id", sa.UUID(), nullable=False),
        sa.Column("provider", sa.String(length=20), nullable=False),
        sa.Column("customer", sa.String(length=255), nullable=False),
        sa.Column("method", sa.String(length=255), nullable=False),
        sa.Column(
            "updated_at",
            sa.TIMESTAMP(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "provider IN ('stripe', 'paystack', 'local')",
            name=op.f("ck_payment_methods_provider_known"),
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_payment_methods_user_id")),
        sa.PrimaryKeyConstraint("user_id", "provider", name=op.f("pk_payment_methods")),
    )
    op.create_table(
        "payments",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("user_id", sa.UUID(), nullable=False),
        sa.Column("purpose", sa.String(length=10), nullable=False),
        sa.Column("provider", sa.String(length=20), nullable=False),
        sa.Column(
            "state", sa.String(length=20), server_default=sa.text("'pending'"), nullable=False
        ),
        sa.Column("amount_cents", sa.Integer(), nullable=False),
        sa.Column("amount_azr", sa.Numeric(precision=18, scale=8), nullable=True),
        sa.Column("usd_per_azr", sa.Numeric(precision=18, scale=8), nullable=True),
        sa.Column("plan", sa.String(length=20), nullable=True),
        sa.Column("idempotency_key", sa.String(length=64), nullable=True),
        sa.Column("request_hash", sa.LargeBinary(), nullable=True),
        sa.Column("renews_from", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("attempt", sa.SmallInteger(), nullable=True),
        sa.Column("checkout_url", sa.Text(), nullable=True),
        sa.Column("checkout_reference", sa.String(length=255), nullable=True),
        sa.Column("charge_reference", sa.String(length=255), nullable=True),
        sa.Column("returned_cents", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column(
            "created_at",
            sa.TIMESTAMP(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column(
            "checked_at",
            sa.TIMESTAMP(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("paid_at", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(purpose = 'plan') = (plan IS NOT NULL)", name=op.f("ck_payments_plan_of_purpose")
        ),
        sa.CheckConstraint(
            "(purpose = 'tokens') = (amount_azr IS NOT NULL)",
            name=op.f("ck_payments_amount_azr_of_tokens"),
        ),
        sa.CheckConstraint(
            "plan IN ('free', 'student', 'professional', 'enterprise')",
            name=op.f("ck_payments_plan_known"),
        ),
        sa.CheckConstraint(
            "provider IN ('stripe', 'paystack', 'local')", name=op.f("ck_payments_provider_known")
        ),
        sa.CheckConstraint("purpose IN ('tokens', 'plan')", name=op.f("ck_payments_purpose_known")),
        sa.CheckConstraint(
            "state IN ('pending', 'paid', 'failed', 'refunded', 'disputed')",
            name=op.f("ck_payments_state_known"),
        ),
        sa.CheckConstraint(
            "amount_azr BETWEEN 0 AND 9999999999.99999999",
            name=op.f("ck_payments_amount_azr_range"),
        ),
        sa.CheckConstraint("amount_cents > 0", name=op.f("ck_payments_amount_cents_range")),
        sa.CheckConstraint(
            "num_nonnulls(idempotency_key, request_hash) <> 1 AND num_nonnulls(renews_from, attempt) <> 1 AND num_nonnulls(idempotency_key, renews_from) = 1",
            name=op.f("ck_payments_request_known"),
        ),
        sa.CheckConstraint(
            "returned_cents BETWEEN 0 AND amount_cents",
            name=op.f("ck_payments_returned_cents_range"),
        ),
        sa.CheckConstraint(
            "usd_per_azr BETWEEN 0 AND 9999999999.99999999",
            name=op.f("ck_payments_usd_per_azr_range"),
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_payments_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payments")),
        sa.UniqueConstraint("user_id", "idempotency_key", name="uq_payments_key"),
    )
    op.create_index(
        "ix_payments_charge",
        "payments",
        ["charge_reference"],
        postgresql_where=sa.text("charge_reference IS NOT NULL"),
    )
    op.create_index(
        "ix_payments_pending",
        "payments",
        ["checked_at"],
        postgresql_where=sa.text("state = 'pending'"),
    )
    op.create_index("ix_payments_user_newest", "payments", ["user_id", "created_at", "id"])
    op.create_index(
        "uq_payments_renewal",
        "payments",
        ["user_id", "renews_from", "attempt"],
        unique=True,
        postgresql_where=sa.text("renews_from IS NOT NULL"),
    )
    op.create_table(
        "subscriptions",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("user_id", sa.UUID(), nullable=False),
        sa.Column("plan", sa.String(length=20), nullable=False),
        sa.Column("pending_plan", sa.String(length=20), nullable=True),
        sa.Column("pay_with", sa.String(length=10), nullable=False),
        sa.Column("provider", sa.String(length=20), nullable=True),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column(
            "starts_at",
            sa.TIMESTAMP(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column(
            "ends_at", sa.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.Column("day_of_month", sa.SmallInteger(), nullable=False),
        sa.Column("cancels_at_end", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column(
            "failed_attempts", sa.SmallInteger(), server_default=sa.text("0"), nullable=False
        ),
        sa.Column(
            "due_at", sa.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.Column(
            "created_at",
            sa.TIMESTAMP(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "(pay_with = 'card') = (provider IS NOT NULL)",
            name=op.f("ck_subscriptions_provider_known"),
        ),
        sa.CheckConstraint(
            "pay_with IN ('card', 'azr')", name=op.f("ck_subscriptions_pay_with_known")
        ),
        sa.CheckConstraint(
            "pending_plan IN ('free', 'student', 'professional', 'enterprise')",
            name=op.f("ck_subscriptions_pending_plan_known"),
        ),
        sa.CheckConstraint(
            "plan <> 'free' AND pending_plan <> 'free'", name=op.f("ck_subscriptions_plan_paid")
        ),
        sa.CheckConstraint(
            "plan IN ('free', 'student', 'professional', 'enterprise')",
            name=op.f("ck_subscriptions_plan_known"),
        ),
        sa.CheckConstraint(
            "state IN ('active', 'past_due', 'ended')", name=op.f("ck_subscriptions_state_known")
        ),
        sa.CheckConstraint("starts_at < ends_at", name=op.f("ck_subscriptions_period_range")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_subscriptions_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscriptions")),
        sa.UniqueConstraint("user_id", name="uq_subscriptions_user"),
    )
    op.create_index(
        "ix_subscriptions_due",
        "subscriptions",
        ["due_at"],
        postgresql_where=sa.text("state <> 'ended'"),
    )
    op.create_table(
        "payment_returns",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("payment_id", sa.UUID(), nullable=False),
        sa.Column("reference", sa.String(length=255), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("is_dispute", sa.Boolean(), nullable=False),
        sa.Column("has_frozen", sa.Boolean(), nullable=False),
        sa.Column("amount_cents", sa.Integer(), nullable=False),
        sa.Column("amount_azr", sa.Numeric(precision=18, scale=8), nullable=False),
        sa.Column("ledger_transaction_id", sa.UUID(), nullable=True),
        sa.Column(
            "created_at",
            sa.TIMESTAMP(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "state IN ('taken', 'given_back', 'settled')",
            name=op.f("ck_payment_returns_state_known"),
        ),
        sa.CheckConstraint(
            "amount_azr BETWEEN 0 AND 9999999999.99999999",
            name=op.f("ck_payment_returns_amount_azr_range"),
        ),
        sa.CheckConstraint("amount_cents > 0", name=op.f("ck_payment_returns_amount_cents_range")),
        sa.ForeignKeyConstraint(
            ["ledger_transaction_id"],
            ["ledger_transactions.id"],
            name=op.f("fk_payment_returns_ledger_transaction_id"),
        ),
        sa.ForeignKeyConstraint(
            ["payment_id"], ["payments.id"], name=op.f("fk_payment_returns_payment_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_returns")),
        sa.UniqueConstraint("payment_id", "reference", name="uq_payment_returns_reference"),
    )
    op.create_table(
        "plan_periods",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("subscription_id", sa.UUID(), nullable=False),
        sa.Column("plan", sa.String(length=20), nullable=False),
        sa.Column(
            "starts_at",
            sa.TIMESTAMP(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column(
            "ends_at", sa.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.Column("amount_cents", sa.Integer(), nullable=False),
        sa.Column("amount_azr", sa.Numeric(precision=18, scale=8), nullable=True),
        sa.Column("payment_id", sa.UUID(), nullable=True),
        sa.Column(
            "created_at",
            sa.TIMESTAMP(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "plan IN ('free', 'student', 'professional', 'enterprise')",
            name=op.f("ck_plan_periods_plan_known"),
        ),
        sa.CheckConstraint(
            "amount_azr BETWEEN 0 AND 9999999999.99999999",
            name=op.f("ck_plan_periods_amount_azr_range"),
        ),
        sa.CheckConstraint("amount_cents > 0", name=op.f("ck_plan_periods_amount_cents_range")),
        sa.CheckConstraint(
            "num_nonnulls(amount_azr, payment_id) = 1", name=op.f("ck_plan_periods_payment_known")
        ),
        sa.CheckConstraint("starts_at < ends_at", name=op.f("ck_plan_periods_period_range")),
        sa.ForeignKeyConstraint(
            ["payment_id"], ["payments.id"], name=op.f("fk_plan_periods_payment_id")
        ),
        sa.ForeignKeyConstraint(
            ["subscription_id"], ["subscriptions.id"], name=op.f("fk_plan_periods_subscription_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_periods")),
        sa.UniqueConstraint("payment_id", name="uq_plan_periods_payment"),
        sa.UniqueConstraint("subscription_id", "ends_at", name="uq_plan_periods_subscription_end"),
    )
    op.execute(f"REVOKE UPDATE, DELETE ON plan_periods FROM {ROLE}")
    op.execute(f"REVOKE DELETE ON payments, payment_events, payment_returns FROM {ROLE}")


def downgrade() -> None:
    op.drop_table("plan_periods")
    op.drop_table("payment_returns")
    op.drop_table("subscriptions")
    op.drop_table("payments")
    op.drop_table("payment_methods")
    op.drop_table("payment_events")
