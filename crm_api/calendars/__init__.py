"""Lunar and solar dates, festivals, workdays and working hours."""
