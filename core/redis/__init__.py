"""Redis: caches, presence and pub/sub. Nothing of value lives only there."""
