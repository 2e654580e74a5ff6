"""The first tables: people, tokens, the marketplace and learning.

Revision ID: 0001
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TABLES_WITH_UPDATED_AT = ("users", "services", "courses")


def upgrade() -> None:
    create_users()
    create_tokens()
    create_marketplace()
    create_learning()
    maintain_updated_at()


def downgrade() -> None:
    op.drop_table("lesson_progress")
    op.drop_table("enrolments")
    op.drop_table("lessons")
    op.drop_table("courses")
    op.drop_table("reviews")
    op.drop_table("services")
    op.drop_table("token_prices")
    op.drop_table("transactions")
    op.drop_table("refresh_tokens")
    op.drop_table("sessions")
    op.drop_table("users")
    op.execute("DROP FUNCTION set_updated_at()")


def maintain_updated_at() -> None:
    """Every change of a row, by whomever, sets its `updated_at`."""
    op.execute(
        """
        CREATE FUNCTION set_updated_at() RETURNS trigger LANGUAGE plpgsql SET timezone = 'UTC' AS $$
        BEGIN
            NEW.updated_at := date_trunc('milliseconds', clock_timestamp());
            RETURN NEW;
        END
        $$
        """
    )
    for table in TABLES_WITH_UPDATED_AT:
        op.execute(
            f"""
            CREATE TRIGGER {table}_updated_at BEFORE UPDATE ON {table}
            FOR EACH ROW EXECUTE FUNCTION set_updated_at()
            """
        )


def create_users() -> None:
    op.create_table(
        "users",
        sa.Column("id", sa.UUID(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("email", sa.String(length=255), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("full_name", sa.String(length=255), nullable=True),
        sa.Column("country_code", sa.CHAR(length=2), server_default=sa.text("'ZA'"), nullable=True),
        sa.Column(
            "azr_balance",
            sa.Numeric(precision=18, scale=8),
            server_default=sa.text("0"),
            nullable=False,
        ),
        sa.Column("created_at", sa.TIMESTAMP(), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.TIMESTAMP(), server_default=sa.text("now()"), nullable=False),
        sa.Column("handle", sa.String(length=30), nullable=True),
        sa.Column("language", sa.String(length=35), server_default=sa.text("'en'"), nullable=False),
        sa.Column(
            "time_zone",
            sa.String(length=64),
            server_default=sa.text("'Africa/Johannesburg'"),
            nullable=False,
        ),
        sa.Column("avatar_url", sa.String(length=500), nullable=True),
        sa.Column(
            "roles",
            sa.ARRAY(sa.String(length=20)),
            server_default=sa.text("'{learner}'"),
            nullable=False,
        ),
        sa.Column(
            "preferences",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
        sa.Column(
            "search",
            postgresql.TSVECTOR(),
            sa.Computed(
                "to_tsvector('simple'::regconfig, translate(coalesce(full_name, '') || ' ' || coalesce(handle, ''), './-@_:+<>&', '          '))",
                persisted=True,
            ),
        ),
        sa.CheckConstraint("country_code ~ '^[A-Z]{2}$'", name=op.f("ck_users_country_code_form")),
        sa.CheckConstraint("handle ~ '^[a-z0-9_]{3,30}$'", name=op.f("ck_users_handle_form")),
        sa.CheckConstraint(
            "roles <@ ARRAY['learner', 'seller', 'instructor', 'partner', 'support', 'admin']::varchar[]",
            name=op.f("ck_users_roles_known"),
        ),
        sa.CheckConstraint(
            "azr_balance BETWEEN 0 AND 9999999999.99999999", name=op.f("ck_users_azr_balance_range")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("email", name=op.f("uq_users_email")),
        sa.UniqueConstraint("handle", name=op.f("uq_users_handle")),
    )
    op.create_index("ix_users_country", "users", ["country_code", "created_at", "id"], unique=False)
    op.create_index("ix_users_newest", "users", ["created_at", "id"], unique=False)
    op.create_index("ix_users_roles", "users", ["roles"], unique=False, postgresql_using="gin")
    op.create_index("ix_users_search", "users", ["search"], postgresql_using="gin")
    op.create_table(
        "sessions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.UUID(), nullable=False),
        sa.Column("is_native", sa.Boolean(), nullable=False),
        sa.Column(
            "created_at",
            sa.TIMESTAMP(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column(
            "expires_at",
            sa.TIMESTAMP(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("revoked_at", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_sessions_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sessions")),
    )
    op.create_index("ix_sessions_user", "sessions", ["user_id"], unique=False)
    op.create_table(
        "refresh_tokens",
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column(
            "created_at",
            sa.TIMESTAMP(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("used_at", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["session_id"], ["sessions.id"], name=op.f("fk_refresh_tokens_session_id")
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_refresh_tokens")),
    )
    op.create_index("ix_refresh_tokens_session", "refresh_tokens", ["session_id"], unique=False)


def create_tokens() -> None:
    op.create_table(
        "transactions",
        sa.Column("id", sa.UUID(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("user_id", sa.UUID(), nullable=True),
        sa.Column("type", sa.String(length=50), nullable=False),
        sa.Column("amount", sa.Numeric(precision=18, scale=8), nullable=False),
        sa.Column(
            "currency", sa.String(length=10), server_default=sa.text("'AZR'"), nullable=False
        ),
        sa.Column(
            "status", sa.String(length=20), server_default=sa.text("'pending'"), nullable=False
        ),
        sa.Column("created_at", sa.TIMESTAMP(), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "status IN ('pending', 'completed', 'failed')",
            name=op.f("ck_transactions_status_known"),
        ),
        sa.CheckConstraint(
            "type IN ('reward', 'top_up', 'sale', 'transfer_in', 'refund', 'purchase', 'transfer_out', 'listing_fee', 'ai_usage')",
            name=op.f("ck_transactions_type_known"),
        ),
        sa.CheckConstraint(
            "amount BETWEEN 0 AND 9999999999.99999999", name=op.f("ck_transactions_amount_range")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_transactions_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transactions")),
    )
    op.create_index(
        "ix_transactions_completed",
        "transactions",
        ["created_at"],
        unique=False,
        postgresql_where=sa.text("status = 'completed'"),
    )
    op.create_index(
        "ix_transactions_user_newest", "transactions", ["user_id", "created_at", "id"], unique=False
    )
    op.create_table(
        "token_prices",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("usd", sa.Numeric(precision=18, scale=8), nullable=False),
        sa.Column(
            "posted_at",
            sa.TIMESTAMP(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "usd BETWEEN 0.00000001 AND 9999999999.99999999", name=op.f("ck_token_prices_usd_range")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_token_prices")),
    )
    op.create_index("ix_token_prices_newest", "token_prices", ["posted_at"], unique=False)


def create_marketplace() -> None:
    op.create_table(
        "services",
        sa.Column("id", sa.UUID(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("category", sa.String(length=100), nullable=True),
        sa.Column("price_azr", sa.Numeric(precision=18, scale=8), nullable=True),
        sa.Column("provider_id", sa.UUID(), nullable=True),
        sa.Column("is_active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("created_at", sa.TIMESTAMP(), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.TIMESTAMP(), server_default=sa.text("now()"), nullable=False),
        sa.Column("description", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("review_count", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("rating_total", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column(
            "average_rating",
            sa.Numeric(precision=3, scale=2),
            sa.Computed(
                "CASE WHEN review_count = 0 THEN 0 ELSE round(rating_total::numeric / review_count, 2) END",
                persisted=True,
            ),
            nullable=True,
        ),
        sa.Column(
            "price_sort_azr",
            sa.Numeric(precision=18, scale=8),
            sa.Computed("coalesce(price_azr, 9999999999.99999999)", persisted=True),
            nullable=True,
        ),
        sa.Column(
            "search",
            postgresql.TSVECTOR(),
            sa.Computed(
                "to_tsvector('simple'::regconfig, translate(name || ' ' || coalesce(category, '') || ' ' || description, './-@_:+<>&', '          '))",
                persisted=True,
            ),
        ),
        sa.CheckConstraint(
            "price_azr BETWEEN 0 AND 9999999999.99999999", name=op.f("ck_services_price_azr_range")
        ),
        sa.CheckConstraint(
            "rating_total BETWEEN review_count AND 5 * review_count",
            name=op.f("ck_services_rating_total_range"),
        ),
        sa.CheckConstraint("review_count >= 0", name=op.f("ck_services_review_count_range")),
        sa.ForeignKeyConstraint(
            ["provider_id"], ["users.id"], name=op.f("fk_services_provider_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_services")),
    )
    op.create_index(
        "ix_services_active_category",
        "services",
        ["category", "created_at", "id"],
        unique=False,
        postgresql_where=sa.text("is_active"),
    )
    op.create_index(
        "ix_services_active_name",
        "services",
        ["name", "id"],
        unique=False,
        postgresql_where=sa.text("is_active"),
    )
    op.create_index(
        "ix_services_active_newest",
        "services",
        ["created_at", "id"],
        unique=False,
        postgresql_where=sa.text("is_active"),
    )
    op.create_index(
        "ix_services_active_price",
        "services",
        ["price_sort_azr", "id"],
        unique=False,
        postgresql_where=sa.text("is_active"),
    )
    op.create_index(
        "ix_services_active_rating",
        "services",
        ["average_rating", "id"],
        unique=False,
        postgresql_where=sa.text("is_active"),
    )
    op.create_index(
        "ix_services_provider_newest", "services", ["provider_id", "created_at", "id"], unique=False
    )
    op.create_index("ix_services_search", "services", ["search"], postgresql_using="gin")
    op.create_table(
        "reviews",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("service_id", sa.UUID(), nullable=False),
        sa.Column("author_id", sa.UUID(), nullable=False),
        sa.Column("rating", sa.SmallInteger(), nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column(
            "created_at",
            sa.TIMESTAMP(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint("rating BETWEEN 1 AND 5", name=op.f("ck_reviews_rating_range")),
        sa.ForeignKeyConstraint(["author_id"], ["users.id"], name=op.f("fk_reviews_author_id")),
        sa.ForeignKeyConstraint(
            ["service_id"], ["services.id"], name=op.f("fk_reviews_service_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reviews")),
        sa.UniqueConstraint("service_id", "author_id", name="uq_reviews_service_author"),
    )
    op.create_index("ix_reviews_author", "reviews", ["author_id"], unique=False)
    op.create_index(
        "ix_reviews_service_newest", "reviews", ["service_id", "created_at", "id"], unique=False
    )


def create_learning() -> None:
    op.create_table(
        "courses",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.String(length=255), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("subject", sa.String(length=100), nullable=False),
        sa.Column("level", sa.String(length=20), nullable=False),
        sa.Column("language", sa.String(length=35), nullable=False),
        sa.Column("instructor_id", sa.UUID(), nullable=False),
        sa.Column("is_published", sa.Boolean(), server_default=sa.text("false"), nullable=False),
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
        sa.Column(
            "search",
            postgresql.TSVECTOR(),
            sa.Computed(
                "to_tsvector('simple'::regconfig, translate(title || ' ' || subject || ' ' || description, './-@_:+<>&', '          '))",
                persisted=True,
            ),
        ),
        sa.CheckConstraint(
            "level IN ('beginner', 'intermediate', 'advanced')", name=op.f("ck_courses_level_known")
        ),
        sa.ForeignKeyConstraint(
            ["instructor_id"], ["users.id"], name=op.f("fk_courses_instructor_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_courses")),
    )
    op.create_index("ix_courses_instructor", "courses", ["instructor_id"], unique=False)
    op.create_index(
        "ix_courses_published_newest",
        "courses",
        ["created_at", "id"],
        unique=False,
        postgresql_where=sa.text("is_published"),
    )
    op.create_index(
        "ix_courses_published_title",
        "courses",
        ["title", "id"],
        unique=False,
        postgresql_where=sa.text("is_published"),
    )
    op.create_index("ix_courses_search", "courses", ["search"], postgresql_using="gin")
    op.create_table(
        "lessons",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("course_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=255), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("duration_minutes", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "duration_minutes BETWEEN 1 AND 600", name=op.f("ck_lessons_duration_minutes_range")
        ),
        sa.CheckConstraint("position BETWEEN 1 AND 1000", name=op.f("ck_lessons_position_range")),
        sa.ForeignKeyConstraint(["course_id"], ["courses.id"], name=op.f("fk_lessons_course_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lessons")),
        sa.UniqueConstraint("course_id", "position", name="uq_lessons_course_position"),
    )
    op.create_table(
        "enrolments",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.UUID(), nullable=False),
        sa.Column("course_id", sa.Uuid(), nullable=False),
        sa.Column(
            "created_at",
            sa.TIMESTAMP(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("completed_at", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["course_id"], ["courses.id"], name=op.f("fk_enrolments_course_id")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_enrolments_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enrolments")),
        sa.UniqueConstraint("user_id", "course_id", name="uq_enrolments_user_course"),
    )
    op.create_index("ix_enrolments_course", "enrolments", ["course_id"], unique=False)
    op.create_index(
        "ix_enrolments_user_completed",
        "enrolments",
        ["user_id"],
        unique=False,
        postgresql_where=sa.text("completed_at IS NOT NULL"),
    )
    op.create_index(
        "ix_enrolments_user_newest", "enrolments", ["user_id", "created_at", "id"], unique=False
    )
    op.create_table(
        "lesson_progress",
        sa.Column("enrolment_id", sa.Uuid(), nullable=False),
        sa.Column("lesson_id", sa.Uuid(), nullable=False),
        sa.Column(
            "completed_at",
            sa.TIMESTAMP(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["enrolment_id"], ["enrolments.id"], name=op.f("fk_lesson_progress_enrolment_id")
        ),
        sa.ForeignKeyConstraint(
            ["lesson_id"], ["lessons.id"], name=op.f("fk_lesson_progress_lesson_id")
        ),
        sa.PrimaryKeyConstraint("enrolment_id", "lesson_id", name=op.f("pk_lesson_progress")),
    )
    op.create_index("ix_lesson_progress_lesson", "lesson_progress", ["lesson_id"], unique=False)
