"""What any product would need: settings, databases, ids, money, time, logging."""
