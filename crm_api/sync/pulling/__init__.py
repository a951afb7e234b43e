"""What phones pull: what changed since their cursor, page by page, and whether to ask at all."""
