"""The contracts of days."""
