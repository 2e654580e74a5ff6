"""The users subgraph: people, their sessions, and the platform as a whole."""
