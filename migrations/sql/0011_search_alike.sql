-- The three words most like one that was typed, best first: those that share three of ten trigrams
-- with it, which is the limit of pg_trgm. That extension finds them if the server has it and this
-- role may create it. Otherwise functions of our own do, which make the same trigrams. Words are
-- written to the index at once: a list of pending ones would be read for each search.
DO $migration$
BEGIN
    IF EXISTS (SELECT FROM pg_extension WHERE extname = 'pg_trgm') OR EXISTS (
        SELECT FROM pg_available_extension_versions
        WHERE name = 'pg_trgm' AND (
            (SELECT rolsuper FROM pg_roles WHERE rolname = current_user)
            OR (trusted AND has_database_privilege(current_database(), 'CREATE'))
        )
    ) THEN
        CREATE EXTENSION IF NOT EXISTS pg_trgm;
        CREATE INDEX ix_search_words_alike ON search_words
        USING gin (word gin_trgm_ops) WITH (fastupdate = off);
        CREATE FUNCTION search_alike(typed text) RETURNS text[] LANGUAGE sql STABLE
        SET pg_trgm.similarity_threshold = 0.3 AS $function$
            SELECT ARRAY(
                SELECT word FROM search_words WHERE word % typed
                ORDER BY similarity(word, typed) DESC, word LIMIT 3
            )
        $function$;
        DROP FUNCTION search_trigrams(text);
    ELSE
        CREATE INDEX ix_search_words_alike ON search_words
        USING gin (search_trigrams(word)) WITH (fastupdate = off);
        CREATE FUNCTION search_alike(typed text) RETURNS text[] LANGUAGE sql STABLE AS $function$
            SELECT ARRAY(
                SELECT known.word
                FROM (SELECT search_trigrams(typed) AS trigrams) asked, search_words known,
                    LATERAL (SELECT search_trigrams(known.word) AS trigrams) own,
                    LATERAL (SELECT count(*) AS common FROM unnest(own.trigrams) trigram
                             WHERE trigram = ANY (asked.trigrams)) shared,
                    LATERAL (SELECT common / (cardinality(own.trigrams)
                             + cardinality(asked.trigrams) - common)::numeric AS likeness) measured
                WHERE search_trigrams(known.word) && asked.trigrams AND likeness >= 0.3
                ORDER BY likeness DESC, known.word LIMIT 3
            )
        $function$;
    END IF;
END
$migration$
