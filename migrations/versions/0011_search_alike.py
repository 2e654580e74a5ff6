"""Words are corrected by pg_trgm where the server has it.

Revision ID: 0011
Revises: 0010
"""

from pathlib import Path

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

SQL = Path(__file__).parents[1] / "sql" / "0011_search_alike.sql"
LEARN = """
    CREATE OR REPLACE FUNCTION search_learn(document tsvector) RETURNS void LANGUAGE sql AS $$
        INSERT INTO search_words ({columns})
        SELECT {values} FROM unnest(tsvector_to_array(document)) word
        WHERE word ~ '^[[:alnum:]]+$' AND length(word) <= 100
        ORDER BY word COLLATE "C"
        ON CONFLICT DO NOTHING
    $$
"""
TRIGRAMS = """
    CREATE OR REPLACE FUNCTION search_trigrams(word text)
    RETURNS text[] LANGUAGE sql IMMUTABLE AS $$
        SELECT array_agg(DISTINCT substr('  ' || word || ' ', place, 3))
        FROM generate_series(1, length(word) + 1) place
    $$
"""


def upgrade() -> None:
    op.execute(LEARN.format(columns="word", values="word"))
    # No release has read the column.
    op.execute("-- squawk-ignore ban-drop-column\nALTER TABLE search_words DROP COLUMN trigrams")
    op.execute(SQL.read_text())


def downgrade() -> None:
    """Leave pg_trgm, which others may use."""
    op.drop_index("ix_search_words_alike", "search_words")
    op.execute("DROP FUNCTION search_alike(text)")
    op.execute(TRIGRAMS)
    op.add_column("search_words", sa.Column("trigrams", postgresql.ARRAY(sa.Text())))
    op.execute("UPDATE search_words SET trigrams = search_trigrams(word)")
    op.alter_column("search_words", "trigrams", nullable=False)
    op.create_index(
        "ix_search_words_trigrams", "search_words", ["trigrams"], postgresql_using="gin"
    )
    op.execute(LEARN.format(columns="word, trigrams", values="word, search_trigrams(word)"))
