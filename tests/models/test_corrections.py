"""Words like a typed one: the same with pg_trgm and on a server that does not have it."""

import asyncpg
import pytest

from tests.migrating import migrate

WORDS = ["design", "designs", "designer", "logo", "logos", "ịgbò", "nairobi", "poster", "r2d2"]
ALIKE = {
    "desing": ["design", "designs", "designer"],
    "nairoby": ["nairobi"],
    "postre": ["poster"],
    "igbo": [],
    "ịgbo": ["ịgbò"],
    "logotype": ["logo", "logos"],
    "r2d3": ["r2d2"],
    "zzzzzz": [],
    "%_'\\": [],
}
TRIGRAMS = "SELECT count(*) FROM pg_extension WHERE extname = 'pg_trgm'"
# The server looks for its extensions where there are none.
HIDE = """DO $$ BEGIN EXECUTE format(
    'ALTER DATABASE %I SET extension_control_path = %L', current_database(), '/nowhere'
); END $$"""


class TestSearchAlike:
    @pytest.mark.parametrize("has_trigrams", [True, False])
    async def test_finds_the_words_most_like_one(self, empty_database_url, has_trigrams):
        connection = await asyncpg.connect(empty_database_url)
        if not has_trigrams:
            await connection.execute(HIDE)
        await migrate(empty_database_url)
        insert = "INSERT INTO services (name) SELECT unnest($1::text[])"
        await connection.execute(insert, WORDS)

        found = {
            typed: await connection.fetchval("SELECT search_alike($1)", typed) for typed in ALIKE
        }

        assert found == ALIKE
        assert await connection.fetchval(TRIGRAMS) == has_trigrams
        await connection.close()

    @pytest.mark.parametrize("has_trigrams", [True, False])
    async def test_reads_an_index(self, empty_database_url, has_trigrams):
        connection = await asyncpg.connect(empty_database_url)
        if not has_trigrams:
            await connection.execute(HIDE)
        await migrate(empty_database_url)
        await connection.execute(
            "INSERT INTO search_words SELECT md5(number::text) FROM generate_series(1, 5000) number"
        )
        await connection.execute("ANALYZE search_words")

        await connection.fetchval("SELECT search_alike('design')")
        await connection.execute("SELECT pg_stat_force_next_flush()")
        reads = await connection.fetchrow(
            "SELECT idx_scan FROM pg_stat_user_indexes WHERE indexrelname = 'ix_search_words_alike'"
        )

        assert reads["idx_scan"] > 0
        await connection.close()
