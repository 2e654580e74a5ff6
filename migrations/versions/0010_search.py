"""Search: weights by where a word stands, and the words that there are, to correct typing by.

Revision ID: 0010
Revises: 0009
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

SIGNS = "'./-@_:+<>&', '          '"
PLAIN = f"to_tsvector('simple'::regconfig, translate(name || ' ' || coalesce(category, '') || ' ' || description, {SIGNS}))"
WEIGHTED = " || ".join(
    f"setweight(to_tsvector('simple'::regconfig, translate({text}, {SIGNS})), '{weight}')"
    for text, weight in (("name", "A"), ("coalesce(category, '')", "B"), ("description", "D"))
)


def upgrade() -> None:
    compute_search(WEIGHTED)
    op.create_table(
        "search_words",
        sa.Column("word", sa.Text(collation="C"), nullable=False),
        sa.Column("trigrams", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("word", name=op.f("pk_search_words")),
    )
    op.create_index(
        "ix_search_words_trigrams", "search_words", ["trigrams"], postgresql_using="gin"
    )
    # As pg_trgm makes them, on every PostgreSQL: two spaces before a word and one behind it.
    op.execute(
        """
        CREATE FUNCTION search_trigrams(word text) RETURNS text[] LANGUAGE sql IMMUTABLE AS $$
            SELECT array_agg(DISTINCT substr('  ' || word || ' ', place, 3))
            FROM generate_series(1, length(word) + 1) place
        $$
        """
    )
    # In the order of words for everybody, so that nobody waits in a circle. None is ever removed.
    op.execute(
        """
        CREATE FUNCTION search_learn(document tsvector) RETURNS void LANGUAGE sql AS $$
            INSERT INTO search_words (word, trigrams)
            SELECT word, search_trigrams(word)
            FROM unnest(tsvector_to_array(document)) word
            WHERE word ~ '^[[:alnum:]]+$' AND length(word) <= 100
            ORDER BY word COLLATE "C"
            ON CONFLICT DO NOTHING
        $$
        """
    )
    op.execute(
        """
        CREATE FUNCTION search_learn_service() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            PERFORM search_learn(NEW.search);
            RETURN NULL;
        END
        $$
        """
    )
    op.execute(
        """
        CREATE TRIGGER services_search_words
        AFTER INSERT OR UPDATE OF name, category, description, is_active ON services
        FOR EACH ROW WHEN (NEW.is_active) EXECUTE FUNCTION search_learn_service()
        """
    )
    op.execute("SELECT search_learn(search) FROM services WHERE is_active")


def downgrade() -> None:
    op.execute("DROP TRIGGER services_search_words ON services")
    for function in ("search_learn_service()", "search_learn(tsvector)", "search_trigrams(text)"):
        op.execute(f"DROP FUNCTION {function}")
    op.drop_table("search_words")
    compute_search(PLAIN)


def compute_search(expression: str) -> None:
    """Compute the column of words in another way, and its index with it."""
    op.execute(f"ALTER TABLE services ALTER COLUMN search SET EXPRESSION AS ({expression})")
