"""Money: what people pay to providers, what providers tell of it, and plans that renew by card."""
