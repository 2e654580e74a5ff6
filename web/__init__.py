"""How a request arrives: HTTP, WebSocket, cookies, health. No rules, no SQL, no GraphQL types."""
