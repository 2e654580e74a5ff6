"""What happens without a request: at a time, or after a change."""
