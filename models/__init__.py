"""What is stored: tables in PostgreSQL, documents in MongoDB, keys in Redis. No queries here."""
