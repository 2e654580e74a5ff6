"""What a developer's machine needs beyond the product: embedded servers and a seeded world."""
