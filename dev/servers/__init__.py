"""The three embedded servers, one module each, and what they share: a folder, a secret, a lock."""
