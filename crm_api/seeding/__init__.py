"""Reference data, and a demo district that does not exist; loaded through the services."""
