"""Orders with their history and evidence; reviews are of orders, by both sides.

Revision ID: 0008
Revises: 0007
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

ROLE = "azora_application"
KEPT_TABLES = ("order_events", "order_evidence")
REVIEW_COLUMNS = ("order_id", "buyer_id", "edited_at", "shown_at", "due_at")


def upgrade() -> None:
    create_orders()
    create_history()
    keep_history()
    create_buyer_ratings()
    extend_reviews()


def downgrade() -> None:
    shorten_reviews()
    op.drop_table("buyer_ratings")
    op.drop_table("order_evidence")
    op.drop_table("order_events")
    op.drop_table("orders")


def create_orders() -> None:
    op.create_table(
        "orders",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("buyer_id", sa.Uuid(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column("service_id", sa.Uuid(), nullable=False),
        sa.Column("service_name", sa.String(length=255), nullable=False),
        sa.Column("price_azr", sa.Numeric(precision=18, scale=8), nullable=False),
        sa.Column("commission_azr", sa.Numeric(precision=18, scale=8), nullable=False),
        sa.Column(
            "refunded_azr",
            sa.Numeric(precision=18, scale=8),
            server_default=sa.text("0"),
            nullable=False,
        ),
        sa.Column("note", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("deadline_at", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("paid_out_at", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.Column(
            "created_at",
            sa.TIMESTAMP(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column(
            "updated_at",
            sa.TIMESTAMP(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "(deadline_at IS NOT NULL) = (state IN ('paid', 'accepted', 'delivered'))",
            name=op.f("ck_orders_deadline_known"),
        ),
        sa.CheckConstraint(
            "state IN ('created', 'paid', 'accepted', 'delivered', 'completed', 'cancelled', 'disputed', 'refunded', 'expired')",
            name=op.f("ck_orders_state_known"),
        ),
        sa.CheckConstraint("buyer_id <> seller_id", name=op.f("ck_orders_parties_differ")),
        sa.CheckConstraint(
            "commission_azr + refunded_azr <= price_azr", name=op.f("ck_orders_price_shared_out")
        ),
        sa.CheckConstraint(
            "commission_azr BETWEEN 0 AND 9999999999.99999999",
            name=op.f("ck_orders_commission_azr_range"),
        ),
        sa.CheckConstraint(
            "price_azr BETWEEN 0 AND 9999999999.99999999", name=op.f("ck_orders_price_azr_range")
        ),
        sa.CheckConstraint(
            "refunded_azr BETWEEN 0 AND 9999999999.99999999",
            name=op.f("ck_orders_refunded_azr_range"),
        ),
        sa.ForeignKeyConstraint(["buyer_id"], ["users.id"], name=op.f("fk_orders_buyer_id")),
        sa.ForeignKeyConstraint(["seller_id"], ["users.id"], name=op.f("fk_orders_seller_id")),
        sa.ForeignKeyConstraint(["service_id"], ["services.id"], name=op.f("fk_orders_service_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_orders")),
    )
    op.create_index(
        "ix_orders_buyer_newest", "orders", ["buyer_id", "created_at", "id"], unique=False
    )
    op.create_index(
        "ix_orders_buyer_state", "orders", ["buyer_id", "state", "created_at", "id"], unique=False
    )
    op.create_index(
        "ix_orders_deadline",
        "orders",
        ["deadline_at"],
        unique=False,
        postgresql_where=sa.text("deadline_at IS NOT NULL"),
    )
    op.create_index(
        "ix_orders_seller_newest", "orders", ["seller_id", "created_at", "id"], unique=False
    )
    op.create_index(
        "ix_orders_seller_paid_out",
        "orders",
        ["seller_id", "paid_out_at", "id"],
        unique=False,
        postgresql_where=sa.text("paid_out_at IS NOT NULL"),
    )
    op.create_index(
        "ix_orders_seller_state", "orders", ["seller_id", "state", "created_at", "id"], unique=False
    )
    op.create_index("ix_orders_service", "orders", ["service_id"], unique=False)


def create_history() -> None:
    op.create_table(
        "order_events",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("action", sa.String(length=20), nullable=False),
        sa.Column("party", sa.String(length=20), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("from_state", sa.String(length=20), nullable=True),
        sa.Column("to_state", sa.String(length=20), nullable=False),
        sa.Column(
            "refunded_azr",
            sa.Numeric(precision=18, scale=8),
            server_default=sa.text("0"),
            nullable=False,
        ),
        sa.Column("note", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column(
            "created_at",
            sa.TIMESTAMP(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "(party = 'clock') = (actor_id IS NULL)", name=op.f("ck_order_events_actor_known")
        ),
        sa.CheckConstraint(
            "action IN ('place', 'pay', 'accept', 'decline', 'deliver', 'confirm', 'cancel', 'open_dispute', 'add_evidence', 'resolve_dispute', 'refund', 'expire', 'complete')",
            name=op.f("ck_order_events_action_known"),
        ),
        sa.CheckConstraint(
            "from_state IN ('created', 'paid', 'accepted', 'delivered', 'completed', 'cancelled', 'disputed', 'refunded', 'expired')",
            name=op.f("ck_order_events_from_state_known"),
        ),
        sa.CheckConstraint(
            "party IN ('buyer', 'seller', 'support', 'clock')",
            name=op.f("ck_order_events_party_known"),
        ),
        sa.CheckConstraint(
            "to_state IN ('created', 'paid', 'accepted', 'delivered', 'completed', 'cancelled', 'disputed', 'refunded', 'expired')",
            name=op.f("ck_order_events_to_state_known"),
        ),
        sa.CheckConstraint(
            "refunded_azr BETWEEN 0 AND 9999999999.99999999",
            name=op.f("ck_order_events_refunded_azr_range"),
        ),
        sa.ForeignKeyConstraint(["actor_id"], ["users.id"], name=op.f("fk_order_events_actor_id")),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_order_events_order_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_events")),
        sa.UniqueConstraint("order_id", "position", name="uq_order_events_position"),
    )
    op.create_table(
        "order_evidence",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("link", sa.String(length=500), nullable=True),
        sa.Column(
            "created_at",
            sa.TIMESTAMP(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["author_id"], ["users.id"], name=op.f("fk_order_evidence_author_id")
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.id"], name=op.f("fk_order_evidence_order_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_evidence")),
    )
    op.create_index(
        "ix_order_evidence_order", "order_evidence", ["order_id", "created_at", "id"], unique=False
    )


def keep_history() -> None:
    """What happened to an order is only appended to, by whomever."""
    for table in KEPT_TABLES:
        op.execute(
            f"""
            CREATE TRIGGER {table}_appended_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
            FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change()
            """
        )
        op.execute(f"REVOKE UPDATE, DELETE ON {table} FROM {ROLE}")


def create_buyer_ratings() -> None:
    op.create_table(
        "buyer_ratings",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("review_count", sa.Integer(), nullable=False),
        sa.Column("rating_total", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "rating_total BETWEEN review_count AND 5 * review_count",
            name=op.f("ck_buyer_ratings_rating_total_range"),
        ),
        sa.CheckConstraint("review_count > 0", name=op.f("ck_buyer_ratings_review_count_range")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_buyer_ratings_user_id")),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_buyer_ratings")),
    )


def extend_reviews() -> None:
    """Those from before there were orders stay, have none, and are shown."""
    # The columns take this table's strongest lock: nothing is gained by making the indexes beside it.
    op.add_column("reviews", sa.Column("order_id", sa.Uuid(), nullable=True))
    op.add_column("reviews", sa.Column("buyer_id", sa.Uuid(), nullable=True))
    for name in REVIEW_COLUMNS[2:]:
        op.add_column("reviews", sa.Column(name, sa.TIMESTAMP(timezone=True), nullable=True))
    op.execute("UPDATE reviews SET shown_at = created_at")
    drop_constraint("uq_reviews_service_author")
    for constraint in (
        "uq_reviews_order_author UNIQUE (order_id, author_id)",
        "fk_reviews_order_id FOREIGN KEY (order_id) REFERENCES orders (id)",
        "fk_reviews_buyer_id FOREIGN KEY (buyer_id) REFERENCES users (id)",
        "ck_reviews_shown_some_time CHECK (shown_at IS NOT NULL OR due_at IS NOT NULL)",
    ):
        add_constraint(constraint)
    index_reviews(
        "ix_reviews_service_newest", "service_id", "shown_at IS NOT NULL AND buyer_id IS NULL"
    )
    index_reviews(
        "ix_reviews_buyer_newest", "buyer_id", "shown_at IS NOT NULL AND buyer_id IS NOT NULL"
    )
    op.create_index(
        "ix_reviews_due", "reviews", ["due_at"], postgresql_where=sa.text("shown_at IS NULL")
    )


def shorten_reviews() -> None:
    """Leave what reviews were: of services, shown, and one by each person."""
    op.execute("DELETE FROM reviews WHERE buyer_id IS NOT NULL OR shown_at IS NULL")
    op.execute(
        """
        DELETE FROM reviews older USING reviews newer
        WHERE older.service_id = newer.service_id AND older.author_id = newer.author_id
            AND (older.created_at, older.id) < (newer.created_at, newer.id)
        """
    )
    op.execute(
        """
        UPDATE services SET review_count = counted.number, rating_total = counted.total
        FROM (
            SELECT service_id, count(*) AS number, sum(rating) AS total FROM reviews
            GROUP BY service_id
        ) counted
        WHERE counted.service_id = services.id AND counted.number <> services.review_count
        """
    )
    drop_constraint("ck_reviews_shown_some_time")
    for name in REVIEW_COLUMNS:
        op.drop_column("reviews", name)
    add_constraint("uq_reviews_service_author UNIQUE (service_id, author_id)")
    op.create_index("ix_reviews_service_newest", "reviews", ["service_id", "created_at", "id"])


def drop_constraint(name: str) -> None:
    op.execute(
        f"""
        -- squawk-ignore ban-drop-constraint
        ALTER TABLE reviews DROP CONSTRAINT {name}
        """
    )


def add_constraint(definition: str) -> None:
    # The lock is had already.
    op.execute(
        f"""
        -- squawk-ignore constraint-missing-not-valid, adding-foreign-key-constraint, disallowed-unique-constraint
        ALTER TABLE reviews ADD CONSTRAINT {definition}
        """
    )


def index_reviews(name: str, column: str, condition: str) -> None:
    """The newest of those that are shown."""
    op.execute(
        f"""
        -- squawk-ignore require-concurrent-index-deletion
        DROP INDEX IF EXISTS {name}
        """
    )
    op.execute(
        f"""
        -- squawk-ignore require-concurrent-index-creation
        CREATE INDEX {name} ON reviews ({column}, created_at, id) WHERE {condition}
        """
    )
