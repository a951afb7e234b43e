"""Prepare: what to say at the door, and the brief that says it."""
