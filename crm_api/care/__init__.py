"""Greetings that arrive before the day, never twice, and only where they are welcome."""
