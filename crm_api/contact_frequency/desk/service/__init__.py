"""The desk's use cases: draft, simulate, approve."""
