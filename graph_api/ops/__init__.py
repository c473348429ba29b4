"""Operation: settings and logging."""
