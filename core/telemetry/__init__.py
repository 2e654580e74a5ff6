"""What a process tells its operators."""
