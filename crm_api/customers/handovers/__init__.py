"""A portfolio, or part of it, goes to other account managers (交接)."""
