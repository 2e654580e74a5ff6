"""What PostgreSQL says of its own schema, to compare."""

import asyncpg

COLUMNS = """
    SELECT table_name, column_name, ordinal_position, data_type, character_maximum_length,
           numeric_precision, numeric_scale, is_nullable, column_default, generation_expression
    FROM information_schema.columns WHERE table_schema = 'public'
"""
CONSTRAINTS = """
    SELECT conrelid::regclass::text AS table_name, conname, pg_get_constraintdef(oid) AS definition
    FROM pg_constraint WHERE connamespace = 'public'::regnamespace
"""
INDEXES = "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'"
TRIGGERS = """
    SELECT tgrelid::regclass::text AS table_name, tgname, pg_get_triggerdef(oid) AS definition
    FROM pg_trigger WHERE NOT tgisinternal
"""
FUNCTIONS = """
    SELECT proname, pg_get_functiondef(oid) AS definition
    FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND oid NOT IN (
        SELECT objid FROM pg_depend WHERE classid = 'pg_proc'::regclass AND deptype = 'e')
"""
TYPES = """
    SELECT typname FROM pg_type
    WHERE typnamespace = 'public'::regnamespace AND typtype IN ('e', 'd', 'r')
"""
ALEMBIC_TABLE = "alembic_version"


async def schema_of(url: str) -> dict[str, list[dict[str, object]]]:
    """Everything that migrations make, but for Alembic's own table and what extensions bring."""
    connection = await asyncpg.connect(url)
    queries = {
        "columns": COLUMNS,
        "constraints": CONSTRAINTS,
        "indexes": INDEXES,
        "triggers": TRIGGERS,
        "functions": FUNCTIONS,
        "types": TYPES,
    }
    found = {name: await connection.fetch(query) for name, query in queries.items()}
    await connection.close()
    return {
        name: sorted(
            (dict(record) for record in records if ALEMBIC_TABLE not in record.values()), key=str
        )
        for name, records in found.items()
    }
