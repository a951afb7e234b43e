"""The rules of a day."""
