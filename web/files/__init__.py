"""Files to download: who may have them, and how they are written."""
